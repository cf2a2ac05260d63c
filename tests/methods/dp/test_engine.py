"""The engine's sums equal those of a plain loop over units, for every kind of model and way to adapt it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tasks.core.errors import UserError
from tasks.methods.dp.engine import GradientEngine
from tasks.methods.dp.rules import norms
from tests.methods.dp import loop
from tests.methods.dp.loop import Case, one_thread  # noqa: F401 - a fixture

CASES: dict[str, Callable[[], Case]] = {
    "llama tied": loop.llama,
    "llama untied": lambda: loop.llama(tied=False),
    "gpt2": loop.gpt2,
    "bert classifier": loop.bert_classifier,
    "bert masked": loop.bert_masked,
    "llama lora": lambda: loop.lora(loop.llama(), "q_proj", "v_proj", "down_proj"),
    "gpt2 lora": lambda: loop.lora(loop.gpt2(), "c_attn", "c_fc"),
    "llama last layer": lambda: loop.only(loop.llama(), lambda name: ".layers.1." in name or "norm" in name),
    "gpt2 last layer": lambda: loop.only(loop.gpt2(), lambda name: ".h.1." in name),
    "bert bitfit": lambda: loop.only(loop.bert_classifier(), lambda name: "bias" in name or "classifier" in name),
    "gpt2 bitfit": lambda: loop.only(loop.gpt2(), lambda name: name.endswith("bias")),
    "mlp": loop.mlp,
    "logistic": loop.logistic,
}
NO_HOOKS = {"bert masked"}
"""Opacus has no gradients of BERT's masked head: one bias belongs to two layers."""


def check(case: Case, engine: GradientEngine, wanted: list[torch.Tensor]) -> None:
    scale = max(float(w.abs().max()) for w in wanted)
    assert scale > 0
    for p, found, want in zip(engine.params, engine.take(), wanted, strict=True):
        assert found.dtype == torch.float32
        assert found.shape == p.shape
        torch.testing.assert_close(found.double(), want, rtol=1e-4, atol=1e-4 * scale)


@pytest.mark.parametrize("rows_per_unit", [1, 2, 3])
@pytest.mark.parametrize("name", CASES)
def test_book_keeping_equals_the_loop(name: str, rows_per_unit: int) -> None:
    case = CASES[name]()
    wanted, sizes = loop.loop(case, None, rows_per_unit)
    engine = GradientEngine(case.model, sizes[-1])
    assert (engine.mode, engine.reason) == ("book-keeping", "")
    engine.accumulate(lambda: case.losses(slice(None)), rows_per_unit)
    check(case, engine, wanted)
    assert engine.examples == case.rows // rows_per_unit
    assert int(engine.clipped) == sum(n > sizes[-1] for n in sizes)
    # The first batch is checked, the next ones aren't: they go another way.
    engine.accumulate(lambda: case.losses(slice(None)), rows_per_unit)
    check(case, engine, wanted)
    engine.close()


@pytest.mark.parametrize("name", [name for name in CASES if name not in NO_HOOKS])
def test_opacus_hooks_equal_the_loop(name: str) -> None:
    for rows_per_unit in (1, 2):
        case = CASES[name]()
        wanted, sizes = loop.loop(case, None, rows_per_unit)
        engine = GradientEngine(case.model, sizes[-1], mode="hooks")
        engine.accumulate(lambda: case.losses(slice(None)), rows_per_unit)  # noqa: B023
        check(case, engine, wanted)
        engine.accumulate(lambda: case.losses(slice(None)), rows_per_unit)  # noqa: B023
        check(case, engine, wanted)
        engine.close()


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
def test_physical_batches_are_only_a_knob(mode: str) -> None:
    case = loop.gpt2()
    wanted, sizes = loop.loop(case, None)
    for size in (1, 2, 5, 6):
        engine = GradientEngine(case.model, sizes[-1], mode=mode)
        for start in range(0, case.rows, size):
            engine.accumulate(lambda: case.losses(slice(start, start + size)))  # noqa: B023
        check(case, engine, wanted)
        engine.close()


def test_batches_of_one_unit_are_held_against_autograd_once_and_mixing_is_still_found() -> None:
    class Mixing(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.layer(x)
            return y - y.mean(0)  # of one row nothing is left, of two each has the other's gradient

    model = torch.nn.Sequential(torch.nn.Linear(3, 3), Mixing())
    engine = GradientEngine(model, 1.0)
    x = torch.randn(2, 3)
    for _ in range(3):
        engine.accumulate(lambda: (model(x[:1]) + model[0](x[:1])[:, :2]).square().sum(1))
    assert engine._unchecked == {"apart"}
    with pytest.raises(UserError, match="depends on others"):
        engine.accumulate(lambda: (model(x) + model[0](x)[:, :2]).square().sum(1))
    engine.close()


def test_long_sequences_write_gradients_out_and_short_ones_do_not() -> None:
    """Both sides of the choice between the ghost norm and written-out gradients are exact."""
    from tasks.methods.dp.rules.dense import Dense
    from tasks.methods.dp.rules.outer import Outer

    for tokens, kind in ((2, Outer), (30, Dense)):
        model = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3))
        given = torch.randn(3, tokens, 5)
        case = Case(model, lambda rows: model(given[rows]).square().sum((1, 2)), 3)  # noqa: B023
        wanted, sizes = loop.loop(case, None)
        engine = GradientEngine(model, sizes[-1])
        found, _ = engine._recorder.record(lambda: case.losses(slice(None)), 1)  # noqa: B023
        assert type(found[0][0]) is kind
        engine.accumulate(lambda: case.losses(slice(None)))  # noqa: B023
        check(case, engine, wanted)
        engine.close()


def test_a_layer_called_twice() -> None:
    torch.manual_seed(0)
    layer, table = torch.nn.Linear(6, 6), torch.nn.Embedding(8, 6)
    model = torch.nn.ModuleList([layer, table])
    ids = torch.randint(0, 8, (4, 3))
    for tokens in (3, 12):  # ghost norms, written-out gradients
        seen = ids.repeat(1, tokens // 3)

        def losses(rows: slice, seen: torch.Tensor = seen) -> torch.Tensor:
            return layer(layer(table(seen[rows])).tanh() + table(seen[rows].flip(1))).square().sum((1, 2))

        case = Case(model, losses, 4)
        wanted, sizes = loop.loop(case, None)
        engine = GradientEngine(model, sizes[-1])
        engine.accumulate(lambda: losses(slice(None)))  # noqa: B023
        check(case, engine, wanted)
        engine.close()


@pytest.mark.parametrize("largest", [0, 40])
def test_large_gradients_are_not_joined(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    monkeypatch.setattr(norms, "_SMALL", largest)
    for make, mode in ((loop.gpt2, "book-keeping"), (loop.llama, "hooks")):
        case = make()
        wanted, sizes = loop.loop(case, None)
        rows = torch.ones(case.rows)
        rows[3] = float("nan")  # the empty row, which adds nothing to what is wanted
        engine = GradientEngine(case.model, sizes[-1], mode=mode)
        engine.accumulate(lambda: case.losses(slice(None)) * rows)  # noqa: B023
        assert int(engine.nonfinite) == 1
        check(case, engine, wanted)
        engine.close()


def test_activation_checkpointing_changes_nothing() -> None:
    case = loop.llama()
    wanted, sizes = loop.loop(case, None)
    case.model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    case.model.train()
    engine = GradientEngine(case.model, sizes[-1])
    for _ in range(2):
        engine.accumulate(lambda: case.losses(slice(None)))
        check(case, engine, wanted)


def test_padding_of_an_embedding_gets_no_gradient() -> None:
    torch.manual_seed(0)
    table = torch.nn.Embedding(8, 3, padding_idx=2)
    ids = torch.tensor([[1, 2, 2], [2, 2, 2], [3, 2, 1]])
    case = Case(table, lambda rows: (table(ids[rows]) * torch.arange(1.0, 4)).square().sum((1, 2)), 3)
    wanted, sizes = loop.loop(case, None)
    engine = GradientEngine(table, sizes[-1])
    engine.accumulate(lambda: case.losses(slice(None)))
    assert not engine.sums[0][2].any()
    check(case, engine, wanted)


def test_the_model_is_left_as_it_was() -> None:
    case = loop.lora(loop.gpt2(), "c_attn")
    trainable = {name for name, p in case.model.named_parameters() if p.requires_grad}
    before = {name: p.detach().clone() for name, p in case.model.named_parameters()}
    hooks = sum(len(m._forward_hooks) for m in case.model.modules())
    for mode in ("book-keeping", "hooks"):
        engine = GradientEngine(case.model, 1.0, mode=mode)
        for _ in range(2):
            engine.accumulate(lambda: case.losses(slice(None)))
        engine.close()
        assert {name for name, p in case.model.named_parameters() if p.requires_grad} == trainable
        for name, p in case.model.named_parameters():
            assert p.grad is None
            assert not hasattr(p, "grad_sample")
            torch.testing.assert_close(p, before[name], rtol=0, atol=0)
        assert sum(len(m._forward_hooks) for m in case.model.modules()) == hooks


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
def test_an_error_in_the_forward_pass_changes_nothing(mode: str) -> None:
    case = loop.mlp()
    engine = GradientEngine(case.model, 1.0, mode=mode)
    engine.accumulate(lambda: case.losses(slice(None)))
    once = engine.take()

    def broken() -> torch.Tensor:
        case.losses(slice(None))
        raise RuntimeError("out of memory, say")

    with pytest.raises(RuntimeError):
        engine.accumulate(broken)
    assert all(p.requires_grad for p in case.model.parameters())
    assert engine.examples == case.rows
    engine.accumulate(lambda: case.losses(slice(None)))
    torch.testing.assert_close(engine.take(), once)


def test_no_rows_and_no_batch() -> None:
    case = loop.gpt2()
    engine = GradientEngine(case.model, 1.0)
    assert not any(t.any() for t in engine.take())
    engine.accumulate(lambda: case.losses(slice(None)))
    engine.take()
    engine.accumulate(lambda: torch.zeros(0))
    assert not any(t.any() for t in engine.take())
    assert engine.examples == case.rows
