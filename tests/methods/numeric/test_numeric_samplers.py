"""The keyed stream and the exact samplers: distributions by chi-square, the stream against its own definition."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import exp

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tasks.core.errors import AirlockError
from tasks.methods.numeric.samplers import bernoulli_exp, discrete_gaussian, discrete_laplace
from tasks.methods.numeric.stream import KeyStream, encoded

SECRET = b"s" * 32
DRAWS = 12_000


def goodness(drawn: list[int], weight: Callable[[int], float]) -> float:
    """p-value of the draws under probabilities proportional to ``weight``; rare values are put together."""
    reach = max(map(abs, drawn)) + 1
    while weight(reach) > 1e-15 * weight(0):
        reach *= 2
    weights = np.array([weight(z) for z in range(-reach, reach + 1)])
    expected = weights / weights.sum() * len(drawn)
    counts = Counter(drawn)
    seen = np.array([counts[z] for z in range(-reach, reach + 1)], dtype=float)
    pooled_seen, pooled_expected, some_seen, some_expected = [], [], 0.0, 0.0
    for s, e in zip(seen, expected, strict=True):
        some_seen, some_expected = some_seen + s, some_expected + e
        if some_expected >= 8:
            pooled_seen.append(some_seen)
            pooled_expected.append(some_expected)
            some_seen = some_expected = 0.0
    pooled_seen[-1] += some_seen
    pooled_expected[-1] += some_expected
    return float(
        stats.chisquare(pooled_seen, np.array(pooled_expected) * sum(pooled_seen) / sum(pooled_expected)).pvalue
    )


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(1), Fraction(10, 3), Fraction(40)])
def test_discrete_laplace_has_its_distribution(scale: Fraction) -> None:
    stream = KeyStream(SECRET, "laplace", str(scale))
    drawn = [discrete_laplace(stream, scale) for _ in range(DRAWS)]
    assert goodness(drawn, lambda z: exp(-abs(z) / scale)) > 1e-3
    # The test sees noise that is a fifth too small, let alone halved.
    assert goodness(drawn, lambda z: exp(-abs(z) / (scale * Fraction(5, 4)))) < 1e-4
    assert goodness(drawn, lambda z: exp(-abs(z) / (scale * 2))) < 1e-30


@pytest.mark.parametrize("variance", [Fraction(1, 4), Fraction(2), Fraction(17, 3), Fraction(900)])
def test_discrete_gaussian_has_its_distribution(variance: Fraction) -> None:
    stream = KeyStream(SECRET, "gaussian", str(variance))
    drawn = [discrete_gaussian(stream, variance) for _ in range(DRAWS)]
    assert goodness(drawn, lambda z: exp(-z * z / (2 * variance))) > 1e-3
    assert goodness(drawn, lambda z: exp(-z * z / (2 * variance * Fraction(8, 5)))) < 1e-4
    assert goodness(drawn, lambda z: exp(-z * z / (8 * variance))) < 1e-30


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (1, 7), (1, 1), (5, 2), (10**12 + 1, 10**12)])
def test_coins_fall_with_chance_exp(numerator: int, denominator: int) -> None:
    stream = KeyStream(SECRET, "coin", str(numerator))
    heads = sum(bernoulli_exp(stream, numerator, denominator) for _ in range(DRAWS))
    assert stats.binomtest(heads, DRAWS, exp(-numerator / denominator)).pvalue > 1e-3


@pytest.mark.parametrize("bound", [1, 2, 3, 5, 255, 256, 257, 3 * 10**11])
def test_integers_below_a_bound_are_uniform(bound: int) -> None:
    stream = KeyStream(SECRET, "below", str(bound))
    drawn = [stream.below(bound) for _ in range(DRAWS)]
    assert set(drawn) <= set(range(bound)) if bound < 300 else min(drawn) >= 0 and max(drawn) < bound
    cells = min(bound, 30)
    seen = np.bincount([x * cells // bound for x in drawn], minlength=cells)
    sizes = np.array([-(-(i + 1) * bound // cells) - -(-i * bound // cells) for i in range(cells)], dtype=float)
    assert cells == 1 or stats.chisquare(seen, sizes / bound * DRAWS).pvalue > 1e-3


def test_the_stream_is_aes_in_counter_mode_under_an_hmac_of_the_label() -> None:
    key = hmac.new(SECRET, b"s" + (1).to_bytes(8, "big") + b"a" + b"b" + (2).to_bytes(8, "big") + b"xy", hashlib.sha256)
    ecb = Cipher(algorithms.AES(key.digest()), modes.ECB()).encryptor()
    expected = b"".join(ecb.update(block.to_bytes(16, "big")) for block in range(200))
    stream = KeyStream(SECRET, "a", b"xy")
    assert b"".join(stream.take(n) for n in (1, 0, 15, 700, 1000, 3, 600)) == expected[:2319]


def test_draws_stay_the_same_from_version_to_version() -> None:
    stream = KeyStream(SECRET, "pinned")
    assert [discrete_laplace(stream, Fraction(1000, 3)) for _ in range(5)] == [-487, 30, -505, -216, -22]
    assert [discrete_gaussian(stream, Fraction(123456, 7)) for _ in range(5)] == [81, -85, -29, -33, -218]


PARTS = st.lists(st.one_of(st.text(max_size=4), st.binary(max_size=4)), max_size=4).map(tuple)


@given(PARTS, PARTS)
def test_two_labels_are_never_encoded_alike(one: tuple[str | bytes, ...], other: tuple[str | bytes, ...]) -> None:
    assert (encoded(one) == encoded(other)) == (one == other)


def test_streams_hang_on_secret_and_label() -> None:
    first = {
        KeyStream(secret, *label).take(16)
        for secret in (SECRET, b"t" * 32)
        for label in (("a",), ("b",), ("a", "b"), ("ab",), (b"a",))
    }
    assert len(first) == 10
    assert KeyStream(SECRET, "a").take(16) == KeyStream(SECRET, "a").take(16)


def test_what_can_not_be_drawn_is_refused() -> None:
    with pytest.raises(AirlockError, match="32 bytes"):
        KeyStream(b"short", "a")
    stream = KeyStream(SECRET, "a")
    for draw in (
        lambda: stream.below(0),
        lambda: discrete_laplace(stream, Fraction(0)),
        lambda: discrete_gaussian(stream, Fraction(-1)),
    ):
        with pytest.raises(AirlockError):
            draw()
