"""``airlock ledger reconcile``: charges whose run was killed are freed, committed or named; one can be abandoned."""

from __future__ import annotations

import argparse
import calendar
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tasks.command.ledger_figures import open_to_write
from tasks.command.stores import add_store_options, zones
from tasks.core import artifacts, lease
from tasks.core.dp_events import SampledGaussian
from tasks.core.errors import TryAgain, UserError
from tasks.core.ledger import Entry, Ledger
from tasks.core.store import Store

TRAIN, STATISTICS = "train", "statistics"
"""The stages that charge. The attempts of both hold a lease; train's leave checkpoints, a statistic takes seconds."""


@dataclass(frozen=True)
class Outcome:
    """What became of one open entry.

    Attributes:
        was: its state before.
        now: its state after.
        sentence: why.
    """

    entry: str
    dataset: str
    run: str
    was: str
    now: str
    sentence: str


def add_to(actions: Any) -> None:
    """Add ``reconcile``."""
    parser = actions.add_parser(
        "reconcile",
        help="put right what killed runs left: free, commit, or abandon for good",
        description="Looks at every charge that is neither committed nor given up. One under which no noise was drawn "
        "is freed, unless its attempt is alive. One whose output is published is committed. One under which noise was "
        "drawn, and that released nothing, stands whole: its run goes on from its checkpoint when it is started again. "
        "To give up such a run for good, abandon it: its checkpoint and unpublished weights are deleted and its nonce "
        "is overwritten, and steps for which noise was never drawn are freed, where the run kept a record of how many "
        "were begun.",
        epilog="Examples:\n  airlock ledger reconcile\n"
        "  airlock ledger reconcile --abandon 9f2c1a7be03d5566 --reason 'the configuration was wrong'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--abandon", metavar="ENTRY", help="give up this entry's run for good")
    parser.add_argument("--reason", metavar="WHY", help="why it is abandoned")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_store_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if (args.abandon is None) != (args.reason is None) or not (args.reason or "x").strip():
        raise UserError("ledger: --abandon and --reason go together")
    stores, ledger = zones(args), open_to_write(args)
    found = [abandon(ledger, stores, args.abandon, args.reason)] if args.abandon else list(reconcile(ledger, stores))
    if args.json:
        print(json.dumps([asdict(one) for one in found], indent=1, sort_keys=True))
        return 0
    for one in found:
        print(f"{one.entry}  {one.dataset}  {one.was} -> {one.now}: {one.sentence}")
    if not found:
        print("no charge is open")
    return 0


def reconcile(ledger: Ledger, stores: dict[str, Store]) -> Iterator[Outcome]:
    """Free, commit or name every open charge."""
    for entry in ledger.entries():
        if entry.state not in ("reserved", "noise"):
            continue
        if (digest := _published(stores["clean"], entry)) is not None:
            ledger.commit(entry.id, digest)
            yield _outcome(entry, "committed", "its output is published")
        elif entry.state == "noise":
            holder = lease.holder(_attempts_at(stores, entry), _folder(entry))
            text = "noise was drawn, nothing released; start its run again, or give it up for good by --abandon"
            yield _outcome(entry, "noise", f"{holder} is at work on it" if holder else text)
        else:
            yield _free(ledger, _attempts_at(stores, entry), entry)


def _free(ledger: Ledger, zone: Store, entry: Entry) -> Outcome:
    folder = _folder(entry)
    if (holder := lease.holder(zone, folder)) is not None:
        return _outcome(entry, "reserved", f"{holder} is at work on it")
    # Without a trace of a lease the attempt may lie in another store. Freeing it is safe all the same, as no noise is
    # drawn under an entry that was freed; a young one is left alone to spare its run another try.
    if not zone.listing(f"{folder}/lease") and _age(entry) < lease.DEAD_SECONDS:
        return _outcome(entry, "reserved", "entered minutes ago by an attempt that may be alive; look again later")
    if not ledger.free(entry.id, "its attempt ended before any noise was drawn"):
        return _outcome(entry, "noise", "noise was drawn just now")
    return _outcome(entry, "freed", "its attempt ended before any noise was drawn")


def abandon(ledger: Ledger, stores: dict[str, Store], entry_id: str, why: str) -> Outcome:
    """Give up for good a run that drew noise and released nothing.

    Raises:
        TryAgain: an attempt at it is alive.
        UserError: there is no such entry, it is in another state, its output is published, or what it left can't be
            deleted.
    """
    entry = next((one for one in ledger.entries() if one.id == entry_id), None)
    if entry is None:
        raise UserError(f"ledger: there is no entry {entry_id}; `airlock ledger history DATASET` lists entries")
    if entry.state != "noise":
        raise UserError(f"ledger: entry {entry.id} is {entry.state}; only one that drew noise can be abandoned")
    clean, zone, folder = stores["clean"], _attempts_at(stores, entry), _folder(entry)
    try:
        # No attempt may begin, or publish, while its traces are deleted.
        with lease.hold_if_free(zone, folder) as held:
            if _published(clean, entry) is not None:
                raise UserError(
                    f"ledger: entry {entry.id} has released its output; `airlock ledger reconcile` commits it"
                )
            stage, _, key = folder.partition("/")
            if any(live for _, _, live in artifacts.attempts(clean, stage, key)):
                raise TryAgain("an attempt is at work on it, or was a minute ago; try again when that has ended")
            begun = _steps_begun(zone, entry)
            _destroy(zone, folder, keep=("lease", "begun.json"))
            _destroy(clean, f"{folder}/attempts", keep=(_manifest(clean, entry).get("attempt", ""),))
            if held.lost:
                raise TryAgain("the store didn't answer for too long; try again")
            ledger.abandon(entry.id, _planned(entry) if begun is None else begun, why)
    except TryAgain as exc:
        raise TryAgain(f"ledger: entry {entry.id} isn't abandoned: {exc}") from None
    (after,) = (one for one in ledger.entries(entry.dataset) if one.id == entry.id)
    freed = _planned(entry) - _planned(after)
    text = f"{freed:,} of {_planned(entry):,} steps never began and are freed" if freed > 0 else "it counts whole"
    others = [one.id for one in ledger.entries(entry.dataset) if one.key == entry.key and one.state == "noise"]
    if others:
        text += f". Entry {', '.join(others)} is of the same run: it begins anew, or is to be abandoned too"
    return _outcome(entry, "abandoned", f"its checkpoint is deleted and its nonce overwritten; {text}")


def _published(clean: Store, entry: Entry) -> str | None:
    """The digest of the output that an entry paid for, where it is published."""
    manifest = _manifest(clean, entry)
    try:
        return str(manifest["digest"]) if manifest["counts"]["ledger_entry"] == entry.id else None
    except (KeyError, TypeError):
        return None


def _manifest(clean: Store, entry: Entry) -> dict[str, Any]:
    """The manifest of what was published under an entry's key, perhaps paid for by another; empty where nothing was.

    Raises:
        UserError: where it can't be read as one: nothing may be decided by it then.
    """
    name = f"{_folder(entry)}/manifest.json"
    try:
        manifest = json.loads(clean.read_bytes(name))
    except FileNotFoundError:
        return {}
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise UserError(f"ledger: {clean.url}/{name} is damaged; remove the artifact with `airlock gc --damaged`")
    return manifest


def _steps_begun(zone: Store, entry: Entry) -> int | None:
    """The bound on steps begun that the run kept for this entry, before it drew their noise; ``None`` without one."""
    try:
        kept = json.loads(zone.read_bytes(f"{_folder(entry)}/begun.json"))
        steps, owner = kept["steps"], kept["entry"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    valid = isinstance(steps, int) and not isinstance(steps, bool) and 1 <= steps <= _planned(entry)
    return steps if valid and owner == entry.id else None


def _destroy(store: Store, folder: str, keep: tuple[str, ...]) -> None:
    """Delete what a folder holds, half-written files too.

    Raises:
        UserError: where something is still there afterwards.
    """
    for item in store.listing(folder):
        if item["name"] not in keep:
            store.remove(f"{folder}/{item['name']}")
    if any(item["name"] not in keep for item in store.listing(folder)):
        raise UserError(f"ledger: {store.url}/{folder} can't be emptied, so the run isn't abandoned")


def _planned(entry: Entry) -> int:
    return max((event.steps for event in entry.events if isinstance(event, SampledGaussian)), default=0)


def _trains(entry: Entry) -> bool:
    return _planned(entry) > 0


def _attempts_at(stores: dict[str, Store], entry: Entry) -> Store:
    """The zone where attempts leave their lease and checkpoints: that which the stage's worker may write to."""
    return stores["sealed" if _trains(entry) else "raw"]


def _folder(entry: Entry) -> str:
    return f"{TRAIN if _trains(entry) else STATISTICS}/{entry.key}"


def _age(entry: Entry) -> float:
    return time.time() - calendar.timegm(time.strptime(entry.created, "%Y-%m-%dT%H:%M:%SZ"))


def _outcome(entry: Entry, now: str, sentence: str) -> Outcome:
    return Outcome(entry.id, entry.dataset, entry.run_id, entry.state, now, sentence)
