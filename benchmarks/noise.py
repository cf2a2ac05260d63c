"""Seconds for standard normal draws: the keyed generator against numpy's and torch's, which are not cryptographic.

Run it from the repository's root on a machine that does nothing else:

    python benchmarks/noise.py [--draws 135000000] [--threads 1 2] [--device cuda] [--json OUT]

Each generator draws one tensor, as a step of DP-SGD does: of ``--draws`` numbers, and of half a million, a LoRA
adapter's. Times are the best of ``--repeats``: wall-clock, with the process's processor time beside it, which other
processes disturb less. ``torch x 4`` is the four-sum hardening of Opacus's secure_mode over torch's own generator.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np
import torch

from tasks.methods.dp.randomness import KeyedRandomness

STEP = 500_000


def measure(draw: Callable[[int], Any], n: int, repeats: int, device: torch.device) -> dict[str, float]:
    """Best wall-clock and processor seconds of one call for ``n`` draws, after a small one."""
    draw(1000)
    walls, works = [], []
    for _ in range(repeats):
        _settle(device)
        wall, work = time.perf_counter(), time.process_time()
        draws = draw(n)
        _settle(device)
        walls.append(time.perf_counter() - wall)
        works.append(time.process_time() - work)
        del draws
    return {"seconds": min(walls), "processor_seconds": min(works)}


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def generators(device: torch.device) -> dict[str, Callable[[int], Any]]:
    """What is compared: a function of the number of draws each, giving float32."""
    stream = KeyedRandomness(bytes(32), "k" * 64, bytes(32)).stream("noise/1")
    numpy = np.random.Generator(np.random.PCG64DXSM(0))
    torchs = torch.Generator(device).manual_seed(0)

    def plain(n: int) -> torch.Tensor:
        return torch.empty(n, device=device).normal_(generator=torchs)

    def four(n: int) -> torch.Tensor:
        total = torch.zeros(n, device=device)
        for _ in range(4):
            total += plain(n)
        return total / 2

    compared: dict[str, Callable[[int], Any]] = {
        "keyed": lambda n: stream.normal((n,), device),
        "torch": plain,
        "torch x 4": four,
    }
    if device.type == "cpu":
        compared["numpy PCG64DXSM"] = lambda n: numpy.standard_normal(n, dtype=np.float32)
    return compared


def machine(device: torch.device) -> dict[str, Any]:
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
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "load": os.getloadavg(),
        "versions": {p: version(p) for p in ("torch", "numpy")} | {"python": platform.python_version()},
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=135_000_000)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    device = torch.device(args.device)
    results = []
    for threads in args.threads if device.type == "cpu" else args.threads[:1]:
        torch.set_num_threads(threads)
        for name, draw in generators(device).items():
            for n in (args.draws, STEP):
                repeats = args.repeats if n == args.draws else 20
                row = {"generator": name, "threads": threads, "draws": n, **measure(draw, n, repeats, device)}
                results.append(row)
                print(f"{row}", file=sys.stderr, flush=True)
    text = json.dumps({"machine": machine(device), "device": str(device), "results": results}, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
