"""The engine's clipped sums equal a plain autograd loop, one unit at a time, for every objective and adaptation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tasks.methods.dp.engine import GradientEngine
from tasks.methods.lm.adapt import Adaptation
from tasks.methods.lm.objectives import Task, open_task
from tasks.methods.lm.weights import ModelFolder, resolve
from tests.tiny import tiny_causal_lm, tiny_encoder, tiny_gpt2

CPU = torch.device("cpu")
TEXTS = ["a text of its own", "short", "", "one more text, longer", "x", "seven"]
PAIRS = [("ask", "an answer"), ("a longer question", "no"), ("", "alone"), ("said", ""), ("a", "b"), ("c", "d e f")]
LABELLED = [(text, ["no", "yes"][len(text) % 2]) for text in TEXTS]
RECORDS: dict[str, Any] = {
    "causal_lm": TEXTS, "instruction": PAIRS, "classification": LABELLED, "masked_lm": TEXTS,
}  # fmt: skip
KINDS = ("lora", "full", "last_layers", "bitfit")
CASES = [
    (objective, model, kind)
    for objective, models in (
        ("causal_lm", ("llama", "untied", "gpt2")), ("instruction", ("llama", "gpt2")),
        ("classification", ("bert", "roberta")), ("masked_lm", ("bert", "roberta")),
    )
    for model in models
    for kind in KINDS
    if not (kind == "bitfit" and model in ("llama", "untied"))
]  # fmt: skip
BOUND = 0.05


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelFolder]:
    home = tmp_path_factory.mktemp("models")
    made = {
        "llama": tiny_causal_lm(home / "llama"),
        "untied": tiny_causal_lm(home / "untied", tied=False),
        "gpt2": tiny_gpt2(home / "gpt2"),
        "bert": tiny_encoder(home / "bert"),
        "roberta": tiny_encoder(home / "roberta", "roberta"),
    }
    return {name: resolve(str(folder), home) for name, folder in made.items()}


def opened(objective: Any, folder: ModelFolder, kind: Any) -> Task:
    task = open_task(objective, folder, CPU, labels=("no", "yes") if objective == "classification" else ())
    targets = ("q_proj", "v_proj", "down_proj") if "llama" in folder.id or "untied" in folder.id else ()
    task.adapt(Adaptation(kind, targets=targets, last_layers=1 if kind == "last_layers" else None))
    with torch.no_grad():  # away from LoRA's zero, where A has no gradient
        for i, (_, p) in enumerate(sorted(task.model.named_parameters())):
            if p.requires_grad:
                p += 0.05 * torch.randn(p.shape, generator=torch.Generator().manual_seed(i))
    return task


def by_engine(task: Task, units: np.ndarray, size: int, mode: Any) -> list[torch.Tensor]:
    table = task.table(RECORDS[task.objective], 20)
    engine = GradientEngine(task.model.train(), BOUND, mode=mode)
    for _, batch in table.batches(units, size, draw=2):
        engine.accumulate(lambda batch=batch: task.losses(task.model, batch), rows_per_unit=units.shape[1])
    sums = [s.clone() for s in engine.take()]
    assert engine.examples == len(units)
    assert engine.nonfinite == 0
    engine.close()
    return sums


def by_loop(task: Task, units: np.ndarray) -> tuple[list[torch.Tensor], int]:
    """Clipped sums, and how many units were above the bound."""
    table = task.table(RECORDS[task.objective], 20)
    params = [p for p in task.model.parameters() if p.requires_grad]
    sums, above = [torch.zeros_like(p) for p in params], 0
    for unit in units:
        gradient = [torch.zeros_like(p) for p in params]
        for row in unit[unit >= 0]:
            _, batch = next(iter(table.batches([row], 1, draw=2)))
            loss = task.losses(task.model, batch).sum()
            for total, g in zip(gradient, torch.autograd.grad(loss, params, allow_unused=True), strict=True):
                if g is not None:
                    total += g
        norm = float(torch.cat([g.flatten() for g in gradient]).norm())
        above += norm > BOUND
        for total, g in zip(sums, gradient, strict=True):
            total += g * min(1.0, BOUND / (norm + 1e-6))
    return sums, above


def same(found: list[torch.Tensor], wanted: list[torch.Tensor]) -> None:
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=2e-6)


@pytest.mark.parametrize(("objective", "model", "kind"), CASES)
def test_clipped_sums_of_records_equal_a_plain_loop(
    folders: dict[str, ModelFolder], objective: str, model: str, kind: str
) -> None:
    task = opened(objective, folders[model], kind)
    records = np.arange(6)[:, None]
    wanted, above = by_loop(task, records)
    assert above >= 2
    same(by_engine(task, records, 6, "auto"), wanted)
    same(by_engine(task, records, 2, "auto"), wanted)


@pytest.mark.parametrize("kind", ["lora", "full"])
@pytest.mark.parametrize(
    ("objective", "model"),
    [("causal_lm", "gpt2"), ("instruction", "llama"), ("classification", "bert"), ("masked_lm", "bert")],
)
def test_clipped_sums_of_people_equal_a_plain_loop(
    folders: dict[str, ModelFolder], objective: str, model: str, kind: str
) -> None:
    task = opened(objective, folders[model], kind)
    people = np.array([[0, 3, -1], [1, -1, -1], [2, 4, 5], [-1, -1, -1]])
    wanted, above = by_loop(task, people)
    assert above >= 2
    same(by_engine(task, people, 6, "auto"), wanted)
    same(by_engine(task, people, 12, "auto"), wanted)


@pytest.mark.parametrize("mode", ["book-keeping", "hooks"])
@pytest.mark.parametrize(("objective", "model"), [("causal_lm", "gpt2"), ("classification", "bert")])
def test_both_modes_agree(folders: dict[str, ModelFolder], objective: str, model: str, mode: str) -> None:
    task = opened(objective, folders[model], "lora")
    records = np.arange(6)[:, None]
    same(by_engine(task, records, 3, mode), by_loop(task, records)[0])
