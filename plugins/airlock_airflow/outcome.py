"""How a stage's error ends its task: the one place where exit codes meet Airflow's task states."""

from __future__ import annotations

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from tasks.core.errors import AirlockError, EmptyPartition


def as_airflow(error: AirlockError, scheduled: bool) -> AirflowException:
    """The exception that gives a task the right end.

    ==================  ======================================================
    try again           Airflow's plain exception: retried, with back-off
    empty partition     skipped where the run is scheduled, with its sentence
    anything else       failed at once, without a retry that changes nothing
    ==================  ======================================================

    Args:
        error: what the stage raised; its message is a sentence without a value of a row.
        scheduled: whether the schedule or a backfill chose the interval, and not a person.
    """
    if error.retry:
        return AirflowException(str(error))
    if isinstance(error, EmptyPartition) and scheduled:
        return AirflowSkipException(str(error))
    return AirflowFailException(str(error))
