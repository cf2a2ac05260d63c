"""The weights of a model by the names and kinds that rules go by.

A weight is called the same while an adapter is trained, when the adapter is read from its file, and when a model is
loaded with it: PEFT's own additions to a name are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from tasks.methods.clip.layout import Layout, layout_of
from tasks.methods.clip.lora import Adapter

Kind = Literal["linear", "embedding", "norm", "bias", "convolution", "lora_a", "lora_b", "other"]
Target = Literal["adapter", "merged"]

KINDS: tuple[str, ...] = get_args(Kind)
LORA: tuple[Kind, ...] = ("lora_a", "lora_b")


@dataclass(frozen=True)
class Weights:
    """One weight tensor.

    Attributes:
        name: such as ``model.layers.0.self_attn.q_proj.weight`` or ``….q_proj.lora_A.weight``.
        tensor: the weights; rules change them in place.
        layout: where the tensor keeps its inputs and its units.
        kind: what it is.
    """

    name: str
    tensor: torch.Tensor
    layout: Layout
    kind: Kind

    @property
    def target(self) -> Target:
        """``adapter`` for a LoRA matrix, ``merged`` for a weight of the model itself."""
        return "adapter" if self.kind in LORA else "merged"


def of_model(model: nn.Module, *, trainable: bool = False) -> list[Weights]:
    """The weights of a model in its own order, with or without an adapter on it; tied weights once.

    Args:
        model: a model, a PEFT model, or a module that holds one.
        trainable: only what training changes.
    """
    modules = dict(model.named_modules())
    found = []
    for name, weights in model.named_parameters():
        if trainable and not weights.requires_grad:
            continue
        module = modules[name.rpartition(".")[0]]
        found.append(Weights(plain_name(name), weights, layout_of(module, weights), kind_of(module, name)))
    return found


def of_adapter(adapter: Adapter) -> list[Weights]:
    """The matrices of an adapter that was read from its file."""
    return [
        Weights(name, weights, "linear", "lora_a" if ".lora_A." in name else "lora_b")
        for name, weights in adapter.named().items()
    ]


def kind_of(module: nn.Module, name: str) -> Kind:
    """What a module's own parameter is.

    A bias is a ``bias`` whatever layer it belongs to, as in BitFit; ``norm`` is the gain of a norm. An embedding that
    shares its weights with the output layer is an ``embedding``.

    >>> kind_of(nn.LayerNorm(2), "ln.weight"), kind_of(nn.LayerNorm(2), "ln.bias")
    ('norm', 'bias')
    """
    if ".lora_A." in name or ".lora_B." in name:
        return "lora_a" if ".lora_A." in name else "lora_b"
    if name.rpartition(".")[2] == "bias":
        return "bias"
    if isinstance(module, nn.Linear | Conv1D):
        return "linear"
    if isinstance(module, nn.Embedding):
        return "embedding"
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return "convolution"
    return "norm" if "norm" in type(module).__name__.lower() else "other"


def plain_name(name: str) -> str:
    """A parameter's name without what PEFT adds to it.

    >>> plain_name("base_model.model.model.layers.0.q_proj.lora_A.default.weight")
    'model.layers.0.q_proj.lora_A.weight'
    >>> plain_name("base_model.model.model.layers.0.q_proj.base_layer.weight")
    'model.layers.0.q_proj.weight'
    """
    for added, kept in ((".base_layer.", "."), (".lora_A.default.", ".lora_A."), (".lora_B.default.", ".lora_B.")):
        name = name.replace(added, kept)
    return name.replace("base_model.model.", "", 1)
