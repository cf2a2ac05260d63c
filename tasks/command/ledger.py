"""``airlock ledger``: what data sets' people have paid, what is left, and whether the books are whole."""

from __future__ import annotations

import argparse
from typing import Any

from tasks.command import ledger_budget, ledger_check, ledger_reconcile, ledger_show


def add_to(commands: Any) -> None:
    """Add ``ledger``."""
    parser = commands.add_parser(
        "ledger",
        help="the privacy ledger: budgets, charges and what is left",
        description="Every training run, and every private statistic, costs the people of its data set privacy, and "
        "the costs of all runs add up. The ledger keeps a budget for each data set and every charge on it, and refuses "
        "what doesn't fit. It lies where AIRLOCK_LEDGER says; changing it needs the deployment's `ledger` key.",
        epilog="First steps:\n"
        "  airlock ledger set-budget visits --epsilon 10 --delta 1e-6 --owner WHO --reason WHY\n"
        "  airlock ledger list                  # every data set, and what is left\n"
        "  airlock ledger show visits           # one of them, drawn\n"
        "  airlock ledger verify                # whether anybody changed the books\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for module in (ledger_show, ledger_budget, ledger_check, ledger_reconcile):
        module.add_to(actions)
