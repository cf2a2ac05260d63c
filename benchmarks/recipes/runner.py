"""What the recipes share: one training loop, with and without privacy, over the project's own parts.

The private loop is the project's sampler, accountant, gradient engine, logical step and keyed noise, without the
pipeline around them. The secret that keys the noise is public here, so that a figure can be computed again: what a
recipe trains is a measurement, not a release.
"""

# ruff: noqa: E402 - the repository's root must be on the path first
from __future__ import annotations

import json
import math
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np
import torch
from torch import nn

from tasks.methods.dp import accounting
from tasks.methods.dp.calibrate import calibrate
from tasks.methods.dp.engine import GradientEngine
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.sampling import PoissonSampler
from tasks.methods.dp.step import LogicalStep


class Rows(Protocol):
    """Training rows, as the project's tables give them."""

    def __len__(self) -> int:
        """How many there are."""

    def batches(self, rows: Any, size: int, draw: int = 0) -> Iterator[tuple[np.ndarray, Any]]:
        """Physical batches of the given rows."""


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        epsilon: ε; ``None`` trains without privacy: no clipping, no noise, the same batches.
        delta: δ.
        batch: expected batch, also the divisor.
        epochs: passes over the rows in expectation.
        learning_rate: at its highest.
        clip: C.
        physical: rows on the device at once.
        warmup: share of the steps in which the learning rate rises from zero.
        decay: whether it falls linearly to zero afterwards.
        average: the weights reported are the mean of those after this last share of the steps (0: the last ones
            alone): free post-processing of noisy steps.
        optimizer: ``adam`` or ``sgd`` (with momentum 0.9).
        seed: decides sampling and noise.
        bf16: forward passes under bfloat16 autocast.
    """

    batch: int
    epochs: float
    learning_rate: float
    epsilon: float | None = None
    delta: float = 1e-5
    clip: float = 0.1
    physical: int = 256
    warmup: float = 0.0
    decay: bool = True
    average: float = 0.0
    optimizer: str = "adam"
    seed: int = 0
    bf16: bool = False

    def but(self, **changes: Any) -> Plan:
        """The same plan with changes."""
        return replace(self, **changes)


def train(
    model: nn.Module,
    rows: Rows,
    losses: Callable[[nn.Module, Any], torch.Tensor],
    plan: Plan,
    device: torch.device,
    each: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Train what requires a gradient, in place.

    Args:
        model: on ``device``.
        rows: the training rows; one is one record.
        losses: each row's own loss.
        plan: how.
        device: where.
        each: called after every step with its number and the number of all.

    Returns:
        the facts of the run: σ, q, steps, ε spent, seconds, clipping's mode.
    """
    n = len(rows)
    sampler = PoissonSampler(n, min(1.0, plan.batch / n))
    steps = max(1, round(plan.epochs * n / plan.batch))
    params = [p for p in model.parameters() if p.requires_grad]
    optimizer: torch.optim.Optimizer = (
        torch.optim.Adam(params, lr=plan.learning_rate, fused=device.type == "cuda")
        if plan.optimizer == "adam"
        else torch.optim.SGD(params, lr=plan.learning_rate, momentum=0.9)
    )
    randomness = KeyedRandomness(b"benchmark", f"seed {plan.seed}", b"public")
    precision = torch.bfloat16 if plan.bf16 else None
    facts: dict[str, Any] = {"steps": steps, "sample_rate": sampler.rate, "rows": n}
    if plan.epsilon is not None:
        mechanism = calibrate(plan.epsilon, plan.delta, sampler.rate, steps)
        engine = GradientEngine(model, plan.clip, precision=precision)
        logical = LogicalStep(
            engine, optimizer, noise_multiplier=mechanism.noise_multiplier,
            expected_batch=plan.batch, steps=steps,
        )  # fmt: skip
        facts |= {
            "noise_multiplier": mechanism.noise_multiplier,
            "epsilon": accounting.epsilon(mechanism, plan.delta),
            "mode": engine.mode,
        }
    mean, kept, averaged_from = None, 0, steps - math.ceil(plan.average * steps)
    start = time.monotonic()
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate * _schedule(plan, step, steps)
        drawn = sampler.draw(randomness.stream(f"sampling/{step}"))
        if plan.epsilon is not None:
            for _, batch in rows.batches(drawn, plan.physical, step):
                moved = batch.to(device)
                engine.accumulate(lambda moved=moved: losses(model, moved))
            logical.step(randomness.stream(f"noise/{step}"))
        else:
            for _, batch in rows.batches(drawn, plan.physical, step):
                with torch.autocast(device.type, precision) if precision is not None else nullcontext():
                    loss = losses(model, batch.to(device)).sum() / plan.batch
                loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        if step >= averaged_from:
            kept += 1
            with torch.no_grad():
                mean = [p.detach().clone() for p in params] if mean is None else mean
                torch._foreach_lerp_(mean, [p.detach() for p in params], 1 / kept)
        if each is not None:
            each(step + 1, steps)
    if plan.epsilon is not None:
        facts |= {"nonfinite": int(engine.nonfinite), "clipped": int(engine.clipped), "examples": engine.examples}
        engine.close()
    if mean is not None:
        with torch.no_grad():
            for p, m in zip(params, mean, strict=True):
                p.copy_(m)
    model.eval()
    return facts | {"seconds": time.monotonic() - start, "plan": asdict(plan)}


def _schedule(plan: Plan, step: int, steps: int) -> float:
    rising = plan.warmup * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return 1 - (step - rising) / max(1.0, steps - rising) if plan.decay else 1.0


def environment(device: torch.device) -> dict[str, Any]:
    """Commit, date, machine and versions."""
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    commit = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip() or None,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": torch.cuda.get_device_name() if device.type == "cuda" else _processor(),
        "versions": {n: version(n) for n in ("torch", "transformers", "peft", "opacus")}
        | {"python": platform.python_version()},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        return f"{len(names)} cores of {names[0]}"
    except (OSError, IndexError):
        return platform.machine()


def spread(values: list[float]) -> dict[str, Any]:
    """The mean of seeds with its 95 % interval by Student's t."""
    from scipy import stats

    array = np.asarray(values, dtype=float)
    half = (
        float(stats.t.ppf(0.975, len(array) - 1) * array.std(ddof=1) / math.sqrt(len(array)))
        if len(array) > 1
        else None
    )
    return {"mean": float(array.mean()), "half_interval": half, "values": [round(float(v), 5) for v in array]}


class Report:
    """Figures that are written after each of them, so that an interrupted run keeps what it found."""

    def __init__(self, path: Path | None, device: torch.device, **about: Any) -> None:
        self._path = path
        self.figures: dict[str, Any] = environment(device) | about

    def add(self, name: str, found: Any) -> None:
        """Add a figure, print it and write all."""
        self.figures[name] = found
        print(name, json.dumps(found, default=str), flush=True)
        if self._path is not None:
            self._path.write_text(json.dumps(self.figures, indent=2, default=str) + "\n", encoding="utf-8")
