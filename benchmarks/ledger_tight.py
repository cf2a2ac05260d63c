"""The tight ε of a data set with 10,000 charges of different parameters: seconds for one more, error against at once.

Run it from the repository's root on a machine that does nothing else:

    OMP_NUM_THREADS=1 python benchmarks/ledger_tight.py [--charges 10000] [--seed 0] [--json OUT]

Charges are DP-SGD runs (σ in 0.6 to 5, q in 0.001 to 0.05, up to 1,000 steps), every tenth the Laplace mechanism and
every tenth an (ε, 0)-private one, each with parameters of its own and such that the total comes to about ``--epsilon``.
One core: one thread. The figure is read after each of the last charges up to 10, 100, 1,000, ... and the end, and
compared there with all charges composed at once on one grid, by the accountant's FFT over the product of all
characteristic functions instead of sums in pairs. ``seconds_largest`` is the largest over these of adding one and
reading the figure.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

from tasks.core.dp_events import Event, Laplace, Pure, SampledGaussian
from tasks.methods.dp import blocks
from tasks.methods.dp.history import History
from tasks.methods.dp.mechanisms import kinds_of
from tasks.methods.dp.privacy_loss import Step, epsilon_composed

DELTA = 1e-6
LAST = 200
"""So many figures are read before each mark."""


def drawn(rng: np.random.Generator, number: int, charges: int, epsilon: float) -> Event:
    """One charge, no two alike; what an average one costs falls with their number."""
    variance = 2 * epsilon / 3 / charges  # of its loss: ε ~ v/2 + 5√v in all
    match number % 10:
        case 3:
            return Laplace(float(rng.uniform(0.5, 2) / math.sqrt(variance)))
        case 7:
            return Pure(float(rng.uniform(0.5, 2) * math.sqrt(variance)))
    while True:
        sigma, q = np.exp(rng.uniform(np.log([0.6, 0.001]), np.log([5, 0.05])))
        one = q**2 * math.expm1(sigma**-2)
        steps = round(rng.uniform(0.2, 1.8) * variance / one)
        if 1 <= steps <= 1000:
            return SampledGaussian(float(sigma), float(q), steps)


def at_once(events: Sequence[Event], delta: float) -> float:
    """ε by one product of characteristic functions, every mechanism's loss on one grid."""
    kinds = kinds_of(events)
    spread = math.sqrt(sum(kind.count * kind.variance() for kind in kinds) / len(kinds))
    exponent = math.floor(math.log2(0.06 * spread))
    figures = []
    for added in (False, True):
        steps = []
        for kind in kinds:
            block = blocks.block_of(kind, 1e-4 * delta / len(kinds), added)
            assert block is not None
            block = blocks.coarsened(block, max(exponent, block.exponent))
            # A mesh that is coarser than the common one is a part of its points.
            pmf = np.zeros(((len(block.pmf) - 1) << (block.exponent - exponent)) + 1)
            pmf[:: 1 << (block.exponent - exponent)] = block.pmf
            steps.append(Step(block.first << (block.exponent - exponent), pmf, block.infinite, 1))
        figures.append(epsilon_composed(steps, delta, 2.0**exponent))
    return max(figures)


def measure(charges: int, epsilon: float, seed: int) -> dict[str, Any]:
    """Add charge after charge, reading the figure after each."""
    rng = np.random.default_rng(seed)
    events = [drawn(rng, number, charges, epsilon) for number in range(charges)]
    marks = {10**k for k in range(1, 9) if 10**k < charges} | {charges}
    history, adding, seconds, rows = History(DELTA), [], [], []
    for number, event in enumerate(events, start=1):
        began = time.perf_counter()
        history.add((event,))
        adding.append(time.perf_counter() - began)
        if not any(mark - LAST < number <= mark for mark in marks):
            continue
        figure = history.epsilon()
        seconds.append(time.perf_counter() - began)
        if number in marks:
            began = time.perf_counter()
            whole = at_once(events[:number], DELTA)
            row = {
                "charges": number,
                "epsilon": figure,
                "epsilon_at_once": whole,
                "relative_difference": figure / whole - 1,
                "seconds_at_once": time.perf_counter() - began,
                "seconds_last": seconds[-1],
                "seconds_median_of_last": float(np.median(seconds[-LAST:])),
                "seconds_largest": max(seconds),
            }
            rows.append(row)
            print(row, file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.npz"
        began = time.perf_counter()
        history.save(path)
        saved, began = time.perf_counter() - began, time.perf_counter()
        loaded = History.of([(event,) for event in events], DELTA, path)
        read = time.perf_counter() - began
        assert loaded.epsilon() == figure
        size = path.stat().st_size
    return {
        "rows": rows,
        "seconds_of_adding": {q: float(np.quantile(adding, float(q))) for q in ("0.5", "0.9", "0.99", "1")},
        "seconds_of_adding_all": sum(adding),
        "file_bytes": size,
        "seconds_to_save": saved,
        "seconds_to_load": read,
        "largest_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def machine() -> dict[str, Any]:
    """Where and when this was measured."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False)
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "commit": commit.stdout.strip() + ("+changes" if dirty.stdout.strip() else ""),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": names[0].split(":", 1)[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "load": os.getloadavg(),
        "versions": {p: version(p) for p in ("numpy", "scipy")} | {"python": platform.python_version()},
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--charges", type=int, default=10_000)
    parser.add_argument("--epsilon", type=float, default=30.0, help="about the total, at 1e-6")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found = {"machine": machine(), "delta": DELTA, "seed": args.seed, **measure(args.charges, args.epsilon, args.seed)}
    text = json.dumps(found, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
