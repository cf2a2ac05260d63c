"""Masking batches of a table: free text by what is found in it, structured columns by their declared kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tasks.core.errors import AirlockError
from tasks.methods.detect.polyglot import UNREAD
from tasks.methods.detect.spans import Span
from tasks.methods.mask.cipher import Seal
from tasks.methods.mask.columns import CellOperator
from tasks.methods.mask.conflicts import resolve
from tasks.methods.mask.document import Document
from tasks.methods.mask.figures import OPERATORS, number_operator
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.operators import operator, written
from tasks.methods.mask.plan import ColumnPlan, Operation
from tasks.methods.mask.text import TextMasker, splice
from tasks.methods.numeric.local import row_content
from tasks.methods.numeric.means import MeanOperator
from tasks.methods.numeric.release import Release

if TYPE_CHECKING:
    from tasks.methods.detect.polyglot import Finds

SPANS_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.int64(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
        pa.field("entity", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("detector", pa.string(), nullable=False),
    ]
)
"""Where each stretch stood in the raw text; never the value."""

VAULT_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.int64(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("masked", pa.string(), nullable=False),
        pa.field("ciphertext", pa.binary(), nullable=False),
    ]
)
"""What stands in the masked table, and under :class:`tasks.methods.mask.cipher.Seal` what stood there."""

ASIDE_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.int64(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""Rows that were set aside: which, for which column's sake, and why."""

UNREAD_LANGUAGE = "unread_language"
"""The reason of a row with text in a language that nobody reads."""

_ARROW = {"string": pa.string(), "integer": pa.int64()}
_GIVEN = ("record_id", "unit_id", "split")


class Masked(NamedTuple):
    """A masked batch.

    Attributes:
        rows: the rows, masked.
        spans: where in their text something was masked (:data:`SPANS_SCHEMA`).
        vault: what was masked, encrypted (:data:`VAULT_SCHEMA`); empty without a vault.
        aside: the rows that are not among ``rows``, and why (:data:`ASIDE_SCHEMA`).
    """

    rows: pa.RecordBatch
    spans: pa.RecordBatch
    vault: pa.RecordBatch
    aside: pa.RecordBatch


class TableMasker:
    """Masks record batches.

    Formal guarantees:
        Rows keep their number and order, but for those set aside, each of which is listed. A row's masked cells, and
        whether it is set aside, are a function of that row, of the detectors, the operations, the key and the released
        means alone, not of other rows in the batch nor of its ``record_id``. Nothing of a row's own cell is left in a
        column under ``mean``.

    Args:
        columns: plans of the declared columns; others pass as they are.
        masker: finds personal data in text.
        operations: what happens to each kind in text, in the policy's order.
        key: the mask key; needed where an operation is keyed.
        seal: encrypts what the vault keeps; ``None``: no vault.
        vaulted: the kinds that the vault keeps.
        sets_aside: whether a row with text that nobody reads is set aside; else its text is masked as a whole, where
            the operations have a line for that.
        means: by column under ``mean``, what was released of it.
    """

    def __init__(
        self,
        columns: Sequence[ColumnPlan],
        masker: Finds,
        operations: Mapping[str, Operation],
        key: MaskKey | None = None,
        seal: Seal | None = None,
        vaulted: Collection[str] = (),
        sets_aside: bool = False,
        means: Mapping[str, Release] | None = None,
    ) -> None:
        self._plans = {plan.name: plan for plan in columns}
        self._masker = masker
        self._kinds = list(operations)
        self._text = TextMasker(operations, key)
        self._cells: dict[str, CellOperator] = {
            plan.name: _cell_operator(plan, plan.operation, key, means or {})
            for plan in columns
            if plan.operation is not None and plan.operation.operator not in ("keep", "delete")
        }
        self._seal, self._vaulted, self._sets_aside = seal, frozenset(vaulted), sets_aside
        self.found: Counter[str] = Counter()

    def schema(self, raw: pa.Schema) -> pa.Schema:
        """The masked table's schema."""
        fields = []
        for field in raw:
            plan = self._plans.get(field.name)
            type_ = plan.masked_type if plan else ""
            if type_ is None:
                continue
            changed = plan is not None and type_ != plan.type
            fields.append(pa.field(field.name, _ARROW[type_], field.nullable) if changed else field)
        return pa.schema(fields)

    def mask(self, batch: pa.RecordBatch) -> Masked:
        """The masked rows, the spans of what was masked in their text, what the vault keeps, and what was set aside.

        Raises:
            AirlockError: where a value can't be masked. The message holds no value.
        """
        schema = self.schema(batch.schema)
        try:
            raw = {name: batch.column(name).to_pylist() for name in batch.schema.names}
        except UnicodeDecodeError:
            raise AirlockError("a text column holds a cell that is not UTF-8; it is not shown") from None
        found = self._found(raw, batch.num_rows)
        aside = self._aside(found, raw["record_id"]) if self._sets_aside else {}
        if aside:
            kept = [row for row in range(batch.num_rows) if row not in aside]
            batch = batch.take(pa.array(kept, pa.int64()))
            raw = {name: [cells[row] for row in kept] for name, cells in raw.items()}
            found = {name: [spans[row] for row in kept] for name, spans in found.items()}
        stretches = {name: [resolve(spans, self._kinds) for spans in rows] for name, rows in found.items()}
        documents = [self._document(raw, stretches, row) for row in range(batch.num_rows)]
        vault = _Vault(self._seal)
        arrays = []
        for field in schema:
            plan = self._plans.get(field.name)
            column = batch.column(field.name)
            if plan is not None and plan.free_text:
                column = pa.array(self._free_text(plan.name, raw, stretches[plan.name], documents, vault), field.type)
            elif plan is not None and field.name in self._cells:
                column = pa.array(self._structured(plan, raw, documents, vault), field.type)
            arrays.append(column)
        spans = [
            {"record_id": record_id, "column": name, **{part: getattr(span, part) for part in SPANS_SCHEMA.names[2:]}}
            for name in stretches
            for record_id, row in zip(raw["record_id"], stretches[name], strict=True)
            for span in row
        ]
        self.found.update(str(span["entity"]) for span in spans)
        return Masked(
            pa.RecordBatch.from_arrays(arrays, schema=schema),
            pa.RecordBatch.from_pylist(spans, SPANS_SCHEMA),
            pa.RecordBatch.from_pylist(vault.rows, VAULT_SCHEMA),
            pa.RecordBatch.from_pylist(list(aside.values()), ASIDE_SCHEMA),
        )

    def _aside(self, found: Mapping[str, list[list[Span]]], record_ids: list[Any]) -> dict[int, dict[str, Any]]:
        """The rows to set aside, in their order."""
        unread: dict[int, dict[str, Any]] = {}
        for name, rows in found.items():
            for row, spans in enumerate(rows):
                if row not in unread and any(span.entity == UNREAD for span in spans):
                    unread[row] = {"record_id": record_ids[row], "column": name, "reason": UNREAD_LANGUAGE}
        return dict(sorted(unread.items()))

    def _found(self, raw: Mapping[str, list[Any]], rows: int) -> dict[str, list[list[Span]]]:
        """By text column, what is found in each row."""
        own: list[list[tuple[str, object]]] = [[] for _ in range(rows)]
        for plan in self._plans.values():
            if plan.evidence:
                for row, cell in zip(own, raw[plan.name], strict=True):
                    row.append((plan.kind, cell))
        return {
            name: self._masker.find(raw[name], own)
            for name in raw
            if name in self._plans and self._plans[name].free_text
        }

    def _document(self, raw: Mapping[str, list[Any]], stretches: Mapping[str, list[list[Span]]], row: int) -> Document:
        def mentions() -> Iterator[tuple[str, str, bool]]:
            for name, plan in self._plans.items():
                if plan.kind and raw[name][row] is not None:
                    yield plan.kind, written(raw[name][row]), True
            for name, found in stretches.items():
                for span in found[row]:
                    yield span.entity, raw[name][row][span.start : span.end], False

        def content() -> bytes:
            return row_content({name: cells[row] for name, cells in raw.items() if name not in _GIVEN})

        unit = raw["unit_id"][row] if "unit_id" in raw else None
        return Document(None if unit is None else f"unit:{unit}", mentions, content)

    def _free_text(
        self,
        name: str,
        raw: Mapping[str, list[Any]],
        stretches: list[list[Span]],
        documents: list[Document],
        vault: _Vault,
    ) -> list[str | None]:
        masked: list[str | None] = []
        for record_id, text, found, document in zip(raw["record_id"], raw[name], stretches, documents, strict=True):
            if text is None or not found:
                masked.append(text)
                continue
            replaced = self._text.replacements(text, found, document)
            masked.append(splice(text, found, replaced))
            for span, new in zip(found, replaced, strict=True):
                if span.entity in self._vaulted:
                    vault.keep(record_id, name, new, text[span.start : span.end])
        return masked

    def _structured(
        self, plan: ColumnPlan, raw: Mapping[str, list[Any]], documents: list[Document], vault: _Vault
    ) -> list[Any]:
        cells = raw[plan.name]
        try:
            masked = self._cells[plan.name].apply(cells, documents)
        except AirlockError:
            raise
        except Exception as exc:
            raise AirlockError(
                f"masking column {plan.name} failed with {type(exc).__name__}; no cell is shown"
            ) from None
        if plan.kind in self._vaulted:
            for record_id, cell, new in zip(raw["record_id"], cells, masked, strict=True):
                if cell is not None:
                    vault.keep(record_id, plan.name, "" if new is None else written(new), written(cell))
        return masked


def _cell_operator(
    plan: ColumnPlan, operation: Operation, key: MaskKey | None, means: Mapping[str, Release]
) -> CellOperator:
    if operation.operator in OPERATORS:
        return number_operator(plan, key)
    if operation.operator != "mean":
        return operator(plan.kind, operation, key)
    if plan.name not in means:
        raise AirlockError(f"column {plan.name}: no mean of it was released")
    return MeanOperator(means[plan.name])


class _Vault:
    """What a batch leaves in the vault, each thing once a place."""

    def __init__(self, seal: Seal | None) -> None:
        self._seal = seal
        self._seen: set[tuple[int, str, str, str]] = set()
        self.rows: list[dict[str, Any]] = []

    def keep(self, record_id: int, column: str, masked: str, value: str) -> None:
        place = (record_id, column, masked, value)
        if self._seal is None or place in self._seen:
            return
        self._seen.add(place)
        ciphertext = self._seal.close(value, record_id, column, masked)
        self.rows.append({"record_id": record_id, "column": column, "masked": masked, "ciphertext": ciphertext})
