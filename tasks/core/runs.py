"""The index of runs: people look for a run, not for a hash.

Each finished or refused step of a run leaves one small JSON file in the clean zone,
``runs/<run id>/<stage>[-<shard>].json``, with its reference, what it took and how it ended. No row, no value.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any

from tasks.core.store import Store


def safe_run_id(run_id: str) -> str:
    """A run's id as a folder name: Airflow's ids hold ``:`` and ``+``."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", run_id)
    if safe == run_id and len(safe) <= 100 and not safe.startswith("."):
        return safe
    # Ids that differ only in what was replaced or cut keep folders of their own.
    return f"{safe.lstrip('.')[:100]}-{hashlib.sha256(run_id.encode(errors='surrogatepass')).hexdigest()[:8]}"


def record(clean: Store, run_id: str, stage: str, shard: int | None, entry: dict[str, Any]) -> None:
    """Write the entry of one step, replacing that of an earlier attempt."""
    name = f"{stage}-{shard:05d}" if shard is not None else stage
    body = {"run": run_id, "stage": stage, "shard": shard, "at": time.time(), **entry}
    clean.write_bytes(f"runs/{safe_run_id(run_id)}/{name}.json", json.dumps(body, sort_keys=True, indent=1).encode())


def steps(clean: Store, run_id: str) -> list[dict[str, Any]]:
    """The entries of a run in the order in which they ended."""
    folder = f"runs/{safe_run_id(run_id)}"
    found = [
        json.loads(clean.read_bytes(f"{folder}/{item['name']}"))
        for item in clean.listing(folder)
        if item["name"].endswith(".json")
    ]
    return sorted(found, key=lambda entry: (entry["at"], entry["stage"], entry["shard"] or 0))


def run_ids(clean: Store) -> list[str]:
    """The folder names of all runs, sorted."""
    return [item["name"] for item in clean.listing("runs") if item["type"] == "directory"]
