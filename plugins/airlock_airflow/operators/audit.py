"""Attacks on the model that is to be released."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class AuditOperator(StageOperator):
    """Attacks the exported model; what it finds over a limit keeps it from being released.

    Args:
        model: the reference of the exported model.
        training: the reference of the training, which says what was promised.
        clean: the reference of the clean table, whose records are attacked.
        canaries: the reference of the audit's canaries.
    """

    stage = "audit"
    ui_color = "#f6cfc4"
    template_fields: Sequence[str] = ("model", "training", "clean", "canaries")

    def __init__(self, *, model: Any, training: Any, clean: Any, canaries: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.training = training
        self.clean = clean
        self.canaries = canaries
