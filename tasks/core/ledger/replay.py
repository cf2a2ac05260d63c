"""The books as the log alone tells them: data sets, charges, sums, pairs and unit sets, computed from the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.core.dp_events import Event, from_json
from tasks.core.errors import UserError
from tasks.core.ledger.accounts import ABANDONED, CHECKPOINT_ONLY, STANDING, period_of, sums_of
from tasks.core.ledger.chain import Record
from tasks.core.ledger.filter import Filter, Spent

BUDGET = ("epsilon", "delta", "period", "owner", "reason", "unit", "parallel")
"""What a record of kind ``register`` or ``budget`` says."""


@dataclass
class Books:
    """What the records come to.

    Attributes:
        datasets: by name, the columns of its row that records decide.
        charges: by id, the columns of its row, ``mechanism`` as plain JSON and ``nonce_sha256`` in place of the nonce.
        pairs: kind, scope, one, other.
        unit_sets: members and digest by data set, block and hash key.
        faults: data set, number and sentence of each record that can't have been written by the ledger after those
            before it.
    """

    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    charges: dict[str, dict[str, Any]] = field(default_factory=dict)
    pairs: set[tuple[str, str, str, str]] = field(default_factory=set)
    unit_sets: dict[tuple[str, str, str], tuple[int, str]] = field(default_factory=dict)
    faults: list[tuple[str, int, str]] = field(default_factory=list)

    def pools(self) -> dict[str, list[str]]:
        """The data sets of each pool."""
        found: dict[str, list[str]] = {}
        for name, values in sorted(self.datasets.items()):
            found.setdefault(values["pool"], []).append(name)
        return found

    def filter_of(self, pool: str) -> Filter:
        """A pool's filter, as :func:`tasks.core.ledger.accounts.filter_of`.

        Raises:
            UserError: where its records hold no budget or no mechanism that is one.
        """
        budget, charges = self.datasets[pool], self._charges_of(pool)
        return Filter.of(budget["epsilon"], budget["delta"], events_of(charges[0]) if charges else ())

    def sums(self, pool: str) -> dict[tuple[str, str], Spent]:
        """What stands in a pool, by block and period.

        Raises:
            UserError: as :meth:`filter_of`.
        """
        kind = self.datasets[pool]["period"]
        standing = [charge for charge in self._charges_of(pool) if charge["state"] in STANDING]
        places = [(charge["block"], period_of(kind, charge["created"]), events_of(charge)) for charge in standing]
        return sums_of(self.filter_of(pool), places)

    def _charges_of(self, pool: str) -> list[dict[str, Any]]:
        names = {name for name, values in self.datasets.items() if values["pool"] == pool}
        return sorted(
            (charge for charge in self.charges.values() if charge["dataset"] in names),
            key=lambda charge: int(charge["number"]),
        )


def events_of(charge: Mapping[str, Any]) -> tuple[Event, ...]:
    """The mechanisms of a charge.

    Raises:
        UserError: where they aren't mechanisms.
    """
    return from_json(charge["mechanism"])


def replay(logs: Mapping[str, Iterable[Record]]) -> Books:
    """Compute the books from the logs of data sets, each oldest first.

    No record changes what another data set's log says, so the order between logs doesn't matter.
    """
    books = Books()
    for name, log in sorted(logs.items()):
        for record in log:
            try:
                fault = _STEPS[record.kind](books, record, record.read()) if record.kind in _STEPS else _unknown(record)
            except (ValueError, KeyError, TypeError, AttributeError, UserError):
                fault = f"is of kind {record.kind}, but doesn't say what such a record says"
            if fault:
                books.faults.append((name, record.seq, fault))
    # A pair of blocks belongs to the pool that the data set is in now: whatever was linked since moved it along.
    books.pairs = {
        (kind, books.datasets[scope]["pool"] if kind == "shared" and scope in books.datasets else scope, one, other)
        for kind, scope, one, other in books.pairs
    }
    return books


def _unknown(record: Record) -> str:
    return f"is of kind {record.kind}, which this version doesn't know"


def _register(books: Books, record: Record, body: dict[str, Any]) -> str:
    known = record.dataset in books.datasets
    values = {name: body[name] for name in BUDGET}
    books.datasets[record.dataset] = {**values, "pool": record.dataset, "created": record.created}
    return "registers the data set a second time" if known or record.seq != 1 else ""


def _budget(books: Books, record: Record, body: dict[str, Any]) -> str:
    books.datasets[record.dataset].update({name: body[name] for name in BUDGET})
    return ""


def _link(books: Books, record: Record, body: dict[str, Any]) -> str:
    books.datasets[record.dataset]["pool"] = str(body["pool"])
    return ""


def _distinct(books: Books, record: Record, body: dict[str, Any]) -> str:
    one, other = sorted((record.dataset, str(body["distinct_from"])))
    books.pairs.add(("distinct", "", one, other))
    return ""


def _shared(books: Books, record: Record, body: dict[str, Any]) -> str:
    one, other = sorted(map(str, body["blocks"]))
    books.pairs.add(("shared", record.dataset, one, other))
    return ""


def _units(books: Books, record: Record, body: dict[str, Any]) -> str:
    books.unit_sets[record.dataset, body["block"], body["hash_key"]] = (int(body["members"]), str(body["digest"]))
    return "" if body["dataset"] == record.dataset else "is about another data set's people"


def _reserve(books: Books, record: Record, body: dict[str, Any]) -> str:
    if body["id"] in books.charges:
        return f"enters {body['id']} a second time"
    from_json(body["mechanism"])
    int(body["number"])
    books.charges[body["id"]] = {**body, "state": "reserved", "digest": None, "created": record.created}
    return "" if body["dataset"] == record.dataset else "enters a charge on another data set"


def _step(before: tuple[str, ...], change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    def step(books: Books, record: Record, body: dict[str, Any]) -> str:
        charge = books.charges.get(body["id"])
        if charge is None or charge["dataset"] != record.dataset:
            return f"is about entry {body['id']}, which no record before it enters"
        was = charge["state"]
        charge.update(change(body))
        if was not in before:
            return f"can't follow: entry {body['id']} was {was} when it was written"
        return ""

    return step


def _abandon(body: dict[str, Any]) -> dict[str, Any]:
    from_json(body["mechanism"])
    return {
        "state": "abandoned",
        "mechanism": body["mechanism"],
        "fingerprint": ABANDONED,
        "nonce_sha256": None,
    }


def _nothing(books: Books, record: Record, body: dict[str, Any]) -> str:
    return ""


_STEPS: dict[str, Callable[[Books, Record, dict[str, Any]], str]] = {
    "register": _register,
    "budget": _budget,
    "link": _link,
    "joined": _nothing,
    "distinct": _distinct,
    "shared": _shared,
    "units": _units,
    "reserve": _reserve,
    "resume": _step(("noise",), lambda body: {"fingerprint": CHECKPOINT_ONLY}),
    "mark": _step(("reserved",), lambda body: {"state": "noise"}),
    "commit": _step(("reserved", "noise"), lambda body: {"state": "committed", "digest": str(body["digest"])}),
    "free": _step(("reserved",), lambda body: {"state": "freed"}),
    "abandon": _step(("noise",), _abandon),
    "forget": _nothing,
    "release": _nothing,
    "note": _nothing,
}
