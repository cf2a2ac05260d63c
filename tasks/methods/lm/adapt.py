"""Which weights are trained: LoRA adapters, all, the last blocks, or biases alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from tasks.core.errors import UserError

Kind = Literal["lora", "full", "last_layers", "bitfit"]

TARGETS: dict[str, tuple[str, ...]] = {
    "bert": ("query", "value"),
    "camembert": ("query", "value"),
    "distilbert": ("q_lin", "v_lin"),
    "electra": ("query", "value"),
    "gpt2": ("c_attn",),
    "gpt_neox": ("query_key_value",),
    "roberta": ("query", "value"),
    "xlm-roberta": ("query", "value"),
}
"""The layers that get an adapter where none are named: those of queries and values, as in Hu et al. 2021."""

USUAL_TARGETS = ("q_proj", "v_proj")
"""The same for the Llama-like architectures, which are all others."""

_INIT_SEED = 0
"""LoRA's starting weights are public: the same for everyone."""


@dataclass(frozen=True)
class Adaptation:
    """What of a model is trained.

    Attributes:
        kind: ``lora``: adapters on linear layers of a frozen model (Hu et al. 2021); ``full``: every weight;
            ``last_layers``: the blocks nearest the output and the norm behind them; ``bitfit``: every bias (Ben Zaken
            et al. 2022). A task's head that the base model doesn't have is trained with each of them.
        r: LoRA's rank.
        alpha: LoRA's output is scaled by ``alpha / r``.
        targets: ends of names of the layers that get an adapter; empty for the architecture's usual ones.
        last_layers: how many blocks; with ``lora`` ``None`` is all of them.
    """

    kind: Kind = "lora"
    r: int = 4
    alpha: float = 16.0
    targets: tuple[str, ...] = ()
    last_layers: int | None = None


def adapt(model: nn.Module, adaptation: Adaptation, head: Sequence[str] = ()) -> nn.Module:
    """Freeze a model and free what is to be trained.

    Args:
        model: on its device already; a language model or a :class:`tasks.methods.lm.classify.Classifier`.
        adaptation: what to train.
        head: names of parameters that are trained in any case.

    Returns:
        the model to train: the same one, or one with adapters around it.

    Raises:
        UserError: the model has no such layers.
    """
    classifier = model if isinstance(getattr(model, "encoder", None), PreTrainedModel) else None
    base: PreTrainedModel = model.encoder if classifier is not None else model  # type: ignore[assignment]
    if adaptation.kind != "lora" and getattr(base, "is_quantized", False):
        raise UserError("train.adaptation: quantised base weights can't be trained; use lora, or no train.quantise.")
    extra = {id(p) for name, p in model.named_parameters() if name in set(head)}
    if classifier is not None:
        extra |= {id(p) for p in classifier.head.parameters()}  # type: ignore[union-attr]
    for p in model.parameters():
        p.requires_grad_(adaptation.kind == "full" or id(p) in extra)
    if adaptation.kind == "lora":
        wrapped = add_lora(base, adaptation.r, adaptation.alpha, adaptation.targets, adaptation.last_layers)
        if classifier is None:
            model = wrapped
        else:
            classifier.encoder = wrapped
        # PEFT freezes all that isn't its own.
        for p in model.parameters():
            if id(p) in extra:
                p.requires_grad_(True)
    elif adaptation.kind == "last_layers":
        for module in _last(base, adaptation.last_layers):
            module.requires_grad_(True)
    elif adaptation.kind == "bitfit":
        biases = [p for name, p in base.named_parameters() if name.rsplit(".", 1)[-1] == "bias"]
        if not biases:
            raise UserError(
                f"train.adaptation: bitfit trains biases, and {type(base).__name__} has none; use lora, last_layers "
                "or full."
            )
        for p in biases:
            p.requires_grad_(True)
    return model


def add_lora(
    model: PreTrainedModel, r: int, alpha: float, targets: Sequence[str] = (), last_layers: int | None = None
) -> PeftModel:
    """Freeze a model and put LoRA adapters (Hu et al. 2021) on its linear layers of the given names.

    Args:
        model: on its device already.
        r: rank.
        alpha: the adapter's output is scaled by ``alpha / r``.
        targets: ends of module names, such as ``q_proj``; GPT-2's ``Conv1D`` layers are linear layers too. Empty: the
            architecture's usual ones.
        last_layers: only this many blocks nearest the output; ``None`` for all.

    Raises:
        UserError: a name matches no linear layer, or the model has fewer blocks.
    """
    targets = targets or TARGETS.get(str(model.config.model_type), USUAL_TARGETS)
    linear = {
        name.rsplit(".", 1)[-1]: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | Conv1D)
    }
    if missing := sorted(set(targets) - set(linear)):
        raise UserError(
            f"train.lora_targets: the base model has no linear layer named {', '.join(missing)}; "
            f"it has {', '.join(sorted(linear))}."
        )
    head = model.get_output_embeddings()
    if getattr(model.config, "tie_word_embeddings", False) and any(
        module is head and name.rsplit(".", 1)[-1] in targets for name, module in model.named_modules()
    ):
        # Merged, its weights would change the input embeddings too: clip refuses that, but ε would be spent by then.
        raise UserError(
            "train.lora_targets: the output layer shares its weights with the input embeddings; leave it out."
        )
    blocks = int(model.config.num_hidden_layers)
    if last_layers is not None and last_layers > blocks:
        raise UserError(f"train.lora_last_layers: the base model has {blocks} blocks only.")
    chosen = None if last_layers is None else list(range(blocks - last_layers, blocks))
    config = LoraConfig(
        r=r,
        lora_alpha=alpha,  # type: ignore[arg-type]
        target_modules=sorted(targets),
        layers_to_transform=chosen,
        fan_in_fan_out=all(isinstance(linear[name], Conv1D) for name in targets),
        task_type="CAUSAL_LM" if head is not None and model.can_generate() else None,
    )
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers, about names of their own
        warnings.filterwarnings("ignore", message="fan_in_fan_out is set")  # a mix of both kinds of layer
        torch.manual_seed(_INIT_SEED)
        return get_peft_model(model, config)  # type: ignore[return-value]


def _last(model: PreTrainedModel, count: int | None) -> Iterator[nn.Module]:
    """The last blocks of a model, and the norm that stands behind them."""
    if count is None or count < 1:
        raise UserError("train.last_layers: say how many of the blocks nearest the output are trained.")
    total = int(model.config.num_hidden_layers)
    modules = dict(model.named_modules())
    found = [name for name, m in modules.items() if isinstance(m, nn.ModuleList) and len(m) == total]
    if not found:
        raise UserError(f"train.adaptation: the blocks of {type(model).__name__} aren't in one list; use lora or full.")
    if count > total:
        raise UserError(f"train.last_layers: the base model has {total} blocks only.")
    blocks: nn.ModuleList = modules[found[0]]  # type: ignore[assignment]
    yield from list(blocks)[total - count :]
    for module in modules[found[0].rpartition(".")[0]].children():
        # Behind the blocks by the order of definition, so no norm of the embeddings.
        if module is not blocks and "norm" in type(module).__name__.lower():
            yield module
