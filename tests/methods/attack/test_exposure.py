"""Exposure: high for canaries that were learnt by heart, 1.44 bits on average for those that were never seen."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import skewnorm
from transformers import AutoTokenizer, GPT2LMHeadModel

from tasks.methods.attack import exposure
from tasks.methods.attack.exposure import NEVER_TRAINED, by_rank, extrapolated, highest, more_exposed, never_trained
from tasks.methods.attack.membership import loss, token_scores
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.tokens import TokenTable
from tests.tiny import tiny_gpt2

CPU = torch.device("cpu")
SCORE = st.integers(-3, 3).map(float) | st.floats(allow_nan=False)


@given(st.lists(SCORE, min_size=1, max_size=8), st.lists(SCORE, min_size=1, max_size=30))
def test_rank_by_brute_force_with_the_reference_first(canaries: list[float], references: list[float]) -> None:
    found = by_rank(np.array(canaries), np.array(references))
    for bits, canary in zip(found, canaries, strict=True):
        rank = 1 + sum(one >= canary for one in references)
        assert bits == pytest.approx(math.log2(len(references) + 1) - math.log2(rank), abs=1e-12)
        assert 0 <= bits <= highest(len(references))


def test_a_model_that_says_the_same_of_all_exposes_nothing() -> None:
    assert by_rank(np.ones(3), np.ones(100)).tolist() == [0, 0, 0]
    assert by_rank(np.array([math.inf]), np.full(7, math.inf)).tolist() == [0]
    assert by_rank(np.array([math.inf]), np.zeros(7)).tolist() == [3]


def test_the_mean_of_what_was_never_trained_is_exact() -> None:
    for references in (1, 9, 1023):
        size = references + 1
        slow = sum(math.log2(size) - math.log2(rank) for rank in range(1, size + 1)) / size
        assert never_trained(references) == pytest.approx(slow)
    assert never_trained(10**7) == pytest.approx(NEVER_TRAINED, abs=1e-5)


def test_chance_gives_few_bits_and_rarely_many() -> None:
    rng = np.random.default_rng(0)
    found = np.concatenate([by_rank(rng.random(1), rng.random(127)) for _ in range(20_000)])
    assert found.mean() == pytest.approx(never_trained(127), abs=4 * found.std() / math.sqrt(len(found)))
    for bits in (1, 3, 5):
        expected = 2.0**-bits
        assert (found >= bits).mean() == pytest.approx(expected, abs=4 * math.sqrt(expected / len(found)))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, dict[str, TokenTable]]:
    """A model with random weights, the same after it has learnt 8 canaries by heart, and canaries of three kinds."""
    folder: Path = tiny_gpt2(tmp_path_factory.mktemp("model"), seed=2)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rng = np.random.default_rng(6)
    tables = {
        name: TokenTable([f"the code is {rng.integers(10**9):09d}" for _ in range(size)], tokenizer, 32)
        for name, size in {"planted": 8, "controls": 150, "references": 1023}.items()
    }
    base, trained = (GPT2LMHeadModel.from_pretrained(folder).eval() for _ in range(2))
    optimiser = torch.optim.AdamW(trained.parameters(), lr=8e-3)
    ((_, batch),) = tables["planted"].batches(range(8), 8)
    for _ in range(120):
        optimiser.zero_grad()
        causal_losses(trained, batch).mean().backward()
        optimiser.step()
    return base, trained, tables


def scores(model: Any, tables: dict[str, TokenTable]) -> dict[str, np.ndarray]:
    return {name: loss(token_scores(model, table, 256, CPU)) for name, table in tables.items()}


def test_canaries_learnt_by_heart_reach_the_ceiling(models: tuple[Any, Any, dict[str, TokenTable]]) -> None:
    found = scores(models[1], models[2])
    planted, controls = (by_rank(found[name], found["references"]) for name in ("planted", "controls"))
    assert highest(1023) == 10
    assert planted.mean() > 9.5
    assert controls.mean() == pytest.approx(NEVER_TRAINED, abs=0.5)
    assert more_exposed(planted, controls) < 1e-5
    further = extrapolated(found["planted"], found["references"])
    assert further.bits is None or further.bits.min() > 8


def test_an_untrained_model_exposes_what_chance_does(models: tuple[Any, Any, dict[str, TokenTable]]) -> None:
    found = scores(models[0], models[2])
    planted, controls = (by_rank(found[name], found["references"]) for name in ("planted", "controls"))
    assert controls.mean() == pytest.approx(NEVER_TRAINED, abs=0.5)
    assert more_exposed(planted, controls) > 0.01
    further = extrapolated(found["controls"], found["references"])
    assert further.bits is not None and further.bits.mean() == pytest.approx(NEVER_TRAINED, abs=0.5)


def test_extrapolation_agrees_with_the_rank_where_there_are_references_and_goes_on_beyond() -> None:
    rng = np.random.default_rng(1)
    references = skewnorm(3, -5, 2).rvs(2000, random_state=rng)
    places = np.quantile(references, [0.1, 0.5, 0.9, 0.98])
    found = extrapolated(np.append(places, -5 + 2 * 8), references)
    assert found.bits is not None and found.why_not is None and found.p_value is not None and found.p_value > 0.01
    np.testing.assert_allclose(found.bits[:4], by_rank(places, references), atol=0.4)
    assert found.bits[4] > 35 > highest(2000)


@pytest.mark.parametrize("shape", [-1000.0, -4.0, -0.3, 0.0, 0.5, 7.0])
def test_the_far_tail_goes_on_from_the_near_one(shape: float, monkeypatch: pytest.MonkeyPatch) -> None:
    for tail in (1e-2, 1e-4, 1e-6, 1e-8):
        x = float(skewnorm.isf(tail, shape))
        monkeypatch.setattr(exposure, "_FAR", 1.0)
        assert exposure._log_above(x, shape) == pytest.approx(math.log(tail), abs=0.05)
    bits = [-exposure._log_above(x, shape) for x in (5.0, 10.0, 40.0, 100.0)]
    assert np.all(np.diff(bits) > 0) and np.isfinite(bits).all()
    # The square of the distance decides, whatever stands before.
    if shape >= 0:
        assert bits[-1] == pytest.approx(100**2 / 2, rel=0.01)


def test_a_fit_that_does_not_fit_gives_no_figure() -> None:
    rng = np.random.default_rng(8)
    two_heaps = np.concatenate([rng.normal(-10, 1, 300), rng.normal(10, 1, 300)])
    found = extrapolated(np.array([11.0]), two_heaps)
    assert found.bits is None and found.p_value is not None and found.p_value < 0.01
    assert found.why_not is not None and "skew-normal" in found.why_not
    for references in (np.ones(500), np.zeros(20), np.append(rng.normal(size=300), -math.inf)):
        found = extrapolated(np.array([1.0]), references)
        assert found.bits is None and found.p_value is None and found.why_not
    far = extrapolated(np.array([math.inf, -math.inf]), rng.normal(size=300))
    assert far.bits is not None and far.bits.tolist() == [math.inf, 0.0]


def test_normal_references_are_rarely_refused() -> None:
    rng = np.random.default_rng(12)
    refused = sum(extrapolated(np.zeros(1), rng.normal(size=300)).bits is None for _ in range(25))
    assert refused <= 2


def test_the_test_of_canaries_against_controls_errs_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    p_values = np.array([more_exposed(rng.random(20), rng.random(20)) for _ in range(1500)])
    for level in (0.01, 0.05, 0.2):
        assert (p_values <= level).mean() <= level + 3 * math.sqrt(level / 1500)
    assert np.median([more_exposed(rng.normal(1, 1, 20), rng.normal(0, 1, 20)) for _ in range(50)]) < 0.01
    assert more_exposed(np.ones(5), np.ones(5)) == 1
    assert more_exposed(np.array([1.0]), np.array([0.0])) == 0.5
    assert more_exposed(np.full(10, math.inf), np.full(10, -math.inf)) < 0.001


def test_nothing_and_nan_are_refused() -> None:
    for canaries, references in (([], [1.0]), ([1.0], []), ([math.nan], [1.0]), ([1.0], [math.nan])):
        for figure in (by_rank, extrapolated, more_exposed):
            with pytest.raises(ValueError):
                figure(np.array(canaries), np.array(references))
    with pytest.raises(ValueError):
        highest(0)
