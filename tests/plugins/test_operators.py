"""Operators alone: what they ask of a stage's process, and how its end becomes a task's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.core import errors
from tasks.core.pipeline import PIPELINE
from tasks.process.launch import StageProcess, child_environment
from tests.plugins.conftest import FakeStages

REF = {"uri": "/s/raw/ingest/k", "stage": "ingest", "key": "k", "digest": "d", "counts": {"shard": 3, "label": "00003"}}


def operator(stage: str, **inputs: Any) -> Any:
    import airlock_airflow.operators as operators

    kind = getattr(operators, f"{stage.capitalize()}Operator")
    given = {role: REF for role in next(step for step in PIPELINE if step.stage == stage).inputs}
    return kind(task_id=stage, **{**given, **inputs})


def context(conf: dict[str, Any], run_type: str = "manual", **more: Any) -> dict[str, Any]:
    return {"params": conf, "run_id": "run-1", "dag_run": SimpleNamespace(run_type=run_type), **more}


def test_each_stage_gets_its_own_keys_and_no_other(stages: FakeStages, conf: dict[str, Any]) -> None:
    for step in PIPELINE:
        if step.stage not in ("export", "release"):  # these want an asset's accessor; the whole DAG tests them
            operator(step.stage).execute(context(conf))
    held = {request.stage: set(request.keys) for request in stages.requests}
    assert held == {step.stage: set(step.keys) for step in PIPELINE if step.stage not in ("export", "release")}
    assert held["train"] == held["statistics"] == {"noise", "ledger"} and held["leakcheck"] == set()


def test_stage_without_keys_runs_where_no_key_is(
    stages: FakeStages, conf: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    monkeypatch.delenv("AIRLOCK_KEY")
    operator("leakcheck", masked=[REF]).execute(context(conf))
    with pytest.raises(AirflowFailException, match="airlock key new"):
        operator("train").execute(context(conf))


def test_request_names_shard_run_and_inputs(stages: FakeStages, conf: dict[str, Any]) -> None:
    operator("mask").execute(context(conf))
    (request,) = stages.requests
    assert (request.stage, request.shard, request.run_id) == ("mask", 3, "run-1")
    assert request.inputs == {"shard": [REF], "statistics": [REF]}
    assert request.config["ingest"]["source"] == conf["ingest.source"]


DAY = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("ends", "wanted"),
    [
        ({}, None),
        ({"data_interval_start": None, "data_interval_end": None}, None),
        ({"data_interval_start": DAY[0], "data_interval_end": DAY[0]}, None),
        (
            {"data_interval_start": DAY[0], "data_interval_end": DAY[1]},
            ("2026-03-01T00:00:00+00:00", "2026-03-02T00:00:00+00:00"),
        ),
    ],
)
def test_interval_is_the_runs(stages: FakeStages, conf: dict[str, Any], ends: dict[str, Any], wanted: Any) -> None:
    operator("ingest").execute(context(conf, **ends))
    assert stages.requests[0].interval == wanted


@pytest.mark.parametrize("kind", ["AirlockError", "UserError", "GateRefused", "BudgetRefused", "EmptyPartition"])
def test_what_trying_again_cannot_mend_fails_at_once(stages: FakeStages, conf: dict[str, Any], kind: str) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    stages.errors["train"] = [getattr(errors, kind)("train: one clear sentence")]
    with pytest.raises(AirflowFailException, match="^train: one clear sentence$") as caught:
        operator("train").execute(context(conf))
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_what_may_pass_is_retried(stages: FakeStages, conf: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    stages.errors["train"] = [errors.TryAgain("train: the store is busy")]
    with pytest.raises(AirflowException, match="^train: the store is busy$") as caught:
        operator("train").execute(context(conf))
    assert not isinstance(caught.value, AirflowFailException)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill"])
def test_empty_partition_of_the_schedule_skips(stages: FakeStages, conf: dict[str, Any], run_type: str) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    stages.errors["ingest"] = [errors.EmptyPartition("ingest.source: no file for this interval")]
    with pytest.raises(AirflowSkipException, match="no file for this interval"):
        operator("ingest").execute(context(conf, run_type))


def test_time_out_is_not_retried_and_ends_the_child(
    stages: FakeStages, conf: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout

    stopped: list[str] = []
    stages.errors["train"] = [AirflowTaskTimeout("timed out")]
    monkeypatch.setattr(StageProcess, "stop", lambda process: stopped.append(process.request.stage))
    with pytest.raises(AirflowFailException, match="AIRLOCK_TIMEOUT_TRAIN"):
        operator("train").execute(context(conf))
    assert stopped == ["train"]


def test_bad_configuration_fails_before_any_process(stages: FakeStages, conf: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    no_text = {**conf, "ingest.columns": [{"name": "n", "role": "person"}]}
    with pytest.raises(AirflowFailException, match="at least one column with role text"):
        operator("ingest").execute(context(no_text))
    with pytest.raises(AirflowFailException, match="ingest.source") as caught:
        operator("ingest").execute(context({**conf, "ingest.source": "/etc/passwd"}))
    assert "AIRLOCK_ALLOWED_URLS" in str(caught.value) and "passwd" not in str(caught.value)
    assert not stages.requests


def test_the_deployments_own_configuration_is_allowed(
    stages: FakeStages, conf: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    monkeypatch.delenv("AIRLOCK_ALLOWED_URLS")
    with pytest.raises(AirflowFailException, match="AIRLOCK_ALLOWED_URLS"):
        operator("ingest").execute(context(conf))
    config = tmp_path / "airlock.yaml"
    config.write_text("ingest: {source: rows.csv, columns: [{name: note, role: text}]}\n")
    monkeypatch.setenv("AIRLOCK_CONFIG", str(config))
    operator("ingest").execute(context(conf))
    with pytest.raises(AirflowFailException, match="AIRLOCK_ALLOWED_URLS"):
        operator("ingest").execute(context({**conf, "ingest.source": str(tmp_path / "others.csv")}))


def test_log_lines_are_never_taken_for_formats(
    stages: FakeStages, conf: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    operator("mask").execute(context(conf))
    assert "airlock> mask: 100 % done" in capsys.readouterr().out


class Lazy:
    """Like Airflow's sequence of a mapped task's outputs: its text is the same whatever it holds."""

    def __init__(self, refs: list[dict[str, Any]]) -> None:
        self.refs = refs

    def __iter__(self) -> Any:
        return iter(self.refs)

    def __repr__(self) -> str:
        return "LazyXComSequence(<unevaluated length>)"


def test_gate_sees_each_set_of_shards(stages: FakeStages, conf: dict[str, Any]) -> None:
    """2, 3 and 3 shards give the checks 2 and 3: no set is taken for another, and none is checked twice."""
    refs = [{**REF, "stage": "mask", "digest": str(i)} for i in range(3)]
    outputs = [operator("leakcheck", masked=Lazy(refs[:n])).execute(context(conf)) for n in (2, 3, 3)]
    assert [len(request.inputs["masked"]) for request in stages.requests] == [2, 3, 3]
    assert len(stages.built) == 2 and outputs[0] != outputs[1] and outputs[1] == outputs[2]


def test_child_has_nothing_of_airflows(monkeypatch: pytest.MonkeyPatch, conf: dict[str, Any], tmp_path: Path) -> None:
    """The process that is started: its environment holds no key, no setting of Airflow, and its argv no secret."""
    monkeypatch.setenv("AIRLOCK_KEY", "cd" * 32)
    monkeypatch.setenv("AIRLOCK_ALLOWED_URLS", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", '{"password": "hunter2"}')
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://u:hunter2@db/airflow")
    seen: dict[str, Any] = {}
    real = subprocess.Popen

    def spy(argv: list[str], **kwargs: Any) -> Any:
        seen.update(argv=argv, env=kwargs["env"], pass_fds=kwargs["pass_fds"])
        return real([sys.executable, "-c", "import sys; sys.stdin.read()"], **kwargs)

    monkeypatch.setattr(subprocess, "Popen", spy)
    with pytest.raises(Exception, match="before it could answer"):
        operator("train").execute(context(conf))
    text = repr(seen)
    assert "hunter2" not in text and "cd" * 32 not in text and "AIRLOCK_KEY" not in seen["env"]
    assert not [name for name in seen["env"] if name.startswith("AIRFLOW")]
    assert seen["env"] == child_environment()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_on_kill_ends_the_child_and_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = operator("train")
    marks = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(marks)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)\n"
    )
    process = StageProcess.__new__(StageProcess)
    process._process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    task._process = process
    while not marks.exists() or not marks.read_text():
        time.sleep(0.05)
    pids = [int(pid) for pid in marks.read_text().split()]
    task.on_kill()
    assert process._process.wait(10) == -signal.SIGTERM
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in pids)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
