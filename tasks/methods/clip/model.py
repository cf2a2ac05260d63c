"""From a base model and an adapter to one model with clipped weights, and rules on a model that is loaded already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from tasks.methods.clip.histogram import Histogram
from tasks.methods.clip.lora import Adapter, merge, read_adapter
from tasks.methods.clip.rules import Clipper, Rule
from tasks.methods.clip.tensors import of_adapter, of_model
from tasks.methods.export.folder import load_model, save_model


@dataclass(frozen=True)
class Clipped:
    """What clipping did.

    Attributes:
        report: ``parameters`` (weights in all), ``merged`` (layers that the adapter changed) and ``rules`` (see
            :meth:`tasks.methods.clip.rules.Clipper.report`), as plain JSON.
        histograms: name of each tensor that a rule was applied to, and its weights before and after.
    """

    report: dict[str, Any]
    histograms: list[tuple[str, Histogram]]


def clip_model(
    base: Path,
    adapter: Path | None,
    rules: Sequence[Rule],
    target: Path,
    *,
    secret: bytes = b"",
    advance: Callable[[int], None] = lambda _: None,
    measure: Callable[[PreTrainedModel], None] | None = None,
) -> Clipped:
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
        measure: called with the merged model twice, without the rules and with them.

    Raises:
        UserError: a rule fits no tensor or a tensor that it can't limit, weights aren't finite, or base and adapter
            don't belong together.
    """
    lora = read_adapter(adapter) if adapter is not None else None
    if measure is not None:
        measure(_merged(base, lora))
    named = of_adapter(lora) if lora is not None else []
    model = load_model(base, torch.float32)
    clipper = Clipper(rules, [*named, *of_model(model)], secret)
    for weights in named:
        clipper.apply(weights)
        advance(1)
    if lora is not None:
        merge(model, lora)
    for weights in of_model(model):
        clipper.apply(weights)
        advance(1)
    if measure is not None:
        measure(model)
    save_model(model, target)
    report = {
        "parameters": sum(weights.numel() for weights in model.parameters()),
        "merged": sorted(lora.weights) if lora is not None else [],
        "rules": clipper.report(),
    }
    return Clipped(report, clipper.histograms)


def clip_loaded(model: nn.Module, rules: Sequence[Rule], secret: bytes = b"") -> Clipped:
    """Apply rules to a model that was loaded for prediction, in place.

    Rules of target ``merged`` fit the model's own weights, those of target ``adapter`` the LoRA matrices that a PEFT
    model carries unmerged. The model keeps its dtype: bounds hold for the weights as they are stored in it.

    Formal guarantees:
        As :func:`clip_model`: post-processing of a model from DP-SGD, none otherwise.

    Args:
        model: on the CPU, in any floating-point dtype, with or without an adapter on it.
        rules: in order; the first that fits a tensor decides.
        secret: key of the Gaussian draws; the same key gives the same weights.

    Returns:
        what it did; ``merged`` in its report is empty.

    Raises:
        UserError: as :func:`clip_model`; no weight has changed where a rule fits none.
    """
    named = of_model(model)
    clipper = Clipper(rules, named, secret)
    for weights in named:
        clipper.apply(weights)
    parameters = sum(weights.tensor.numel() for weights in named)
    return Clipped({"parameters": parameters, "merged": [], "rules": clipper.report()}, clipper.histograms)


def _merged(base: Path, lora: Adapter | None) -> PreTrainedModel:
    model = load_model(base, torch.float32)
    if lora is not None:
        merge(model, lora)
    return model
