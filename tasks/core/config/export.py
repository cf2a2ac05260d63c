"""Configuration of the export stage."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from tasks.core.config.base import Field, Section, knob

VariantName = Literal[
    "model-bf16", "model-fp16", "onnx", "onnx-fp16", "onnx-int8", "gguf", "gguf-bf16", "gguf-fp16", "gguf-int8"
]


class ExportConfig(Section):
    """The model folder that leaves: its number format and what its card says."""

    dtype: Literal["fp32", "bf16"] = Field(
        "fp32", title="Number format", description="fp32 keeps the weights exact; bf16 halves the size."
    )
    variants: tuple[VariantName, ...] = Field(
        (),
        title="Variants",
        description="Further forms of the model, each in a folder of its name beside model/ (docs/export.md). "
        "model-bf16, model-fp16: safetensors in 16 bits. onnx, onnx-fp16, onnx-int8: for onnxruntime, with a key-value "
        "cache. gguf, gguf-bf16, gguf-fp16, gguf-int8: for llama.cpp, of Llama models alone. Each is loaded in a clean "
        "process and compared with the model.",
        max_length=9,
    )
    max_quality_loss: float | None = knob(
        0.1,
        title="Largest loss of quality",
        description="By which share a variant may raise the perplexity on generated texts; more ends the run with exit "
        "code 3. Empty: whatever it costs.",
        ge=0,
        allow_inf_nan=False,
    )
    license: str = Field(
        "",
        title="Licence",
        description="SPDX id for the model card, such as apache-2.0; empty: the base model's, where its folder "
        "names one.",
        pattern=r"^[A-Za-z0-9.+-]{0,64}$",
    )
    language: str = Field(
        "",
        title="Language",
        description="Language code for the model card, such as en or zh; empty: not stated.",
        pattern=r"^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$",
    )
    intended_use: str = Field(
        "",
        title="Intended use",
        description="What the model is for, in a sentence or two, as the model card's readers should see it. "
        "Public text: it leaves with the model.",
        max_length=2000,
    )

    @field_validator("variants")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("name each variant once")
        return tuple(sorted(value))
