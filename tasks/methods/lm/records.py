"""The rows of a clean table as records of an objective."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tasks.core.errors import UserError
from tasks.methods.lm.texts import cells, count


class Records:
    """Reads a clean table for an objective.

    Args:
        paths: its Parquet files, with the columns ``split`` and ``unit_id`` beside the declared ones.
        columns: the declared columns: ``name`` and ``role`` of each.
        objective: ``causal_lm`` and ``masked_lm`` read texts (the text columns, joined by a blank line),
            ``instruction`` pairs of prompt and answer, ``classification`` pairs of text and label.
        prompt: name of the prompt's column, for ``instruction``.
        answer: of the answer's.
        label: of the label's, for ``classification``; empty: the only one.

    Raises:
        UserError: a column is missing.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        columns: Sequence[dict[str, Any]],
        objective: str,
        prompt: str = "",
        answer: str = "",
        label: str = "",
    ) -> None:
        roles = {column["name"]: column["role"] for column in columns}
        self._paths, self._objective = paths, objective
        texts = [name for name, role in roles.items() if role == "text"]
        if objective == "instruction":
            self._columns = [prompt, answer]
        elif objective == "classification":
            self._columns = [*texts, label or next((name for name, role in roles.items() if role == "label"), "")]
        else:
            self._columns = texts
        if not self._columns or any(name not in roles for name in self._columns):
            raise UserError(
                "train: the clean table lacks a column that train.objective reads; run the stages before it again."
            )

    def count(self, split: str) -> int:
        """How many rows a split has."""
        return count(self._paths, split)

    def read(self, split: str, total: int, limit: int | None = None) -> Iterator[Any]:
        """The records of a split.

        Args:
            total: how many rows it has in all.
            limit: at most so many, spread evenly; ``None`` for all.
        """
        for row in cells(self._paths, self._columns, split, total, limit):
            yield self._record(row)

    def by_unit(self, split: str) -> Iterator[tuple[str | None, bytes]]:
        """Of each row of a split, in the order of :meth:`read`, its ``unit_id`` and its content as bytes."""
        for person, *row in cells(self._paths, ["unit_id", *self._columns], split, self.count(split)):
            yield person, json.dumps(self._record(tuple(row)), ensure_ascii=False).encode("utf-8", "surrogatepass")

    def _record(self, row: tuple[Any, ...]) -> Any:
        if self._objective == "instruction":
            return row
        if self._objective == "classification":
            return "\n\n".join(cell for cell in row[:-1] if cell), None if row[-1] is None else str(row[-1])
        return "\n\n".join(cell for cell in row if cell)
