"""Values of a column in which the gate's detectors find nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, List, Optional  # noqa: UP035 - pydantic 1 reads these

import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics import ColumnMapMetricProvider, column_condition_partial

from tasks.methods.gate import registry
from tasks.methods.gate.expectations.counts_only import CountsOnly, judged_texts, percent
from tasks.methods.gate.finding import Detector
from tasks.methods.gate.placeholders import Placeholders

_THRESHOLD = 0.5


class ColumnValuesFreeOfPersonalData(ColumnMapMetricProvider):
    """Whether each value is free of findings."""

    condition_metric_name = "column_values.free_of_personal_data"
    condition_value_keys = ("entities", "detectors", "threshold", "kind", "placeholders")

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls: Any,  # noqa: N805 - the library makes it a class method
        column: pd.Series,
        entities: Sequence[str] | None = None,
        detectors: Sequence[str] | None = None,
        threshold: float | None = None,
        kind: str | None = None,
        placeholders: Sequence[str] | None = None,
        **_: Any,
    ) -> pd.Series:
        asked = _detectors(tuple(detectors or ["airlock-rules"]), _THRESHOLD if threshold is None else threshold)
        kinds = frozenset(entities) if entities else frozenset().union(*(one.entities for one in asked))
        left = Placeholders(placeholders if placeholders is not None else [f"<{kind}>" for kind in sorted(kinds)])

        def free(texts: list[str]) -> list[bool]:
            found = [False] * len(texts)
            for detector in asked:
                for place, hits in enumerate(detector.detect(texts, kind or "")):
                    counted = [hit for hit in hits if hit.entity in kinds]
                    found[place] = found[place] or bool(left.outside(texts[place], counted))
            return [not one for one in found]

        return judged_texts(column, free)


class ExpectColumnValuesToBeFreeOfPersonalData(CountsOnly):
    """Expect the values of a column to be free of what the gate's own detectors find.

    Runs on pandas. Its result holds counts, under every result format.

    Args:
        column: the column's name.
        entities: kinds of personal data that count, as ``airlock`` names them; by default all that the detectors know.
        detectors: the gate's detectors, by name.
        threshold: of the tagger, where it is among them.
        kind: the kind that a structured column holds; empty for text.
        placeholders: what the masker leaves; by default ``<KIND>`` of each kind.
        mostly: the least share of values that must be free.
    """

    entities: Optional[List[str]] = None  # noqa: UP006, UP045 - pydantic 1 reads these
    detectors: List[str] = ["airlock-rules"]  # noqa: UP006
    threshold: float = _THRESHOLD
    kind: str = ""
    placeholders: Optional[List[str]] = None  # noqa: UP006, UP045

    map_metric: ClassVar[str | None] = "column_values.free_of_personal_data"
    success_keys: ClassVar[tuple[str, ...]] = (
        "entities", "detectors", "threshold", "kind", "placeholders", "mostly",
    )  # fmt: skip
    args_keys: ClassVar[tuple[str, ...]] = ("column", "entities", "detectors")

    @classmethod
    def says(cls, kwargs: Mapping[str, Any]) -> tuple[str, str]:
        """What it is about, and what is expected."""
        kinds = ", ".join(kwargs["entities"] or []) or "personal data"
        return kwargs["column"], (
            f"{' and '.join(kwargs['detectors'])} must find no {kinds} in at least "
            f"{percent(kwargs['mostly'])} of the values"
        )


@lru_cache(maxsize=4)
def _detectors(names: tuple[str, ...], threshold: float) -> list[Detector]:
    return registry.detectors(names, threshold)
