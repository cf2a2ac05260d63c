"""Whether anybody but the ledger's own key has changed the ledger: its chains, its signatures, its heads, its books."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from tasks.core.errors import UserError
from tasks.core.ledger import tables as t
from tasks.core.ledger.chain import START, Record, Verifier, chained
from tasks.core.ledger.database import Database
from tasks.core.ledger.filter import Spent
from tasks.core.ledger.heads import Head, Heads
from tasks.core.ledger.replay import Books, replay
from tasks.core.ledger.units import UnitSet

_NEAR = 1e-9
"""Sums of divergences are the same up to this share: another release of numpy may round another way."""


@dataclass(frozen=True)
class Finding:
    """Something that isn't as the ledger wrote it.

    Attributes:
        dataset: the data set.
        place: ``record 4``, ``entry 1f…``, ``budget``, ``sums``, ``units``, ``pairs`` or ``head 12``.
        sentence: what is wrong, whole.
    """

    dataset: str
    place: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """What :func:`verify` saw.

    Attributes:
        datasets: how many data sets.
        records: how many records.
        charges: how many charges.
        heads: whether the artifact store's heads were looked at.
        findings: what is wrong; empty where nothing is.
    """

    datasets: int
    records: int
    charges: int
    heads: bool
    findings: list[Finding] = field(default_factory=list)


def verify(database: Database, verifier: Verifier, heads: Heads | None = None) -> Report:
    """Walk the whole ledger.

    Args:
        verifier: holds the ledger's public key.
        heads: the heads in the artifact store; without them records missing from a log's end aren't noticed.

    Formal guarantees:
        Where nothing is found, every record was signed by the key's holder for its place in its data set's log, no
        record is missing before the last one, nor before the newest head that ``heads`` holds, and every other table
        says what the records say. Whoever holds the key, or can take back the ledger's last records together with
        the heads in the artifact store, isn't noticed.

    Raises:
        TryAgain: the database is held by another process for too long, or a store doesn't answer.
    """
    # First the heads: while the ledger is read, a run may write further ones.
    seen = {} if heads is None else {name: heads.kept(name) for name in heads.datasets()}
    with database.reading() as db:
        rows = {row.name: row for row in db.execute(select(t.dataset).order_by(t.dataset.c.name))}
        logs: dict[str, list[Record]] = {name: [] for name in rows}
        for row in db.execute(select(t.record).order_by(t.record.c.dataset, t.record.c.seq)):
            logs.setdefault(row.dataset, []).append(Record(**row._asdict()))
        books = replay(logs)
        found: list[Finding] = []
        for name in sorted({*logs, *seen}):
            found += check_log(name, logs.get(name, []), verifier)
            found += _heads(name, logs.get(name, []), seen.get(name, []), verifier)
        found += [Finding(name, f"record {seq}", _of(name, f"record {seq}", it)) for name, seq, it in books.faults]
        found += _datasets(books, rows, logs)
        found += _charges(books, db)
        found += _sums(books, db)
        found += _pairs(books, db)
        found += _units(books, db)
        count = sum(len(log) for log in logs.values())
        return Report(len(rows), count, len(books.charges), heads is not None, found)


def check_log(name: str, log: Sequence[Record], verifier: Verifier) -> Iterator[Finding]:
    """Hold a data set's records, in their order, against their hashes and signatures."""
    expected, before = 1, START
    for record in log:
        place = f"record {record.seq}"
        if record.seq > expected:
            missing = (
                f"record {expected} is" if record.seq == expected + 1 else f"records {expected} to {record.seq - 1} are"
            )
            yield Finding(name, f"record {expected}", _of(name, "", f"{missing} missing from its log"))
        elif record.seq < expected:
            yield Finding(name, place, _of(name, place, f"stands where record {expected} should"))
        if record.dataset != name:
            yield Finding(name, place, _of(name, place, "belongs to another data set"))
        linked = chained(record.dataset, record.seq, record.kind, record.created, record.body, before)
        if linked != record.hash:
            after = f"following record {record.seq - 1}" if record.seq > 1 else "at the log's start"
            yield Finding(
                name,
                place,
                _of(name, place, f"was changed, moved or put in: its hash isn't that of its content {after}"),
            )
        if not verifier.signed(record.hash, record.signature):
            yield Finding(name, place, _of(name, place, "isn't signed by the ledger's key"))
        expected, before = record.seq + 1, record.hash


def _heads(name: str, log: Sequence[Record], heads: Iterable[Head], verifier: Verifier) -> Iterator[Finding]:
    by_seq = {record.seq: record.hash for record in log}
    last = max(by_seq, default=0)
    newest = 0
    for head in heads:
        place = f"head {head.seq}"
        if not verifier.signed(head.hash, head.signature):
            yield Finding(name, place, _of(name, place, "in the artifact store isn't signed by the ledger's key"))
        elif head.seq > last:
            newest = max(newest, head.seq)
        elif by_seq.get(head.seq) != head.hash:
            text = f"record {head.seq} in this ledger is another than the one whose head the artifact store holds"
            yield Finding(name, place, _of(name, "", f"{text}: its log was changed, or two ledgers are in use"))
    if newest and not log:
        text = f"is missing from the ledger, though the artifact store holds the head of its record {newest}"
        yield Finding(name, f"head {newest}", f"data set {name} {text}")
    elif newest:
        missing = f"record {newest}" if newest == last + 1 else f"records {last + 1} to {newest}"
        text = f"this ledger is older than the artifact store's head {newest}: {missing} at its log's end"
        yield Finding(name, f"head {newest}", _of(name, "", f"{text} {'is' if newest == last + 1 else 'are'} missing"))


def _datasets(books: Books, rows: Mapping[str, Row[Any]], logs: Mapping[str, Sequence[Record]]) -> Iterator[Finding]:
    for name in sorted({*books.datasets, *rows}):
        if name not in rows:
            yield Finding(name, "budget", f"data set {name} has records but isn't among the data sets")
        elif name not in books.datasets:
            yield Finding(name, "budget", f"data set {name} was put in: no record registers it")
        else:
            row = rows[name]._asdict()
            for column, value in books.datasets[name].items():
                if row[column] != value:
                    yield Finding(name, "budget", _differs(name, "", column, row[column], value))
        last = logs[name][-1] if logs.get(name) else None
        if name in rows and (rows[name].head_seq, rows[name].head_hash) != (
            (last.seq, last.hash) if last is not None else (0, START)
        ):
            text = f"its head is at record {rows[name].head_seq}, its log ends with another, {last.seq if last else 0}"
            yield Finding(name, f"record {rows[name].head_seq}", _of(name, "", text))


def _charges(books: Books, db: Connection) -> Iterator[Finding]:
    left = dict(books.charges)
    for row in db.execute(select(t.charge).order_by(t.charge.c.number)):
        found = row._asdict()
        name, place = found["dataset"], f"entry {found['id']}"
        told = left.pop(found["id"], None)
        if told is None:
            yield Finding(name, place, _of(name, place, "was put in: no record enters it"))
            continue
        found["mechanism"] = _plain(found["mechanism"])
        nonce = bytes(found.pop("nonce"))
        found["nonce_sha256"] = hashlib.sha256(nonce).hexdigest() if nonce else None
        for column, value in told.items():
            if found.get(column) != value:
                if column == "nonce_sha256":
                    text = "its nonce isn't the one whose hash its record holds"
                    yield Finding(told["dataset"], place, _of(told["dataset"], place, text))
                else:
                    yield Finding(
                        told["dataset"], place, _differs(told["dataset"], place, column, found.get(column), value)
                    )
    for charge in left.values():
        place = f"entry {charge['id']}"
        yield Finding(
            charge["dataset"], place, _of(charge["dataset"], place, "is in the log but not among the charges")
        )


def _sums(books: Books, db: Connection) -> Iterator[Finding]:
    told: dict[tuple[str, str, str], Spent] = {}
    skipped: set[str] = set()
    for pool in books.pools():
        try:
            told |= {(pool, block, period): one for (block, period), one in books.sums(pool).items()}
        except (UserError, KeyError, TypeError, ValueError):
            skipped.add(pool)
            yield Finding(pool, "sums", _of(pool, "", "its sums can't be computed from its log"))
    found: dict[tuple[str, str, str], Spent | None] = {}
    for row in db.execute(select(t.spent)):
        sums = _plain(row.sums)
        numbers = isinstance(sums, list) and all(isinstance(one, int | float) for one in sums)
        place = (row.pool, row.block, row.period)
        found[place] = Spent(tuple(sums), row.truncated, row.charges) if numbers else None
    for pool, block, period in sorted({*told, *found}):
        one, other = found.get((pool, block, period)), told.get((pool, block, period))
        if pool in skipped or (one is not None and other is not None and _same(one, other)):
            continue
        where = f"the sum{f' of block {block}' if block else ''}{f' in {period}' if period else ''}"
        if other is None:
            text = f"{where} was put in: no charge of its log stands there"
        elif (pool, block, period) not in found:
            text = f"{where} is missing"
        elif one is None or one.charges != other.charges:
            held = "nothing that can be read" if one is None else f"{one.charges} charges"
            text = f"{where} counts {held}; by its log {other.charges} charges stand"
        else:
            text = f"{where} isn't what the charges in its log add up to"
        yield Finding(pool, "sums", _of(pool, "", text))


def _same(one: Spent, other: Spent) -> bool:
    numbers = zip((*one.divergences, one.truncated), (*other.divergences, other.truncated), strict=False)
    return (
        one.charges == other.charges
        and len(one.divergences) == len(other.divergences)
        and all(math.isclose(a, b, rel_tol=_NEAR, abs_tol=1e-300) for a, b in numbers)
    )


def _pairs(books: Books, db: Connection) -> Iterator[Finding]:
    found = {(row.kind, row.scope, row.one, row.other) for row in db.execute(select(t.pair))}
    for pair in sorted(found ^ books.pairs):
        kind, scope, one, other = pair
        told = "was put in: no record says so" if pair in found else "is missing"
        if kind == "shared":
            text = f"that its blocks {one} and {other} share people {told}"
            yield Finding(scope, "pairs", _of(scope, "", text))
        else:
            yield Finding(one, "pairs", _of(one, "", f"that it shares nobody with {other} {told}"))


def _units(books: Books, db: Connection) -> Iterator[Finding]:
    left = dict(books.unit_sets)
    for row in db.execute(select(t.unit_set)):
        told = left.pop((row.dataset, row.block, row.hash_key), None)
        what = f"the hashes of its people{f' in block {row.block}' if row.block else ''} under key {row.hash_key}"
        data = bytes(row.hashes)
        real = (len(data) // 8, UnitSet.from_bytes(row.hash_key, data).digest) if len(data) % 8 == 0 else None
        if told is None:
            yield Finding(row.dataset, "units", _of(row.dataset, "", f"{what} were put in: no record says so"))
        elif real != told or (row.members, row.digest) != told:
            yield Finding(row.dataset, "units", _of(row.dataset, "", f"{what} aren't those that its log tells of"))
    for name, block, hash_key in left:
        what = f"the hashes of its people{f' in block {block}' if block else ''} under key {hash_key}"
        yield Finding(name, "units", _of(name, "", f"{what} are missing"))


def _plain(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return None


def _of(name: str, place: str, text: str) -> str:
    return f"data set {name}, {place}: {text}" if place else f"data set {name}: {text}"


def _differs(name: str, place: str, column: str, found: Any, told: Any) -> str:
    return _of(name, place, f"{column} is {_short(found)}; its log says {_short(told)}")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value or "empty"
    return text if len(text) <= 100 else f"{text[:97]}..."
