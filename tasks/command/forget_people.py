"""Who is to be erased, under which unit ids they are known, and in which data sets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tasks.core import erasure, lineage, optout
from tasks.core.erasure import Found
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.ledger import Ledger
from tasks.core.store import Store


@dataclass(frozen=True)
class Request:
    """People to erase.

    Attributes:
        units: their unit ids, under every key that some artifact knows them by.
        current: those under the key in use.
        unknown: how many of the ids no artifact, no data set of the ledger and no earlier erasure knows.
        datasets: whose opt-out lists they go on.
        found: what holds them.
    """

    units: frozenset[str]
    current: frozenset[str]
    unknown: int
    datasets: tuple[str, ...]
    found: Found


def reader() -> erasure.Held:
    """What reads tables for an erasure; loaded only where one is asked for."""
    from tasks.methods.records.holders import held

    return held


def resolve(
    people: list[str], named: list[str], stores: Mapping[str, Store], keys: Keys, ledger: Ledger | None
) -> Request:
    """Find people in a store and its ledger.

    Args:
        people: the source's ids.
        named: data sets that the request is limited to; none: wherever people are found.

    Raises:
        UserError: nobody is found and no data set is named, or nothing says of which data set an artifact is.
    """
    from tasks.methods.records.people import unit_id

    current = {person: unit_id(person, keys.secret("unit")) for person in people}
    by_person = {person: {unit} for person, unit in current.items()}
    for person, unit in _older(people, stores):
        by_person[person].add(unit)
    units = frozenset(unit for own in by_person.values() for unit in own)
    charged = _charged(current, keys, ledger)
    found = erasure.look(stores, ledger, units, reader())
    index = erasure.datasets_of(stores["clean"])
    where = {name for place in found.direct for name in index.get(place.key, ())} if found.seen else set()
    where |= {name for names in charged.values() for name in names}
    marks = {optout.mark(unit, keys.secret("unit"), erasure.USE): person for person, unit in current.items()}
    before = [(one, mark) for one in erasure.journals(stores["raw"]) for mark in one.marks if mark in marks]
    where |= {name for one, _ in before for name in one.datasets}
    datasets = tuple(sorted(named or where))
    if not datasets and not found.seen:
        who = "nobody by this id" if len(people) == 1 else f"none of the {len(people)} ids"
        raise UserError(
            f"forget: {who} is known to this store and its ledger. Write it as the source's person column has it; to "
            "put people on an opt-out list who aren't in the data set yet, name it by --dataset"
        )
    if not datasets:
        raise UserError(
            f"forget: {len(found.direct)} artifacts hold them, but the index of runs doesn't say of which data set: "
            "name it by --dataset"
        )
    erased = {marks[mark] for _, mark in before}
    unknown = sum(not (by_person[one] & found.seen or charged[one] or one in erased) for one in people)
    if named:
        found = erasure.look(stores, ledger, units, reader(), datasets)
    return Request(units, frozenset(current.values()), unknown, datasets, found)


def _older(people: Iterable[str], stores: Mapping[str, Store]) -> Iterator[tuple[str, str]]:
    """People's ids and their unit ids in artifacts, which may be older than the key in use."""
    from tasks.methods.records.holders import units_of

    for node in lineage.nodes(stores):
        if "units.parquet" in node.files:
            name = f"{node.payload}/units.parquet"
            # A damaged one is erased unread.
            with contextlib.suppress(FileNotFoundError, ValueError), stores[node.place.zone].reading(name) as table:
                yield from units_of(table, list(people)).items()


def _charged(current: Mapping[str, str], keys: Keys, ledger: Ledger | None) -> dict[str, list[str]]:
    """The data sets whose charges count each person."""
    if ledger is None:
        return {person: [] for person in current}
    return {person: ledger.datasets_with(unit, keys.key_id("unit")) for person, unit in current.items()}
