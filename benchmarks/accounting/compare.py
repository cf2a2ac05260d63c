"""What dp_accounting's PLD accountant says, for tests to compare with: `setup.sh`, then `compare.py OUT.json`.

The rows: a grid over sampling rate, steps, δ and how much is learned; published recipes; and mixes of several runs.
Known answers for the repository's tests are kept in tests/methods/dp/vectors/epsilon_pld.json.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import math
from collections.abc import Sequence
from pathlib import Path

import dp_accounting
from dp_accounting import pld, rdp

Taken = tuple[float, float, int]

RATES = (1e-4, 1e-3, 1e-2, 0.1, 0.5, 1.0)
STEPS = (1, 60, 2_000, 100_000)
DELTAS = (1e-5, 1e-8)
INTERVALS = (1e-4, 1e-5, 3e-6)
MUS = (0.05, 0.5, 3.0)
"""The central limit's μ: the noise follows from it, and ε from about 0.05 to 30 with it."""
SIGMAS = (0.3, 1e4)

RECIPES = (
    (0.0148, 0.762, 203, 7.4e-6),  # SST-2, ε = 3 (Li et al. 2022)
    (0.0148, 0.544, 203, 7.4e-6),  # SST-2, ε = 8
    (0.0243, 1.027, 411, 8e-6),  # E2E, ε = 3
    (0.0243, 0.683, 411, 8e-6),  # E2E, ε = 8
    (0.002, 0.605, 1465, 1e-5),  # Reddit, ε = 3
    (0.02, 0.597, 150, 1e-6),  # three epochs in batches of 1,000 out of 50,000
    (1024 / 26048, 3.451, 509, 1e-5),  # Adult, ε = 1
    (4.084e-5, 0.614, 100_000, 1.1e-10),  # VaultGemma 1B
    (4.084e-5, 0.614, 100_000, 1e-8),  # the same at a δ where dp_accounting's floating-point error doesn't show
    (256 / 60000, 1.1, 14_062, 1e-5),  # MNIST, TensorFlow Privacy's tutorial
)
MIXES = (
    [(0.02, 0.8, 60), (0.02, 1.2, 60)],
    [(0.01, 0.9, 2000), (0.5, 6.0, 10)],
    [(0.001, 0.6, 1000), (0.1, 3.0, 400), (1.0, 20.0, 5)],
    [(1.0, 8.0, 1), (1.0, 11.0, 1)],
    [(0.02, 0.597, 150)] * 4,
    [(1e-4, 0.5, 50_000), (0.01, 5.0, 1_000)],
)


def epsilons(taken: Sequence[Taken], deltas: Sequence[float]) -> list[float]:
    """ε at each δ by PLD (pessimistic), on a grid fine enough for the smallest ε and for the losses of many steps."""
    steps = sum(count for _, _, count in taken)
    spread = math.sqrt(sum(count * q**2 * math.expm1(1 / sigma**2) for q, sigma, count in taken) / steps)
    for interval in INTERVALS:
        accountant = pld.PLDAccountant(value_discretization_interval=interval)
        compose(accountant, taken)
        found = [accountant.get_epsilon(delta) for delta in deltas]
        if interval <= min(found) / 2_500 and (steps < 1_000 or interval <= 0.3 * spread):
            break
    return found


def epsilons_rdp(taken: Sequence[Taken], deltas: Sequence[float]) -> list[float]:
    accountant = rdp.RdpAccountant()
    compose(accountant, taken)
    return [accountant.get_epsilon(delta) for delta in deltas]


def compose(accountant: dp_accounting.PrivacyAccountant, taken: Sequence[Taken]) -> None:
    for q, sigma, steps in taken:
        step = dp_accounting.PoissonSampledDpEvent(q, dp_accounting.GaussianDpEvent(sigma))
        accountant.compose(step, steps)


def grid() -> list[Taken]:
    cases = []
    for q, steps, mu in itertools.product(RATES, STEPS, MUS):
        sigma = 1 / math.sqrt(math.log1p((mu / q) ** 2 / steps))
        if SIGMAS[0] <= sigma <= SIGMAS[1]:
            cases.append((q, float(f"{sigma:.4g}"), steps))
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    cases = [("recipe", (q, sigma, steps), (delta,)) for q, sigma, steps, delta in RECIPES]
    cases += [("grid", case, DELTAS) for case in grid()]
    rows, mixes = [], []
    for mix in MIXES:
        for delta, found in zip(DELTAS, epsilons(mix, DELTAS), strict=True):
            mixes.append({"mechanisms": mix, "delta": delta, "epsilon_pld": float(f"{found:.7g}")})
            print(json.dumps(mixes[-1]), flush=True)
    for kind, case, deltas in cases:
        figures = epsilons([case], deltas), epsilons_rdp([case], deltas)
        for delta, by_pld, by_rdp in zip(deltas, *figures, strict=True):
            rows.append({
                "kind": kind, "sampling_probability": case[0], "noise_multiplier": case[1], "steps": case[2],
                "delta": delta, "epsilon_pld": float(f"{by_pld:.7g}"), "epsilon_rdp": float(f"{by_rdp:.6g}"),
            })  # fmt: skip
            print(json.dumps(rows[-1]), flush=True)
    source = (
        f"dp_accounting {importlib.metadata.version('dp-accounting')} PLD (pessimistic), "
        f"value_discretization_interval {INTERVALS}, the coarsest that suits ε and T; "
        "add-or-remove-one, Poisson sampling; benchmarks/accounting/compare.py"
    )
    lines = ",\n  ".join(json.dumps(row) for row in rows), ",\n  ".join(json.dumps(row) for row in mixes)
    out.write_text(f'{{"source": {json.dumps(source)},\n "rows": [\n  {lines[0]}],\n "mixes": [\n  {lines[1]}]}}\n')


if __name__ == "__main__":
    main()
