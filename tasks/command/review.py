"""``airlock review``: where a run's review sample is, and what a person found in it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tasks.command.stores import add_store_options, zones
from tasks.core import answers, artifacts, runs, settings
from tasks.core.answers import Answer
from tasks.core.artifacts import Artifact
from tasks.core.errors import UserError
from tasks.process.__main__ import scratch_folder


def add_to(commands: Any) -> None:
    """Add ``review``."""
    parser = commands.add_parser(
        "review",
        help="answer for a sample of masked rows that a person has read",
        description="Where the policy asks for a reader (evidence.review), a run leaves a sample of masked rows in the "
        "raw zone, known leaks among them, and the gate waits for an answer: how many rows were read, and the numbers "
        "of those in which something can still be read. Without an answer this says where the sample is. Decide how "
        "many rows to read before you begin; read them from row 1 on.",
        epilog="Examples:\n  airlock review cli-20261122T101500-3fa9c1\n"
        "  airlock review cli-20261122T101500-3fa9c1 --read 120 --leaking 3,17,40\n"
        "  airlock review 9f2c1a7be03d --read 120 --leaking none",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sample", metavar="SAMPLE_OR_RUN", help="a run, or the first digits of a sample's key")
    parser.add_argument("--read", metavar="ROWS", help="rows 1 to ROWS were read")
    parser.add_argument("--leaking", metavar="NUMBERS", help="the rows that leak, as in 3,17,40; `none` for none")
    parser.add_argument("--replace", action="store_true", help="write this answer in place of an earlier one")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_store_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    stores = zones(args)
    sample = _sample(args.sample, stores)
    rows = answers.rows_of(sample.ref)
    if not rows:
        raise UserError("review: the policy of this run asks for no reader (evidence.review), so there is no sample")
    if (args.read is None) != (args.leaking is None):
        raise UserError("review: an answer needs both --read and --leaking; --leaking none says that no row leaks")
    if args.read is not None:
        leaking = "" if args.leaking == "none" else args.leaking.replace(" ", "")
        answer = Answer.parse(args.read, leaking, rows)
        answers.record(stores["raw"], sample.ref, answer, settings.home(), replace=args.replace)
    with scratch_folder(settings.scratch()):  # what is fetched of a remote store stays in the raw zone's scratch
        _say(args, sample, answers.answer_of(stores["raw"], sample.ref))
    return 0


def _sample(named: str, stores: dict[str, Any]) -> Artifact:
    """The sample of a run, or that whose key begins so.

    Raises:
        UserError: where there is none, or more than one.
    """
    for step in runs.steps(stores["clean"], named):
        if step["stage"] == "review" and step["refs"]:
            return artifacts.open_ref(artifacts.Ref.from_dict(step["refs"][0]))
    raw = stores["raw"]
    keys = [item["name"] for item in raw.listing("review") if item["name"].startswith(named)]
    found = artifacts.find(raw, "review", keys[0]) if len(keys) == 1 else None
    if found is None:
        raise UserError("review: this names no run with a sample and no sample's key; `airlock runs` lists runs")
    return found


def _say(args: argparse.Namespace, sample: Artifact, answer: Answer | None) -> None:
    shown: dict[str, Any] = {
        "sample": sample.ref.key,
        "page": answers.place(sample),
        "rows": answers.rows_of(sample.ref),
    }
    if answer is not None:
        from tasks.methods.gate.review import judge

        found = judge(sample.local("key.parquet"), answer.read, answer.leaking)
        shown |= {"answer": answer.to_dict(), "result": found.to_dict()}
    if args.json:
        print(json.dumps(shown, indent=1, sort_keys=True))
    elif answer is None:
        print(f"Nobody has answered for this sample yet: {answers.how_to(sample.ref)}.")
    else:
        print(f"{found.sentence()}\nRun the pipeline again: the gate holds this against the policy's limit.")
