"""What tests of every floor share: Airflow, should a test import it, lives in a temporary home of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

_home = tempfile.mkdtemp(prefix="airlock-airflow-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)

# Read when Airflow is first imported: set before any test module can do so, without importing it here.
os.environ.update(
    {
        "AIRFLOW_HOME": _home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": f"{_home}/logs",
    }
)
for folder in (ROOT / "dags", ROOT / "plugins"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


@pytest.fixture(autouse=True)
def _own_deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has an Airlock home of its own and none of this machine's settings."""
    for name in [name for name in os.environ if name.startswith("AIRLOCK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "airlock-home"))


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny language model, its weights at random."""
    from tests.tiny import tiny_causal_lm

    folder = tmp_path_factory.mktemp("model") / "model"
    tiny_causal_lm(folder)
    return folder
