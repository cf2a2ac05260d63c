"""The log's hash chain: each record holds the hash of the one before, and is signed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tasks.core.errors import UserError

START = "0" * 64
"""Stands for the hash before a data set's first record."""


@dataclass(frozen=True)
class Record:
    """One line of a data set's log.

    Attributes:
        seq: 1, 2, 3, … within the data set.
        kind: what happened.
        body: canonical JSON of what happened.
        hash: SHA-256 over the hash before and all of this.
        signature: Ed25519 (RFC 8032) over the hash, hex.
    """

    dataset: str
    seq: int
    kind: str
    created: str
    body: str
    hash: str
    signature: str

    def read(self) -> dict[str, Any]:
        """The body."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def chained(dataset: str, seq: int, kind: str, created: str, body: str, before: str) -> str:
    """The hash of a record."""
    whole = json.dumps(["airlock/ledger/1", dataset, seq, kind, created, body, before], ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()


class Signer:
    """The ledger's key pair, from its 32-byte subkey (RFC 8032 section 5.1.5).

    Formal guarantees:
        Without the subkey nobody can make a record that :class:`Verifier` accepts (Ed25519 is unforgeable under chosen
        messages). Whoever holds it, any worker that charges, can: the chain shows tampering by everybody else.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    def sign(self, digest: str) -> str:
        """The signature of a hash, hex."""
        return self._key.sign(bytes.fromhex(digest)).hex()

    @property
    def public(self) -> str:
        """The public key, 64 hex characters."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


class Verifier:
    """Checks signatures by the public key.

    Raises:
        UserError: where the key isn't one.
    """

    def __init__(self, public: str) -> None:
        try:
            self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public.strip()))
        except ValueError:
            raise UserError("key: the ledger's public key must be 64 hex characters") from None

    def signed(self, digest: str, signature: str) -> bool:
        """Whether a signature is the key's over a hash."""
        try:
            self._key.verify(bytes.fromhex(signature), bytes.fromhex(digest))
        except (InvalidSignature, ValueError):
            return False
        return True
