"""Do the bounds for planted values hold the true rate? Corpora with known truth, several maskers, 200 plantings each.

    python benchmarks/planted.py [--draws 200] [--values 300] [--population 1500] [--json OUT]

A population of values of each kind is drawn by the generators of `plant` and masked. The true rate of a kind is the
share of its population that comes through: exact, since every planting draws from that population with replacement.
Counted is in how many plantings the rate lies within the bound. The gate judges each value; the whole population, and
every fiftieth planting, it judges once more from files as in a run, and must say the same.

Then the same bounds are held against real values that are written or placed otherwise than the planted ones: there
the bound promises nothing, and this shows how little.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.methods.detect.spans import Span
from tasks.methods.evaluate.intervals import bonferroni, clopper_pearson_upper
from tasks.methods.gate.evidence import FINDINGS
from tasks.methods.gate.fate import Judge
from tasks.methods.gate.kept import Stretch
from tasks.methods.gate.planted import PlantedShard, Promise, judge_planted
from tasks.methods.mask.conflicts import resolve
from tasks.methods.mask.table import SPANS_SCHEMA
from tasks.methods.mask.text import splice
from tasks.methods.plant.carriers import carry
from tasks.methods.plant.kinds import FORMATS
from tasks.methods.plant.table import FIRST_RECORD, PLANTED_SCHEMA
from tasks.methods.plant.value import Formats, draw
from tasks.methods.sample import records

KINDS = (
    "PERSON", "ADDRESS", "PHONE_NUMBER", "EMAIL_ADDRESS", "IP_ADDRESS", "DATE_OF_BIRTH", "US_SSN", "CREDIT_CARD",
    "MEDICAL_RECORD_NUMBER", "ACCOUNT_NUMBER",
)  # fmt: skip
PROMISE = Promise({kind: "tag" for kind in KINDS}, KINDS, {kind: f"<{kind}>" for kind in KINDS})
CONFIDENCE = 0.95
ROWS = pa.schema([("record_id", pa.int64()), ("note", pa.string())])


class Item(NamedTuple):
    """A text with a value of known place."""

    text: str
    start: int
    end: int
    entity: str
    format: str


Finder = Callable[[Sequence[Item]], list[list[Span]]]


# What is planted, and what is real.


def population(kind: str, n: int, rng: random.Random, formats: Formats | None = None) -> list[Item]:
    """Values of a kind in sentences, as the generators of `plant` draw them."""
    items = []
    for _ in range(n):
        value = draw(rng, kind, formats or FORMATS["en"][kind])
        text, start = carry(rng, "en", value)
        items.append(Item(text, start, start + len(value.text), kind, value.format))
    return items


def even(kind: str, n: int, rng: random.Random) -> list[Item]:
    """The same, every format as often as any other."""
    return population(kind, n, rng, tuple(f._replace(weight=1.0) for f in FORMATS["en"][kind]))


def from_records(kinds: Sequence[str], n: int, seed: int) -> dict[str, list[Item]]:
    """Values in the lines of generated records, which have formats and contexts of their own."""
    found: dict[str, list[Item]] = defaultdict(list)
    for domain in ("healthcare", "finance", "government"):
        for record in records(domain, n, "en", seed):
            for column, spans in record.spans.items():
                text = record.fields[column]
                if not isinstance(text, str) or len(spans) == 1 and spans[0].end - spans[0].start == len(text):
                    continue
                for span in spans:
                    start = text.rfind("\n", 0, span.start) + 1
                    end = text.find("\n", span.end)
                    line = text[start : end if end >= 0 else None]
                    if span.entity in kinds and len(found[span.entity]) < n:
                        item = Item(line, span.start - start, span.end - start, span.entity, domain)
                        found[span.entity].append(item)
    return found


# Maskers.

_PATTERNS = {
    "PHONE_NUMBER": r"\(\d{3}\) \d{3}-\d{4}|\b\d{3}[-.]\d{3}[-.]\d{4}\b",
    "EMAIL_ADDRESS": r"[\w.+-]+@[\w-]+\.[\w.]+",
    "IP_ADDRESS": r"\b\d{1,3}(?:\.\d{1,3}){3}\b",
    "US_SSN": r"\b\d{3}-\d{2}-\d{4}\b",
    "CREDIT_CARD": r"\b\d{4}(?:[ -]?\d{4}){3}\b",
    "DATE_OF_BIRTH": r"\b\d{1,2}/\d{1,2}/\d{4}\b|\b\d{4}-\d\d-\d\d\b",
    "PERSON": r"\b(?:Mr|Mrs|Ms|Dr)\.? [A-Z][a-z]+(?: [A-Z][a-z]+)?|\b[A-Z][a-z]+ [A-Z][a-z]+\b",
    "ADDRESS": r"\b\d+ [A-Z]\w+ (?:St|Street|Ave|Avenue|Rd|Road|Dr|Drive|Lane|Ln)\b\.?",
    "ACCOUNT_NUMBER": r"\b\d{9,12}\b",
    "MEDICAL_RECORD_NUMBER": r"(?<=MRN )\S+|(?<=MRN: )\S+",
}
_CUES = re.compile(
    r"phone|call|tel|mail|name|patient|born|birth|dob|ssn|social|card|mrn|record|account|address|lives|ip\b", re.I
)


def regexes() -> Finder:
    """A page of regular expressions."""
    compiled = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()}

    def find(items: Sequence[Item]) -> list[list[Span]]:
        return [
            [Span(m.start(), m.end(), kind, 1.0, "regex") for kind, p in compiled.items() for m in p.finditer(i.text)]
            for i in items
        ]

    return find


def patterns(names: Sequence[str], kinds: Sequence[str]) -> Finder:
    """Detectors of the masker's side."""
    from tasks.methods.detect.masker import Masker

    masker = Masker("en", names, kinds)
    return lambda items: masker.find([item.text for item in items])


def at_random(rates: Mapping[str, Mapping[str, float]]) -> Finder:
    """Misses a value with a probability that its kind and format decide; half of the misses are by two letters.

    A format that it doesn't know is missed as the kind's formats are on average.
    """

    def find(items: Sequence[Item]) -> list[list[Span]]:
        found = []
        for item in items:
            end, rng = item.end, random.Random(item.text)
            kind = rates[item.entity]
            if rng.random() < kind.get(item.format, sum(kind.values()) / len(kind)):
                end = item.start if rng.random() < 0.5 else end - 2
            found.append([Span(item.start, end, item.entity, 1.0, "random")] if end > item.start else [])
        return found

    return find


def by_carrier() -> Finder:
    """Sees a value only where its sentence holds a word that announces one."""

    def find(items: Sequence[Item]) -> list[list[Span]]:
        return [
            [Span(i.start, i.end, i.entity, 1.0, "cue")] if _CUES.search(i.text[: i.start] + i.text[i.end :]) else []
            for i in items
        ]

    return find


def random_rates(kinds: Sequence[str], seed: int) -> dict[str, dict[str, float]]:
    """A probability of missing by kind and format: formats of a kind differ up to tenfold, kinds up to hundredfold."""
    rng = random.Random(seed)
    rates = {}
    for place, kind in enumerate(kinds):
        middle = 10 ** -(0.3 + 2 * place / max(1, len(kinds) - 1))
        rates[kind] = {f.name: min(0.95, middle * 10 ** rng.uniform(-0.5, 0.5)) for f in FORMATS["en"][kind]}
    return rates


# Judging.


class Masked(NamedTuple):
    """Items with what a masker found in them and what it made of them."""

    items: list[Item]
    spans: list[list[Span]]
    texts: list[str]

    def pick(self, places: Sequence[int]) -> Masked:
        """Some of them, in this order."""
        return Masked(*([part[i] for i in places] for part in self))


def mask(items: Sequence[Item], find: Finder) -> Masked:
    """Mask with tags."""
    spans = [resolve(found, KINDS) for found in find(items)]
    texts = [
        splice(item.text, found, [PROMISE.tag(span.entity) for span in found])
        for item, found in zip(items, spans, strict=True)
    ]
    return Masked(list(items), spans, texts)


def fates(masked: Masked) -> list[bool]:
    """Whether each value came through."""
    decide = Judge(PROMISE)
    came = []
    for item, spans, text in zip(*masked, strict=True):
        stretches = [Stretch(span.start, span.end, span.entity) for span in spans]
        came.append(bool(decide.of(item._asdict(), item.text, text, stretches, []).rules))
    return came


def judge(masked: Masked, folder: Path) -> dict[str, Any]:
    """The gate's judgement of a planting, from its files."""
    ids = [FIRST_RECORD + i for i in range(len(masked.items))]
    planted = [
        {"record_id": i, "column": "note", "start": item.start, "end": item.end, "entity": item.entity}
        | {"format": item.format, "context": "carrier", "language": "en"}
        for i, item in zip(ids, masked.items, strict=True)
    ]
    spans = [
        {"record_id": i, "column": "note", **{part: getattr(span, part) for part in SPANS_SCHEMA.names[2:]}}
        for i, found in zip(ids, masked.spans, strict=True)
        for span in found
    ]
    tables = {
        "planted": pa.Table.from_pylist(planted, PLANTED_SCHEMA),
        "raw": pa.table([ids, [item.text for item in masked.items]], schema=ROWS),
        "spans": pa.Table.from_pylist(spans, SPANS_SCHEMA),
        "masked": pa.table([ids, masked.texts], schema=ROWS),
        "findings": FINDINGS.empty_table(),
    }
    paths = {name: folder / f"{name}.parquet" for name in tables}
    for name, table in tables.items():
        pq.write_table(table, paths[name])
    shard = PlantedShard(0, paths["raw"], paths["spans"], paths["masked"])
    return judge_planted(paths["planted"], [shard], PROMISE, paths["findings"])


def shares(items: Sequence[Item], came: Sequence[bool], least: int = 1) -> dict[str, dict[str, float]]:
    """The share that came through, by kind and format, of formats with at least so many values."""
    seen: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for item, through in zip(items, came, strict=True):
        seen[item.entity, item.format].append(through)
    by: dict[str, dict[str, float]] = defaultdict(dict)
    for (kind, format_), hits in seen.items():
        if len(hits) >= least:
            by[kind][format_] = sum(hits) / len(hits)
    return by


def rates_of(items: Sequence[Item], came: Sequence[bool]) -> dict[str, float]:
    """The share that came through, by kind."""
    return {kind: by[""] for kind, by in shares([item._replace(format="") for item in items], came).items()}


def expected_coverage(rate: float, of: int) -> float:
    """The probability that the bound holds a rate: a sum over all counts."""
    if rate in (0.0, 1.0):
        return 1.0
    logs = math.log(rate), math.log1p(-rate)
    return sum(
        math.exp(math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * logs[0] + (of - k) * logs[1])
        for k in range(of + 1)
        if clopper_pearson_upper(k, of) >= rate
    )


SAME = "same formats, same contexts"


def study(
    find: Finder,
    kinds: Sequence[str],
    *,
    draws: int,
    values: int,
    size: int,
    seed: int,
    others: Mapping[str, Mapping[str, list[Item]]] | None = None,
) -> dict[str, Any]:
    """Plant so many times and count in how many the bounds hold.

    Args:
        find: the masker.
        kinds: what is planted.
        draws: plantings.
        values: values of a kind in each.
        size: of each kind's population.
        seed: decides everything.
        others: populations of real values that differ from the planted ones, by name and kind.
    """
    whole = [item for kind in kinds for item in population(kind, size, random.Random(f"{seed} {kind}"))]
    masked = mask(whole, find)
    came = fates(masked)
    real = {SAME: rates_of(whole, came)}
    real["the worst format alone"] = {k: max(by.values()) for k, by in shares(whole, came, least=20).items()}
    for other, by_kind in (others or {}).items():
        known = [item for kind in kinds for item in by_kind.get(kind, ())]
        real[other] = rates_of(known, fates(mask(known, find)))
    rng = random.Random(f"{seed} plantings")
    held: dict[str, Counter[str]] = {name: Counter() for name in real}
    together: Counter[str] = Counter()
    mean: Counter[str] = Counter()
    surer = bonferroni(CONFIDENCE, len(kinds))
    with tempfile.TemporaryDirectory() as folder:
        told = judge(masked, Path(folder))
        assert {line["entity"]: line["through"] / size for line in told["entities"]} == real[SAME]
        for number in range(draws):
            bounds, all_bounds, chosen = {}, {}, []
            for place, kind in enumerate(kinds):
                drawn = rng.choices(range(place * size, (place + 1) * size), k=values)
                through = sum(came[i] for i in drawn)
                bounds[kind] = clopper_pearson_upper(through, values, CONFIDENCE)
                all_bounds[kind] = clopper_pearson_upper(through, values, surer)
                chosen += drawn
            mean.update(bounds)
            for other, truth in real.items():
                held[other].update(kind for kind, rate in truth.items() if bounds[kind] >= rate)
                together[other] += all(all_bounds[kind] >= rate for kind, rate in truth.items())
            if number % 50 == 0:
                for line in judge(masked.pick(chosen), Path(folder))["entities"]:
                    assert abs(line["bound"] - bounds[line["entity"]]) < 1e-7
                    assert abs(line["bound_all"] - all_bounds[line["entity"]]) < 1e-7
    return {
        "kinds": {
            kind: {
                "rate": round(real[SAME][kind], 5),
                "held": held[SAME][kind],
                "expected": round(draws * expected_coverage(real[SAME][kind], values), 1),
                "mean_bound": round(mean[kind] / draws, 5),
                "elsewhere": {
                    other: {"rate": round(truth[kind], 5), "held": held[other][kind]}
                    for other, truth in real.items()
                    if other != SAME and kind in truth
                },
            }
            for kind in kinds
        },
        "held_least": min(held[SAME][kind] for kind in kinds),
        "held_all_kinds_together": {other: together[other] for other in real},
        "held_mean": {
            other: round(sum(held[other][kind] for kind in truth) / len(truth), 1) for other, truth in real.items()
        },
    }


def machine() -> dict[str, Any]:
    """Where and when this was measured."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False)
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "commit": commit.stdout.strip() + ("+changes" if dirty.stdout.strip() else ""),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": names[0].split(":", 1)[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "versions": {p: version(p) for p in ("scipy", "presidio-analyzer")} | {"python": platform.python_version()},
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--values", type=int, default=300)
    parser.add_argument("--population", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    here = machine()  # the code that runs is the code at the start
    own = [kind for kind in KINDS if kind != "PERSON"]
    rules = ["presidio-patterns", "airlock-identifiers", "airlock-people", "airlock-places"]
    maskers = {
        "regular expressions": regexes(),
        "Presidio's pattern recognizers": patterns(["presidio-patterns"], own),
        "misses at random, by format": at_random(random_rates(KINDS, args.seed)),
        "misses by context": by_carrier(),
        "Airlock's rules without models": patterns(rules, KINDS),
    }
    others = {
        "formats even": {
            kind: even(kind, args.population, random.Random(f"{args.seed} even {kind}")) for kind in KINDS
        },
        "generated records": from_records(KINDS, 400, args.seed),
    }
    results = {}
    for name, find in maskers.items():
        sizes = {"draws": args.draws, "values": args.values, "size": args.population, "seed": args.seed}
        results[name] = study(find, KINDS, others=others, **sizes)
        print(name, {k: v for k, v in results[name].items() if k != "kinds"}, file=sys.stderr, flush=True)
    asked = {key: getattr(args, key) for key in ("draws", "values", "population", "seed")}
    text = json.dumps({"machine": here, **asked, "confidence": CONFIDENCE, "maskers": results}, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
