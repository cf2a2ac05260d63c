"""Normal draws: the transform against its formula, the distribution, and that flawed generators are told apart."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.methods.dp import gaussian, keystream

KEY = bytes(range(32))
TOP = 2**64 - 1
N = 1_000_000


def single(radius: int, angle: int, pair: int = 0) -> np.ndarray:
    """A block in which one pair has these words, and the others radius 0."""
    block = np.full((1, 8), TOP, dtype=np.uint64)
    block[0, 2 * pair : 2 * pair + 2] = radius, angle
    return block


def flaws(draws: np.ndarray) -> set[str]:
    """Tests that the draws fail at a level of 10^-5 each."""
    n, found = len(draws), set()
    # Moments of a standard normal variable and the variances of their estimates.
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        if abs((draws**power).mean() - mean) > 4.42 * math.sqrt(variance / n):
            found.add(f"moment {power}")
    if stats.kstest(draws, "norm").pvalue < 1e-5:
        found.add("distribution")
    for name, series in (("", draws), ("squares' ", (draws**2 - 1) / math.sqrt(2))):
        lags = np.array([series[lag:] @ series[:-lag] / math.sqrt(n - lag) for lag in range(1, 33)])
        if stats.chi2.sf((lags**2).sum(), len(lags)) < 1e-5:
            found.add(f"{name}serial correlation")
    # Cosine and sine of one block are neighbours: all cells of the plane as often as independence wants.
    cells = np.floor(stats.norm.cdf(draws[: n // 2 * 2]).clip(0, 1 - 1e-12) * 32).astype(int).reshape(-1, 2)
    counts = np.bincount(cells[:, 0] * 32 + cells[:, 1], minlength=1024)
    if stats.chisquare(counts).pvalue < 1e-5:
        found.add("pairs")
    return found


@pytest.fixture(scope="module")
def words() -> np.ndarray:
    return keystream.words(KEY, 1, 0, N // 2)


def test_the_draws_are_standard_normal_and_independent(words: np.ndarray) -> None:
    assert flaws(gaussian.from_words(words)) == set()
    assert flaws(gaussian.normals(KEY, 1, 0, N).astype(np.float64)) == set()


# The flawed ones are so bad that a fifth of the draws shows it.
def one_gaussian_not_rescaled(words: np.ndarray) -> np.ndarray:
    words[:, 2::2] = TOP
    return gaussian.from_words(words)


def one_angle_for_all_pairs(words: np.ndarray) -> np.ndarray:
    words[:, 1::2] = words[:, 1:2]
    return gaussian.from_words(words)


def radius_and_angle_from_one_word(words: np.ndarray) -> np.ndarray:
    words[:, 1::2] = words[:, 0::2]
    return gaussian.from_words(words)


def half_the_angles(words: np.ndarray) -> np.ndarray:
    words[:, 1::2] >>= np.uint64(1)
    return gaussian.from_words(words)


def a_block_used_twice(words: np.ndarray) -> np.ndarray:
    words[1::8] = words[0::8]
    return gaussian.from_words(words)


@pytest.mark.parametrize(
    ("mutated", "caught"),
    [
        (one_gaussian_not_rescaled, "moment 2"),
        (lambda words: gaussian.from_words(words) * 1.02, "moment 2"),
        (lambda words: gaussian.from_words(words) + 0.02, "moment 1"),
        # Four words only make a pair of draws; the four radii with one angle have the wrong length.
        (one_angle_for_all_pairs, "moment 4"),
        (radius_and_angle_from_one_word, "distribution"),
        (half_the_angles, "moment 1"),
        (a_block_used_twice, "serial correlation"),
        (lambda words: np.repeat(gaussian.from_words(words)[::2], 2), "pairs"),
    ],
)
def test_a_flawed_generator_is_caught(
    words: np.ndarray, mutated: Callable[[np.ndarray], np.ndarray], caught: str
) -> None:
    assert caught in flaws(mutated(words[: N // 10].copy()))


def test_a_draw_is_the_sum_of_four_box_muller_samples() -> None:
    blocks = keystream.words(KEY, 3, 0, 500)
    draws = gaussian.from_words(blocks.copy()).reshape(-1, 2)
    for block, (cosines, sines) in zip(blocks, draws, strict=True):
        wanted = [0.0, 0.0]
        for r, t in block.reshape(4, 2):
            radius = math.sqrt(-2 * math.log(((int(r) >> 11) + 1) / 2**53))
            turn = 2 * math.pi * ((int(t) >> 11) / 2**53)
            wanted[0] += radius * math.cos(turn) / 2
            wanted[1] += radius * math.sin(turn) / 2
        assert (cosines, sines) == pytest.approx(wanted, rel=0, abs=4e-15)


@pytest.mark.parametrize("pair", range(4))
def test_the_tail_goes_beyond_eight_sigma_for_each_of_the_four_samples(pair: int) -> None:
    # Words of which the lowest kept bit alone is set: u = 2^-52. Undo the half of the sum to see the single sample.
    sample = 2 * gaussian.from_words(single(1 << 11, 0, pair))[0]
    assert sample == pytest.approx(math.sqrt(2 * 52 * math.log(2)), abs=1e-12)
    assert sample > 8
    # A uniform number of 24 bits, torch.randn's, would have ended the sample here.
    assert sample > math.sqrt(2 * 24 * math.log(2)) + 2
    # The smallest number is 2^-53, never 0, and the largest is 1: finite at both ends.
    assert 2 * gaussian.from_words(single(0, 0, pair))[0] == pytest.approx(8.5717, abs=1e-4)
    assert gaussian.from_words(single(TOP, 1 << 62, pair)).tolist() == [0, 0]


def bits_that_count(transform: Callable[[np.ndarray], np.ndarray]) -> set[int]:
    """How many of a word's top bits change the draws, for each word of a block."""
    block = keystream.words(KEY, 4, 0, 1)
    draws, counts = transform(block.copy()), set()
    for column in range(8):
        flipped = np.repeat(block, 64, axis=0)
        flipped[:, column] ^= np.uint64(1) << np.arange(64, dtype=np.uint64)
        moved = (transform(flipped).reshape(64, 2) != draws).any(axis=1)
        assert (moved == (np.arange(64) >= np.flatnonzero(moved)[0])).all()
        counts.add(int(moved.sum()))
    return counts


def test_53_bits_of_each_word_count() -> None:
    # A few of the last bits may be lost in the sum of four samples of different sizes.
    assert min(bits_that_count(gaussian.from_words)) >= 48
    assert max(bits_that_count(gaussian.from_words)) == 53

    def of_24_bits(words: np.ndarray) -> np.ndarray:
        return gaussian.from_words(words & ~np.uint64((1 << 40) - 1))

    assert bits_that_count(of_24_bits) == {24}


def test_float32_comes_last() -> None:
    exact = gaussian.from_words(keystream.words(KEY, 1, 0, 40_000))
    drawn = gaussian.normals(KEY, 1, 0, 80_000)
    assert drawn.dtype == np.float32
    assert (drawn == exact.astype(np.float32)).all()


@settings(max_examples=15, deadline=None)
@given(first=st.integers(0, 900), count=st.integers(0, 900), chunk=st.integers(1, 300))
def test_cuts_chunks_and_places_change_nothing(first: int, count: int, chunk: int) -> None:
    whole = gaussian.normals(KEY, 1, 0, 1800)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gaussian, "_CHUNK", chunk)
        assert (gaussian.normals(KEY, 1, first, count) == whole[first : first + count]).all()


def test_vector_instructions_give_what_single_ones_give() -> None:
    words = keystream.words(KEY, 1, 0, 5000)
    whole = gaussian.from_words(words)
    for first in (1, 2, 3, 6, 1001):
        for count in (1, 2, 3, 5, 8, 17, 1000):
            assert (gaussian.from_words(words[first : first + count]) == whole[2 * first : 2 * (first + count)]).all()


def test_threads_change_nothing() -> None:
    before = torch.get_num_threads()
    try:
        drawn = []
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            drawn.append(gaussian.normals(KEY, 1, 7, 300_001))
    finally:
        torch.set_num_threads(before)
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[0] == drawn[2]).all()
