"""Records as token rows on disk, and padded batches of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import torch

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The target of a token that isn't scored, and the number that torch's cross entropy skips."""

NO_LABEL = -1
"""The label of a row that has none."""

_CHUNK = 256
_HEADER = 3  # length, first scored token, label


@dataclass(frozen=True)
class Batch:
    """Padded token rows. A row without any real token is empty: it pads a unit and adds nothing to a loss.

    Attributes:
        ids: int64 [rows, tokens], padded on the right.
        mask: int64 [rows, tokens], 1 on real tokens and 0 on padding.
        targets: int64 [rows, tokens], the token that is predicted at each place, :data:`IGNORED` where none is scored;
            ``None`` scores every real token but the first, as a language model does.
        labels: int64 [rows], the class of each row, :data:`NO_LABEL` where it has none.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor | None = None
    labels: torch.Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(*(None if t is None else t.to(device) for t in (self.ids, self.mask, self.targets, self.labels)))  # type: ignore[arg-type]

    def scored(self) -> torch.Tensor:
        """The targets, int64 [rows, tokens], also where they were left to the rule."""
        if self.targets is not None:
            return self.targets
        wanted = self.ids.masked_fill(self.mask == 0, IGNORED)
        wanted[:, 0] = IGNORED
        return wanted

    def tokens(self) -> torch.Tensor:
        """How many tokens each row is scored on, int64 [rows]."""
        return (self.scored() != IGNORED).sum(1)


class Row(NamedTuple):
    """One record, encoded.

    Attributes:
        ids: its tokens, at most as many as the table is wide.
        scored_from: the first token that the loss counts.
        label: its class, or :data:`NO_LABEL`.
        truncated: whether tokens were left out.
    """

    ids: list[int]
    scored_from: int = 1
    label: int = NO_LABEL
    truncated: bool = False


class RowEncoder(Protocol):
    """How records of one kind become token rows."""

    @property
    def pad(self) -> int:
        """The token that fills rows up."""

    def rows(self, records: list[Any], max_length: int) -> list[Row]:
        """Encode records, each by itself."""

    def finish(self, batch: Batch, draw: int) -> Batch:
        """What is done to a batch each time it is drawn; a function of each row alone and of ``draw``."""


class Texts:
    """Plain texts for a causal model, each closed by the end-of-text token where it wasn't cut."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer, self.pad = tokenizer, int(tokenizer.eos_token_id)

    def rows(self, records: list[str], max_length: int) -> list[Row]:
        """Encode texts."""
        encoded: Any = self._tokenizer(records, add_special_tokens=False)["input_ids"]
        return [Row([*ids, self.pad][:max_length], truncated=len(ids) > max_length) for ids in encoded]

    def finish(self, batch: Batch, draw: int) -> Batch:
        """Nothing is left to do."""
        return batch


class TokenTable:
    """Token rows of a fixed width in a temporary file without a name: memory does not grow with the number of rows.

    The file is unlinked as soon as it is open, so nothing is left of it, not even after kill -9.

    Attributes:
        truncated: how many records were longer than the width and were cut.
    """

    def __init__(self, records: Iterable[Any], encoder: RowEncoder | PreTrainedTokenizerBase, max_length: int) -> None:
        """Encode ``records``.

        Args:
            records: one example each, of the kind that ``encoder`` takes.
            encoder: how they become tokens; a tokenizer with an end-of-text token stands for plain texts.
            max_length: tokens of an example that are kept.
        """
        self._encoder: RowEncoder = encoder if hasattr(encoder, "rows") else Texts(encoder)  # type: ignore[assignment]
        self._width, self._rows, self.truncated = max_length + _HEADER, 0, 0
        self._file = tempfile.TemporaryFile(prefix="airlock-")  # noqa: SIM115 - lives as long as the table
        for chunk in _chunks(records):
            block = np.zeros((len(chunk), self._width), dtype=np.int32)
            for line, row in zip(block, self._encoder.rows(chunk, max_length), strict=True):
                self.truncated += row.truncated
                line[:_HEADER] = len(row.ids), row.scored_from, row.label
                line[_HEADER : len(row.ids) + _HEADER] = row.ids
            block.tofile(self._file)
            self._rows += len(block)
        self._file.flush()
        self._map = (
            np.memmap(self._file, dtype=np.int32, mode="r", shape=(self._rows, self._width)) if self._rows else None
        )

    def __len__(self) -> int:
        return self._rows

    def batches(self, rows: Sequence[int] | np.ndarray, size: int, draw: int = 0) -> Iterator[tuple[np.ndarray, Batch]]:
        """Padded batches of the given rows or units, shortest first so that little is padded.

        Args:
            rows: [n], one row a unit; or [units, k], the rows of each unit with -1 where it has fewer.
            size: rows a batch at most; a unit is never parted, so a batch has at least k.
            draw: a public number that a random objective takes its draw from: the step in training, 0 elsewhere.

        Yields:
            the rows or units of a batch, and the batch: the k rows of a unit stand together, empty ones last.
        """
        units = np.asarray(rows, dtype=np.int64)
        if self._map is None or not len(units):
            return
        grid = units.reshape(len(units), -1)
        lengths = np.where(grid < 0, 0, self._map[grid, 0]).max(1)
        order = np.lexsort((grid[:, 0], lengths))
        step = max(1, size // grid.shape[1])
        for start in range(0, len(units), step):
            chosen = order[start : start + step]
            yield units[chosen], self._encoder.finish(self._batch(grid[chosen].ravel()), draw)

    def _batch(self, rows: np.ndarray) -> Batch:
        assert self._map is not None
        header = np.where(rows[:, None] < 0, [[0, 0, NO_LABEL]], self._map[rows, :_HEADER]).astype(np.int64)
        lengths, scored_from, labels = header.T
        longest = max(1, int(lengths.max()))
        places = np.arange(longest)[None, :]
        mask = places < lengths[:, None]
        ids = np.where(mask, self._map[rows, _HEADER : longest + _HEADER].astype(np.int64), self._encoder.pad)
        targets = np.where(mask & (places >= np.maximum(scored_from, 1)[:, None]), ids, IGNORED)
        return Batch(
            *(torch.from_numpy(np.ascontiguousarray(a)) for a in (ids, mask.astype(np.int64), targets, labels))
        )


def _chunks(records: Iterable[Any]) -> Iterator[list[Any]]:
    chunk = []
    for record in records:
        chunk.append(record)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
