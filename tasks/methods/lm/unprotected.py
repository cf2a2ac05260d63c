"""Training without any privacy, for comparison: what a model gives away that nobody protected.

The pipeline has no way here: its stage train is differentially private always.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from tasks.core.progress import Progress
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.tokens import TokenTable


def train_unprotected(
    model: nn.Module,
    table: TokenTable,
    *,
    epochs: int,
    learning_rate: float,
    batch: int = 32,
    seed: int = 0,
    progress: Progress | None = None,
) -> None:
    """Adam on shuffled batches, in place: no clipping, no noise.

    Formal guarantees:
        None.

    Args:
        model: a causal language model; what is trainable is trained.
        table: the rows.
        epochs: times that each is read.
        learning_rate: at the start; it falls linearly to zero.
        batch: rows a step.
        seed: of the order.
        progress: one unit an epoch.
    """
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=learning_rate)
    steps = epochs * -(-len(table) // batch)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    model.train()
    for _ in range(epochs):
        order = rng.permutation(len(table))
        for start in range(0, len(table), batch):
            ((_, rows),) = table.batches(order[start : start + batch], batch)
            optimizer.zero_grad()
            causal_losses(model, rows).mean().backward()
            optimizer.step()
            schedule.step()
        if progress is not None:
            progress.advance()
    model.eval()
