"""What a budget lets through: refusals and what they propose, the first charge by composition, periods, new budgets."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from tasks.core.dp_events import Event, Gaussian, Laplace, Pure, SampledGaussian
from tasks.core.errors import BudgetRefused, UserError
from tasks.core.ledger import Charge, Ledger, accounts
from tasks.core.ledger.decision import refusal
from tasks.methods.dp.tight import tight as composed
from tests.ledgers import DELTA, budget, charge, gaussian_for, open_ledger, spend, tight

TRAINING = SampledGaussian(1.3, 0.02, 6000)


def test_a_refusal_says_what_is_left_what_was_asked_and_what_would_fit(ledger: Ledger) -> None:
    budget(ledger, epsilon=3.0)
    spend(ledger, gaussian_for(1.0))
    asked = charge(TRAINING, epsilon=tight((TRAINING,), DELTA))
    decision = ledger.quote(asked)
    assert not decision.fits and decision.by == "filter"
    assert decision.spent == pytest.approx(1.0, abs=0.01) and decision.left == pytest.approx(2.0, abs=0.01)
    with pytest.raises(BudgetRefused) as refused:
        ledger.reserve(asked, fingerprint="f" * 64)
    said = str(refused.value)
    assert "data set visits may spend ε = 3 at δ = 1e-06; 1.00 is spent, 2.00 is left" in said
    assert f"asks for ε = {asked.epsilon:.2f} " in said and f"would make it {decision.after:.2f}" in said
    assert f"{decision.fitting['steps']:,} steps" in said and "airlock ledger set-budget visits" in said
    assert f"{decision.fitting['noise_multiplier']:.3f}" in said
    assert [entry.state for entry in ledger.entries()] == ["committed"]


@pytest.mark.parametrize("spent", [None, 1.0])
def test_what_a_refusal_proposes_fits_and_more_does_not(ledger: Ledger, spent: float | None) -> None:
    budget(ledger, epsilon=3.0)
    if spent:
        spend(ledger, gaussian_for(spent))
    found = ledger.quote(charge(TRAINING)).fitting
    assert 0 < found["steps"] < TRAINING.steps and found["noise_multiplier"] > TRAINING.noise_multiplier

    def fits(**changes: float) -> bool:
        return ledger.quote(charge(dataclasses.replace(TRAINING, **changes))).fits

    assert fits(steps=found["steps"]) and not fits(steps=found["steps"] + 1)
    sigma = found["noise_multiplier"]
    assert fits(noise_multiplier=sigma) and not fits(noise_multiplier=sigma * 0.99)
    assert found["epsilon"] == tight((dataclasses.replace(TRAINING, noise_multiplier=sigma),), DELTA) <= 3
    noisy = dataclasses.replace(TRAINING, noise_multiplier=sigma)
    spend(ledger, noisy)
    assert ledger.account("visits", tight).spent <= 3


def test_where_nothing_would_fit_nothing_is_proposed(ledger: Ledger) -> None:
    budget(ledger, epsilon=0.05)
    spend(ledger, gaussian_for(0.05))
    decision = ledger.quote(charge(TRAINING))
    assert not decision.fits and "epsilon" not in decision.fitting
    with pytest.raises(BudgetRefused, match="0.00 is left"):
        ledger.reserve(charge(gaussian_for(0.05), key="x" * 64), fingerprint="f" * 64)


def test_an_unregistered_data_set_is_refused(ledger: Ledger) -> None:
    for ask in (ledger.quote, lambda one: ledger.reserve(one, fingerprint="f" * 64)):
        with pytest.raises(UserError, match="data set ghosts isn't registered.*set-budget ghosts"):
            ask(charge(dataset="ghosts"))
    with pytest.raises(UserError, match="isn't registered"):
        ledger.account("ghosts", tight)
    assert ledger.entries() == []


def test_a_charge_counts_for_the_unit_that_the_data_set_is_registered_for(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="counts for one person, this charge for one record"):
        ledger.reserve(charge(unit="record"), fingerprint="f" * 64)
    with pytest.raises(UserError, match="unit is one of"):
        charge(unit="household")
    with pytest.raises(UserError, match="relation one of"):
        charge(relation="replace_one")
    with pytest.raises(UserError, match="at least one mechanism"):
        dataclasses.replace(charge(), events=())


def test_the_first_charge_may_fill_the_budget_exactly_and_nothing_follows(ledger: Ledger) -> None:
    first = gaussian_for(8.0)
    decision = ledger.quote(charge(first))
    assert (decision.fits, decision.by) == (True, "composition")
    assert decision.after == pytest.approx(8.0, abs=1e-6)
    spend(ledger, first)
    assert ledger.account("visits", tight).spent == pytest.approx(8.0, abs=1e-6)
    second = charge(Gaussian(1000.0), key="x" * 64)
    assert not ledger.quote(second).fits
    with pytest.raises(BudgetRefused, match="8.00 is spent, 0.00 is left"):
        ledger.reserve(second, fingerprint="f" * 64)


def test_a_first_charge_beyond_the_budget_is_refused(ledger: Ledger) -> None:
    with pytest.raises(BudgetRefused, match="0.00 is spent, 8.00 is left"):
        ledger.reserve(charge(gaussian_for(8.01)), fingerprint="f" * 64)


def test_a_first_charge_passes_by_the_budgets_delta_not_its_own(ledger: Ledger) -> None:
    budget(ledger, epsilon=8.0, delta=1e-9)
    assert not ledger.quote(charge(gaussian_for(8.0))).fits


def test_after_the_first_the_filter_decides_and_the_sum_stays_within(ledger: Ledger) -> None:
    one, made = gaussian_for(1.0), 0
    while ledger.quote(charge(one, key=f"key-{made}")).fits:
        spend(ledger, one, key=f"key-{made}")
        made += 1
    # Adaptive charges pay for their freedom, but not much more than those that were fixed beforehand.
    fixed = next(n for n in range(1, 100) if tight((one,) * n, DELTA) > 8) - 1
    assert 0.7 * fixed <= made <= fixed
    assert tight((one,) * made, DELTA) <= ledger.account("visits", tight).spent <= 8


def test_what_an_attempt_gave_up_is_there_for_the_next(ledger: Ledger) -> None:
    full = charge(gaussian_for(8.0))
    ledger.reserve(full, fingerprint="f" * 64)
    assert not ledger.quote(charge(key="x" * 64)).fits
    again = ledger.reserve(full, fingerprint="x" * 64)  # no noise was drawn by the first
    assert again.state == "reserved"
    assert ledger.free(again.id, "its process is gone")
    assert ledger.quote(charge(key="x" * 64)).fits


def test_a_refused_attempt_leaves_everything_as_it_was(ledger: Ledger) -> None:
    first = ledger.reserve(charge(gaussian_for(2.0)), fingerprint="f" * 64)
    before = ledger.records("visits")
    with pytest.raises(BudgetRefused):  # of the same stage, which would free the first
        ledger.reserve(charge(gaussian_for(9.0)), fingerprint="x" * 64)
    assert ledger.entries() == [first] and ledger.records("visits") == before


def test_the_account_tells_reserved_from_settled(ledger: Ledger) -> None:
    spend(ledger, gaussian_for(1.0))
    alone = ledger.account("visits", tight)
    assert alone.spent == pytest.approx(1.0, abs=1e-6) and alone.reserved == 0
    ledger.reserve(charge(gaussian_for(1.0), key="x" * 64), fingerprint="f" * 64)
    both = ledger.account("visits", tight)
    assert both.charges == 2 and 0 < both.reserved < both.spent
    assert both.left == 8 - both.spent


@pytest.mark.parametrize(
    ("period", "within", "later"),
    [
        ("month", "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"),
        ("year", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_a_new_period_has_the_whole_budget(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, period: str, within: str, later: str
) -> None:
    budget(ledger, period=period)
    monkeypatch.setattr(accounts, "now", lambda: "2026-11-02T00:00:00Z")
    spend(ledger, gaussian_for(8.0))
    monkeypatch.setattr(accounts, "now", lambda: within)
    assert not ledger.quote(charge(key="x" * 64)).fits
    monkeypatch.setattr(accounts, "now", lambda: later)
    assert ledger.account("visits", tight).spent == 0
    spend(ledger, gaussian_for(8.0), key="x" * 64)
    assert not ledger.quote(charge(key="y" * 64)).fits
    assert [entry.period for entry in ledger.entries()] == ["2026-11", "2026-12"] or period == "year"


def test_charges_of_a_lifetime_count_in_the_period_they_were_made_in(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "now", lambda: "2026-11-02T00:00:00Z")
    spend(ledger, gaussian_for(8.0))
    budget(ledger, period="month")
    assert not ledger.quote(charge(key="x" * 64)).fits
    assert ledger.account("visits", tight).spent == pytest.approx(8.0, abs=1e-6)
    monkeypatch.setattr(accounts, "now", lambda: "2026-12-02T00:00:00Z")
    spend(ledger, gaussian_for(1.0), key="x" * 64)
    budget(ledger)  # for its lifetime again: now both count
    assert not ledger.quote(charge(key="y" * 64)).fits
    assert ledger.account("visits", tight).charges == 2


def test_a_raised_budget_lets_more_through_and_a_lowered_one_less(ledger: Ledger) -> None:
    spend(ledger, gaussian_for(8.0))
    more = charge(gaussian_for(1.0), key="x" * 64)
    assert not ledger.quote(more).fits
    budget(ledger, epsilon=12.0, reason="the ethics board allowed it")
    assert ledger.quote(more).fits
    budget(ledger, epsilon=4.0)
    decision = ledger.quote(more)
    assert not decision.fits and decision.left == 0 and decision.spent == pytest.approx(8.0, abs=0.01)
    assert [record.read()["epsilon"] for record in ledger.records("visits") if record.kind != "reserve"
            and "epsilon" in record.read()] == [8.0, 12.0, 4.0]  # fmt: skip


def test_a_budget_may_change_its_delta(ledger: Ledger) -> None:
    spend(ledger, gaussian_for(4.0))
    spend(ledger, gaussian_for(1.0))
    before = ledger.account("visits", tight).spent
    budget(ledger, delta=1e-9)
    assert ledger.account("visits", tight).spent > before


def test_a_registered_budget_stays_where_only_a_new_one_is_wanted(ledger: Ledger) -> None:
    assert budget(ledger, epsilon=20.0, only_new=True).epsilon == 8.0
    assert len(ledger.records("visits")) == 1
    assert budget(ledger, "taxes", epsilon=20.0, only_new=True).epsilon == 20.0


def test_the_unit_cannot_change_once_it_was_charged_for(ledger: Ledger) -> None:
    assert budget(ledger, unit="record").unit == "record"
    budget(ledger, unit="person")
    spend(ledger)
    with pytest.raises(UserError, match="unit can't change"):
        budget(ledger, unit="record")
    assert ledger.datasets()[0].unit == "person"


WRONG: list[tuple[dict[str, object], str]] = [
    ({"epsilon": 0.0}, "epsilon"),
    ({"epsilon": float("inf")}, "epsilon"),
    ({"epsilon": float("nan")}, "epsilon"),
    ({"delta": 0.0}, "delta"),
    ({"delta": 1.0}, "delta"),
    ({"period": "week"}, "period is one of lifetime, year, month"),
    ({"unit": "household"}, "unit is one of record, person"),
    ({"owner": " "}, "its owner"),
    ({"reason": ""}, "its reason"),
    ({"name": "../heads"}, "name has"),
    ({"name": "x" * 64}, "name has"),
]


def test_a_budget_that_promises_nothing_is_refused(ledger: Ledger) -> None:
    for wrong, said in WRONG:
        with pytest.raises(UserError, match=re.escape(said)):
            budget(ledger, **{"name": "taxes", **wrong})
    assert [found.name for found in ledger.datasets()] == ["visits"]


def test_a_mechanism_far_outside_of_what_is_private_is_refused_and_not_computed_for_ever(ledger: Ledger) -> None:
    spend(ledger, gaussian_for(1.0))
    for event in (SampledGaussian(0.001, 0.5, 10**6), Laplace(1e-6), SampledGaussian(1e-9, 1e-9, 1)):
        decision = ledger.quote(charge(event))
        assert not decision.fits and decision.after > 1000


def test_truncated_batches_have_a_share_of_delta_of_their_own(ledger: Ledger) -> None:
    spend(ledger, gaussian_for(0.5))
    few = SampledGaussian(2.0, 0.01, 100, batch_cap=200, population=10_000)
    cut = dataclasses.replace(few, batch_cap=110)
    assert ledger.quote(charge(few)).fits
    assert not ledger.quote(charge(cut)).fits


def test_two_open_ledgers_see_each_other(ledger: Ledger, ledger_url: str) -> None:
    spend(open_ledger(ledger_url), gaussian_for(8.0))
    assert not ledger.quote(charge(key="x" * 64)).fits


MEAN = (Pure(0.2), Pure(0.1))


def asked_for(*events: Event, **changes: Any) -> Charge:
    """A charge by the accountant of trainings and statistics."""
    return charge(*events, tight=composed, **changes)


def test_what_is_planned_together_fits_only_where_all_of_it_would_be_let_through(ledger: Ledger) -> None:
    whole = asked_for(gaussian_for(7.9))
    assert ledger.quote(whole).fits and not ledger.quote(whole, before=[MEAN]).fits
    part = asked_for(gaussian_for(6.0), key="the training")
    quoted = ledger.quote(part, before=[MEAN, MEAN])
    assert quoted.fits and quoted.by == "filter" and quoted.spent == 0 and ledger.entries() == []
    for number in range(2):
        spend(ledger, *MEAN, tight=composed, key=f"mean {number}", released="statistic")
    now = ledger.quote(part)
    assert now.fits and now.after == pytest.approx(quoted.after) and 0.3 < now.spent < 3
    ledger.reserve(part, fingerprint="f" * 64)


def test_a_refusal_names_both_costs_and_what_would_fit_beside_the_statistic(ledger: Ledger) -> None:
    budget(ledger, epsilon=3.0)
    asked = asked_for(TRAINING, epsilon=4.0)
    mean = asked_for(*MEAN, epsilon=0.3, delta=0.0)
    decision = ledger.quote(asked, before=[MEAN])
    said = refusal("visits", decision, asked, [mean])
    assert "asks for ε = 0.3 for its mean, and ε = 4.00 at δ = 1e-06 for the training and would make it" in said
    fewer = dataclasses.replace(TRAINING, steps=decision.fitting["steps"])
    assert ledger.quote(asked_for(fewer), before=[MEAN]).fits
    assert f"{fewer.steps:,} steps" in said and fewer.steps < ledger.quote(asked).fitting["steps"]


def test_a_claim_that_stands_is_found_by_itself(ledger: Ledger) -> None:
    asked = asked_for(*MEAN, claim="of a mean")
    assert ledger.paid(asked) == "" == ledger.paid(asked_for(*MEAN))
    entry = spend(ledger, *MEAN, tight=composed, claim="of a mean")
    assert ledger.paid(asked) == entry == ledger.quote(asked).paid
    assert ledger.paid(asked_for(*MEAN)) == "", "no claim is no claim"


def test_a_statistic_that_was_charged_first_leaves_trainings_within_reach(ledger: Ledger) -> None:
    """Orders chosen for pure noise would make a training of ε = 2 cost more than any budget."""
    budget(ledger, epsilon=3.0)
    training = SampledGaussian(1.19, 0.0128, 1000)
    alone = ledger.quote(asked_for(training)).after
    spend(ledger, Pure(0.1), tight=composed, released="statistic")
    after = ledger.quote(asked_for(training))
    assert after.fits and alone < after.after < alone + 0.8
