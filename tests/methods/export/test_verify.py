"""Loading a model folder in a clean process."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch

from tasks.core.errors import AirlockError
from tasks.methods.export.folder import copy_tokenizer, load_model, save_model
from tasks.methods.export.verify import difference, outputs_clean, outputs_here
from tests.methods.clip.tiny_models import tiny_base


def test_a_written_model_is_the_one_that_was_loaded_and_another_is_not(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    model = load_model(base, torch.float32)
    save_model(model, tmp_path / "out")
    copy_tokenizer(base, tmp_path / "out")
    expected = outputs_here(model, base)
    assert difference(expected, outputs_here(load_model(tmp_path / "out", torch.float32), tmp_path / "out")) == 0
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (base / "model.safetensors").read_bytes()
    other = load_model(tiny_base(tmp_path / "other", seed=5), torch.float32)
    assert difference(expected, outputs_here(other, base)) > 0.01
    shorter = dataclasses.replace(expected, prompt_ids=[[1]] * len(expected.prompt_ids))
    assert difference(expected, shorter) == float("inf")


def test_a_folder_that_does_not_load_is_named_without_its_path(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    shutil.copytree(base, tmp_path / "secret-name")
    (tmp_path / "secret-name" / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    with pytest.raises(AirlockError, match="doesn't load in a clean process") as caught:
        outputs_clean(tmp_path / "secret-name")
    assert "secret-name" not in str(caught.value)
