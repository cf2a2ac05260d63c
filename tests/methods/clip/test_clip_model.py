"""Merging, rules by layer pattern, and what the report says of them."""

from __future__ import annotations

from pathlib import Path

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GPT2Config

from tasks.core.config.clip import ClipRule
from tasks.core.errors import AirlockError, UserError
from tasks.methods.clip.layout import layouts, norm_dims
from tasks.methods.clip.lora import merge, read_adapter
from tasks.methods.clip.model import clip_model
from tests.methods.clip.tiny_models import tiny_adapter, tiny_base

SECRET = b"s" * 32


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_adapter(base, tmp_path_factory.mktemp("adapter"))


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def _peft_merged(base: Path, adapter: Path) -> dict[str, torch.Tensor]:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return peft.PeftModel.from_pretrained(model, adapter).merge_and_unload().state_dict()


@pytest.mark.parametrize("settings", [{}, {"use_rslora": True}, {"r": 2, "target_modules": ["down_proj", "o_proj"]}])
def test_without_rules_the_result_is_pefts_merge(base: Path, tmp_path: Path, settings: dict) -> None:
    adapter = tiny_adapter(base, tmp_path / "adapter", **settings)
    report = clip_model(base, adapter, (), tmp_path / "out").report
    expected, found = _peft_merged(base, adapter), _weights(tmp_path / "out")
    assert report["rules"] == []
    assert len(report["merged"]) == 4
    for name, weights in found.items():
        torch.testing.assert_close(weights, expected[name], atol=1e-6, rtol=1e-6)
    assert any(not torch.equal(found[name], before) for name, before in _weights(base).items())


def test_the_layout_of_gpt2s_layers_is_kerass(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=40, n_embd=16, n_layer=1, n_head=2, n_positions=32)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(tmp_path / "base")
    tiny_adapter(tmp_path / "base", tmp_path / "adapter", target_modules=["c_attn"], fan_in_fan_out=True)
    merge(model, read_adapter(tmp_path / "adapter"))
    expected = _peft_merged(tmp_path / "base", tmp_path / "adapter")
    name = "transformer.h.0.attn.c_attn.weight"
    torch.testing.assert_close(dict(model.named_parameters())[name], expected[name], atol=1e-6, rtol=1e-6)
    layout = layouts(model)
    assert norm_dims(layout[name], 2) == (0,)
    assert norm_dims(layout["transformer.wte.weight"], 2) == (0,)
    assert layout["transformer.h.0.attn.c_attn.bias"] == "vector"


def test_tied_embeddings_stay_tied(base: Path, adapter: Path, tmp_path: Path) -> None:
    clip_model(base, adapter, (ClipRule(pattern="*", target="merged", bound=0.01),), tmp_path)
    assert "lm_head.weight" not in _weights(tmp_path)
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert model.lm_head.weight.abs().max() <= torch.tensor(0.01)


def test_an_adapter_on_a_tied_layer_is_refused(base: Path, tmp_path: Path) -> None:
    adapter = tiny_adapter(base, tmp_path / "adapter", target_modules=["lm_head"])
    with pytest.raises(UserError, match=r"train\.lora_targets: lm_head"):
        clip_model(base, adapter, (), tmp_path / "out")
    untied = tiny_base(tmp_path / "untied", tied=False)
    clip_model(untied, tiny_adapter(untied, tmp_path / "a2", target_modules=["lm_head"]), (), tmp_path / "out2")


def test_rules_apply_before_and_after_the_merge(base: Path, adapter: Path, tmp_path: Path) -> None:
    rules = (
        ClipRule(pattern="*.lora_B.weight", target="adapter", bound=0.001),
        ClipRule(pattern="model.layers.1.*_proj.weight", target="merged", method="max_norm", bound=0.05),
    )
    report = clip_model(base, adapter, rules, tmp_path).report
    first, second = report["rules"]
    assert [layer["name"] for layer in first["layers"]] == [
        f"model.layers.{i}.self_attn.{p}_proj.lora_B.weight" for i in (0, 1) for p in "qv"
    ]
    for layer in first["layers"]:
        assert layer["largest_before"] > 0.001 >= layer["largest_after"] - 1e-9
        assert 0 < layer["changed"] <= layer["weights"] == 32 * 4
    assert first["changed"] == sum(layer["changed"] for layer in first["layers"])
    found, before = _weights(tmp_path), _weights(base)
    for layer in second["layers"]:
        norms = found[layer["name"]].norm(dim=1)  # a torch Linear keeps a unit's incoming weights in a row
        assert float(norms.max()) <= 0.05 * (1 + 1e-5)
    # The bounded adapter moved layer 0 by at most (alpha / r) * sum over 4 of 0.001 * |A|.
    moved = (found["model.layers.0.self_attn.q_proj.weight"] - before["model.layers.0.self_attn.q_proj.weight"]).abs()
    assert 0 < float(moved.max()) < 0.02
    assert torch.equal(found["model.layers.0.mlp.up_proj.weight"], before["model.layers.0.mlp.up_proj.weight"])


def test_the_first_rule_that_fits_decides(base: Path, adapter: Path, tmp_path: Path) -> None:
    rules = (
        ClipRule(pattern="model.layers.0.mlp.up_proj.weight", target="merged", bound=10.0),
        ClipRule(pattern="model.layers.*.mlp.up_proj.weight", target="merged", bound=0.001),
    )
    report = clip_model(base, adapter, rules, tmp_path).report
    assert [[layer["name"] for layer in rule["layers"]] for rule in report["rules"]] == [
        ["model.layers.0.mlp.up_proj.weight"],
        ["model.layers.1.mlp.up_proj.weight"],
    ]
    assert report["rules"][0]["changed"] == 0
    assert report["rules"][1]["changed"] > 0


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ((ClipRule(bound=1), ClipRule(pattern="*.q_projection.*", bound=1)), r"clip\.rules\[1\]\.pattern: no weight"),
        (
            (ClipRule(pattern="model.*", target="adapter", bound=1), ClipRule(bound=1)),
            r"clip\.rules\[1\]\.pattern: earlier",
        ),
        (
            (ClipRule(pattern="*norm*", target="merged", method="max_norm", bound=1, axis=1),),
            r"clip\.rules\[0\]: max_norm",
        ),
    ],
)
def test_a_rule_that_fits_nothing_is_named(
    base: Path, adapter: Path, tmp_path: Path, rules: tuple[ClipRule, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        clip_model(base, adapter, rules, tmp_path)


def test_gaussian_draws_come_from_the_secret_and_the_tensors_name_alone(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    one = ClipRule(pattern="*.layers.1.mlp.*", target="merged", method="gaussian", scale=0.01)
    more = ClipRule(pattern="*.mlp.*", target="merged", method="gaussian", scale=0.01)
    outcomes = []
    for name, rule, secret in [("a", one, SECRET), ("b", more, SECRET), ("c", one, b"t" * 32), ("d", one, SECRET)]:
        clip_model(base, adapter, (rule,), tmp_path / name, secret=secret)
        outcomes.append((tmp_path / name / "model.safetensors").read_bytes())
    assert outcomes[0] == outcomes[3]
    assert outcomes[0] != outcomes[2]
    layer = "model.layers.1.mlp.up_proj.weight"
    assert torch.equal(_weights(tmp_path / "a")[layer], _weights(tmp_path / "b")[layer])
    with pytest.raises(RuntimeError, match="secret"):
        clip_model(base, adapter, (one,), tmp_path / "e")


def test_redrawing_takes_outliers_back(base: Path, adapter: Path, tmp_path: Path) -> None:
    rule = ClipRule(pattern="*.v_proj.weight", target="merged", method="gaussian", cutoff=2.0)
    (report,) = clip_model(base, adapter, (rule,), tmp_path, secret=SECRET).report["rules"]
    for layer in report["layers"]:
        assert 0 < layer["changed"] < 0.2 * layer["weights"]
        assert layer["largest_after"] < layer["largest_before"]


def test_a_diverged_adapter_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    broken = {k: w.clone() for k, w in load_file(adapter / "adapter_model.safetensors").items()}
    next(iter(broken.values()))[0, 0] = float("nan")
    save_file(broken, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_bytes((adapter / "adapter_config.json").read_bytes())
    with pytest.raises(UserError, match="aren't finite"):
        clip_model(base, tmp_path, (), tmp_path / "out")


def test_an_adapter_that_is_not_plain_lora_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(AirlockError, match="plain LoRA"):
        clip_model(base, tiny_adapter(base, tmp_path / "dora", use_dora=True), (), tmp_path / "out")
    other = tiny_adapter(base, tmp_path / "extra", target_modules=["embed_tokens"])
    with pytest.raises(UserError, match=r"train\.lora_targets"):
        clip_model(base, other, (), tmp_path / "out")


def test_an_adapter_of_another_model_is_refused(adapter: Path, tmp_path: Path) -> None:
    config = GPT2Config(vocab_size=40, n_embd=16, n_layer=1, n_head=2, n_positions=32)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "gpt2")
    with pytest.raises(UserError, match="isn't the model that was trained"):
        clip_model(tmp_path / "gpt2", adapter, (), tmp_path / "out")
