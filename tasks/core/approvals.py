"""Who said that a model may leave, or that it may not: one small file a model in the clean zone.

A decision lies in ``approvals/<key of the exported model>.json``. The audit log is written first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasks.core import audit
from tasks.core.artifacts import Ref
from tasks.core.canonical import canonical_json
from tasks.core.errors import GateRefused, TryAgain, UserError
from tasks.core.store import Store

LONGEST = 500
"""Characters of a comment."""


@dataclass(frozen=True)
class Decision:
    """What a person decided.

    Attributes:
        approved: whether the model may leave.
        by: who decided, as the system knows them.
        at: when, UTC, ISO 8601.
        comment: why, in a line; it goes into the card.
    """

    approved: bool
    by: str
    at: str
    comment: str = ""

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise UserError("approval: it isn't known who decided")
        if len(self.comment) > LONGEST or not self.comment.isprintable():
            raise UserError(f"approval: a comment is one line of at most {LONGEST} characters")

    def for_card(self) -> dict[str, str]:
        """What the privacy card says of it."""
        return {"by": self.by, "at": self.at, "comment": self.comment}


def decision_on(clean: Store, model: Ref) -> Decision | None:
    """What was decided on a model; ``None`` where nobody has.

    Raises:
        UserError: where the record isn't one of this model.
    """
    try:
        found: dict[str, Any] = json.loads(clean.read_bytes(_name(model)))
        if found.pop("digest") != model.digest:
            return None
        return Decision(**found)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError("approval: its record is damaged; decide again with `airlock approve --replace`") from None


def record(clean: Store, model: Ref, decision: Decision, home: Path, replace: bool = False) -> None:
    """Keep a decision, once.

    Raises:
        UserError: where another one is there and isn't to be replaced, or the audit log can't be written.
    """
    data = canonical_json({**asdict(decision), "digest": model.digest}) + b"\n"
    before = None
    if not replace:
        before = decision_on(clean, model)
        if before is not None and (before.approved, before.by) == (decision.approved, decision.by):
            return
        if before is not None:
            raise UserError(
                f"approval: {before.by} has {'approved' if before.approved else 'rejected'} this model on {before.at}; "
                "--replace writes another decision in its place"
            )
    action = "release approved" if decision.approved else "release rejected"
    audit.append(audit_log(home), {"action": action, "model": model.key, "by": decision.by, "replaces": replace})
    if replace:
        clean.write_bytes(_name(model), data)
    elif not clean.create(_name(model), data) and clean.read_bytes(_name(model)) != data:
        raise UserError("approval: somebody else has just decided; look with `airlock approve`")


def audit_log(home: Path) -> Path:
    """The log of decisions in Airlock's home."""
    return audit.log_path(home).with_name("approve.jsonl")


def required(clean: Store, model: Ref) -> Decision:
    """The approval of a model that may leave only with one.

    Raises:
        TryAgain: nobody has decided yet.
        GateRefused: it was rejected.
    """
    found = decision_on(clean, model)
    if found is None:
        raise TryAgain(
            f"release: the policy asks a person to approve model {model.key[:12]} before it leaves: in Airflow, or by "
            f"`airlock approve {model.key[:12]} --comment WHY` (`--reject` to keep it)"
        )
    if not found.approved:
        raise GateRefused(f"release: {found.by} rejected model {model.key[:12]} on {found.at}: {found.comment or '-'}")
    return found


def summary(model: Ref, training: Ref, attacked: Ref | None = None) -> str:
    """What whoever decides is told: the promise, what the people have paid, and what isn't known. No value of a row."""
    counts = training.counts
    lines = []
    if "epsilon" in counts:
        lines.append(f"epsilon {counts['epsilon']:g} at delta {counts['delta']:g}, for {counts.get('unit', 'a row')}")
    else:
        lines.append("no formal guarantee")
    if "dataset_spent" in counts:
        lines.append(
            f"data set {counts['dataset']}: epsilon {counts['dataset_spent']:g} spent of {counts['dataset_budget']:g}, "
            f"{counts['dataset_left']:g} left (ledger entry {counts['ledger_entry']})"
        )
    lines.append("the leak gate was open; the model was loaded in a clean process and scanned")
    if counts.get("too_small_to_learn"):
        lines.append("the run was too small to show that the model learnt")
    lines.append(_attacked(attacked.counts if attacked is not None else {}))
    return f"Model {model.key[:12]}\n\n" + "\n".join(f"- {line}" for line in lines)


def _attacked(counts: Mapping[str, Any]) -> str:
    if not counts.get("audited"):
        return "it was not attacked: what it leaks was not measured"
    said = []
    if "epsilon_lower_bound" in counts:
        said.append(f"canaries show epsilon {counts['epsilon_lower_bound']:g} or more")
    if "membership_auc" in counts:
        said.append(f"the area under the membership attack's curve is {counts['membership_auc']:g} (0.5 is chance)")
    return f"it was attacked, and nothing passed its limit: {'; '.join(said)}"


def _name(model: Ref) -> str:
    return f"approvals/{model.key}.json"
