"""``airlock release``: hand over the model of a finished run, as a signed bundle."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tasks.core import runs, settings
from tasks.core.config.files import load_config
from tasks.core.errors import UserError
from tasks.core.keys import load_keys
from tasks.core.store import Store
from tasks.process.launch import StageProcess
from tasks.process.request import Request

TAKES = {"clean": "leakcheck", "training": "train", "clipped": "clip", "model": "export", "audit": "audit"}
"""The stage's inputs, and the stages whose outputs they are."""
KEYS = ("release", "ledger")


def add_to(commands: Any) -> None:
    """Add ``release``."""
    parser = commands.add_parser(
        "release",
        help="hand over a finished run's model: one signed folder with its evidence",
        description="Builds the bundle of a finished run, signs it, checks it as its receiver will, and puts it into "
        "the hand-off zone under its name and version, where nothing is ever overwritten. It needs the clean and "
        "hand-off zones and the `release` and `ledger` keys; no row is read.",
        epilog="Example:\n  airlock release visits/airlock.yaml --run nightly-2026-11-24 --version 1.0.0",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", metavar="CONFIG", help="the configuration that the run had (.yaml)")
    parser.add_argument("--run", dest="run_id", required=True, metavar="RUN", help="the run; `airlock runs` lists them")
    parser.add_argument("--version", metavar="V", help="the bundle's version (default: the configuration's)")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    config = load_config(args.config)
    if args.version is not None:
        plain = config.model_dump(mode="json")
        config = type(config).parse({**plain, "release": {**plain["release"], "version": args.version}}, "--version")
    home = settings.home()
    inputs = _inputs(Store(config.store.zone("clean", home)), args.run_id, config.name, config.dataset)
    request = Request(
        stage="release",
        run_id=args.run_id,
        config=config.model_dump(mode="json"),
        inputs=inputs,
        keys=load_keys(home).to_wire(KEYS),
    )
    answer = StageProcess(request, lambda line: None if args.json else print(line)).run()
    counts = answer.refs[0]["counts"]
    if args.json:
        print(json.dumps(counts, indent=1, sort_keys=True))
        return 0
    print(f"{counts['name']} {counts['version']} is in {counts['uri']}")
    print("hand it over with the public key by another way: `airlock key public`")
    return 0


def _inputs(clean: Store, run_id: str, name: str, dataset: str) -> dict[str, list[dict[str, Any]]]:
    """What the run's stages left, by role.

    Raises:
        UserError: there is no such run, it didn't end well, or it isn't this configuration's.
    """
    steps = {step["stage"]: step for step in runs.steps(clean, run_id)}
    if not steps:
        raise UserError(f"release: this store has no run {run_id}; `airlock runs` lists them")
    missing = [stage for stage in TAKES.values() if stage not in steps or steps[stage]["exit_code"] != 0]
    if missing:
        raise UserError(
            f"release: run {run_id} has no {', '.join(missing)} that ended well: there is nothing to release"
        )
    if any((steps[stage]["name"], steps[stage]["dataset"]) != (name, dataset) for stage in TAKES.values()):
        raise UserError(f"release: run {run_id} was of another model or data set than the configuration names")
    return {role: steps[stage]["refs"] for role, stage in TAKES.items()}
