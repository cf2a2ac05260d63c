"""From a base model and an adapter to one model with clipped weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from tasks.methods.clip.layout import kinds
from tasks.methods.clip.lora import merge, read_adapter
from tasks.methods.clip.rules import Clipper, Rule, assign
from tasks.methods.export.folder import load_model, save_model


def clip_model(
    base: Path,
    adapter: Path | None,
    rules: Sequence[Rule],
    target: Path,
    *,
    secret: bytes = b"",
    advance: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Clip the adapter, merge it into its base in float32, clip the whole and write it.

    Formal guarantees:
        Post-processing where the adapter is the output of DP-SGD (see :mod:`tasks.methods.clip.project`); the report
        is computed from the base and that output alone, so it is post-processing too. None otherwise.

    Args:
        base: folder of the base model, in safetensors; of the trained one where there is no adapter.
        adapter: folder of the LoRA adapter, in PEFT's layout; ``None`` where the model's own weights were trained.
        rules: in order; the first that fits a tensor decides.
        target: folder that the model's weights and configuration go to.
        secret: key of the Gaussian draws.
        advance: called with 1 after each tensor.

    Returns:
        ``parameters`` (weights in all), ``merged`` (layers that the adapter changed) and ``rules`` (see
        :meth:`tasks.methods.clip.rules.Clipper.report`).

    Raises:
        UserError: a rule fits no tensor, weights aren't finite, or base and adapter don't belong together.
    """
    lora = read_adapter(adapter) if adapter is not None else None
    named = lora.named() if lora is not None else {}
    model = load_model(base, torch.float32)
    layouts = kinds(model)
    clipper = Clipper(rules, assign(rules, {"adapter": list(named), "merged": list(layouts)}), secret)
    for name, weights in named.items():
        clipper.apply("adapter", name, weights, "linear")
        advance(1)
    if lora is not None:
        merge(model, lora)
    for name, weights in model.named_parameters():
        clipper.apply("merged", name, weights, layouts[name])
        advance(1)
    save_model(model, target)
    return {
        "parameters": sum(weights.numel() for weights in model.parameters()),
        "merged": sorted(lora.weights) if lora is not None else [],
        "rules": clipper.report(),
    }
