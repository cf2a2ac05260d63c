"""Airlock's entry in Airflow's plugin loader: pages for its runs, in the navigation and on each run.

The one file here that the loader may run; everything else is imported from ``airlock_airflow``.
"""

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class AirlockPlugin(AirflowPlugin):
    """The list of runs, and a tab on every DAG run."""

    name = "airlock"
    external_views = [
        {"name": "Airlock", "href": "/airlock/", "destination": "nav", "url_route": "airlock", "nav_top_level": True},
        {
            "name": "Airlock",
            "href": "/airlock/runs/{DAG_ID}/{RUN_ID}",
            "destination": "dag_run",
            "url_route": "airlock-run",
        },
    ]

    @property
    def listeners(self) -> list[Any]:  # type: ignore[override]
        """What writes the run's note when it has ended."""
        from airlock_airflow import run_note

        return [run_note]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Built on demand: only the API server asks, and every other process is spared the import."""
        from airlock_airflow.app import build_app

        return [{"app": build_app(), "url_prefix": "/airlock", "name": "Airlock"}]

    @property
    def fastapi_root_middlewares(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """What keeps values out of the answers of review tasks; built on demand, as the pages are."""
        from airlock_airflow.review_guard import ReviewGuard

        return [{"middleware": ReviewGuard, "name": "Airlock: reviews are answered with numbers"}]
