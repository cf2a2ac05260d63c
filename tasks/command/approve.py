"""``airlock approve``: say that a model may leave, or that it may not, where the policy asks for a person's word."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tasks.command.stores import add_store_options, zones
from tasks.core import approvals, audit, runs, settings
from tasks.core.approvals import Decision
from tasks.core.artifacts import Ref
from tasks.core.errors import UserError
from tasks.core.store import Store


def add_to(commands: Any) -> None:
    """Add ``approve``."""
    parser = commands.add_parser(
        "approve",
        help="approve the release of a model, or reject it, where the policy asks a person",
        description="Shows what is known of a model and, with --comment or --reject, records the decision: in the "
        "audit log, in the clean zone, and from there in the bundle's privacy card and the ledger. Without a model it "
        "lists the models of this store and what was decided on each.",
        epilog="Examples:\n  airlock approve\n  airlock approve 75a1371129e6\n"
        "  airlock approve 75a1371129e6 --comment 'DPIA 2026-3'\n"
        "  airlock approve 75a1371129e6 --reject --comment 'epsilon is too large'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", nargs="?", help="the exported model's key, or its first digits")
    parser.add_argument("--comment", metavar="WHY", help="why, in a line; it stands in the card, so no person's name")
    parser.add_argument("--reject", action="store_true", help="keep it from leaving")
    parser.add_argument("--replace", action="store_true", help="write this decision in the place of another")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_store_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    clean = zones(args)["clean"]
    models = [found for found in _models(clean) if found[0].key.startswith(args.model or "")]
    if not args.model:
        return _list(args, clean, models)
    if len({model.key for model, *_ in models}) != 1:
        raise UserError("approve: this store has no model of that key, or several; `airlock approve` lists them")
    model, training, attacked = models[-1]
    if args.comment is None and not args.reject:
        print(approvals.summary(model, training, attacked))
        decided = approvals.decision_on(clean, model)
        print(f"\n{_in_words(decided)}")
        return 0
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    decision = Decision(not args.reject, audit.user(), at, (args.comment or "").strip())
    approvals.record(clean, model, decision, settings.home(), args.replace)
    print(json.dumps(asdict(decision), sort_keys=True) if args.json else f"{model.key[:12]}: {_in_words(decision)}")
    return 0


def _list(args: argparse.Namespace, clean: Store, models: list[tuple[Ref, Ref, Ref | None]]) -> int:
    decided = {model.key: approvals.decision_on(clean, model) for model, *_ in models}
    if args.json:
        print(json.dumps({key: asdict(one) if one else None for key, one in decided.items()}, indent=1, sort_keys=True))
        return 0
    for key, one in decided.items():
        print(f"{key[:12]}  {_in_words(one)}")
    if not decided:
        print("no model was exported in this store yet")
    return 0


def _models(clean: Store) -> Iterator[tuple[Ref, Ref, Ref | None]]:
    """The exported models in the index of runs, each with its training, and its audit where that ended well."""
    for run_id in runs.run_ids(clean):
        steps = {step["stage"]: step for step in runs.steps(clean, run_id) if step["exit_code"] == 0}
        if "export" in steps and "train" in steps:
            model, training = (Ref.from_dict(steps[stage]["refs"][0]) for stage in ("export", "train"))
            yield model, training, Ref.from_dict(steps["audit"]["refs"][0]) if "audit" in steps else None


def _in_words(decision: Decision | None) -> str:
    if decision is None:
        return "nobody has decided yet"
    said = "approved" if decision.approved else "rejected"
    return f"{said} by {decision.by}, {decision.at}" + (f": {decision.comment}" if decision.comment else "")
