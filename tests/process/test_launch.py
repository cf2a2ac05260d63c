"""A stage's process: how it ends, what it is told, and what never comes out of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tasks.core import runs
from tasks.core.errors import AirlockError, BudgetRefused, GateRefused, TryAgain, UserError
from tasks.core.keys import Keys
from tasks.core.store import Store
from tasks.process.launch import StageProcess
from tasks.process.request import Request
from tests.process import fake_stages

MASTER = b"m" * 32


@pytest.fixture(autouse=True)
def _stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stages").mkdir()
    fake_stages.write(tmp_path / "stages")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stages"))
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))


def request(stage: str) -> Request:
    config = {"ingest": {"source": "/x", "columns": [{"name": "note", "role": "text"}]}}
    keys = Keys.from_master(MASTER).to_wire(("noise",))
    return Request(stage=stage, run_id="run:1+x", config=config, keys=keys)


def run(stage: str) -> tuple[list[str], StageProcess]:
    lines: list[str] = []
    process = StageProcess(request(stage), lines.append)
    process.run()
    return lines, process


def test_a_stage_answers_with_its_reference_and_enters_the_index(tmp_path: Path) -> None:
    lines: list[str] = []
    first = StageProcess(request("fake_ok"), lines.append).run()
    second = StageProcess(request("fake_ok"), lines.append).run()
    assert first.refs == second.refs and (first.reused, second.reused) == (False, True)
    assert "working on run:1+x" in lines
    (step,) = runs.steps(Store(str(tmp_path / "home/store/clean")), "run:1+x")
    assert (step["stage"], step["exit_code"], step["reused"]) == ("fake_ok", 0, True)


@pytest.mark.parametrize(
    ("stage", "kind", "words"),
    [
        ("fake_user_error", UserError, "line 3"),
        ("fake_gate", GateRefused, "3 rows over"),
        ("fake_budget", BudgetRefused, "nothing is left"),
        ("fake_later", TryAgain, "store is down"),
        ("fake_abort", TryAgain, "SIGKILL"),
    ],
)
def test_an_error_arrives_as_what_it_was(stage: str, kind: type[AirlockError], words: str) -> None:
    with pytest.raises(kind, match=words):
        run(stage)


def test_a_foreign_error_says_where_and_never_what(tmp_path: Path) -> None:
    lines: list[str] = []
    with pytest.raises(AirlockError, match=r"ValueError at .*fake_foreign_error\.py:7") as caught:
        StageProcess(request("fake_foreign_error"), lines.append).run()
    assert caught.value.exit_code == 1
    everything = "\n".join([*lines, str(caught.value)]) + "".join(
        path.read_text() for path in tmp_path.rglob("*") if path.is_file() and "stages" not in path.parts
    )
    assert "Jane" not in everything


def test_the_child_gets_no_connection_no_key_in_its_environment_and_none_in_argv(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AIRFLOW_CONN_LAKE", "AIRFLOW__CORE__FERNET_KEY", "AIRLOCK_KEY", "AIRLOCK_KEY_FILE"):
        monkeypatch.setenv(name, "hidden-value")
    lines: list[str] = []
    with pytest.raises(AirlockError):
        StageProcess(request("fake_environment"), lines.append).run()
    (dump,) = [json.loads(line[4:]) for line in lines if line.startswith("ENV ")]
    assert "hidden-value" not in json.dumps(dump)
    secret = Keys.from_master(MASTER).secret("noise").hex()
    assert secret not in json.dumps(dump) and not any(secret in line for line in lines)
    assert "KEYS Keys(noise)" in lines


def _pid_of_sleeper(lines: list[str]) -> int:
    for _ in range(200):
        found = [line for line in lines if line.startswith("PID ")]
        if found:
            return int(found[0][4:])
        time.sleep(0.05)
    raise AssertionError("the stage never started")


def _gone(pid: int, seconds: float = 5.0) -> bool:
    for _ in range(int(seconds / 0.05)):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_stop_ends_the_child() -> None:
    lines: list[str] = []
    process = StageProcess(request("fake_sleep"), lines.append)
    caught: list[BaseException] = []

    def body() -> None:
        try:
            process.run()
        except AirlockError as exc:
            caught.append(exc)

    thread = threading.Thread(target=body)
    thread.start()
    pid = _pid_of_sleeper(lines)
    process.stop()
    thread.join(10)
    assert _gone(pid) and isinstance(caught[0], TryAgain) and "SIGTERM" in str(caught[0])


def test_a_child_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.process.test_launch import request; from tasks.process.launch import StageProcess\n"
        "StageProcess(request('fake_sleep'), lambda line: print(line, flush=True)).run()"
    )
    root = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{tmp_path / 'stages'}"}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline()[4:])
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert _gone(pid)


def test_a_folder_named_tasks_where_the_command_is_called_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere" / "tasks").mkdir(parents=True)
    (tmp_path / "elsewhere" / "tasks" / "__init__.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("PYTHONPATH")  # the pretended stages' sitecustomize would import ours first
    with pytest.raises(AirlockError, match="ModuleNotFoundError"):  # ours was asked, and has no such stage
        run("no_such_stage")
