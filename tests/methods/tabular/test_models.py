"""Models of tables: losses, batches, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name

from tasks.methods.dp.engine import GradientEngine
from tasks.methods.tabular import models
from tasks.methods.tabular.rows import FeatureTable, RowBatch
from tasks.methods.tabular.schema import Categorical, Numeric, Schema

CPU = torch.device("cpu")
SCHEMA = Schema((Numeric("x", -1, 1), Numeric("y", -1, 1), Categorical("c", ("a", "b"))), "z", ("no", "yes"))
RNG = np.random.default_rng(0)
POINTS = RNG.uniform(-1, 1, (300, 2))
ROWS = [(x, y, "ab"[i % 2], "yes" if x * y > 0 else "no") for i, (x, y) in enumerate(POINTS.tolist())]


def fitted(model: torch.nn.Module, steps: int = 150) -> float:
    table = FeatureTable(ROWS, SCHEMA)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(steps):
        for _, batch in table.batches(range(len(table)), 300):
            optimizer.zero_grad()
            models.losses(model, batch).mean().backward()
            optimizer.step()
    predicted, labels = models.predictions(model, table, 64, CPU)
    return float((predicted == labels).mean())


def test_the_perceptron_learns_what_the_logistic_model_can_not() -> None:
    assert fitted(models.logistic(SCHEMA)) < 0.75
    assert fitted(models.mlp(SCHEMA, (16,))) > 0.9


def test_losses_are_each_rows_own_and_units_stand_together() -> None:
    table, model = FeatureTable(ROWS[:5], SCHEMA), models.mlp(SCHEMA, (4, 3))
    single = {int(rows[0]): models.losses(model, batch) for rows, batch in table.batches(range(5), 1)}
    units = np.array([[3, 0], [1, -1], [4, 2]])
    chosen = []
    for unit, batch in table.batches(units, 4):
        chosen += unit.tolist()
        found = models.losses(model, batch)
        for row, loss in zip(unit.ravel(), found, strict=True):
            torch.testing.assert_close(loss, single[int(row)][0] if row >= 0 else torch.zeros(()))
    assert chosen == units.tolist()
    assert [len(rows) for rows, _ in table.batches(units, 1)] == [1, 1, 1]
    batch = next(iter(table.batches([2], 1)))[1]
    torch.testing.assert_close(models.losses(model, batch)[0], F.cross_entropy(model(batch.features), batch.labels))


def test_nothing_at_all() -> None:
    table = FeatureTable([], SCHEMA)
    assert (len(table), list(table.batches([], 4))) == (0, [])
    empty = RowBatch(torch.zeros(2, SCHEMA.features), torch.full((2,), -1)).to(CPU)
    model = models.logistic(SCHEMA)
    models.losses(model, empty).sum().backward()
    assert all(not p.grad.any() for p in model.parameters() if p.grad is not None)


def test_no_row_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert len(FeatureTable(iter(ROWS), SCHEMA)) == 300
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", [models.logistic, models.mlp, lambda schema: models.mlp(schema, (5, 4, 3))])
def test_the_same_bytes_every_time_and_back_again(make: Any, tmp_path: Path) -> None:
    for name in ("one", "two"):
        models.save(make(SCHEMA), SCHEMA, tmp_path / name)
    for name in ("model.safetensors", "schema.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    model, schema = models.load(tmp_path / "one")
    assert schema == SCHEMA
    features = torch.from_numpy(SCHEMA.encode(ROWS[:4])[0])
    torch.testing.assert_close(model(features), make(SCHEMA)(features))


@pytest.mark.parametrize("make", [models.logistic, models.mlp])
@pytest.mark.parametrize("k", [1, 2])
def test_clipped_sums_equal_a_plain_loop(make: Any, k: int) -> None:
    table, bound = FeatureTable(ROWS[:6], SCHEMA), 0.3
    model = make(SCHEMA)
    units = np.array([[0], [1], [2], [3]]) if k == 1 else np.array([[0, 1], [2, -1], [3, 4], [-1, -1]])
    engine = GradientEngine(model.train(), bound)
    for _, batch in table.batches(units, 4):
        engine.accumulate(lambda batch=batch: models.losses(model, batch), rows_per_unit=k)
    found = engine.take()
    engine.close()
    wanted = [torch.zeros_like(p) for p in model.parameters()]
    for unit in units:
        loss = torch.zeros(())
        for _, batch in table.batches([row for row in unit if row >= 0], 1):
            loss = loss + models.losses(model, batch).sum()
        if loss.requires_grad:
            gradient = torch.autograd.grad(loss, list(model.parameters()))
            norm = torch.cat([g.flatten() for g in gradient]).norm()
            wanted = [w + g * min(1.0, float(bound / norm)) for w, g in zip(wanted, gradient, strict=True)]
    for sums, want in zip(found, wanted, strict=True):
        torch.testing.assert_close(sums, want, rtol=1e-4, atol=1e-6)
