"""The deployment's settings, read from the environment when a DAG file is parsed.

| variable | meaning | default |
|---|---|---|
| ``AIRLOCK_CONFIG`` | a configuration file; its values are the form's defaults | none |
| ``AIRLOCK_SCHEDULE`` | cron expression of the scheduled runs, in UTC; ``none`` for none | ``@daily`` |
| ``AIRLOCK_TRAIN_POOL``, ``AIRLOCK_TRAIN_QUEUE`` | pool and queue of the training task | ``default_pool``, Airflow's |
| ``AIRLOCK_RAW_QUEUE`` | queue of the tasks that read the raw zone | Airflow's |
| ``AIRLOCK_OWNER`` | owner shown in Airflow | ``airlock`` |
| ``AIRLOCK_RETRY_SECONDS`` | wait before the first retry; each further one is twice as long | 30 |
| ``AIRLOCK_TIMEOUT_<STAGE>`` | minutes that a task of the stage may take | :data:`MINUTES` |
| ``AIRLOCK_TIMEOUT_REVIEW_ANSWER`` | minutes that a person may take to answer for a review sample | a week |
| ``AIRLOCK_TIMEOUT_APPROVE_RELEASE`` | minutes that a person may take to approve a release | a week |

Every worker and the DAG processor must see the same values.
"""

from __future__ import annotations

import functools
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from tasks.core.config import Config
from tasks.core.config.files import load_config
from tasks.core.errors import UserError

MINUTES = {
    "ingest": 180,
    "budget": 60,
    "plant": 120,
    "statistics": 60,
    "mask": 120,
    "leakcheck": 240,
    "review": 60,
    "review_answer": 10080,
    "canary": 60,
    "train": 2880,
    "clip": 60,
    "export": 60,
    "audit": 480,
    "approve_release": 10080,
    "release": 60,
}
"""Minutes after which a stage's task is stopped, where the deployment sets nothing else."""

RAW_STAGES = frozenset({"ingest", "budget", "plant", "statistics", "mask", "review", "review_answer", "leakcheck"})
"""Stages whose worker needs the raw zone's credentials."""

SEALED_STAGES = frozenset({"canary", "train", "audit"})
"""Stages whose worker needs the sealed zone's credentials."""


def deployment_config() -> Config | None:
    """The configuration that ``AIRLOCK_CONFIG`` names, or ``None`` where it names none. Read again when it changes.

    Raises:
        UserError: where the file is missing or breaks a rule; Airflow shows the sentence as the DAG's import error.
    """
    name = os.environ.get("AIRLOCK_CONFIG")
    if not name:
        return None
    path = Path(name)
    return _load(path, path.stat().st_mtime_ns if path.exists() else 0)


@functools.lru_cache(maxsize=1)
def _load(path: Path, _changed: int) -> Config:
    try:
        return load_config(path)
    except UserError as exc:
        raise UserError(f"AIRLOCK_CONFIG: {exc}") from None


def cron() -> str | None:
    """The cron expression of scheduled runs; ``None`` where there are none.

    A schedule needs a source: without ``AIRLOCK_CONFIG`` only triggered runs, which name one, make sense.
    """
    text = os.environ.get("AIRLOCK_SCHEDULE", "@daily").strip()
    return None if text.lower() in ("", "none") or not os.environ.get("AIRLOCK_CONFIG") else text


def placement(stage: str) -> dict[str, Any]:
    """Where and for how long the tasks of a stage run: operator arguments ``pool``, ``queue``, ``execution_timeout``.

    Raises:
        UserError: where a time-out isn't a number of minutes above 0.
    """
    variable = f"AIRLOCK_TIMEOUT_{stage.upper()}"
    placed: dict[str, Any] = {"execution_timeout": timedelta(minutes=_positive(variable, MINUTES.get(stage, 60)))}
    queue = os.environ.get("AIRLOCK_RAW_QUEUE") if stage in RAW_STAGES else None
    if stage in SEALED_STAGES:
        queue = os.environ.get("AIRLOCK_TRAIN_QUEUE")
    if stage in ("train", "audit"):
        placed["pool"] = os.environ.get("AIRLOCK_TRAIN_POOL") or "default_pool"
    if queue:
        placed["queue"] = queue
    return placed


def task_defaults() -> dict[str, Any]:
    """Arguments of every task: its owner, and retries with exponential back-off.

    Only what is transient is retried: the operators raise Airflow's no-retry error for everything else.
    """
    return {
        "owner": os.environ.get("AIRLOCK_OWNER") or "airlock",
        "retries": 2,
        "retry_delay": timedelta(seconds=_positive("AIRLOCK_RETRY_SECONDS", 30)),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=15),
    }


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    try:
        number = float(text) if text else float(default)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise UserError(f"{variable}: must be a number above 0")
    return number
