"""``airlock run`` and one command a stage: from a configuration, or from a short form that builds one."""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from tasks.command import summary
from tasks.command.runner import walk
from tasks.core import settings
from tasks.core.config import Config
from tasks.core.config.files import load_config, with_overrides
from tasks.core.config.form import FormField, form_fields
from tasks.core.errors import UserError
from tasks.core.keys import load_keys
from tasks.core.pipeline import PIPELINE
from tasks.core.policies import load_policy
from tasks.core.store import Store

_WHAT = {
    "ingest": "read the source, quarantine what doesn't fit, split and cut into shards",
    "budget": "ask the privacy ledger whether the data set can pay for the training",
    "plant": "add synthetic records that show what masking misses, where the policy asks for them",
    "statistics": "release the private means that the policy fills columns with, charged to the privacy ledger",
    "mask": "mask personal data by the policy",
    "leakcheck": "look for what masking missed; write the clean table if the gate opens",
    "canary": "make the records that the audit looks for in the model, where there are to be any",
    "train": "train with differential privacy",
    "clip": "clip the model's weights",
    "export": "write the model for hand-over",
    "audit": "attack the model: what it gives away, next to what was promised",
}


def add_to(commands: Any) -> None:
    """Add ``run`` and the stages."""
    _one(commands, "run", "run the whole pipeline", PIPELINE[-1].stage)
    for step in PIPELINE:
        # `airlock review` takes what a person found; `airlock release` releases a run that has ended.
        if step.stage not in ("review", "release"):
            _one(commands, step.stage, _WHAT[step.stage], step.stage)


def _one(commands: Any, name: str, what: str, upto: str) -> None:
    before = "" if name in ("run", "ingest") else " Stages before it run first where their artifacts aren't there yet."
    parser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.{before}",
        epilog=f"Examples:\n  airlock {name} airlock.yaml\n"
        f"  airlock {name} notes.csv --text-column note --person-column patient_id --mask.policy healthcare",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        help="a configuration (.yaml), or data: a file, glob, folder or URL"
        + ("; with --raw: what was masked, MASKED" if name == "leakcheck" else ""),
        metavar="CONFIG",
    )
    short = parser.add_argument_group("short form, for data instead of a configuration")
    short.add_argument("--text-column", action="append", default=[], metavar="NAME", help="a column of free text")
    short.add_argument("--person-column", metavar="NAME", help="the column that says whom a record is about")
    short.add_argument("--label-column", metavar="NAME", help="a class or score")
    short.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME:KIND[:TYPE]",
        help="a structured column and the kind of entity it holds, as in phone:PHONE_NUMBER",
    )
    parser.add_argument("--start", help="start of the partition, ISO 8601, where the source has a {start} in it")
    parser.add_argument("--end", help="end of the partition, ISO 8601")
    parser.add_argument("--run-id", help="the run's name in the index; made up by default")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="shards masked at once (default: the number of cores)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")
    _add_fields(parser)
    parser.set_defaults(run=_run, upto=upto)


# The schema takes a tenth of a second, and the parser needs it once a stage.
_form_fields = functools.cache(form_fields)


def _add_fields(parser: argparse.ArgumentParser) -> None:
    groups: dict[str, Any] = {}
    for field in _form_fields():
        title = field.section or "General"
        group = groups.setdefault(title, parser.add_argument_group(f"{title} (overrides the configuration)"))
        text = f"{field.title}. {field.description}".replace("%", "%%")
        group.add_argument(f"--{field.name}", dest=f"field:{field.name}", metavar="VALUE", help=text)


def _run(args: argparse.Namespace) -> int:
    config = build_config(args)
    load_policy(config.mask.policy)  # a policy that isn't there is said before any row is read
    home = settings.home()
    run = walk(
        config,
        load_keys(home, create=True),
        args.upto,
        run_id=args.run_id,
        interval=_interval(args),
        workers=args.workers,
        log=(lambda line: None) if args.quiet else (lambda line: print(line, file=sys.stderr, flush=True)),
    )
    found = summary.of_run(Store(config.store.zone("clean", home)), run.run_id)
    if args.json:
        print(json.dumps({"run": run.run_id, "refs": run.refs, "summary": found}, indent=1, sort_keys=True))
    else:
        print(summary.text(found))
    return 0


def build_config(args: argparse.Namespace) -> Config:
    """The configuration that a command line asks for.

    Raises:
        UserError: where a flag or field is wrong.
    """
    overrides = given_fields(args)
    if args.source.endswith((".yaml", ".yml")):
        if args.text_column or args.column or args.person_column or args.label_column:
            raise UserError("--text-column and its like belong to the short form; a configuration declares its columns")
        return load_config(args.source, overrides)
    if not args.text_column:
        raise UserError("name the column of free text with --text-column, or give a configuration that ends in .yaml")
    columns: list[dict[str, Any]] = [{"name": name, "role": "text"} for name in args.text_column]
    if args.person_column:
        columns.append({"name": args.person_column, "role": "person"})
    if args.label_column:
        columns.append({"name": args.label_column, "role": "label"})
    for given in args.column:
        name, _, rest = given.partition(":")
        kind, _, kind_type = rest.partition(":")
        columns.append({"name": name, "role": "structured", "kind": kind, **({"type": kind_type} if kind_type else {})})
    source = args.source if "://" in args.source else str(Path(args.source).absolute())
    return Config.parse(with_overrides({"ingest": {"source": source, "columns": columns}}, overrides), "command line")


def given_fields(args: argparse.Namespace) -> dict[str, Any]:
    """The configuration's fields that a command line gives, by their names."""
    return {f.name: _value(f, given) for f in _form_fields() if (given := getattr(args, f"field:{f.name}")) is not None}


def _value(field: FormField, given: str) -> Any:
    """A flag's value: JSON where the field is a number, a list or an object, the plain text otherwise."""
    kinds = field.schema.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "null" in kinds and given in ("", "null", "none"):
        return None
    if "string" in kinds:
        return given
    try:
        return json.loads(given)
    except ValueError:
        raise UserError(f"--{field.name}: expected {' or '.join(k for k in kinds if k != 'null')}, as JSON") from None


def _interval(args: argparse.Namespace) -> tuple[str, str] | None:
    if not args.start and not args.end:
        return None
    try:
        start, end = datetime.fromisoformat(args.start), datetime.fromisoformat(args.end)
    except (TypeError, ValueError):
        raise UserError("--start and --end go together, in ISO 8601, as in 2026-11-22T00:00:00+00:00") from None
    return start.isoformat(), end.isoformat()
