"""Rows of features on disk, and batches of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch

from tasks.methods.tabular.schema import Schema

_CHUNK = 4096


@dataclass(frozen=True)
class RowBatch:
    """Rows of features.

    Attributes:
        features: float32 [rows, features].
        labels: int64 [rows], the class of each row; -1 for an empty row, which adds nothing to a loss.
    """

    features: torch.Tensor
    labels: torch.Tensor

    def to(self, device: torch.device) -> RowBatch:
        """The same batch on a device."""
        return RowBatch(self.features.to(device), self.labels.to(device))


class FeatureTable:
    """Encoded rows in a temporary file without a name: memory does not grow with the number of rows."""

    def __init__(self, rows: Iterable[Sequence[Any]], schema: Schema) -> None:
        """Encode rows.

        Args:
            rows: cells in the order of ``schema.names``.
            schema: the public constants.

        Raises:
            UserError: a label isn't declared.
        """
        self._features = schema.features
        self._file = tempfile.TemporaryFile(prefix="airlock-")  # noqa: SIM115 - lives as long as the table
        labels = [np.zeros(0, dtype=np.int64)]
        iterator = iter(rows)
        while chunk := list(islice(iterator, _CHUNK)):
            features, numbers = schema.encode(chunk)
            features.tofile(self._file)
            labels.append(numbers)
        self._file.flush()
        self.labels = np.concatenate(labels)
        shape = (len(self.labels), self._features)
        self._map = np.memmap(self._file, dtype=np.float32, mode="r", shape=shape) if len(self.labels) else None

    def __len__(self) -> int:
        return len(self.labels)

    def batches(
        self, rows: Sequence[int] | np.ndarray, size: int, draw: int = 0
    ) -> Iterator[tuple[np.ndarray, RowBatch]]:
        """Batches of the given rows or units.

        Args:
            rows: [n], one row a unit; or [units, k], the rows of each unit with -1 where it has fewer.
            size: rows a batch at most; a unit is never parted, so a batch has at least k.
            draw: not used: nothing here is random.

        Yields:
            the rows or units of a batch, and the batch: the k rows of a unit stand together.
        """
        units = np.asarray(rows, dtype=np.int64)
        if self._map is None or not len(units):
            return
        grid = units.reshape(len(units), -1)
        step = max(1, size // grid.shape[1])
        for start in range(0, len(units), step):
            chosen = grid[start : start + step].ravel()
            features = np.where(chosen[:, None] < 0, np.float32(0), self._map[chosen])
            labels = np.where(chosen < 0, -1, self.labels[chosen])
            yield units[start : start + step], RowBatch(torch.from_numpy(features), torch.from_numpy(labels))
