"""``airlock ui`` as its users meet it: Airflow starts, a run is triggered over REST, a second reuses all, it stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.core import runs
from tasks.core.config import Config
from tasks.core.pipeline import PIPELINE
from tasks.core.store import Store
from tests.conftest import ROOT
from tests.dags.lenient import lenient_policy
from tests.pipeline_run import tiny_config

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processes_of(home: Path) -> list[int]:
    """Living processes that were started with this Airlock home, however they were started."""
    mark = f"AIRLOCK_HOME={home}\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes() + b"\0" and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


COMMAND = "from tasks.command import main; raise SystemExit(main())"


class Ui:
    """A running ``airlock ui`` and a client of its REST interface."""

    def __init__(self, home: Path, config: Path) -> None:
        self.port = _free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "ui", "--port", str(self.port), "--config", str(config)],
            env={**os.environ, "AIRLOCK_HOME": str(home), "AIRLOCK_SCHEDULE": "none", "OMP_NUM_THREADS": "1"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        login = re.search(r"^Login: (\S+), password: (\S+)$", self.said, re.M)
        if login is None:
            self.process.send_signal(signal.SIGTERM)
            raise AssertionError(f"no login was printed: {self.said}")
        answer = self.call("POST", "/auth/token", {"username": login[1], "password": login[2]}, token=None)
        self.token = answer[1]["access_token"]

    def call(self, method: str, path: str, body: Any = None, token: str | None = "own") -> tuple[int, Any]:
        """Status and body of a request."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        url = f"http://127.0.0.1:{self.port}{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text) if text.startswith(("{", "[")) else text
        except urllib.error.HTTPError as exc:
            return exc.code, exc.read().decode()

    def wait_for(self, run_id: str, seconds: float = 600) -> dict[str, Any]:
        """Poll a run until it has ended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            _, run = self.call("GET", f"/api/v2/dags/private_model/dagRuns/{run_id}")
            if run["state"] in ("success", "failed"):
                return dict(run)
            time.sleep(0.5)
        raise AssertionError(f"run {run_id} did not end")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ui")


@pytest.fixture(scope="module")
def config(home: Path) -> Config:
    return tiny_config(home, rows=60, shard_rows=25, planted=2)


@pytest.fixture(scope="module")
def ui(home: Path, config: Config) -> Iterator[Ui]:
    started = Ui(home, home / "data-0" / "tiny.yaml")
    yield started
    if started.process.poll() is None:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(90)


def test_triggered_over_rest_then_reused_then_stopped(ui: Ui, home: Path, config: Config) -> None:
    until = time.monotonic() + 120
    while ui.call("GET", "/api/v2/dags/private_model")[0] != 200 and time.monotonic() < until:
        time.sleep(0.5)
    assert ui.call("GET", "/api/v2/importErrors")[1]["total_entries"] == 0
    assert ui.call("GET", "/api/v2/dags/private_model")[1]["is_paused"]
    assert ui.call("PATCH", "/api/v2/dags/private_model", {"is_paused": False})[0] == 200

    runs_path = "/api/v2/dags/private_model/dagRuns"
    for bad in ({"train.epsilon": -1}, {"train.device": "tpu"}, {"ingest.columns": [{"name": "x"}]}):
        status, said = ui.call("POST", runs_path, {"logical_date": None, "conf": bad})
        assert status == 400 and next(iter(bad)) in said

    clean = Store(config.store.zone("clean", home))
    policy = str(lenient_policy(home))
    refs: list[Any] = []
    for run_id in ("first", "second"):
        body = {"logical_date": None, "dag_run_id": run_id, "conf": {"name": "ward-notes", "mask.policy": policy}}
        assert ui.call("POST", runs_path, body)[0] == 200
        assert ui.wait_for(run_id)["state"] == "success", runs.steps(clean, run_id)
        steps = runs.steps(clean, run_id)
        assert {step["stage"] for step in steps} == {step.stage for step in PIPELINE}
        assert all(step["reused"] == (run_id == "second") for step in steps), steps
        refs.append(sorted(json.dumps([step["stage"], step["shard"], step["refs"]], sort_keys=True) for step in steps))
    assert refs[0] == refs[1]
    assert ui.call("POST", runs_path, body)[0] == 409

    # Written by the scheduler when the run ended; the second run reuses the training, and says what that had cost.
    for run_id in ("first", "second"):
        note = ui.call("GET", f"{runs_path}/{run_id}")[1]["note"]
        assert re.search(r"cost ε = [78]\.\d\d .* data set \S+ had spent [78]\.\d\d of 100; 9[12]\.", note)
    _, listed = ui.call("GET", "/api/v2/dags/private_model/dagRuns/second/taskInstances")
    labels = {ti["rendered_map_index"] for ti in listed["task_instances"] if ti["task_id"] == "mask"}
    shards = next(step["refs"] for step in runs.steps(clean, "second") if step["stage"] == "plant")
    assert labels == {ref["counts"]["label"] for ref in shards} and len(labels) > 1
    _, events = ui.call("GET", "/api/v2/assets/events")
    assert {(event["name"], event["source_task_id"]) for event in events["asset_events"]} == {
        ("ward-notes", "export"),
        ("ward-notes-releases", "release"),
    }

    assert ui.call("GET", "/airlock/", token=None)[0] == 401
    status, page = ui.call("GET", "/airlock/runs/private_model/second")
    assert status == 200 and "reused" in page and "<svg" in page

    ui.process.send_signal(signal.SIGTERM)
    assert ui.process.wait(90) == 0
    until = time.monotonic() + 15
    while (left := _processes_of(home)) and time.monotonic() < until:
        time.sleep(0.2)
    assert left == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", ui.port))
