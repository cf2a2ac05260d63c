"""The language model inside what wraps it."""

from __future__ import annotations

import inspect

from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel


def inner(model: nn.Module) -> PreTrainedModel:
    """The transformers model inside an adapter's wrapping, with the adapter's layers in it."""
    return model.get_base_model() if isinstance(model, PeftModel) else model  # type: ignore[return-value]


def accepts(model: nn.Module, argument: str) -> bool:
    """Whether a model's ``forward`` names an argument."""
    return argument in inspect.signature(type(model).forward).parameters
