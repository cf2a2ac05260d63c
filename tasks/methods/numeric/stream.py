"""Random bytes and integers that a secret and a label decide, from a cryptographic generator.

A label is a list of parts. HMAC-SHA-256 of its encoding, under the secret, is the key of an AES-256 counter stream
(NIST SP 800-38A, section 6.5). Everything drawn is an integer, so the same label gives the same draws on every machine.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from tasks.core.errors import AirlockError

_BLOCK = 512
_ZEROS = bytes(_BLOCK)


def encoded(parts: tuple[str | bytes, ...]) -> bytes:
    """The parts of a label as bytes. Two lists that differ, by where one part ends too, never give the same bytes.

    >>> encoded(("ab", "c")) == encoded(("a", "bc"))
    False
    """
    pieces = []
    for part in parts:
        text = isinstance(part, str)
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        pieces.append((b"s" if text else b"b") + len(raw).to_bytes(8, "big") + raw)
    return b"".join(pieces)


class KeyStream:
    """One stream of random integers.

    Args:
        secret: at least 32 bytes.
        label: what the stream is for. A use of its own must have a label of its own.

    Formal guarantees:
        HMAC-SHA-256 being a pseudo-random function and AES-256 a pseudo-random permutation, streams with different
        labels or secrets can't be told from independent uniform bytes by whoever lacks the secrets, in feasible time.
        :meth:`below` is exactly uniform on uniform bytes.

    Raises:
        AirlockError: where the secret is shorter.
    """

    def __init__(self, secret: bytes, *label: str | bytes) -> None:
        if len(secret) < 32:
            raise AirlockError("a secret that noise is drawn from has at least 32 bytes")
        key = hmac.digest(secret, encoded(label), "sha256")
        self._cipher = Cipher(AES(key), CTR(bytes(16))).encryptor()
        self._buffer = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        while len(self._buffer) - self._at < count:
            self._buffer = self._buffer[self._at :] + self._cipher.update(_ZEROS)
            self._at = 0
        self._at += count
        return self._buffer[self._at - count : self._at]

    def below(self, bound: int) -> int:
        """A uniform integer from 0 up to ``bound`` without it, by rejection: no remainder favours small ones."""
        if bound <= 1:
            if bound == 1:
                return 0
            raise AirlockError("nothing can be drawn below a bound that is not positive")
        bits = (bound - 1).bit_length()
        size = (bits + 7) // 8
        spare = 8 * size - bits
        while True:
            drawn = int.from_bytes(self.take(size), "big") >> spare
            if drawn < bound:
                return drawn
