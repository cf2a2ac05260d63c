"""Unit and neighbouring relation: never less than declared, and said in words."""

from __future__ import annotations

import pytest

from tasks.core.errors import UserError
from tasks.methods.dp.relation import relation_for, relation_in_words, unit_for, unit_in_words


def test_the_unit_is_the_person_where_one_is_declared() -> None:
    assert (unit_for(None, True), unit_for(None, False)) == ("person", "record")
    assert (unit_for("person", True), unit_for("record", False)) == ("person", "record")


def test_records_of_persons_are_asked_for_and_said() -> None:
    assert unit_for("record", True) == "record"
    assert "NOT one person" in unit_in_words("record", True)
    assert "NOT" not in unit_in_words("record", False) + unit_in_words("person", True)


def test_persons_nobody_declared_are_refused() -> None:
    with pytest.raises(UserError, match=r"train\.unit"):
        unit_for("person", False)


def test_a_counted_population_is_public() -> None:
    assert (relation_for(None, False), relation_for(None, True)) == ("zero_out", "add_or_remove")
    assert relation_for("zero_out", True) == "zero_out"
    assert "public" in relation_in_words("zero_out", "record")
    assert "one person added or removed" in relation_in_words("add_or_remove", "person")
    with pytest.raises(UserError, match=r"train\.relation"):
        relation_for("add_or_remove", False)
