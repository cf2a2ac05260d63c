"""The DAG of a team that is handed a model: it takes a whole bundle, and refuses any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.core.store import Store
from tasks.stages import release
from tests.conftest import ROOT
from tests.releases import Deployment


@pytest.fixture
def released(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment = Deployment(tmp_path / "home", tiny_model)
    release.run(deployment.context())
    key = tmp_path / "release.pem"
    key.write_text(deployment.pem)
    monkeypatch.setenv("AIRLOCK_CONSUMER_KEY", str(key))
    return deployment


def woken(bundle: str) -> dict[str, Any]:
    old = SimpleNamespace(timestamp=datetime(2026, 1, 1, tzinfo=UTC), extra={"uri": "/gone"})
    new = SimpleNamespace(timestamp=datetime(2026, 1, 2, tzinfo=UTC), extra={"uri": bundle, "epsilon": 3.0})
    return {"triggering_asset_events": {"asset": [new, old]}, "params": {"bundle": None}}


def verify() -> Any:
    from airlock_airflow.consumer import VerifyOperator

    return VerifyOperator(task_id="verify")


def test_the_newest_release_is_checked_and_tried(released: Deployment) -> None:
    from airlock_airflow.consumer import SmokeOperator

    handed = verify().execute(woken(str(released.bundle)))
    assert handed == {"uri": str(released.bundle), "epsilon": 3.0}
    found = SmokeOperator(task_id="smoke", bundle=handed).execute({})
    assert found["prompts"] > 0 and found["tokens"] > 0


def test_a_run_by_hand_names_its_bundle(released: Deployment) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    assert verify().execute({"params": {"bundle": str(released.bundle)}})["uri"] == str(released.bundle)
    with pytest.raises(AirflowFailException, match="parameter `bundle`"):
        verify().execute({"params": {"bundle": None}})


def test_a_tampered_bundle_is_refused(released: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    (released.bundle / "PRIVACY_CARD.md").write_text("epsilon = 0.1")
    with pytest.raises(AirflowFailException, match="PRIVACY_CARD.md: was changed after signing"):
        verify().execute(woken(str(released.bundle)))
    monkeypatch.delenv("AIRLOCK_CONSUMER_KEY")
    with pytest.raises(AirflowFailException, match="AIRLOCK_CONSUMER_KEY"):
        verify().execute(woken(str(released.bundle)))


def test_a_bundle_elsewhere_is_fetched(released: Deployment, request: pytest.FixtureRequest) -> None:
    store = Store("memory://handed-over")
    for path in sorted(path for path in released.bundle.rglob("*") if path.is_file()):
        store.upload(path, path.relative_to(released.bundle).as_posix())
    assert verify().execute(woken("memory://handed-over"))["uri"] == "memory://handed-over"


def test_the_example_is_scheduled_on_the_releases_of_one_model(
    airflow_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    from airlock_airflow.operators.release import release_asset

    monkeypatch.setenv("AIRLOCK_CONSUMER_MODEL", "ward-notes")
    bag = DagBag(str(ROOT / "dags"), collect_dags=False)
    bag.process_file(str(ROOT / "dags" / "consumer_example.py"))
    assert not bag.import_errors
    dag = bag.dags["consumer_example"]
    assert dag.get_task("smoke").upstream_task_ids == {"verify"} and dag.doc_md
    assert [asset.uri for asset in dag.timetable.asset_condition.objects] == [release_asset("ward-notes").uri]
