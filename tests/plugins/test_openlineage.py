"""What Airlock says to OpenLineage: events of real runs of the DAG, by the provider's own listener into a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.facet_v2 import error_message_run
from openlineage.client.serde import Serde

from airlock_airflow.lineage_events import Work, _name, lineage_of
from airlock_airflow.lineage_trim import TrimEvents
from tasks.core.config import Config
from tests.conftest import ROOT
from tests.dags.lenient import lenient_policy
from tests.dags.test_no_value_leaves import _public, _values
from tests.leak_search import usable
from tests.pipeline_run import tiny_config
from tests.plugins.openlineage_schema import EVENT

KEY = "5a" * 32
DATABASE_PASSWORD = "correct-horse-battery-staple"
TRIM = "airlock_airflow.lineage_trim.TrimEvents"


def run_dag(tmp_path: Path, conf: dict[str, Any], *how: str, env: dict[str, str]) -> tuple[str, bytes]:
    """Run the DAG in another process; how it ended, and the events' bytes."""
    (tmp_path / "conf.json").write_text(json.dumps(conf))
    events = tmp_path / "events.jsonl"
    file = {"type": "file", "log_file_path": str(events), "append": True}
    done = subprocess.run(
        [sys.executable, "-m", "tests.plugins.lineage_run", str(tmp_path / "conf.json"), *how],
        env={
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
                {"type": "transform", "transformer_class": TRIM, "transport": file}
            ),
            "AIRFLOW_CONN_LEDGER": f"postgresql://airlock:{DATABASE_PASSWORD}@db/ledger",
            "AIRLOCK_KEY": KEY,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}",
            **env,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (tmp_path / "state").exists(), done.stderr[-3000:]
    return (tmp_path / "state").read_text(encoding="utf-8"), events.read_bytes()


def checked(said: bytes) -> list[dict[str, Any]]:
    """The events, each valid by the specification."""
    validator = Draft202012Validator(EVENT, format_checker=FormatChecker())
    events = [json.loads(line) for line in said.splitlines()]
    for event in events:
        validator.validate(event)
    return events


def ends(events: list[dict[str, Any]], task: str, how: str = "COMPLETE") -> list[dict[str, Any]]:
    return [event for event in events if event["job"]["name"] == f"private_model.{task}" and event["eventType"] == how]


def _rows_first(path: Path) -> bool:
    return path.name != "rows.parquet" and path.parent.name != "table"


def masking(event: dict[str, Any]) -> dict[str, bool]:
    """Of each output column, whether every way to it masks."""
    (made,) = [out for out in event["outputs"] if "columnLineage" in out["facets"]]
    fields = made["facets"]["columnLineage"]["fields"]
    return {
        name: all(change["masking"] for origin in field["inputFields"] for change in origin["transformations"])
        for name, field in fields.items()
    }


def _held(values: Iterable[str], said: bytes) -> list[str]:
    """Those of the values that stand in the events, as they are or as JSON escapes them."""
    plain = said.decode()
    return [value for value in values if value in plain or json.dumps(value)[1:-1] in plain]


COLUMNS = [
    {"name": "person", "role": "person"},
    {"name": "note", "role": "text"},
    {"name": "age", "role": "structured", "type": "integer", "kind": "AGE"},
    {"name": "outcome", "role": "label"},
]


def test_events_are_valid_and_say_what_was_masked_and_checked(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    env = {"AIRLOCK_ALLOWED_URLS": str(tmp_path)}
    state, said = run_dag(tmp_path, {"ingest.columns": COLUMNS, "ingest.source": str(rows)}, "fake", env=env)
    assert state == "success"
    events = checked(said)
    (ingest,), masks, (leakcheck,), (release,) = (ends(events, t) for t in ("ingest", "mask", "leakcheck", "release"))
    assert [one["name"] for one in ingest["inputs"]] == [str(rows)]
    assert masking(ingest) == {"unit_id": True, "note": False, "age": False, "outcome": False}
    assert len(masks) == 2
    for mask in masks:
        assert {name: masking(mask)[name] for name in ("note", "age", "outcome")} == {
            "note": True,
            "age": True,
            "outcome": False,
        }
        assert {one["name"] for one in ingest["outputs"]} < {one["name"] for one in mask["inputs"]}
    masked = {out["name"] for mask in masks for out in mask["outputs"]}
    judged = {one["name"]: one for one in leakcheck["inputs"] if one["inputFacets"]}
    assert set(judged) == masked
    for one in judged.values():
        checks = {c["assertion"]: c["success"] for c in one["inputFacets"]["dataQualityAssertions"]["assertions"]}
        assert checks == dict.fromkeys(
            ["leak_gate", "leak_gate.independent", "leak_gate.known", "leak_gate.planted.PERSON"], True
        )
    (clean,), (train,) = leakcheck["outputs"], ends(events, "train")
    assert clean["name"] in {one["name"] for one in train["inputs"]}
    assert {"namespace": "file", "name": "/handoff/m/1"} in [
        {key: out[key] for key in ("namespace", "name")} for out in release["outputs"]
    ]
    for secret in (KEY, DATABASE_PASSWORD, "triggering_user_name", "fileloc"):
        assert secret.encode() not in said


@pytest.mark.slow
def test_no_raw_value_and_no_secret_is_in_the_events(tmp_path: Path) -> None:
    home = tmp_path / "airlock-home"
    config = tiny_config(home, rows=40, shard_rows=40, planted=2)
    source = Path(config.ingest.source)
    values, _ = usable(_values(source, source.with_name("gold.jsonl")), _public())
    assert len(values) > 300
    env = {"AIRLOCK_CONFIG": str(source.with_name("tiny.yaml")), "OMP_NUM_THREADS": "1"}
    state, said = run_dag(tmp_path, {"mask.policy": str(lenient_policy(home, quick=True))}, env=env)
    assert state == "success"
    events = checked(said)
    masks, (leakcheck,) = ends(events, "mask"), ends(events, "leakcheck")
    for table in [*masks, leakcheck]:  # what is said of the columns is what they are
        (out,) = table["outputs"]
        (file, *_) = sorted(Path(out["name"]).glob("attempts/*/payload/**/*.parquet"), key=_rows_first)
        named = pq.read_schema(file).names
        assert [one["name"] for one in out["facets"]["schema"]["fields"]] == named
        assert set(masking(table)) == set(named)
    for mask in masks:
        assert masking(mask)["text"] and masking(mask)["name"] and not masking(mask)["record_id"]
    assert any("dataQualityAssertions" in one["inputFacets"] for one in leakcheck["inputs"])
    assert not _held(values, said), len(_held(values, said))
    # The search itself: what stood in an event, escaped or not, it would have found.
    for value in values:
        assert _held([value], said + json.dumps({"x": value}).encode())
    assert KEY.encode() not in said and DATABASE_PASSWORD.encode() not in said


def test_a_shut_gate_is_said_in_the_event_of_its_failure(tmp_path: Path) -> None:
    conf = {"ingest.columns": COLUMNS, "ingest.source": str(tmp_path / "rows.csv")}
    state, said = run_dag(tmp_path, conf, "fake", "shut", env={"AIRLOCK_ALLOWED_URLS": str(tmp_path)})
    assert state == "failed"
    (failed,) = ends(checked(said), "leakcheck", "FAIL")
    verdicts = [one["inputFacets"]["dataQualityAssertions"] for one in failed["inputs"] if one["inputFacets"]]
    assert len(verdicts) == 2 and not failed["outputs"]
    for verdict in verdicts:
        assert [(one["assertion"], one["success"]) for one in verdict["assertions"]] == [("leak_gate", False)]
    assert b"3 findings" not in said and b"Traceback" not in said


def test_only_a_refusal_is_a_verdict() -> None:
    config = Config.model_validate({"ingest": {"source": "/rows.csv", "columns": COLUMNS}})
    ref = {"uri": "/store/raw/mask/k", "stage": "mask", "key": "k", "digest": "d", "counts": {"rows": 5}}
    said = lineage_of(Work("leakcheck", config, {"masked": [ref]}, refused=True))
    (one,) = said.inputs[0].inputFacets["dataQualityAssertions"].assertions
    assert (one.assertion, one.success) == ("leak_gate", False) and not said.outputs
    other = lineage_of(Work("leakcheck", config, {"masked": [ref]}))
    assert not other.inputs[0].inputFacets, "a fault is no verdict"


def test_names_hold_no_credentials() -> None:
    assert _name("s3://me:secret@bucket/raw/x.csv?token=1") == ("s3://bucket", "raw/x.csv")
    assert _name("https://me:secret@host:8443/x.csv?sig=abc#f") == ("https://host:8443", "x.csv")
    assert _name("/data/x.csv") == ("file", "/data/x.csv") == _name("file:///data/x.csv")


def test_errors_and_notes_stay_behind() -> None:
    facets = {"airflow": {}, "airflowDagRun": {}, "airflowState": {}, "debug": {}, "nominalTime": {}}
    error = error_message_run.ErrorMessageRunFacet("it says 555-0144", "python", "Traceback: 555-0144")
    event = RunEvent(
        eventType=RunState.FAIL,
        eventTime="2026-01-01T00:00:00Z",
        run=Run("01a20d30-5ab4-756f-8715-b42f241815b7", {**facets, "errorMessage": error}),
        job=Job("default", "private_model.mask", {"airflow": {}}),
        producer="https://example.org",
    )
    trimmed = TrimEvents({}).transform(event)
    assert set(trimmed.run.facets) == {"nominalTime", "errorMessage"} and not trimmed.job.facets
    assert "555-0144" not in Serde.to_json(trimmed)


def test_operators_load_without_openlineage() -> None:
    code = (
        "import sys; sys.modules['openlineage'] = None\n"
        "from airlock_airflow.operators import MaskOperator\n"
        "assert MaskOperator(task_id='mask', shard={}, statistics={}).get_openlineage_facets_on_complete(None) is None"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True)
