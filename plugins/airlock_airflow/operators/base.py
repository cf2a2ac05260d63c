"""What every stage's operator does: ask the stage's process, hand on its references."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from airflow.sdk import BaseOperator, Context
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout

from airlock_airflow import settings
from airlock_airflow.form import config_of
from airlock_airflow.keys import deployment_keys
from airlock_airflow.lineage_events import Work, lineage_of
from airlock_airflow.outcome import as_airflow
from tasks.core import settings as core
from tasks.core.config import Config
from tasks.core.errors import AirlockError, GateRefused
from tasks.core.pipeline import STEPS
from tasks.process.launch import StageProcess
from tasks.process.request import Request

Refs = dict[str, Any] | list[dict[str, Any]]
"""A reference as XCom carries it, or one a shard: URI, key, digest and counts, never a row."""


class StageOperator(BaseOperator):
    """Runs one stage in a process of its own.

    Idempotent, as the stage is: the same configuration and inputs give the same reference, byte for byte, whether
    the artifact was built or reused. A subclass names its stage and has one templated argument for each input.
    """

    stage: ClassVar[str]
    ui_fgcolor = "#1c2733"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**self.defaults(), **kwargs})
        # Airflow copies the DAG's params into each operator and validates every copy again and again; a run's params
        # are the DAG's and its conf either way.
        self.params = ParamsDict()
        self._process: StageProcess | None = None
        self._work: Work | None = None

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """As Airflow's, with the stage's defaults."""
        made = super().partial(**{**cls.defaults(), **kwargs})
        made.params = ParamsDict()
        return made

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Arguments that a DAG needn't repeat: pool, queue, time-out and the task's documentation."""
        return {**settings.placement(cls.stage), "doc_md": inspect.getdoc(cls)}

    def execute(self, context: Context) -> Refs:
        """Run the stage to its end.

        Raises:
            AirflowFailException: for the user's errors, shut gates, refused budgets and time-outs: trying again changes
                nothing.
            AirflowSkipException: where a scheduled interval's partition is empty.
            AirflowException: where the same call may succeed later.
        """
        try:
            config = config_of(dict(context["params"]))
            core.check_allowed(config, allowed_urls())
            request = self._request(context, config)
            self._work = Work(self.stage, config, request.inputs)
            self._process = StageProcess(request, self._say)
            refs = self._process.run().refs
            self._work = replace(self._work, outputs=refs)
        except AirlockError as exc:
            if self._work is not None and isinstance(exc, GateRefused):
                self._work = replace(self._work, refused=True)
            raise as_airflow(exc, scheduled=_scheduled(context)) from None
        except AirflowTaskTimeout:
            self.on_kill()
            limit = f"AIRLOCK_TIMEOUT_{self.stage.upper()}"
            raise AirflowFailException(f"{self.stage}: took longer than its time-out allows; see {limit}") from None
        return self.output_of(refs)

    def on_kill(self) -> None:
        """End the stage's process: SIGTERM, then SIGKILL before Airflow's own patience ends."""
        if self._process is not None:
            self._process.stop()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """What OpenLineage's event of the task's end says; only its provider, where it is switched on, asks."""
        return lineage_of(self._work) if self._work is not None else None

    def output_of(self, refs: list[dict[str, Any]]) -> Refs:
        """What the task hands on."""
        (ref,) = refs
        return ref

    def shard_number(self) -> int | None:
        """The number of the shard that this task works on, where the stage is mapped."""
        return None

    def _say(self, line: str) -> None:
        self.log.info("airlock> %s", line)  # `airlock demo` looks for the mark

    def _request(self, context: Context, config: Config) -> Request:
        step = STEPS[self.stage]
        return Request(
            stage=self.stage,
            run_id=str(context["run_id"]),
            config=config.model_dump(mode="json"),
            inputs={role: _as_list(getattr(self, role)) for role in step.inputs},
            shard=self.shard_number(),
            keys=deployment_keys().to_wire(step.keys) if step.keys else {},
            interval=_interval(context),
            scheduled=_scheduled(context),
            backfill=_run_type(context) == "backfill",
        )


def allowed_urls() -> tuple[str, ...]:
    """What a run may name: the deployment's allow-list, and whatever the deployment's own configuration names."""
    config = settings.deployment_config()
    if config is None:
        return core.allowed_urls()
    named = [config.ingest.source, config.train.base_model, config.mask.policy, *dict(config.store).values()]
    return (*core.allowed_urls(), *(url for url in named if url and not url.startswith(("package:", "hf:"))))


def _as_list(value: Any) -> list[dict[str, Any]]:
    # The output of a mapped task arrives as a lazy sequence whose text is the same whatever it holds: only its
    # content may enter a key, so it is read to its end here.
    return [dict(value)] if isinstance(value, Mapping) else [dict(ref) for ref in value]


def _interval(context: Context) -> tuple[str, str] | None:
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    if start is None or end is None or start == end:
        return None
    return start.isoformat(), end.isoformat()


def _scheduled(context: Context) -> bool:
    return _run_type(context) in ("scheduled", "backfill")


def _run_type(context: Context) -> str:
    run_type = getattr(context.get("dag_run"), "run_type", "manual")
    return str(getattr(run_type, "value", run_type))
