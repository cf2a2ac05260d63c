"""Fixtures for Airflow: its database, the DAG, and stages that pretend."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tasks.process.launch import StageProcess
from tasks.process.request import Answer, Request

COLUMNS = [{"name": "person", "role": "person"}, {"name": "note", "role": "text"}]
CONF: dict[str, Any] = {"ingest.columns": COLUMNS}


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """Airflow's metadata database, made once."""
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def load_dag(airflow_db: None) -> Callable[[], Any]:
    """Parse ``dags/private_model.py`` as it is with the environment of the test."""

    def load() -> Any:
        from airflow.dag_processing.dagbag import DagBag

        from tests.conftest import ROOT

        bag = DagBag(str(ROOT / "dags"), collect_dags=False)
        bag.process_file(str(ROOT / "dags" / "private_model.py"))
        assert not bag.import_errors
        return bag.dags["private_model"]

    return load


@dataclass
class FakeStages:
    """Stands in for the stages' processes: answers with content-addressed references and keeps the requests."""

    shards: list[str] = field(default_factory=lambda: ["a", "b"])
    requests: list[Request] = field(default_factory=list)
    built: list[tuple[str, int | None]] = field(default_factory=list)
    errors: dict[str, list[BaseException]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    sample: dict[str, Any] | None = None

    def run(self, process: StageProcess) -> Answer:
        """What :meth:`StageProcess.run` does, without a process."""
        request = Request.from_bytes(process.request.to_bytes())
        self.requests.append(request)
        process._log(f"{request.stage}: 100 % done")
        if pending := self.errors.get(request.stage):
            raise pending.pop(0)
        if request.stage == "ingest":
            refs = [self._shard(i, text) for i, text in enumerate(self.shards)]
            key = "".join(ref["digest"] for ref in refs)
        elif request.stage == "plant":
            refs = request.inputs["shards"]
            key = "plant" + "".join(ref["digest"] for ref in refs)
        else:
            # As where no column is filled with its mean: what was released decides nothing below.
            used = {role: refs for role, refs in request.inputs.items() if role != "statistics"}
            digests = {role: [ref["digest"] for ref in refs] for role, refs in used.items()}
            key = hashlib.sha256(json.dumps([request.stage, digests], sort_keys=True).encode()).hexdigest()
            counts = {"rows": 10, "shard": request.shard} if request.stage == "mask" else {"rows": 10}
            if request.stage == "review":
                counts = {"rows": 0, "seeded": 0}
            if request.stage == "train":
                counts = {"epsilon": request.config["train"]["epsilon"], "delta": 1e-5}
                counts |= {"ledger_entry": "feedbeef", "dataset": request.config["dataset"], "dataset_budget": 16.0}
                counts |= {"dataset_spent": 9.5, "dataset_left": 6.5}
            if request.stage == "release":
                counts = {"name": request.config["name"], "version": "1", "uri": "/handoff/m/1", "epsilon": 3.0}
            refs = [_ref(request.stage, key, counts)]
            if request.stage == "review" and self.sample is not None:
                refs = [self.sample]
        if key not in self.known:
            self.known.add(key)
            self.built.append((request.stage, request.shard))
        return Answer(refs=refs)

    def of(self, stage: str) -> list[Request]:
        """The requests of one stage."""
        return [request for request in self.requests if request.stage == stage]

    def _shard(self, number: int, text: str) -> dict[str, Any]:
        digest = hashlib.sha256(text.encode()).hexdigest()
        counts = {"shard": number, "rows": 5, "label": f"{number:05d} · 5 rows", "file": f"shards/{number:05d}.parquet"}
        return {**_ref("ingest", "0" * 64, counts), "digest": digest}


def _ref(stage: str, key: str, counts: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(key.encode()).hexdigest()
    return {"uri": f"/store/zone/{stage}/{key}", "stage": stage, "key": key, "digest": digest, "counts": counts}


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[FakeStages]:
    """Pretended stages, a key and an allowed source; ``AIRLOCK_ALLOWED_URLS`` names the test's folder."""
    fake = FakeStages()
    monkeypatch.setattr(StageProcess, "run", lambda process: fake.run(process))
    monkeypatch.setenv("AIRLOCK_KEY", "ab" * 32)
    monkeypatch.setenv("AIRLOCK_ALLOWED_URLS", str(tmp_path))
    yield fake


@pytest.fixture
def conf(tmp_path: Any) -> dict[str, Any]:
    """A run's configuration, as a person would send it."""
    return {**CONF, "ingest.source": str(tmp_path / "rows.csv")}
