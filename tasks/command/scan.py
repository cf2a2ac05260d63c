"""``airlock scan``: where the personal data is in a file, row by row, by places and kinds and never by value."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tasks.command.scanner import Look, default_look, in_batches, kinds, scan
from tasks.core.errors import UserError
from tasks.core.progress import Progress

if TYPE_CHECKING:
    from tasks.methods.detect.spans import Span
    from tasks.methods.records.asis import Row


def add_to(commands: Any) -> None:
    """Add ``scan``."""
    parser = commands.add_parser(
        "scan",
        help="say where personal data is in a file, row by row",
        description="Looks through one column of a file and writes a line of JSON for each row, in order: its id and "
        "the places (characters, counted from 0) that the policy would mask, with kind, score and detector. No value "
        "of the column is written; an id is written as it stands. The default is what is masked in the end: what the "
        "masker's detectors find, and what the gate's detectors then still see in the masked text. A row that can't be "
        "read, or whose cell is no text, has no spans; how many could not be read is said at the end.",
        epilog="Examples:\n"
        "  airlock scan notes.jsonl --text-column text --out spans.jsonl\n"
        "  airlock scan notes.csv --text-column note --policy healthcare --detectors mask --out spans.jsonl\n"
        "  airlock scan mixed.parquet --text-column body --lang auto --workers 4 --out spans.jsonl\n\n"
        "Other columns are not looked at; `airlock columns` says what they seem to hold.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="INPUT", help="a file: .jsonl, .csv, .tsv (each also .gz) or .parquet")
    parser.add_argument("--text-column", required=True, metavar="NAME", help="the column of text")
    add_look(parser)
    parser.add_argument(
        "--detectors",
        choices=("mask", "gate"),
        help="one side alone: mask, what the masker finds; gate, what the gate sees in the raw text",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the lines go")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")
    parser.set_defaults(run=_run)


def add_look(parser: argparse.ArgumentParser) -> None:
    """The flags that say how to look."""
    parser.add_argument("--policy", default="", metavar="NAME", help="a policy's name or .yaml file (default: default)")
    parser.add_argument(
        "--lang",
        choices=("en", "zh", "auto"),
        default="",
        help="language of the text; auto tells it row by row (default: the policy's first; zh without --policy "
        "takes the policy zh)",
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that look (default: 1)")


def look_of(args: argparse.Namespace) -> Look:
    """How the flags say to look."""
    if args.workers < 1:
        raise UserError("--workers: at least one process must look")
    threads = 0 if args.workers == 1 else 1
    return default_look(args.policy, args.lang, getattr(args, "detectors", None) or "both", threads)


def _run(args: argparse.Namespace) -> int:
    from tasks.methods.records.asis import local_source

    look = look_of(args)
    look.policies()
    source = local_source(args.source)
    found: Counter[str] = Counter()
    counts = {"rows": 0, "rows_with_spans": 0, "rows_unread": 0, "texts_in_another_language": 0}
    with new_file(args.out) as out:
        for row, spans, foreign in look_through(source, args.text_column, look, args.workers, args.quiet):
            line = {"id": row_id(row), "spans": [as_json(span) for span in spans]}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            found += kinds(spans)
            counts["rows"] += 1
            counts["rows_with_spans"] += bool(spans)
            counts["rows_unread"] += row.cells is None
            counts["texts_in_another_language"] += foreign
    say(counts, found, args.json, f"spans in {args.out}")
    return 0


def look_through(
    source: Any, column: str, look: Look, workers: int, quiet: bool, columns: list[str] | None = None
) -> Iterator[tuple[Row, list[Span], int]]:
    """Every row with its spans, in the order of the file, and texts in another language since the last row.

    Args:
        columns: the columns to read beside the text; ``id`` by default, where there is one.

    Raises:
        UserError: where the file has no such column.
    """
    from tasks.methods.records.asis import column_names, read_rows

    names = column_names(source)
    if names is not None and column not in names:
        raise UserError(f"{source.name}: has no column {column!r}; it has {len(names)} columns")
    wanted = [column, *(columns if columns is not None else ["id"] if names is None or "id" in names else [])]
    progress = None if quiet else Progress("scan")
    seen = rows = 0
    rows_read = read_rows(source, list(dict.fromkeys(wanted)))
    batches = in_batches(rows_read, lambda row: (row.cells or {}).get(column), progress=progress)
    for held, answer in scan(batches, look, workers):
        foreign = answer.foreign
        for row, spans in zip(held, answer.spans, strict=True):
            seen += row.cells is not None and column in row.cells
            yield row, spans, foreign
            foreign = 0
        rows += len(held)
        if progress is not None:
            progress.advance(len(held))
    if progress is not None:
        progress.close()
    if rows and not seen:
        raise UserError(f"{source.name}: no row has the column {column!r}")


def row_id(row: Row) -> Any:
    """The row's own ``id``, else its number, from 0."""
    found = (row.cells or {}).get("id")
    return row.number if found is None else found if isinstance(found, (str, int, float)) else str(found)


def as_json(span: Span) -> dict[str, Any]:
    """A span as a line's entry."""
    return {
        "start": span.start,
        "end": span.end,
        "entity": span.entity,
        "score": span.score,
        "detector": span.detector,
    }


@contextlib.contextmanager
def new_file(path: Path, mode: int = 0o666, binary: bool = False) -> Iterator[IO[Any]]:
    """A file that is there whole or not at all, under a umask like any other; text in UTF-8 unless ``binary``.

    Raises:
        UserError: where it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as exc:
        raise UserError(f"{path}: {type(exc).__name__}; it can't be written") from None
    try:
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(handle, mode & ~umask)
        with open(handle, "wb") if binary else open(handle, "w", encoding="utf-8", newline="") as out:
            yield out
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def say(counts: dict[str, int], found: Counter[str], as_json_: bool, where: str) -> None:
    """Print what was found, in counts."""
    if as_json_:
        print(json.dumps({**counts, "entities": dict(sorted(found.items()))}, indent=1))
        return
    print(f"{counts['rows']:,} rows, {counts['rows_with_spans']:,} with personal data; {where}")
    for entity, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"  {entity:24} {count:>8,}")
    if counts["rows_unread"]:
        print(f"airlock: {counts['rows_unread']:,} rows could not be read and have no spans", file=sys.stderr)
    if counts["texts_in_another_language"]:
        print(
            f"airlock: {counts['texts_in_another_language']:,} texts are in no language of the policy, or too "
            "short to tell: they were looked at in its first",
            file=sys.stderr,
        )
