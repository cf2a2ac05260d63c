"""``airlock evaluate-masking``: what masking leaves standing in annotated text."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.command.scan import add_look, look_of, new_file
from tasks.command.scanner import in_batches, scan
from tasks.core.errors import UserError
from tasks.core.progress import Progress

if TYPE_CHECKING:
    from tasks.methods.evaluate.cover import Cover
    from tasks.methods.evaluate.gold import Document

EVALUATOR = ("presidio_evaluator", "plotly", "sklearn")


def add_to(commands: Any) -> None:
    """Add ``evaluate-masking``."""
    parser = commands.add_parser(
        "evaluate-masking",
        help="measure masking against annotated text",
        description="Masks annotated documents and says how much of what is annotated is covered, whatever the label: "
        "by type of value the share of spans of which no letter or digit is left standing (with its 95 % Wilson "
        "interval), the share of documents with nothing left, precision by letters and digits over fully annotated "
        "documents, and the same spans by language, name origin and gender where the data says them. If "
        "presidio-evaluator is installed, its SpanEvaluator's figures stand beside those that Presidio publishes.",
        epilog="GOLD holds a line a document:\n"
        '  {"id": …, "text": …, "lang": "en", "partial": false,\n'
        '   "spans": [{"start": 0, "end": 3, "type": "PERSON", "origin": …, "gender": …}]}\n'
        "`partial`: only some kinds are annotated, so there is no precision. lang, partial, origin and gender may be\n"
        "left out.\n\n"
        "Examples:\n"
        "  airlock evaluate-masking gold.jsonl\n"
        "  airlock evaluate-masking gold.jsonl --policy healthcare --detectors mask --json\n"
        "  airlock scan gold.jsonl --text-column text --out spans.jsonl\n"
        "  airlock evaluate-masking gold.jsonl --spans spans.jsonl     # any tool's spans in this form",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("gold", metavar="GOLD", help="annotated documents, JSON Lines")
    add_look(parser)
    parser.add_argument("--detectors", choices=("mask", "gate"), help="one side alone, as in `airlock scan`")
    parser.add_argument("--spans", metavar="FILE", help="measure these lines of `airlock scan` instead of masking now")
    parser.add_argument(
        "--misses",
        type=Path,
        metavar="FILE",
        help="list what was missed and what was masked without need, WITH its values: the file belongs in the raw zone",
    )
    parser.add_argument("--no-evaluator", action="store_true", help="leave out presidio-evaluator's figures")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from tasks.methods.evaluate.cover import measure
    from tasks.methods.evaluate.gold import read_gold, read_spans

    documents = list(read_gold(args.gold))
    if not documents:
        raise UserError(f"{args.gold}: holds no document")
    masked = read_spans(args.spans, documents) if args.spans else _mask(documents, args)
    cover = measure(documents, masked)
    report = {
        "documents": len(documents),
        **cover.as_json(),
        "presidio_evaluator": _matched(documents, masked, args.no_evaluator),
    }
    if args.misses is not None:
        _write_misses(args.misses, documents, masked, cover)
    print(json.dumps(report, indent=1, ensure_ascii=False) if args.json else text_of(report))
    return 0


def _mask(documents: list[Document], args: argparse.Namespace) -> list[list[tuple[int, int]]]:
    masked: list[list[tuple[int, int]]] = []
    progress = None if args.quiet else Progress("mask", len(documents), "documents")
    for held, answer in scan(in_batches(documents, lambda document: document.text), look_of(args), args.workers):
        masked += [[(span.start, span.end) for span in spans] for spans in answer.spans]
        if progress is not None:
            progress.advance(len(held))
    if progress is not None:
        progress.close()
    return masked


def _matched(documents: list[Document], masked: list[list[tuple[int, int]]], skip: bool) -> dict[str, Any]:
    if skip:
        return {"available": False, "reason": "left out by --no-evaluator"}
    if all(document.partial for document in documents):
        return {"available": False, "reason": "no document is fully annotated"}
    missing = [name for name in EVALUATOR if importlib.util.find_spec(name) is None]
    if missing:
        return {
            "available": False,
            "reason": f"{', '.join(missing)} is not installed; `pip install presidio-evaluator` gives these figures",
        }
    from dataclasses import asdict

    from tasks.methods.evaluate.matched import PUBLISHED, match

    return {"available": True, **asdict(match(documents, masked)), "published": PUBLISHED}


def _write_misses(path: Path, documents: list[Document], masked: list[list[tuple[int, int]]], cover: Cover) -> None:
    from tasks.methods.evaluate.cover import needless

    print(
        f"airlock: {path} holds values and their surroundings in plain text; keep it in the raw zone", file=sys.stderr
    )
    with new_file(path, 0o600) as out:
        for miss in cover.misses:
            span, text = miss.span, miss.document.text
            around = {"before": text[max(0, span.start - 40) : span.start], "after": text[span.end : span.end + 40]}
            line = {"what": "missed", "id": miss.document.id, "type": span.type, "value": text[span.start : span.end]}
            out.write(json.dumps({**line, **around}, ensure_ascii=False) + "\n")
        for document, start, end in needless(documents, masked):
            text = document.text
            around = {"before": text[max(0, start - 40) : start], "after": text[end : end + 40]}
            line = {"what": "masked without need", "id": document.id, "value": text[start:end]}
            out.write(json.dumps({**line, **around}, ensure_ascii=False) + "\n")


def text_of(report: dict[str, Any]) -> str:
    """The report for a reader."""
    lines = [f"{report['documents']:,} documents"]
    lines.append(_line("spans covered whole", report["spans_covered"]))
    lines.append(_line("documents with nothing left", report["documents_clean"]))
    lines.append(_line("letters and digits covered", report["character_recall"]))
    if report["character_precision"]:
        lines.append(_line("precision, letters and digits", report["character_precision"]))
    else:
        lines.append("  precision: not measured, no document is fully annotated")
    for axis, title in (("type", "type"), ("lang", "language"), ("origin", "name origin"), ("gender", "gender")):
        groups = report.get(f"by_{axis}", {})
        if groups:
            lines += [f"by {title}", *(_line(name, share) for name, share in groups.items())]
    found = report["presidio_evaluator"]
    if found["available"]:
        lines.append(
            f"presidio-evaluator {found['version']}, SpanEvaluator at IoU {found['iou']}, personal data or not"
        )
        lines.append(
            f"  {'this':30} precision {found['precision']:.3f}  recall {found['recall']:.3f}  F2 {found['f2']:.3f}"
        )
        for name, figures in found["published"].items():
            lines.append(
                f"  {name + ' (published)':30} {'':15}  recall {figures['recall']:.3f}  F2 {figures['f2']:.3f}"
            )
        lines.append("  published: synth_dataset_v2 in presidio-research's notebooks; compare on that data set alone")
    else:
        lines.append(f"presidio-evaluator: no figures, {found['reason']}")
    return "\n".join(lines)


def _line(name: str, share: dict[str, Any]) -> str:
    if share["share"] is None:
        return f"  {name:30} nothing to count"
    low, high = share["interval"]
    return f"  {name:30} {share['share']:.3f}  [{low:.3f}, {high:.3f}]  {share['hits']:,} of {share['of']:,}"
