"""A sample for a person to read, and the task that waits for the answer: numbers, and nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLEntryOperator
from airflow.sdk import Context, Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

from airlock_airflow import settings
from airlock_airflow.operators.base import StageOperator
from airlock_airflow.outcome import as_airflow
from airlock_airflow.review_guard import LEAKING, MOST_ROWS, OK, READ, TASK_ID
from tasks.core import answers
from tasks.core import settings as core
from tasks.core.answers import NUMBERS, Answer
from tasks.core.artifacts import Ref
from tasks.core.errors import AirlockError, UserError


class ReviewOperator(StageOperator):
    """Draws a sample of masked rows for a person to read, where the policy asks for one; else it holds no row.

    Args:
        masked: the references of all masked shards.
        raw: the references of the shards that they were made of.
    """

    stage = "review"
    ui_color = "#f8cdd8"
    template_fields: Sequence[str] = ("masked", "raw")

    def __init__(self, *, masked: Any, raw: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.masked = masked
        self.raw = raw


class ReviewAnswerOperator(HITLEntryOperator):
    """Waits until a person has read the sample: how many rows were read, and the numbers of those that leak.

    Airflow's records of it hold the sample's place and numbers. The answer is kept in the raw zone, under the sample's
    key: a sample that has one isn't asked for again. Where the policy asks for no reader the task ends at once. It
    needs a worker with the raw zone's rights, and holds none while it waits.

    Args:
        sample: the reference that ``ReviewOperator`` hands on.
        response_timeout: how long a person may take; ``AIRLOCK_TIMEOUT_REVIEW_ANSWER``, in minutes, by default.
    """

    ui_color = "#fbe4ea"
    ui_fgcolor = "#1c2733"
    template_fields: Sequence[str] = ("sample",)

    def __init__(self, *, sample: Any, task_id: str = TASK_ID, **kwargs: Any) -> None:
        if task_id != TASK_ID:
            raise ValueError(f"the id must be {TASK_ID}: the guard of Airflow's interface knows its answers by it")
        placed = settings.placement(TASK_ID)
        patience = placed.pop("execution_timeout")
        given = {
            **placed,
            "doc_md": inspect.getdoc(type(self)),
            "subject": "Read a sample of masked rows",
            "options": [OK],
            "defaults": None,  # nobody's silence is an answer
            "response_timeout": patience,
            "execution_timeout": timedelta(minutes=10),
            "params": _form(MOST_ROWS),
        }
        super().__init__(task_id=task_id, **{**given, **kwargs})
        self.sample = sample

    def execute(self, context: Context) -> dict[str, int]:
        """Ask, and wait; or go on where there is nothing to ask.

        Raises:
            TaskAwaitingInput: to wait without a worker.
        """
        ref = Ref.from_dict(dict(self.sample))
        if not answers.rows_of(ref):
            self.log.info("review: the policy asks for no reader")
            return _counts(None)
        try:
            answer = answers.answer_of(answers.store_of(ref), ref)
            if answer is not None:
                self.log.info("review: this sample is answered already; `airlock review --replace` changes the answer")
                return _counts(answer)
            self.body = f"Please {answers.how_to(ref)}, or here. Numbers only: a value or a name must not stand here."
        except AirlockError as exc:
            raise as_airflow(exc, scheduled=False) from None
        self.params = ParamsDict(_form(answers.rows_of(ref)))
        super().execute(context)
        raise AssertionError("the task waits")

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> dict[str, int]:
        """Take the answer that Airflow hands over, and keep it in the raw zone.

        Anything but numbers within the sample is wiped from Airflow's record, unread by any log, and asked for again.

        Raises:
            AirflowFailException: where nobody answered in time.
        """
        if "error" in event:
            raise AirflowFailException("review: nobody answered in time; see AIRLOCK_TIMEOUT_REVIEW_ANSWER") from None
        ref = Ref.from_dict(dict(self.sample))
        given = event["params_input"] or {}
        try:
            if set(given) != {READ, LEAKING}:
                raise UserError("review: the answer lacks a field, or has one too many")
            answer = Answer.parse(given[READ], given[LEAKING] or "", answers.rows_of(ref))
        except UserError as exc:
            self.log.error("%s; the answer was deleted, please answer again", exc)
            self._ask_again(context, ref)
        try:
            by = str((event.get("responded_by_user") or {}).get("id", ""))
            answers.record(answers.store_of(ref), ref, answer, core.home(), by=by)
        except AirlockError as exc:
            raise as_airflow(exc, scheduled=False) from None
        return _counts(answer)

    def _ask_again(self, context: Context, ref: Ref) -> NoReturn:
        # A second request for the same task deletes the response of the first from Airflow's record of it.
        upsert_hitl_detail(
            ti_id=context["task_instance"].id,
            options=self.options,
            subject=self.subject,
            body=None,
            defaults=None,
            multiple=False,
            params=self.serialized_params,
        )
        raise TaskAwaitingInput(method_name="execute_complete", timeout=self.response_timeout) from None


def _form(rows: int) -> dict[str, Param]:
    """The fields, with what each takes."""
    return {
        READ: Param(None,
            type=["null", "integer"], minimum=1, maximum=rows, title="Rows read",
                    description="You read the rows from 1 to this number."),
        LEAKING: Param("", type="string", pattern=NUMBERS, maxLength=6999, title="Rows that leak",
                       description="Their numbers with commas between, as in 3,17,40; empty for none."),
    }  # fmt: skip


def _counts(answer: Answer | None) -> dict[str, int]:
    """What the task hands on: numbers."""
    return {"rows_read": answer.read if answer else 0, "leaking": len(answer.leaking) if answer else 0}
