"""``airlock ledger set-budget`` and ``link``: what the owner of a data set decides."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from tasks.command.ledger_figures import open_to_write
from tasks.command.stores import add_store_options
from tasks.core.errors import UserError
from tasks.core.ledger import Ledger
from tasks.core.ledger.accounts import PERIODS, DataSet
from tasks.core.ledger.decision import UNITS

_FIELDS = ("epsilon", "delta", "period", "owner", "reason", "unit", "parallel")


def add_to(actions: Any) -> None:
    """Add ``set-budget`` and ``link``."""
    budget = actions.add_parser(
        "set-budget",
        help="register a data set with its budget, or give it another",
        description="Registers a data set: how much privacy its people may lose, ε at δ, over its whole life or in "
        "each calendar year or month anew. For one that is registered it changes what is named and leaves the rest; "
        "the reason is asked for every time. What was spent stays spent, and the change stands in the log for good: "
        "whoever raises a budget after seeing what was released weakens what it promised before.",
        epilog="Examples:\n"
        "  airlock ledger set-budget visits --epsilon 10 --delta 1e-6 --owner 'Dr Roe' --reason 'DPIA 2026-3'\n"
        "  airlock ledger set-budget visits --epsilon 12 --reason 'amendment of 1 December'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    budget.add_argument("dataset", metavar="DATASET", help="the data set: lower-case letters, digits, - and _")
    budget.add_argument("--epsilon", type=float, metavar="E", help="ε of the budget")
    budget.add_argument("--delta", type=float, metavar="D", help="δ of the budget; below one in the number of people")
    budget.add_argument("--period", choices=tuple(PERIODS), help="what it is for (default: lifetime)")
    budget.add_argument("--owner", metavar="WHO", help="who answers for it")
    budget.add_argument("--reason", metavar="WHY", help="why it is this large")
    budget.add_argument("--unit", choices=UNITS, help="whose privacy charges count (default: person)")
    budget.add_argument(
        "--parallel",
        action=argparse.BooleanOptionalAction,
        help="whether parts may be charged by themselves: only where the part that a person is in depends on that "
        "person alone (default: no)",
    )
    _finish(budget, _set_budget)
    link = actions.add_parser(
        "link",
        help="let two data sets that share people have one budget",
        description="A and all that is linked to it draw on B's budget from now on, and everything that was ever "
        "charged on them counts together. There is no way back: what was released about a person stays released. With "
        "--distinct it does the opposite: it writes down your word that A and B share nobody, where that can't be told "
        "because their people were hashed under different keys.",
        epilog="Examples:\n  airlock ledger link visits-2026 visits --reason 'the same patients, a year on'\n"
        "  airlock ledger link visits payroll --distinct --reason 'patients and staff are kept apart'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    link.add_argument("dataset", metavar="A", help="the data set whose budget ends")
    link.add_argument("other", metavar="B", help="the data set whose budget counts from now on")
    link.add_argument("--distinct", action="store_true", help="they share nobody, and stay apart")
    link.add_argument("--reason", metavar="WHY", required=True, help="how you know")
    _finish(link, _link)


def _finish(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_store_options(parser)
    parser.set_defaults(run=run)


def _set_budget(args: argparse.Namespace) -> int:
    ledger = open_to_write(args)
    before = _found(ledger, args.dataset)
    given = {name: getattr(args, name) for name in _FIELDS if getattr(args, name) is not None}
    if before is None:
        wanted = {"period": "lifetime", "unit": "person", "parallel": False, **given}
        missing = [f"--{name}" for name in _FIELDS if name not in wanted]
        if missing:
            raise UserError(f"ledger: {args.dataset} isn't registered yet; give {', '.join(missing)} too")
    else:
        if not args.reason:
            raise UserError("ledger: say by --reason why the budget changes; it stands in the log")
        if len(given) == 1:
            raise UserError("ledger: name what changes, such as --epsilon")
        wanted = {**{name: getattr(before, name) for name in _FIELDS}, **given}
    after = ledger.set_budget(args.dataset, **wanted)
    if args.json:
        shown = {"before": None if before is None else asdict(before), "after": asdict(after)}
        print(json.dumps(shown, indent=1, sort_keys=True))
    elif before is None:
        print(f"registered {after.name}: {_in_words(after)}\nowner {after.owner}: {after.reason}")
    else:
        print(f"before  {_in_words(before)}\nafter   {_in_words(after)}\nowner {after.owner}: {after.reason}")
    return 0


def _link(args: argparse.Namespace) -> int:
    from tasks.methods.dp.tight import tight

    if args.dataset == args.other:
        raise UserError("ledger: name two different data sets")
    if not args.reason.strip():
        raise UserError("ledger: say by --reason how you know")
    ledger = open_to_write(args)
    if args.distinct:
        ledger.declare_distinct(args.dataset, args.other, args.reason)
        if args.json:
            print(json.dumps({"distinct": sorted((args.dataset, args.other))}))
        else:
            print(f"{args.dataset} and {args.other} are declared to share nobody; each keeps its budget")
        return 0
    ledger.link(args.dataset, args.other, args.reason)
    account = ledger.account(args.dataset, tight)
    spent, budget = account.spent, account.budget
    if args.json:
        members = ledger.pool(args.dataset).members
        shown = {"budget_of": budget.name, "linked": members, "epsilon": budget.epsilon, "spent": spent}
        print(json.dumps(shown, indent=1, sort_keys=True))
    else:
        print(
            f"{args.dataset} draws on the budget of {budget.name}: together they have spent {spent:.2f} of "
            f"{budget.epsilon:g} at δ = {budget.delta:g}, {account.left:.2f} is left"
        )
        if spent > budget.epsilon:
            print("That is more than the budget: nothing more can be charged on either.")
    return 0


def _found(ledger: Ledger, name: str) -> DataSet | None:
    return next((one for one in ledger.datasets() if one.name == name), None)


def _in_words(one: DataSet) -> str:
    period = "lifetime" if one.period == "lifetime" else f"each {one.period}"
    parts = ", parts by person" if one.parallel else ""
    return f"ε = {one.epsilon:g} at δ = {one.delta:g}, {period}, for one {one.unit}{parts}"
