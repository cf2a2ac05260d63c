"""Features by public constants alone."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import UserError
from tasks.methods.tabular.schema import Categorical, Numeric, Schema

SCHEMA = Schema(
    (
        Numeric("age", 20, 70),
        Numeric("gain", 0, 99, log=True, edges=(1.0, 50.0)),
        Categorical("work", ("private", "state")),
    ),
    "income",
    ("<=50K", ">50K"),
)
CELLS = st.one_of(
    st.none(),
    st.floats(),
    st.integers(-(10**9), 10**9),
    st.text(max_size=8),
    st.sampled_from(["private", " state", "45", "1e3"]),
)


def encode(*cells: Any) -> list[float]:
    return SCHEMA.encode([(*cells, ">50K")])[0][0].tolist()


def test_features_of_a_row() -> None:
    assert encode(45, 0, "state") == pytest.approx([0, 0, -1, 0, 1, 0, 0, 0, 1, 0])
    assert encode("20", "9", "private") == pytest.approx([-1, 0, 0, 0, 0, 1, 0, 1, 0, 0])
    assert encode(1000, 1e9, "farm") == pytest.approx([1, 0, 1, 0, 0, 0, 1, 0, 0, 1])
    assert encode(-5, -5, None) == pytest.approx([-1, 0, -1, 0, 1, 0, 0, 0, 0, 1])
    assert encode("?", None, "") == pytest.approx([0, 1, 0, 1, 0, 0, 0, 0, 0, 1])
    assert encode(math.nan, math.inf, " state ") == pytest.approx([0, 1, 1, 0, 0, 0, 1, 0, 1, 0])
    assert SCHEMA.features == 10


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_wild_cells_stay_within_the_public_norm(rows: list[tuple[Any, ...]]) -> None:
    features, labels = SCHEMA.encode([(*row, "<=50K") for row in rows])
    assert features.dtype == np.float32
    assert np.abs(features).max() <= 1
    assert np.linalg.norm(features, axis=1).max() <= SCHEMA.norm_bound + 1e-6
    assert SCHEMA.norm_bound == 2
    for row, one in zip(rows, features, strict=True):
        np.testing.assert_array_equal(SCHEMA.encode([(*row, "<=50K")])[0][0], one)
    assert labels.tolist() == [0] * len(rows)


def test_labels_are_declared_and_an_error_quotes_none() -> None:
    assert SCHEMA.encode([(1, 1, "x", ">50K"), (1, 1, "x", " <=50K")])[1].tolist() == [1, 0]
    for wrong in ("Jane Roe", None):
        with pytest.raises(UserError, match=r"train\.labels: a row.s label") as caught:
            SCHEMA.encode([(1, 1, "x", ">50K"), (1, 1, "x", wrong)])
        assert "Jane" not in str(caught.value)


def test_a_schema_survives_json() -> None:
    assert Schema.from_json(json.loads(json.dumps(SCHEMA.to_json()))) == SCHEMA


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Numeric("a", 1, 1),
        lambda: Numeric("a", 0, math.inf),
        lambda: Numeric("a", 0, 1, edges=(2, 1)),
        lambda: Categorical("a", ()),
        lambda: Categorical("a", ("x", "x")),
        lambda: Schema((), "y", ("a", "b")),
        lambda: Schema((Numeric("a", 0, 1), Numeric("a", 0, 2)), "y", ("a", "b")),
        lambda: Schema((Numeric("a", 0, 1),), "a", ("a", "b")),
        lambda: Schema((Numeric("a", 0, 1),), "y", ("a",)),
        lambda: Schema.from_json({"columns": [{"kind": "odd", "name": "a"}], "label": "y", "labels": ["a", "b"]}),
        lambda: Schema.from_json({"columns": [{"kind": "numeric", "name": "a"}], "label": "y", "labels": ["a", "b"]}),
        lambda: Schema.from_json({"columns": []}),
    ],
)
def test_a_schema_that_says_nothing_is_refused(wrong: Any) -> None:
    with pytest.raises(UserError, match=r"^train\.(schema|labels)"):
        wrong()
