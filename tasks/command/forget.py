"""``airlock forget``: erase people: opted out, their artifacts destroyed, the models trained on them listed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from tasks.command.forget_people import Request, reader, resolve
from tasks.command.forget_show import done, listed, plan, show
from tasks.command.ledger_figures import signer
from tasks.command.stores import add_store_options, zones
from tasks.core import audit, erasure, optout, settings
from tasks.core.erasure import Journal
from tasks.core.errors import UserError
from tasks.core.keys import Keys, load_keys
from tasks.core.ledger import Heads, Ledger
from tasks.core.store import Store


def add_to(commands: Any) -> None:
    """Add ``forget``."""
    parser = commands.add_parser(
        "forget",
        help="erase people: what holds their rows is deleted, and ingest leaves them out from then on",
        description="Lists what holds rows of the people, and the models trained on them; with --delete it puts them "
        "on the opt-out list that ingest honours, deletes whatever holds them, vaults and checkpoints too, "
        "leaves tombstones in their place, and enters it in the privacy ledger, which is never lowered. Models stay: "
        "what becomes of them is yours to decide. The source files are yours too.",
        epilog="Examples:\n  airlock forget patient-4711                      # what would go\n"
        "  airlock forget patient-4711 --delete --reference DSR-2026-118\n"
        "  airlock forget - --delete < ids.txt              # several, an id a line, and none in the shell's history\n"
        "  airlock forget --list",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("unit", nargs="?", help="the person's id as the source's person column has it; - reads a list")
    parser.add_argument(
        "--dataset", action="append", default=[], metavar="NAME",
        help="only in this data set (again for more); by default wherever the id is found. Named, a data set takes "
        "people on its opt-out list that aren't in it yet",
    )  # fmt: skip
    parser.add_argument("--reference", default="", metavar="TEXT", help="the request's number; kept, so no name in it")
    parser.add_argument("--delete", action="store_true", help="do it")
    parser.add_argument("--list", action="store_true", help="list the erasures there were")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_store_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    stores = zones(args)
    if args.list:
        listed(stores["raw"], args.json)
        return 0
    people = _people(args)
    keys, ledger = load_keys(settings.home()), _ledger(stores["clean"])
    if args.delete:
        _finish_open(args, stores, ledger)
    request = resolve(people, args.dataset, stores, keys, ledger)
    if not args.delete:
        _say(args, plan(request, stores, ledger))
        return 0
    journal = _begin(args, request, stores, keys)
    _carry_out(args, journal, stores, ledger)
    _say(args, done(journal, request, stores, ledger))
    return 0


def _people(args: argparse.Namespace) -> list[str]:
    if args.unit is None:
        raise UserError("forget: name the person by the source's id, - for a list of ids, or ask for --list")
    people = [line.strip() for line in sys.stdin] if args.unit == "-" else [args.unit]
    people = sorted({one for one in people if one})
    if not people:
        raise UserError("forget: there is no id")
    if any(len(one) > 2 and one.lower() in args.reference.lower() for one in people):
        raise UserError("forget: the reference holds a person's id, and would keep it; give the request's number")
    if len(args.reference) > 200 or not args.reference.isprintable():
        raise UserError("forget: a reference is one line of at most 200 characters")
    return people


def _ledger(clean: Store) -> Ledger | None:
    """The deployment's ledger with its key; ``None`` where there is none yet."""
    ledger = Ledger(settings.ledger_url(), signer(), Heads(clean))
    path = ledger.database.path
    return None if path is not None and not path.exists() else ledger


def _begin(args: argparse.Namespace, request: Request, stores: Mapping[str, Store], keys: Keys) -> Journal:
    marks = [optout.mark(unit, keys.secret("unit"), erasure.USE) for unit in request.current]
    journal = Journal.begin(audit.user(), args.reference, request.units, marks, request.datasets)
    log = audit.log_path(settings.home()).with_name("forget.jsonl")
    audit.append(log, {
        "action": "forget", "erasure": journal.id, "people": len(marks), "datasets": list(request.datasets),
        "reference": args.reference,
    })  # fmt: skip
    for name in request.datasets:
        for unit in request.current:
            optout.add(stores["raw"], name, keys, unit)
    return journal


def _carry_out(args: argparse.Namespace, journal: Journal, stores: Mapping[str, Store], ledger: Ledger | None) -> None:
    erasure.carry_out(journal, stores, ledger, reader(), lambda line: print(f"erased  {line}", file=sys.stderr))


def _finish_open(args: argparse.Namespace, stores: Mapping[str, Store], ledger: Ledger | None) -> None:
    for journal in erasure.journals(stores["raw"]):
        if not journal.finished:
            print(f"erasure {journal.id} of {journal.started} was interrupted; it is finished first", file=sys.stderr)
            _carry_out(args, journal, stores, ledger)


def _say(args: argparse.Namespace, said: dict[str, Any]) -> None:
    if args.json:
        print(json.dumps(said, indent=1, sort_keys=True))
    else:
        show(said)
