"""Sets of units as keyed hashes: whether two data sets, or two blocks of one, share a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class UnitSet:
    """Units under one hash key.

    Attributes:
        hash_key: id of the key under which they were hashed.
        hashes: the first 64 bits of each, sorted and different, shape ``[units]``, uint64. A million units and another
            million meet by chance in one of 20 million cases, and then only cost a question too many.
    """

    hash_key: str
    hashes: np.ndarray

    @classmethod
    def of(cls, hash_key: str, unit_ids: Iterable[str]) -> UnitSet:
        """From unit ids as 64 hex characters."""
        words = np.fromiter((int(unit[:16], 16) for unit in unit_ids), dtype=np.uint64)
        return cls(hash_key, np.unique(words))

    @classmethod
    def from_bytes(cls, hash_key: str, data: bytes) -> UnitSet:
        """The inverse of :meth:`to_bytes`."""
        return cls(hash_key, np.frombuffer(data, dtype="<u8").astype(np.uint64))

    def to_bytes(self) -> bytes:
        """Little-endian words."""
        return self.hashes.astype("<u8").tobytes()

    @property
    def digest(self) -> str:
        """SHA-256 of the set, so that an unchanged one needn't be compared again."""
        return hashlib.sha256(self.hash_key.encode() + b"/" + self.to_bytes()).hexdigest()

    def shared(self, other: UnitSet) -> int | None:
        """How many units are in both; ``None`` where different keys hide it."""
        if self.hash_key != other.hash_key:
            return None
        return len(np.intersect1d(self.hashes, other.hashes, assume_unique=True))

    def with_all(self, other: UnitSet) -> UnitSet:
        """Both sets as one."""
        return UnitSet(self.hash_key, np.union1d(self.hashes, other.hashes))

    def holds(self, unit_id: str) -> bool:
        """Whether a unit is in the set."""
        word = np.uint64(int(unit_id[:16], 16))
        place = int(np.searchsorted(self.hashes, word))
        return place < len(self.hashes) and bool(self.hashes[place] == word)
