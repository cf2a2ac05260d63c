"""Walking through the pipeline without Airflow: each stage in a process of its own, shards side by side."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tasks.core.config import Config
from tasks.core.keys import Keys
from tasks.core.pipeline import PIPELINE, STEPS, Step
from tasks.process.launch import StageProcess
from tasks.process.request import Answer, Request


@dataclass
class Run:
    """What one walk gave.

    Attributes:
        run_id: the run's id in the index.
        refs: references by stage.
    """

    run_id: str
    refs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def new_run_id() -> str:
    """A fresh id that sorts by time."""
    return f"cli-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"


def needed_for(stage: str) -> list[Step]:
    """The steps that ``stage`` rests on, and itself, in the pipeline's order."""
    wanted, found = {stage}, []
    for step in reversed(PIPELINE):
        if step.stage in wanted:
            found.append(step)
            wanted |= set(step.inputs.values())
    return found[::-1]


def walk(
    config: Config,
    keys: Keys,
    upto: str,
    *,
    run_id: str | None = None,
    interval: tuple[str, str] | None = None,
    workers: int = 1,
    log: Callable[[str], None],
    log_seconds: float = 5.0,
) -> Run:
    """Run every step up to a stage. What is there already is reused.

    Args:
        upto: the last stage to run.
        workers: how many shards are masked at once.
        log: receives each line of progress.

    Raises:
        AirlockError: as the stage that failed raised it; nothing below it is run.
    """
    run = Run(run_id or new_run_id())
    plain = config.model_dump(mode="json")
    running: list[StageProcess] = []

    def one(step: Step, inputs: dict[str, list[dict[str, Any]]], shard: int | None) -> Answer:
        name = step.stage if shard is None else f"{step.stage} {shard:05d}"
        request = Request(
            stage=step.stage,
            run_id=run.run_id,
            config=plain,
            inputs=inputs,
            shard=shard,
            keys=keys.to_wire(step.keys),
            interval=interval,
            log_seconds=log_seconds,
        )
        process = StageProcess(request, lambda line: log(f"{name:>11} | {line}"))
        running.append(process)
        return process.run()

    pool = ThreadPoolExecutor(max(workers, 1))
    try:
        for step in needed_for(upto):
            inputs = {role: run.refs[source] for role, source in step.inputs.items()}
            if step.mapped:
                role = next(iter(inputs))
                futures = [
                    pool.submit(one, STEPS[step.stage], {**inputs, role: [ref]}, int(ref["counts"]["shard"]))
                    for ref in inputs[role]
                ]
                answers = [future.result() for future in futures]
            else:
                answers = [one(step, inputs, None)]
            run.refs[step.stage] = [ref for answer in answers for ref in answer.refs]
    finally:
        for process in running:
            process.stop()
        pool.shutdown(cancel_futures=True)
    return run
