"""Texts as token rows on disk, and padded batches of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_CHUNK = 256


@dataclass(frozen=True)
class Batch:
    """Padded token rows.

    Attributes:
        ids: int64 [rows, tokens], padded on the right.
        mask: int64 [rows, tokens], 1 on real tokens and 0 on padding.
    """

    ids: torch.Tensor
    mask: torch.Tensor


class TokenTable:
    """Token rows of a fixed width in a temporary file without a name: memory does not grow with the number of rows.

    The file is unlinked as soon as it is open, so nothing is left of it, not even after kill -9.

    Attributes:
        truncated: how many texts were longer than the width and were cut.
    """

    def __init__(self, texts: Iterable[str], tokenizer: PreTrainedTokenizerBase, max_length: int) -> None:
        """Tokenise ``texts``, each closed by the end-of-text token where it wasn't cut.

        Args:
            texts: one example each.
            tokenizer: its end-of-text token must be set.
            max_length: tokens of an example that are kept.
        """
        self._width, self._pad, self._rows, self.truncated = max_length + 1, int(tokenizer.eos_token_id), 0, 0
        self._file = tempfile.TemporaryFile(prefix="airlock-")  # noqa: SIM115 - lives as long as the table
        for texts_now in _chunks(texts):
            block = np.zeros((len(texts_now), self._width), dtype=np.int32)
            encoded: Any = tokenizer(texts_now, add_special_tokens=False)["input_ids"]
            for row, ids in zip(block, encoded, strict=True):
                self.truncated += len(ids) > max_length
                ids = [*ids, self._pad][:max_length]
                row[0] = len(ids)
                row[1 : len(ids) + 1] = ids
            block.tofile(self._file)
            self._rows += len(block)
        self._file.flush()
        self._map = (
            np.memmap(self._file, dtype=np.int32, mode="r", shape=(self._rows, self._width)) if self._rows else None
        )

    def __len__(self) -> int:
        return self._rows

    def batches(self, rows: Sequence[int] | np.ndarray, size: int) -> Iterator[tuple[np.ndarray, Batch]]:
        """Padded batches of the given rows, shortest rows first so that little is padded.

        Yields:
            the rows of a batch, and the batch.
        """
        rows = np.asarray(rows, dtype=np.int64)
        if self._map is None or not len(rows):
            return
        lengths = self._map[rows, 0]
        order = np.lexsort((rows, lengths))
        for start in range(0, len(rows), size):
            chosen = rows[order[start : start + size]]
            longest = int(self._map[chosen, 0].max())
            block = self._map[chosen, : longest + 1].astype(np.int64)
            mask = np.arange(longest)[None, :] < block[:, :1]
            ids = np.where(mask, block[:, 1:], self._pad)
            yield chosen, Batch(torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64)))


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    iterator, chunk = iter(texts), []
    for text in iterator:
        chunk.append(text)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
