"""Each row's loss is its own: equal to transformers' on the single example, whatever else is in the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from transformers import AutoTokenizer

from tasks.core.errors import UserError
from tasks.methods.lm.adapt import Adaptation
from tasks.methods.lm.encoder import hidden_states
from tasks.methods.lm.objectives import Task, open_task
from tasks.methods.lm.tokens import IGNORED, Batch
from tasks.methods.lm.weights import ModelFolder, resolve
from tests.tiny import tiny_causal_lm, tiny_encoder, tiny_gpt2

CPU = torch.device("cpu")
TEXTS = ["a text of its own length", "short", "", "one more text, the longest of all of them", "x"]
PAIRS = [("ask", "an answer"), ("a longer question", "no"), ("", "answer alone"), ("nothing said", "")]
LABELLED = [(text, ["no", "yes"][len(text) % 2]) for text in TEXTS]
CASES = [
    ("causal_lm", "llama", TEXTS), ("causal_lm", "untied", TEXTS), ("causal_lm", "gpt2", TEXTS),
    ("instruction", "llama", PAIRS), ("instruction", "gpt2", PAIRS),
    ("classification", "bert", LABELLED), ("classification", "roberta", LABELLED),
    ("masked_lm", "bert", TEXTS), ("masked_lm", "bert-head", TEXTS), ("masked_lm", "roberta", TEXTS),
]  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelFolder]:
    home = tmp_path_factory.mktemp("models")
    made = {
        "both-ways": tiny_encoder(home / "both-ways", "roberta", head=True, eos_token="<|end|>"),
        "llama": tiny_causal_lm(home / "llama"),
        "untied": tiny_causal_lm(home / "untied", tied=False),
        "gpt2": tiny_gpt2(home / "gpt2"),
        "bert": tiny_encoder(home / "bert"),
        "bert-head": tiny_encoder(home / "bert-head", head=True),
        "roberta": tiny_encoder(home / "roberta", "roberta"),
    }
    return {name: resolve(str(folder), home) for name, folder in made.items()}


def opened(objective: Any, folder: ModelFolder, **more: Any) -> Task:
    labels = ("no", "yes") if objective == "classification" else ()
    return open_task(objective, folder, CPU, labels=labels, **more)


def alone(task: Task, batch: Batch, row: int) -> torch.Tensor:
    """A row's loss by transformers' own forward pass, without padding."""
    n = int(batch.mask[row].sum())
    ids = batch.ids[row : row + 1, :n]
    labels = batch.scored()[row : row + 1, :n]
    if task.objective == "classification":
        hidden = task.model.encoder(input_ids=ids).last_hidden_state  # type: ignore[operator]
        return F.cross_entropy(task.model.head(hidden.mean(1)), batch.labels[row : row + 1])  # type: ignore[index,operator]
    if (labels == IGNORED).all():
        return torch.zeros(())
    return task.model(input_ids=ids, labels=labels).loss


@pytest.mark.parametrize("trained_head", [False, True])
@pytest.mark.parametrize(("objective", "model", "records"), CASES)
def test_losses_are_those_of_each_example_alone(
    folders: dict[str, ModelFolder], objective: str, model: str, records: list[Any], trained_head: bool
) -> None:
    task = opened(objective, folders[model])
    task.adapt(Adaptation("full" if trained_head else "last_layers", last_layers=1))
    table = task.table(records, 24)
    for _, batch in table.batches(range(len(records)), len(records)):
        found = task.losses(task.model, batch)
        assert found.shape == (len(records),)
        for row in range(len(records)):
            torch.testing.assert_close(found[row], alone(task, batch, row))


@pytest.mark.parametrize(("objective", "model", "records"), CASES)
def test_batch_mates_padding_and_empty_rows_change_nothing(
    folders: dict[str, ModelFolder], objective: str, model: str, records: list[Any]
) -> None:
    task = opened(objective, folders[model])
    task.adapt(Adaptation("full"))
    table = task.table(records, 24)

    def row_by_row(size: int, rows: Any) -> tuple[dict[int, float], dict[str, torch.Tensor]]:
        losses = {}
        task.model.zero_grad()
        for chosen, batch in table.batches(rows, size, draw=3):
            found = task.losses(task.model, batch)
            found.sum().backward()
            assert (found[np.asarray(chosen).ravel() < 0] == 0).all()
            losses |= dict(zip(np.asarray(chosen).ravel().tolist(), found.tolist(), strict=True))
        return losses, {n: p.grad.clone() for n, p in task.model.named_parameters() if p.grad is not None}

    n = len(records)
    units = np.full((3, 2), -1)
    units.ravel()[: n if n < 6 else 6] = np.arange(n)
    single, gradient = row_by_row(1, range(n))
    for size, rows in ((n, range(n)), (2, range(n)), (6, units)):
        losses, same = row_by_row(size, rows)
        assert {row: losses[row] for row in range(n)} == pytest.approx(single, abs=1e-5)
        for name, p in gradient.items():
            torch.testing.assert_close(same[name], p, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("objective", "model", "records"), CASES)
def test_a_batch_of_nothing_has_zero_loss_and_gradient(
    folders: dict[str, ModelFolder], objective: str, model: str, records: list[Any]
) -> None:
    for kind in ("full", "lora"):
        task = opened(objective, folders[model])
        task.adapt(Adaptation(kind))  # type: ignore[arg-type]
        table = task.table(records, 24)
        _, batch = next(iter(table.batches(np.array([[-1, -1, -1]]), 8)))
        losses = task.losses(task.model, batch)
        losses.sum().backward()
        assert losses.tolist() == [0, 0, 0]
        assert all(not p.grad.any() for p in task.model.parameters() if p.grad is not None)


@pytest.mark.parametrize(("objective", "model", "records"), [CASES[0], CASES[2], CASES[5], CASES[7]])
def test_bfloat16_autocast_gives_float32_losses_close_by(
    folders: dict[str, ModelFolder], objective: str, model: str, records: list[Any]
) -> None:
    task = opened(objective, folders[model])
    task.adapt(Adaptation("full"))
    _, batch = next(iter(task.table(records, 24).batches(np.array([[0, 1, 3, -1]]), 4)))
    exact = task.losses(task.model, batch)
    with torch.autocast("cpu", torch.bfloat16):
        near = task.losses(task.model, batch)
    assert near.dtype == torch.float32
    assert near[-1] == 0
    torch.testing.assert_close(near, exact, rtol=0.02, atol=0.02)


def test_labels_that_are_not_declared_are_refused_without_quoting_them(folders: dict[str, ModelFolder]) -> None:
    task = opened("classification", folders["bert"])
    for wrong in ("Jane Roe", None):
        with pytest.raises(UserError, match=r"train\.labels: a record.s label") as caught:
            task.table([("text", "yes"), ("text", wrong)], 16)
        assert "Jane" not in str(caught.value)


def test_a_tokenizer_of_another_model_is_refused(folders: dict[str, ModelFolder], tmp_path: Path) -> None:
    folder = tiny_gpt2(tmp_path / "gpt2")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<|more|>"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(UserError, match=r"train\.base_model.*more tokens"):
        opened("causal_lm", resolve(str(folder), tmp_path))


@pytest.mark.parametrize("model", ["bert", "roberta", "gpt2", "llama"])
def test_dropout_is_off_also_in_training(folders: dict[str, ModelFolder], model: str) -> None:
    task = opened("classification" if "bert" in model else "causal_lm", folders[model])
    table = task.table(LABELLED if "bert" in model else TEXTS, 16)
    _, batch = next(iter(table.batches(range(4), 4)))
    task.model.train()
    torch.testing.assert_close(task.losses(task.model, batch), task.losses(task.model, batch), rtol=0, atol=0)
    assert task.losses(task.model, batch).tolist() == pytest.approx(
        task.losses(task.model.eval(), batch).tolist(), abs=1e-6
    )


def test_pooling_of_the_first_token(folders: dict[str, ModelFolder]) -> None:
    task = opened("classification", folders["bert"], pooling="cls")
    _, batch = next(iter(task.table(LABELLED, 16).batches(range(3), 3)))
    hidden = hidden_states(task.model.encoder, batch)  # type: ignore[arg-type]
    torch.testing.assert_close(task.model(batch), task.model.head(hidden[:, 0]))  # type: ignore[operator]


@pytest.mark.parametrize("objective", ["classification", "masked_lm"])
def test_gradients_reach_every_trained_weight_of_an_encoder(folders: dict[str, ModelFolder], objective: str) -> None:
    for kind in ("full", "lora", "bitfit", "last_layers"):
        task = opened(objective, folders["bert"])
        task.adapt(Adaptation(kind, last_layers=1 if kind == "last_layers" else None))  # type: ignore[arg-type]
        table = task.table(LABELLED if objective == "classification" else TEXTS, 24)
        for _, batch in table.batches(range(5), 5):
            task.losses(task.model, batch).sum().backward()
        still = [name for name, p in task.model.named_parameters() if p.requires_grad and p.grad is None]
        assert still == []
        moved = [name for name, p in task.model.named_parameters() if p.grad is not None and p.grad.any()]
        assert any("encoder.layer." in name for name in moved)


def test_models_that_do_not_fit_an_objective(folders: dict[str, ModelFolder]) -> None:
    with pytest.raises(UserError, match=r"train\.base_model.*encoder"):
        opened("classification", folders["gpt2"])
    with pytest.raises(UserError, match=r"train\.base_model.*encoder"):
        opened("masked_lm", folders["llama"])
    with pytest.raises(UserError, match=r"train\.base_model.*end-of-text"):
        opened("causal_lm", folders["bert"])
    with pytest.raises(UserError, match=r"train\.base_model.*later tokens"):
        opened("causal_lm", folders["both-ways"])
    with pytest.raises(UserError, match=r"train\.labels"):
        open_task("classification", folders["bert"], CPU, labels=("one",))
    with pytest.raises(UserError, match=r"train\.quantise.*GPU"):
        open_task("causal_lm", folders["llama"], CPU, quantise="nf4")
    with pytest.raises(UserError, match=r"train\.quantise.*causal"):
        open_task("masked_lm", folders["bert"], CPU, quantise="nf4")


def test_rows_wider_than_the_positions_are_refused(folders: dict[str, ModelFolder]) -> None:
    for model, widest in (("bert", 64), ("roberta", 63)):
        task = opened("masked_lm", folders[model])
        table = task.table(["a" * 100], widest)
        _, batch = next(iter(table.batches([0], 1)))
        assert task.losses(task.model, batch).isfinite().all()
        with pytest.raises(UserError, match=r"train\.max_length"):
            task.table(TEXTS, widest + 1)
