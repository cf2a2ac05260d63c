"""The packaged encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name

from tasks.methods.lm.adapt import Adaptation
from tasks.methods.lm.encoder import hidden_states
from tasks.methods.lm.objectives import open_task
from tasks.methods.lm.weights import ModelFolder, resolve

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return resolve("package:all-minilm-l6-v2", tmp_path_factory.mktemp("home"))


def test_it_knows_what_sentences_mean_and_a_head_learns_on_it(minilm: ModelFolder) -> None:
    good = ["a wonderful film", "what a lovely movie", "great acting and a fine script"]
    bad = ["a boring film", "what a terrible movie", "bad acting and a poor script"]
    task = open_task("classification", minilm, CPU, labels=("bad", "good"))
    task.adapt(Adaptation("bitfit"))
    table = task.table([*((t, "good") for t in good), *((t, "bad") for t in bad), ("the train to Paris", "bad")], 32)
    _, batch = next(iter(table.batches(range(7), 7)))
    with torch.no_grad():
        hidden = hidden_states(task.model.encoder, batch)  # type: ignore[arg-type]
        weight = batch.mask[:, :, None].float()
        means = F.normalize((hidden * weight).sum(1) / weight.sum(1), dim=1)
    texts = [task.tokenizer.decode(ids[mask.bool()][1:-1]) for ids, mask in zip(batch.ids, batch.mask, strict=True)]
    near = means @ means.T
    film, movie, train = (texts.index(t) for t in ("a wonderful film", "what a lovely movie", "the train to paris"))
    assert near[film, movie] > near[film, train] + 0.3
    optimizer = torch.optim.Adam([p for p in task.model.parameters() if p.requires_grad], lr=3e-3)
    for _ in range(6):
        optimizer.zero_grad()
        task.losses(task.model, batch).sum().backward()
        optimizer.step()
    assert task.losses(task.model, batch).max() < 0.4


@pytest.mark.slow
def test_it_gets_a_head_for_masked_words_that_learns(minilm: ModelFolder, tmp_path: Path) -> None:
    task = open_task("masked_lm", minilm, CPU)
    assert task.fresh
    task.adapt(Adaptation("lora"))
    table = task.table(["the cat sat on the mat and looked at the dog"], 32)
    optimizer = torch.optim.Adam([p for p in task.model.parameters() if p.requires_grad], lr=3e-3)

    def hidden_words() -> float:
        with torch.no_grad():
            batches = (next(iter(table.batches([0], 1, draw=-1 - i)))[1] for i in range(6))
            return float(torch.cat([task.losses(task.model, batch) for batch in batches]).mean())

    before = hidden_words()
    for step in range(30):
        _, batch = next(iter(table.batches([0], 1, draw=step)))
        optimizer.zero_grad()
        task.losses(task.model, batch).mean().backward()
        optimizer.step()
    assert hidden_words() < before / 2
