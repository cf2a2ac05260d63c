"""``airlock columns``: what each column of a file seems to hold, shown before anything is masked by it."""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import yaml

from tasks.command.scan import add_look, look_of
from tasks.command.scanner import Scanner
from tasks.core.errors import UserError
from tasks.core.policies import UNDECLARED, Policy

if TYPE_CHECKING:
    from tasks.methods.mask.infer import Guess

WITHIN = 100
"""The sample is drawn from the first rows, this many for each row of it."""


def add_to(commands: Any) -> None:
    """Add ``columns``."""
    parser = commands.add_parser(
        "columns",
        help="suggest what each column of a table holds",
        description="Looks at a sample of a table and suggests a role, a kind and a type for each column, with how "
        "sure it is and why, what the policy would do with it, and the lines of `ingest.columns` to put into a "
        "configuration. Nothing is masked and no value is shown. The cells count more than the column's name; where "
        "the two disagree there is a warning. Read it before you use it: it is a suggestion from a sample.",
        epilog="Examples:\n"
        "  airlock columns visits.csv\n"
        "  airlock columns visits.csv --policy healthcare --yaml >> airlock.yaml\n"
        "  airlock columns visits.parquet --sample 5000 --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="INPUT", help="a file: .jsonl, .csv, .tsv (each also .gz) or .parquet")
    parser.add_argument(
        "--sample",
        type=int,
        default=1000,
        metavar="ROWS",
        help=f"rows to look at, drawn with a fixed seed from the first {WITHIN} times as many (default: 1000)",
    )
    add_look(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print as JSON")
    form.add_argument("--yaml", action="store_true", help="print the configuration's lines alone")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from tasks.methods.mask.infer import guess_columns

    if args.sample < 1:
        raise UserError("--sample: look at one row at least")
    look = look_of(args)
    policy = next(iter(look.policies().values()))
    rows, columns = sample(args.source, args.sample)
    scanner = Scanner(look)
    guesses = guess_columns(columns, scanner.spans)
    if args.json:
        found = [{**asdict(guess), "policy": fate(guess, policy)} for guess in guesses]
        print(json.dumps({"rows": rows, "policy": policy.name, "columns": found}, indent=1, ensure_ascii=False))
    elif args.yaml:
        print(as_yaml(guesses), end="")
    else:
        print(table(guesses, policy, rows))
        print("\nFor the configuration:\n\n" + as_yaml(guesses), end="")
    return 0


def sample(path: str, size: int) -> tuple[int, dict[str, list[Any]]]:
    """Cells by column of rows drawn from a file, and how many rows were drawn.

    Raises:
        UserError: where there is no row, or the first line is no header.
    """
    from tasks.methods.mask.headers import looks_like_a_row
    from tasks.methods.records.asis import column_names, local_source, read_rows

    source = local_source(path)
    names = column_names(source)
    if names is not None and source.format != "parquet" and looks_like_a_row(names):
        raise UserError(f"{source.name}: line 1 reads like a row of values, not like names of columns; add a header")
    draw = random.Random(0)
    drawn: list[dict[str, Any]] = []
    seen = 0
    for row in read_rows(source):
        if row.number >= size * WITHIN:
            break
        if row.cells is None:
            continue
        seen += 1
        if len(drawn) < size:
            drawn.append(row.cells)
        elif (place := draw.randrange(seen)) < size:
            drawn[place] = row.cells
    if not drawn:
        raise UserError(f"{source.name}: holds no row that can be read")
    known = dict.fromkeys(names if names is not None else (name for cells in drawn for name in cells))
    if source.format == "jsonl" and looks_like_a_row(list(known)):
        raise UserError(f"{source.name}: keys of its objects read like values, not like names of columns")
    return len(drawn), {name: [cells.get(name) for cells in drawn] for name in known}


def fate(guess: Guess, policy: Policy) -> str:
    """What the policy would do with the column."""
    if not guess.role:
        return "not read"
    if guess.role == "text":
        return "searched and masked as text"
    if guess.role == "person":
        return "leaves ingest as a keyed hash"
    if guess.role == "label":
        return "kept, and looked at by the gate"
    kind = guess.kind or UNDECLARED
    if kind not in policy.entities:
        return f"refused: no line for {kind}"
    return policy.entities[kind].operator


def as_yaml(guesses: list[Guess]) -> str:
    """The lines of ``ingest.columns``; columns that are left out stand in comments."""
    columns = []
    for guess in guesses:
        if guess.role:
            line = {"name": guess.name, "role": guess.role}
            if guess.kind and guess.role == "structured":
                line["kind"] = guess.kind
            if guess.type != "string" and guess.role != "text":
                line["type"] = guess.type
            columns.append(line)
    text = yaml.safe_dump(
        {"ingest": {"columns": columns}}, sort_keys=False, allow_unicode=True, default_flow_style=None
    )
    left = [f"# left out: {json.dumps(g.name, ensure_ascii=False)}, {g.reason}\n" for g in guesses if not g.role]
    return text + "".join(left)


def table(guesses: list[Guess], policy: Policy, rows: int) -> str:
    """The suggestions for a reader."""
    head = ("column", "role", "kind", "type", "sure", f"policy {policy.name}", "why")
    lines = [head]
    for guess in guesses:
        lines.append(
            (
                _shown(guess.name),
                guess.role or "-",
                guess.kind or "-",
                guess.type if guess.role else "-",
                guess.confidence,
                fate(guess, policy),
                guess.reason,
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head) - 1)]
    out = [f"{rows:,} rows looked at"]
    for at, line in enumerate(lines):
        cells = [cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=True)]
        out.append("  ".join([*cells, line[-1]]).rstrip())
        if at and guesses[at - 1].warning:
            out.append(f"  ! {_shown(guesses[at - 1].name)}: {guesses[at - 1].warning}")
    return "\n".join(out)


def _shown(name: str) -> str:
    """A column's name on one line of a terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= 40 else plain[:39] + "…"
