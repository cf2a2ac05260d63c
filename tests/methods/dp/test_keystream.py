"""The keystream: ChaCha20 as the RFC has it, at any place, and never the same block twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import AirlockError
from tasks.methods.dp.keystream import words

KEY = bytes(range(32))


def reference(key: bytes, counter: int, nonce: bytes) -> bytes:
    """RFC 8439, section 2.3, step by step on Python's integers."""

    def numbers(raw: bytes) -> list[int]:
        return [int.from_bytes(raw[i : i + 4], "little") for i in range(0, len(raw), 4)]

    start = [*numbers(b"expand 32-byte k"), *numbers(key), counter, *numbers(nonce)]
    x = list(start)

    def turn(value: int, by: int) -> int:
        return (value << by | value >> (32 - by)) & 0xFFFFFFFF

    def quarter(a: int, b: int, c: int, d: int) -> None:
        for to, by, shifted, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[to] = (x[to] + x[by]) & 0xFFFFFFFF
            x[shifted] = turn(x[shifted] ^ x[to], bits)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return b"".join(((a + b) & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(x, start, strict=True))


@pytest.mark.parametrize(
    ("key", "counter", "nonce", "block"),
    [
        # RFC 8439, section 2.3.2, and appendix A.1, test vectors 1, 2 and 4.
        (
            KEY,
            1,
            "000000090000004a00000000",
            "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
            "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
        ),
        (
            bytes(32),
            0,
            "000000000000000000000000",
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
        ),
        (
            bytes(32),
            1,
            "000000000000000000000000",
            "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
            "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
        ),
        (
            b"\0\xff" + bytes(30),
            2,
            "000000000000000000000000",
            "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
            "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
        ),
    ],
)
def test_blocks_are_those_of_the_rfc(key: bytes, counter: int, nonce: str, block: str) -> None:
    raw = bytes.fromhex(nonce)
    high, lane = int.from_bytes(raw[:4], "little"), int.from_bytes(raw[4:8], "little")
    assert words(key, lane, counter | high << 32, 1).tobytes().hex() == block
    assert reference(key, counter, raw).hex() == block


@settings(max_examples=40, deadline=None)
@given(
    lane=st.integers(0, 2**32 - 1),
    first=st.integers(0, 2**64 - 4) | st.integers(1, 2**32 - 1).map(lambda high: (high << 32) - 2),
)
def test_any_block_is_reached_and_the_counter_carries_into_the_nonce(lane: int, first: int) -> None:
    got = words(KEY, lane, first, 4)
    assert got.shape == (4, 8)
    for i, row in enumerate(got):
        high, low = divmod(first + i, 1 << 32)
        nonce = high.to_bytes(4, "little") + lane.to_bytes(4, "little") + bytes(4)
        assert row.tobytes() == reference(KEY, low, nonce)


def test_blocks_of_all_lanes_differ() -> None:
    places = [(lane, first) for lane in (0, 1, 2**32 - 1) for first in (0, 1, 2**32 - 1, 2**32, 2**63)]
    blocks = {words(KEY, lane, first, 1).tobytes() for lane, first in places}
    assert len(blocks) == len(places)


@pytest.mark.parametrize(
    ("lane", "first", "count"), [(0, 2**64 - 1, 2), (0, -1, 1), (2**32, 0, 1), (-1, 0, 1), (0, 2**64, 1)]
)
def test_no_block_beyond_the_last_one(lane: int, first: int, count: int) -> None:
    with pytest.raises(AirlockError, match="2\\^64 blocks"):
        words(KEY, lane, first, count)


def test_no_blocks_are_no_words() -> None:
    assert words(KEY, 0, 5, 0).shape == (0, 8)
    assert words(KEY, 0, 5, 1).dtype == np.dtype("<u8")
