"""A person's word on a release, where the policy asks for it, and the release itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Asset, AssetAlias, Context, Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

from airlock_airflow import settings
from airlock_airflow.form import config_of
from airlock_airflow.operators.base import Refs, StageOperator
from airlock_airflow.outcome import as_airflow
from tasks.core import approvals
from tasks.core import settings as core
from tasks.core.approvals import LONGEST, Decision
from tasks.core.artifacts import Ref
from tasks.core.errors import AirlockError, UserError
from tasks.core.policies import load_policy
from tasks.core.store import Store

TASK_ID = "approve_release"
APPROVE, REJECT = "Approve", "Reject"
RELEASES = AssetAlias("airlock-releases")
"""The outlet of every release. A run turns it into the asset of its own model (:func:`release_asset`)."""


def release_asset(name: str) -> Asset:
    """The asset of a model's releases: the DAGs of teams that are handed the model are scheduled on it."""
    return Asset(name=f"{name}-releases", uri=f"airlock://releases/{name}")


class ApproveReleaseOperator(HITLOperator):
    """Waits until a person has approved the model, where the policy says ``approval: true``; else it ends at once.

    Nobody's silence is an answer: the time-out fails the run, and so does a rejection. Whoever triggered the run can't
    approve it (four eyes): their answer is deleted and asked for again. The decision is kept in the clean zone under
    the model's key: a model that has one isn't asked for again.

    Args:
        model: the reference of the exported model.
        training: the reference of the training, for what the person is told.
        audit: the reference of what attacks found, likewise.
        response_timeout: how long a person may take; ``AIRLOCK_TIMEOUT_APPROVE_RELEASE``, in minutes, by default.
    """

    ui_color = "#e3d9f2"
    ui_fgcolor = "#1c2733"
    template_fields: Sequence[str] = ("model", "training", "audit")

    def __init__(self, *, model: Any, training: Any, audit: Any, task_id: str = TASK_ID, **kwargs: Any) -> None:
        placed = settings.placement(TASK_ID)
        patience = placed.pop("execution_timeout")
        given = {
            **placed,
            "doc_md": inspect.getdoc(type(self)),
            "subject": "Release this model?",
            "options": [APPROVE, REJECT],
            "defaults": None,
            "response_timeout": patience,
            "execution_timeout": timedelta(minutes=10),
            "params": _form(),
        }
        super().__init__(task_id=task_id, **{**given, **kwargs})
        self.model, self.training, self.audit = model, training, audit

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask, and wait; or go on where there is nothing to ask.

        Raises:
            TaskAwaitingInput: to wait without a worker.
        """
        model = Ref.from_dict(dict(self.model))
        try:
            config = _config(context)
            if not load_policy(config.mask.policy).approval:
                self.log.info("release: the policy asks for no approval")
                return {"asked": False}
            decided = approvals.decision_on(_clean(config), model)
        except AirlockError as exc:
            raise as_airflow(exc, scheduled=False) from None
        if decided is not None:
            return _said(decided)
        self.body = self._told()
        self.params = ParamsDict(_form())
        super().execute(context)
        raise AssertionError("the task waits")

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the decision.

        Raises:
            AirflowFailException: it was rejected, or nobody answered in time.
        """
        if "error" in event:
            raise AirflowFailException(
                "release: nobody answered in time; see AIRLOCK_TIMEOUT_APPROVE_RELEASE"
            ) from None
        user = event.get("responded_by_user") or {}
        by, chosen = str(user.get("name") or user.get("id") or ""), list(event["chosen_options"])
        if by and by == str(getattr(context["dag_run"], "triggering_user_name", None) or ""):
            self.log.error("release: %s triggered the run and can't approve it too; somebody else must answer", by)
            self._ask_again(context)
        try:
            if chosen not in ([APPROVE], [REJECT]):
                raise UserError("release: the answer is neither Approve nor Reject")
            comment = str((event["params_input"] or {}).get("comment") or "")
            decision = Decision(chosen == [APPROVE], by, event["responded_at"].isoformat(timespec="seconds"), comment)
            model = Ref.from_dict(dict(self.model))
            approvals.record(_clean(_config(context)), model, decision, core.home())
        except AirlockError as exc:
            raise as_airflow(exc, scheduled=False) from None
        return _said(decision)

    def _told(self) -> str:
        model, training, audit = (Ref.from_dict(dict(one)) for one in (self.model, self.training, self.audit))
        return approvals.summary(model, training, audit)

    def _ask_again(self, context: Context) -> NoReturn:
        # A second request for the same task deletes the response of the first from Airflow's record of it.
        upsert_hitl_detail(
            ti_id=context["task_instance"].id,
            options=self.options,
            subject=self.subject,
            body=self._told(),
            defaults=None,
            multiple=False,
            params=self.serialized_params,
        )
        raise TaskAwaitingInput(method_name="execute_complete", timeout=self.response_timeout) from None


class ReleaseOperator(StageOperator):
    """Puts the signed bundle into the hand-off zone, and emits the release's asset.

    Args:
        model: the reference of the exported model.
        clipped: of the clipped weights.
        training: of the training.
        clean: of the leak gate's table.
        audit: of what attacks on the model found.
    """

    stage = "release"
    ui_color = "#b2dfdb"
    template_fields: Sequence[str] = ("model", "clipped", "training", "clean", "audit")

    def __init__(self, *, model: Any, clipped: Any, training: Any, clean: Any, audit: Any, **kwargs: Any) -> None:
        super().__init__(**{"outlets": [RELEASES], **kwargs})
        self.model, self.clipped, self.training, self.clean, self.audit = model, clipped, training, clean, audit

    def execute(self, context: Context) -> Refs:
        """Run the stage, then emit the asset with what the receiving team's DAG needs."""
        ref = super().execute(context)
        assert isinstance(ref, dict)
        counts = ref["counts"]
        names = ("uri", "name", "version", "epsilon", "delta", "leak_gate", "audited", "manifest_sha256", "signed_by")
        extra = {name: counts[name] for name in names if name in counts}
        context["outlet_events"][RELEASES].add(release_asset(str(counts["name"])), extra=extra)
        return ref


def _config(context: Context) -> Any:
    return config_of({name: value for name, value in dict(context["params"]).items() if name != "comment"})


def _clean(config: Any) -> Store:
    return Store(config.store.zone("clean", core.home()))


def _form() -> dict[str, Param]:
    return {
        "comment": Param(
            None, type=["null", "string"], maxLength=LONGEST, title="Why",
            description="A line for the model's privacy card; no person's name or value.",
        )
    }  # fmt: skip


def _said(decision: Decision) -> dict[str, Any]:
    """What the task hands on.

    Raises:
        AirflowFailException: it was rejected: the run must not look like a release.
    """
    if not decision.approved:
        raise AirflowFailException(f"release: rejected by {decision.by}, {decision.at}; nothing leaves") from None
    return {"asked": True, **decision.for_card()}
