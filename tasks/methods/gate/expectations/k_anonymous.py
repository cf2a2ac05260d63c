"""A table in which nobody stands out by their quasi-identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, List, Optional  # noqa: UP035 - pydantic 1 reads these

import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.expectations.model_field_types import MostlyField

from tasks.methods.gate.expectations.counts_only import Says, percent


class TableGroups(TableMetricProvider):
    """How many groups of rows share their quasi-identifiers, by the group's rows and sensitive values: counts alone."""

    metric_name = "table.quasi_identifier_groups"
    value_keys = ("quasi_identifiers", "sensitive")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls: Any,  # noqa: N805 - the library makes it a class method
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> list[tuple[int, int, int]]:
        table, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        columns, sensitive = list(metric_value_kwargs["quasi_identifiers"]), metric_value_kwargs["sensitive"]
        if missing := sorted({*columns, *([sensitive] if sensitive else [])} - set(table.columns)):
            raise ValueError(f"the table has no column {', '.join(missing)}")
        try:
            groups = table.groupby(columns, dropna=False, observed=True, sort=False)
            counted = {"rows": groups.size()}
            counted["values"] = groups[sensitive].nunique(dropna=False) if sensitive else 0 * counted["rows"]
            alike = pd.DataFrame(counted).groupby(["rows", "values"]).size()
            pairs = alike.index.to_frame().itertuples(index=False)
            return [(int(rows), int(values), int(of)) for (rows, values), of in zip(pairs, alike, strict=True)]
        except Exception as exc:
            raise RuntimeError(f"the table's groups could not be counted ({type(exc).__name__})") from None


class ExpectTableToBeKAnonymous(Says, BatchExpectation):
    """Expect each row to agree with at least ``k - 1`` others in all quasi-identifiers.

    k-anonymity after Sweeney (2002) and distinct l-diversity after Machanavajjhala et al. (2007); a null is a value of
    its own. Runs on pandas. Its result holds counts, under every result format.

    Args:
        quasi_identifiers: columns that narrow a person down when they are put together.
        k: rows that must agree in them.
        sensitive: the column whose value a group must not give away.
        l: distinct values of it in a group; 1 asks for nothing.
        mostly: the least share of rows that must be in such groups.
    """

    quasi_identifiers: List[str] = pydantic.Field(min_items=1)  # noqa: UP006
    k: int = pydantic.Field(5, ge=2)
    sensitive: Optional[str] = None  # noqa: UP045
    l: int = pydantic.Field(1, ge=1)  # noqa: E741 - the literature's name
    mostly: MostlyField = 1

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.quasi_identifier_groups",)
    success_keys: ClassVar[tuple[str, ...]] = ("quasi_identifiers", "k", "sensitive", "l", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("quasi_identifiers", "k")

    @pydantic.validator("l")
    def _something_to_tell(cls, value: int, values: dict[str, Any]) -> int:  # noqa: N805
        if value > 1 and not values.get("sensitive"):
            raise ValueError("`l` needs `sensitive`: the column whose values are counted")
        return value

    @classmethod
    def says(cls, kwargs: Mapping[str, Any]) -> tuple[str, str]:
        """What it is about, and what is expected."""
        diverse = f" and have at least {kwargs['l']} values of {kwargs['sensitive']}" if kwargs["l"] > 1 else ""
        return "k-anonymity:", (
            f"at least {percent(kwargs['mostly'])} of the rows must be in a group of at least "
            f"{kwargs['k']} rows that share {', '.join(kwargs['quasi_identifiers'])}{diverse}"
        )

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        groups, wanted = metrics["table.quasi_identifier_groups"], self._get_success_kwargs()
        k, l = wanted["k"], wanted["l"]  # noqa: E741
        rows = sum(size * of for size, _, of in groups)
        at_fault = sum(size * of for size, values, of in groups if size < k or values < l and wanted["sensitive"])
        return {
            "success": not rows or (rows - at_fault) / rows >= wanted["mostly"],
            "result": {
                "observed_value": min((size for size, _, _ in groups), default=0),
                "details": {
                    "rows": rows,
                    "rows_at_fault": at_fault,
                    "rows_below_k": sum(size * of for size, _, of in groups if size < k),
                    "rows_below_l": sum(size * of for size, values, of in groups if values < l and wanted["sensitive"]),
                    "unique_rows": sum(of for size, _, of in groups if size == 1),
                    "groups": sum(of for _, _, of in groups),
                },
            },
        }
