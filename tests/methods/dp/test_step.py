"""The logical step: noise once, a public divisor, a hard stop, and several processes as one."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from scipy import stats
from torch import multiprocessing, nn

from tasks.core.errors import AirlockError
from tasks.methods.dp.engine import GradientEngine
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.step import LogicalStep
from tests.methods.dp import loop
from tests.methods.dp.loop import one_thread  # noqa: F401 - a fixture

NOISE = KeyedRandomness(b"s" * 32, "k" * 64, b"n" * 16)


def one_vector(size: int, sigma: float, c: float, expected: int, steps: int = 100) -> tuple[nn.Linear, LogicalStep]:
    """A model of one bias; an example's gradient is its row."""
    model = nn.Linear(1, size)
    model.weight.requires_grad_(False)
    nn.init.zeros_(model.bias)
    engine = GradientEngine(model, c)
    sgd = torch.optim.SGD(engine.params, lr=1.0)
    return model, LogicalStep(engine, sgd, noise_multiplier=sigma, expected_batch=expected, steps=steps)


def accumulate(model: nn.Linear, step: LogicalStep, gradients: torch.Tensor) -> None:
    step.engine.accumulate(lambda: (model(torch.zeros(len(gradients), 1)) * gradients).sum(1))


def test_the_divisor_is_the_expected_batch_whatever_the_real_one() -> None:
    for rows in (1, 9):
        model, step = one_vector(2, 0.0, 0.5, 4)
        accumulate(model, step, torch.tensor([[0.1, 0.0]]).repeat(rows, 1))
        step.step(NOISE.stream("noise/0"))
        torch.testing.assert_close(model.bias.detach(), torch.tensor([-0.1 * rows / 4, 0.0]))


def test_each_example_is_clipped_before_the_sum() -> None:
    model, step = one_vector(2, 0.0, 0.5, 2)
    accumulate(model, step, torch.tensor([[30.0, 40.0], [0.0, 0.1], [-3e5, 0.0]]))
    step.step(NOISE.stream("noise/0"))
    torch.testing.assert_close(model.bias.detach(), -torch.tensor([0.3 - 0.5, 0.4 + 0.1]) / 2, rtol=1e-3, atol=1e-5)


def noise_statistic(sigma: float, halved: bool = False) -> float:
    """Chi-square statistic of 20,000 coordinates of empty steps, in standard deviations from what σC promises."""
    model, step = one_vector(10_000, sigma / 2 if halved else sigma, 0.3, 5)
    step.step(NOISE.stream("noise/0"))
    first = model.bias.detach().clone()
    step.step(NOISE.stream("noise/1"))
    draws = torch.cat([first, model.bias.detach() - first]).double() * 5 / (sigma * 0.3)
    assert stats.kstest(draws.numpy(), "norm", args=(0, 0.5 if halved else 1)).pvalue > 1e-3
    return float(((draws**2).sum() - len(draws)) / math.sqrt(2 * len(draws)))


def test_an_empty_step_takes_noise_of_the_promised_variance() -> None:
    assert abs(noise_statistic(1.7)) < 4


def test_halved_noise_is_caught() -> None:
    assert noise_statistic(1.7, halved=True) < -20


def test_noise_is_added_once_whatever_the_physical_batches_and_does_not_hang_on_the_data() -> None:
    """The noise is the difference between a step with it and one without; every parameter has its own draws."""
    noise = []
    for size in (1, 2, 6, 0):
        moved = []
        for sigma in (0.7, 0.0):
            case = loop.lora(loop.llama(), "q_proj", "down_proj")
            engine = GradientEngine(case.model, 0.01)
            before = torch.cat([p.detach().flatten() for p in engine.params])
            sgd = torch.optim.SGD(engine.params, lr=1.0)
            step = LogicalStep(engine, sgd, noise_multiplier=sigma, expected_batch=4, steps=1)
            for start in range(0, case.rows, size) if size else ():
                engine.accumulate(lambda: case.losses(slice(start, start + size)))  # noqa: B023
            step.step(NOISE.stream("noise/3"))
            moved.append(torch.cat([p.detach().flatten() for p in engine.params]) - before)
        noise.append(moved[1] - moved[0])
    for other in noise[1:]:
        torch.testing.assert_close(other, noise[0], rtol=0, atol=1e-6)
    assert len(noise[0].unique()) > 0.9 * len(noise[0])
    assert 0.9 < float(noise[0].std()) / (0.7 * 0.01 / 4) < 1.1


def test_no_step_beyond_the_plan() -> None:
    _, step = one_vector(2, 1.0, 1.0, 1, steps=2)
    step.step(NOISE.stream("noise/0"))
    step.step(NOISE.stream("noise/1"))
    with pytest.raises(AirlockError, match="planned number"):
        step.step(NOISE.stream("noise/2"))


def test_an_optimizer_of_other_parameters_is_refused() -> None:
    model = nn.Linear(2, 2)
    engine = GradientEngine(model, 1.0)
    for params in ([model.weight], [model.weight, model.bias, nn.Parameter(torch.zeros(1))]):
        sgd = torch.optim.SGD(params, lr=1.0)
        with pytest.raises(AirlockError, match="all of them and no others"):
            LogicalStep(engine, sgd, noise_multiplier=1.0, expected_batch=1, steps=1)


@pytest.mark.parametrize("foreach", [False, True])
def test_any_optimizer_applies_the_noisy_gradient_and_sums_start_anew(foreach: bool) -> None:
    case = loop.mlp()
    twin = loop.mlp()
    engine = GradientEngine(case.model, 0.5)
    adam = torch.optim.AdamW(engine.params, lr=0.1, foreach=foreach)
    step = LogicalStep(engine, adam, noise_multiplier=0.0, expected_batch=6, steps=3)
    plain = torch.optim.AdamW(twin.model.parameters(), lr=0.1)
    for _ in range(3):
        sums, _ = loop.loop(twin, 0.5)
        for p, total in zip(twin.model.parameters(), sums, strict=True):
            p.grad = (total / 6).float()
        plain.step()
        engine.accumulate(lambda: case.losses(slice(None)))
        step.step(NOISE.stream("noise/0"))
    for p, q in zip(case.model.parameters(), twin.model.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-3, atol=1e-3)


def _two_steps(rank: int, world: int, folder: Path) -> None:
    if world > 1:
        torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=world)
    torch.set_num_threads(1)
    case = loop.gpt2()
    engine = GradientEngine(case.model, 0.05)
    sgd = torch.optim.SGD(engine.params, lr=1.0)
    step = LogicalStep(engine, sgd, noise_multiplier=0.5, expected_batch=4, steps=2)
    for number, rows in enumerate(([0, 1, 2, 3, 4], [5])):  # the second step's batch leaves a process without rows
        for row in rows[rank::world]:
            engine.accumulate(lambda: case.losses(slice(row, row + 1)))  # noqa: B023
        step.step(NOISE.stream(f"noise/{number}"))
    torch.save([p.detach() for p in engine.params], folder / f"{world}-{rank}")
    if world > 1:
        torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_are_as_one(tmp_path: Path) -> None:
    _two_steps(0, 1, tmp_path)
    multiprocessing.spawn(_two_steps, args=(2, tmp_path), nprocs=2)
    alone, first, second = (torch.load(tmp_path / name) for name in ("1-0", "2-0", "2-1"))
    for p, q, r in zip(alone, first, second, strict=True):
        torch.testing.assert_close(q, p, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(q, r, rtol=0, atol=0)
