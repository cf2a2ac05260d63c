"""Clipped weights in, a model folder out, and the asset that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Asset, AssetAlias, Context

from airlock_airflow.form import config_of
from airlock_airflow.operators.base import Refs, StageOperator

MODELS = AssetAlias("airlock-models")
"""The outlet of every export. A run turns it into the asset of its own model (:func:`model_asset`)."""


def model_asset(name: str) -> Asset:
    """The asset of a model: DAGs that use the model are scheduled on it."""
    return Asset(name=name, uri=f"airlock://models/{name}")


class ExportOperator(StageOperator):
    """Writes the model folder with its card, and emits the model's asset.

    Args:
        model: the reference of the clipped weights.
        training: the reference of the training, for the card.
    """

    stage = "export"
    ui_color = "#c8e6c9"
    template_fields: Sequence[str] = ("model", "training")

    def __init__(self, *, model: Any, training: Any, **kwargs: Any) -> None:
        super().__init__(**{"outlets": [MODELS], **kwargs})
        self.model = model
        self.training = training

    def execute(self, context: Context) -> Refs:
        """Run the stage, then emit the asset with the privacy that the model cost."""
        ref = super().execute(context)
        assert isinstance(ref, dict)
        # The exported model's own figures count the means that masking filled columns with, beside the training.
        counts = {**self.training["counts"], **ref["counts"]}
        extra = {name: ref[name] for name in ("uri", "key", "digest")}
        extra |= {name: counts[name] for name in ("epsilon", "delta") if name in counts}
        context["outlet_events"][MODELS].add(model_asset(config_of(dict(context["params"])).name), extra=extra)
        return ref
