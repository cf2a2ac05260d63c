"""The whole DAG in one process, with stages that pretend: what travels, what runs again, what ends how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tasks.core import errors
from tests.plugins.conftest import FakeStages


def states(run: Any) -> dict[str, str]:
    """Task id (with ``#index`` where mapped) to state."""
    return {
        ti.task_id + (f"#{ti.map_index}" if ti.map_index >= 0 else ""): str(ti.state) for ti in run.get_task_instances()
    }


def xcoms(run: Any) -> dict[tuple[str, int], Any]:
    """Every return value of a run."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.scalars(select(XComModel).where(XComModel.run_id == run.run_id, XComModel.key == "return_value"))
        return {(row.task_id, row.map_index): row.value for row in rows}


def note(run: Any) -> str | None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        found: str | None = session.get(DagRun, run.id).note
        return found


def asset_events(run: Any) -> list[Any]:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select
    from sqlalchemy.orm import joinedload

    with create_session() as session:
        query = select(AssetEvent).options(joinedload(AssetEvent.asset)).where(AssetEvent.source_run_id == run.run_id)
        return list(session.scalars(query))


HUMANS = ("review_answer", "approve_release")
ALL = [
    "ingest",
    "budget",
    "plant",
    "statistics",
    "mask#0",
    "mask#1",
    "review",
    "review_answer",
    "leakcheck",
    "canary",
    "train",
    "clip",
    "export",
    "audit",
    "approve_release",
    "release",
]


def test_runs_emits_one_asset_and_is_idempotent(
    load_dag: Callable[[], Any], stages: FakeStages, conf: dict[str, Any]
) -> None:
    dag = load_dag()
    first = dag.test(run_conf={**conf, "name": "ward-notes", "train.epsilon": 3.0})
    assert states(first) == dict.fromkeys(ALL, "success")
    asked = [request.stage for request in stages.requests]
    wanted = [name.partition("#")[0] for name in ALL if name not in HUMANS]
    # The two after budget know nothing of each other; all else has one order.
    aside = ("plant", "statistics")
    assert [name for name in asked if name not in aside] == [name for name in wanted if name not in aside]
    assert sorted(asked) == sorted(wanted)
    assert {request.run_id for request in stages.requests} == {first.run_id}
    assert [ref["counts"]["shard"] for ref in stages.of("leakcheck")[0].inputs["masked"]] == [0, 1]
    (train,) = stages.of("train")
    assert {role: [ref["stage"] for ref in refs] for role, refs in train.inputs.items()} == {
        "clean": ["leakcheck"],
        "budget": ["budget"],
        "statistics": ["statistics"],
        "canaries": ["canary"],
    }
    assert train.config["train"]["epsilon"] == 3.0
    labels = {ti.map_index: ti.rendered_map_index for ti in first.get_task_instances() if ti.task_id == "mask"}
    assert labels == {0: "00000 · 5 rows", 1: "00001 · 5 rows"}

    event, released = sorted(asset_events(first), key=lambda event: event.asset.name)
    assert (event.asset.name, event.source_task_id) == ("ward-notes", "export")
    assert (released.asset.name, released.source_task_id) == ("ward-notes-releases", "release")
    assert released.extra["uri"] == "/handoff/m/1" and xcoms(first)["approve_release", -1] == {"asked": False}
    assert (event.extra["epsilon"], event.extra["delta"]) == (3.0, 1e-5)
    assert event.extra["uri"] == xcoms(first)["export", -1]["uri"]

    assert note(first) == (
        "Privacy: this training cost ε = 3.00 at δ = 1e-05 (ledger entry feedbeef). With it data set default had spent "
        "9.50 of 16; 6.50 was left."
    )

    built = len(stages.built)
    second = dag.test(run_conf={**conf, "name": "ward-notes", "train.epsilon": 3.0})
    assert states(second) == dict.fromkeys(ALL, "success")
    assert len(stages.built) == built
    assert xcoms(second) == xcoms(first) and len(xcoms(first)) == len(ALL)

    stages.shards[1] = "changed"
    stages.built.clear()
    dag.test(run_conf={**conf, "name": "ward-notes", "train.epsilon": 3.0})
    below = ["review", "leakcheck", "canary", "train", "clip", "export", "audit", "release"]
    again = ["ingest", "budget", "plant", "statistics", *below]
    assert set(stages.built) == {("mask", 1), *((stage, None) for stage in again)}

    # Where mapped outputs arrive lazily, a further shard must not be taken for the earlier set.
    stages.shards.append("third")
    stages.built.clear()
    dag.test(run_conf={**conf, "name": "ward-notes", "train.epsilon": 3.0})
    assert len(stages.of("leakcheck")[-1].inputs["masked"]) == 3
    assert ("leakcheck", None) in stages.built


def test_shut_gate_stops_the_run(load_dag: Callable[[], Any], stages: FakeStages, conf: dict[str, Any]) -> None:
    stages.errors["leakcheck"] = [errors.GateRefused("leakcheck: 3 findings, the policy allows 0")]
    run = load_dag().test(run_conf=conf)
    assert str(run.state) == "failed"
    ended = states(run)
    assert ended["leakcheck"] == "failed" and {ended["train"], ended["clip"], ended["export"]} == {"upstream_failed"}
    assert not stages.of("train") and not asset_events(run)
    assert {ti.try_number for ti in run.get_task_instances() if ti.task_id == "leakcheck"} == {1}


def test_transient_fault_is_retried(
    load_dag: Callable[[], Any], stages: FakeStages, conf: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLOCK_RETRY_SECONDS", "0.01")
    stages.errors["train"] = [errors.TryAgain("train: the store is busy")]
    run = load_dag().test(run_conf=conf)
    assert str(run.state) == "success" and len(stages.of("train")) == 2


def test_bad_run_is_refused_before_it_starts(
    load_dag: Callable[[], Any], stages: FakeStages, conf: dict[str, Any]
) -> None:
    from airflow.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError, match=r"train\.epsilon"):
        load_dag().test(run_conf={**conf, "train.epsilon": -1})
    assert not stages.requests
