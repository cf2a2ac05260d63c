"""Invented records with a coin each, for the audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class CanaryOperator(StageOperator):
    """Makes the canaries and tosses their coins.

    Args:
        clean: the reference of the clean table.
    """

    stage = "canary"
    ui_color = "#fdf0c4"
    template_fields: Sequence[str] = ("clean",)

    def __init__(self, *, clean: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clean = clean
