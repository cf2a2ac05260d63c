"""The GPU's draws: the CPU's keystream bit for bit, the CPU's draws but for rounding; and the way without Triton."""

from __future__ import annotations

import importlib.util
import logging

import numpy as np
import pytest
import torch
from scipy import stats

from tasks.methods.dp import gaussian, keystream
from tasks.methods.dp.randomness import KeyedRandomness

KEY = bytes(range(32))
gpu = pytest.mark.skipif(
    not torch.cuda.is_available() or importlib.util.find_spec("triton") is None, reason="needs a GPU and Triton"
)


@gpu
@pytest.mark.parametrize(
    ("first", "count"), [(0, 10_000), (3, 1), (2**32 - 100, 300), (5 * 2**32 - 1, 3), (2**63 + 7, 500), (2**64 - 5, 5)]
)
def test_the_keystream_is_the_cpus(first: int, count: int) -> None:
    from tasks.methods.dp import gaussian_triton

    got = gaussian_triton.keystream(KEY, 7, first, count, torch.device("cuda")).cpu().numpy()
    assert got.tobytes() == keystream.words(KEY, 7, first, count).tobytes()


@gpu
@pytest.mark.parametrize(("first", "count"), [(0, 400_000), (1, 400_001), (1, 1), (3, 2), (2**33 - 5, 777), (4, 0)])
def test_the_draws_are_the_cpus(first: int, count: int) -> None:
    from tasks.methods.dp import gaussian_triton

    got = gaussian_triton.normals(KEY, 1, first, count, torch.device("cuda")).cpu().numpy()
    wanted = gaussian.normals(KEY, 1, first, count)
    np.testing.assert_allclose(got, wanted, rtol=2e-7, atol=1e-14)
    # Only what lies between two float32 numbers to within float64's last bits may be rounded the other way.
    assert (got != wanted).sum() <= 2


@gpu
def test_a_stream_continues_on_the_gpu() -> None:
    whole = KeyedRandomness(b"s" * 32, "k", b"n").stream("noise/1").normal((1_000_003,), "cuda")
    stream = KeyedRandomness(b"s" * 32, "k", b"n").stream("noise/1")
    parts = [stream.normal(shape, torch.device("cuda")) for shape in ((), (2, 5), (3,), (999_989,))]
    assert (torch.cat([part.flatten() for part in parts]) == whole).all()
    assert stats.kstest(whole.double().cpu().numpy(), "norm").pvalue > 1e-5


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a build without a GPU")
def test_a_slow_way_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    stream = KeyedRandomness(b"s" * 32, "k", b"n").stream("noise/1")
    with caplog.at_level(logging.WARNING, "airlock"):
        for _ in range(2):
            with pytest.raises((AssertionError, RuntimeError)):  # torch's own: there is no such device here
                stream.normal((4,), "cuda")
    assert [record.message for record in caplog.records] == [
        "Triton is not installed: noise is drawn on the CPU, which is slow"
    ]
