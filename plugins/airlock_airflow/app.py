"""The pages as a web application below Airflow's API server.

Airflow mounts a plugin's application without any of its own authentication: every route here stands behind
app-wide dependencies, and a run's page behind the right to see that DAG's runs.
"""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag, requires_access_view
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse

from airlock_airflow import pages
from airlock_airflow.settings import deployment_config
from tasks.core import runs, settings
from tasks.core.config.model import StoreConfig
from tasks.core.errors import AirlockError
from tasks.core.store import Store

SHOWN = 200
"""Runs on the first page, at most."""

_HEADERS = {
    "Content-Security-Policy": pages.POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def build_app() -> FastAPI:
    """The application: ``/`` lists the runs, ``/run?id=`` and ``/runs/DAG/RUN`` show one."""
    app = FastAPI(
        title="Airlock",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(requires_access_view(AccessView.PLUGINS))],
    )

    @app.get("/", response_class=HTMLResponse)
    def index() -> HTMLResponse:
        try:
            zone = _clean_zone()
            names = runs.run_ids(zone)[-SHOWN:]
            return _answer(pages.runs_page({name: runs.steps(zone, name) for name in names}))
        except AirlockError as exc:
            return _answer(pages.sorry_page(str(exc)))

    @app.get("/run", response_class=HTMLResponse)
    def run(id: str) -> HTMLResponse:
        return _run(id)

    @app.get(
        "/runs/{dag_id}/{run_id:path}",
        response_class=HTMLResponse,
        dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN))],
    )
    def run_of_dag(dag_id: str, run_id: str) -> HTMLResponse:
        return _run(run_id)

    return app


def _run(run_id: str) -> HTMLResponse:
    try:
        return _answer(pages.run_page(run_id, runs.steps(_clean_zone(), run_id)))
    except AirlockError as exc:
        return _answer(pages.sorry_page(str(exc)))


def _clean_zone() -> Store:
    config = deployment_config()
    store = config.store if config is not None else StoreConfig()
    return Store(store.zone("clean", settings.home()), create=False)


def _answer(page: str) -> HTMLResponse:
    return HTMLResponse(page, headers=_HEADERS)
