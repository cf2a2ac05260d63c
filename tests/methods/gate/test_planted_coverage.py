"""The bounds hold the true rate as often as they say: the benchmark's study, made small, on fixed seeds."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tasks.methods.evaluate import intervals
from tasks.methods.gate import planted

PATH = Path(__file__).resolve().parents[3] / "benchmarks" / "planted.py"
KINDS = ("PHONE_NUMBER", "US_SSN", "EMAIL_ADDRESS", "CREDIT_CARD")


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_planted", PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_planted"] = module
    spec.loader.exec_module(module)
    return module


def _study(bench: ModuleType, find: object, draws: int = 200) -> dict[str, dict[str, float]]:
    others = {
        "formats even": {kind: bench.even(kind, 400, random.Random(f"e {kind}")) for kind in KINDS},
    }
    found = bench.study(find, KINDS, draws=draws, values=300, size=400, seed=7, others=others)
    return {"kinds": found["kinds"], **{key: found[key] for key in ("held_least", "held_all_kinds_together")}}


@pytest.mark.slow
@pytest.mark.parametrize("masker", ["regular expressions", "at random", "by context"])
def test_the_bounds_hold_in_at_least_182_of_200_plantings(bench: ModuleType, masker: str) -> None:
    finders = {
        "regular expressions": bench.regexes,
        "at random": lambda: bench.at_random(bench.random_rates(KINDS, 3)),
        "by context": bench.by_carrier,
    }
    found = _study(bench, finders[masker]())
    assert found["held_least"] >= 182
    assert found["held_all_kinds_together"][bench.SAME] >= 182
    rates = [kind["rate"] for kind in found["kinds"].values()]
    assert any(0 < rate < 1 for rate in rates), "nothing was decided"
    # Where the real values are written otherwise, the bound promises nothing: somewhere it fails.
    elsewhere = [kind["elsewhere"]["the worst format alone"]["held"] for kind in found["kinds"].values()]
    assert min(elsewhere) < 182


@pytest.mark.slow
def test_a_wrong_bound_would_be_caught(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The study has the power it needs: a bare share, twice the values, half the confidence fail it."""
    right = intervals.clopper_pearson_upper
    find = bench.at_random({kind: {"": 0.1} for kind in KINDS})
    assert _study(bench, find)["held_least"] >= 182
    for wrong in (lambda k, n, _: k / n, lambda k, n, c: right(k, 2 * n, c), lambda k, n, _: right(k, n, 0.5)):
        for module in (bench, planted):
            monkeypatch.setattr(module, "clopper_pearson_upper", lambda k, n, c=0.95, wrong=wrong: wrong(k, n, c))
        assert _study(bench, find)["held_least"] < 182


@pytest.mark.slow
def test_a_judge_that_says_otherwise_than_its_counts_is_caught(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planted, "clopper_pearson_upper", lambda k, n, c: intervals.clopper_pearson_upper(k, n, 0.975))
    with pytest.raises(AssertionError):
        _study(bench, bench.regexes(), draws=1)
