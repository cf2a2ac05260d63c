"""Quality on held-out records before and after training, whatever the objective."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from tasks.core.progress import Progress
from tasks.methods.lm.accuracy import accuracy
from tasks.methods.lm.classify import predictions
from tasks.methods.lm.objectives import Task
from tasks.methods.lm.perplexity import compare, document_losses
from tasks.methods.lm.tokens import TokenTable


class Evaluation:
    """Measures a task's model on held-out records: perplexity of language models, accuracy of classifiers.

    Args:
        task: its model is measured as it is when :meth:`measure` is called.
        heldout: the records.
        size: rows on the device at once.
        device: the model's.
    """

    def __init__(self, task: Task, heldout: TokenTable, size: int, device: torch.device) -> None:
        self._task, self._heldout, self._size, self._device = task, heldout, size, device
        self._classifies = task.objective == "classification"

    def measure(self, progress: Progress | None = None) -> Any:
        """What :meth:`compare` takes."""
        if self._classifies:
            predicted, labels = predictions(self._task.model, self._heldout, self._size, self._device)
            return predicted == labels
        return document_losses(
            self._task.model, self._heldout, self._size, self._device, progress, losses_of=self._task.losses
        )

    def compare(self, before: Any, after: Any) -> dict[str, Any]:
        """Before and after as plain JSON; ``too_small_to_learn`` where the run doesn't show that it learnt anything."""
        if not self._classifies:
            return compare(before, after)
        out: dict[str, Any] = {"documents": len(after), "too_small_to_learn": True}
        found = {"base": accuracy(before), "trained": accuracy(after)}
        for name, interval in found.items():
            if interval is not None:
                out[name] = {"accuracy": round(interval.value, 4), **_rounded(asdict(interval))}
        if found["base"] is not None and found["trained"] is not None:
            # The same records before and after: those that became right against those that became wrong.
            gained = int(np.sum(after & ~before)) - int(np.sum(before & ~after))
            spread = float(np.sqrt(np.sum(before != after)))
            out["too_small_to_learn"] = gained <= 1.96 * spread
        return out

    def flat(self, found: dict[str, Any]) -> dict[str, Any]:
        """The figures before and after for an artifact's counts; nothing where there were too few records."""
        name = "accuracy" if self._classifies else "perplexity"
        out: dict[str, Any] = {}
        for when, model in (("before", "base"), ("after", "trained")):
            if figures := found.get(model):
                out[f"{name}_{when}"] = figures[name]
                out[f"{name}_{when}_interval"] = [figures["low"], figures["high"]]
        return out


def _rounded(interval: dict[str, float]) -> dict[str, float]:
    return {name: round(interval[name], 4) for name in ("low", "high")}
