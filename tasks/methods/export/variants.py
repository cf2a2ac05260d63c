"""The forms in which a model can leave beside ``model/``: a format and a precision, each in a folder of its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from tasks.methods.export.folder import copy_tokenizer, load_model, save_model, tidy_json

Format = Literal["model", "onnx", "gguf"]
Precision = Literal["fp32", "bf16", "fp16", "int8"]

LIBRARIES: dict[str, tuple[str, ...]] = {
    "model": (),
    "onnx": ("onnx", "onnx-ir", "onnxruntime", "onnxscript"),
    "gguf": ("gguf",),
}
"""Distributions that decide the bytes of each format, beside those of the stage."""


@dataclass(frozen=True)
class Variant:
    """One form of a model.

    Attributes:
        format: ``model`` (Hugging Face layout, safetensors), ``onnx`` or ``gguf``.
        precision: of the weights.
    """

    format: Format
    precision: Precision

    @property
    def exact(self) -> bool:
        """Whether the weights are those that were clipped, to the last bit."""
        return self.precision == "fp32"


def parse(name: str) -> Variant:
    """The variant of a folder's name.

    >>> parse("onnx"), parse("model-bf16")
    (Variant(format='onnx', precision='fp32'), Variant(format='model', precision='bf16'))
    """
    form, _, precision = name.partition("-")
    return Variant(form, precision or "fp32")  # type: ignore[arg-type]


def write_variant(variant: Variant, source: Path, target: Path, traced: Path | None = None) -> None:
    """Write a model in another form, with its tokenizer.

    Args:
        variant: the form.
        source: folder of the model in float32, in Hugging Face layout.
        target: folder that is written.
        traced: folder of the variant ``onnx`` of the same model, where it is written already.

    Raises:
        UserError: the format doesn't know the model's architecture or its tokenizer.
    """
    if variant.format == "gguf":
        from tasks.methods.export.gguf_file import write_gguf

        write_gguf(source, target, variant.precision)
        return
    if variant.format == "onnx":
        from tasks.methods.export.onnx_graph import write_onnx

        write_onnx(source, target, variant.precision, traced)
        for name in ("config.json", "generation_config.json"):
            if (source / name).is_file():
                (target / name).write_bytes((source / name).read_bytes())
                tidy_json(target / name)
    else:
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[variant.precision]
        save_model(load_model(source, torch.float32).to(dtype), target)
    copy_tokenizer(source, target)
