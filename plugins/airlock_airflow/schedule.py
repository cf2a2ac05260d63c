"""When scheduled runs start, and over which interval."""

from __future__ import annotations

from airflow.sdk import CronDataIntervalTimetable

from airlock_airflow.settings import cron


def schedule() -> CronDataIntervalTimetable | None:
    """The deployment's schedule.

    An explicit timetable with data intervals: Airflow 3.3 gives a bare ``@daily`` runs whose interval starts where it
    ends, and a partition [start, end) would always be empty.
    """
    expression = cron()
    return CronDataIntervalTimetable(expression, timezone="UTC") if expression else None
