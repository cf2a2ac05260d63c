"""Trained weights as files: the same bytes for the same weights, and no path of this machine in them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import PreTrainedModel

from tasks.methods.export.folder import save_model
from tasks.methods.lm.wrapped import inner


def save_trained(model: nn.Module, folder: Path, model_id: str) -> None:
    """Write what was trained.

    ``adapter/`` (PEFT's layout) where the model has a LoRA adapter, else ``model/`` (Hugging Face layout, the whole
    model in float32). What stands beside either, a classification head or a masked-language-model head that the base
    model lacked, goes to ``head.safetensors`` under its own names, and a classifier's labels and pooling to
    ``head.json``.

    Args:
        model: a trained model, as :func:`tasks.methods.lm.adapt.adapt` gave it.
        folder: where to.
        model_id: the base model's name, for the adapter's configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    classifier = hasattr(model, "labels")
    language: nn.Module = model.encoder if classifier else model  # type: ignore[assignment]
    if isinstance(language, PeftModel):
        save_adapter(language, folder / "adapter", model_id)
    else:
        save_model(inner(language), folder / "model")
    head = _head(model, language, classifier)
    if head:
        save_tensors(head, folder / "head.safetensors")
    if classifier:
        facts = {"labels": list(model.labels), "pooling": model.pooling}  # type: ignore[arg-type]
        (folder / "head.json").write_text(json.dumps(facts, sort_keys=True, indent=1) + "\n", encoding="utf-8")


def load_trained(model: nn.Module, folder: Path) -> None:
    """Put what :func:`save_trained` wrote into a model of the same make, in place; adapters are merged.

    Args:
        model: as the base model was loaded, without adapters.
        folder: what :func:`save_trained` wrote.

    Raises:
        KeyError: a head's tensor isn't one of the model's.
        RuntimeError: a tensor has another shape, or one is missing.
        ValueError: the adapter's layers aren't the model's.
    """
    language: PreTrainedModel = model.encoder if hasattr(model, "labels") else model  # type: ignore[assignment]
    if (folder / "adapter").is_dir():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers, about names of their own
            PeftModel.from_pretrained(language, str(folder / "adapter")).merge_and_unload()
    else:
        found = language.load_state_dict(load_file(folder / "model" / "model.safetensors"), strict=False)
        tied = set(getattr(language, "all_tied_weights_keys", ()))
        if found.unexpected_keys or set(found.missing_keys) - tied:
            raise RuntimeError("the tensors are not those of the model")
    if (folder / "head.safetensors").is_file():
        own = dict(model.named_parameters())
        with torch.no_grad():
            for name, tensor in load_file(folder / "head.safetensors").items():
                own[name].copy_(tensor)


def save_adapter(model: PeftModel, folder: Path, model_id: str) -> None:
    """Write an adapter in PEFT's layout, the same bytes for the same weights and with no path of this machine in it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_tensors(get_peft_model_state_dict(model), folder / "adapter_model.safetensors")
    config: dict[str, Any] = model.peft_config["default"].to_dict()
    config.update(base_model_name_or_path=model_id, inference_mode=True, revision=None)
    plain = json.dumps({k: _plain(v) for k, v in config.items()}, sort_keys=True, indent=1)
    (folder / "adapter_config.json").write_text(plain + "\n", encoding="utf-8")


def save_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write tensors as float32 safetensors, in the order of their names."""
    plain = {n: t.detach().to("cpu", torch.float32).contiguous() for n, t in sorted(tensors.items())}
    save_file(plain, path, metadata={"format": "pt"})


def _head(model: nn.Module, language: nn.Module, classifier: bool) -> dict[str, torch.Tensor]:
    """The trained tensors that neither an adapter nor the base model's own folder holds."""
    if classifier:
        return {name: p for name, p in model.named_parameters() if name.startswith("head.")}
    if isinstance(language, PeftModel):
        return {name: p for name, p in _plain_names(model) if p.requires_grad and "lora_" not in name}
    return {}


def _plain_names(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Parameters by the names they have without PEFT's wrapping."""
    return [(name.removeprefix("base_model.model."), p) for name, p in model.named_parameters()]


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str | list) else str(value)
