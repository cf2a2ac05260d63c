"""The ledger as the command opens it, and the figures that it shows of a data set's charges."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tasks.command.stores import zones
from tasks.core import settings
from tasks.core.errors import UserError
from tasks.core.keys import load_keys
from tasks.core.ledger import Entry, Heads, Ledger, Signer
from tasks.core.ledger.accounts import STANDING, grouped, period_of
from tasks.core.ledger.book import Pool
from tasks.core.ledger.filter import Spent

_LONG = 500
"""Charges whose tight figure takes more than some seconds to compute."""


def open_to_read() -> Ledger:
    """The deployment's ledger, which must be there.

    Raises:
        UserError: where it isn't.
    """
    url = settings.ledger_url()
    ledger = Ledger(url)
    if ledger.database.path is not None and not ledger.database.path.exists():
        raise UserError(
            f"ledger: there is none at {ledger.database.name} yet; `airlock ledger set-budget` or a run makes it, and "
            "AIRLOCK_LEDGER names another place"
        )
    return ledger


def open_to_write(args: argparse.Namespace) -> Ledger:
    """The deployment's ledger with its key, and with the heads in the clean zone of the store that is named."""
    return Ledger(settings.ledger_url(), signer(), Heads(zones(args)["clean"]))


def signer() -> Signer:
    """The ledger's key pair.

    Raises:
        UserError: this worker holds no key, or not this one.
    """
    return Signer(load_keys(settings.home()).secret("ledger"))


@dataclass(frozen=True)
class Step:
    """One charge and what all up to it come to, in its period and at the budget's δ.

    Attributes:
        period: the budget's period that it counts in.
        counted: ε after it, by the argument that decides: the filter; where it stands alone, composition.
        tight: ε after it, were all parameters fixed beforehand; ``None`` where it wasn't asked for or there is none.
    """

    entry: Entry
    period: str
    counted: float
    tight: float | None


def course(pool: Pool, tight_at: Collection[int]) -> list[Step]:
    """All charges of a pool in their order.

    Args:
        tight_at: for which of them to compute the tight figure, which takes time.
    """
    filter_, kind = pool.filter, pool.budget.period
    periods = [period_of(kind, entry.created) for entry in pool.entries]
    sums: dict[str, dict[str, Spent]] = {}
    counted: list[float] = []
    for entry, period in zip(pool.entries, periods, strict=True):
        by_block = sums.setdefault(period, {})
        if entry.state in STANDING:
            by_block[entry.block] = by_block.get(entry.block, filter_.nothing()) + filter_.cost(entry.events)
        counted.append(max(filter_.epsilon_of(one) for one in grouped(filter_, by_block, pool.shared)))
    tight = {at: figure for period in sorted(set(periods)) for at, figure in _tight(pool, periods, period, tight_at)}
    for at, figure in _alone(pool, periods):
        counted[at] = figure
        if at in tight:
            tight[at] = figure
    return [
        Step(entry, period, counted[at], tight[at] if math.isfinite(tight.get(at, math.inf)) else None)
        for at, (entry, period) in enumerate(zip(pool.entries, periods, strict=True))
    ]


def _alone(pool: Pool, periods: list[str]) -> Iterator[tuple[int, float]]:
    """The figure of the charges up to each place where one alone stands in its period: it decides there."""
    from tasks.methods.dp.tight import tight

    standing: dict[str, list[Entry]] = {}
    for at, (entry, period) in enumerate(zip(pool.entries, periods, strict=True)):
        so_far = standing.setdefault(period, [])
        if entry.state in STANDING:
            so_far.append(entry)
        if len(so_far) == 1:
            yield at, tight(so_far[0].events, pool.budget.delta)


def _tight(pool: Pool, periods: list[str], period: str, wanted: Collection[int]) -> Iterator[tuple[int, float]]:
    """The tight figure of one period after each wanted charge: the largest of any group of people."""
    from tasks.methods.dp.history import History

    places = [at for at, one in enumerate(periods) if one == period]
    asked = [at for at in places if at in wanted]
    if not asked:
        return
    groups = _groups(pool, places)
    found = dict.fromkeys(asked, 0.0)
    cache = settings.home() / "ledger-figures" / f"{pool.budget.name}{'-' if period else ''}{period}.npz"
    for blocks in groups:
        mine = [
            at
            for at in places
            if pool.entries[at].state in STANDING and (not pool.entries[at].block or pool.entries[at].block in blocks)
        ]
        known = [pool.entries[at].events for at in mine if at < asked[0]]
        history = None
        if len(known) > _LONG and not (len(groups) == 1 and cache.exists()):
            print(f"airlock: composing {len(known):,} charges, which takes a while the first time", file=sys.stderr)
        if len(groups) == 1 and len(known) > 1:
            with contextlib.suppress(OSError):  # a home that can't be written costs time only
                history = History.of(known, pool.budget.delta, cache)
        history = history or History.of(known, pool.budget.delta)
        figure = None
        for at in (at for at in places if at >= asked[0]):
            if at in mine:
                history.add(pool.entries[at].events)
                figure = None
            if at in found:
                figure = history.epsilon() if figure is None else figure
                found[at] = max(found[at], figure)
    yield from found.items()


def _groups(pool: Pool, places: list[int]) -> list[set[str]]:
    """Blocks that share people, put together; one empty group where nothing was charged on a block alone."""
    groups = [{block} for block in {pool.entries[at].block for at in places} if block]
    for pair in pool.shared:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched]
        groups.append(set(pair).union(*touched))
    return groups or [set()]


def period_in_words(kind: str, period: str) -> str:
    """What a budget is for.

    >>> period_in_words("month", "2026-11")
    'the month 2026-11'
    """
    return "its whole life" if kind == "lifetime" else f"the {kind} {period}"
