"""Planted values: what of them came through the masking, and how sure that makes us.

A value in text came through where one of its letters or digits is in no stretch that was masked, or where it still
stands in the masked text whatever masking says it did.
What the policy's operator is meant to leave is no leak. The figures speak of the planted values: of real ones only as
far as these are written alike and stand in contexts alike.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.core.errors import AirlockError
from tasks.methods.evaluate.intervals import bonferroni, clopper_pearson_upper
from tasks.methods.gate.fate import STANDING, UNCOVERED, WEAKER, Fate, Judge, Promise
from tasks.methods.gate.kept import Stretch
from tasks.methods.gate.planted_words import plain_name
from tasks.methods.gate.remask import Place
from tasks.methods.gate.tables import batches

AXES = ("format", "context")
"""Columns of the planted values by which they are counted apart, where they are there."""


@dataclass(frozen=True)
class PlantedShard:
    """A planted shard before and after masking.

    Attributes:
        number: its number.
        raw: its rows as they were planted.
        spans: what masking replaced in their text, in places of that text.
        masked: its rows as masking left them.
        aside: rows that masking set aside, where its policy sets any aside.
    """

    number: int
    raw: Path
    spans: Path
    masked: Path
    aside: Path | None = None


@dataclass
class _Counts:
    planted: int = 0
    aside: int = 0
    through: int = 0
    after: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    groups: dict[str, dict[str, Counter[str]]] = field(
        default_factory=lambda: {axis: defaultdict(Counter) for axis in AXES}
    )

    def add(self, place: Mapping[str, Any], fate: Fate | None) -> None:
        """Count one value; ``None``: its row was set aside."""
        self.planted += 1
        if fate is None:
            self.aside += 1
            return
        came = {"planted": 1, "through": int(bool(fate.rules)), "through_after_remask": int(fate.after)}
        self.through += came["through"]
        self.after += came["through_after_remask"]
        self.rules.update([*fate.rules, *([WEAKER] if fate.weaker else [])])
        for axis, groups in self.groups.items():
            if place.get(axis) is not None:
                groups[place[axis]].update(came)


def judge_planted(
    planted: Path, shards: Sequence[PlantedShard], promise: Promise, findings: Path, confidence: float = 0.95
) -> dict[str, Any]:
    """What came through, by kind, with its upper bounds.

    Args:
        planted: what was planted where (``record_id, column, start, end, entity, format``), in all
            shards.
        shards: the planted shards.
        promise: what the policy promises.
        findings: the gate's findings in all masked rows (:data:`tasks.methods.gate.evidence.FINDINGS`).
        confidence: one-sided.

    Returns:
        plain JSON without a value: a line a kind, and what holds of all promised kinds together.

    Raises:
        AirlockError: where what was planted isn't there, or a row of it was lost. The message holds no value.

    Formal guarantees:
        Given that values of a kind are independent draws of format, context and value (one a record), each ``bound``
        is at least the probability that such a draw comes through, in at least ``confidence`` of all plantings; all
        ``bound_all`` are so together.
    """
    counts: dict[str, _Counts] = defaultdict(_Counts)
    found = _findings(planted, findings)
    judge, left = Judge(promise), pq.read_metadata(planted).num_rows
    for shard in shards:
        left -= _judge_shard(planted, shard, judge, found, counts)
    if left:
        raise AirlockError("leakcheck: planted values are left that belong to no planted row")
    kinds = sorted(kind for kind in promise.kinds if counts.get(kind))
    together = bonferroni(confidence, len(kinds)) if kinds else confidence
    lines = [_line(entity, counts[entity], entity in kinds, confidence, together) for entity in sorted(counts)]
    promised = [line for line in lines if line["promised"]]
    return {
        "confidence": confidence,
        "method": "clopper-pearson",
        "correction": "bonferroni",
        "kinds": len(kinds),
        "not_planted": sorted(set(promise.kinds) - set(kinds)),
        "planted": sum(line["planted"] for line in promised),
        "through": sum(line["through"] for line in promised),
        "bound_all": max((line["bound_all"] for line in promised), default=1.0),
        "bound_all_after_remask": max((line["bound_all_after_remask"] for line in promised), default=1.0),
        "entities": lines,
    }


def _line(entity: str, counts: _Counts, promised: bool, confidence: float, together: float) -> dict[str, Any]:
    def bound(hits: int, sure: float) -> float:
        # Up, so that what is written is a bound too; and the same on every machine.
        return min(1.0, math.ceil(clopper_pearson_upper(hits, kept, sure) * 10**8) / 10**8)

    # A row that was set aside is in no table: its values neither came through nor were stopped by masking.
    kept = counts.planted - counts.aside

    return {
        "entity": entity,
        "name": plain_name(entity),
        "promised": promised,
        "planted": kept,
        "set_aside": counts.aside,
        "through": counts.through,
        "share": round(counts.through / kept, 8) if kept else 0.0,
        "bound": bound(counts.through, confidence),
        "confidence": confidence,
        "bound_all": bound(counts.through, together),
        "through_after_remask": counts.after,
        "bound_after_remask": bound(counts.after, confidence),
        "bound_all_after_remask": bound(counts.after, together),
        "by": {rule: counts.rules[rule] for rule in (UNCOVERED, STANDING, WEAKER)},
        **{f"by_{axis}": _sorted(groups) for axis, groups in counts.groups.items()},
    }


def _sorted(groups: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(group.items())) for name, group in sorted(groups.items())}


def _judge_shard(
    planted: Path,
    shard: PlantedShard,
    judge: Judge,
    found: Mapping[tuple[int, str], list[Place]],
    counts: dict[str, _Counts],
) -> int:
    """Count a shard's values; how many there were."""
    ids = _column(shard.raw, "record_id")
    values: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in _of(planted, ids):
        values[row["record_id"]].append(row)
    stretches: dict[tuple[int, str], list[Stretch]] = defaultdict(list)
    for row in _of(shard.spans, ids, ["record_id", "column", "start", "end", "entity"]):
        stretches[row["record_id"], row["column"]].append(Stretch(row["start"], row["end"], row["entity"]))
    columns = sorted({row["column"] for rows in values.values() for row in rows})
    for record, raw, masked in _pairs(shard, columns):
        for place in values.get(record, ()):
            where = record, place["column"]
            text, now = raw.get(place["column"]), masked and masked.get(place["column"])
            fate = judge.of(place, text, now, sorted(stretches[where]), found.get(where, [])) if masked else None
            counts[place["entity"]].add(place, fate)
    return sum(map(len, values.values()))


def _pairs(shard: PlantedShard, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any], dict[str, Any] | None]]:
    """Each planted row with its masked form; ``None`` for one that masking set aside."""
    aside = set() if shard.aside is None else set(_column(shard.aside, "record_id").to_pylist())
    masked_rows = _rows(shard.masked, columns)
    masked = next(masked_rows, None)
    for raw in _rows(shard.raw, columns):
        record = raw["record_id"]
        if masked is not None and masked["record_id"] == record:
            yield record, raw, masked
            masked = next(masked_rows, None)
        elif record in aside:
            yield record, raw, None
        else:
            raise AirlockError(f"leakcheck: planted rows of shard {shard.number} are missing from its masked rows")
    if masked is not None:
        raise AirlockError(f"leakcheck: masked rows of shard {shard.number} were never planted, or not in this order")


def _rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    there = [name for name in ("record_id", *columns) if name in pq.read_schema(path).names]
    for batch in batches(path, 1024, there):
        yield from batch.to_pylist()


def _of(path: Path, ids: pa.Array, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a table that belong to these records; the rest is never held."""
    for batch in batches(path, 8192, columns):
        yield from batch.filter(pc.is_in(batch.column("record_id"), value_set=ids)).to_pylist()


def _column(path: Path, name: str) -> pa.Array:
    return pq.read_table(path, columns=[name]).column(name).combine_chunks()


def _findings(planted: Path, findings: Path) -> dict[tuple[int, str], list[Place]]:
    ids = _column(planted, "record_id").unique()
    found: dict[tuple[int, str], list[Place]] = defaultdict(list)
    for row in _of(findings, ids, ["record_id", "column", "entity", "start", "end"]):
        found[row["record_id"], row["column"]].append((row["start"], row["end"], row["entity"]))
    return found
