"""The logical step: per-example gradients, the clipping bound, noise, empty batches, physical batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from tasks.core.errors import AirlockError
from tasks.methods.dp.step import LogicalStepOptimizer, per_example
from tasks.methods.lm.causal import add_lora, example_losses, load
from tasks.methods.lm.tokens import Batch, TokenTable
from tasks.methods.lm.weights import resolve
from tests.tiny import tiny_causal_lm

CPU = torch.device("cpu")
TEXTS = ["a short one", "x", "the second record is longer than the first", "", "mask: <PERSON> came by", "zz top"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_causal_lm(tmp_path_factory.mktemp("tiny"))


def lora(folder: Path, tmp: Path) -> tuple[torch.nn.Module, TokenTable]:
    model, tokenizer = load(resolve(str(folder), tmp), CPU)
    adapted = add_lora(model, 2, 4.0, ["q_proj", "v_proj", "down_proj"])
    torch.manual_seed(3)
    for name, p in adapted.named_parameters():
        if "lora_B" in name:  # at zero the gradients of A are zero and would prove nothing
            torch.nn.init.normal_(p, std=0.1)
    return adapted, TokenTable(TEXTS, tokenizer, 24)


def everything(table: TokenTable) -> Batch:
    batch = next(iter(table.batches(range(len(table)), len(table))))[1]
    return batch


def optimizer_for(
    params: list[torch.Tensor], sigma: float = 0.0, steps: int = 100, **kwargs: object
) -> LogicalStepOptimizer:
    settings = {"max_grad_norm": 0.5, "expected_batch": 4, "noise": np.random.default_rng(0), **kwargs}
    sgd = torch.optim.SGD(params, lr=1.0)
    return LogicalStepOptimizer(sgd, noise_multiplier=sigma, steps=steps, **settings)  # type: ignore[arg-type]


def test_per_example_gradients_equal_an_autograd_loop(folder: Path, tmp_path: Path) -> None:
    adapted, table = lora(folder, tmp_path)
    wrapped = per_example(adapted)
    wrapped.train()
    rows, batch = next(iter(table.batches(range(len(table)), len(table))))
    example_losses(wrapped, batch)[0].sum().backward()
    trainable = [p for p in adapted.parameters() if p.requires_grad]
    together = [p.grad_sample.clone() for p in trainable]
    wrapped.remove_hooks()
    for i, row in enumerate(rows):
        alone = next(iter(table.batches([row], 1)))[1]  # without any padding
        adapted.zero_grad()
        example_losses(adapted, alone)[0].sum().backward()
        for p, sampled in zip(trainable, together, strict=True):
            torch.testing.assert_close(sampled[i], p.grad, rtol=1e-4, atol=1e-7)


def test_frozen_weights_get_no_gradient(folder: Path, tmp_path: Path) -> None:
    adapted, table = lora(folder, tmp_path)
    wrapped = per_example(adapted)
    wrapped.train()
    example_losses(wrapped, everything(table))[0].sum().backward()
    assert {"lora_" in name for name, p in adapted.named_parameters() if p.grad is not None} == {True}
    assert all(p.grad is None for name, p in adapted.named_parameters() if "lora_" not in name)


def test_padding_never_counts(folder: Path, tmp_path: Path) -> None:
    adapted, table = lora(folder, tmp_path)
    adapted.eval()
    rows, batch = next(iter(table.batches(range(len(table)), len(table))))
    together, tokens = example_losses(adapted, batch)
    more = Batch(torch.nn.functional.pad(batch.ids, (0, 9), value=7), torch.nn.functional.pad(batch.mask, (0, 9)))
    padded, _ = example_losses(adapted, more)
    torch.testing.assert_close(together, padded)
    for i, row in enumerate(rows):
        alone, count = example_losses(adapted, next(iter(table.batches([row], 1)))[1])
        torch.testing.assert_close(together[i], alone[0])
        assert count[0] == tokens[i] == batch.mask[i].sum() - 1
    # The empty text is its end-of-text token alone: nothing to predict, no loss.
    assert together[0] == 0
    assert tokens[0] == 0


def fake_gradients(params: list[torch.Tensor], rows: int, scale: float, seed: int = 0) -> None:
    generator = torch.Generator().manual_seed(seed)
    for p in params:
        p.grad_sample = torch.randn((rows, *p.shape), generator=generator) * scale  # type: ignore[attr-defined]


def test_one_example_changes_the_sum_by_at_most_the_clipping_norm() -> None:
    params = [torch.nn.Parameter(torch.zeros(3, 5)), torch.nn.Parameter(torch.zeros(7))]
    for scale in (1e-3, 1.0, 1e6):
        optimizer = optimizer_for(params)
        for row in range(20):
            fake_gradients(params, 1, scale, seed=row)
            before = [p.summed_grad.clone() for p in params]
            raw = torch.cat([p.grad_sample.flatten() for p in params])
            optimizer.clip_and_accumulate()
            moved = torch.cat([(p.summed_grad - b).flatten() for p, b in zip(params, before, strict=True)])
            assert moved.norm() <= 0.5 * (1 + 1e-5)
            if raw.norm() < 0.4:
                torch.testing.assert_close(moved, raw, rtol=1e-3, atol=1e-6)


def test_an_example_that_is_not_finite_counts_as_zero_and_is_counted() -> None:
    params = [torch.nn.Parameter(torch.zeros(4)), torch.nn.Parameter(torch.zeros(2))]
    optimizer = optimizer_for(params)
    fake_gradients(params, 4, 0.01)
    wanted = [p.grad_sample[[0, 3]].sum(0) for p in params]
    params[0].grad_sample[1, 2] = float("nan")
    params[1].grad_sample[2, 0] = float("inf")
    optimizer.clip_and_accumulate()
    for p, want in zip(params, wanted, strict=True):
        torch.testing.assert_close(p.summed_grad, want)
    assert (optimizer.nonfinite, optimizer.examples) == (2, 4)


def test_the_divisor_is_the_expected_batch_whatever_the_real_one() -> None:
    for rows in (1, 9):
        p = torch.nn.Parameter(torch.zeros(2))
        optimizer = optimizer_for([p], expected_batch=4)
        p.grad_sample = torch.tensor([[0.1, 0.0]]).repeat(rows, 1)  # type: ignore[attr-defined]
        optimizer.clip_and_accumulate()
        optimizer.step()
        torch.testing.assert_close(p.detach(), torch.tensor([-0.1 * rows / 4, 0.0]))


def noise_statistic(sigma: float, halved: bool = False) -> float:
    """Chi-square statistic of 20,000 coordinates of empty steps, in standard deviations from what σC promises."""
    p = torch.nn.Parameter(torch.zeros(10_000))
    optimizer = optimizer_for([p], sigma=sigma / 2 if halved else sigma, max_grad_norm=0.3, expected_batch=5)
    optimizer.step()
    first = p.detach().clone()
    optimizer.step()
    draws = torch.cat([first, p.detach() - first]).double() * 5 / (sigma * 0.3)
    assert stats.kstest(draws.numpy(), "norm", args=(0, 0.5 if halved else 1)).pvalue > 1e-3
    n = len(draws)
    return float(((draws**2).sum() - n) / np.sqrt(2 * n))


def test_an_empty_step_takes_noise_of_the_promised_variance() -> None:
    assert abs(noise_statistic(1.7)) < 4


def test_halved_noise_is_caught() -> None:
    assert noise_statistic(1.7, halved=True) < -20


def test_physical_batches_are_only_a_knob(folder: Path, tmp_path: Path) -> None:
    results = []
    for size in (1, 2, 6):
        adapted, table = lora(folder, tmp_path)
        wrapped = per_example(adapted)
        wrapped.train()
        trainable = [p for p in adapted.parameters() if p.requires_grad]
        optimizer = optimizer_for(trainable, sigma=0.7, max_grad_norm=0.01, noise=np.random.default_rng(5))
        for _ in range(2):
            for _, batch in table.batches(range(len(table)), size):
                example_losses(wrapped, batch)[0].sum().backward()
                optimizer.clip_and_accumulate()
            optimizer.step()
        results.append(torch.cat([p.detach().flatten() for p in trainable]))
    torch.testing.assert_close(results[0], results[1], rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(results[0], results[2], rtol=1e-4, atol=1e-7)


def test_no_step_beyond_the_plan() -> None:
    optimizer = optimizer_for([torch.nn.Parameter(torch.zeros(2))], sigma=1.0, steps=2)
    optimizer.step()
    optimizer.step()
    with pytest.raises(AirlockError, match="planned number"):
        optimizer.step()


def test_a_model_with_nothing_to_train_is_refused() -> None:
    frozen = torch.nn.Linear(2, 2).requires_grad_(False)
    with pytest.raises(AirlockError, match="no trainable parameter"):
        per_example(frozen)
    with pytest.raises(AirlockError, match="across examples"):
        per_example(torch.nn.BatchNorm1d(2))
