"""Reversible masking: a value as a token that only the key opens, and the vault's cells. AES-SIV, RFC 5297."""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

TOKEN = re.compile(r"<([A-Z][A-Z0-9_]*):([a-z2-7]{26,})>", re.IGNORECASE)
"""What :meth:`Tokens.seal` writes. Read without regard to case: a text may have been folded since."""

_BLOCK = 32


class Tokens:
    """Values as tokens in the text and back.

    Formal guarantees:
        AES-SIV without a nonce is deterministic authenticated encryption (RFC 5297 section 1.3): of two tokens of a
        kind one learns whether their values are equal to the letter, and their lengths in bytes; nothing else. A
        token changed, or moved to another kind, does not open.

    Args:
        key: 64 bytes (two AES-256 keys).
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, tag: str, value: str) -> str:
        """The token that stands for a value.

        Args:
            tag: the kind's tag, such as ``<PERSON>``; its name is the associated data.
        """
        name = tag.strip("<>")
        sealed = self._cipher.encrypt(value.encode("utf-8", "surrogatepass"), [name.encode()])
        return f"<{name}:{base64.b32encode(sealed).decode().rstrip('=').lower()}>"

    def open(self, token: str) -> str | None:
        """The value of a token; ``None`` where it isn't one, or not of this key."""
        match = TOKEN.fullmatch(token)
        if match is None:
            return None
        name, text = match[1].upper(), match[2].upper()
        try:
            sealed = base64.b32decode(text + "=" * (-len(text) % 8))
            if base64.b32encode(sealed).decode().rstrip("=") != text:  # bits beyond the last byte
                return None
            return self._cipher.decrypt(sealed, [name.encode()]).decode("utf-8", "surrogatepass")
        except (InvalidTag, binascii.Error, ValueError):
            return None


class Seal:
    """Cells of the vault.

    Formal guarantees:
        AES-SIV with the cell's place as associated data: equal values in different places don't show as equal, a cell
        moved elsewhere does not open, and of the length only the number of 32-byte blocks shows. The same value in
        the same place gives the same bytes, so that a vault made again is the same file.

    Args:
        key: 32 bytes, the deployment's ``vault`` key.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def close(self, value: str, record_id: int, column: str, token: str) -> bytes:
        """The ciphertext of what a token stands for in a row's column."""
        data = value.encode("utf-8", "surrogatepass") + b"\x80"
        padded = data + b"\x00" * (-len(data) % _BLOCK)
        return self._cipher.encrypt(padded, _place(record_id, column, token))

    def open(self, ciphertext: bytes, record_id: int, column: str, token: str) -> str | None:
        """The inverse of :meth:`close`; ``None`` where the key or the place is another."""
        try:
            padded = self._cipher.decrypt(ciphertext, _place(record_id, column, token))
        except (InvalidTag, ValueError):
            return None
        return padded[: padded.rindex(b"\x80")].decode("utf-8", "surrogatepass")


def _place(record_id: int, column: str, token: str) -> list[bytes]:
    return [
        b"airlock/1/vault",
        str(record_id).encode(),
        column.encode("utf-8", "surrogatepass"),
        token.encode("utf-8", "surrogatepass"),
    ]
