"""What is to happen to each column and each kind: decided before the first row is read, light to import."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.methods.mask.columns import masked_type


@dataclass(frozen=True)
class Operation:
    """What to do with one kind.

    Attributes:
        operator: ``tag``, ``numbered_tag``, ``redact``, ``stars``, ``partial``, ``hash``, ``encrypt``, ``surrogate``,
            ``year``, ``shift_date``, ``age_band``, ``zip3``, ``noise``, ``jitter``, ``mean``, ``delete`` (``redact``
            in text) or ``keep``.
        tag: what stands in the value's place under ``tag``, or where the others can't read the value.
        keep: characters that stay under ``partial``, at most four.
        locale: where surrogates come from.
        day_first: whether 3/4 is the third of April.
        epsilon: ε a cell, under ``noise``; of the mean, under ``mean``.
        delta: δ a cell, under ``noise``; of the mean, under ``mean``; ``None``: none.
        empty: whether ``noise`` hides which cells are empty (``hide``) or not (``show``).
        relative: size of the noise as a share of the cell, under ``jitter``.
        max_rows: how many of a person's rows count at most, under ``mean``.
    """

    operator: str
    tag: str
    keep: int = 4
    locale: str = "en_US"
    day_first: bool = False
    epsilon: float | None = None
    delta: float | None = None
    empty: str = "hide"
    relative: float | None = None
    max_rows: int = 1


@dataclass(frozen=True)
class ColumnPlan:
    """What happens to one column.

    Attributes:
        name: the column.
        operation: of a structured column; ``None`` for others.
        kind: of a structured column.
        type: its declared type.
        free_text: whether it is searched and masked as text.
        evidence: whether its cells are looked for in the row's own text.
        bounds: public low, high and granularity of a column of numbers, as far as they are declared.
    """

    name: str
    operation: Operation | None = None
    kind: str = ""
    type: str = "string"
    free_text: bool = False
    evidence: bool = False
    bounds: tuple[float | None, float | None, float | None] = (None, None, None)

    @property
    def averaged(self) -> bool:
        """Whether its cells become the column's mean, which is released over all rows and charged to the ledger."""
        return self.operation is not None and self.operation.operator == "mean"

    @property
    def masked_type(self) -> str | None:
        """The type after masking; ``None`` where the column goes."""
        if self.operation is None:
            return self.type
        return masked_type(self.operation.operator, self.type, self.name, self.kind)
