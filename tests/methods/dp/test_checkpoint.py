"""Checkpoints: what comes back, whose they are, and that a file is whole or not there."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from tasks.core.errors import AirlockError
from tasks.core.store import Store
from tasks.core.store_file import StoreFile
from tasks.methods.dp.checkpoint import Checkpoints, identity

NAME = "train/" + "ab" * 32 + "/checkpoint.safetensors"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "zone"))


def model(width: int = 3) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(width, 4), nn.Linear(4, 2))
    net[0].bias.requires_grad_(False)
    return net


def optimizer(net: nn.Module, kind: str = "adam") -> torch.optim.Optimizer:
    params = [p for p in net.parameters() if p.requires_grad]
    return torch.optim.Adam(params, lr=0.1) if kind == "adam" else torch.optim.SGD(params, lr=0.1, momentum=0.9)


def steps(net: nn.Module, opt: torch.optim.Optimizer, n: int, seed: int = 1) -> None:
    for step in range(n):
        x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed + step))
        opt.zero_grad()
        net(x).square().mean().backward()
        opt.step()


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_what_is_restored_goes_on_to_the_same_bits(store: Store, kind: str) -> None:
    net = model()
    opt = optimizer(net, kind)
    steps(net, opt, 3)
    kept = Checkpoints(StoreFile(store, NAME))
    kept.save("run", 3, net, opt, {"losses": [0.5, None], "units": 9})
    fresh = model()
    again = optimizer(fresh, kind)
    assert Checkpoints(StoreFile(store, NAME)).restore("run", fresh, again) == (3, {"losses": [0.5, None], "units": 9})
    steps(net, opt, 2, seed=7)
    steps(fresh, again, 2, seed=7)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), fresh.parameters(), strict=True))
    kept.destroy()
    kept.destroy()
    assert kept.owner() is None and kept.restore("run", fresh, again) is None


def test_another_runs_checkpoint_is_refused(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    net = model()
    own = identity("k", b"n", {"sigma": 1.0})
    Checkpoints(StoreFile(store, NAME)).save(own, 1, net, optimizer(net), {})
    assert Checkpoints(StoreFile(store, NAME)).owner() == own
    for other in (identity("x", b"n", {"sigma": 1.0}), identity("k", b"x", {"sigma": 1.0}), identity("k", b"n", {})):
        fresh = model()
        before = copy.deepcopy(fresh.state_dict())
        assert Checkpoints(StoreFile(store, NAME)).restore(other, fresh, optimizer(fresh)) is None
        assert all(torch.equal(before[name], value) for name, value in fresh.state_dict().items())


def test_other_weights_than_the_checkpoints_are_a_fault(tmp_path: Path) -> None:
    store, net = Store(str(tmp_path)), model()
    Checkpoints(StoreFile(store, NAME)).save("run", 1, net, optimizer(net), {})
    wide = model(width=6)
    with pytest.raises(AirlockError, match="shapes"):
        Checkpoints(StoreFile(store, NAME)).restore("run", wide, optimizer(wide))
    net.requires_grad_(True)
    with pytest.raises(AirlockError, match="not those"):
        Checkpoints(StoreFile(store, NAME)).restore("run", net, optimizer(net))


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 9])
def test_a_file_that_is_no_checkpoint_counts_as_none(tmp_path: Path, content: bytes) -> None:
    store, net = Store(str(tmp_path)), model()
    store.write_bytes(NAME, content)
    assert Checkpoints(StoreFile(store, NAME)).owner() is None
    assert Checkpoints(StoreFile(store, NAME)).restore("run", net, optimizer(net)) is None


def test_only_what_is_trained_is_in_it_and_others_can_not_read_it(tmp_path: Path) -> None:
    from safetensors import safe_open

    store, net = Store(str(tmp_path / "zone")), model()
    opt = optimizer(net)
    steps(net, opt, 1)
    Checkpoints(StoreFile(store, NAME)).save("run", 1, net, opt, {})
    with safe_open(tmp_path / "zone" / NAME, framework="pt") as file:
        weights = {name for name in file.keys() if name.startswith("weights/")}  # noqa: SIM118 - not a dict
        assert json.loads(file.metadata()["airlock"])["step"] == 1
    assert weights == {"weights/0.weight", "weights/1.weight", "weights/1.bias"}
    assert (tmp_path / "zone" / NAME).parent.stat().st_mode & 0o077 == 0


def _write_for_ever(folder: str) -> None:
    store, net = Store(folder), nn.Linear(300, 300)
    opt = optimizer(net)
    step = 0
    while True:
        step += 1
        with torch.no_grad():
            net.weight.fill_(step)
        Checkpoints(StoreFile(store, NAME)).save("run", step, net, opt, {}, durable=False)


def test_killed_while_it_writes_the_file_is_whole(tmp_path: Path) -> None:
    net = nn.Linear(300, 300)
    for kill in range(4):
        writer = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(str(tmp_path / "z"),))
        writer.start()
        while not (tmp_path / "z" / NAME).exists():
            assert writer.is_alive()
            time.sleep(0.002)
        time.sleep(0.05 + 0.013 * kill)
        os.kill(writer.pid or 0, 9)
        writer.join()
        found = Checkpoints(StoreFile(Store(str(tmp_path / "z")), NAME)).restore("run", net, optimizer(net))
        assert found is not None and torch.equal(net.weight, torch.full_like(net.weight, found[0]))
