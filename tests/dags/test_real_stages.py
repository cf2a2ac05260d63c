"""The whole DAG with its real stages, each in its own process, on made-up rows and a tiny model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.core import runs
from tasks.core.pipeline import PIPELINE
from tasks.core.store import Store
from tests.dags.lenient import lenient_policy
from tests.pipeline_run import tiny_config
from tests.plugins.test_whole_dag import asset_events, xcoms

SHARDS = 3
"""Of real rows; the planted rows are one more."""


@pytest.mark.slow
def test_whole_dag_reuses_everything_but_what_a_changed_shard_touches(
    load_dag: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "airlock-home"
    config = tiny_config(home, rows=75, shard_rows=25, planted=2)
    monkeypatch.setenv("AIRLOCK_CONFIG", str(home / "data-0" / "tiny.yaml"))
    monkeypatch.setenv("AIRLOCK_KEY", "5a" * 32)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    policy = lenient_policy(home)
    clean = Store(config.store.zone("clean", home))

    def run() -> tuple[Any, dict[tuple[str, int | None], bool]]:
        done = load_dag().test(run_conf={"mask.policy": str(policy)})
        steps = runs.steps(clean, done.run_id)
        assert str(done.state) == "success", [step["message"] for step in steps if step["exit_code"]]
        return done, {(step["stage"], step["shard"]): step["reused"] for step in steps}

    first, built = run()
    everything = {(step.stage, shard) for step in PIPELINE for shard in (range(SHARDS + 1) if step.mapped else [None])}
    assert set(built) == everything and not any(built.values())
    event, released = sorted(asset_events(first), key=lambda event: event.asset.name)
    assert released.asset.name == f"{config.name}-releases" and Path(released.extra["uri"], "model.sig").exists()
    assert event.asset.name == config.name and event.extra["epsilon"] <= config.train.epsilon
    size = len(json.dumps(list(xcoms(first).values())))
    assert size < 4000 * len(everything), "XCom holds references and counts, not data"

    second, reused = run()
    assert set(reused) == everything and all(reused.values())
    assert xcoms(second) == xcoms(first)

    source = Path(config.ingest.source)
    (rows,) = [source] if source.is_file() else sorted(source.glob("*.jsonl"))
    lines = rows.read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(lines) == 75
    lines[-1], lines[-2] = lines[-2], lines[-1]
    rows.write_text("".join(lines), encoding="utf-8")
    _, third = run()
    kept = {step for step, was in third.items() if was}
    # Where no canaries are asked for, that there are none hangs on no row.
    assert kept == {("canary", None), *(("mask", shard) for shard in range(SHARDS - 1))}
