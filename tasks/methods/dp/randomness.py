"""Randomness that a secret decides: one independent stream for each use.

Until noise comes from a cryptographic generator, streams are numpy's PCG64DXSM, seeded with the full 256 bits of an
HMAC. (``torch.Generator`` on a CPU keeps 32 bits of its seed, few enough to try them all.)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import numpy as np

_CHUNK = 1 << 16


class KeyedRandomness:
    """Streams derived from HMAC-SHA-256(secret, key ‖ nonce).

    Args:
        secret: the deployment's noise secret.
        key: the stage's key, fixed length.
        nonce: the ledger entry's random nonce. It is used for one released output.

    Formal guarantees:
        Two streams with different labels, nonces, keys or secrets are computationally independent as far as their
        seeds go; what follows from a seed is statistical, not cryptographic, randomness.
    """

    def __init__(self, secret: bytes, key: str, nonce: bytes) -> None:
        self._root = hmac.new(secret, key.encode() + nonce, hashlib.sha256).digest()

    def stream(self, label: str) -> np.random.Generator:
        """A fresh generator at the start of the stream named ``label``."""
        seed = int.from_bytes(hmac.new(self._root, label.encode(), hashlib.sha256).digest(), "big")
        return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(seed, pool_size=8)))


def poisson_batches(stream: np.random.Generator, population: int, rate: float, steps: int) -> Iterator[np.ndarray]:
    """Each step's batch: every record is in it with chance ``rate``, by its own coin. Batches may be empty.

    Args:
        stream: source of the coins.
        population: number of records.
        rate: q, at most 1.
        steps: number of batches.

    Yields:
        sorted indices of the records drawn, int64.
    """
    for _ in range(steps):
        drawn = []
        for start in range(0, population, _CHUNK):
            coins = stream.random(min(_CHUNK, population - start))
            drawn.append(np.flatnonzero(coins < rate) + start)
        yield np.concatenate(drawn) if drawn else np.empty(0, dtype=np.int64)
