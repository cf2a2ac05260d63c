"""Rows written in the format that they were read in: JSON Lines, CSV, TSV or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import IO, Any


class RowsFile:
    """Writes rows to an open file.

    Args:
        out: the file: of bytes for Parquet, of text for the others.
        format_: ``jsonl``, ``csv``, ``tsv`` or ``parquet``.
    """

    def __init__(self, out: IO[Any], format_: str) -> None:
        self._out, self._format = out, format_
        self._writer: Any = None

    def write(self, rows: Sequence[Mapping[str, Any]], schema: Any = None) -> None:
        """Add rows with the same columns each.

        Args:
            rows: a mapping a row.
            schema: their Arrow schema; only Parquet needs it.
        """
        if not rows:
            return
        if self._format == "jsonl":
            for row in rows:
                self._out.write(json.dumps(row, ensure_ascii=False, default=written) + "\n")
        elif self._format == "parquet":
            self._parquet(rows, schema)
        else:
            self._lines(rows)

    def close(self) -> None:
        """Write what a format has at its end; the file itself stays open."""
        if self._format == "parquet" and self._writer is not None:
            self._writer.close()

    def _parquet(self, rows: Sequence[Mapping[str, Any]], schema: Any) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(self._out, schema)
        self._writer.write_batch(pa.RecordBatch.from_pylist(list(rows), self._writer.schema))

    def _lines(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if self._writer is None:
            delimiter = "\t" if self._format == "tsv" else ","
            self._writer = csv.writer(self._out, delimiter=delimiter, lineterminator="\n")
            self._writer.writerow(rows[0])
        for row in rows:
            self._writer.writerow(["" if cell is None else written(cell) for cell in row.values()])


def written(cell: Any) -> Any:
    """A cell as a text format has it: dates and times by ISO 8601."""
    return cell.isoformat() if hasattr(cell, "isoformat") else cell
