"""A toy training run for tests of the loop: a small network on made-up rows, also as a process of its own.

``python -m tests.dp_toy STORE OUT`` trains, with its checkpoint in the folder STORE, and writes the weights to OUT;
SIGTERM interrupts it. With ``torchrun`` the processes train together. ``--pause`` makes each physical batch take more
time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from safetensors.torch import save_file
from torch import nn

from tasks.core.errors import TryAgain
from tasks.core.store import Store
from tasks.core.store_file import StoreFile
from tasks.methods.dp.checkpoint import Checkpoints
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.sampling import PoissonSampler
from tasks.methods.dp.training import Interruption, Outcome, Recipe, train
from tasks.methods.dp.units import Units

CPU = torch.device("cpu")
ROWS, WIDTH, STEPS = 60, 5, 12
KEY, NONCE = "ab" * 32, b"n" * 32
RECIPE = Recipe(max_grad_norm=0.5, expected_batch=15, learning_rate=0.05, physical_batch=4)


@dataclass(frozen=True)
class Rows:
    """Features [rows, 5] and labels [rows]; a row that pads a unit has label -1."""

    x: torch.Tensor
    y: torch.Tensor

    def to(self, device: torch.device) -> Rows:
        return Rows(self.x.to(device), self.y.to(device))


class ToyTable:
    """Made-up rows whose label follows from their first feature."""

    def __init__(self, rows: int = ROWS) -> None:
        rng = np.random.default_rng(5)
        self.x = torch.from_numpy(rng.standard_normal((rows, WIDTH)).astype(np.float32))
        self.y = (self.x[:, 0] > 0).long()

    def __len__(self) -> int:
        return len(self.x)

    def batches(self, rows: np.ndarray, size: int, draw: int = 0) -> Iterator[tuple[np.ndarray, Rows]]:
        rows = np.asarray(rows, dtype=np.int64)
        k = 1 if rows.ndim == 1 else rows.shape[1]
        for start in range(0, len(rows), max(1, size // k)):
            chosen = rows[start : start + max(1, size // k)]
            flat = torch.from_numpy(chosen.reshape(-1))
            y = torch.where(flat < 0, -1, self.y[flat])
            yield chosen, Rows(torch.where(flat[:, None] < 0, 0, self.x[flat]), y)


def toy_model() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(WIDTH, 8), nn.Tanh(), nn.Linear(8, 2))


def toy_losses(model: nn.Module) -> Callable[[Rows], torch.Tensor]:
    return lambda batch: F.cross_entropy(model(batch.x), batch.y, ignore_index=-1, reduction="none")


def run(
    recipe: Recipe = RECIPE,
    *,
    units: Units | None = None,
    steps: int = STEPS,
    rate: float = 0.25,
    sigma: float = 1.0,
    losses: Callable[[nn.Module], Callable[[Rows], torch.Tensor]] = toy_losses,
    **more: Any,
) -> tuple[dict[str, torch.Tensor], Outcome]:
    """Train the toy; its weights and the outcome."""
    model = toy_model()
    units = units or Units(ToyTable())
    sampler = PoissonSampler(len(units), rate)
    randomness = KeyedRandomness(b"s" * 32, KEY, NONCE)
    outcome = train(
        model, units, losses(model), sampler, sampler.mechanism(sigma, steps), recipe, randomness, CPU,
        key=KEY, nonce=NONCE, **more,
    )  # fmt: skip
    return {name: p.detach().clone() for name, p in model.named_parameters()}, outcome


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("out", type=Path)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=0.25)
    args = parser.parse_args(words)
    torch.set_num_threads(1)
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True

    signal.signal(signal.SIGTERM, ask)

    def slow(model: nn.Module) -> Callable[[Rows], torch.Tensor]:
        def losses(batch: Rows) -> torch.Tensor:
            time.sleep(args.pause)
            return toy_losses(model)(batch)

        return losses

    rank = 0
    if "WORLD_SIZE" in os.environ:
        torch.distributed.init_process_group("gloo")
        rank = torch.distributed.get_rank()
    checkpoints = Checkpoints(StoreFile(Store(args.store), "checkpoint.safetensors"))
    try:
        weights, outcome = run(
            rate=args.rate, losses=slow, checkpoints=checkpoints, checkpoint_seconds=0.0,
            interruption=Interruption(lambda: asked),
        )  # fmt: skip
    except TryAgain as exc:
        print(exc, flush=True)
        return 75
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
    if rank == 0:
        save_file(weights, args.out)
        args.out.with_suffix(".json").write_text(json.dumps(dataclasses.asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
