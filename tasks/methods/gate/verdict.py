"""The verdict: limits against evidence, by a Great Expectations checkpoint over counts.

Great Expectations sees a table of counts by row and a table of shards, both without a value of anybody: even a result
format that quotes what failed could quote counts only. Values are excluded from results all the same.
"""

from __future__ import annotations

import os

# Read when the library is imported: it would report its use to a server otherwise.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import logging  # noqa: E402
from collections.abc import Iterator, Mapping  # noqa: E402
from dataclasses import dataclass, replace  # noqa: E402
from fractions import Fraction  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: E402

from tasks.methods.gate.counts import ROWS, SHARDS  # noqa: E402
from tasks.methods.gate.evidence import FOUND  # noqa: E402

RESULT_FORMAT = {
    "result_format": "BASIC",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
}
"""Counts and shares, never what was counted."""

CONSERVED, ONCE, SHARD_ROWS, TEXT_KEPT, COLUMNS = (
    "every row that masking promised has evidence",
    "every row has evidence once",
    "every shard holds the rows it promised",
    "no row lost its text",
    "every shard has the declared columns",
)
"""What is expected of the table's shape."""


@dataclass(frozen=True)
class Line:
    """What one expectation said.

    Attributes:
        name: the kind of personal data, or what is expected of the table's shape.
        passed: whether it holds.
        limit: the largest share of rows at fault, where there is one.
        allowed: how many rows that is.
        found: rows at fault, or what was counted in place of what was expected.
    """

    name: str
    passed: bool = False
    limit: float | None = None
    allowed: int = 0
    found: int = 0


@dataclass(frozen=True)
class Verdict:
    """The gate's decision.

    Attributes:
        rows: rows that masking promised.
        entities: a line a kind.
        shape: a line an expectation of the table's shape.
    """

    rows: int
    entities: tuple[Line, ...]
    shape: tuple[Line, ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation holds."""
        return not self.failures

    @property
    def failures(self) -> list[Line]:
        """The lines that don't hold, the table's shape first."""
        return [line for line in (*self.shape, *self.entities) if not line.passed]


def allowed_rows(limit: float, rows: int) -> int:
    """The largest number of rows within ``limit``, in exact arithmetic on the decimal that was written.

    >>> allowed_rows(0.1, 30), allowed_rows(0.07, 100), allowed_rows(0.0, 10)
    (3, 7, 0)
    """
    return int(Fraction(str(limit)) * rows)


def judge(database: Path, rows: int, columns: str, limits: Mapping[str, float], docs: Path | None = None) -> Verdict:
    """Run the checkpoint.

    Args:
        database: the SQLite file of :func:`tasks.methods.gate.counts.write_database`.
        rows: how many rows the masked shards' references promise.
        columns: the declared columns in one line.
        limits: by kind (a ``found_`` column of the table, or ``""`` for rows with any finding), the share of rows that
            may hold a finding of it.
        docs: a folder for Data Docs.

    Raises:
        RuntimeError: where an expectation couldn't be evaluated. A gate that couldn't look is shut.
    """
    shape = list(_shape(rows, columns))
    kinds = [_at_most(entity, limit, rows) for entity, limit in limits.items()]
    results = _run(database, [*shape, *kinds], docs)
    return Verdict(
        rows,
        tuple(_answer(line, results[line.name]) for line, _, _ in kinds),
        tuple(_answer(line, results[line.name]) for line, _, _ in shape),
    )


def _shape(rows: int, columns: str) -> Iterator[tuple[Line, Any, str]]:
    yield Line(CONSERVED, allowed=rows), gxe.ExpectTableRowCountToEqual(value=rows), ROWS
    yield Line(ONCE), gxe.ExpectColumnValuesToBeUnique(column="record_id"), ROWS
    equal = gxe.ExpectColumnPairValuesToBeEqual(column_A="rows", column_B="rows_promised")
    yield Line(SHARD_ROWS), equal, SHARDS
    yield Line(TEXT_KEPT), gxe.ExpectColumnSumToBeBetween(column="rows_without_text", min_value=0, max_value=0), SHARDS
    yield Line(COLUMNS), gxe.ExpectColumnValuesToBeInSet(column="columns", value_set=[columns]), SHARDS


def _at_most(entity: str, limit: float, rows: int) -> tuple[Line, Any, str]:
    """An expectation that at most ``limit`` of the rows have a finding.

    ``mostly`` is written as the very quotient that the library compares it with, so no rounding decides.
    """
    allowed = allowed_rows(limit, rows)
    expectation = gxe.ExpectColumnValuesToBeBetween(
        column=FOUND + entity if entity else "found",
        min_value=0,
        max_value=0,
        mostly=(rows - allowed) / rows if rows else 1.0,
        description=f"**{entity or 'any kind'}**: at most {allowed} of {rows} rows may hold a finding",
    )
    return Line(entity, limit=limit, allowed=allowed), expectation, ROWS


def _run(database: Path, asked: list[tuple[Line, Any, str]], docs: Path | None) -> dict[str, Any]:
    """What each expectation says, by the line's name."""
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sqlite("evidence", connection_string=f"sqlite:///{database}")
    definitions = []
    for table in (ROWS, SHARDS):
        suite = context.suites.add(gx.ExpectationSuite(name=f"leak gate {table}"))
        for line, expectation, of in asked:
            if of == table:
                expectation.meta = {"line": line.name}
                suite.add_expectation(expectation)
        batch = source.add_table_asset(table, table_name=table).add_batch_definition_whole_table("all")
        definition = gx.ValidationDefinition(name=f"leak gate {table}", data=batch, suite=suite)
        definitions.append(context.validation_definitions.add(definition))
    actions = []
    if docs is not None:
        context.add_data_docs_site(site_name="docs", site_config=_site(docs))
        actions.append(gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=["docs"]))
    checkpoint = gx.Checkpoint(
        name="leak gate", validation_definitions=definitions, actions=actions, result_format=RESULT_FORMAT
    )
    said = {}
    for run in context.checkpoints.add(checkpoint).run().run_results.values():
        for result in run.results:
            info = result.exception_info or {}
            if any(isinstance(one, dict) for one in info.values()) or info.get("raised_exception"):
                # Not chained: the library's message may quote what it read.
                raise RuntimeError("the leak gate could not evaluate an expectation")
            said[result.expectation_config.meta["line"]] = result
    return said


def _answer(line: Line, result: Any) -> Line:
    found = result.result.get("unexpected_count", result.result.get("observed_value", 0))
    return replace(line, passed=bool(result.success), found=int(found or 0))


def _site(docs: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
