"""The DAG file: it parses lightly, is the drawing of the pipeline, and its form knows every field."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.core.config.form import ESSENTIAL, form_fields
from tasks.core.pipeline import PIPELINE, STEPS
from tests.conftest import ROOT

HEAVY = "torch opacus transformers peft presidio_analyzer spacy great_expectations onnxruntime polars pandas pyarrow"

HUMANS = {"review_answer": {"review"}, "approve_release": {"export", "train", "audit"}}
"""Only Airflow waits for a person; the command stops where an answer is missing."""


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment's configuration file."""
    path = tmp_path / "airlock.yaml"
    path.write_text(
        "name: ward-notes\n"
        "ingest:\n  source: 'rows/{start:%Y-%m-%d}/*.csv'\n  columns: [{name: note, role: text}]\n"
        "train: {epsilon: 3.0}\n"
    )
    monkeypatch.setenv("AIRLOCK_CONFIG", str(path))
    return path


def edges(dag: Any) -> dict[str, set[str]]:
    return {task.task_id: set(task.upstream_task_ids) for task in dag.tasks}


def test_graph_is_the_pipeline_and_the_person_who_reads(load_dag: Callable[[], Any]) -> None:
    dag = load_dag()
    wanted = {step.stage: {*step.inputs.values(), *step.after} for step in PIPELINE}
    wanted["leakcheck"].add("review_answer")
    wanted["release"].add("approve_release")
    assert edges(dag) == {**wanted, **HUMANS}
    for task in dag.tasks:
        if task.task_id in HUMANS:
            continue
        step = STEPS[task.task_id]
        assert task.is_mapped == step.mapped
        operator = task.operator_class if task.is_mapped else type(task)
        assert operator.stage == step.stage
        assert set(operator.template_fields) == set(step.inputs)
        mapped = {**task.partial_kwargs, **task.expand_input.value} if task.is_mapped else {}
        arguments = {role: mapped[role] if task.is_mapped else getattr(task, role) for role in step.inputs}
        assert {role: ref.operator.task_id for role, ref in arguments.items()} == dict(step.inputs)


def test_says_what_its_users_look_for(load_dag: Callable[[], Any]) -> None:
    dag = load_dag()
    assert dag.doc_md and dag.tags and dag.description and dag.is_paused_upon_creation
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    for task in dag.tasks:
        assert task.owner == "airlock" and task.doc_md and task.execution_timeout > timedelta(0)
        assert task.retries == 2 and task.retry_exponential_backoff == 2.0
    colors = {(task.operator_class if task.is_mapped else type(task)).ui_color for task in dag.tasks}
    assert len(colors) == len(dag.tasks)


def test_placement_is_the_deployments(load_dag: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    dag = load_dag()
    assert {(task.pool, task.queue) for task in dag.tasks} == {("default_pool", "default")}
    monkeypatch.setenv("AIRLOCK_TRAIN_POOL", "gpu")
    monkeypatch.setenv("AIRLOCK_TRAIN_QUEUE", "gpu-q")
    monkeypatch.setenv("AIRLOCK_RAW_QUEUE", "raw-q")
    monkeypatch.setenv("AIRLOCK_TIMEOUT_TRAIN", "90")
    monkeypatch.setenv("AIRLOCK_OWNER", "ward 7")
    dag = load_dag()
    queues = {task.task_id: task.queue for task in dag.tasks}
    raw = dict.fromkeys(
        ["ingest", "budget", "plant", "statistics", "mask", "review", "review_answer", "leakcheck"], "raw-q"
    )
    assert queues == {
        **raw,
        **dict.fromkeys(["canary", "train", "audit"], "gpu-q"),
        **dict.fromkeys(["clip", "export", "approve_release", "release"], "default"),
    }
    assert {task.task_id for task in dag.tasks if task.pool == "gpu"} == {"train", "audit"}
    assert dag.get_task("train").execution_timeout == timedelta(minutes=90)
    assert dag.get_task("mask").owner == "ward 7"


def test_bad_time_out_is_an_import_error(airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("AIRLOCK_TIMEOUT_MASK", "soon")
    bag = DagBag(str(ROOT / "dags"), collect_dags=False)
    bag.process_file(str(ROOT / "dags" / "private_model.py"))
    assert "AIRLOCK_TIMEOUT_MASK: must be a number above 0" in str(list(bag.import_errors.values()))


def test_every_field_has_its_param(load_dag: Callable[[], Any]) -> None:
    dag = load_dag()
    assert [name for name in dag.params if name in ESSENTIAL] == list(ESSENTIAL)
    assert list(dag.params)[: len(ESSENTIAL)] == list(ESSENTIAL)
    fields = {field.name: field for field in form_fields()}
    assert set(dag.params) == set(fields)
    for name, field in fields.items():
        param = dag.params.get_param(name)
        assert param.schema["title"] and param.description and param.schema["type"]
        assert ("section" in param.schema) == (name not in ESSENTIAL and not field.required)
        for limit in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "pattern", "minItems"):
            assert param.schema.get(limit) == field.schema.get(limit)


def test_without_a_configuration_a_run_must_name_its_source(load_dag: Callable[[], Any]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    dag = load_dag()
    assert not dag.timetable.can_be_scheduled
    with pytest.raises(ParamValidationError, match=r"ingest\.source"):
        dag.params.validate()


def test_defaults_are_the_deployments(load_dag: Callable[[], Any], deployed: Path) -> None:
    dag = load_dag()
    given = dag.params.validate()
    assert given["name"] == "ward-notes" and given["train.epsilon"] == 3.0 and given["train.steps"] == 60
    assert given["ingest.source"] == str(deployed.parent / "rows/{start:%Y-%m-%d}/*.csv")
    assert given["ingest.columns"][0]["name"] == "note"
    deployed.write_text(deployed.read_text().replace("3.0", "2.0"))
    assert load_dag().params["train.epsilon"] == 2.0


def test_broken_configuration_is_an_import_error(airflow_db: None, deployed: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag

    deployed.write_text(deployed.read_text().replace("3.0", "-777"))
    bag = DagBag(str(ROOT / "dags"), collect_dags=False)
    bag.process_file(str(ROOT / "dags" / "private_model.py"))
    (said,) = bag.import_errors.values()
    assert "AIRLOCK_CONFIG: airlock.yaml: train.epsilon:" in said and "-777" not in said


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("train.epsilon", 0),
        ("train.epsilon", "8"),
        ("train.delta", 1),
        ("train.device", "tpu"),
        ("ingest.columns", []),
        ("ingest.columns", [{"name": "x"}]),
        ("ingest.columns", [{"name": "x", "role": "text", "secret": 1}]),
        ("ingest.source", ""),
        ("name", "../up"),
        ("clip.rules", [{"method": "shrink"}]),
        ("mask.own_values", "yes"),
    ],
)
def test_bad_values_are_refused(load_dag: Callable[[], Any], deployed: Path, name: str, bad: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = load_dag().params
    params.validate()
    with pytest.raises(ParamValidationError, match=name.replace(".", r"\.")):
        params[name] = bad
        params.validate()


def test_serializes_with_its_params(load_dag: Callable[[], Any], deployed: Path) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = load_dag()
    dag.validate()
    data = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    back = DagSerialization.from_dict(data)
    assert {task.task_id: set(task.upstream_task_ids) for task in back.tasks} == edges(dag)
    assert back.params.validate() == dag.params.validate()


def test_scheduled_runs_have_a_data_interval(
    load_dag: Callable[[], Any], deployed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction
    from pendulum import instance

    timetable = coerce_to_core_timetable(load_dag().timetable)
    restriction = TimeRestriction(instance(datetime(2026, 3, 1, tzinfo=UTC)), None, True)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert info is not None
    assert info.data_interval.end - info.data_interval.start == timedelta(days=1)
    assert info.data_interval.start == datetime(2026, 3, 1, tzinfo=UTC)
    monkeypatch.setenv("AIRLOCK_SCHEDULE", "none")
    assert not load_dag().timetable.can_be_scheduled


def test_parsing_loads_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys, runpy\n"
        "runpy.run_path(sys.argv[1])\n"
        f"print([name for name in {HEAVY.split()!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "dags" / "private_model.py")],
        env={"PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
