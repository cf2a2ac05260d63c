"""Causal language models: loading, LoRA adapters, and the loss of each example by itself."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from tasks.core.errors import AirlockError, UserError
from tasks.methods.lm.tokens import Batch
from tasks.methods.lm.weights import ModelFolder, quiet_transformers

_INIT_SEED = 0
"""LoRA's starting weights are public: the same for everyone."""


def load(folder: ModelFolder, device: torch.device) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a base model in float32 and its tokenizer, from local safetensors only.

    The model is on its device before anything wraps it: a LoRA adapter that is moved after wrapping may silently stop
    training (Opacus #820).

    Raises:
        UserError: the folder doesn't hold a causal language model that transformers knows.
    """
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet_transformers():
            model = AutoModelForCausalLM.from_pretrained(
                str(folder.path), dtype=torch.float32, use_safetensors=True, **local
            )
            tokenizer = AutoTokenizer.from_pretrained(str(folder.path), **local)
    except (OSError, ValueError, KeyError, RuntimeError) as exc:
        raise UserError(
            f"train.base_model: {folder.id} could not be loaded as a causal language model ({type(exc).__name__}); "
            "check its config.json, tokenizer and safetensors files."
        ) from None
    if tokenizer.eos_token_id is None:
        raise UserError(f"train.base_model: the tokenizer of {folder.id} has no end-of-text token.")
    model.config.use_cache = False
    model = model.to(device)
    if not _plain_head(model):
        raise UserError(
            f"train.base_model: {folder.id} does more between its last block and its logits than one linear layer, "
            "which isn't supported."
        )
    return model, tokenizer


def _causal(model: nn.Module) -> PreTrainedModel:
    """The causal language model inside what wraps it."""
    model = getattr(model, "_module", model)  # Opacus's GradSampleModule
    return model.get_base_model() if isinstance(model, PeftModel) else model  # type: ignore[return-value]


def _plain_head(model: PreTrainedModel) -> bool:
    """Whether the logits are the output embedding of the last hidden state, neither scaled nor capped."""
    head = model.get_output_embeddings()
    if head is None:
        return False
    ids = torch.arange(3, device=model.device)[None]
    model.eval()
    with torch.inference_mode():
        hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
        logits = model(input_ids=ids, use_cache=False).logits
        return torch.allclose(head(hidden), logits, rtol=1e-4, atol=1e-4)


def add_lora(
    model: PreTrainedModel, r: int, alpha: float, targets: Sequence[str], last_layers: int | None = None
) -> PeftModel:
    """Freeze a model and put LoRA adapters (Hu et al. 2021) on its linear layers of the given names.

    Args:
        model: on its device already.
        r: rank.
        alpha: the adapter's output is scaled by ``alpha / r``.
        targets: ends of module names, such as ``q_proj``.
        last_layers: only this many blocks nearest the output; ``None`` for all.

    Raises:
        UserError: a name matches no linear layer, or the model has fewer blocks.
    """
    linear = {name.rsplit(".", 1)[-1] for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    if missing := sorted(set(targets) - linear):
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
        r=r, lora_alpha=alpha, target_modules=sorted(targets), layers_to_transform=chosen, task_type="CAUSAL_LM"
    )  # type: ignore[arg-type]
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers, about names of their own
        torch.manual_seed(_INIT_SEED)
        return get_peft_model(model, config)  # type: ignore[return-value]


def example_losses(model: nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Each example's loss by itself.

    Args:
        model: a causal language model.
        batch: on the model's device.

    Returns:
        the mean negative log-likelihood in nats over each example's own predicted tokens (0 where it has none), and
        the number of those tokens; both [rows]. Padding counts in neither.
    """
    causal = _causal(model)
    hidden = causal.base_model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False).last_hidden_state
    # The head over the vocabulary is the costliest layer of a small model: it sees tokens that are scored, no others.
    real = batch.mask[:, 1:].bool()
    logits = causal.get_output_embeddings()(hidden[:, :-1][real])
    nll = F.cross_entropy(logits.float(), batch.ids[:, 1:][real], reduction="none")
    losses = torch.zeros(real.shape, dtype=nll.dtype, device=nll.device).masked_scatter(real, nll).sum(1)
    tokens = real.sum(1)
    return losses / tokens.clamp(min=1), tokens


def save_adapter(model: PeftModel, folder: Path, model_id: str) -> None:
    """Write an adapter in PEFT's layout, the same bytes for the same weights and with no path of this machine in it."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().to("cpu", torch.float32).contiguous()
        for name, tensor in sorted(get_peft_model_state_dict(model).items())
    }
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config: dict[str, Any] = model.peft_config["default"].to_dict()
    config.update(base_model_name_or_path=model_id, inference_mode=True, revision=None)
    plain = json.dumps({k: _plain(v) for k, v in config.items()}, sort_keys=True, indent=1)
    (folder / "adapter_config.json").write_text(plain + "\n", encoding="utf-8")


class MovedCheck:
    """Holds that training reaches the adapter: every trainable tensor changes at the first step (Opacus #820)."""

    def __init__(self, model: nn.Module) -> None:
        self._before = {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}

    def verify(self, model: nn.Module) -> None:
        """Compare with the weights at the start.

        Raises:
            AirlockError: a trainable tensor is what it was, or isn't finite.
        """
        for name, p in model.named_parameters():
            if name in self._before and (torch.equal(p, self._before[name]) or not torch.isfinite(p).all()):
                raise AirlockError(f"training doesn't reach {name}: after the first step it is unchanged or not finite")


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str | list) else str(value)
