"""Clip rules: what each method needs, and that a bound is a constant."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.core.config.clip import ClipConfig, ClipRule, ProjectionRule


def test_the_default_truncates_the_adapter() -> None:
    (rule,) = ClipConfig().rules
    assert (rule.method, rule.target, rule.pattern) == ("truncate", "adapter", "*")
    assert rule.bound is not None


@pytest.mark.parametrize("bound", ["p99", "auto", {"quantile": 0.99}, 0, -1, float("inf"), float("nan")])
def test_a_bound_that_is_not_a_public_constant_is_refused(bound: Any) -> None:
    with pytest.raises(ValidationError):
        ClipRule(bound=bound)


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "truncate"},
        {"method": "truncate", "bound": 1, "scale": 1},
        {"method": "truncate", "bound": 1, "axis": 0},
        {"method": "max_norm", "scale": 1},
        {"method": "gaussian", "bound": 1},
        {"method": "gaussian", "scale": 1, "cutoff": 1},
        {"method": "median", "bound": 1},
        {"method": "truncate", "bound": 1, "deviations": 2},
        {"method": "max_norm", "deviations": 2},
        {"method": "spectral"},
        {"method": "spectral", "bound": 1, "axis": 0},
        {"bound": 1, "kind": "linear"},
        {"bound": 1, "kind": "lora_a", "target": "merged"},
        {"bound": 1, "kind": "dense", "target": "merged"},
    ],
)
def test_a_methods_fields_are_its_own(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClipRule(**fields)


def test_a_bound_from_data_is_refused_in_words() -> None:
    with pytest.raises(ValidationError, match="public constant and is not taken from data"):
        ClipRule(bound="p99")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "gaussian", "bound": 1},
        {},
        {"bound": 0},
        {"bound": "p99"},
        {"bound": 1, "axis": 0},
        {"deviations": 2},
    ],
)
def test_what_is_no_projection_is_no_rule_for_training(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProjectionRule(**fields)


def test_a_limit_on_quality_needs_texts_to_measure_it_by() -> None:
    with pytest.raises(ValidationError, match="max_quality_loss empty"):
        ClipConfig(quality_texts=0)
    with pytest.raises(ValidationError, match="at least two"):
        ClipConfig(quality_texts=1, max_quality_loss=None)
    assert ClipConfig(quality_texts=0, max_quality_loss=None).quality_texts == 0
    assert ClipConfig(quality_texts=0, rules=()).max_quality_loss is not None
    assert "max_quality_loss" not in ClipConfig().deciding()
