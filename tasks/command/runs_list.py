"""``airlock runs``: what ran, how it ended and where the results are."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from tasks.command import summary
from tasks.command.stores import add_store_options, zones
from tasks.core import runs


def add_to(commands: Any) -> None:
    """Add ``runs``."""
    parser = commands.add_parser(
        "runs",
        help="list runs and their artifacts",
        description="Lists the runs in a store; with a run's id, its steps and where their artifacts lie.",
    )
    parser.add_argument("run_id", nargs="?", help="show one run")
    add_store_options(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    clean = zones(args)["clean"]
    if args.run_id:
        found = summary.of_run(clean, args.run_id)
        print(json.dumps(found, indent=1, sort_keys=True) if args.json else summary.text(found, places=True))
        return 0
    rows = [_row(run_id, runs.steps(clean, run_id)) for run_id in runs.run_ids(clean)]
    rows = sorted((row for row in rows if row["steps"]), key=lambda row: row["at"])
    if args.json:
        print(json.dumps(rows, indent=1, sort_keys=True))
        return 0
    if not rows:
        print(f"no runs in {clean.url} yet")
        return 0
    width = max(len(row["run"]) for row in rows)
    print(f"{'run':{width}}  {'ended (UTC)':19}  {'model':20}  {'steps':>5}  {'reused':>6}  {'seconds':>8}  outcome")
    for row in rows:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row["at"]))
        print(
            f"{row['run']:{width}}  {at}  {row['model'][:20]:20}  {row['steps']:5}  {row['reused']:6}  "
            f"{row['seconds']:8.1f}  {row['outcome']}"
        )
    return 0


def _row(run_id: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    failed = [step for step in steps if step["exit_code"]]
    return {
        "run": steps[-1]["run"] if steps else run_id,
        "at": max((step["at"] for step in steps), default=0.0),
        "model": steps[-1]["name"] if steps else "",
        "steps": len(steps),
        "reused": sum(step["reused"] for step in steps),
        "seconds": sum(step["seconds"] for step in steps),
        "outcome": f"{failed[0]['stage']}: {failed[0]['message']}"
        if failed
        else f"through {steps[-1]['stage']}"
        if steps
        else "",
    }
