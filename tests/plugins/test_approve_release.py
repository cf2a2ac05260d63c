"""The person who approves a release: not the one who triggered the run, over Airflow's own interface."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from tasks.core import approvals
from tasks.core.approvals import Decision
from tasks.core.artifacts import Ref
from tasks.core.policies import FOLDER
from tasks.core.store import Store
from tests.plugins.conftest import FakeStages
from tests.plugins.test_whole_dag import states, xcoms

MODEL = Ref("/store/clean/export/" + "e" * 64, "export", "e" * 64, "d" * 64, {})
TRAINING = Ref("/store/clean/train/t", "train", "t", "d", {"epsilon": 3.0, "delta": 1e-5, "unit": "one person"})
AUDIT = Ref("/store/clean/audit/a", "audit", "a", "d", {"audited": True, "epsilon_lower_bound": 0.4})
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    plain = yaml.safe_load((FOLDER / "healthcare.yaml").read_text(encoding="utf-8")) | {"approval": True}
    path = tmp_path / "asking.yaml"
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def context(conf: dict[str, Any], policy: Path, tmp_path: Path) -> dict[str, Any]:
    params = {**conf, "mask.policy": str(policy), "store.root": str(tmp_path / "store")}
    run = SimpleNamespace(triggering_user_name="ada", run_type="manual")
    return {"params": params, "dag_run": run, "task_instance": SimpleNamespace(id="ti")}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = []
    for place in ("airflow.providers.standard.operators.hitl", "airlock_airflow.operators.release"):
        monkeypatch.setattr(f"{place}.upsert_hitl_detail", lambda **request: requests.append(request))
    return requests


def operator(**more: Any) -> Any:
    from airlock_airflow.operators import ApproveReleaseOperator

    return ApproveReleaseOperator(model=MODEL.to_dict(), training=TRAINING.to_dict(), audit=AUDIT.to_dict(), **more)


def test_the_person_is_told_what_attacks_found() -> None:
    told = approvals.summary(MODEL, TRAINING, AUDIT)
    assert "canaries show epsilon 0.4 or more" in told and "not attacked" not in told
    assert "not attacked" in approvals.summary(MODEL, TRAINING)
    assert "not attacked" in approvals.summary(MODEL, TRAINING, Ref("/a", "audit", "a", "d", {"audited": False}))


def event(chosen: str, by: str = "grace", comment: str | None = "DPIA 2026-3") -> dict[str, Any]:
    user = {"id": "7", "name": by}
    return {
        "chosen_options": [chosen], "params_input": {"comment": comment}, "responded_at": AT, "responded_by_user": user
    }  # fmt: skip


def clean(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store" / "clean"))


def test_nothing_is_asked_where_the_policy_does_not(
    context: dict[str, Any], asked: list[dict[str, Any]], tmp_path: Path
) -> None:
    quiet = {**context, "params": {**context["params"], "mask.policy": "healthcare"}}
    assert operator().execute(quiet) == {"asked": False} and asked == []


def test_it_asks_with_the_promise_and_waits(context: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    from airflow.sdk.exceptions import TaskAwaitingInput

    with pytest.raises(TaskAwaitingInput) as waiting:
        operator(response_timeout=timedelta(hours=3)).execute(context)
    assert waiting.value.timeout == timedelta(hours=3)
    (request,) = asked
    assert "epsilon 3 at delta 1e-05, for one person" in request["body"]
    assert request["options"] == ["Approve", "Reject"] and request["defaults"] is None
    assert set(request["params"]) == {"comment"}


def test_an_approval_is_kept_and_not_asked_for_again(
    context: dict[str, Any], asked: list[dict[str, Any]], tmp_path: Path
) -> None:
    said = operator().execute_complete(context, event("Approve"))
    assert said == {"asked": True, "by": "grace", "at": "2026-11-24T09:00:00+00:00", "comment": "DPIA 2026-3"}
    decided = approvals.decision_on(clean(tmp_path), MODEL)
    assert decided == Decision(True, "grace", "2026-11-24T09:00:00+00:00", "DPIA 2026-3")
    assert operator().execute(context) == said and asked == []


def test_who_triggered_cannot_approve(context: dict[str, Any], asked: list[dict[str, Any]], tmp_path: Path) -> None:
    from airflow.sdk.exceptions import TaskAwaitingInput

    for chosen in ("Approve", "Reject"):
        with pytest.raises(TaskAwaitingInput):
            operator().execute_complete(context, event(chosen, by="ada"))
    assert len(asked) == 2, "the answer is deleted from Airflow's record, and asked for again"
    assert approvals.decision_on(clean(tmp_path), MODEL) is None


def test_a_rejection_fails_the_run(context: dict[str, Any], tmp_path: Path) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="rejected by grace"):
        operator().execute_complete(context, event("Reject", comment=None))
    with pytest.raises(AirflowFailException, match="rejected by grace"):
        operator().execute(context)
    decided = approvals.decision_on(clean(tmp_path), MODEL)
    assert decided is not None and not decided.approved


@pytest.mark.parametrize(
    "odd", [{"chosen_options": []}, {"responded_by_user": None}, {"params_input": {"comment": "x\ny"}}]
)
def test_an_odd_answer_approves_nothing(context: dict[str, Any], tmp_path: Path, odd: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException):
        operator().execute_complete(context, {**event("Approve"), **odd})
    assert approvals.decision_on(clean(tmp_path), MODEL) is None


def test_silence_fails_the_run(context: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="AIRLOCK_TIMEOUT_APPROVE_RELEASE"):
        operator().execute_complete(context, {"error": "late", "error_type": "timeout"})
    assert operator().response_timeout == timedelta(days=7)
    monkeypatch.setenv("AIRLOCK_TIMEOUT_APPROVE_RELEASE", "90")
    assert operator().response_timeout == timedelta(minutes=90)


class Officer(threading.Thread):
    """Answers over the REST interface as Airflow's page does, as a user of its own."""

    def __init__(self, chosen: str) -> None:
        super().__init__(daemon=True)
        self.chosen, self.bodies, self.statuses = chosen, list[str](), list[int]()

    def run(self) -> None:
        from airflow.api_fastapi.app import create_app
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
        from fastapi.testclient import TestClient

        app = create_app(apps="core")
        token = app.state.auth_manager.generate_jwt(SimpleAuthManagerUser(username="grace", role="admin"))
        client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
        until = time.monotonic() + 120
        while time.monotonic() < until and not self.statuses:
            for found in client.get("/api/v2/dags/private_model/dagRuns/~/hitlDetails").json()["hitl_details"]:
                task = found["task_instance"]
                if task["task_id"] == "approve_release" and task["state"] == "awaiting_input":
                    path = f"/api/v2/dags/private_model/dagRuns/{task['dag_run_id']}/taskInstances/approve_release/-1"
                    body = {"chosen_options": [self.chosen], "params_input": {"comment": "DPIA 2026-3"}}
                    self.bodies.append(found["body"])
                    self.statuses.append(client.patch(f"{path}/hitlDetails", json=body).status_code)
            time.sleep(0.3)


@pytest.mark.slow
@pytest.mark.parametrize(("chosen", "ended"), [("Approve", "success"), ("Reject", "failed")])
def test_a_second_person_decides_over_rest(
    load_dag: Callable[[], Any], stages: FakeStages, context: dict[str, Any], chosen: str, ended: str, tmp_path: Path
) -> None:
    officer = Officer(chosen)
    dag = load_dag()
    officer.start()
    given = {name: context["params"][name] for name in ("ingest.source", "ingest.columns", "mask.policy", "store.root")}
    run = dag.test(run_conf=given)
    officer.join(60)
    assert officer.statuses == [200] and "epsilon" in officer.bodies[0]
    assert str(run.state) == ended and states(run)["approve_release"] == ended
    released = [request.stage for request in stages.requests if request.stage == "release"]
    assert released == (["release"] if chosen == "Approve" else [])
    if chosen == "Approve":
        assert xcoms(run)["approve_release", -1]["by"] == "grace"
    else:
        assert states(run)["release"] == "upstream_failed"
    (record,) = (tmp_path / "store" / "clean" / "approvals").glob("*.json")
    assert json.loads(record.read_bytes())["by"] == "grace"
