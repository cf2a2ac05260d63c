"""A table that lost and gained no row without a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Dict, Union  # noqa: UP035 - pydantic 1 reads these

from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.expectations.expectation import BatchExpectation

from tasks.methods.gate.expectations.counts_only import Says, shown


class ExpectTableRowsToBeConserved(Says, BatchExpectation):
    """Expect the table to hold the rows that went in and were planted, without those left out for a reason.

    Rows in + rows planted = rows here + rows left out. Runs wherever rows can be counted: pandas, SQL, Spark.

    Args:
        rows_in: rows that went in.
        planted: rows that were added on the way.
        left_out: rows left out, by reason.
    """

    rows_in: Union[int, SuiteParameterDict]  # noqa: UP007
    planted: Union[int, SuiteParameterDict] = 0  # noqa: UP007
    left_out: Dict[str, Any] = pydantic.Field(default_factory=dict)  # noqa: UP006

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count",)
    success_keys: ClassVar[tuple[str, ...]] = ("rows_in", "planted", "left_out")
    args_keys: ClassVar[tuple[str, ...]] = ("rows_in", "planted", "left_out")

    @classmethod
    def says(cls, kwargs: Mapping[str, Any]) -> tuple[str, str]:
        """What it is about, and what is expected."""
        reasons = [f"{reason} {shown(count)}" for reason, count in (kwargs["left_out"] or {}).items()]
        return "rows are conserved:", (
            f"{shown(kwargs['rows_in'])} in and {shown(kwargs['planted'])} planted, without "
            f"those left out ({', '.join(reasons) or 'none'}), must be here"
        )

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        wanted = self._get_success_kwargs()
        left_out = sum((wanted["left_out"] or {}).values())
        rows, expected = metrics["table.row_count"], wanted["rows_in"] + wanted["planted"] - left_out
        return {
            "success": rows == expected,
            "result": {"observed_value": rows, "details": {"expected": expected, "left_out": left_out}},
        }
