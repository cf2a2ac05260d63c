"""Configuration of the clip stage."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from tasks.core.config.base import Field, Section

_NUMBERS = ("bound", "scale", "cutoff")
_NEEDS = {"truncate": ("bound",), "max_norm": ("bound",), "gaussian": ("scale", "cutoff")}


class ClipRule(Section):
    """What to do with the weights whose names match a pattern."""

    pattern: str = Field(
        "*",
        title="Names",
        description="Glob on parameter names, such as model.layers.*.self_attn.q_proj.weight for merged weights or "
        "*.lora_B.weight for the adapter's; * also matches dots.",
        min_length=1,
        max_length=500,
    )
    target: Literal["adapter", "merged"] = Field(
        "adapter", title="Weights", description="The LoRA matrices before they are merged, or the whole model after."
    )
    method: Literal["truncate", "max_norm", "gaussian"] = Field(
        "truncate",
        title="Method",
        description="truncate: each weight to [-bound, bound]. max_norm: each unit's incoming weights to an L2 norm of "
        "at most bound, as Keras's MaxNorm. gaussian: perturb by normal noise (scale) or redraw outliers (cutoff).",
    )
    bound: float | None = Field(
        None,
        title="Bound",
        description="Largest weight (truncate) or norm (max_norm). A public constant, never taken from data.",
        gt=0,
        allow_inf_nan=False,
    )
    axis: int | None = Field(
        None,
        title="Axis",
        description="max_norm: the axis of the norm in Keras's kernel layout (inputs, units); empty: each unit's "
        "incoming weights, which is axis 0 of a dense kernel. 1 on an embedding limits each token's vector.",
        ge=0,
        le=5,
    )
    scale: float | None = Field(
        None,
        title="Scale",
        description="gaussian: standard deviation of the normal noise added to each weight.",
        gt=0,
        allow_inf_nan=False,
    )
    cutoff: float | None = Field(
        None,
        title="Cut-off",
        description="gaussian: weights further from their layer's mean than this many standard deviations are redrawn "
        "from the layer's fitted truncated normal.",
        gt=0,
        allow_inf_nan=False,
    )

    @field_validator(*_NUMBERS, mode="before")
    @classmethod
    def _constant(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                raise ValueError("must be a number: a bound is a public constant and is not taken from data") from None
        return value

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        needs = _NEEDS[self.method]
        given = [name for name in _NUMBERS if getattr(self, name) is not None]
        if len(given) != 1 or given[0] not in needs:
            raise ValueError(f"{self.method} needs {' or '.join(needs)}, and no other of {', '.join(_NUMBERS)}")
        if self.axis is not None and self.method != "max_norm":
            raise ValueError("axis belongs to max_norm")
        return self


class ClipConfig(Section):
    """Clipping of the trained weights, after training and before export.

    Each weight tensor obeys the first rule, in the order written, whose target and pattern fit it; the rest don't touch
    it. A rule that gets no tensor is an error.
    """

    rules: tuple[ClipRule, ...] = Field(
        (ClipRule(bound=0.25),),
        title="Rules",
        description="The first rule that fits a weight tensor decides. By default each LoRA weight is truncated to "
        "[-0.25, 0.25]; an empty list merges without clipping.",
        max_length=100,
    )
