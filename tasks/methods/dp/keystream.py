"""A keystream with random access: ChaCha20 (RFC 8439) under one key, by block number and lane.

The state's words 12 to 15, which the RFC calls counter and nonce, are here the block number's low half, its high half,
the lane and zero. So a lane has 2^64 blocks instead of 2^32 (256 GiB), and no two blocks of a key share a state.
"""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from tasks.core.errors import AirlockError

KEY_BYTES = 32
BLOCK_BYTES = 64
WORDS_PER_BLOCK = 8
_COUNTER = 1 << 32
_BLOCKS = 1 << 64


def words(key: bytes, lane: int, first: int, count: int) -> np.ndarray:
    """Blocks ``first`` to ``first + count`` of a lane as 64-bit words.

    Args:
        key: 32 bytes.
        lane: which of the key's 2^32 independent sequences.
        first: number of the first block.
        count: how many blocks.

    Returns:
        uint64 [count, 8], little-endian words in the order of the keystream's bytes; writable.

    Formal guarantees:
        To whoever lacks the key, all words of all lanes and blocks are computationally indistinguishable from
        independent uniform ones: ChaCha20 is taken for a pseudo-random function of (counter, nonce), and every
        (lane, block) has its own.

    Raises:
        AirlockError: a block beyond 2^64, or a lane beyond 2^32: no part of the keystream is ever used twice.
    """
    if first < 0 or count < 0 or first + count > _BLOCKS or not 0 <= lane < _COUNTER:
        raise AirlockError("the keystream has no such block: its lanes end after 2^64 blocks")
    out = bytearray(count * BLOCK_BYTES)
    at = 0
    while at < count:
        # The cipher's own counter has 32 bits: past them the next value of the high word starts.
        high, low = divmod(first + at, _COUNTER)
        run = min(count - at, _COUNTER - low)
        piece = memoryview(out)[at * BLOCK_BYTES : (at + run) * BLOCK_BYTES]
        # Zeros encrypted in place.
        _cipher(key, low, nonce(high, lane)).update_into(piece, piece)
        at += run
    return np.frombuffer(out, dtype="<u8").reshape(count, WORDS_PER_BLOCK)


def nonce(high: int, lane: int) -> bytes:
    """The RFC's 96-bit nonce of the blocks that share the block number's high half and the lane."""
    return high.to_bytes(4, "little") + lane.to_bytes(4, "little") + bytes(4)


def _cipher(key: bytes, counter: int, nonce: bytes):  # type: ignore[no-untyped-def]
    return Cipher(ChaCha20(key, counter.to_bytes(4, "little") + nonce), mode=None).encryptor()
