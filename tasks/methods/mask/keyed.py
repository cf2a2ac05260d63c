"""What is drawn from the mask key: digests by purpose, hashes of values, offsets of dates, and streams of choices."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import TypeVar

HASH_DIGITS = 20
"""Hexadecimal digits of a hash: 80 bits. Of n different values two share one with a probability of about n²/2⁸¹, which
for 10⁸ values is 4·10⁻⁹; 64 bits would give 3·10⁻⁴."""

MOST_DAYS = 182
T = TypeVar("T")


class MaskKey:
    """Digests under the deployment's mask key, each purpose apart from the others.

    Formal guarantees:
        Digests are HMAC-SHA-256 of the purpose and the parts, each with its length before it, so that no two lists of
        parts run together. Without the key they can't be told from random ones, nor be found by trying likely
        values; whoever holds the key can try.

    Args:
        secret: 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "MaskKey()"

    def digest(self, purpose: str, *parts: str) -> bytes:
        """32 bytes for a purpose and what it is about."""
        data = bytearray()
        for part in ("airlock/1/mask", purpose, *parts):
            encoded = part.encode("utf-8", "surrogatepass")
            data += len(encoded).to_bytes(8, "big") + encoded
        return hmac.digest(self._secret, bytes(data), "sha256")

    def subkey(self, purpose: str) -> bytes:
        """64 bytes for a cipher."""
        return hmac.digest(self._secret, b"airlock/1/mask/subkey/" + purpose.encode(), "sha512")

    def value_hash(self, kind: str, value: str) -> str:
        """The hash of a normalised value of a kind: 20 hexadecimal digits, the same in all documents and runs."""
        return self.digest("hash", kind, value).hex()[:HASH_DIGITS]

    def days(self, subject: str) -> int:
        """By how many days a person's dates move: -182 to 182, never 0."""
        draw = int.from_bytes(self.digest("shift", subject)[:8], "big") % (2 * MOST_DAYS)
        return draw - MOST_DAYS if draw < MOST_DAYS else draw - MOST_DAYS + 1

    def draw(self, purpose: str, *parts: str) -> Draw:
        """A stream of choices for a purpose and what it is about."""
        return Draw(self.digest(purpose, *parts))


class Draw:
    """Choices that depend on a seed alone, whatever the release of Python.

    Args:
        seed: 32 bytes.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed, self._block = seed, 0
        self._pool = b""

    def below(self, limit: int) -> int:
        """A number from 0 to ``limit - 1``; of limits under 2³² no number is favoured by more than 2⁻³²."""
        if len(self._pool) < 8:
            self._pool = hashlib.sha256(self._seed + self._block.to_bytes(8, "big")).digest()
            self._block += 1
        number, self._pool = int.from_bytes(self._pool[:8], "big"), self._pool[8:]
        return number % limit

    def pick(self, options: Sequence[T]) -> T:
        """One of some options."""
        return options[self.below(len(options))]

    def digits(self, count: int) -> str:
        """So many digits."""
        return "".join(str(self.below(10)) for _ in range(count))
