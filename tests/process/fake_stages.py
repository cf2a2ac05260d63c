"""Stages that misbehave, for a child process. Written to a folder that a sitecustomize adds to ``tasks.stages``."""

from __future__ import annotations

from pathlib import Path

SITECUSTOMIZE = """
import os, tasks.stages
tasks.stages.__path__.append(os.path.dirname(__file__))
"""

STAGES = {
    "fake_ok": """
from tasks.core.stage import Stage
STAGE = Stage("fake_ok", 1, "clean")
def run(ctx):
    ctx.log.info("working on %s", ctx.run_id)
    return ctx.artifact(STAGE, None, {}, lambda w: w.write_json("x.json", {"x": 1}) or {"rows": 1})
""",
    "fake_foreign_error": """
import logging, warnings
def run(ctx):
    logging.getLogger("some.library").error("could not parse Jane Roe")
    logging.error("could not parse Jane Roe")
    warnings.warn("could not parse Jane Roe")
    raise ValueError("could not parse Jane Roe") from KeyError("Jane Roe")
""",
    "fake_user_error": """
from tasks.core.errors import UserError
def run(ctx):
    raise UserError("ingest.source: line 3 is not UTF-8")
""",
    "fake_gate": """
from tasks.core.errors import GateRefused
def run(ctx):
    raise GateRefused("PERSON: 3 rows over the limit")
""",
    "fake_budget": """
from tasks.core.errors import BudgetRefused
def run(ctx):
    raise BudgetRefused("nothing is left")
""",
    "fake_later": """
from tasks.core.errors import TryAgain
def run(ctx):
    raise TryAgain("the store is down")
""",
    "fake_environment": """
import json, os, sys
def run(ctx):
    ctx.log.info("ENV %s", json.dumps({"env": dict(os.environ), "argv": open("/proc/self/cmdline").read()}))
    ctx.log.info("KEYS %r", ctx.keys)
    raise SystemExit(0)
""",
    "fake_sleep": """
import os, time
def run(ctx):
    ctx.log.info("PID %d", os.getpid())
    time.sleep(600)
""",
    "fake_abort": """
import os, signal
def run(ctx):
    os.kill(os.getpid(), signal.SIGKILL)
""",
}


def write(folder: Path) -> None:
    """Write the stages and what makes a child find them; put ``folder`` on PYTHONPATH."""
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
    for name, code in STAGES.items():
        (folder / f"{name}.py").write_text(code)
