"""What the expectations share: results of counts alone, errors without what was read, a sentence for Data Docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pandas as pd
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType

_COUNTS = {"result_format": "BOOLEAN_ONLY", "include_unexpected_rows": False, "return_unexpected_index_query": False}


class Says:
    """What Data Docs show of an expectation: what it is about, and one sentence."""

    @classmethod
    def says(cls, kwargs: Mapping[str, Any]) -> tuple[str, str]:
        """What it is about, and what is expected, from the expectation's arguments."""
        raise NotImplementedError

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: Any) -> Any:
        subject, renderer_configuration.template_str = cls._template(renderer_configuration.kwargs)
        renderer_configuration.add_param(name="subject", param_type=RendererValueType.STRING, value=subject)
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[Any]:
        about = RendererConfiguration(
            configuration=configuration, result=result, runtime_configuration=runtime_configuration
        )
        subject, sentence = cls._template(about.kwargs)
        badge = {"default": {"classes": ["badge", "badge-secondary"]}}
        template = {"template": sentence, "params": {"subject": subject}, "styling": badge}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]

    @classmethod
    def _template(cls, kwargs: Mapping[str, Any]) -> tuple[str, str]:
        """The subject, and the sentence as a template in which every other dollar is a dollar."""
        subject, sentence = cls.says({**_defaults(cls), **kwargs})
        sentence += " where its row condition holds" if kwargs.get("row_condition") else ""
        return subject, "$subject " + sentence.replace("$", "$$")


class CountsOnly(Says, ColumnMapExpectation):
    """An expectation of a column's values whose result is counts, under every result format.

    Great Expectations computes the unexpected values, their rows and their index where a result format asks for them,
    and all formats but ``BOOLEAN_ONLY`` do. Here they are never asked for, so that none can be printed.
    """

    map_metric: ClassVar[str | None] = None

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether it stands for a family; those are not registered."""
        return not cls.map_metric or super().is_abstract()

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None, **kwargs: Any
    ) -> Any:
        """The counts that decide, whatever the result format asks for."""
        asked = super().get_validation_dependencies(
            execution_engine=execution_engine,
            runtime_configuration={**(runtime_configuration or {}), "result_format": dict(_COUNTS)},
            **kwargs,
        )
        # The caller's own format goes on to the suite's other expectations.
        asked.result_format = self._get_runtime_kwargs(runtime_configuration)["result_format"]
        return asked

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        rows = int(metrics["table.row_count"])
        missing = int(metrics["column_values.nonnull.unexpected_count"])
        unexpected = int(metrics[f"{self.map_metric}.unexpected_count"])
        held = rows - missing
        return {
            "success": not held or (held - unexpected) / held >= self._get_success_kwarg("mostly"),
            "result": {
                "element_count": rows,
                "missing_count": missing,
                "missing_percent": 100 * missing / rows if rows else 0.0,
                "unexpected_count": unexpected,
                "unexpected_percent": 100 * unexpected / held if held else 0.0,
                "unexpected_percent_total": 100 * unexpected / rows if rows else 0.0,
                "unexpected_percent_nonmissing": 100 * unexpected / held if held else 0.0,
            },
        }


def percent(share: Any) -> str:
    """A share for a sentence; a suite parameter's name where it is known at the run only.

    >>> percent(0.995), percent({"$PARAMETER": "least"})
    ('99.5 %', '$least')
    """
    return f"{100 * share:g} %" if isinstance(share, (int, float)) else shown(share)


def shown(value: Any) -> str:
    """A figure for a sentence; a suite parameter's name where it is known at the run only."""
    return f"${value['$PARAMETER']}" if isinstance(value, dict) and "$PARAMETER" in value else str(value)


def judged_texts(column: pd.Series, holds: Callable[[list[str]], list[bool]]) -> pd.Series:
    """Whether each value is as expected.

    Args:
        column: values, none of them null.
        holds: for texts, whether each is as expected.

    Raises:
        RuntimeError: where they couldn't be judged. Great Expectations prints errors, so it doesn't say what was read.
    """
    try:
        texts = [value if isinstance(value, str) else str(value) for value in column]
        once = sorted(set(texts))
        said = dict(zip(once, holds(once), strict=True))
        return pd.Series([said[text] for text in texts], index=column.index, dtype=bool)
    except Exception as exc:
        raise RuntimeError(f"the column's values could not be judged ({type(exc).__name__})") from None


def _defaults(expectation: Any) -> dict[str, Any]:
    return {name: field.default for name, field in expectation.__fields__.items()}
