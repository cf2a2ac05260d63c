"""Projection after each step of DP-SGD: bounds hold at each step's end, and nothing else about the training changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from tasks.core.config.clip import ProjectionRule
from tasks.core.errors import AirlockError, TryAgain, UserError
from tasks.core.store import Store
from tasks.core.store_file import StoreFile
from tasks.methods.clip.projection import Projection
from tasks.methods.clip.spectral import largest_singular_value
from tasks.methods.dp.checkpoint import Checkpoints
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.training import Interruption
from tests.dp_toy import STEPS, run, toy_losses, toy_model
from tests.methods.clip.tiny_models import tiny_base

RULES = (
    ProjectionRule(kind="bias", bound=0.03),
    ProjectionRule(pattern="0.*", method="max_norm", bound=0.4),
    ProjectionRule(kind="linear", method="spectral", bound=0.6),
)


def within(weights: dict[str, torch.Tensor]) -> list[bool]:
    """Whether each of the rules holds: of the biases, of the first layer's units, of the second layer."""
    return [
        all(float(weights[name].abs().max()) <= 0.03 * (1 + 1e-7) for name in ("0.bias", "2.bias")),
        float(weights["0.weight"].double().norm(dim=1).max()) <= 0.4 * (1 + 1e-7),
        float(torch.linalg.svdvals(weights["2.weight"].double())[0]) <= 0.6 * (1 + 1e-13),
    ]


class Projected:
    """The toy's training with a projection, watched."""

    def __init__(self, rules: tuple[ProjectionRule, ...] = RULES) -> None:
        self._rules = rules
        self.seen: list[list[bool]] = []

    def __call__(self, **more: Any) -> dict[str, torch.Tensor]:
        return run(losses=self._losses, project=lambda: self._projection(), begins=self._begins, **more)[0]

    def _losses(self, model: nn.Module) -> Callable[[Any], torch.Tensor]:
        self._model, self._projection = model, Projection(self._rules, model)
        return toy_losses(model)

    def _begins(self, step: int) -> None:
        if step:  # the weights as the step before left them
            self.seen.append(within(dict(self._model.named_parameters())))


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], two[name]) for name in one)


def test_every_weight_is_within_its_bound_at_every_steps_end() -> None:
    watched, free = Projected(), Projected(())
    weights = watched()
    assert watched.seen == [[True] * 3] * (STEPS - 1)
    assert within(weights) == [True] * 3
    free()
    # Without it the same training leaves every bound: the test above could have failed.
    assert [any(not held[rule] for held in free.seen) for rule in range(3)] == [True] * 3


def test_without_rules_the_training_is_the_one_without_projection() -> None:
    assert same(Projected(())(), run()[0])
    assert not same(Projected()(), run()[0])


def test_the_noise_and_the_batches_are_those_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    labels: list[str] = []
    stream = KeyedRandomness.stream

    def watched(self: KeyedRandomness, label: str) -> Any:
        labels.append(label)
        return stream(self, label)

    monkeypatch.setattr(KeyedRandomness, "stream", watched)
    run()
    plain, labels = labels, []
    Projected()()
    assert labels == plain and len(plain) == 2 * STEPS


@pytest.mark.parametrize("step", [0, 4, STEPS - 1])
def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Path, step: int) -> None:
    whole = Projected()()
    calls = 0

    def asked() -> bool:
        nonlocal calls
        calls += 1
        return calls == 2 + 4 * step

    kept = Checkpoints(StoreFile(Store(str(tmp_path)), "c"))
    with pytest.raises(TryAgain):
        Projected()(checkpoints=kept, interruption=Interruption(asked))
    assert same(Projected()(checkpoints=kept), whole)


def test_only_what_is_trained_is_touched(tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_base(tmp_path), dtype=torch.float32)
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"]))
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weights, std=0.3)
    before = {name: weights.detach().clone() for name, weights in adapted.named_parameters()}
    rules = (ProjectionRule(kind="lora_b", method="spectral", bound=0.5), ProjectionRule(bound=0.01))
    projection = Projection(rules, adapted)
    assert [(rule["tensors"], rule["weights"]) for rule in projection.report()] == [(4, 512), (4, 512)]
    projection()
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            assert largest_singular_value(weights) <= 0.5
        elif "lora_A" in name:
            assert float(weights.abs().max()) <= 0.01 * (1 + 1e-7)
        else:
            assert torch.equal(weights, before[name])
    once = {name: weights.detach().clone() for name, weights in adapted.named_parameters()}
    projection()
    assert same(dict(adapted.named_parameters()), once)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            (ProjectionRule(pattern="*.q_proj.*", bound=1),),
            r"train\.projection\[0\]\.pattern: no weight that is trained",
        ),
        ((ProjectionRule(bound=1), ProjectionRule(kind="bias", bound=1)), r"train\.projection\[1\]\.pattern: earlier"),
        ((ProjectionRule(method="spectral", bound=1),), r"train\.projection\[0\]: spectral doesn't fit 0\.bias"),
        ((ProjectionRule(kind="bias", method="max_norm", axis=1, bound=1),), r"max_norm doesn't fit 0\.bias: .* axis"),
    ],
)
def test_rules_that_do_not_fit_are_refused_before_anything_is_trained(
    rules: tuple[ProjectionRule, ...], words: str
) -> None:
    model = toy_model()
    before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    with pytest.raises(UserError, match=words):
        Projection(rules, model)
    assert same(dict(model.named_parameters()), before)


def test_weights_that_are_not_finite_end_the_training() -> None:
    model = toy_model()
    projection = Projection((ProjectionRule(bound=1),), model)
    with torch.no_grad():
        model[0].weight[0, 0] = float("inf")  # type: ignore[index,union-attr]
    with pytest.raises(AirlockError, match=r"0\.weight after a step: the weights aren't finite"):
        projection()
