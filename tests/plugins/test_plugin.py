"""Airflow's plugin loader, the pages behind its API server, and who may see them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.core import runs
from tasks.core.store import Store
from tests.conftest import ROOT
from tests.plugins.test_pages import ref, step

LOAD = """
import sys
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
import tasks
import json
print("RESULT", json.dumps({"plugins": [p.name for p in plugins if p.name == "airlock"], "errors": dict(errors),
      "tasks": tasks.__file__, "stems": sorted(set(sys.modules) & set(STEMS)),
      "security": "airflow.api_fastapi.core_api.security" in sys.modules}))
"""


def test_loader_runs_the_one_plugin_file_and_tasks_stays_ours(tmp_path: Path) -> None:
    stems = sorted({path.stem for path in (ROOT / "plugins" / "airlock_airflow").rglob("*.py")} - {"__init__"})
    done = subprocess.run(
        [sys.executable, "-c", f"STEMS = {stems!r}\n{LOAD}"],
        env={
            "PATH": "/usr/bin:/bin",
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(done.stdout.split("RESULT ", 1)[1])
    assert result["plugins"] == ["airlock"] and result["errors"] == {}
    assert result["tasks"] == str(ROOT / "tasks" / "__init__.py")
    assert result["stems"] == []
    assert not result["security"]


def test_no_module_has_a_floors_name() -> None:
    floors = {"dags", "plugins", "tasks", "stages", "methods", "core"}
    for folder in ("dags", "plugins"):
        assert not {path.stem for path in (ROOT / folder).rglob("*.py")} & floors
    loaded = [path.name for path in (ROOT / "plugins").glob("*.py")]
    assert loaded == ["airlock_plugin.py"]
    packages = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")}
    ignored = (ROOT / "plugins" / ".airflowignore").read_text().splitlines()
    assert {f"{name}/" for name in packages} <= set(ignored)


@pytest.fixture
def client(airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The plugin's application, mounted as Airflow mounts it, with sign-in that a test decides."""
    from fastapi.testclient import TestClient

    sys.path.append(str(ROOT / "plugins"))
    from airlock_plugin import AirlockPlugin

    (mounted,) = AirlockPlugin().fastapi_apps
    return TestClient(mounted["app"])


def test_without_signing_in_there_is_no_page(client: Any) -> None:
    for path in ("/", "/run?id=r", "/runs/private_model/r"):
        assert client.get(path).status_code == 401, path
        assert client.get(path, headers={"Authorization": "Bearer nonsense"}).status_code in (401, 403)
    assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 404


@pytest.fixture
def admin(client: Any) -> Any:
    """The same, signed in as an administrator."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user

    client.app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="ann", role="admin")
    yield client
    client.app.dependency_overrides.clear()


def test_pages_show_the_deployments_runs(admin: Any, tmp_path: Path) -> None:
    clean = Store(str(tmp_path / "airlock-home" / "store" / "clean"))
    run_id = "manual__2026-03-01T00:00:00+00:00"
    entry = step("train", refs=[ref(epsilon=3.0)], name="ward-notes")
    runs.record(clean, run_id, "train", None, {k: entry[k] for k in entry if k not in ("run", "stage", "shard", "at")})
    index = admin.get("/")
    assert index.status_code == 200 and "ward-notes" in index.text
    assert "default-src 'none'" in index.headers["content-security-policy"]
    for path in (f"/runs/private_model/{run_id}", "/runs/private_model/" + run_id.replace("+", "%2B")):
        page = admin.get(path)
        assert page.status_code == 200 and "epsilon 3" in page.text and run_id in page.text
    assert "No step" in admin.get("/run", params={"id": "another"}).text


def test_broken_deployment_is_a_sentence(admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_CONFIG", "/nowhere/airlock.yaml")
    answer = admin.get("/")
    assert answer.status_code == 200 and "AIRLOCK_CONFIG" in answer.text


def test_viewer_of_no_dag_sees_no_run(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user

    client.app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="eve", role=None)
    assert client.get("/").status_code == 403
    assert client.get("/runs/private_model/r").status_code == 403
    client.app.dependency_overrides.clear()


def test_views_point_at_mounted_pages() -> None:
    sys.path.append(str(ROOT / "plugins"))
    from airlock_plugin import AirlockPlugin

    views = {view["destination"]: view for view in AirlockPlugin.external_views}
    assert set(views) == {"nav", "dag_run"}
    assert all(view["href"].startswith("/airlock/") and view["url_route"] for view in views.values())
    json.dumps(AirlockPlugin.external_views)
