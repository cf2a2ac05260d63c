"""``airlock sample``: realistic records with known personal data."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tasks.core.errors import UserError


def add_to(commands: Any) -> None:
    """Add ``sample``."""
    parser = commands.add_parser(
        "sample",
        help="write realistic made-up records with gold PII spans",
        description="Writes records.jsonl (or .csv), gold.jsonl with every PII span, and airlock.yaml, a configuration "
        "to start from. Every person in them is made up. The same seed writes the same bytes.",
        epilog="Example:\n  airlock sample --domain finance --rows 1000 --out complaints",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--domain", required=True, choices=("healthcare", "finance", "government"))
    parser.add_argument("--rows", type=int, required=True, help="how many records")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language (default: en)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same records (default: 0)")
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", help="format of the records")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--planted-leaks",
        type=int,
        default=0,
        metavar="N",
        help="so many records hold identifiers written in a way that maskers miss, to see the gate shut",
    )
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from tasks.methods import sample

    if args.rows < 1:
        raise UserError("--rows: at least 1")
    found = sample.write(
        args.domain, args.rows, args.lang, args.seed, args.out, args.format, planted_leaks=args.planted_leaks
    )
    if args.json:
        print(json.dumps(found, indent=1, sort_keys=True, default=str))
    else:
        print(f"wrote {args.rows:,} records to {args.out}; next: airlock run {args.out / 'airlock.yaml'}")
    return 0
