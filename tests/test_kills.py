"""kill -9 at any instant, of a stage's process, of its operator's or of both: a rerun gives the same payload."""

from __future__ import annotations

import contextlib
import itertools
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.core.artifacts import Ref, open_ref
from tasks.core.config import Config
from tasks.core.config.canary import CanaryConfig
from tasks.core.keys import load_keys
from tasks.core.ledger import Ledger
from tasks.core.pipeline import PIPELINE, STEPS
from tests.dags.lenient import lenient_policy
from tests.pipeline_run import run_all, tiny_config

pytestmark = pytest.mark.slow
KILLS = 21
LISTS = ("shards", "masked", "raw")
"""Roles that take the references of all shards."""
TARGETS = ("child", "operator", "both")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Config, dict[str, list[dict[str, Any]]]]]:
    """A whole undisturbed run: its configuration and the references by stage."""
    import airlock_airflow.operators  # noqa: F401 - once here, so that no fork pays for it

    home = tmp_path_factory.mktemp("kills")
    before = {name: os.environ.get(name) for name in ("AIRLOCK_HOME", "AIRLOCK_ALLOWED_URLS")}
    os.environ |= {"AIRLOCK_HOME": str(home), "AIRLOCK_ALLOWED_URLS": str(home)}
    config = tiny_config(home, rows=30, shard_rows=20, steps=30, planted=20)
    # This is about kills, not about detection: on so few rows one finding would shut the gate.
    lenient = config.mask.model_copy(update={"policy": str(lenient_policy(home, quick=True))})
    # One person at a time and many steps: much of train's life is then noisy steps, which is where kills matter.
    slow = config.train.model_copy(update={"physical_batch": 1, "steps": 150})
    config = config.model_copy(update={"mask": lenient, "train": slow, "canary": CanaryConfig(count=30)})
    load_keys(home, create=True)
    yield config, run_all(config)
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.mark.parametrize("stage", [step.stage for step in PIPELINE])
def test_kills(
    stage: str, finished: tuple[Config, dict[str, list[dict[str, Any]]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, refs = finished
    home = Path(config.store.root).parent
    monkeypatch.setenv("AIRLOCK_HOME", str(home))
    monkeypatch.setenv("AIRLOCK_ALLOWED_URLS", str(home))
    ref = refs[stage][0 if STEPS[stage].mapped else -1]  # plant hands on others' references before its own
    want, key = _payload(ref), ref["key"]
    inputs = {
        role: refs[source][:1] if STEPS[stage].mapped else refs[source] for role, source in STEPS[stage].inputs.items()
    }

    _forget(home, stage, key)
    started = time.monotonic()
    operator, child = _start(stage, config, inputs)
    ready = time.monotonic()
    operator.join()
    seconds = time.monotonic() - ready
    assert operator.exitcode == 0 and child is not None
    assert _payload(_published(home, stage, key)) == want, f"{stage}: not deterministic even without a kill"

    hits, noisy = 0, 0
    _forget(home, stage, key)
    for number, target in zip(range(KILLS), itertools.cycle(TARGETS)):
        if _published(home, stage, key) is not None:
            _forget(home, stage, key)
        operator, child = _start(stage, config, inputs)
        # Spread over the time that the undisturbed child took, a little of its end left out: it is gone by then.
        time.sleep(seconds * 0.95 * (number + 0.5) / KILLS)
        running = child is not None and _alive(child) and _published(home, stage, key) is None
        if stage == "train":
            noisy += running and Ledger(home / "ledger.sqlite").entries()[-1].state == "noise"
        if target in ("child", "both") and child is not None:
            _kill(child)
        if target in ("operator", "both"):
            _kill(operator.pid)
        operator.join(30)
        assert operator.exitcode is not None and (child is None or _ends(child)), f"{stage}: outlived its kill"
        hits += running
        if (ref := _published(home, stage, key)) is not None:
            assert _payload(ref) == want
    assert hits >= KILLS / 2, f"{stage}: only {hits} of {KILLS} kills hit it while it ran ({seconds:.1f} s)"

    if _published(home, stage, key) is not None:
        _forget(home, stage, key)
    operator, _ = _start(stage, config, inputs)
    operator.join()
    assert operator.exitcode == 0
    assert _payload(_published(home, stage, key)) == want
    if stage == "train":
        assert noisy >= 3, f"only {noisy} kills hit a noisy step"
        (entry,) = Ledger(home / "ledger.sqlite").entries()
        assert entry.state == "committed"  # every restart went on under the one charge
    print(f"\n{stage}: {hits} of {KILLS} kills hit, {noisy} in noisy steps, {time.monotonic() - started:.0f} s")


def _start(stage: str, config: Config, inputs: dict[str, Any]) -> tuple[Any, int | None]:
    """The operator in a process of its own, and the pid of the child that runs the stage."""
    operator = multiprocessing.get_context("fork").Process(target=_operate, args=(stage, config, inputs))
    operator.start()
    for _ in range(600):
        try:
            children = Path(f"/proc/{operator.pid}/task/{operator.pid}/children").read_text().split()
        except FileNotFoundError:
            return operator, None
        if children:
            return operator, int(children[0])
        time.sleep(0.01)
    raise AssertionError(f"{stage}: its operator started no process")


def _operate(stage: str, config: Config, inputs: dict[str, Any]) -> None:
    from airlock_airflow import operators
    from tasks.core.config.form import form_fields

    os.close(1)
    os.open(os.devnull, os.O_WRONLY)
    os.dup2(1, 2)
    plain = config.model_dump(mode="json")
    params = {}
    for field in form_fields():
        section, _, name = field.name.rpartition(".")
        params[field.name] = plain[section][name] if section else plain[name]
    given = {role: found if role in LISTS else found[0] for role, found in inputs.items()}
    kind = getattr(operators, f"{stage.capitalize()}Operator")
    kind(task_id=stage, **given).execute({"params": params, "run_id": f"kills-{stage}", "outlet_events": _Ignored()})


class _Ignored:
    """Stands in for the outlet events of a DAG run: this test has none."""

    def __getitem__(self, _: object) -> _Ignored:
        return self

    def add(self, *_: object, **__: object) -> None:
        """Nothing."""


def _forget(home: Path, stage: str, key: str) -> None:
    """Take a stage's artifact away, with what killed attempts left; train's charge opens again with its nonce."""
    for folder in [*home.glob(f"store/*/{stage}/{key}"), *home.glob(f"store/*/{stage}-*")]:
        shutil.rmtree(folder)
    if stage == "train":
        with sqlite3.connect(home / "ledger.sqlite") as db:
            db.execute("UPDATE charge SET state='reserved', digest=NULL")


def _published(home: Path, stage: str, key: str) -> dict[str, Any] | None:
    found = list(home.glob(f"store/*/{stage}/{key}/manifest.json"))
    if not found:
        return None
    manifest = json.loads(found[0].read_text())
    return {"uri": str(found[0].parent), "stage": stage, "key": manifest["key"], "digest": manifest["digest"]}


def _payload(ref: dict[str, Any] | None) -> dict[str, str]:
    """Name to SHA-256 of every payload file, verified."""
    assert ref is not None
    return {name: entry["sha256"] for name, entry in open_ref(Ref.from_dict(ref)).manifest["files"].items()}


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _ends(pid: int) -> bool:
    for _ in range(500):
        if not _alive(pid):
            return True
        time.sleep(0.02)
    return False
