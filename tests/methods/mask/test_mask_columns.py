"""Structured columns: what each operator does to cells, and the types it refuses."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

from tasks.core.errors import AirlockError, UserError
from tasks.core.operators import DISCLOSES, HIDES, KEYED, OPERATORS, PARAMETERS, VAULTED, placeholder_pattern
from tasks.methods.mask.columns import TYPES, masked_type
from tasks.methods.mask.document import Document
from tasks.methods.mask.figures import OPERATORS as FIGURES
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.operators import _KEYED, _PLAIN, operator
from tasks.methods.mask.plan import Operation

KEY = MaskKey(b"k" * 32)


def masked(name: str, cells: list[Any], kind: str = "X", **parameters: Any) -> list[Any]:
    documents = [Document("unit:a") for _ in cells]
    return operator(kind, Operation(name, f"<{kind}>", **parameters), KEY).apply(cells, documents)


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("tag", ["Ann", None, ""], ["<X>", None, ""]),
        ("numbered_tag", ["Ann", None, 4], ["<X_1>", None, "<X_1>"]),
        ("redact", ["Ann", None], ["", None]),
        ("stars", ["Ann Lee", None], ["*******", None]),
        ("partial", ["4111 1111 1111 1234", 123456789, "AB-1234", None], ["****1234", "****6789", "****", None]),
        ("year", [datetime.date(2021, 3, 4), "04.03.1999", "soon", "", None], [2021, 1999, None, None, None]),
        ("age_band", [34, 90, 104.0, 7, None], ["30-39", "90+", "90+", "0-9", None]),
        ("zip3", ["02139", 2139, "05901-1234", "SW1A 2AA", None], ["021**", "021**", "000**", "<X>", None]),
        ("keep", [1.5, None], [1.5, None]),
    ],
)
def test_cells(name: str, cells: list[Any], expected: list[Any]) -> None:
    assert masked(name, cells) == expected


def test_keyed_cells() -> None:
    one, two, other, none = masked("hash", ["Maria  LOPEZ", "maria lopez", "Bob", None], "PERSON")
    assert one == two != other and none is None and re.fullmatch(r"<PERSON:[0-9a-f]{20}>", one)
    sealed = masked("encrypt", ["Ann", datetime.date(2021, 3, 4), 7], "PERSON")
    assert len(set(sealed)) == 3 and all(re.fullmatch(r"<PERSON:[a-z2-7]{26,}>", token) for token in sealed)
    days = KEY.days("unit:a")
    assert masked("shift_date", [datetime.date(2021, 3, 4), "2021-03-04", "soon", None], "DATE") == [
        datetime.date(2021, 3, 4) + datetime.timedelta(days=days),
        (datetime.date(2021, 3, 4) + datetime.timedelta(days=days)).isoformat(),
        "<DATE>",
        None,
    ]
    moment = datetime.datetime(2021, 3, 4, 5, 6, tzinfo=datetime.UTC)
    assert masked("shift_date", [moment], "DATE") == [moment + datetime.timedelta(days=days)]
    assert masked("shift_date", [datetime.date.max, datetime.date.min], "DATE").count(None) == 1
    (birth,) = masked("surrogate", [datetime.date(1961, 3, 14)], "DATE_OF_BIRTH")
    assert isinstance(birth, datetime.date) and birth != datetime.date(1961, 3, 14)
    assert masked("hash", [datetime.date(2021, 3, 4)], "DATE") == masked("hash", ["March 4th, 2021"], "DATE")


# A figure needs the column: noise its bounds, a mean what was released of it (test_mask_figures.py).
@pytest.mark.parametrize("name", sorted(set(TYPES) - {"delete", "keep", "mean"} - FIGURES))
def test_what_a_cell_becomes_fits_the_type_that_was_promised(name: str) -> None:
    examples: dict[str, Any] = {
        "string": "2021-03-04",
        "integer": 21390,
        "number": 41.0,
        "date": datetime.date(2021, 3, 4),
        "datetime": datetime.datetime(2021, 3, 4, tzinfo=datetime.UTC),
    }
    python = {"string": str, "integer": int, "date": datetime.date, "datetime": datetime.datetime}
    for type_ in TYPES[name][0]:
        (cell,) = masked(name, [examples[type_]], "DATE")
        promised = masked_type(name, type_, "c", "DATE")
        assert promised is not None and type(cell) is python[promised]


def test_types() -> None:
    assert masked_type("tag", "date", "birth", "DATE_OF_BIRTH") == "string"
    assert masked_type("year", "date", "birth", "DATE_OF_BIRTH") == "integer"
    assert masked_type("shift_date", "date", "seen", "DATE") == "date"
    assert masked_type("keep", "number", "pay", "AMOUNT") == "number"
    assert masked_type("delete", "number", "pay", "INCOME") is None


@pytest.mark.parametrize(
    ("name", "type_"),
    [("stars", "number"), ("age_band", "string"), ("year", "number"), ("tag", "number"), ("hash", "number")],
)
def test_an_operator_that_cannot_work_on_a_type_is_refused(name: str, type_: str) -> None:
    with pytest.raises(UserError, match=f"column pay has type {type_}.*`{name}`.*delete, keep"):
        masked_type(name, type_, "pay", "AMOUNT")


def test_the_operators_of_policies_are_those_that_are_built() -> None:
    assert set(OPERATORS) == set(TYPES) == set(_PLAIN) | set(_KEYED) == set(DISCLOSES)
    assert set(_KEYED) | FIGURES == KEYED and set(OPERATORS) >= VAULTED | HIDES
    assert {name for names in PARAMETERS.values() for name in names} <= set(OPERATORS)
    assert set(PARAMETERS) <= set(Operation.__dataclass_fields__)
    assert "length" in DISCLOSES["stars"]


@pytest.mark.parametrize("name", ["numbered_tag", "hash", "encrypt", "partial", "zip3"])
def test_the_marks_that_operators_leave_are_known(name: str) -> None:
    pattern = placeholder_pattern("<X>", name)
    for value in ("02139", "4111111111111234", "x"):
        (mark,) = masked(name, [value])
        assert pattern is not None and (re.fullmatch(pattern, mark) or mark == "<X>")
    assert placeholder_pattern("<X>", "surrogate") is None
    assert not re.search(placeholder_pattern("<X>", "hash") or "", "<X:maria lopez> <X:MARIA> <X_MARIA>")


def test_what_is_no_operator_or_has_no_key_is_refused() -> None:
    with pytest.raises(AirlockError):
        operator("X", Operation("shred", "<X>"))
    with pytest.raises(UserError, match="PERSON.*`hash` needs the deployment's mask key"):
        operator("PERSON", Operation("hash", "<PERSON>"))
    with pytest.raises(UserError, match="locale xx_XX, which Faker doesn't know"):
        operator("PERSON", Operation("surrogate", "<PERSON>", locale="xx_XX"), KEY)
