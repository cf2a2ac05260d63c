"""LoRA adapters in PEFT's safetensors layout: reading them and merging them into their base.

Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021, section 4.1 (W = W0 + (α / r) B A);
rank-stabilised scaling α / √r after Kalajdzievski, 2023.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from transformers.pytorch_utils import Conv1D

from tasks.core.errors import AirlockError, UserError

_NAME = re.compile(r"^base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight$")


@dataclass
class Adapter:
    """A LoRA adapter in float32.

    Attributes:
        weights: module's name -> (A of shape (r, inputs), B of shape (units, r)).
        alpha: numerator of the scaling.
        rank_stabilised: divide by √r in place of r.
    """

    weights: dict[str, tuple[torch.Tensor, torch.Tensor]]
    alpha: float
    rank_stabilised: bool = False

    def named(self) -> dict[str, torch.Tensor]:
        """The matrices by the names that rules match, such as ``model.layers.0.self_attn.q_proj.lora_A.weight``."""
        pairs = sorted(self.weights.items())
        return {f"{m}.lora_{side}.weight": w for m, pair in pairs for side, w in zip("AB", pair, strict=True)}

    def delta(self, module: str) -> torch.Tensor:
        """What the adapter adds to a module's weights, shape (units, inputs)."""
        a, b = self.weights[module]
        rank = a.shape[0]
        return (b @ a) * (self.alpha / (math.sqrt(rank) if self.rank_stabilised else rank))


def read_adapter(folder: Path) -> Adapter:
    """Read ``adapter_config.json`` and ``adapter_model.safetensors``.

    Raises:
        UserError: the adapter covers layers other than linear ones.
        AirlockError: the adapter is of a kind that can't be merged, such as DoRA.
    """
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    special = [
        name for name in ("use_dora", "alpha_pattern", "modules_to_save", "trainable_token_indices") if config.get(name)
    ]
    if config.get("peft_type") != "LORA" or special or config.get("bias", "none") != "none":
        raise AirlockError("clip: the adapter isn't plain LoRA on linear layers and can't be merged")
    sides: dict[str, dict[str, torch.Tensor]] = {}
    with safe_open(folder / "adapter_model.safetensors", framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 - a safetensors file isn't a mapping
            parts = _NAME.match(key)
            if parts is None:
                raise UserError(
                    "train.lora_targets: the adapter holds weights other than LoRA matrices of linear layers, which "
                    "can't be "
                    "merged; name linear layers only"
                )
            sides.setdefault(parts["module"], {})[parts["side"]] = file.get_tensor(key).float()
    if not sides or any(set(pair) != {"A", "B"} for pair in sides.values()):
        raise AirlockError("clip: the adapter lacks a LoRA matrix")
    return Adapter(
        {module: (pair["A"], pair["B"]) for module, pair in sorted(sides.items())},
        float(config["lora_alpha"]),
        bool(config.get("use_rslora", False)),
    )


@torch.no_grad()
def merge(model: torch.nn.Module, adapter: Adapter) -> None:
    """Add the adapter to the model's weights in place. Tied weights stay tied.

    Args:
        model: the base model in float32.

    Raises:
        UserError: a module of the adapter isn't in the model, has another shape, or shares its weights with another
            module, so that merging would change both.
    """
    own = dict(model.named_parameters())
    tied = _tied(model)
    modules = dict(model.named_modules())
    for module in adapter.weights:
        name = f"{module}.weight"
        if name in tied:
            raise UserError(
                f"train.lora_targets: {module} shares its weights with another layer; merging would change both"
            )
        if name not in own:
            raise UserError(f"clip: the base model has no layer {module}; it isn't the model that was trained")
        delta = adapter.delta(module)
        delta = delta.T if isinstance(modules[module], Conv1D) else delta
        if delta.shape != own[name].shape:
            raise UserError(f"clip: {module} has another shape than in training; it isn't the model that was trained")
        own[name].add_(delta)


def _tied(model: torch.nn.Module) -> set[str]:
    names: dict[int, list[str]] = {}
    for name, weights in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(weights), []).append(name)
    return {name for group in names.values() if len(group) > 1 for name in group}
