"""Keyed streams: what they hang on, uniform draws, resuming; and Poisson sampling."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.methods.dp.randomness import KeyedRandomness, Stream

SECRET, ARTIFACT, NONCE = b"s" * 32, "k" * 64, b"n" * 32


def stream_of(label: str = "noise/1", secret: bytes = SECRET, key: str = ARTIFACT, nonce: bytes = NONCE) -> Stream:
    return KeyedRandomness(secret, key, nonce).stream(label)


@pytest.fixture(scope="module")
def others() -> list[Stream]:
    return [
        stream_of(),
        stream_of(secret=b"t" * 32),
        stream_of(key="l" * 64),
        stream_of(nonce=b"m" * 32),
        stream_of("noise/2"),
        stream_of("noise/11"),
        stream_of("sampling/1"),
    ]


def test_a_stream_hangs_on_secret_key_nonce_and_label_and_on_nothing_else(others: list[Stream]) -> None:
    np.random.seed(5)
    first = stream_of()
    assert first.uniforms(100).tolist() == stream_of().uniforms(100).tolist()
    assert (first.normal((100,)) == stream_of().normal((100,))).all()
    n = 100_000
    draws = [stream.normal((n,)).double().numpy() for stream in others]
    # A tensor further on in the same stream, and a tensor one draw later.
    draws += [others[0].normal((n,)).double().numpy(), np.roll(draws[0], 1)]
    for a, b in itertools.combinations(draws, 2):
        assert abs(a @ b) < 4.8 * math.sqrt(n)
    assert abs(draws[0] @ stream_of().normal((n,)).double().numpy()) > 100 * math.sqrt(n)


def uniform_flaws(u: np.ndarray) -> set[str]:
    """Tests that uniform draws fail at a level of 10^-5 each."""
    found, n = set(), len(u)
    if u.min() < 0 or u.max() >= 1 or (u * 2**53 % 1).any():
        found.add("range")
    for name, cells in {
        "top bits": u * 1024,
        "low bits": u * 2.0**53 % 1024,
        "pairs": np.floor(u[::2] * 32) * 32 + u[1::2] * 32,
    }.items():
        if stats.chisquare(np.bincount(cells.astype(np.int64), minlength=1024)).pvalue < 1e-5:
            found.add(name)
    lags = np.array([(u[lag:] - 0.5) @ (u[:-lag] - 0.5) * 12 / math.sqrt(n - lag) for lag in range(1, 33)])
    if stats.chi2.sf((lags**2).sum(), len(lags)) < 1e-5:
        found.add("serial correlation")
    # Of 10^6 numbers of 53 bits no two are equal, but for a chance of 6·10^-5.
    if len(np.unique(u)) < n:
        found.add("repeats")
    return found


def test_uniform_draws_have_53_bits_and_no_pattern() -> None:
    u = stream_of().uniforms(1_000_000)
    assert u.dtype == np.float64
    assert uniform_flaws(u) == set()
    assert uniform_flaws(np.floor(u * 2**24) / 2**24) == {"low bits", "repeats"}
    assert "repeats" in uniform_flaws(u.astype(np.float32).astype(np.float64) * (1 - 2**-24))
    assert "top bits" in uniform_flaws(u * 0.999)
    again = u.copy()
    again[8::80] = again[0::80]
    assert {"serial correlation", "repeats"} <= uniform_flaws(again)


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 70), min_size=1, max_size=8), kinds=st.lists(st.booleans(), min_size=8))
def test_consecutive_calls_continue_two_sequences_that_do_not_disturb_each_other(
    sizes: list[int], kinds: list[bool]
) -> None:
    stream, uniforms, normals = stream_of(), [], []
    for size, kind in zip(sizes, kinds, strict=False):
        if kind:
            uniforms += stream.uniforms(size).tolist()
        else:
            normals += stream.normal((size,)).tolist()
    assert uniforms == stream_of().uniforms(len(uniforms)).tolist()
    assert normals == stream_of().normal((len(normals),)).tolist()


def test_a_step_is_drawn_again_without_the_steps_before_it() -> None:
    randomness = KeyedRandomness(SECRET, ARTIFACT, NONCE)
    steps = [randomness.stream(f"noise/{step}").normal((50, 3)) for step in range(5)]
    resumed = KeyedRandomness(SECRET, ARTIFACT, NONCE).stream("noise/3").normal((50, 3))
    assert (resumed == steps[3]).all()
    assert not (resumed == steps[2]).any()


def test_normal_draws_fill_a_tensor_row_by_row() -> None:
    flat, tensor = stream_of().normal((60,)), stream_of().normal((3, 4, 5), "cpu")
    assert tensor.shape == (3, 4, 5)
    assert tensor.is_contiguous()
    assert (tensor.flatten() == flat).all()
    assert stream_of().normal(()).shape == ()
    assert stream_of().normal((0, 4)).shape == (0, 4)
