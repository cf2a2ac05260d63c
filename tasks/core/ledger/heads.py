"""Copies of each log's newest head in the artifact store: a ledger restored from an old backup is noticed by them."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.ledger.chain import Record

if TYPE_CHECKING:
    from tasks.core.store import Store

_KEEP = 8


@dataclass(frozen=True)
class Head:
    """A copy of a record's hash and signature; both empty where the file can't be read as one."""

    dataset: str
    seq: int
    hash: str
    signature: str


class Heads:
    """Heads of data sets' logs in a zone's storage, one small file each, the newest few kept.

    Args:
        store: the zone; its folder ``ledger/`` is used.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(self, dataset: str) -> tuple[int, str] | None:
        """Number and hash of the newest head of a data set, or ``None`` where there is none."""
        while found := self._numbers(dataset):
            # Another run may have written many newer ones, and removed this one, since it was listed.
            with contextlib.suppress(FileNotFoundError):
                plain = json.loads(self._store.read_bytes(_name(dataset, found[-1])))
                return int(plain["seq"]), str(plain["hash"])
        return None

    def datasets(self) -> list[str]:
        """The data sets of which there are heads."""
        return [str(item["name"]) for item in self._store.listing("ledger") if item["type"] == "directory"]

    def kept(self, dataset: str) -> list[Head]:
        """The heads of a data set that are still there, oldest first."""
        return [self._read(dataset, seq) for seq in self._numbers(dataset)]

    def write(self, head: Record) -> bool:
        """Leave a copy of a head.

        Returns:
            False where another head of the same number is there: the log has been forked.
        """
        plain = {"dataset": head.dataset, "seq": head.seq, "hash": head.hash, "signature": head.signature}
        data = json.dumps(plain, sort_keys=True).encode()
        name = _name(head.dataset, head.seq)
        written = self._store.create(name, data) or self._store.read_bytes(name) == data
        for seq in self._numbers(head.dataset):
            if seq <= head.seq - _KEEP:
                self._store.remove(_name(head.dataset, seq))
        return written

    def _read(self, dataset: str, seq: int) -> Head:
        try:
            plain = json.loads(self._store.read_bytes(_name(dataset, seq)))
            return Head(dataset, seq, str(plain["hash"]), str(plain["signature"]))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return Head(dataset, seq, "", "")

    def _numbers(self, dataset: str) -> list[int]:
        names = [str(item["name"]) for item in self._store.listing(f"ledger/{dataset}")]
        return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit())


def _name(dataset: str, seq: int) -> str:
    return f"ledger/{dataset}/{seq:012d}.json"
