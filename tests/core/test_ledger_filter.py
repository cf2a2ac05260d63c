"""The filter: never below the tight figure, indifferent to order, and safe against who chooses after seeing outputs."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from tasks.core.dp_events import Concentrated, Event, Gaussian, Laplace, Pure, SampledGaussian
from tasks.core.errors import UserError
from tasks.core.ledger.filter import TRUNCATED_SHARE, Filter, Spent
from tests.ledgers import gaussian_for, tight

TRAININGS = (
    SampledGaussian(0.6, 0.001, 5000),
    SampledGaussian(1.0, 0.01, 2000),
    SampledGaussian(1.5, 0.2, 50),
    SampledGaussian(4.0, 1.0, 20),
    Gaussian(3.0, 4),
    Gaussian(60.0),
)
BUDGETS = ((0.5, 1e-5), (2.0, 1e-6), (8.0, 1e-9), (8.0, 0.01))


def total(filter_: Filter, events: tuple[Event, ...]) -> Spent:
    """The sum of one charge each."""
    return sum((filter_.cost((event,)) for event in events), filter_.nothing())


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS)
@pytest.mark.parametrize("reference", TRAININGS)
def test_the_filter_is_never_below_the_tight_figure(epsilon: float, delta: float, reference: Event) -> None:
    filter_ = Filter(epsilon, delta, (reference,))
    for events in itertools.chain(itertools.combinations(TRAININGS, 1), itertools.combinations(TRAININGS, 2)):
        told, wanted = filter_.epsilon_of(total(filter_, events)), tight(events, delta)
        assert told >= wanted * 0.999, events
        assert filter_.fits(total(filter_, events)) == (told <= epsilon + 1e-12)


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS)
@pytest.mark.parametrize("reference", TRAININGS)
def test_whatever_passes_is_within_the_budget(epsilon: float, delta: float, reference: Event) -> None:
    """As many charges of one kind as pass are, fixed beforehand, still private: and not many more would be."""
    filter_ = Filter(epsilon, delta, (reference,))
    one, count = filter_.cost((reference,)), 0
    spent = filter_.nothing()
    while count < 60 and filter_.fits(spent + one):
        spent, count = spent + one, count + 1
    if count:
        assert tight((reference,) * count, delta) <= epsilon * 1.001


@pytest.mark.parametrize(("epsilon", "delta"), [(1.0, 1e-5), (4.0, 1e-6), (8.0, 1e-9)])
def test_freedom_costs_no_more_than_a_part(epsilon: float, delta: float) -> None:
    """Many small charges: an adaptive analyst gets at least four fifths of what one who fixed them all would."""
    small = gaussian_for(epsilon / 8, delta)
    filter_ = Filter(epsilon, delta, (small,))
    spent, one, count = filter_.nothing(), filter_.cost((small,)), 0
    while filter_.fits(spent + one):
        spent, count = spent + one, count + 1
    fixed = next(n for n in itertools.count(1) if tight((small,) * n, delta) > epsilon) - 1
    assert 0.8 * fixed <= count <= fixed


def test_pure_charges_cost_no_more_than_their_sum() -> None:
    filter_ = Filter(4.0, 1e-6, (Pure(0.1),))
    for event in (Pure(0.1, 10), Laplace(10.0, 10)):
        assert 0.3 < filter_.epsilon_of(filter_.cost((event,))) < 2
    assert filter_.epsilon_of(filter_.cost((Concentrated(0.01),))) == filter_.epsilon_of(
        filter_.cost((Gaussian(math.sqrt(50)),))
    )


@pytest.mark.parametrize(("epsilon", "delta"), [*BUDGETS, (0.01, 1e-8), (100.0, 0.3), (1e-6, 1e-12)])
@pytest.mark.parametrize("reference", [TRAININGS[0], Laplace(10.0), Pure(1.0), Gaussian(1e-3), Gaussian(1e6)])
def test_the_shares_of_delta_add_up_to_it(epsilon: float, delta: float, reference: Event) -> None:
    filter_ = Filter(epsilon, delta, (reference,))
    shares = TRUNCATED_SHARE * delta
    for order, allowed in zip(filter_.orders, filter_.allowed, strict=True):
        # δ(ε) of a Rényi divergence ρ of order α: e^((α-1)(ρ-ε)) (1-1/α)^α / (α-1) (Canonne, Kamath, Steinke 2020).
        shares += math.exp((order - 1) * (allowed - epsilon) + order * math.log1p(-1 / order)) / (order - 1)
    assert shares == pytest.approx(delta, rel=1e-6)
    assert all(order > 1 for order in filter_.orders) and len(set(filter_.orders)) == len(filter_.orders)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 1e-6), (-1, 1e-6), (math.inf, 1e-6), (1.0, 0.0), (1.0, 1.0)])
def test_a_budget_that_promises_nothing_is_none(epsilon: float, delta: float) -> None:
    with pytest.raises(UserError, match="budget:"):
        Filter(epsilon, delta)


def test_truncated_batches_never_pass_their_share() -> None:
    event = SampledGaussian(5.0, 0.01, 100, batch_cap=190, population=10_000)
    filter_ = Filter(8.0, 1e-6, (event,))
    cost = filter_.cost((event,))
    wanted = 100 * (1 + math.exp(8.0)) * float(binom.sf(190, 10_000, 0.01))
    assert cost.truncated == pytest.approx(wanted, rel=1e-4) and 0 < wanted < TRUNCATED_SHARE * 1e-6
    many = int(TRUNCATED_SHARE * 1e-6 / wanted)
    free = dataclasses.replace(filter_.nothing(), truncated=many * cost.truncated, charges=1)
    assert filter_.fits(free)
    assert not filter_.fits(dataclasses.replace(free, truncated=(many + 1) * cost.truncated))


EVENTS = st.one_of(
    st.builds(SampledGaussian, st.floats(0.4, 20), st.floats(1e-5, 1), st.integers(1, 10**4)),
    st.builds(Gaussian, st.floats(0.1, 100), st.integers(1, 20)),
    st.builds(Laplace, st.floats(0.1, 100), st.integers(1, 20)),
    st.builds(Pure, st.floats(0.001, 4), st.integers(1, 20)),
    st.builds(Concentrated, st.floats(1e-6, 3)),
)
FILTERS = st.builds(
    Filter, st.floats(0.05, 20), st.sampled_from([1e-9, 1e-6, 1e-3, 0.05]), st.tuples(st.sampled_from(TRAININGS))
)


@settings(max_examples=100, deadline=None)
@given(FILTERS, st.lists(EVENTS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_charges_does_not_matter(filter_: Filter, events: list[Event], random) -> None:
    shuffled = random.sample(events, len(events))
    one, other = total(filter_, tuple(events)), total(filter_, tuple(shuffled))
    assert one.charges == other.charges == len(events)
    assert np.allclose(one.divergences, other.divergences, rtol=1e-12)
    assert filter_.epsilon_of(one) == pytest.approx(filter_.epsilon_of(other), rel=1e-9, abs=1e-9)
    whole = filter_.cost(tuple(events))  # as one charge of several mechanisms
    assert np.allclose(one.divergences, whole.divergences, rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(FILTERS, st.lists(EVENTS, max_size=4), EVENTS)
def test_a_charge_never_lowers_the_sum_nor_opens_a_closed_filter(
    filter_: Filter, events: list[Event], one_more: Event
) -> None:
    before = total(filter_, tuple(events))
    after = before + filter_.cost((one_more,))
    assert filter_.epsilon_of(after) >= filter_.epsilon_of(before)
    assert filter_.fits(before) or not filter_.fits(after)
    assert all(a > b for a, b in zip(after.divergences, before.divergences, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 10), st.floats(1.01, 3), st.sampled_from(TRAININGS))
def test_a_larger_budget_lets_no_less_of_the_same_through(epsilon: float, more: float, event: Event) -> None:
    small, large = Filter(epsilon, 1e-6, (event,)), Filter(epsilon * more, 1e-6, (event,))
    assert large.fits(large.cost((event,))) or not small.fits(small.cost((event,)))


def test_orders_hang_on_budget_and_reference_alone() -> None:
    assert Filter(3.0, 1e-6, (TRAININGS[1],)) == Filter(3.0, 1e-6, (TRAININGS[1],))
    fewer = dataclasses.replace(TRAININGS[1], steps=7)  # an abandoned first charge must not move them
    assert Filter(3.0, 1e-6, (fewer,)).orders == Filter(3.0, 1e-6, (TRAININGS[1],)).orders


# --- against an adversary who chooses the next charge after seeing all outputs

GAMES = 20_000
EPSILON, DELTA = 4.0, 0.05
CHOICES = (Gaussian(1.0), Gaussian(2.0), Gaussian(5.0), Pure(0.8))


def play(filter_: Filter, seed: int) -> np.ndarray:
    """The privacy loss at the end of each of many games against the filter, shape [games].

    The answers are drawn with the person in the data; the loss is the log of how much likelier they are so. The
    adversary knows it, and wants it beyond ε: it takes, among the charges that pass, the one that most probably brings
    it there at once, and stops when it is there or nothing passes any more.
    """
    rng = np.random.default_rng(seed)
    costs = [filter_.cost((event,)) for event in CHOICES]
    passing: dict[tuple[int, ...], np.ndarray] = {}

    def passes(counts: tuple[int, ...]) -> np.ndarray:
        if counts not in passing:
            spent = filter_.nothing()
            for cost, count in zip(costs, counts, strict=True):
                for _ in range(count):
                    spent = spent + cost
            passing[counts] = np.array([filter_.fits(spent + cost) for cost in costs])
        return passing[counts]

    loss, counts = np.zeros(GAMES), np.zeros((GAMES, len(CHOICES)), dtype=int)
    going = np.arange(GAMES)
    while len(going):
        kinds, which = np.unique(counts[going], axis=0, return_inverse=True)
        open_ = np.array([passes(tuple(int(n) for n in kind)) for kind in kinds])[which.reshape(-1)]
        missing = EPSILON - loss[going]
        chances = np.stack([_chance(event, missing) for event in CHOICES], axis=1)
        chosen = np.where(open_, chances, -1.0).argmax(axis=1)
        still = open_.any(axis=1) & (missing >= 0)
        going, chosen = going[still], chosen[still]
        for number, event in enumerate(CHOICES):
            players = going[chosen == number]
            loss[players] += _answers(event, rng, len(players))
        counts[going, chosen] += 1
    return loss


def _chance(event: Gaussian | Pure, missing: np.ndarray) -> np.ndarray:
    """That one answer's loss is more than what is missing."""
    if isinstance(event, Gaussian):
        mu = 1 / event.noise_multiplier
        return norm.sf(missing / mu - mu / 2)
    return np.where(missing < event.epsilon, 1 / (1 + math.exp(-event.epsilon)), 0.0)


def _answers(event: Gaussian | Pure, rng: np.random.Generator, count: int) -> np.ndarray:
    """The losses of answers."""
    if isinstance(event, Gaussian):
        mu = 1 / event.noise_multiplier
        return rng.normal(mu**2 / 2, mu, count)
    truth = rng.random(count) < 1 / (1 + math.exp(-event.epsilon))
    return np.where(truth, event.epsilon, -event.epsilon)


def smallest_delta(losses: np.ndarray) -> float:
    """δ at ε by its definition, E[(1 - e^(ε-L))+], estimated."""
    return float(-np.expm1(np.minimum(EPSILON - losses, 0.0)).mean())


REFERENCES = (Gaussian(1.0), Gaussian(5.0), Pure(0.8))


@pytest.mark.parametrize("reference", REFERENCES)
def test_an_adaptive_adversarys_gain_stays_within_the_budget(reference: Event) -> None:
    losses = play(Filter(EPSILON, DELTA, (reference,)), seed=11)
    error = math.sqrt(DELTA / GAMES)
    assert smallest_delta(losses) <= DELTA - 3 * error
    assert np.mean(losses > EPSILON) <= DELTA - 3 * error
    assert np.mean(losses > EPSILON) > 0.001, "it plays badly"


@pytest.mark.parametrize("reference", REFERENCES)
def test_the_adversary_would_notice_a_filter_that_allows_twice_as_much(reference: Event) -> None:
    broken = Filter(EPSILON, DELTA, (reference,))
    object.__setattr__(broken, "allowed", tuple(2 * allowed for allowed in broken.allowed))
    error = math.sqrt(DELTA / GAMES)
    assert np.mean(play(broken, seed=11) > EPSILON) > DELTA + 3 * error


@pytest.mark.parametrize("reference", REFERENCES)
def test_the_adversary_would_notice_a_filter_that_forgets(reference: Event) -> None:
    class Forgetful(Filter):
        """Holds each charge against the whole budget by itself, up to ten of them."""

        def fits(self, spent: Spent) -> bool:
            one = Spent(tuple(sum_ / spent.charges for sum_ in spent.divergences), 0.0, 1)
            return spent.charges <= 10 and super().fits(one)

    losses = play(Forgetful(EPSILON, DELTA, (reference,)), seed=11)
    assert smallest_delta(losses) > DELTA + 3 * math.sqrt(DELTA / GAMES)
