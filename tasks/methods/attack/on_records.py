"""Every attack on whole records: who was trained on, and what comes back word for word; counts and rates come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from tasks.core.progress import Progress
from tasks.methods.attack import membership
from tasks.methods.attack.extraction import extract
from tasks.methods.attack.membership import TokenScores, token_scores
from tasks.methods.attack.near_duplicates import near_duplicates
from tasks.methods.attack.roc import attacked, curve
from tasks.methods.lm.objectives import Task

OUTSIDE = "computed on real records, which the guarantee of the training does not cover"


class Reader:
    """Reads records with a model, with progress.

    Args:
        max_length: tokens of a record that are read.
        size: rows on the device at once.
        device: the models'.
        progress: makes the progress of a piece of work from its label and its rows.
    """

    def __init__(
        self, max_length: int, size: int, device: torch.device, progress: Callable[[str, int], Progress]
    ) -> None:
        self._max_length, self._size, self._device, self._progress = max_length, size, device, progress

    def scores(self, task: Task, records: Sequence[Any], what: str) -> TokenScores:
        """What the model makes of the records."""
        table = task.table(records, self._max_length)
        progress = self._progress(what, len(table))
        found = token_scores(task.model, table, self._size, self._device, progress)
        progress.close()
        return found

    def extracted(self, task: Task, records: Sequence[Any], what: str) -> dict[str, Any]:
        """What the model gives back of the records word for word."""
        table = task.table(records, self._max_length)
        progress = self._progress(what, len(table))
        found = asdict(extract(task.model, table, self._size, self._device, progress))
        progress.close()
        return found


def attack_records(
    target: Task, base: Task | None, training: Sequence[Any], heldout: Sequence[Any], reader: Reader
) -> dict[str, Any]:
    """Membership and verbatim extraction.

    Args:
        target: the audited model.
        base: the model that its training began from; without it no score is calibrated.
        training: records that were trained on.
        heldout: records of the same source that weren't.
        reader: how they are read.

    Returns:
        ``membership`` (``attacks`` by name, ``near_duplicates``, ``dropped``) and ``extraction`` (``training`` and
        ``heldout``), plain JSON.
    """
    twins = near_duplicates([_text(one) for one in training], [_text(one) for one in heldout])
    out = set(twins.members.tolist()), set(twins.non_members.tolist())
    kept = [[one for n, one in enumerate(side) if n not in o] for side, o in zip((training, heldout), out, strict=True)]
    found: dict[str, Any] = {
        "outside_the_guarantee": OUTSIDE,
        "near_duplicates": {"pairs": twins.pairs, "training": len(out[0]), "heldout": len(out[1])},
    }
    extraction: dict[str, Any] = {"outside_the_guarantee": OUTSIDE}
    for name, side in zip(("training", "heldout"), kept, strict=True):
        extraction[name] = reader.extracted(target, side, f"extraction, {name} records")
    if not all(kept):
        found |= {"attacks": {}, "why_not": "There are no records on both sides."}
        return {"membership": found, "extraction": extraction}
    everyone = [*kept[0], *kept[1]]
    own = reader.scores(target, everyone, "records")
    scores = {"loss": membership.loss(own), "min_k_plus_plus": membership.min_k_plus_plus(own)}
    if base is not None:
        reference = reader.scores(base, everyone, "records, base model")
        scores = {"calibrated": membership.log_ratio(own, reference), **scores}
    member, usable = np.arange(len(everyone)) < len(kept[0]), own.tokens > 0
    found["dropped"] = int((~usable).sum())
    found["attacks"] = {name: _attacked(one[member & usable], one[~member & usable]) for name, one in scores.items()}
    return {"membership": found, "extraction": extraction}


def _attacked(members: np.ndarray, others: np.ndarray) -> dict[str, Any]:
    if not len(members) or not len(others):
        return {}
    found = attacked(members, others)
    fpr, tpr = curve(members, others)
    out: dict[str, Any] = {
        "members": len(members),
        "non_members": len(others),
        "auc": {name: round(value, 4) for name, value in asdict(found.auc).items()},
        "roc": [[round(float(x), 5), round(float(y), 5)] for x, y in zip(fpr, tpr, strict=True)],
    }
    for name, at in (("tpr_at_1_percent", found.at_fpr), ("tpr_at_0.1_percent", found.at_low_fpr)):
        if at is not None:
            out[name] = {"value": at.tpr, "low": round(at.low, 5), "high": round(at.high, 5), "fpr_high": at.fpr_high}
    return out


def _text(record: Any) -> str:
    return record if isinstance(record, str) else "\n".join(part or "" for part in record)
