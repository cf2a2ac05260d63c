"""Base models from local safetensors: causal language models, encoders, masked language models."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from tasks.core.errors import UserError
from tasks.methods.lm.weights import ModelFolder, quiet_transformers

Quantise = Literal["int8", "nf4"]

ENCODERS = ("bert", "camembert", "distilbert", "electra", "roberta", "xlm-roberta")
"""The architectures that count as encoders: they read both ways and take position ids."""

_WITHOUT_POOLER = ("distilbert", "electra")

_INIT_SEED = 0
"""Weights that a checkpoint lacks start from a public draw: the same for everyone."""


def load(
    folder: ModelFolder, device: torch.device, quantise: Quantise | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a causal language model in float32 and its tokenizer, from local safetensors only.

    The model is on its device before anything wraps it: a LoRA adapter that is moved after wrapping may silently stop
    training (Opacus #820). Dropout is off, as in all models of this module: its draws would hang on who else is in a
    batch, and the noise of DP-SGD regularises already.

    Args:
        folder: a base model.
        device: where it goes.
        quantise: hold the frozen base weights in 8 or 4 bits (for LoRA only; needs bitsandbytes and a GPU).

    Raises:
        UserError: the folder doesn't hold a causal language model that transformers knows, or it can't be quantised.
    """
    more: dict[str, Any] = {}
    if quantise is not None:
        more = {"quantization_config": _quantisation(quantise, device), "device_map": {"": device}}
    model, tokenizer, _ = _load(AutoModelForCausalLM, folder, "a causal language model", **more)
    if tokenizer.eos_token_id is None:
        raise UserError(f"train.base_model: the tokenizer of {folder.id} has no end-of-text token.")
    model.config.use_cache = False
    model = model if more else model.to(device)
    if not _looks_back_only(model):
        raise UserError(
            f"train.base_model: {folder.id} looks at later tokens, so it isn't a causal language model; "
            "use it with the objective classification or masked_lm."
        )
    if not _plain_head(model):
        raise UserError(
            f"train.base_model: {folder.id} does more between its last block and its logits than one linear layer, "
            "which isn't supported."
        )
    return model, tokenizer


def load_encoder(folder: ModelFolder, device: torch.device) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a BERT-class encoder without its pooler, which nothing here would train, in float32.

    Raises:
        UserError: the folder doesn't hold an encoder that takes position ids, or its tokenizer frames no text.
    """
    more = {} if _check_encoder(folder) in _WITHOUT_POOLER else {"add_pooling_layer": False}
    model, tokenizer, missing = _load(AutoModel, folder, "an encoder", **more)
    if missing:
        raise UserError(f"train.base_model: {folder.id} lacks weights of its encoder.")
    _check_frame(tokenizer, folder)
    return model.to(device), tokenizer


def load_masked(
    folder: ModelFolder, device: torch.device
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, tuple[str, ...]]:
    """Load a masked language model in float32.

    A checkpoint of the encoder alone gets the architecture's usual head, tied to its word embeddings, with its
    transformation at a public random start.

    Returns:
        the model, its tokenizer, and the names of the parameters that the checkpoint lacked.

    Raises:
        UserError: the folder doesn't hold a masked language model, or its tokenizer has no mask token.
    """
    _check_encoder(folder)
    model, tokenizer, missing = _load(AutoModelForMaskedLM, folder, "a masked language model")
    _check_frame(tokenizer, folder)
    if tokenizer.mask_token_id is None:
        raise UserError(f"train.base_model: the tokenizer of {folder.id} has no mask token.")
    fresh = tuple(name for name, _ in model.named_parameters() if name in missing)
    if any(name.startswith(f"{model.base_model_prefix}.") for name in fresh):
        raise UserError(f"train.base_model: {folder.id} lacks weights of its encoder.")
    model = model.to(device)
    masked_head(model)
    return model, tokenizer, fresh


def masked_head(model: PreTrainedModel) -> nn.Module:
    """The module from the last hidden states to the logits of a masked language model.

    Raises:
        UserError: the architecture's head isn't one module of its own.
    """
    for name in ("cls", "lm_head"):
        if isinstance(head := getattr(model, name, None), nn.Module):
            return head
    raise UserError(
        f"train.base_model: the masked-language-model head of {type(model).__name__} isn't supported; "
        "BERT's and RoBERTa's are."
    )


def _load(
    kind: Any, folder: ModelFolder, what: str, **more: Any
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, set[str]]:
    local = {"local_files_only": True, "trust_remote_code": False}
    config = _config(folder)
    for name, value in list(vars(config).items()):
        if isinstance(value, float) and ("dropout" in name or name.endswith("pdrop")):
            setattr(config, name, 0.0)
    try:
        with quiet_transformers(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(_INIT_SEED)
            model, info = kind.from_pretrained(
                str(folder.path), config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True,
                **local, **more,
            )  # fmt: skip
            tokenizer = AutoTokenizer.from_pretrained(str(folder.path), **local)
    except (OSError, ValueError, KeyError, RuntimeError) as exc:
        raise UserError(
            f"train.base_model: {folder.id} could not be loaded as {what} ({type(exc).__name__}); "
            "check its config.json, tokenizer and safetensors files."
        ) from None
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        raise UserError(f"train.base_model: the tokenizer of {folder.id} has more tokens than the model embeds.")
    return model.eval(), tokenizer, set(info["missing_keys"])


def _config(folder: ModelFolder) -> Any:
    try:
        return AutoConfig.from_pretrained(str(folder.path), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as exc:
        raise UserError(
            f"train.base_model: the config.json of {folder.id} names no architecture that transformers knows "
            f"({type(exc).__name__})."
        ) from None


def _check_encoder(folder: ModelFolder) -> str:
    config = _config(folder)
    if config.model_type not in ENCODERS or getattr(config, "is_decoder", False):
        raise UserError(f"train.base_model: {folder.id} is no BERT-class encoder ({', '.join(ENCODERS)}).")
    return str(config.model_type)


def _check_frame(tokenizer: PreTrainedTokenizerBase, folder: ModelFolder) -> None:
    if tokenizer.cls_token_id is None or tokenizer.sep_token_id is None or tokenizer.pad_token_id is None:
        raise UserError(f"train.base_model: the tokenizer of {folder.id} lacks a class, separator or padding token.")


def _looks_back_only(model: PreTrainedModel) -> bool:
    """Whether a later token changes nothing before it: padding on the right then needs no mask."""
    ids = torch.tensor([[0, 1, 2], [0, 1, 3]], device=model.device)
    with torch.inference_mode():
        first, second = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :2]
    return torch.allclose(first, second, rtol=1e-4, atol=1e-4)


def _plain_head(model: PreTrainedModel) -> bool:
    """Whether the logits are the output embedding of the last hidden state, neither scaled nor capped."""
    head = model.get_output_embeddings()
    if head is None:
        return False
    ids = torch.arange(3, device=model.device)[None]
    with torch.inference_mode():
        hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
        logits = model(input_ids=ids, use_cache=False).logits
        return torch.allclose(head(hidden), logits, rtol=1e-4, atol=1e-4)


def _quantisation(quantise: Quantise, device: torch.device) -> Any:
    if device.type != "cuda":
        raise UserError("train.quantise: quantised base weights need a GPU; leave it empty or set train.device: cuda.")
    try:
        import bitsandbytes  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        raise UserError(
            "train.quantise: bitsandbytes isn't installed; `pip install bitsandbytes` on the GPU's machine."
        ) from None
    from transformers import BitsAndBytesConfig

    if quantise == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
