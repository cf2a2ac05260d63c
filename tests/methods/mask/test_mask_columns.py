"""Structured columns: what each operator does to cells, and the types it refuses."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tasks.core.errors import AirlockError, UserError
from tasks.methods.mask.columns import mask_cells, masked_type


@pytest.mark.parametrize(
    ("operator", "cells", "masked"),
    [
        ("tag", ["Ann", None, ""], ["<X>", None, "<X>"]),
        ("redact", ["Ann", None], ["", None]),
        ("stars", ["Ann Lee", None], ["*******", None]),
        ("year", [datetime.date(2021, 3, 4), "04.03.1999", "soon", None], [2021, 1999, None, None]),
        ("age_band", [34, 90, 104.0, 7, None], ["30-39", "90+", "90+", "0-9", None]),
        ("keep", [1.5, None], [1.5, None]),
    ],
)
def test_cells(operator: str, cells: list[Any], masked: list[Any]) -> None:
    assert mask_cells(cells, operator, "<X>") == masked


def test_types() -> None:
    assert masked_type("tag", "date", "birth", "DATE_OF_BIRTH") == "string"
    assert masked_type("year", "date", "birth", "DATE_OF_BIRTH") == "integer"
    assert masked_type("keep", "number", "pay", "AMOUNT") == "number"
    assert masked_type("delete", "number", "pay", "INCOME") is None


@pytest.mark.parametrize(
    ("operator", "type_"), [("stars", "number"), ("age_band", "string"), ("year", "number"), ("tag", "number")]
)
def test_an_operator_that_cannot_work_on_a_type_is_refused(operator: str, type_: str) -> None:
    with pytest.raises(UserError, match=f"column pay has type {type_}.*`{operator}`.*delete, keep"):
        masked_type(operator, type_, "pay", "AMOUNT")


def test_delete_has_no_cells() -> None:
    with pytest.raises(AirlockError):
        mask_cells(["Ann"], "delete", "<X>")
