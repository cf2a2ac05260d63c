"""No unit moves the sums by more than C: not by rounding, by terms that cancel or by numbers that aren't finite."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.dp.engine import GradientEngine
from tests.methods.dp import loop
from tests.methods.dp.loop import one_thread  # noqa: F401 - a fixture

C = 0.37


class Probe(torch.nn.Module):
    """A layer of each kind; the loss weighs its outputs with given numbers, so that gradients may be anything."""

    def __init__(self, features: int = 7) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, features)
        self.norm = torch.nn.LayerNorm(features)
        self.linear = torch.nn.Linear(features, 6)
        self.wide = torch.nn.Linear(features, 40)

    def losses(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        ids = (x[..., 0].abs() * 10).long() % 5
        h = self.norm(x) + self.table(ids) + x
        out = torch.cat([self.linear(h), self.wide(h)], dim=-1).float()
        return (out * weights).sum((1, 2))


def moved(engine: GradientEngine) -> float:
    return float(torch.cat([t.double().flatten() for t in engine.take()]).norm())


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    tokens=st.sampled_from([1, 3, 40]),
    scale=st.sampled_from([1e-6, 1e-2, 1.0, 1e4, 1e9]),
    cancelling=st.booleans(),
    bfloat16=st.booleans(),
)
def test_a_unit_alone_stays_within_c(seed: int, tokens: int, scale: float, cancelling: bool, bfloat16: bool) -> None:
    torch.manual_seed(seed)
    engine = GradientEngine(model := Probe(), C, precision=torch.bfloat16 if bfloat16 else None)
    x = torch.randn(4, tokens, 7)
    weights = torch.randn(4, tokens, 46) * scale
    if cancelling and tokens > 1:
        # The tokens' terms are large and all but cancel: the norm's square is rounding and little else.
        x = x[:, :1] + 1e-4 * x
        weights = weights[:, :1] * (1 + 1e-4 * weights / scale)
        weights[:, 1::2] *= -1
    for unit in range(4):
        engine.accumulate(lambda: model.losses(x[unit : unit + 1], weights[unit : unit + 1]))  # noqa: B023
        assert moved(engine) <= C
    assert int(engine.nonfinite) == 0


@pytest.mark.parametrize("precision", [None, torch.bfloat16])
def test_removing_any_of_many_units_changes_the_sums_by_at_most_c(precision: torch.dtype | None) -> None:
    torch.manual_seed(0)
    model = Probe()
    x, weights = torch.randn(60, 12, 7), torch.randn(60, 12, 46)
    engine = GradientEngine(model, C, precision=precision)

    def sums(keep: torch.Tensor) -> torch.Tensor:
        engine.accumulate(lambda: model.losses(x[keep], weights[keep]))
        return torch.cat([t.double().flatten() for t in engine.take()])

    everyone = torch.arange(60)
    whole = sums(everyone)
    changes = [float((whole - sums(everyone[everyone != unit])).norm()) for unit in range(60)]
    assert max(changes) <= C
    assert min(changes) > 0.9 * C  # the allowance for rounding takes little away


def test_the_allowance_is_what_holds_it() -> None:
    """Without it cancelling terms would pass the bound: the norm of the ghost is no upper bound by itself."""
    torch.manual_seed(0)
    model = torch.nn.Linear(64, 64, bias=False)
    x = torch.randn(50, 1, 64) * torch.ones(1, 16, 1)
    weights = torch.randn(50, 1, 64) * torch.tensor([1.0, -1.0]).repeat(8)[:, None] * 3000
    weights = weights + torch.randn(50, 16, 64) * 0.01
    over = []
    for allowance in (0.0, None):
        engine = GradientEngine(model, C)
        if allowance is not None:
            engine._allowance = allowance
        norms = []
        for unit in range(50):
            engine.accumulate(lambda: (model(x[unit : unit + 1]) * weights[unit : unit + 1]).sum((1, 2)))  # noqa: B023
            norms.append(moved(engine))
        over.append(max(norms))
        engine.close()
    assert over[0] > C >= over[1]


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_units_that_are_not_finite_add_nothing_and_are_counted(mode: str, value: float) -> None:
    for make, rows_per_unit in ((loop.gpt2, 1), (loop.llama, 2), (loop.mlp, 1), (loop.bert_classifier, 3)):
        case = make()
        rows = torch.ones(case.rows)
        rows[0] = value
        engine = GradientEngine(case.model, 0.8, mode=mode)
        engine.accumulate(lambda: case.losses(slice(None)) * rows, rows_per_unit)  # noqa: B023
        found = engine.take()
        assert (engine.examples, int(engine.nonfinite)) == (case.rows // rows_per_unit, 1)
        engine.accumulate(lambda: case.losses(slice(rows_per_unit, None)), rows_per_unit)  # noqa: B023
        torch.testing.assert_close(found, engine.take(), rtol=1e-4, atol=1e-6)
        engine.close()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e38])
def test_a_value_that_is_not_finite_in_a_layers_input_stays_in_its_unit(value: float) -> None:
    features = torch.randn(6, 5, generator=torch.Generator().manual_seed(4))
    features[2, 3] = value
    torch.manual_seed(5)
    layers = [torch.nn.Linear(5, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)]
    case = loop.of_features(torch.nn.Sequential(*layers), features)
    engine = GradientEngine(case.model, 0.8)
    engine.accumulate(lambda: case.losses(slice(None)))
    found = engine.take()
    assert int(engine.nonfinite) == 1
    for rows in (slice(0, 2), slice(3, 6)):
        engine.accumulate(lambda: case.losses(rows))  # noqa: B023
    # Labels go by the row of the whole batch.
    torch.testing.assert_close(found, engine.take(), rtol=1e-4, atol=1e-6)


def test_bfloat16_is_near_the_loop() -> None:
    case = loop.llama()
    wanted, norms = loop.loop(case, None)
    engine = GradientEngine(case.model, norms[-1], precision=torch.bfloat16)
    for _ in range(2):
        engine.accumulate(lambda: case.losses(slice(None)))
        found = torch.cat([t.double().flatten() for t in engine.take()])
        want = torch.cat([w.flatten() for w in wanted])
        assert (found - want).norm() < 0.05 * want.norm()
        assert all(p.dtype == torch.float32 for p in engine.params)
