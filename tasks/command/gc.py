"""``airlock gc``: retention by zone. Lists first; deletes only when told to."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tasks.command.stores import ZONES, add_store_options, zones
from tasks.core import artifacts, runs
from tasks.core.errors import UserError
from tasks.core.store import Store

DAY = 86_400.0
RETENTION_DAYS = {"raw": 30, "sealed": 7, "clean": 365, "handoff": 0}
"""Days an artifact is kept after a run last used it; 0: for ever."""


@dataclass(frozen=True)
class Finding:
    """Something that may go.

    Attributes:
        name: its path below the zone.
        why: expired, damaged, or an abandoned attempt.
    """

    zone: str
    name: str
    why: str
    days: float


def add_to(commands: Any) -> None:
    """Add ``gc``."""
    parser = commands.add_parser(
        "gc",
        help="list what is past its retention, and delete it with --delete",
        description="Lists artifacts that no run used for longer than their zone's retention, and attempts that were "
        "abandoned more than a day ago. What a release in the hand-off zone names is kept.",
    )
    add_store_options(parser)
    for zone in ZONES[:3]:
        parser.add_argument(
            f"--{zone}-days",
            type=_days,
            default=RETENTION_DAYS[zone],
            metavar="DAYS",
            help=f"keep the {zone} zone's artifacts so long (default: {RETENTION_DAYS[zone]}; 0: for ever)",
        )
    parser.add_argument("--damaged", action="store_true", help="also what doesn't match its manifest any more")
    parser.add_argument("--delete", action="store_true", help="delete what is listed")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_run)


def _days(text: str) -> float:
    days = float(text)
    if not 0 <= days < 1e6:
        raise argparse.ArgumentTypeError("days must be 0 (for ever) or more")
    return days


def _run(args: argparse.Namespace) -> int:
    stores = zones(args)
    days = {"raw": args.raw_days, "sealed": args.sealed_days, "clean": args.clean_days, "handoff": 0.0}
    found = list(expired(stores, days, time.time(), args.damaged))
    for finding in found:
        if args.delete:
            stores[finding.zone].remove(finding.name)
    if args.json:
        print(json.dumps({"deleted": args.delete, "found": [asdict(f) for f in found]}, indent=1))
        return 0
    for finding in found:
        print(f"{finding.zone:8} {finding.name:90} {finding.days:7.1f} days  {finding.why}")
    done = "deleted" if args.delete else "would go; delete with --delete"
    print(f"{len(found)} {done}" if found else "nothing is past its retention")
    return 0


def expired(stores: dict[str, Store], days: dict[str, float], now: float, damaged: bool) -> Iterator[Finding]:
    """What is past its retention at ``now`` (seconds since 1970).

    An artifact's age counts from the last run that used it; a manifest that was never used, from its publication.
    """
    used = _last_use(stores["clean"])
    kept = _released(stores["handoff"])
    for zone in ("raw", "sealed", "clean"):
        store = stores[zone]
        for stage, key in artifacts.everything(store):
            name = f"{stage}/{key}"
            published = _published(store, name)
            for attempt, alive_at, live in artifacts.attempts(store, stage, key):
                age = (now - alive_at) / DAY
                if attempt != published and not live and age > 1:
                    yield Finding(zone, f"{name}/attempts/{attempt}", "abandoned attempt", age)
            if published is None:
                if (age := _checkpoint_age(store, name, now)) > days[zone] > 0:
                    yield Finding(zone, name, f"checkpoint of a run not taken up for over {days[zone]:g} days", age)
                continue
            if artifacts.tombstone(store, stage, key) is not None:
                continue  # without it the key could be built again, with what was erased
            age = (now - max(used.get((stage, key), 0.0), store.modified(f"{name}/manifest.json"))) / DAY
            if damaged and _is_damaged(store, stage, key):
                yield Finding(zone, name, "damaged", age)
            elif days[zone] and age > days[zone] and (stage, key) not in kept:
                yield Finding(zone, name, f"unused for over {days[zone]:g} days", age)


def _checkpoint_age(store: Store, name: str, now: float) -> float:
    """Days since an interrupted run last wrote its checkpoint; 0 where there is none."""
    try:
        return (now - store.modified(f"{name}/checkpoint.safetensors")) / DAY
    except FileNotFoundError:
        return 0.0


def _published(store: Store, name: str) -> str | None:
    try:
        return str(json.loads(store.read_bytes(f"{name}/manifest.json")).get("attempt", ""))
    except FileNotFoundError:
        return None
    except ValueError:
        return ""


def _is_damaged(store: Store, stage: str, key: str) -> bool:
    try:
        artifacts.find(store, stage, key)
    except (UserError, ValueError, KeyError):
        return True
    return False


def _last_use(clean: Store) -> dict[tuple[str, str], float]:
    used: dict[tuple[str, str], float] = {}
    for run_id in runs.run_ids(clean):
        for step in runs.steps(clean, run_id):
            for ref in step["refs"]:
                # A run's statistics name the artifacts of their means; one that went would be paid for again.
                means = ref["counts"].get("charged", ()) if ref["stage"] == "statistics" else ()
                for at in [(ref["stage"], key) for key in (ref["key"], *(mean["key"] for mean in means))]:
                    used[at] = max(used.get(at, 0.0), step["at"])
    return used


def _released(handoff: Store) -> set[tuple[str, str]]:
    """Stage and key of every artifact that a released bundle's manifest names."""
    kept: set[tuple[str, str]] = set()
    for name in (item for item in handoff.listing() if item["type"] == "directory"):
        for version in handoff.listing(name["name"]):
            try:
                manifest = json.loads(handoff.read_bytes(f"{name['name']}/{version['name']}/manifest.json"))
            except FileNotFoundError:
                continue
            kept |= {(ref["stage"], ref["key"]) for ref in manifest.get("artifacts", ())}
    return kept
