"""Run one stage in this process: build its context, call it, and enter how it ended in the run's index."""

from __future__ import annotations

import contextlib
import importlib
import logging
import time

from tasks.core import runs, settings
from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.errors import AirlockError, describe
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.process.request import Answer, Request


def execute(request: Request) -> Answer:
    """Run the stage that a request names. Never raises; whatever went wrong is in the answer, without a value."""
    started = time.monotonic()
    log = logging.getLogger(f"airlock.{request.stage}")
    ctx: Context | None = None
    try:
        config = Config.parse(request.config)
        ctx = Context(
            config=config,
            run_id=request.run_id,
            keys=Keys.from_wire(request.keys),
            home=settings.home(),
            ledger_path=settings.ledger_path(),
            inputs=request.refs(),
            shard=request.shard,
            interval=request.interval,
            scheduled=request.scheduled,
            backfill=request.backfill,
            log=log,
            log_seconds=request.log_seconds,
        )
        result = importlib.import_module(f"tasks.stages.{request.stage}").run(ctx)
        refs: list[Ref] = result if isinstance(result, list) else [result]
        answer = Answer(
            refs=[ref.to_dict() for ref in refs],
            reused=bool(ctx.reused) and all(ctx.reused),
            seconds=round(time.monotonic() - started, 3),
        )
    except AirlockError as exc:
        answer = Answer(code=exc.exit_code, message=str(exc), kind=type(exc).__name__)
    except MemoryError:
        answer = Answer(code=1, message=f"{request.stage}: this machine ran out of memory", kind="MemoryError")
    except Exception as exc:
        # The message of a foreign error may quote a row: only its type and place are kept.
        answer = Answer(code=1, message=f"{request.stage}: {describe(exc)}", kind=type(exc).__name__)
    if ctx is not None:
        _enter(ctx, request, answer, round(time.monotonic() - started, 3))
    return answer


def _enter(ctx: Context, request: Request, answer: Answer, seconds: float) -> None:
    entry = {
        "exit_code": answer.code,
        "message": answer.message,
        "refs": answer.refs,
        "reused": answer.reused,
        "seconds": seconds,
        "facts": ctx.facts,
        "name": ctx.config.name,
        "dataset": ctx.config.dataset,
    }
    # The index is a view: a stage that has published is not failed by it.
    with contextlib.suppress(AirlockError):
        runs.record(ctx.zone("clean"), request.run_id, request.stage, request.shard, entry)
