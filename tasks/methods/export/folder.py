"""Model folders in Hugging Face layout: loading, writing, and carrying the tokenizer along."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from tasks.core.errors import UserError
from tasks.methods.lm.weights import quiet_transformers

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "tokenizer.model",
    "spiece.model",
    "chat_template.jinja",
)
"""What a tokenizer in Hugging Face layout may consist of."""

_OF_THE_MACHINE = (
    "_commit_hash",
    "_model_name_or_path",
    "_name_or_path",
    "cache_dir",
    "is_local",
    "local_files_only",
    "merges_file",
    "name_or_path",
    "special_tokens_map_file",
    "tokenizer_file",
    "vocab_file",
)
_LICENSE = re.compile(r"^license:\s*[\"']?([A-Za-z0-9.+-]{1,64})[\"']?\s*$", re.MULTILINE)


def load_model(folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """Load a causal language model from a local folder of safetensors, on the CPU, ready to evaluate.

    Raises:
        UserError: the folder holds no causal language model that transformers knows.
    """
    local = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
    try:
        with quiet_transformers():
            model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=dtype, **local)
    except (ValueError, OSError, KeyError) as exc:
        raise UserError(
            f"train.base_model: {folder.name} isn't a causal language model that transformers loads "
            f"({type(exc).__name__})"
        ) from None
    return model.eval()


def save_model(model: PreTrainedModel, folder: Path) -> None:
    """Write weights as safetensors, configuration and generation configuration, without traces of this machine.

    The same weights give the same bytes: safetensors orders tensors by type and name, and JSON keys are sorted. Tied
    weights are stored once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with quiet_transformers():
        model.save_pretrained(str(folder))
    for name in ("config.json", "generation_config.json"):
        if (folder / name).is_file():
            tidy_json(folder / name)


def copy_tokenizer(source: Path, target: Path) -> list[str]:
    """Copy a tokenizer's files, without traces of this machine.

    Returns:
        the names of the files.

    Raises:
        UserError: the folder has no tokenizer.
    """
    target.mkdir(parents=True, exist_ok=True)
    names = [name for name in TOKENIZER_FILES if (source / name).is_file()]
    if not {"tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model", "spiece.model"} & set(names):
        raise UserError(f"train.base_model: {source.name} has no tokenizer file")
    for name in names:
        shutil.copyfile(source / name, target / name)
    if "tokenizer_config.json" in names:
        tidy_json(target / "tokenizer_config.json")
    return names


def tidy_json(path: Path) -> None:
    """Drop the settings that only say where files lay on the machine that wrote them; sort the rest."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in data.items() if key not in _OF_THE_MACHINE}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def added_tokens(folder: Path) -> list[str]:
    """The tokens that a tokenizer has beside its vocabulary, sorted."""
    found: set[str] = set()
    if (folder / "tokenizer.json").is_file():
        data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        found |= {token["content"] for token in data.get("added_tokens", [])}
    if (folder / "added_tokens.json").is_file():
        found |= set(json.loads((folder / "added_tokens.json").read_text(encoding="utf-8")))
    return sorted(found)


def license_of(folder: Path) -> str:
    """The licence that a model folder's card names in its YAML header, or an empty string."""
    card = folder / "README.md"
    if not card.is_file():
        return ""
    parts = card.read_text(encoding="utf-8", errors="replace").split("---\n", 2)
    found = _LICENSE.search(parts[1]) if len(parts) == 3 and not parts[0].strip() else None
    return found[1] if found else ""
