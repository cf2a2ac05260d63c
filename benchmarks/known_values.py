"""Precision and recall of the look for known values, beside a plain dictionary, on texts masked by anybody.

Run it from the repository's root:

    python benchmarks/known_values.py --raw RAW.jsonl --masked MASKED.jsonl [--kinds PERSON,GPE,...] [--json OUT]

``RAW`` holds a line a text: ``id``, ``text`` and ``spans`` (``start``, ``end``, ``type``: what is personal data in it).
``MASKED`` holds ``id`` and ``text`` with marks such as ``<PERSON>``. The spans serve as truth only; what was masked is
told from the two texts.

A text leaks where a whole span still stands in it (of ``--kinds``, where given). ``documents`` counts a flagged text as
right where it leaks so; ``findings`` counts a finding as right where its words stood in a span, whole or in part: of an
address that was masked in half, the other half is no leak to the first and one to the second. The dictionary is every
masked value and every word of four letters in one, found at word boundaries without case.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tasks.methods.gate.finding import Finding
from tasks.methods.gate.known.align import masked_away
from tasks.methods.gate.known.fold import folded
from tasks.methods.gate.known.texts import look_texts
from tasks.methods.gate.placeholders import Placeholders

MARK = r"<[A-Z][A-Z_]*>"


def dictionary(raw: Sequence[str], masked: Sequence[str]) -> list[list[Finding]]:
    """What a list of the masked values and their longer words finds."""
    known = set()
    for before, after in zip(raw, masked, strict=True):
        for start, end, _ in masked_away(before, after):
            value = before[start:end].strip().casefold()
            known |= {value, *re.findall(r"[^\W\d_]{4,}", value)}
    pattern = re.compile("|".join(sorted(map(re.escape, known - {""}), key=len, reverse=True)))
    marks = Placeholders([], [MARK])
    return [
        marks.outside(text, [Finding(*m.span(), "", "") for m in pattern.finditer(text.casefold()) if _whole(text, m)])
        for text in masked
    ]


def _whole(text: str, match: re.Match[str]) -> bool:
    return not text[max(match.start() - 1, 0) : match.start()].isalnum() and not text[match.end() :][:1].isalnum()


def score(
    found: Sequence[Sequence[Finding]], gold: Sequence[Sequence[tuple[str, str]]], masked: Sequence[str],
    kinds: Collection[str],
) -> dict[str, Any]:  # fmt: skip
    """Texts and findings that are right.

    Args:
        found: the findings in each text.
        gold: kind and value of each span of each text.
        masked: the masked texts.
        kinds: kinds of spans whose standing is a leak.
    """
    leaks = [any(k in kinds and v in text for k, v in spans) for spans, text in zip(gold, masked, strict=True)]
    flagged = [bool(hits) for hits in found]
    right = sum(a and b for a, b in zip(leaks, flagged, strict=True))
    places = [
        any(folded(text[hit.start : hit.end]) in folded(value) for _, value in spans)
        for hits, spans, text in zip(found, gold, masked, strict=True)
        for hit in hits
    ]
    return {
        "documents": {
            "leaking": sum(leaks),
            "flagged": sum(flagged),
            "right": right,
            "recall": round(right / max(1, sum(leaks)), 4),
            "precision": round(right / max(1, sum(flagged)), 4),
        },
        "findings": {
            "all": len(places),
            "right": sum(places),
            "precision": round(sum(places) / max(1, len(places)), 4),
        },
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--masked", type=Path, required=True)
    parser.add_argument("--kinds", default="", help="kinds of spans whose standing is a leak; default: all")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    texts = {line["id"]: line for line in map(json.loads, args.raw.read_text().splitlines())}
    lines = [json.loads(line) for line in args.masked.read_text().splitlines()]
    masked, raw = [line["text"] for line in lines], [texts[line["id"]]["text"] for line in lines]
    gold = [
        [(span["type"], texts[line["id"]]["text"][span["start"] : span["end"]]) for span in texts[line["id"]]["spans"]]
        for line in lines
    ]
    kinds = set(filter(None, args.kinds.split(","))) or {kind for spans in gold for kind, _ in spans}
    entities = sorted({mark[1:-1] for text in masked for mark in re.findall(MARK, text)})
    started = time.process_time()
    with tempfile.TemporaryDirectory(prefix="airlock-") as scratch:
        found, counts = look_texts(raw, masked, entities, Placeholders([], [MARK]), Path(scratch))
    report = {
        "texts": len(lines),
        "kinds": sorted(kinds),
        "processor_seconds": round(time.process_time() - started, 2),
        "known_values": score(found, gold, masked, kinds),
        "dictionary": score(dictionary(raw, masked), gold, masked, kinds),
        "counts": counts,
    }
    print(json.dumps(report, indent=2))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
