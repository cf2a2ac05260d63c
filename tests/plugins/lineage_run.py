"""A run of the DAG in a process of its own, so that OpenLineage's provider reads the environment of its test.

``python -m tests.plugins.lineage_run CONF [fake] [shut]``: ``fake`` has the stages pretend, ``shut`` the gate refuse.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def pretend(shut: bool) -> None:
    """Stages that pretend, and the leak gate's shared report as a real one leaves it."""
    from tasks.core import artifacts, settings
    from tasks.core.errors import GateRefused
    from tasks.core.store import Store
    from tasks.process.launch import StageProcess
    from tests.plugins.conftest import FakeStages

    store = Store(str(settings.home() / "store" / "clean"))

    def build(writer: Any) -> dict[str, Any]:
        said = {
            "independent": {"passed": True},
            "known": {"passed": True},
            "planted": {"kinds": [{"name": "PERSON", "passed": True}]},
            "review": None,
        }
        writer.write_json("leak_check.json", said)
        return {"passed": True}

    shared = artifacts.reuse_or_build(store, "leakcheck-shared", "c" * 64, {}, build)[0].to_dict()
    fake = FakeStages()
    if shut:
        fake.errors["leakcheck"] = [GateRefused("leakcheck: 3 findings, the policy allows 0")]

    def run(process: StageProcess) -> Any:
        answer = fake.run(process)
        if process.request.stage == "leakcheck":
            answer.refs[0]["counts"]["leak_check"] = shared
        return answer

    StageProcess.run = run  # type: ignore[method-assign]


def main(conf: str, fake: bool, shut: bool) -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    from tests.conftest import ROOT

    initdb()
    if fake:
        pretend(shut)
    bag = DagBag(str(ROOT / "dags"), collect_dags=False)
    bag.process_file(str(ROOT / "dags" / "private_model.py"))
    run = bag.dags["private_model"].test(run_conf=json.loads(Path(conf).read_text(encoding="utf-8")))
    # Not to standard output: the listener's own process may still be logging there.
    Path(conf).with_name("state").write_text(str(run.state), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], "fake" in sys.argv[2:], "shut" in sys.argv[2:])
