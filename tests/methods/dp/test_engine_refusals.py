"""What the engine refuses, each with one sentence that names the layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tasks.core.errors import AirlockError, UserError
from tasks.methods.dp.engine import GradientEngine
from tests.methods.dp import loop
from tests.methods.dp.loop import one_thread  # noqa: F401 - a fixture

X = torch.randn(4, 6, 5, generator=torch.Generator().manual_seed(0))


def test_nothing_to_train() -> None:
    with pytest.raises(UserError, match="no trainable parameter"):
        GradientEngine(nn.Linear(2, 2).requires_grad_(False), 1.0)


def test_a_mode_nobody_knows() -> None:
    with pytest.raises(UserError, match="auto, book-keeping, hooks"):
        GradientEngine(nn.Linear(2, 2), 1.0, mode="ghost")


@pytest.mark.parametrize("frozen", [True, False])
def test_batch_norm_anywhere(frozen: bool) -> None:
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4).requires_grad_(not frozen), nn.Linear(4, 2))
    with pytest.raises(UserError, match="train: 1 is batch norm"):
        GradientEngine(model, 1.0)


def test_running_statistics() -> None:
    with pytest.raises(UserError, match="track_running_stats"):
        GradientEngine(nn.Sequential(nn.Linear(5, 4), nn.InstanceNorm1d(4, track_running_stats=True)), 1.0)


@pytest.mark.parametrize("layer", [nn.LSTM(5, 4), nn.GRU(5, 4), nn.MultiheadAttention(5, 1)])
def test_layers_whose_gradients_nobody_knows(layer: nn.Module) -> None:
    with pytest.raises(UserError, match=rf"train: 1 \({type(layer).__name__}\)"):
        GradientEngine(nn.Sequential(nn.Linear(5, 5), layer), 1.0)


class Scale(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(5) * 1.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale


def test_an_unknown_layer_falls_back_to_opacus_and_says_why() -> None:
    model = nn.Sequential(nn.Linear(5, 5), Scale(), nn.Tanh(), nn.Linear(5, 2))
    case = loop.Case(model, lambda rows: model(X[rows]).square().sum((1, 2)), 4)
    engine = GradientEngine(model, 1.0)
    assert engine.mode == "hooks"
    assert engine.reason == "1 (Scale) has no book-keeping rule"
    wanted, _ = loop.loop(case, 1.0)
    engine.accumulate(lambda: case.losses(slice(None)))
    for found, want in zip(engine.take(), wanted, strict=True):
        torch.testing.assert_close(found.double(), want, rtol=1e-4, atol=1e-5)
    engine.close()
    with pytest.raises(UserError, match=r"train: 1 \(Scale\) has no book-keeping rule; freeze it"):
        GradientEngine(model, 1.0, mode="book-keeping")


def test_hooks_need_training_mode() -> None:
    model = nn.Linear(5, 2).eval()
    engine = GradientEngine(model, 1.0, mode="hooks")
    with pytest.raises(AirlockError, match="training mode"):
        engine.accumulate(lambda: model(X).square().sum((1, 2)))
    engine.close()


def test_layers_that_only_look_like_one_with_a_rule() -> None:
    class Doubling(nn.Linear):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(input)

    class Shifted(nn.Module):  # an RMS norm with something of its own
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.variance_epsilon = nn.Parameter(torch.ones(5)), 1e-6

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.weight.square() * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.variance_epsilon)

    scaling = nn.Embedding(5, 5, scale_grad_by_freq=True)
    for layer in (Doubling(5, 5), Shifted(), scaling, nn.Embedding(5, 5, max_norm=1.0), nn.Conv1d(5, 5, 1)):
        with pytest.raises(UserError, match="has no book-keeping rule"):
            GradientEngine(layer, 1.0, mode="book-keeping")


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
def test_position_ids_for_all_rows_at_once(mode: str) -> None:
    case = loop.gpt2_broadcast()
    engine = GradientEngine(case.model, 1.0, mode=mode)
    with pytest.raises(UserError, match=r"transformer\.wpe does not see the batch row by row"):
        engine.accumulate(lambda: case.losses(slice(None)))
    engine.close()
    # Frozen, it's no obstacle.
    case.model.transformer.wpe.requires_grad_(False)
    engine = GradientEngine(case.model, 1.0, mode=mode)
    engine.accumulate(lambda: case.losses(slice(None)))
    engine.close()


def test_tokens_packed_before_a_trainable_head() -> None:
    body, head = nn.Linear(5, 5), nn.Linear(5, 3)
    model = nn.ModuleList([body, head])
    real = torch.arange(6) < torch.tensor([6, 2, 3, 5])[:, None]

    def losses() -> torch.Tensor:
        out = head(body(X)[real]).square().sum(1)
        return torch.zeros(real.shape).masked_scatter(real, out).sum(1)

    with pytest.raises(UserError, match="1 does not see the batch row by row"):
        GradientEngine(model, 1.0).accumulate(losses)
    head.requires_grad_(False)
    GradientEngine(model, 1.0).accumulate(losses)


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
def test_a_parameter_that_no_gradient_reaches(mode: str) -> None:
    model = nn.ModuleDict({"used": nn.Linear(5, 3), "idle": nn.Linear(5, 3)})
    engine = GradientEngine(model, 1.0, mode=mode)
    with pytest.raises(UserError, match=r"no gradient reaches idle\.weight"):
        engine.accumulate(lambda: model["used"](X).square().sum((1, 2)))


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
def test_a_weight_used_outside_its_layer(mode: str) -> None:
    model = nn.Sequential(nn.Linear(5, 5), nn.Tanh())
    engine = GradientEngine(model, 1.0, mode=mode)
    with pytest.raises(UserError, match=r"0\.weight is used outside the layer"):
        engine.accumulate(lambda: (model(X) @ model[0].weight).square().sum((1, 2)))


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
def test_examples_that_see_each_other(mode: str) -> None:
    model = nn.Sequential(nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 2))

    def contrastive() -> torch.Tensor:
        out = model(X).mean(1)
        return -(out @ out.T).log_softmax(1).diagonal()

    engine = GradientEngine(model, 1.0, mode=mode)
    with pytest.raises(UserError, match="depends on others of its batch"):
        engine.accumulate(contrastive)
    engine.close()
    # Rows of one person may: the person is what is clipped.
    engine = GradientEngine(model, 1.0, mode=mode)
    engine.accumulate(lambda: (h := model(X).view(2, 2, -1)).mul(h.sum(1, keepdim=True)).sum(2).flatten(), 2)
    engine.close()


def test_the_checks_wait_for_a_batch_that_can_tell() -> None:
    model = nn.Sequential(nn.Linear(5, 5), nn.Tanh())

    def mixed(x: torch.Tensor) -> torch.Tensor:
        out = model(x)
        return (out * out.mean(0)).sum((1, 2))

    engine = GradientEngine(model, 1.0)
    engine.accumulate(lambda: mixed(X[:1]))
    engine.accumulate(lambda: mixed(X[:1]) * float("nan"))
    with pytest.raises(UserError, match="depends on others"):
        engine.accumulate(lambda: mixed(X[:2]))


def test_losses_that_are_not_one_a_row() -> None:
    model = nn.Linear(5, 2)
    engine = GradientEngine(model, 1.0)
    with pytest.raises(UserError, match="one loss a row"):
        engine.accumulate(lambda: model(X).square().mean())
    with pytest.raises(UserError, match="rows of each unit complete"):
        engine.accumulate(lambda: model(X).square().sum((1, 2)), 3)


def test_opacus_does_not_know_berts_masked_head() -> None:
    case = loop.bert_masked()
    engine = GradientEngine(case.model, 1.0, mode="hooks")
    with pytest.raises(UserError, match="Opacus has no per-example gradients"):
        engine.accumulate(lambda: case.losses(slice(None)))
