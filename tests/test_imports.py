"""The floors hold, the contract that says so can fail, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BIN = Path(sys.executable).parent
HEAVY = (
    "torch",
    "opacus",
    "presidio_analyzer",
    "faker",
    "lingua",
    "spacy",
    "great_expectations",
    "transformers",
    "peft",
    "onnxruntime",
)
TABLES = ("polars", "pandas", "pyarrow")


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'plugins'}"}
    command = [BIN / "lint-imports", "--no-cache"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_imports_go_down_only():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.fixture
def copy(tmp_path):
    for name in ("dags", "plugins", "tasks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add(root: Path, module: str, line: str) -> None:
    path = root / f"{module.replace('.', '/')}.py"
    with path.open("a") as stream:
        stream.write(f"\n{line}\n")


def test_each_contract_can_fail(copy):
    add(copy, "tasks.core.errors", "import tasks.stages.train")
    add(copy, "tasks.stages.train", "import tasks.stages.clip")
    add(copy, "tasks.methods.lm.weights", "import tasks.core.artifacts")
    add(copy, "tasks.core.progress", "from airflow.sdk import DAG")
    (copy / "tasks/shortcut.py").write_text("")
    result = lint_imports(copy)
    assert result.returncode == 1
    for contract in PROJECT["tool"]["importlinter"]["contracts"]:
        assert f"{contract['name']} BROKEN" in result.stdout


def test_the_plugins_are_on_the_contracts_path(copy):
    add(copy, "tasks.core.errors", "import airlock_airflow.operators")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert "tasks.core is not allowed to import airlock_airflow" in result.stdout


@pytest.mark.parametrize("folder", ["tasks/core", "tasks/stages", "tasks/command", "dags", "plugins/airlock_airflow"])
def test_ruff_refuses_a_heavy_import_at_the_top_of_a_module(folder):
    heavy = [*HEAVY, *TABLES]
    found = ruff(f"{folder}/x.py", "".join(f"import {name}\n" for name in heavy))
    assert found.count("TID253") == len(heavy)


def test_ruff_allows_it_inside_a_function_and_in_a_method():
    assert ruff("tasks/stages/x.py", "def run():\n    import torch\n\n    return torch\n") == []
    assert ruff("tasks/methods/dp/x.py", "import torch\n\nprint(torch)\n") == []


def ruff(place: str, code: str) -> list[str]:
    command = [
        BIN / "ruff",
        "check",
        "--no-cache",
        "--output-format=json",
        "--ignore=F401",
        "--stdin-filename",
        place,
        "-",
    ]
    result = subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, check=False)
    return [finding["code"] for finding in json.loads(result.stdout)]


def loaded(code: str) -> set[str]:
    """Names of the top-level modules that a fresh process has loaded after ``code``."""
    code += "\nimport json, sys; print('LOADED', json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return set(json.loads(result.stdout.rpartition("LOADED")[2]))


IMPORT_ALL = """
import importlib, pkgutil
for name in {names}:
    module = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
"""


@pytest.mark.parametrize("floor", ["tasks.core", "tasks.stages", "tasks.process", "tasks.command"])
def test_a_floor_loads_nothing_heavy(floor):
    names = loaded(IMPORT_ALL.format(names=[floor]))
    assert "tasks" in names
    assert not names & {*HEAVY, *TABLES, "airflow"}


@pytest.mark.parametrize("dag", sorted((ROOT / "dags").glob("*.py")), ids=lambda path: path.stem)
def test_parsing_a_dag_loads_nothing_heavy(dag):
    names = loaded(f"import runpy; runpy.run_path({str(dag)!r})")
    assert {"airflow", "airlock_airflow"} <= names
    assert not names & {*HEAVY, *TABLES}


def test_the_plugins_package_loads_nothing_heavy():
    assert not loaded(IMPORT_ALL.format(names=["airlock_airflow"])) & {*HEAVY, *TABLES}


def test_the_check_sees_a_heavy_module_when_there_is_one():
    assert "onnxruntime" in loaded("import onnxruntime")


def test_no_file_of_the_floors_above_has_a_floors_name():
    """Airflow's loader would run it as a top-level module of that name and replace ours."""
    taken = {"tasks", "dags", "plugins", *(path.stem for path in (ROOT / "tasks").iterdir())} - {
        "__init__",
        "__pycache__",
    }
    found = {path.stem for folder in ("dags", "plugins") for path in (ROOT / folder).glob("*.py")}
    assert not found & (taken | set(sys.stdlib_module_names))
