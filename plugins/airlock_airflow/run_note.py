"""A run's note in Airflow: what its training cost, and what the data set had left after it.

Listeners of runs are called by the scheduler, which has the database but no zone's credentials: what is read is
what the training task handed on.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

_DAG, _TASK = "private_model", "train"


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Called where a run has succeeded."""
    _write(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Called where a run has failed: what was trained before that was paid for."""
    _write(dag_run)


def note_of(counts: dict[str, Any]) -> str:
    """The note, from the counts of train's reference; empty where there is nothing to say."""
    try:
        return (
            f"Privacy: this training cost ε = {counts['epsilon']:.2f} at δ = {counts['delta']:g} (ledger entry "
            f"{counts['ledger_entry']}). With it data set {counts['dataset']} had spent {counts['dataset_spent']:.2f} "
            f"of {counts['dataset_budget']:g}; {counts['dataset_left']:.2f} was left."
        )
    except (KeyError, TypeError, ValueError):
        return ""


def _write(dag_run: Any) -> None:
    # A note that can't be written must not stop the scheduler.
    try:
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy.orm import object_session

        if dag_run.dag_id != _DAG:
            return
        if (session := object_session(dag_run)) is not None:
            _add(dag_run, session)
            return
        with create_session() as own:  # `airflow dags test` has let go of the run
            _add(own.get(DagRun, dag_run.id), own)
    except Exception as exc:
        logging.getLogger(__name__).warning("airlock: the run's note can't be written (%s)", type(exc).__name__)


def _add(dag_run: Any, session: Any) -> None:
    """Add the note to what a person may have written there."""
    note = _found(dag_run, session)
    if note and note not in (dag_run.note or ""):
        dag_run.note = f"{dag_run.note}\n\n{note}" if dag_run.note else note


def _found(dag_run: Any, session: Any) -> str:
    from airflow.models.xcom import XComModel

    query = XComModel.get_many(
        run_id=dag_run.run_id, key="return_value", task_ids=_TASK, dag_ids=dag_run.dag_id, limit=1
    )
    for row in session.scalars(query):
        value = XComModel.deserialize_value(row)
        if isinstance(value, dict):
            return note_of(value.get("counts") or {})
    return ""
