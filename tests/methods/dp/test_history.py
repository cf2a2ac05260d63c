"""The history of a data set's charges: as one sum at once, one by one, from a file; blocks dominate."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.core.dp_events import Concentrated, Event, Gaussian, Laplace, Pure, SampledGaussian
from tasks.methods.dp import blocks
from tasks.methods.dp.blocks import Block
from tasks.methods.dp.history import Charge, History
from tasks.methods.dp.mechanisms import kinds_of
from tasks.methods.dp.privacy_loss import bound
from tasks.methods.dp.tight import tight

DELTA = 1e-6


def drawn(rng: np.random.Generator) -> Event:
    match int(rng.integers(0, 8)):
        case 0:
            return Gaussian(float(rng.uniform(3, 80)), int(rng.integers(1, 4)))
        case 1:
            return Laplace(float(rng.uniform(3, 200)), int(rng.integers(1, 4)))
        case 2:
            return Pure(float(rng.uniform(0.001, 0.3)), int(rng.integers(1, 4)))
        case 3:
            return Concentrated(float(rng.uniform(1e-5, 1e-3)))
        case _:
            sigma, q = np.exp(rng.uniform(np.log([0.6, 0.001]), np.log([5, 0.05])))
            return SampledGaussian(float(sigma), float(q), int(rng.integers(1, 300)))


def some(seed: int, n: int) -> list[Charge]:
    rng = np.random.default_rng(seed)
    return [tuple(drawn(rng) for _ in range(rng.integers(1, 3))) for _ in range(n)]


def check_mix(seed: int) -> None:
    rng = np.random.default_rng(seed)
    charges, delta, history = some(seed, int(rng.integers(25, 40))), float(10 ** rng.uniform(-9, -4)), None
    history = History.of(charges, delta)
    everything = tuple(event for charge in charges for event in charge)
    at_once = bound(kinds_of(everything), delta)
    # Both are upper bounds. That each lies this near above the other leaves no room below the truth but the mesh's.
    assert history.epsilon() == pytest.approx(at_once, rel=0.01)
    assert history.epsilon() == pytest.approx(tight(everything, delta), rel=0.01)


@pytest.mark.parametrize("seed", range(2))
def test_one_by_one_is_as_at_once(seed: int) -> None:
    check_mix(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 27))
def test_many_mixes_are_as_at_once(seed: int) -> None:
    check_mix(seed)


def test_it_is_the_same_however_it_was_put_together(tmp_path: Path) -> None:
    charges, path = some(1, 23), tmp_path / "history.npz"
    whole = History.of(charges, DELTA)
    figures = []
    for n in range(1, len(charges) + 1):
        part = History.of(charges[:n], DELTA, path)
        assert part.charges == n
        figures.append(part.epsilon())
    assert figures[-1] == whole.epsilon()
    assert part.digest == whole.digest
    assert figures == sorted(figures)
    before = History.of(charges[:-1], DELTA)
    assert before.after(charges[-1]) == whole.epsilon()
    assert before.charges == len(charges) - 1 and before.epsilon() == figures[-2]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Charge]:
    added: list[Charge] = []
    add = History.add

    def counting(self: History, charge: Charge) -> None:
        added.append(charge)
        add(self, charge)

    monkeypatch.setattr(History, "add", counting)
    return added


def test_a_file_spares_the_charges_it_knows(tmp_path: Path, counted: list[Charge]) -> None:
    charges, path = [(Pure(0.2 + i / 100),) for i in range(75)], tmp_path / "at" / "history.npz"
    first = History.of(charges[:70], DELTA, path)
    assert len(counted) == 70
    again = History.of(charges[:70], DELTA, path)
    assert len(counted) == 70
    assert again.epsilon() == first.epsilon()
    assert History.of(charges, DELTA, path).charges == 75
    assert counted[70:] == charges[70:]
    # One that no longer stands: the newest state before it is taken up, 64 charges here.
    del counted[:]
    less = History.of(charges[:67] + charges[68:], DELTA, path)
    assert counted == charges[64:67] + charges[68:]
    assert less.epsilon() == History.of(charges[:67] + charges[68:], DELTA).epsilon()
    del counted[:]
    History.of([(Pure(0.1),), *charges], DELTA, path)
    assert len(counted) == 76
    assert [item.name for item in path.parent.iterdir()] == ["history.npz"]


def test_states_are_kept_at_distances() -> None:
    history = History(DELTA)
    for _ in range(150):
        history.add((Pure(0.5),))
    assert [state.charges for state in history._marks] == [64, 128, 144]


@pytest.mark.parametrize("delta", [1e-6, 1e-7])
def test_a_file_for_another_delta_is_ignored(tmp_path: Path, counted: list[Charge], delta: float) -> None:
    charges, path = some(2, 5), tmp_path / "history.npz"
    History.of(charges, DELTA, path)
    del counted[:]
    assert History.of(charges, delta, path).epsilon() == History.of(charges, delta).epsilon()
    assert len(counted) == (5 if delta == DELTA else 10)


def test_a_damaged_file_is_ignored_and_replaced(tmp_path: Path) -> None:
    charges, path = some(3, 3), tmp_path / "history.npz"
    expected = History.of(charges, DELTA, path).epsilon()
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [b"", b"nothing", whole[: len(whole) // 2], whole[:-1], whole + b"x" * 100]
    for place in rng.integers(0, len(whole), 30):
        damaged.append(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
    for data in damaged:
        path.write_bytes(data)
        assert History.of(charges, DELTA, path).epsilon() == expected
    np.savez(path, head=np.frombuffer(b"{}", np.uint8), masses=np.array([object()]), sha256=np.zeros(32, np.uint8))
    assert History.of(charges, DELTA, path).epsilon() == expected
    assert path.stat().st_size == len(whole)


def test_a_charge_without_a_grid_leaves_no_figure(tmp_path: Path) -> None:
    charges: list[Charge] = [(Gaussian(2.0),), (Gaussian(0.02, 10), Pure(0.1)), (Pure(0.1),)]
    path = tmp_path / "history.npz"
    assert math.isinf(History.of(charges, DELTA, path).epsilon())
    assert math.isinf(History.of(charges, DELTA, path).epsilon())
    assert math.isfinite(History.of(charges[:1], DELTA, path).epsilon())
    assert History(DELTA).epsilon() == 0


def test_a_small_charge_beside_a_large_one_isn_t_lost_in_its_mesh() -> None:
    large, small = SampledGaussian(0.6, 0.05, 300), Gaussian(300.0)
    history = History.of([(large,)] + [(small,)] * 60, DELTA)
    one = tight((large, Gaussian(300.0, 60)), DELTA)
    assert history.epsilon() == pytest.approx(one, rel=0.002)
    assert history.epsilon() > tight((large,), DELTA)


def divergences(block: Block, at: np.ndarray) -> np.ndarray:
    losses = block.indices() * block.mesh
    return block.infinite + np.array([block.pmf @ np.maximum(-np.expm1(one - losses), 0) for one in at])


masses = st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(lambda found: sum(found) > 0.01)


@settings(max_examples=80, deadline=None)
@example(one=[1.0], other=[1.0], first=-20, coarser=0, gap=2)
@given(one=masses, other=masses, first=st.integers(-40, 40), coarser=st.integers(0, 5), gap=st.integers(-3, 3))
def test_blocks_dominate_what_they_are_made_of(
    one: list[float], other: list[float], first: int, coarser: int, gap: int
) -> None:
    blocks_ = [
        Block(exponent, first, np.array(pmf) / sum(pmf), 0.0) for pmf, exponent in ((one, -5), (other, -5 + gap))
    ]
    at = np.linspace(-6, 6, 49)
    for block in blocks_:
        rough = blocks.coarsened(block, block.exponent + coarser)
        assert rough.pmf.sum() == pytest.approx(1, abs=1e-12)
        assert np.all(divergences(rough, at) >= divergences(block, at) - 1e-12)
    found = blocks.added_up(*blocks_, tail=1e-9)
    # The sum's divergence: one's, in the mean over the other's loss.
    left, right = blocks_
    exact = sum(
        mass * divergences(left, at - loss) for mass, loss in zip(right.pmf, right.indices() * right.mesh, strict=True)
    )
    assert np.all(divergences(found, at) >= exact - 1e-12)
