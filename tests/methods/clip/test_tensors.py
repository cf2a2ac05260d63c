"""Names and kinds of weights: the same while an adapter is trained, in its file, and in a model that is loaded."""

from __future__ import annotations

from pathlib import Path

import peft
import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, GPT2Config

from tasks.core.config.clip import ClipRule
from tasks.core.errors import UserError
from tasks.methods.clip.lora import read_adapter
from tasks.methods.clip.rules import assign
from tasks.methods.clip.tensors import Weights, of_adapter, of_model
from tests.methods.clip.tiny_models import tiny_adapter, tiny_base


def test_an_adapter_has_the_same_names_in_its_file_and_on_a_model(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    adapter = tiny_adapter(base, tmp_path / "adapter")
    model = peft.PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter, is_trainable=True
    )
    stored = {w.name: w for w in of_adapter(read_adapter(adapter))}
    trained = {w.name: w for w in of_model(model, trainable=True)}
    assert stored.keys() == trained.keys() and len(stored) == 8
    for name, w in stored.items():
        assert (w.kind, w.layout, w.target) == (trained[name].kind, trained[name].layout, "adapter")
        assert torch.equal(w.tensor, trained[name].tensor)
    plain = {w.name for w in of_model(AutoModelForCausalLM.from_pretrained(base))}
    assert {w.name for w in of_model(model) if w.target == "merged"} == plain


def test_kinds_are_those_of_the_layers(tmp_path: Path) -> None:
    config = GPT2Config(vocab_size=40, n_embd=16, n_layer=1, n_head=2, n_positions=32)
    model = AutoModelForCausalLM.from_config(config)
    kinds = {w.name.removeprefix("transformer."): w.kind for w in of_model(model)}
    assert kinds["wte.weight"] == kinds["wpe.weight"] == "embedding"
    assert kinds["h.0.ln_1.weight"] == kinds["ln_f.weight"] == "norm"
    assert kinds["h.0.ln_1.bias"] == kinds["h.0.attn.c_attn.bias"] == "bias"
    assert kinds["h.0.attn.c_attn.weight"] == kinds["h.0.mlp.c_fc.weight"] == "linear"
    assert "lm_head.weight" not in kinds  # shares its weights with the embeddings
    llama = AutoModelForCausalLM.from_pretrained(tiny_base(tmp_path, tied=False))
    found = {w.name: w.kind for w in of_model(llama)}
    assert found["lm_head.weight"] == "linear" and found["model.norm.weight"] == "norm"
    assert [w.kind for w in of_model(nn.Sequential(nn.Conv1d(2, 2, 2), nn.PReLU()))] == ["convolution", "bias", "other"]


def test_rules_go_by_kind_and_pattern_together() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2), nn.Linear(2, 2))
    weights = of_model(module)

    def names(*rules: ClipRule) -> dict[str, int]:
        return assign(rules, weights)

    rule = ClipRule(kind="linear", target="merged", bound=1)
    assert names(rule) == {"0.weight": 0, "2.weight": 0}
    assert names(ClipRule(kind="bias", target="merged", pattern="2.*", bound=1)) == {"2.bias": 0}
    every = ClipRule(target="merged", bound=1)
    assert names(rule, every) == {"0.weight": 0, "2.weight": 0, "0.bias": 1, "1.weight": 1, "1.bias": 1, "2.bias": 1}
    with pytest.raises(UserError, match=r"clip\.rules\[0\]\.pattern: no weight of the merged target .* kind embedding"):
        names(ClipRule(kind="embedding", target="merged", bound=1))
    assert all(isinstance(w, Weights) for w in weights)
