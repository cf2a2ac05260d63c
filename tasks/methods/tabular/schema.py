"""What is publicly known of a table: its columns, their bounds, categories and labels."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tasks.core.errors import UserError


@dataclass(frozen=True)
class Numeric:
    """A column of numbers.

    Attributes:
        name: the column.
        lo: publicly known lower bound; smaller values count as it.
        hi: publicly known upper bound; larger values count as it.
        log: scale log(1 + value - lo) in place of the value: for amounts that span orders of magnitude.
        edges: publicly known cut points, ascending; which interval a value is in becomes features of its own.
    """

    name: str
    lo: float
    hi: float
    log: bool = False
    edges: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lo) and math.isfinite(self.hi) and self.lo < self.hi):
            raise UserError(f"train.schema: {self.name} needs finite bounds, the lower below the upper.")
        if list(self.edges) != sorted(set(self.edges)):
            raise UserError(f"train.schema: the edges of {self.name} must ascend.")

    @property
    def features(self) -> int:
        """The scaled value, whether it is missing, and one feature an interval."""
        return 2 + (len(self.edges) + 1 if self.edges else 0)

    @property
    def groups(self) -> int:
        """The largest squared norm of this column's features."""
        return 2 if self.edges else 1

    def encode(self, cells: Sequence[Any]) -> np.ndarray:
        """Features of the cells, float32 [rows, features]; what is no number is missing."""
        values = np.array([_number(cell) for cell in cells], dtype=np.float64)
        missing = np.isnan(values)
        values = np.clip(np.where(missing, self.lo, values), self.lo, self.hi)
        if self.log:
            scaled = np.log1p(values - self.lo) / math.log1p(self.hi - self.lo)
        else:
            scaled = (values - self.lo) / (self.hi - self.lo)
        parts = [np.where(missing, 0.0, 2 * scaled - 1)[:, None], missing[:, None]]
        if self.edges:
            interval = np.searchsorted(self.edges, values, side="right")
            parts.append((np.arange(len(self.edges) + 1) == interval[:, None]) & ~missing[:, None])
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)


@dataclass(frozen=True)
class Categorical:
    """A column of categories.

    Attributes:
        name: the column.
        values: the publicly known categories; any other value, and an empty cell, counts as one more.
    """

    name: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise UserError(f"train.schema: {self.name} needs at least one category, each once.")

    @property
    def features(self) -> int:
        """One a declared category and one for all others."""
        return len(self.values) + 1

    @property
    def groups(self) -> int:
        """The largest squared norm of this column's features."""
        return 1

    def encode(self, cells: Sequence[Any]) -> np.ndarray:
        """Features of the cells, float32 [rows, features]: a single 1 each."""
        number = {value: i for i, value in enumerate(self.values)}
        found = np.array([number.get(_text(cell), len(self.values)) for cell in cells], dtype=np.int64)
        return (np.arange(self.features) == found[:, None]).astype(np.float32)


@dataclass(frozen=True)
class Schema:
    """A table's features and label.

    Formal guarantees:
        Features of a row are a function of that row and of these declared constants. Nothing is fitted to data, so
        scaling needs no budget and one row never moves another's features.

    Attributes:
        columns: the features' columns.
        label: the label's column.
        labels: the publicly known labels, in the order of a model's logits.
    """

    columns: tuple[Numeric | Categorical, ...]
    label: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.columns:
            raise UserError("train.schema: declare at least one column.")
        if len(set(self.names)) < len(self.names):
            raise UserError("train.schema: a column is declared twice.")
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise UserError("train.labels: at least two different labels are needed.")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, then the label's."""
        return (*(column.name for column in self.columns), self.label)

    @property
    def features(self) -> int:
        """How many features a row has."""
        return sum(column.features for column in self.columns)

    @property
    def norm_bound(self) -> float:
        """The largest L2 norm a row's features can have, by the declared constants alone."""
        return math.sqrt(sum(column.groups for column in self.columns))

    def encode(self, rows: Sequence[Sequence[Any]]) -> tuple[np.ndarray, np.ndarray]:
        """Features, float32 [rows, features], and labels' numbers, int64 [rows].

        Args:
            rows: cells in the order of :attr:`names`.

        Raises:
            UserError: a label isn't declared.
        """
        columns = list(zip(*rows, strict=True))
        number = {label: i for i, label in enumerate(self.labels)}
        labels = np.array([number.get(_text(cell), -1) for cell in columns[-1]], dtype=np.int64)
        if (labels < 0).any():
            raise UserError(
                "train.labels: a row's label isn't among those declared; declare every label, and leave out rows "
                "without one."
            )
        return np.concatenate([c.encode(cells) for c, cells in zip(self.columns, columns, strict=False)], 1), labels

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        kinds = {Numeric: "numeric", Categorical: "categorical"}
        columns = [{"kind": kinds[type(c)], **asdict(c)} for c in self.columns]
        return json.loads(json.dumps({"columns": columns, "label": self.label, "labels": self.labels}))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Schema:
        """The schema that :meth:`to_json` wrote, or that a configuration declares in the same form.

        Raises:
            UserError: it isn't one.
        """
        kinds: dict[str, Any] = {"numeric": Numeric, "categorical": Categorical}
        try:
            columns = []
            for column in data["columns"]:
                fields = {k: tuple(v) if isinstance(v, list) else v for k, v in column.items() if k != "kind"}
                columns.append(kinds[column["kind"]](**fields))
            return cls(tuple(columns), str(data["label"]), tuple(data["labels"]))
        except (KeyError, TypeError, AttributeError):
            raise UserError(
                "train.schema: columns (each numeric with name, lo, hi or categorical with name, values), label and "
                "labels are needed."
            ) from None


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()
