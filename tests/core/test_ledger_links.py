"""Data sets that share people share a budget; parts that share nobody pay apart."""

from __future__ import annotations

import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import BudgetRefused, UserError
from tasks.core.ledger import Ledger, UnitSet
from tests.ledgers import DELTA, budget, charge, gaussian_for, open_ledger, people, spend, tight

FOUR = gaussian_for(4.0)
SEVEN = gaussian_for(7.0)


def fits(ledger: Ledger, *events: object, **changes: object) -> bool:
    return ledger.quote(charge(*(events or (FOUR,)), key="asked", **changes)).fits


@pytest.fixture
def two(ledger: Ledger) -> Ledger:
    """A ledger with two data sets, neither linked nor charged."""
    budget(ledger, "taxes", epsilon=5.0)
    return ledger


@pytest.fixture
def parts(ledger: Ledger) -> Ledger:
    """A ledger whose data set may be partitioned by person."""
    budget(ledger, parallel=True)
    return ledger


def test_linked_data_sets_have_one_budget_and_that_is_the_others(two: Ledger) -> None:
    spend(two, SEVEN)
    spend(two, gaussian_for(0.5), dataset="taxes")
    assert fits(two, gaussian_for(3.0), dataset="taxes")
    two.link("taxes", "visits", "the same clinic")
    assert not fits(two, gaussian_for(3.0), dataset="taxes")
    assert not fits(two, gaussian_for(3.0))
    account, other = two.account("taxes", tight), two.account("visits", tight)
    assert (account.spent, account.charges, account.budget.epsilon) == (other.spent, 2, 8.0)
    assert account.dataset.name == "taxes" and account.budget.name == "visits"
    assert account.spent > 7.4


def test_a_chain_of_links_is_one_budget(two: Ledger) -> None:
    budget(two, "votes")
    for name in ("visits", "taxes", "votes"):
        spend(two, gaussian_for(2.0), dataset=name)
    two.link("votes", "taxes", "the same town")
    two.link("taxes", "visits", "the same town")
    assert {found.pool for found in two.datasets()} == {"visits"}
    assert {two.account(name, tight).charges for name in ("visits", "taxes", "votes")} == {3}
    two.link("visits", "votes", "again")  # they are one already: nothing changes
    assert {found.pool for found in two.datasets()} == {"visits"}


def test_charges_of_a_linked_lifetime_count_against_a_monthly_budget(two: Ledger) -> None:
    budget(two, period="month")
    spend(two, FOUR, dataset="taxes")
    two.link("taxes", "visits", "the same people")
    assert two.account("visits", tight).spent == pytest.approx(4.0, abs=1e-6)
    assert not fits(two, SEVEN)


def test_the_budget_of_a_linked_data_set_is_set_where_it_counts(two: Ledger) -> None:
    two.link("taxes", "visits", "the same people")
    with pytest.raises(UserError, match="draws on the budget of visits"):
        budget(two, "taxes", epsilon=1.0)
    assert budget(two, "taxes", only_new=True).pool == "visits"
    budget(two, "visits", epsilon=1.0)
    assert not fits(two, gaussian_for(2.0), dataset="taxes")


def test_only_data_sets_of_one_unit_can_be_linked(two: Ledger) -> None:
    budget(two, "rows", unit="record")
    with pytest.raises(UserError, match="one record, visits for one person"):
        two.link("rows", "visits", "a mistake")
    two.link("taxes", "visits", "the same people")
    with pytest.raises(UserError, match="unit can't change"):
        budget(two, "visits", unit="record")


def test_what_is_not_registered_is_not_linked(two: Ledger) -> None:
    with pytest.raises(UserError, match="ghosts isn't registered"):
        two.link("ghosts", "visits", "?")
    with pytest.raises(UserError, match="ghosts isn't registered"):
        two.declare_distinct("visits", "ghosts", "?")


def test_an_overlap_is_refused_until_the_two_are_linked(two: Ledger) -> None:
    spend(two, FOUR, units=people(1, 2, 3))
    with pytest.raises(UserError, match="taxes and visits share people.*link taxes visits"):
        two.reserve(charge(FOUR, dataset="taxes", units=people(3, 4)), fingerprint="f" * 64)
    with pytest.raises(UserError, match="share people"):
        two.know_units("taxes", people(3))
    assert two.entries("taxes") == []
    # An operator's word doesn't stand against the hashes.
    two.declare_distinct("visits", "taxes", "they differ, I think")
    with pytest.raises(UserError, match="share people"):
        two.know_units("taxes", people(3))
    two.link("taxes", "visits", "one town")
    two.know_units("taxes", people(3, 4))
    assert not fits(two, SEVEN, dataset="taxes")


def test_people_who_come_later_are_noticed(two: Ledger) -> None:
    two.know_units("visits", people(1))
    two.know_units("taxes", people(2))
    two.know_units("visits", people(3))
    with pytest.raises(UserError, match="share people"):
        two.know_units("taxes", people(1))
    with pytest.raises(UserError, match="share people"):
        two.know_units("visits", people(2, 9))


def test_disjoint_data_sets_pay_apart(two: Ledger) -> None:
    spend(two, SEVEN, units=people(1, 2, 3))
    spend(two, FOUR, dataset="taxes", units=people(4, 5))
    assert two.account("visits", tight).charges == two.account("taxes", tight).charges == 1


def test_hashes_under_another_key_count_as_overlapping_until_declared_distinct(two: Ledger) -> None:
    two.know_units("visits", people(1))
    with pytest.raises(UserError, match="can't be told.*different keys.*--distinct"):
        two.know_units("taxes", people(2, key="key-2"))
    two.declare_distinct("taxes", "visits", "one is in Peru")
    two.declare_distinct("visits", "taxes", "said twice")
    two.know_units("taxes", people(2, key="key-2"))
    two.know_units("visits", people(5))
    assert [record.kind for record in two.records("taxes")] == ["register", "distinct", "units"]
    budget(two, "votes")
    with pytest.raises(UserError, match="can't be told"):
        two.know_units("votes", people(7))  # whether taxes holds it can't be told


def test_an_unchanged_set_leaves_no_record(ledger: Ledger) -> None:
    ledger.know_units("visits", people(1, 2))
    ledger.know_units("visits", people(2, 1))
    ledger.know_units("visits", people(1))
    assert [record.kind for record in ledger.records("visits")] == ["register", "units"]
    ledger.know_units("visits", people(3))
    assert ledger.records("visits")[-1].read()["members"] == 3


# --- parts of one data set


def test_parts_that_share_nobody_cost_the_most_of_them(parts: Ledger) -> None:
    spend(parts, SEVEN, block="2020", units=people(1, 2))
    spend(parts, FOUR, block="2021", units=people(3, 4))
    assert 7 <= parts.account("visits", tight).spent <= 8
    assert not fits(parts, FOUR, block="2020", units=people(1, 2))
    assert fits(parts, gaussian_for(3.0), block="2021", units=people(3, 4))
    assert not fits(parts, FOUR)  # on everybody
    quoted = parts.quote(charge(gaussian_for(1.0), key="asked", block="2021", units=people(3, 4)))
    assert 4 <= quoted.spent < 6  # what its own people paid


def test_one_shared_person_makes_parts_add_up(parts: Ledger) -> None:
    spend(parts, SEVEN, block="2020", units=people(1, 2))
    with pytest.raises(BudgetRefused):
        parts.reserve(charge(FOUR, block="2021", units=people(2, 3), key="asked"), fingerprint="f" * 64)
    spend(parts, FOUR, block="2022", units=people(5, 6))
    parts.know_units("visits", people(6, 7), block="2023")
    # 2020, 2021 share person 2 and 2022, 2023 share 6: two groups, each with a sum of its own.
    spend(parts, gaussian_for(2.0), block="2023", units=people(6, 7))
    assert not fits(parts, SEVEN, block="2022", units=people(5, 6))
    assert not fits(parts, FOUR, block="2021", units=people(2, 3))


def test_sharing_runs_through_parts_in_between(parts: Ledger) -> None:
    spend(parts, SEVEN, block="a", units=people(1, 2))
    spend(parts, FOUR, block="c", units=people(3, 4))
    assert fits(parts, gaussian_for(3.0), block="c", units=people(3, 4))
    parts.know_units("visits", people(2, 3), block="b")
    assert not fits(parts, gaussian_for(3.0), block="c", units=people(3, 4))


def test_parts_hashed_under_different_keys_add_up(parts: Ledger) -> None:
    spend(parts, SEVEN, block="2020", units=people(1))
    with pytest.raises(BudgetRefused):
        parts.reserve(charge(FOUR, block="2021", units=people(2, key="key-2"), key="asked"), fingerprint="f" * 64)


def test_a_charge_on_everybody_counts_for_every_part(parts: Ledger) -> None:
    spend(parts, SEVEN)
    assert not fits(parts, FOUR, block="2020", units=people(1))
    assert not fits(parts, FOUR, block="2021", units=people(2))


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ({"parallel": False}, {"units": people(1)}),
        ({"parallel": True}, {}),
        ({"parallel": True, "unit": "record"}, {"units": people(1), "unit": "record"}),
    ],
)
def test_a_part_is_charged_by_itself_only_where_persons_are_known(
    ledger: Ledger, registered: dict[str, object], asked: dict[str, object]
) -> None:
    budget(ledger, **registered)
    with pytest.raises(UserError, match="only where the data set is registered as partitioned by person"):
        ledger.reserve(charge(FOUR, block="2020", **asked), fingerprint="f" * 64)
    assert ledger.entries() == []


def test_parts_of_linked_data_sets_that_share_a_person_add_up(parts: Ledger) -> None:
    budget(parts, "taxes", parallel=True)
    parts.declare_distinct("visits", "taxes", "nobody is in both, they said")
    spend(parts, SEVEN, block="north", units=people(1))
    spend(parts, FOUR, block="south", units=people(1, key="key-2"), dataset="taxes")
    parts.link("taxes", "visits", "they are the same after all")
    # Whether the two share a person can't be told: they may.
    assert parts.account("visits", tight).spent > 8
    assert not fits(parts, gaussian_for(0.5), block="south", units=people(1, key="key-2"), dataset="taxes")


def test_linking_keeps_what_both_knew_of_shared_parts(parts: Ledger) -> None:
    budget(parts, "taxes", parallel=True)
    for name, first in (("visits", 0), ("taxes", 10)):
        parts.know_units(name, people(first + 1, first + 2), block="a")
        parts.know_units(name, people(first + 2, first + 3), block="b")
    spend(parts, FOUR, block="a", units=people(1, 2))
    parts.link("taxes", "visits", "one town")
    assert not fits(parts, SEVEN, block="b", units=people(11), dataset="taxes")


# --- sets of units


SETS = st.frozensets(st.integers(0, 40), max_size=15)


@settings(max_examples=200, deadline=None)
@given(SETS, SETS)
def test_sets_of_units_behave_as_sets(one: frozenset[int], other: frozenset[int]) -> None:
    left, right = people(*one), people(*other)
    assert left.shared(right) == right.shared(left) == len(one & other)
    both = left.with_all(right)
    assert both.digest == people(*(one | other)).digest
    assert (left.digest == right.digest) == (one == other)
    again = UnitSet.from_bytes("key-1", left.to_bytes())
    assert again.digest == left.digest and np.array_equal(again.hashes, left.hashes)
    assert left.shared(UnitSet("key-2", left.hashes)) is None
    for number in range(41):
        unit_id = f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}{'0' * 48}"
        assert left.holds(unit_id) == (number in one)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), SETS), min_size=1, max_size=6))
def test_nobody_is_ever_charged_more_than_the_ledger_says(parts_of: list[tuple[str, frozenset[int]]]) -> None:
    """Against a plain model: the most that any one person was charged is at most what the account tells."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"{folder}/ledger.sqlite")
        budget(ledger, epsilon=100.0, parallel=True)
        paid: dict[int, int] = {}
        known: dict[str, set[int]] = {"a": set(), "b": set(), "c": set()}
        charged: dict[str, int] = {"a": 0, "b": 0, "c": 0}
        one = gaussian_for(2.0)
        for number, (block, members) in enumerate(parts_of):
            spend(ledger, one, block=block, units=people(*members), key=f"key-{number}")
            known[block] |= members
            charged[block] += 1
            for person in members:
                paid[person] = paid.get(person, 0) + 1
        worst = max(paid.values(), default=0)
        told = ledger.account("visits", tight).spent
        assert worst == 0 or told >= tight((one,) * worst, DELTA) * (1 - 1e-9)
