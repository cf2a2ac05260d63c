"""``airlock ledger list``, ``show`` and ``history``: what was spent, what is reserved and what is left."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from tasks.command.audit_lines import printable
from tasks.command.ledger_figures import Step, course, open_to_read, period_in_words
from tasks.command.ledger_plot import as_svg
from tasks.core.errors import UserError
from tasks.core.ledger.accounts import STANDING, grouped, period_of, sums_of
from tasks.core.ledger.book import Account, Pool

_BAR = 50
_PLOTTED = 200
"""Histories up to this long are plotted with the tight figure: it is computed for every point of the plot."""


def add_to(actions: Any) -> None:
    """Add ``list``, ``show`` and ``history``."""
    listing = actions.add_parser(
        "list",
        help="each data set with its budget, what is spent and what is left",
        description="Lists the registered data sets. What is spent counts everything that stands in the budget's "
        "current period, reservations too; data sets that are linked share one budget and one sum.",
    )
    listing.add_argument("--json", action="store_true", help="print as JSON")
    listing.set_defaults(run=_list)
    show = actions.add_parser(
        "show",
        help="one data set: spent, reserved and left, and its last charges",
        description="Shows a data set's budget and draws what is spent, reserved and left of it. The filter's figure "
        "decides what may still be spent, as it holds however the charges were chosen; the tight figure beside it is "
        "what they would cost had all been fixed beforehand. A charge that stands alone is decided by the tight one.",
    )
    show.add_argument("dataset", metavar="DATASET", help="the data set")
    show.add_argument("--json", action="store_true", help="print as JSON")
    show.set_defaults(run=_show)
    history = actions.add_parser(
        "history",
        help="each charge and the ε after it",
        description="Lists the charges on a data set, and on those that it shares a budget with, in their order: what "
        "each asked at its own δ, and what all up to it come to at the budget's δ, by the filter that decides and "
        "tightly. A freed charge costs nothing; an abandoned one costs the steps that had begun.",
        epilog="Examples:\n  airlock ledger history visits --last 5\n  airlock ledger history visits --plot visits.svg",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    history.add_argument("dataset", metavar="DATASET", help="the data set")
    history.add_argument(
        "--last", type=_count, default=20, metavar="N", help="so many of the newest charges (default: 20; 0: all)"
    )
    history.add_argument("--plot", type=Path, metavar="FILE.svg", help="also draw ε over time, with the budget")
    history.add_argument("--json", action="store_true", help="print as JSON")
    history.set_defaults(run=_history)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 (all) or more")
    return number


def _list(args: argparse.Namespace) -> int:
    from tasks.methods.dp.tight import tight

    ledger = open_to_read()
    rows = [_account(ledger.account(one.name, tight)) for one in ledger.datasets()]
    if args.json:
        print(json.dumps(rows, indent=1, sort_keys=True))
        return 0
    if not rows:
        print(f"no data set is registered in {ledger.database.name} yet; `airlock ledger set-budget` does it")
        return 0
    width = max(8, *(len(row["dataset"]) for row in rows))
    print(f"{'data set':{width}}  {'budget':>8}  {'spent':>8}  {'left':>8}  {'charges':>7}  {'period':12}  owner")
    for row in rows:
        period = row["period"] if row["period"] == "lifetime" else f"{row['period']} {row['period_now']}"
        shared = "" if row["budget_of"] == row["dataset"] else f" (draws on {row['budget_of']})"
        print(
            f"{row['dataset']:{width}}  {row['epsilon']:8g}  {row['spent']:8.2f}  {row['left']:8.2f}  "
            f"{row['charges']:7}  {period:12}  {printable(row['owner'])}{shared}"
        )
    return 0


def _show(args: argparse.Namespace) -> int:
    from tasks.methods.dp.tight import tight

    ledger = open_to_read()
    account, pool = ledger.account(args.dataset, tight), ledger.pool(args.dataset)
    steps = _steps(pool, 5)
    shown = {
        **_account(account),
        "linked": [name for name in pool.members if name != args.dataset],
        "filter": None,
        "tight": None,
        "last": [_step(step) for step in steps[-5:]],
    }
    current = [step for step in steps if step.period == account.period]
    shown["filter"], shown["tight"] = _filter_figure(pool, account.period), current[-1].tight if current else 0.0
    if args.json:
        print(json.dumps(shown, indent=1, sort_keys=True))
        return 0
    print(_in_words(shown))
    if steps:
        print(f"\nThe last charges (of {len(steps)}):\n{_table(steps[-5:], len(pool.members) > 1)}")
    return 0


def _history(args: argparse.Namespace) -> int:
    pool = open_to_read().pool(args.dataset)
    count = len(pool.entries)
    last = args.last or count
    steps = _steps(pool, count if args.plot and count <= _PLOTTED else last)
    if args.plot:
        _write(args.plot, as_svg(args.dataset, pool.budget.epsilon, pool.budget.delta, steps))
    if args.json:
        print(json.dumps([_step(step) for step in steps[-last:]], indent=1, sort_keys=True))
        return 0
    if not steps:
        print(f"nothing was charged on {args.dataset} yet")
    else:
        if last < count:
            print(f"the last {last} of {count} charges")
        print(_table(steps[-last:], len(pool.members) > 1))
    if args.plot:
        print(f"drew {args.plot}")
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        raise UserError(f"--plot: {path} can't be written by this user") from None


def _steps(pool: Pool, last: int) -> list[Step]:
    """All charges, the last ones with their tight figures."""
    count = len(pool.entries)
    return course(pool, range(max(count - last, 0), count))


def _filter_figure(pool: Pool, period: str) -> float:
    kind = pool.budget.period
    standing = [entry for entry in pool.entries if entry.state in STANDING and period_of(kind, entry.created) == period]
    sums = sums_of(pool.filter, [(entry.block, period, entry.events) for entry in standing])
    by_block = {block: one for (block, _), one in sums.items()}
    return max(pool.filter.epsilon_of(one) for one in grouped(pool.filter, by_block, pool.shared))


def _account(account: Account) -> dict[str, Any]:
    found, budget = account.dataset, account.budget
    return {
        "dataset": found.name,
        "budget_of": budget.name,
        "epsilon": budget.epsilon,
        "delta": budget.delta,
        "period": budget.period,
        "period_now": account.period,
        "owner": budget.owner,
        "reason": budget.reason,
        "unit": found.unit,
        "parallel": found.parallel,
        "registered": found.created,
        "spent": _finite(account.spent),
        "reserved": _finite(account.reserved),
        "left": account.left,
        "charges": account.charges,
    }


def _step(step: Step) -> dict[str, Any]:
    entry = step.entry
    return {
        "entry": entry.id,
        "dataset": entry.dataset,
        "created": entry.created,
        "run": entry.run_id,
        "by": entry.actor,
        "released": entry.released,
        "mechanism": entry.mechanism,
        "epsilon": _finite(entry.epsilon),
        "delta": entry.delta,
        "unit": entry.unit,
        "relation": entry.relation,
        "block": entry.block,
        "interval": entry.interval,
        "state": entry.state,
        "artifact": f"{entry.key}",
        "digest": entry.digest,
        "period": step.period,
        "spent_after": _finite(step.counted),
        "tight_after": None if step.tight is None else _finite(step.tight),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _in_words(shown: dict[str, Any]) -> str:
    budget, settled = shown["epsilon"], (shown["spent"] or 0.0) - (shown["reserved"] or 0.0)
    period = period_in_words(shown["period"], shown["period_now"])
    lines = [
        f"data set   {shown['dataset']}, registered {shown['registered'][:10]}",
        f"budget     ε = {budget:g} at δ = {shown['delta']:g} for {period}, counted for one {shown['unit']}",
        f"owner      {printable(shown['owner'])}: {printable(shown['reason'])}",
    ]
    if shown["budget_of"] != shown["dataset"]:
        lines.append(f"           the budget is that of {shown['budget_of']}, which it is linked to")
    if shown["linked"]:
        lines.append(f"linked     {', '.join(shown['linked'])}: one budget for all, one sum")
    if shown["parallel"]:
        lines.append("parallel   parts that share no person count apart; the figures are those of the most charged")
    tight = "no figure" if shown["tight"] is None else f"ε = {shown['tight']:.2f}"
    return "\n".join([
        *lines,
        "",
        _bar(settled, shown["reserved"] or 0.0, budget),
        f"# spent {settled:.2f}   + reserved {shown['reserved'] or 0.0:.2f}   . left {shown['left']:.2f}",
        f"filter     ε = {shown['filter']:.2f} holds however the {shown['charges']} charges were chosen"
        + (", and decides" if shown["charges"] > 1 else ""),
        f"tight      {tight}, had all their parameters been fixed beforehand"
        + (", and decides" if shown["charges"] == 1 else ""),
    ])  # fmt: skip


def _bar(settled: float, reserved: float, budget: float) -> str:
    """What is spent, reserved and left, to scale; anything above nothing has a character at least."""
    spent = min(math.ceil(_BAR * settled / budget), _BAR) if settled > 0 else 0
    held = min(math.ceil(_BAR * reserved / budget), _BAR - spent) if reserved > 0 else 0
    return f"[{'#' * spent}{'+' * held}{'.' * (_BAR - spent - held)}]"


def _table(steps: list[Step], several: bool) -> str:
    name = max([8, *(len(step.entry.dataset) for step in steps)]) if several else 0
    run = max([3, *(len(step.entry.run_id) for step in steps)])
    what = max([8, *(len(step.entry.released) for step in steps)])
    head = f"{'time (UTC)':20}  {'data set':{name}}  " if several else f"{'time (UTC)':20}  "
    lines = [
        f"{head}{'entry':16}  {'run':{run}}  {'released':{what}}  {'asked':>7}  {'ε after':>7}  {'tight':>7}  state"
    ]
    for step in steps:
        entry = step.entry
        named = f"{entry.created:20}  {entry.dataset:{name}}  " if several else f"{entry.created:20}  "
        tight = "-" if step.tight is None else f"{step.tight:.2f}"
        part = f" (block {printable(entry.block)})" if entry.block else ""
        lines.append(
            f"{named}{entry.id}  {printable(entry.run_id):{run}}  {printable(entry.released):{what}}  "
            f"{entry.epsilon:7.2f}  {step.counted:7.2f}  {tight:>7}  {entry.state}{part}"
        )
    return "\n".join(lines)
