"""Configuration of the clip stage."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from tasks.core.config.base import Field, Section, knob

_NUMBERS = ("bound", "deviations", "scale", "cutoff")
_NEEDS = {
    "truncate": ("bound", "deviations"),
    "max_norm": ("bound",),
    "gaussian": ("scale", "cutoff"),
    "spectral": ("bound",),
}
_LORA = ("lora_a", "lora_b")


Kind = Literal["any", "linear", "embedding", "norm", "bias", "convolution", "lora_a", "lora_b"]
KIND = (
    "Which weights of those names. linear: of linear layers. embedding: of embeddings, shared with the output layer or "
    "not. norm: gains of norms. bias: every bias. convolution: of convolutions. lora_a, lora_b: the two matrices of an "
    "adapter."
)


class ProjectionRule(Section):
    """How far trained weights whose names match a pattern may go, after each step of the training."""

    pattern: str = Field(
        "*",
        title="Names",
        description="Glob on the names of trained weights, such as *.q_proj.lora_B.weight; * also matches dots.",
        min_length=1,
        max_length=500,
    )
    kind: Kind = Field("any", title="Kind", description=KIND)
    method: Literal["truncate", "max_norm", "spectral"] = Field(
        "truncate", title="Method", description="As in clip.rules, as far as doing it twice changes nothing."
    )
    bound: float = Field(
        title="Bound",
        description="Largest weight, norm or singular value. A public constant, never taken from data.",
        gt=0,
        allow_inf_nan=False,
    )
    axis: int | None = Field(
        None, title="Axis", description="max_norm: the axis of the norm in Keras's kernel layout.", ge=0, le=5
    )

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if self.axis is not None and self.method != "max_norm":
            raise ValueError("axis belongs to max_norm")
        return self


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
    kind: Kind = Field("any", title="Kind", description=KIND)
    method: Literal["truncate", "max_norm", "gaussian", "spectral"] = Field(
        "truncate",
        title="Method",
        description="truncate: each weight to [-bound, bound], or to so many standard deviations of its tensor "
        "(deviations). max_norm: each unit's incoming weights to an L2 norm of at most bound, as Keras's MaxNorm. "
        "gaussian: perturb by normal noise (scale) or redraw outliers (cutoff). spectral: each matrix's largest "
        "singular value, its Lipschitz constant, to at most bound.",
    )
    bound: float | None = Field(
        None,
        title="Bound",
        description="Largest weight (truncate), norm (max_norm) or singular value (spectral). A public constant, never "
        "taken from data.",
        gt=0,
        allow_inf_nan=False,
    )
    deviations: float | None = Field(
        None,
        title="Deviations",
        description="truncate: the bound is this public multiple of the tensor's own standard deviation, which after "
        "DP-SGD is computed from noisy weights.",
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
        if self.kind != "any" and (self.kind in _LORA) != (self.target == "adapter"):
            raise ValueError("kind: lora_a and lora_b are of target adapter, all others of target merged")
        return self


class ClipConfig(Section):
    """Clipping of the trained weights, after training and before export.

    Each weight tensor obeys the first rule, in the order written, whose target, kind and pattern fit it; the rest don't
    touch it. A rule that gets no tensor is an error. What the rules cost is measured on generated text, not on records.
    """

    rules: tuple[ClipRule, ...] = Field(
        (ClipRule(bound=0.25),),
        title="Rules",
        description="The first rule that fits a weight tensor decides. By default each LoRA weight is truncated to "
        "[-0.25, 0.25]; an empty list merges without clipping.",
        max_length=100,
    )
    quality_texts: int = Field(
        32,
        title="Texts to measure by",
        description="On so many generated texts the model's perplexity is measured without the rules and with them. "
        "0: not at all.",
        ge=0,
        le=10_000,
    )
    quality_domain: Literal["healthcare", "finance", "government"] = Field(
        "healthcare", title="Domain of the texts", description="What the generated texts are about."
    )
    quality_language: Literal["en", "zh"] = Field(
        "en", title="Language of the texts", description="What the generated texts are written in."
    )
    max_quality_loss: float | None = knob(
        0.1,
        title="Largest loss of quality",
        description="By which share the rules may raise the perplexity on the generated texts; more ends the run with "
        "exit code 3. Empty: whatever it costs.",
        ge=0,
        allow_inf_nan=False,
    )

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if self.quality_texts == 1 or (self.quality_texts == 0 and self.rules and self.max_quality_loss is not None):
            raise ValueError(
                "quality_texts: the limit needs at least two texts to measure by; leave max_quality_loss empty to do "
                "without"
            )
        return self
