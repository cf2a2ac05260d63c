"""What is cut out of OpenLineage's events before they leave: what Airflow adds of its own to each.

Its facets carry the run's ``conf`` (URLs as they were typed), who triggered the run, notes that people wrote, paths of
DAG files, and tracebacks. Airlock's data sets need none of it.
"""

from __future__ import annotations

from typing import Any

from openlineage.client.transport.transform import EventTransformer

AIRFLOWS = ("airflow", "airflowDagRun", "airflowState", "debug", "unknownSourceAttribute")


class TrimEvents(EventTransformer):
    """Leaves Airflow's facets and the text of errors out; named in the transport's ``transformer_class``."""

    def transform(self, event: Any) -> Any:
        """The event, without them; ``None`` would drop it."""
        facets = getattr(getattr(event, "run", None), "facets", None) or {}
        for name in AIRFLOWS:
            facets.pop(name, None)
        if "errorMessage" in facets:
            facets["errorMessage"].message = "the task's log says why"
            facets["errorMessage"].stackTrace = None
        job = getattr(getattr(event, "job", None), "facets", None) or {}
        job.pop("airflow", None)
        return event
