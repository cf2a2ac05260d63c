"""Data sets, their pools and sums, within one transaction of the ledger's database."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from tasks.core.canonical import canonical_json
from tasks.core.dp_events import Event, from_json
from tasks.core.errors import UserError
from tasks.core.ledger import tables as t
from tasks.core.ledger.chain import START, Record, Signer, chained
from tasks.core.ledger.decision import UNITS
from tasks.core.ledger.filter import Filter, Spent
from tasks.core.ledger.units import UnitSet

PERIODS = {"lifetime": 0, "year": 4, "month": 7}
"""What a budget is for: the data set's whole life, or each calendar year or month (UTC) anew; how much of a moment, as
:func:`now` writes it, names the period."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
STANDING = ("reserved", "noise", "committed", "abandoned")
"""States of a charge that count; ``freed`` doesn't. An abandoned one counts for the steps it had begun."""
CHECKPOINT_ONLY = "resumed under another fingerprint"
"""Stands where a charge's fingerprint stood: no fingerprint is this."""
ABANDONED = "abandoned"
"""The same, where nothing may go on at all."""


@dataclass(frozen=True)
class DataSet:
    """A registered data set.

    Attributes:
        pool: the data set whose budget counts; its own name where it isn't linked to another.
        period: ``lifetime``, ``year`` or ``month``.
        parallel: whether it may be partitioned by person.
        head: number and hash of its log's newest record.
    """

    name: str
    pool: str
    epsilon: float
    delta: float
    period: str
    owner: str
    reason: str
    unit: str
    parallel: bool
    created: str
    head: tuple[int, str]


def now() -> str:
    """This moment, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def period_of(kind: str, moment: str) -> str:
    """The period that a moment lies in: empty, a year or a month.

    >>> period_of("month", "2026-11-23T12:00:00Z")
    '2026-11'
    """
    return moment[: PERIODS[kind]]


def find(db: Connection, name: str) -> DataSet | None:
    """A data set, or ``None``."""
    row = db.execute(select(t.dataset).where(t.dataset.c.name == name)).first()
    return None if row is None else _dataset(row)


def everything(db: Connection) -> list[DataSet]:
    """All data sets by name."""
    return [_dataset(row) for row in db.execute(select(t.dataset).order_by(t.dataset.c.name))]


def registered(db: Connection, name: str) -> DataSet:
    """A data set.

    Raises:
        UserError: where it isn't registered.
    """
    found = find(db, name)
    if found is None:
        raise UserError(
            f"budget: data set {name} isn't registered; its owner does it with `airlock ledger set-budget {name} "
            "--epsilon E --delta D --owner WHO --reason WHY`, or declares `budget` in the configuration"
        )
    return found


def locked(db: Connection, name: str) -> DataSet:
    """A data set whose pool nobody else writes to until the transaction ends.

    Raises:
        UserError: where it isn't registered.
    """
    while True:
        found = registered(db, name)
        db.execute(select(t.dataset.c.name).where(t.dataset.c.name == found.pool).with_for_update())
        again = find(db, name)
        if again is not None and again.pool == found.pool:
            return again


def lock_all(db: Connection) -> None:
    """Let nobody else write to any data set until the transaction ends."""
    # Pools before their members, as everybody who locks one of them does: else two could wait for each other.
    for which in (t.dataset.c.pool == t.dataset.c.name, t.dataset.c.pool != t.dataset.c.name):
        db.execute(select(t.dataset.c.name).where(which).order_by(t.dataset.c.name).with_for_update()).all()


def members(db: Connection, pool: str) -> list[str]:
    """The data sets of a pool."""
    return list(db.scalars(select(t.dataset.c.name).where(t.dataset.c.pool == pool).order_by(t.dataset.c.name)))


def append(db: Connection, signer: Signer, name: str, kind: str, body: dict[str, Any], created: str = "") -> Record:
    """Add a record to a data set's log. The data set's pool must be locked."""
    seq, before = db.execute(select(t.dataset.c.head_seq, t.dataset.c.head_hash).where(t.dataset.c.name == name)).one()
    created, text = created or now(), canonical_json(body).decode()
    digest = chained(name, seq + 1, kind, created, text, before)
    made = Record(name, seq + 1, kind, created, text, digest, signer.sign(digest))
    db.execute(insert(t.record).values(**vars(made)))
    db.execute(update(t.dataset).where(t.dataset.c.name == name).values(head_seq=made.seq, head_hash=made.hash))
    return made


def register(db: Connection, signer: Signer, name: str, body: dict[str, Any]) -> Record:
    """Enter a data set that isn't there yet."""
    if not _NAME.fullmatch(name):
        raise UserError("budget: a data set's name has lower-case letters, digits, - and _, at most 63 of them")
    _check_budget(body)
    created = now()
    values = {**body, "name": name, "pool": name, "created": created, "head_seq": 0, "head_hash": START}
    db.execute(insert(t.dataset).values(**values))
    return append(db, signer, name, "register", body, created)


def change_budget(db: Connection, signer: Signer, found: DataSet, body: dict[str, Any]) -> Record:
    """Give a data set another budget; its pool must be locked."""
    _check_budget(body)
    if found.pool != found.name:
        raise UserError(f"budget: data set {found.name} draws on the budget of {found.pool}; set that one")
    together = members(db, found.name)
    if body["unit"] != found.unit and (together != [found.name] or _charges(db, together)):
        raise UserError(
            f"budget: charges on {found.name}, or data sets that are linked to it, count for one {found.unit}; its "
            "unit can't change any more"
        )
    db.execute(update(t.dataset).where(t.dataset.c.name == found.name).values(**body))
    made = append(db, signer, found.name, "budget", body)
    rebuild(db, found.pool)
    return made


def filter_of(db: Connection, pool: str, fresh: tuple[Any, ...] = ()) -> Filter:
    """The filter of a pool's budget. Its orders are chosen for the first charge ever made in the pool.

    Args:
        fresh: the events of a charge that would be the first.
    """
    epsilon, delta = db.execute(select(t.dataset.c.epsilon, t.dataset.c.delta).where(t.dataset.c.name == pool)).one()
    within = t.charge.c.dataset.in_(members(db, pool))
    first = db.scalar(select(t.charge.c.mechanism).where(within).order_by(t.charge.c.number).limit(1))
    return Filter.of(epsilon, delta, from_json(json.loads(first)) if first is not None else fresh)


def rebuild(db: Connection, pool: str) -> None:
    """Compute a pool's sums anew from its charges."""
    db.execute(delete(t.spent).where(t.spent.c.pool == pool))
    kind, rows = _period_kind(db, pool), _charges(db, members(db, pool))
    charges = [(row.block, period_of(kind, row.created), from_json(json.loads(row.mechanism))) for row in rows]
    for (block, period), one in sums_of(filter_of(db, pool), charges).items():
        db.execute(insert(t.spent).values(pool=pool, block=block, period=period, **_plain(one)))


def sums_of(filter_: Filter, charges: Iterable[tuple[str, str, tuple[Event, ...]]]) -> dict[tuple[str, str], Spent]:
    """What charges, each with its block and period, add up to by block and period."""
    sums: dict[tuple[str, str], Spent] = {}
    for block, period, events in charges:
        place = (block, period)
        sums[place] = sums.get(place, filter_.nothing()) + filter_.cost(events)
    return sums


def add(db: Connection, pool: str, block: str, period: str, cost: Spent) -> None:
    """Add a charge to a pool's sums."""
    where = and_(t.spent.c.pool == pool, t.spent.c.block == block, t.spent.c.period == period)
    row = db.execute(select(t.spent).where(where)).first()
    if row is None:
        db.execute(insert(t.spent).values(pool=pool, block=block, period=period, **_plain(cost)))
    else:
        db.execute(update(t.spent).where(where).values(**_plain(_spent(row) + cost)))


def groups(db: Connection, filter_: Filter, pool: str, period: str, block: str) -> list[Spent]:
    """The sums that a charge on a block adds to, one for each group of people that it may touch.

    Blocks that share a person are one group; a charge on no block touches every group.

    Formal guarantees:
        Charges on groups that share nobody, where which group a person is in depends on that person alone, protect
        each person by what their own group was charged (McSherry 2009, "Privacy Integrated Queries", Theorem 4).
    """
    where = and_(t.spent.c.pool == pool, t.spent.c.period == period)
    sums = {row.block: _spent(row) for row in db.execute(select(t.spent).where(where))}
    if set(sums) <= {""} and not block:
        return grouped(filter_, sums, (), block)
    return grouped(filter_, sums, shared_blocks(db, pool), block)


def shared_blocks(db: Connection, pool: str) -> list[tuple[str, str]]:
    """The pairs of a pool's blocks that have a person in both."""
    shared = select(t.pair.c.one, t.pair.c.other).where(t.pair.c.kind == "shared", t.pair.c.scope == pool)
    return [(row.one, row.other) for row in db.execute(shared)]


def grouped(
    filter_: Filter, by_block: Mapping[str, Spent], shared: Iterable[tuple[str, str]], block: str = ""
) -> list[Spent]:
    """The sums of a period by group of people, as :func:`groups`.

    Args:
        by_block: the sum of the charges on each block; of those on everybody under the empty name.
        shared: pairs of blocks with a person in both.
        block: the block that a charge is for.
    """
    sums = dict(by_block)
    everybody = sums.pop("", filter_.nothing())
    if not sums and not block:
        return [everybody]
    root = {name: name for name in (*sums, *([block] if block else []))}

    def top(name: str) -> str:
        while root.setdefault(name, name) != name:
            name = root[name]
        return name

    for one, other in shared:
        root[top(one)] = top(other)
    totals: dict[str, Spent] = {}
    for name, one_sum in sums.items():
        totals[top(name)] = totals.get(top(name), everybody) + one_sum
    if block:
        return [totals.get(top(block), everybody)]
    return list(totals.values())


def standing(db: Connection, pool: str, period: str) -> list[Row[Any]]:
    """The charges of a pool that count in a period, oldest first."""
    kind = _period_kind(db, pool)
    # Not by the period that a charge was entered in: the budget's periods may have been others then.
    return [row for row in _charges(db, members(db, pool)) if period_of(kind, row.created) == period]


def take_units(db: Connection, signer: Signer, found: DataSet, block: str, units: UnitSet) -> list[Record]:
    """Remember who is in a data set. Every data set must be locked.

    Raises:
        UserError: where another data set, outside the pool, shares a person or can't be compared.
    """
    place = {"dataset": found.name, "block": block, "hash_key": units.hash_key}
    here = and_(*(t.unit_set.c[name] == value for name, value in place.items()))
    own = db.execute(select(t.unit_set).where(here)).first()
    if own is not None:
        units = UnitSet.from_bytes(own.hash_key, own.hashes).with_all(units)
        if units.digest == own.digest:
            return []
    rows = db.execute(select(t.unit_set)).all()
    pool, made = set(members(db, found.pool)), []
    apart = set(map(tuple, db.execute(select(t.pair.c.one, t.pair.c.other).where(t.pair.c.kind == "distinct"))))
    for row in rows:
        if (row.dataset, row.block) == (found.name, block):
            continue
        shared = units.shared(UnitSet.from_bytes(row.hash_key, row.hashes))
        if row.dataset not in pool:
            if shared or (shared is None and tuple(sorted((row.dataset, found.name))) not in apart):
                raise UserError(_overlap(found.name, row.dataset, shared is None))
        elif block and row.block and block != row.block and shared != 0:
            made += _share(db, signer, found, block, row.block)
    values = {"members": len(units.hashes), "digest": units.digest, "hashes": units.to_bytes()}
    if own is None:
        db.execute(insert(t.unit_set).values(**place, **values))
    else:
        db.execute(update(t.unit_set).where(here).values(**values))
    body = {**place, "members": values["members"], "digest": units.digest}
    return [*made, append(db, signer, found.name, "units", body)]


def share_blocks(db: Connection, signer: Signer, found: DataSet) -> list[Record]:
    """Compare all blocks of a pool that has just been joined; its data sets must be locked."""
    where = and_(t.unit_set.c.dataset.in_(members(db, found.pool)), t.unit_set.c.block != "")
    rows = db.execute(select(t.unit_set).where(where))
    sets = [(row.block, UnitSet.from_bytes(row.hash_key, row.hashes)) for row in rows]
    made: list[Record] = []
    for (block, units), (other, others) in itertools.combinations(sets, 2):
        if block != other and units.shared(others) != 0:
            made += _share(db, signer, found, block, other)
    return made


def join(db: Connection, pool: str, other: str) -> None:
    """Let the data sets of a pool draw on another's budget. Every data set must be locked."""
    db.execute(update(t.dataset).where(t.dataset.c.pool == pool).values(pool=other))
    moved = shared_blocks(db, pool)
    db.execute(delete(t.pair).where(t.pair.c.kind == "shared", t.pair.c.scope == pool))
    for one, two in moved:
        pair_up(db, "shared", other, one, two)  # both pools may have known the pair
    rebuild(db, pool)
    rebuild(db, other)


def pair_up(db: Connection, kind: str, scope: str, one: str, other: str) -> bool:
    """Remember a pair; False where it was known."""
    first, second = sorted((one, other))
    values = {"kind": kind, "scope": scope, "one": first, "other": second}
    if db.execute(select(t.pair).where(and_(*(t.pair.c[k] == v for k, v in values.items())))).first():
        return False
    db.execute(insert(t.pair).values(**values))
    return True


def _share(db: Connection, signer: Signer, found: DataSet, block: str, other: str) -> list[Record]:
    if not pair_up(db, "shared", found.pool, block, other):
        return []
    return [append(db, signer, found.name, "shared", {"blocks": sorted((block, other))})]


def _overlap(name: str, other: str, hidden: bool) -> str:
    start = (
        f"budget: whether data sets {name} and {other} share people can't be told, as they were hashed under different "
        f"keys. If they may, run `airlock ledger link {name} {other}`; if you know that they share nobody, "
        f"`airlock ledger link {name} {other} --distinct`"
        if hidden
        else f"budget: data sets {name} and {other} share people, whose cost would be counted twice apart instead of "
        f"once together; run `airlock ledger link {name} {other}` to give both one budget"
    )
    return start + ", with --reason"


def _check_budget(body: dict[str, Any]) -> None:
    Filter(body["epsilon"], body["delta"])
    for name, known in (("period", tuple(PERIODS)), ("unit", UNITS)):
        if body[name] not in known:
            raise UserError(f"budget: {name} is one of {', '.join(known)}")
    for name in ("owner", "reason"):
        if not body[name].strip():
            raise UserError(f"budget: say its {name}")


def _period_kind(db: Connection, pool: str) -> str:
    return str(db.scalar(select(t.dataset.c.period).where(t.dataset.c.name == pool)))


def _charges(db: Connection, names: Iterable[str]) -> list[Row[Any]]:
    counted = and_(t.charge.c.dataset.in_(list(names)), t.charge.c.state.in_(STANDING))
    return list(db.execute(select(t.charge).where(counted).order_by(t.charge.c.number)))


def _plain(one: Spent) -> dict[str, Any]:
    return {"sums": json.dumps(one.divergences), "truncated": one.truncated, "charges": one.charges}


def _spent(row: Row[Any]) -> Spent:
    return Spent(tuple(json.loads(row.sums)), row.truncated, row.charges)


def _dataset(row: Row[Any]) -> DataSet:
    plain = row._asdict()
    head = (plain.pop("head_seq"), plain.pop("head_hash"))
    return DataSet(**plain, head=head)


def new_id() -> str:
    """A fresh id of a charge."""
    return secrets.token_hex(8)
