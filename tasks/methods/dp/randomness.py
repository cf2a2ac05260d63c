"""Randomness that a secret decides: one independent stream for each use."""

from __future__ import annotations

import functools
import hashlib
import hmac
import logging
import math
from collections.abc import Sequence

import numpy as np
import torch

from tasks.methods.dp import gaussian, keystream

try:
    from tasks.methods.dp import gaussian_triton
except ImportError:  # Triton comes with torch's GPU builds only.
    gaussian_triton = None  # type: ignore[assignment]

_UNIFORMS, _NORMALS = 0, 1


class Stream:
    """Uniform and normal draws under one key, two sequences that never touch.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._uniforms = 0
        self._normals = 0

    def uniforms(self, n: int) -> np.ndarray:
        """The next ``n`` numbers of the uniform sequence: multiples of 2^-53 in [0, 1).

        Returns:
            float64 [n].

        Formal guarantees:
            ``uniforms(n) < q`` has chance ⌈q·2^53⌉/2^53 each, which exceeds q by less than 2^-53, independently.
        """
        first, self._uniforms = self._uniforms, self._uniforms + n
        start, end = first // keystream.WORDS_PER_BLOCK, -(-self._uniforms // keystream.WORDS_PER_BLOCK)
        words = keystream.words(self._key, _UNIFORMS, start, end - start).reshape(-1)
        skip = first - start * keystream.WORDS_PER_BLOCK
        return (words[skip : skip + n] >> np.uint64(11)) * 2.0**-53

    def normal(self, shape: Sequence[int], device: torch.device | str = "cpu") -> torch.Tensor:
        """The next draws of the standard normal sequence, in the tensor's row-major order.

        A CUDA device computes its own where Triton is installed, from the same keystream.

        Returns:
            float32 tensor of ``shape`` on ``device``.

        Formal guarantees:
            See :func:`tasks.methods.dp.gaussian.normals`.
        """
        device, n = torch.device(device), math.prod(shape)
        first, self._normals = self._normals, self._normals + n
        if device.type == "cuda" and gaussian_triton is not None:
            return gaussian_triton.normals(self._key, _NORMALS, first, n, device).view(tuple(shape))
        if device.type == "cuda":
            _warn_once()
        draws = torch.from_numpy(gaussian.normals(self._key, _NORMALS, first, n))
        return draws.view(tuple(shape)).to(device)


@functools.cache
def _warn_once() -> None:
    logging.getLogger("airlock.train").warning("Triton is not installed: noise is drawn on the CPU, which is slow")


class KeyedRandomness:
    """Streams derived from HMAC-SHA-256(secret, key ‖ nonce).

    Args:
        secret: the deployment's noise secret.
        key: the stage's key, fixed length.
        nonce: the ledger entry's random nonce. It is used for one released output.

    Formal guarantees:
        The noise hangs on secret, key, nonce and label, and on nothing else. HMAC-SHA-256 and ChaCha20 being
        pseudo-random functions, streams that differ in any of them can't be told from independent uniform bits by
        whoever lacks the secret, in feasible time.
    """

    def __init__(self, secret: bytes, key: str, nonce: bytes) -> None:
        self._root = hmac.digest(secret, key.encode() + nonce, hashlib.sha256)

    def stream(self, label: str) -> Stream:
        """A fresh stream at the start of the sequences named ``label``."""
        return Stream(hmac.digest(self._root, label.encode(), hashlib.sha256))
