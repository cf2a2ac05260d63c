"""The loop on a toy: who is drawn, one result for every physical batch, ranks together, and runs that are cut short."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from tasks.core.errors import AirlockError, TryAgain
from tasks.core.store import Store
from tasks.core.store_file import StoreFile
from tasks.methods.dp.checkpoint import Checkpoints
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.sampling import PoissonSampler
from tasks.methods.dp.training import EpsilonSoFar, Interruption, train
from tasks.methods.dp.units import Units, by_person
from tests import dp_toy
from tests.dp_toy import RECIPE, STEPS, ToyTable, run

FORK = multiprocessing.get_context("fork")


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], two[name]) for name in one)


def furthest(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> float:
    return max(float((one[name] - two[name]).abs().max()) for name in one)


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, torch.Tensor]:
    torch.set_num_threads(1)
    return run()[0]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_physical_batch_changes_rounding_only(undisturbed: dict[str, torch.Tensor], size: int) -> None:
    weights, outcome = run(dataclasses.replace(RECIPE, physical_batch=size))
    assert 0 < outcome.units < 60 * STEPS
    assert furthest(weights, undisturbed) < 1e-5


def test_one_step_is_the_clipped_sum_with_noise_over_the_public_divisor() -> None:
    recipe = dataclasses.replace(RECIPE, optimizer="sgd", momentum=0.0, schedule="constant", max_grad_norm=0.05)
    weights, outcome = run(recipe, steps=1)
    model = dp_toy.toy_model()
    params = list(model.parameters())
    randomness = KeyedRandomness(b"s" * 32, dp_toy.KEY, dp_toy.NONCE)
    drawn = PoissonSampler(60, 0.25).draw(randomness.stream("sampling/0"))
    table = ToyTable()
    sums = [torch.zeros_like(p) for p in params]
    for row in drawn:
        loss = torch.nn.functional.cross_entropy(model(table.x[row : row + 1]), table.y[row : row + 1])
        grads = torch.autograd.grad(loss, params)
        factor = min(1.0, 0.05 / float(torch.cat([g.flatten() for g in grads]).norm()))
        for total, grad in zip(sums, grads, strict=True):
            total += factor * grad
    noise = randomness.stream("noise/0")
    for (name, p), total in zip(model.named_parameters(), sums, strict=True):
        noisy = total + 0.05 * noise.normal(tuple(p.shape), dp_toy.CPU)
        assert torch.allclose(weights[name], p - 0.05 * noisy / 15, atol=1e-6)
    assert outcome.units == len(drawn)
    assert outcome.clipped == [1.0]


def test_a_person_is_one_unit_under_one_clip() -> None:
    """Rows of one person together move the sum by at most C: with huge gradients, as if each person were one row."""
    people = by_person([(f"p{i % 20}", bytes([i])) for i in range(60)], 3)
    units = Units(ToyTable(), people)
    assert (len(units), units.rows_per_unit) == (20, 3)
    recipe = dataclasses.replace(RECIPE, optimizer="sgd", momentum=0.0, schedule="constant", max_grad_norm=1e-4)
    start = {name: p.detach() for name, p in dp_toy.toy_model().named_parameters()}
    weights, outcome = run(recipe, units=units, steps=1, rate=1.0, sigma=0.0)
    moved = torch.cat([(weights[name] - start[name]).flatten() for name in start]).norm() * 15 / 0.05
    assert outcome.units == 20 and outcome.clipped == [1.0]
    assert moved <= 20 * 1e-4
    other, _ = run(dataclasses.replace(recipe, physical_batch=60), units=units, steps=1, rate=1.0, sigma=0.0)
    assert furthest(weights, other) < 1e-7


def test_persons_rows_follow_from_their_own_rows_alone() -> None:
    rng = random.Random(2)
    rows = [(f"p{rng.randrange(9)}", rng.randbytes(4)) for _ in range(80)]
    chosen = by_person(rows, 3)

    def contents(rows: list[tuple[str, bytes]], table: np.ndarray) -> dict[str, list[bytes]]:
        return {rows[line[0]][0]: [rows[row][1] for row in line if row >= 0] for line in table}

    whole = contents(rows, chosen)
    assert all(len(kept) == min(3, sum(p == person for p, _ in rows)) for person, kept in whole.items())
    for gone in ("p0", "p5"):
        rest = [row for row in rows if row[0] != gone]
        rng.shuffle(rest)
        assert contents(rest, by_person(rest, 3)) == {p: kept for p, kept in whole.items() if p != gone}
    with pytest.raises(AirlockError, match="names no person"):
        by_person([("p", b"1"), (None, b"2")], 3)


def test_empty_batches_take_noisy_steps() -> None:
    start = {name: p.detach() for name, p in dp_toy.toy_model().named_parameters()}
    weights, outcome = run(rate=1e-9)
    assert (outcome.units, outcome.empty_steps) == (0, STEPS)
    assert outcome.losses == [None] * STEPS
    assert not any(torch.equal(weights[name], start[name]) for name in start)


@pytest.mark.parametrize("step", [0, 1, 5, STEPS - 1])
@pytest.mark.parametrize("recipe", [RECIPE, dataclasses.replace(RECIPE, optimizer="sgd", schedule="constant")])
def test_interrupted_between_physical_batches_it_goes_on_to_the_same_bits(
    tmp_path: Path, recipe: Any, step: int
) -> None:
    whole, told = run(recipe)
    calls = 0
    at = 2 + 4 * step  # some physical batch of about this step

    def asked() -> bool:
        nonlocal calls
        calls += 1
        return calls == at

    kept = Checkpoints(StoreFile(Store(str(tmp_path)), "c"))
    with pytest.raises(TryAgain, match="interrupted after step"):
        run(recipe, checkpoints=kept, interruption=Interruption(asked))
    weights, outcome = run(recipe, checkpoints=kept)
    assert same(weights, whole)
    assert outcome == told
    # After the last step there is a checkpoint too: what follows training may be cut short without training again.
    assert same(run(recipe, checkpoints=kept, losses=lambda model: _never)[0], whole)


def _never(batch: Any) -> torch.Tensor:
    raise AssertionError("a step was taken again")


def test_a_checkpoint_of_another_plan_is_left_alone(tmp_path: Path) -> None:
    kept = Checkpoints(StoreFile(Store(str(tmp_path)), "c"))
    run(checkpoints=kept)
    other = dataclasses.replace(RECIPE, learning_rate=0.01)
    assert same(run(other, checkpoints=kept)[0], run(other)[0])


def _child(*words: str) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os._exit(dp_toy.main(list(words)))


def test_killed_at_any_instant_it_goes_on_to_the_same_bits(
    tmp_path: Path, undisturbed: dict[str, torch.Tensor]
) -> None:
    """SIGKILL and SIGTERM in turn, at random moments, of a process of its own, until it gets through."""
    rng = random.Random(11)
    store, out = tmp_path / "zone", tmp_path / "out.safetensors"
    words = [str(store), str(out), "--pause", "0.004"]
    found, how = set(), []
    for kill in range(40):
        child = FORK.Process(target=_child, args=words)
        child.start()
        time.sleep(rng.uniform(0.02, 0.1 + 0.02 * kill))  # longer and longer: on any machine it gets through at last
        if child.is_alive():
            os.kill(child.pid or 0, signal.SIGTERM if kill % 2 else signal.SIGKILL)
        child.join(20)
        how.append(child.exitcode)
        net = dp_toy.toy_model()
        if out.exists():
            break
        if (owner := Checkpoints(StoreFile(Store(str(store)), "checkpoint.safetensors")).owner()) is not None:
            adam = torch.optim.Adam(net.parameters())
            step = Checkpoints(StoreFile(Store(str(store)), "checkpoint.safetensors")).restore(owner, net, adam)
            assert step is not None
            found.add(step[0])
    assert out.exists() and child.exitcode == 0, how
    assert -signal.SIGKILL in how and 75 in how and len(found) >= 3, (how, found)
    assert same(load_file(out), undisturbed)


def test_sigterm_ends_it_well_within_the_grace_time(tmp_path: Path) -> None:
    child = FORK.Process(target=_child, args=(str(tmp_path / "z"), str(tmp_path / "out"), "--pause", "0.2"))
    child.start()
    while not (tmp_path / "z" / "checkpoint.safetensors").exists():
        assert child.is_alive()
        time.sleep(0.01)
    os.kill(child.pid or 0, signal.SIGTERM)
    started = time.monotonic()
    child.join(10)
    assert child.exitcode == 75
    assert time.monotonic() - started < 3


def _rank(rank: int, port: int, *words: str) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    _child(*words)


def compare(out: Path, rate: float) -> None:
    one, told = run(rate=rate)
    assert furthest(load_file(out), one) < 1e-5
    outcome = json.loads(out.with_suffix(".json").read_text())
    assert (outcome["units"], outcome["empty_steps"]) == (told.units, told.empty_steps)
    assert [loss is None for loss in outcome["losses"]] == [loss is None for loss in told.losses]
    assert np.allclose([x or 0.0 for x in outcome["losses"]], [x or 0.0 for x in told.losses], rtol=1e-4)


@pytest.mark.parametrize("rate", [0.25, 0.02])
def test_two_ranks_give_the_weights_of_one(tmp_path: Path, rate: float) -> None:
    """Over gloo. At the small rate most of a rank's local batches are empty."""
    torch.set_num_threads(1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    out = tmp_path / "out.safetensors"
    words = (str(tmp_path / "zone"), str(out), "--rate", str(rate))
    ranks = [FORK.Process(target=_rank, args=(rank, port, *words)) for rank in range(2)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join(60)
    assert [process.exitcode for process in ranks] == [0, 0]
    compare(out, rate)


@pytest.mark.slow
def test_two_ranks_by_torchrun(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    out = tmp_path / "out.safetensors"
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    subprocess.run(
        [*words, "tests.dp_toy", str(tmp_path / "zone"), str(out)],
        check=True, timeout=300, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).resolve().parents[3],
    )  # fmt: skip
    compare(out, 0.25)


def test_a_sampler_that_the_accountant_was_not_told_of_is_refused() -> None:
    """Whoever samples more often, or of others, than was accounted for trains with less privacy than is said."""
    units, told = Units(ToyTable()), PoissonSampler(60, 0.25).mechanism(1.0, 3)
    randomness = KeyedRandomness(b"s" * 32, "0" * 64, b"n")
    for sampler in (PoissonSampler(len(units), 1.0), PoissonSampler(len(units) // 2, 0.25)):
        model = dp_toy.toy_model()
        with pytest.raises(AirlockError, match="told of"):
            train(model, units, dp_toy.toy_losses(model), sampler, told, RECIPE, randomness, dp_toy.CPU)


def test_a_run_whose_checkpoint_is_gone_does_not_begin_again(tmp_path: Path) -> None:
    """Its charge may be under another fingerprint: from the start the same noise would meet other rounding."""
    gone = Checkpoints(StoreFile(Store(str(tmp_path)), "c"))
    with pytest.raises(TryAgain, match="is gone"):
        run(checkpoints=gone, resuming=True)


def _apart(rank: int, port: int, folder: str) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    try:
        run(checkpoints=Checkpoints(StoreFile(Store(f"{folder}/{rank}"), "checkpoint.safetensors")))
    except AirlockError as exc:
        os._exit(7 if "same checkpoint" in str(exc) else 8)
    os._exit(0)


def test_ranks_that_would_begin_at_different_steps_are_refused(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    asked = iter([False] * 9 + [True] * 99)
    with pytest.raises(TryAgain):
        run(
            checkpoints=Checkpoints(StoreFile(Store(f"{tmp_path}/1"), "checkpoint.safetensors")),
            interruption=Interruption(lambda: next(asked)),
        )
    ranks = [FORK.Process(target=_apart, args=(rank, port, str(tmp_path))) for rank in range(2)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join(60)
    assert [process.exitcode for process in ranks] == [7, 7]


def test_training_that_reaches_nothing_is_a_fault() -> None:
    with pytest.raises(AirlockError, match="unchanged"):
        run(dataclasses.replace(RECIPE, learning_rate=0.0))


def test_a_stop_without_a_checkpoint_is_no_end_of_the_lease_holder(tmp_path: Path) -> None:
    """What must end without a checkpoint raises out of the question itself."""
    kept = Checkpoints(StoreFile(Store(str(tmp_path)), "c"))

    def lost() -> bool:
        raise TryAgain("another works")

    with pytest.raises(TryAgain, match="another works"):
        run(checkpoints=kept, interruption=Interruption(lost))
    assert kept.owner() is None


def test_the_note_bounds_epsilon_and_never_passes_the_whole() -> None:
    mechanism = PoissonSampler(1000, 0.05).mechanism(1.0, 40)
    note = EpsilonSoFar(mechanism, 1e-5, 50)
    found = [note.at(step) for step in range(1, 41)]
    assert found == sorted(found) and len(set(found)) == 10
    assert "epsilon at most" in note(1) and "examples/s" in note(2)


def test_the_toys_losses_are_of_single_rows() -> None:
    model: nn.Module = dp_toy.toy_model()
    table = ToyTable()
    _, batch = next(table.batches(np.array([[3, -1], [4, 5]]), 10))
    losses = dp_toy.toy_losses(model)(batch)
    assert losses.shape == (4,) and losses[1] == 0
