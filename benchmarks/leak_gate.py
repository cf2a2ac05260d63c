"""How much of what a masker left the leak gate finds, beside a re-scan with the masker's own detectors.

Run it from the repository's root on annotated text (JSON lines with ``id``, ``text``, ``spans`` of ``start``, ``end``,
``type``):

    python benchmarks/leak_gate.py --data GOLD.jsonl [--masker presidio|airlock] [--json OUT]

``presidio``: Presidio's defaults for English (its e-mail recognizer with the list of domains that tldextract brings
along, since it would go online for it) over a spaCy model. ``airlock``: the masker's side of a policy alone, without
the gate's second look. Gold spans serve to count with and for nothing else. A document leaks where a gold span of its
still stands word for word in the masked text (``verbatim``), or, stricter, where a letter or digit of one was not
masked (``any character``). It is flagged where a detector has a finding outside the masker's marks. A span left is
found where a finding touches a letter or digit of it that was not masked. Times are processor time on one thread.
"""

# ruff: noqa: E402 - the number of threads must be set before the libraries that make them are loaded
from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import json
import logging
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tasks.core.policies import Policy, load_policy
from tasks.methods.evaluate.intervals import wilson
from tasks.methods.gate.placeholders import Placeholders
from tasks.methods.gate.registry import detectors

Place = tuple[int, int]
Find = Callable[[Sequence[str]], list[list[Place]]]
MARKS = r"<[A-Z][A-Z_]*>"
"""What Presidio writes in place of a value."""


@dataclass
class Masked:
    """A document after masking.

    Attributes:
        text: what is left to read.
        raw: what it was.
        spans: gold: start, end and type in ``raw``.
        stretches: what was replaced, in ``raw``, in order and disjoint.
        marks: what stands in place of each.
    """

    text: str
    raw: str
    spans: list[tuple[int, int, str]]
    stretches: list[Place]
    marks: list[str]
    origins: list[int] = field(default_factory=list)
    """For each character of ``text`` its place in ``raw``; -1 in a mark."""

    def __post_init__(self) -> None:
        end = 0
        for (a, b), mark in zip(self.stretches, self.marks, strict=True):
            self.origins += [*range(end, a), *[-1] * len(mark)]
            end = b
        self.origins += range(end, len(self.raw))
        if len(self.origins) != len(self.text):
            raise SystemExit("leak_gate: the masked text is not made of the raw text and the marks")

    def verbatim(self) -> list[tuple[int, int, str]]:
        """Gold spans whose words still stand somewhere in the text."""
        return [span for span in self.spans if self.raw[span[0] : span[1]] in self.text]

    def uncovered(self) -> dict[tuple[int, int, str], set[int]]:
        """Gold spans with letters or digits that were not masked, and where these stand."""
        seen = {place for place in self.origins if place >= 0 and self.raw[place].isalnum()}
        left = {span: seen.intersection(range(span[0], span[1])) for span in self.spans}
        return {span: places for span, places in left.items() if places}

    def origin(self, found: Place) -> set[int]:
        """The places in ``raw`` that a finding in ``text`` covers."""
        return {place for place in self.origins[found[0] : found[1]] if place >= 0}


def merged(found: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Findings that share a character as one, under the name of the first."""
    out: list[tuple[int, int, str]] = []
    for a, b, entity in sorted(found):
        if out and a < out[-1][1]:
            out[-1] = (out[-1][0], max(b, out[-1][1]), out[-1][2])
        else:
            out.append((a, b, entity))
    return out


class Presidio:
    """Presidio's defaults for English."""

    def __init__(self, model: str) -> None:
        import presidio_analyzer
        import tldextract
        import yaml
        from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

        from tasks.methods.detect.nlp import LocalNlpEngine

        tldextract.extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())  # type: ignore[assignment]
        local = LocalNlpEngine("en", model)
        local.load()
        shipped = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
        conf = yaml.safe_load(shipped.read_text(encoding="utf-8"))["ner_model_configuration"]
        engine = SpacyNlpEngine(local.models, NerModelConfiguration.from_dict(conf))
        engine.nlp = {"en": local.get_nlp("en")}
        registry = RecognizerRegistry()
        registry.load_predefined_recognizers(["en"], engine)
        analyzer = AnalyzerEngine(registry, engine, supported_languages=["en"], default_score_threshold=0.4)
        self._batch = BatchAnalyzerEngine(analyzer)
        self.placeholders = Placeholders((), [MARKS])

    def spans(self, texts: Sequence[str]) -> list[list[Any]]:
        """Presidio's own results."""
        return [list(found) for found in self._batch.analyze_iterator(texts, "en", batch_size=64)]

    def mask(self, texts: Sequence[str]) -> list[tuple[str, list[Place], list[str]]]:
        """Texts as its anonymizer leaves them, with what it replaced by what.

        The places of the marks come from the anonymizer's own account; those of the values follow from what lies
        between them, which it copies.
        """
        from presidio_anonymizer import AnonymizerEngine

        anonymizer, out = AnonymizerEngine(), []
        for text, found in zip(texts, self.spans(texts), strict=True):
            result = anonymizer.anonymize(text, found)
            items = sorted(result.items, key=lambda item: item.start)
            cuts = aligned(text, result.text, [(item.start, item.end) for item in items])
            out.append((result.text, cuts, [result.text[item.start : item.end] for item in items]))
        return out

    def find(self, texts: Sequence[str]) -> list[list[Place]]:
        """Where it finds something."""
        return [[(r.start, r.end) for r in found] for found in self.spans(texts)]


def aligned(raw: str, masked: str, marks: Sequence[Place]) -> list[Place]:
    """The stretches of ``raw`` that the marks at these places of ``masked`` replaced."""
    pattern, end = "", 0
    for a, b in marks:
        pattern += re.escape(masked[end:a]) + "(.*?)"
        end = b
    match = re.fullmatch(pattern + re.escape(masked[end:]), raw, re.DOTALL)
    if match is None:
        raise SystemExit("leak_gate: a masked text does not follow from its raw text")
    return [match.span(k + 1) for k in range(len(marks))]


class Airlock:
    """The masker's side of a policy."""

    def __init__(self, policy: Policy, model: str) -> None:
        from tasks.stages.mask import masker_of

        self._policy, self._masker = policy, masker_of(policy, "en", model)
        self.placeholders = Placeholders({policy.tag(e) for e in policy.entities}, policy.placeholder_patterns)

    def _stretches(self, texts: Sequence[str]) -> list[list[Any]]:
        from tasks.methods.mask.conflicts import resolve

        batches = (texts[start : start + 256] for start in range(0, len(texts), 256))
        return [resolve(found, self._policy.text_entities) for some in batches for found in self._masker.find(some)]

    def mask(self, texts: Sequence[str]) -> list[tuple[str, list[Place], list[str]]]:
        """Texts with the policy's tags in place of what was found, and what was replaced by what."""
        out = []
        for text, found in zip(texts, self._stretches(texts), strict=True):
            places = [(span.start, span.end) for span in found]
            marks = [self._policy.tag(span.entity) for span in found]
            pieces, end = [], 0
            for (a, b), mark in zip(places, marks, strict=True):
                pieces += [text[end:a], mark]
                end = b
            out.append(("".join([*pieces, text[end:]]), places, marks))
        return out

    def find(self, texts: Sequence[str]) -> list[list[Place]]:
        """Where it finds something."""
        return [[(span.start, span.end) for span in found] for found in self._stretches(texts)]


def share(hits: int, of: int) -> dict[str, Any]:
    """A share with its 95 % interval."""
    return {
        "hits": hits,
        "of": of,
        "share": round(hits / of, 4) if of else None,
        "interval": [round(x, 4) for x in wilson(hits, of)],
    }


def judge(documents: Sequence[Masked], found: Sequence[Sequence[Place]]) -> dict[str, Any]:
    """What findings outside the marks say of the documents and of the spans left in them."""
    flagged = [bool(places) for places in found]
    report: dict[str, Any] = {"flagged": sum(flagged)}
    for name, leaks in (
        ("verbatim", [bool(d.verbatim()) for d in documents]),
        ("any_character", [bool(d.uncovered()) for d in documents]),
    ):
        both = sum(a and b for a, b in zip(leaks, flagged, strict=True))
        report[name] = {"recall": share(both, sum(leaks)), "precision": share(both, sum(flagged))}
    touched, left = Counter[str](), Counter[str]()
    for document, places in zip(documents, found, strict=True):
        covered = set().union(*(document.origin(place) for place in places))
        for span, uncovered in document.uncovered().items():
            left[span[2]] += 1
            touched[span[2]] += bool(uncovered & covered)
    report["spans_left"] = share(sum(touched.values()), sum(left.values()))
    report["spans_left_by_type"] = {kind: share(touched[kind], left[kind]) for kind in sorted(left)}
    return report


def run(chosen: argparse.Namespace) -> dict[str, Any]:
    """Mask, look, count."""
    policy = load_policy(chosen.policy)
    with open(chosen.data, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][: chosen.texts]
    texts = [row["text"] for row in rows]
    masker = Presidio(chosen.model) if chosen.masker == "presidio" else Airlock(policy, chosen.model)
    report: dict[str, Any] = {"documents": len(rows), "bytes": sum(len(text.encode()) for text in texts), "seconds": {}}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = work()
        report["seconds"][name] = round(time.process_time() - start, 2)
        return result

    masker.find(texts[:20])
    documents = [
        Masked(masked, row["text"], [(s["start"], s["end"], s["type"]) for s in row["spans"]], places, marks)
        for row, (masked, places, marks) in zip(rows, timed("masking", lambda: masker.mask(texts)), strict=True)
    ]
    spared = masker.placeholders
    masked = [document.text for document in documents]
    report["leaking"] = {
        "verbatim": sum(bool(d.verbatim()) for d in documents),
        "any_character": sum(bool(d.uncovered()) for d in documents),
        "spans_verbatim_by_type": dict(Counter(s[2] for d in documents for s in d.verbatim()).most_common()),
    }
    again = timed("rescan", lambda: masker.find(masked))
    report["rescan"] = judge(documents, [_outside(spared, t, p) for t, p in zip(masked, again, strict=True)])
    promised = set(policy.text_entities)
    by_detector: dict[str, list[list[Place]]] = {}
    rules: list[set[str]] = [set() for _ in documents]
    for detector in detectors(chosen.detectors or policy.detectors.gate, chosen.threshold, 1, policy.models):
        found = timed(detector.name, partial(detector.detect, masked))
        kept = [[hit for hit in hits if hit.entity in promised] for hits in found]
        kept = [spared.outside(text, hits) for text, hits in zip(masked, kept, strict=True)]
        by_detector[detector.name] = [[(hit.start, hit.end) for hit in hits] for hits in kept]
        for names, hits in zip(rules, kept, strict=True):
            names.update(f"{hit.entity} {hit.detector}" for hit in hits)
    everything = [sorted(set().union(*some)) for some in zip(*by_detector.values(), strict=True)]
    report["gate"] = judge(documents, everything)
    report["gate_by_detector"] = {name: judge(documents, found) for name, found in by_detector.items()}
    report["documents_by_rule"] = dict(Counter(name for names in rules for name in names).most_common())
    known = timed("known values", lambda: known_values(documents, spared))
    report["known_values"] = judge(documents, known)
    both = [sorted({*one, *other}) for one, other in zip(everything, known, strict=True)]
    report["gate_and_known_values"] = judge(documents, both)
    report["gate_to_rescan"] = {
        "spans_left": _ratio(report["gate"]["spans_left"], report["rescan"]["spans_left"]),
        **{
            name: _ratio(report["gate"][name]["recall"], report["rescan"][name]["recall"])
            for name in ("verbatim", "any_character")
        },
    }
    return report


def known_values(documents: Sequence[Masked], spared: Placeholders) -> list[list[Place]]:
    """What was masked in any document, looked for in all (the second kind of evidence)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tasks.methods.gate.known.look import KnownColumn, KnownShard, look

    kinds = [[re.sub(r"[^A-Z_]", "", mark) or "OTHER" for mark in document.marks] for document in documents]
    spans = [
        {"record_id": k, "column": "text", "start": a, "end": b, "entity": kind, "score": 1.0, "detector": "masker"}
        for k, (document, names) in enumerate(zip(documents, kinds, strict=True))
        for (a, b), kind in zip(document.stretches, names, strict=True)
    ]
    found: list[list[Place]] = [[] for _ in documents]
    with tempfile.TemporaryDirectory(prefix="airlock-") as folder:
        scratch = Path(folder)
        ids = pa.array(range(len(documents)), pa.int64())
        pq.write_table(pa.table({"record_id": ids, "text": [d.raw for d in documents]}), scratch / "raw.parquet")
        pq.write_table(pa.table({"record_id": ids, "text": [d.text for d in documents]}), scratch / "masked.parquet")
        pq.write_table(pa.Table.from_pylist(spans), scratch / "spans.parquet")
        shard = KnownShard(0, scratch / "raw.parquet", scratch / "spans.parquet", scratch / "masked.parquet")
        with (scratch / "findings.parquet").open("wb") as hits, (scratch / "rows.parquet").open("wb") as rows:
            look([shard], [KnownColumn("text")], sorted(set().union(*kinds)), spared, scratch, hits, rows)
        for hit in pq.read_table(scratch / "findings.parquet").to_pylist():
            found[hit["record_id"]].append((hit["start"], hit["end"]))
    return found


def _outside(spared: Placeholders, text: str, places: Sequence[Place]) -> list[Place]:
    from tasks.methods.gate.finding import Finding

    return [(f.start, f.end) for f in spared.outside(text, [Finding(a, b, "", "") for a, b in places])]


def _ratio(one: dict[str, Any], other: dict[str, Any]) -> float | str | None:
    """How often the one has what the other has once; a lower bound where the other has nothing."""
    if not other["of"]:
        return None
    return round(one["hits"] / other["hits"], 2) if other["hits"] else f"{one['hits']} to 0"


def pooled(entries: dict[str, Any], masker: str) -> dict[str, Any]:
    """The spans that one masker left in all sets measured so far: on one set they are few."""
    sets = {name: entry for name, entry in entries.items() if entry.get("masker") == masker}
    report: dict[str, Any] = {"sets": sorted(sets), "commits": sorted({entry["commit"] for entry in sets.values()})}
    for side in ("rescan", "gate"):
        left = [entry[side]["spans_left"] for entry in sets.values()]
        report[side] = share(sum(one["hits"] for one in left), sum(one["of"] for one in left))
    report["gate_to_rescan"] = _ratio(report["gate"], report["rescan"])
    return report


def _about() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False)
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "commit": commit.stdout.strip() + ("+changes" if dirty.stdout.strip() else ""),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": names[0].split(":", 1)[1].strip() if names else platform.processor(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
        },
        "versions": {p: version(p) for p in ("presidio-analyzer", "presidio-anonymizer", "spacy", "onnxruntime")},
    }


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", required=True, help="JSON lines with text and spans")
    options.add_argument("--masker", choices=("presidio", "airlock"), default="presidio")
    options.add_argument("--model", help="spaCy model; default en_core_web_sm for presidio, en_core_web_md for airlock")
    options.add_argument("--policy", default="default", help="whose kinds, gate and, for airlock, masker are used")
    options.add_argument("--detectors", nargs="*", help="the gate's; default: the policy's")
    options.add_argument("--threshold", type=float, default=0.7, help="of the gate's model")
    options.add_argument("--texts", type=int, default=1_000_000, help="how many at most")
    options.add_argument("--json", help="where to write the figures; a file that is there gets one more entry")
    chosen = options.parse_args()
    chosen.model = chosen.model or ("en_core_web_sm" if chosen.masker == "presidio" else "en_core_web_md")
    logging.disable(logging.WARNING)
    asked = {name: getattr(chosen, name) for name in ("masker", "model", "policy", "threshold")}
    entry = _about() | asked | {"data": Path(chosen.data).name} | run(chosen)
    print(json.dumps(entry, indent=1))
    if chosen.json:
        out = Path(chosen.json)
        entries = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        entries[f"{Path(chosen.data).stem}-{chosen.masker}"] = entry
        entries[f"spans left, all sets, {chosen.masker}"] = pooled(entries, chosen.masker)
        out.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
