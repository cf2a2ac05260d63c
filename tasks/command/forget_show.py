"""What an erasure would do, did, and left: as JSON and as lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from tasks.command.forget_people import Request
from tasks.core import artifacts, erasure, lineage, runs
from tasks.core.erasure import Journal
from tasks.core.ledger import Ledger
from tasks.core.lineage import Place
from tasks.core.store import Store


def plan(request: Request, stores: Mapping[str, Store], ledger: Ledger | None) -> dict[str, Any]:
    found = request.found
    places = [node.place for node in found.descent.holding]
    models = [node.place for node in found.descent.models]
    return {
        "deleted": False,
        "people": len(request.current),
        "unknown": request.unknown,
        "datasets": list(request.datasets),
        "erased": [asdict(place) for place in places],
        "checkpoints": found.checkpoints,
        "being_written": sorted({node.place.folder for node in found.descent.holding if node.live}),
        **_models(models, request.datasets, stores, ledger),
    }


def done(journal: Journal, request: Request, stores: Mapping[str, Store], ledger: Ledger | None) -> dict[str, Any]:
    return {
        "deleted": True,
        "erasure": journal.id,
        "people": len(request.current),
        "unknown": request.unknown,
        "datasets": journal.datasets,
        "erased": [asdict(place) for place in journal.erased],
        "checkpoints": journal.checkpoints,
        "being_written": [],
        **_models(journal.models, journal.datasets, stores, ledger),
    }


def _models(
    places: Iterable[Place], datasets: Iterable[str], stores: Mapping[str, Store], ledger: Ledger | None
) -> dict[str, Any]:
    """Models trained on them by their lineage; and charges of the data sets whose models' lineage says nothing."""
    used = _runs(stores["clean"])
    models = [{**asdict(place), "runs": sorted(used.get(place.key, ()))} for place in places]
    keys = {place.key for place in places}
    charged = [
        {"entry": entry.id, "key": entry.key, "dataset": entry.dataset, "run": entry.run_id}
        for name in datasets
        for entry in (ledger.entries(name) if ledger is not None else ())
        if entry.state == "committed" and entry.released == "model" and entry.key not in keys
        and not _known(stores["clean"], entry.key)
    ]  # fmt: skip
    return {"models": models, "perhaps": charged}


def _known(clean: Store, key: str) -> bool:
    """Whether the published model says what it was trained on: then it isn't among these, or the lineage would say."""
    artifact = artifacts.find(clean, lineage.TRAINING, key)
    return artifact is not None and "inputs" in artifact.manifest["decided_by"]


def _runs(clean: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run_id in runs.run_ids(clean):
        for step in runs.steps(clean, run_id):
            for ref in step["refs"]:
                found.setdefault(ref["key"], set()).add(str(step["run"]))
    return found


def show(said: dict[str, Any]) -> None:
    """Print it."""
    deleted = said["deleted"]
    for place in said["erased"]:
        what = "attempt" if place["attempt"] else "artifact"
        print(
            f"{'deleted' if deleted else 'would go'}  {place['zone']:7} {place['stage']:12} {place['key'][:12]}  {what}"
        )
    for key in said["checkpoints"]:
        print(f"{'deleted' if deleted else 'would go'}  sealed  {'train':12} {key[:12]}  checkpoint")
    for model in said["models"]:
        ran = f"  run {', '.join(model['runs'])}" if model["runs"] else ""
        print(f"trained on them  {model['stage']:12} {model['key'][:12]}{ran}")
    for entry in said["perhaps"]:
        print(f"perhaps trained on them  ledger entry {entry['entry']}  {entry['dataset']}  run {entry['run']}")
    if said["being_written"]:
        print(f"being written now: {', '.join(said['being_written'])}; stop that run first, or let it end")
    if said["unknown"]:
        print(f"{said['unknown']} of {said['people']} ids are known nowhere here: is each as the source writes it?")
    names = ", ".join(said["datasets"])
    if deleted:
        print(
            f"erasure {said['erasure']}: {said['people']} on the opt-out list of {names}; {len(said['erased'])} places "
            "deleted; the ledger keeps its charges. Source files and models are for you to decide on"
        )
    else:
        print(f"nothing is deleted yet; with --delete they also go on the opt-out list of {names}")


def listed(raw: Store, as_json: bool) -> None:
    """Print the erasures there were."""
    found = erasure.journals(raw)
    if as_json:
        shown = [
            {name: value for name, value in asdict(one).items() if name not in ("units", "digests")} for one in found
        ]
        print(json.dumps(shown, indent=1, sort_keys=True))
        return
    for one in found:
        state = f"finished {one.finished}" if one.finished else "OPEN: repeat it, or any other with --delete"
        counts = f"{len(one.marks)} people, {len(one.erased)} places, {len(one.models)} models"
        print(f"{one.id}  {one.started}  {', '.join(one.datasets)}  {counts}  {one.reference or '-'}  {state}")
    if not found:
        print("nobody was erased yet")
