"""The person in the DAG: answers over Airflow's own interface, and Airflow's database holds numbers and the place."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core import answers
from tasks.core.answers import Answer
from tasks.core.artifacts import Ref, Writer, reuse_or_build
from tasks.core.store import Store
from tests.leak_search import search
from tests.plugins.conftest import FakeStages
from tests.plugins.test_whole_dag import states, xcoms

VALUES = {"Wilhelmina Quackenbush", "555-0144-7731"}
TYPED = "Ottoline Featherstonehaugh"
"""What a reader might type where a number belongs."""

SMUGGLED = "Philippa Winterbottom-Lacey"
"""The same, to a server without the guard: Airflow's audit log keeps it then, but not the task's record."""


@pytest.fixture
def sample(tmp_path: Path) -> Ref:
    """A sample of six rows, two of them seeded, in a raw zone."""
    rows = [{"ordinal": k, "texts": {"note": f"{value} rang"}} for k, value in enumerate(sorted(VALUES) * 3, 1)]

    def build(writer: Writer) -> dict[str, Any]:
        with writer.open("sample.jsonl") as out:
            out.write("\n".join(map(json.dumps, rows)).encode())
        with writer.open("key.parquet") as out:
            pq.write_table(pa.table({"ordinal": range(1, 7), "seeded": [False, True] * 2 + [False] * 2}), out)
        return {"rows": 4, "seeded": 2, "population": 100}

    return reuse_or_build(Store(str(tmp_path / "store" / "raw")), "review", "e" * 64, {}, build)[0]


def operator(sample: Ref, **more: Any) -> Any:
    from airlock_airflow.operators import ReviewAnswerOperator

    return ReviewAnswerOperator(sample=sample.to_dict(), **more)


def event(params: Any) -> dict[str, Any]:
    return {"chosen_options": ["OK"], "params_input": params, "responded_at": None, "responded_by_user": {"id": "r7"}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The requests that the task would leave in Airflow's record; a second one deletes the response to the first."""
    requests: list[dict[str, Any]] = []
    for place in ("airflow.providers.standard.operators.hitl", "airlock_airflow.operators.review"):
        monkeypatch.setattr(f"{place}.upsert_hitl_detail", lambda **request: requests.append(request))
    return requests


CONTEXT: Any = {"task_instance": type("TaskInstance", (), {"id": "ti"})()}


def test_nothing_is_asked_where_no_policy_asks_or_an_answer_is_there(
    sample: Ref, asked: list[dict[str, Any]], tmp_path: Path
) -> None:
    none = Ref("/gone/review/k", "review", "k", "d", {"rows": 0, "seeded": 0})
    assert operator(none).execute(CONTEXT) == {"rows_read": 0, "leaking": 0}
    answers.record(answers.store_of(sample), sample, Answer(6, (2, 5)), tmp_path)
    assert operator(sample).execute(CONTEXT) == {"rows_read": 6, "leaking": 2}
    assert asked == []


def test_the_request_holds_the_place_and_the_task_waits(sample: Ref, asked: list[dict[str, Any]]) -> None:
    from airflow.sdk.exceptions import TaskAwaitingInput

    with pytest.raises(TaskAwaitingInput) as waiting:
        operator(sample, response_timeout=timedelta(hours=3)).execute(CONTEXT)
    assert (waiting.value.method_name, waiting.value.timeout) == ("execute_complete", timedelta(hours=3))
    (request,) = asked
    assert "sample.html" in request["body"] and f"airlock review {sample.key[:12]}" in request["body"]
    assert request["defaults"] is None, "nobody's silence is an answer"
    schemas = {name: field["schema"] for name, field in request["params"].items()}
    assert schemas["rows_read"]["type"] == ["null", "integer"] and schemas["rows_read"]["maximum"] == 6
    assert not [value for value in VALUES if value in json.dumps(request, default=str)]


@pytest.mark.parametrize(
    "params",
    [
        {"rows_read": 6, "leaking": TYPED},
        {"rows_read": TYPED, "leaking": ""},
        {"rows_read": 6, "leaking": "7"},
        {"rows_read": 0, "leaking": ""},
        {"rows_read": 6},
        {"rows_read": 6, "leaking": "", "why": TYPED},
        {},
    ],
)
def test_a_wrong_answer_is_deleted_and_asked_for_again(
    sample: Ref, asked: list[dict[str, Any]], params: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.sdk.exceptions import TaskAwaitingInput

    with pytest.raises(TaskAwaitingInput) as waiting:
        operator(sample).execute_complete(CONTEXT, event(params))
    assert len(asked) == 1 and TYPED not in json.dumps(asked, default=str) and TYPED not in caplog.text
    assert waiting.value.__cause__ is None and not waiting.value.kwargs
    assert answers.answer_of(answers.store_of(sample), sample) is None


def test_an_answer_is_kept_in_the_raw_zone_once(sample: Ref, asked: list[dict[str, Any]]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    assert operator(sample).execute_complete(CONTEXT, event({"rows_read": 6, "leaking": "5,2"})) == {
        "rows_read": 6,
        "leaking": 2,
    }
    assert answers.answer_of(answers.store_of(sample), sample) == Answer(6, (2, 5))
    operator(sample).execute_complete(CONTEXT, event({"rows_read": 6, "leaking": "5,2"}))
    with pytest.raises(AirflowFailException, match="--replace"):
        operator(sample).execute_complete(CONTEXT, event({"rows_read": 6, "leaking": None}))
    assert asked == []


def test_silence_fails_the_run(sample: Ref) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="AIRLOCK_TIMEOUT_REVIEW_ANSWER"):
        operator(sample).execute_complete(CONTEXT, {"error": "late", "error_type": "timeout"})


def test_time_out_is_the_deployments_and_the_id_is_fixed(sample: Ref, monkeypatch: pytest.MonkeyPatch) -> None:
    assert operator(sample).response_timeout == timedelta(days=7)
    monkeypatch.setenv("AIRLOCK_TIMEOUT_REVIEW_ANSWER", "90")
    assert operator(sample).response_timeout == timedelta(minutes=90)
    with pytest.raises(ValueError, match="review_answer"):
        operator(sample, task_id="other")


class Reader(threading.Thread):
    """Answers over the REST interface as Airflow's page does: wrong, wrong to a server without the guard, right."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.statuses: list[int] = []
        self.seen: list[dict[str, Any]] = []

    def run(self) -> None:
        from airlock_airflow.review_guard import ReviewGuard

        guarded, unguarded = self._client(), self._client(without=ReviewGuard)
        for client, leaking in ((guarded, TYPED), (unguarded, SMUGGLED), (guarded, "2,4")):
            asked = self._waits(guarded)
            path = f"/api/v2/dags/private_model/dagRuns/{asked['task_instance']['dag_run_id']}"
            path += "/taskInstances/review_answer/-1/hitlDetails"
            body = {"chosen_options": ["OK"], "params_input": {"rows_read": 6, "leaking": leaking}}
            self.seen.append(asked)
            self.statuses.append(client.patch(path, json=body).status_code)

    def _client(self, without: Any = None) -> Any:
        from airflow.api_fastapi.app import create_app
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
        from fastapi.testclient import TestClient

        app = create_app(apps="core")
        app.user_middleware = [layer for layer in app.user_middleware if layer.cls is not without]
        token = app.state.auth_manager.generate_jwt(SimpleAuthManagerUser(username="reader", role="admin"))
        return TestClient(app, headers={"Authorization": f"Bearer {token}"})

    def _waits(self, client: Any) -> dict[str, Any]:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            for asked in client.get("/api/v2/dags/private_model/dagRuns/~/hitlDetails").json()["hitl_details"]:
                if asked["task_instance"]["state"] == "awaiting_input" and not asked["response_received"]:
                    return dict(asked)
            time.sleep(0.3)
        raise AssertionError("no task waits")


def records(run: Any) -> list[Any]:
    """All that Airflow keeps of the waiting task: what was asked and answered, what resumes it, what it handed on."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.hitl_history import HITLDetailHistory
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        kept = [*session.scalars(select(HITLDetail)), *session.scalars(select(HITLDetailHistory))]
        answered = [[row.body, row.params, row.params_input, row.chosen_options] for row in kept]
    tasks = [[ti.next_kwargs, ti.next_method] for ti in run.get_task_instances()]
    assert answered and tasks
    return [answered, tasks, [str(value) for value in xcoms(run).values()]]


@pytest.mark.slow
def test_a_person_answers_and_the_database_holds_numbers_only(
    load_dag: Callable[[], Any],
    stages: FakeStages,
    conf: dict[str, Any],
    sample: Ref,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRLOCK_RETRY_SECONDS", "0.01")
    stages.sample = sample.to_dict()
    dag = load_dag()
    reader = Reader()
    reader.start()
    run = dag.test(run_conf=conf)
    reader.join(60)
    assert reader.statuses == [422, 200, 200]
    assert str(run.state) == "success" and states(run)["review_answer"] == "success"
    assert xcoms(run)["review_answer", -1] == {"rows_read": 6, "leaking": 2}
    assert answers.answer_of(answers.store_of(sample), sample) == Answer(6, (2, 4))
    (said,) = [entry for entry in stages.of("leakcheck")]
    assert [ref["key"] for ref in said.inputs["review"]] == [sample.key]

    for asked in reader.seen:
        assert sample.uri in asked["body"] and set(asked["params"]) == {"rows_read", "leaking"}
        assert asked["params_input"] == {}, "what came past the guard was deleted before the task asked again"
    assert SMUGGLED not in json.dumps(records(run), default=str)
    places = [Path(os.environ["AIRFLOW_HOME"]), tmp_path / "airlock-home"]
    assert not search(places, VALUES | {TYPED}).hits
    assert search([tmp_path / "store" / "raw"], VALUES).hits, "the search finds the values where they are"

    again = dag.test(run_conf=conf)
    assert str(again.state) == "success" and xcoms(again)["review_answer", -1] == {"rows_read": 6, "leaking": 2}
