"""What a guarantee is about: the unit of privacy, and which data sets count as neighbours. In words, for every report.

Exchanging one unit for another (replace-one) isn't offered: it moves a clipped sum by up to twice the clipping norm, so
the same noise would promise far less than the accountant says.
"""

from __future__ import annotations

from typing import Literal

from tasks.core.errors import UserError

Unit = Literal["record", "person"]
Relation = Literal["add_or_remove", "zero_out"]

_UNITS: dict[Unit, str] = {
    "record": "one record (one row of the clean table)",
    "person": "one person (all rows with the same unit_id, clipped as one)",
}
_RELATIONS: dict[Relation, str] = {
    "add_or_remove": "one {unit} added or removed; the population is a declared public number",
    "zero_out": "one {unit}'s data replaced by nothing (zero-out); the number of training {units} is treated as public",
}
_NOT_PERSON = " and NOT one person: a person with several records is protected less than epsilon says"


def unit_for(wanted: Unit | None, person_declared: bool) -> Unit:
    """The unit of privacy: what was asked for, else the person where one is declared, else the record.

    Raises:
        UserError: persons are to be protected, but nothing says which rows are whose.
    """
    if wanted == "person" and not person_declared:
        raise UserError(
            "train.unit is person, but no column says which rows belong to one person; give the source a unit_id, or "
            "set train.unit to record."
        )
    return wanted or ("person" if person_declared else "record")


def relation_for(wanted: Relation | None, population_declared: bool) -> Relation:
    """The neighbouring relation: add-or-remove needs a population that doesn't come from counting.

    Raises:
        UserError: a number that changes with one unit would set the sampling rate and δ.
    """
    if wanted == "add_or_remove" and not population_declared:
        raise UserError(
            "train.relation is add_or_remove, but the population is counted, which makes it public; declare "
            "train.population, or set train.relation to zero_out."
        )
    return wanted or ("add_or_remove" if population_declared else "zero_out")


def unit_in_words(unit: Unit, person_declared: bool) -> str:
    """The unit for a report. Records of persons who have several say so."""
    return _UNITS[unit] + (_NOT_PERSON if unit == "record" and person_declared else "")


def relation_in_words(relation: Relation, unit: Unit) -> str:
    """The neighbouring relation for a report."""
    return _RELATIONS[relation].format(unit=unit, units=f"{unit}s")
