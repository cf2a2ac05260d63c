"""Masking batches of a table: free text by what is found in it, structured columns by their declared kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from tasks.methods.detect.masker import Masker
from tasks.methods.mask.columns import mask_cells
from tasks.methods.mask.conflicts import resolve
from tasks.methods.mask.plan import ColumnPlan, Operation
from tasks.methods.mask.text import TextMasker

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

_ARROW = {"string": pa.string(), "integer": pa.int64()}


class TableMasker:
    """Masks record batches.

    Formal guarantees:
        Rows keep their number and order. A row's masked cells are a function of that row, of the detectors and of the
        operations alone, not of other rows in the batch.

    Args:
        columns: plans of the declared columns; others pass as they are.
        masker: finds personal data in text.
        operations: what happens to each kind in text, in the policy's order.
    """

    def __init__(self, columns: Sequence[ColumnPlan], masker: Masker, operations: Mapping[str, Operation]) -> None:
        self._plans = {plan.name: plan for plan in columns}
        self._masker = masker
        self._kinds = list(operations)
        self._text = TextMasker(operations)
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

    def mask(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """The masked rows, and the spans of what was masked in their text."""
        schema = self.schema(batch.schema)
        own = self._own(batch)
        record_ids = batch.column("record_id").to_pylist()
        spans: list[dict[str, object]] = []
        arrays = []
        for field in schema:
            plan = self._plans.get(field.name)
            column = batch.column(field.name)
            if plan is not None and plan.free_text:
                masked = self._free_text(plan.name, column.to_pylist(), own, record_ids, spans)
                column = pa.array(masked, field.type)
            elif plan is not None and plan.operation is not None and plan.operation.operator != "keep":
                cells = mask_cells(column.to_pylist(), plan.operation.operator, plan.operation.tag)
                column = pa.array(cells, field.type)
            arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, schema=schema), pa.RecordBatch.from_pylist(spans, SPANS_SCHEMA)

    def _own(self, batch: pa.RecordBatch) -> list[list[tuple[str, object]]]:
        rows: list[list[tuple[str, object]]] = [[] for _ in range(batch.num_rows)]
        for plan in self._plans.values():
            if plan.evidence:
                for row, cell in zip(rows, batch.column(plan.name).to_pylist(), strict=True):
                    row.append((plan.kind, cell))
        return rows

    def _free_text(
        self,
        name: str,
        texts: list[str | None],
        own: list[list[tuple[str, object]]],
        record_ids: list[int],
        spans: list[dict[str, object]],
    ) -> list[str | None]:
        masked = []
        for record_id, text, found in zip(record_ids, texts, self._masker.find(texts, own), strict=True):
            stretches = resolve(found, self._kinds)
            masked.append(self._text.mask(text, stretches))
            for span in stretches:
                self.found[span.entity] += 1
                spans.append(
                    {
                        "record_id": record_id,
                        "column": name,
                        "start": span.start,
                        "end": span.end,
                        "entity": span.entity,
                        "score": span.score,
                        "detector": span.detector,
                    }
                )
        return masked
