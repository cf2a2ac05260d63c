"""Rules on a model that is loaded for prediction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peft
import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from tasks.core.config.clip import ClipRule
from tasks.core.errors import UserError
from tasks.methods.clip.cost import too_much
from tasks.methods.clip.model import clip_loaded, clip_model
from tasks.methods.clip.quality import Quality, generated_texts
from tasks.methods.export.folder import load_model
from tasks.methods.lm.weights import resolve
from tests.methods.clip.tiny_models import tiny_adapter, tiny_base
from tests.tiny import tiny_gpt2

RULES = (
    ClipRule(kind="linear", target="merged", method="spectral", bound=0.1),
    ClipRule(kind="embedding", target="merged", method="max_norm", axis=1, bound=0.08),
    ClipRule(kind="norm", target="merged", bound=0.9),
)
NOISE = ClipRule(kind="embedding", target="merged", method="gaussian", scale=0.01)


def check(model: PreTrainedModel) -> None:
    """That each of :data:`RULES` holds."""
    for name, module in model.named_modules():
        weights = getattr(module, "weight", None)
        if weights is None or name == "lm_head":
            continue
        if isinstance(module, torch.nn.Embedding):
            assert float(weights.double().norm(dim=1).max()) <= 0.08 * (1 + 1e-6)
        elif weights.dim() == 2:
            assert float(torch.linalg.svdvals(weights.double())[0]) <= 0.1 * (1 + 1e-13)
        else:
            assert float(weights.abs().max()) <= 0.9 * (1 + 1e-7)


@pytest.mark.parametrize("make", [tiny_base, tiny_gpt2])
def test_bounds_hold_in_the_model_that_predicts(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    model = load_model(make(tmp_path / "model"), torch.float32)
    ids = torch.arange(2, 12)[None]
    before = model(input_ids=ids).logits
    clipped = clip_loaded(model, RULES)
    check(model)
    after = model(input_ids=ids).logits
    assert bool(torch.isfinite(after).all()) and not torch.allclose(before, after)
    rules = clipped.report["rules"]
    assert [rule["method"] for rule in rules] == ["spectral", "max_norm", "truncate"]
    assert all(rule["changed"] > 0 for rule in rules)
    assert len(clipped.histograms) == sum(len(rule["layers"]) for rule in rules)
    assert clip_loaded(model, RULES).report["rules"][0]["changed"] == 0  # the spectral bound held already


def test_it_is_what_the_stage_does_to_a_merged_model(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    adapter = tiny_adapter(base, tmp_path / "adapter")
    clip_model(base, adapter, (), tmp_path / "merged")
    clip_model(base, adapter, (*RULES[:1], NOISE), tmp_path / "clipped", secret=b"s" * 32)
    model, expected = (load_model(tmp_path / name, torch.float32) for name in ("merged", "clipped"))
    clip_loaded(model, (*RULES[:1], NOISE), secret=b"s" * 32)
    wanted = expected.state_dict()
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in model.state_dict().items())


def test_an_adapter_that_is_not_merged_is_clipped_where_it_is(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    loaded = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = peft.PeftModel.from_pretrained(loaded, tiny_adapter(base, tmp_path / "adapter"))
    frozen = model.base_model.model.model.layers[0].self_attn.q_proj.base_layer.weight.clone()
    (rule,) = clip_loaded(model, (ClipRule(kind="lora_b", bound=0.01),)).report["rules"]
    assert [layer["name"] for layer in rule["layers"]] == [
        f"model.layers.{i}.self_attn.{p}_proj.lora_B.weight" for i in (0, 1) for p in "qv"
    ]
    q_proj = model.base_model.model.model.layers[0].self_attn.q_proj
    assert float(q_proj.lora_B.default.weight.abs().max()) <= 0.01 * (1 + 1e-7)
    assert float(q_proj.lora_A.default.weight.abs().max()) > 0.1
    assert torch.equal(q_proj.base_layer.weight, frozen)


def test_bounds_hold_in_bfloat16_too(tmp_path: Path) -> None:
    model = load_model(tiny_base(tmp_path), torch.bfloat16)
    clip_loaded(model, RULES[:1])
    assert model.dtype == torch.bfloat16
    for layer in model.model.layers:
        assert float(torch.linalg.svdvals(layer.mlp.up_proj.weight.double())[0]) <= 0.1


def test_where_a_rule_fits_nothing_no_weight_has_changed(tmp_path: Path) -> None:
    model = load_model(tiny_base(tmp_path), torch.float32)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(UserError, match=r"clip\.rules\[1\]\.pattern"):
        clip_loaded(model, (RULES[0], ClipRule(kind="lora_a", bound=1)))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.slow
def test_what_bounds_cost_smollm2_is_seen(tmp_path: Path) -> None:
    base = resolve("package:smollm2-135m-instruct", tmp_path, allow_download=False)
    model = load_model(base.path, torch.float32)
    quality = Quality(base.path, generated_texts("healthcare", "en", 8))
    quality(model)
    mild = ClipRule(pattern="*.o_proj.weight", kind="linear", target="merged", method="spectral", bound=20.0)
    (spectral,) = clip_loaded(model, (mild,)).report["rules"]
    quality(model)
    assert any(layer["changed"] for layer in spectral["layers"])
    assert all(layer["lipschitz_after"] <= 20.0 for layer in spectral["layers"])
    assert 0 < quality.report()["loss"] < 0.1
    # A few weights far out carry much of such a model.
    harsh = ClipRule(kind="linear", target="merged", deviations=8)
    (truncated,) = clip_loaded(model, (harsh,)).report["rules"]
    quality(model)
    assert truncated["changed"] < 1e-4 * truncated["weights"]
    assert too_much(quality.report(), 1.0)
