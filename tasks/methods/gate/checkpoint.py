"""A Great Expectations checkpoint over an SQLite file of counts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.methods.gate.decision import Line
from tasks.methods.gate.quiet import ProgressBarsConfig, gx

RESULT_FORMAT = {
    "result_format": "BASIC",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
}
"""Counts and shares, never what was counted."""


@dataclass(frozen=True)
class Asked:
    """An expectation of a table, and the line that its answer fills."""

    line: Line
    expectation: Any
    table: str


def run(database: Path, asked: Sequence[Asked], docs: Path | None) -> list[Any]:
    """The result of each expectation, in order.

    Args:
        database: an SQLite file.
        asked: the expectations.
        docs: a folder for Data Docs.

    Raises:
        RuntimeError: where an expectation couldn't be evaluated.
    """
    try:
        said = {result.expectation_config.meta["place"]: result for result in _results(database, asked, docs)}
    except Exception as exc:
        # Not chained: the library's message may quote what it read.
        raise RuntimeError(f"the leak gate could not evaluate its expectations ({type(exc).__name__})") from None
    if sorted(said) != list(range(len(asked))) or any(map(_unanswered, said.values())):
        raise RuntimeError("the leak gate could not evaluate an expectation")
    return [said[place] for place in range(len(asked))]


def _results(database: Path, asked: Sequence[Asked], docs: Path | None) -> list[Any]:
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sqlite("evidence", connection_string=f"sqlite:///{database}")
    definitions = []
    for table in dict.fromkeys(one.table for one in asked):
        expected = []
        for place, one in enumerate(asked):
            if one.table == table:
                one.expectation.meta = {"evidence": one.line.evidence, "line": one.line.name, "place": place}
                expected.append(one.expectation)
        # All at once: a suite is stored anew for each expectation that is added to it.
        suite = context.suites.add(gx.ExpectationSuite(name=f"leak gate {table}", expectations=expected))
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
    runs = context.checkpoints.add(checkpoint).run().run_results.values()
    return [result for one in runs for result in one.results]


def _unanswered(result: Any) -> bool:
    info = result.exception_info or {}
    return any(isinstance(one, dict) for one in info.values()) or bool(info.get("raised_exception"))


def _site(docs: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
