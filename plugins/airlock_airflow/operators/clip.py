"""An adapter in, merged and clipped weights out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class ClipOperator(StageOperator):
    """Truncates the weights or limits their norms, by the configured rules.

    Args:
        model: the reference of the trained adapter.
    """

    stage = "clip"
    ui_color = "#d3cdeb"
    template_fields: Sequence[str] = ("model",)

    def __init__(self, *, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
