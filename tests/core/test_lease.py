"""One works, the others wait; the dead are found, and a place is taken over once."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tasks.core import lease
from tasks.core.store import Store

FOLDER = "train/" + "ab" * 32
FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.05)


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "zone") if request.param == "file" else request.getfixturevalue("s3_url") + "/zone"


def claims(store: Store) -> list[dict[str, Any]]:
    names = sorted(item["name"] for item in store.listing(f"{FOLDER}/lease"))
    return [json.loads(store.read_bytes(f"{FOLDER}/lease/{name}")) for name in names]


def _work(url: str, log: str, waited: Any, start: Any) -> None:
    """Hold the lease; each holder writes a line as it comes in and one as it goes out."""
    start.wait(30)
    with lease.hold(Store(url), FOLDER, waited.put):
        for word in ("in", "out"):
            with open(log, "a") as out:
                out.write(f"{os.getpid()} {word}\n")
            time.sleep(0.03)


def test_processes_at_once_work_one_after_the_other(tmp_path: Path) -> None:
    waited, start = FORK.Queue(), FORK.Barrier(6)
    given = (str(tmp_path / "z"), str(tmp_path / "log"), waited, start)
    workers = [FORK.Process(target=_work, args=given) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    lines = (tmp_path / "log").read_text().split("\n")[:-1]
    assert [line.split()[1] for line in lines] == ["in", "out"] * 6
    assert all(lines[i].split()[0] == lines[i + 1].split()[0] for i in range(0, 12, 2))
    assert "process" in waited.get(timeout=5)


def _hang(url: str, ready: Any) -> None:
    with lease.hold(Store(url), FOLDER):
        ready.put(os.getpid())
        time.sleep(60)


def test_a_killed_holder_is_followed_at_once_and_a_stopped_one_waited_for(tmp_path: Path) -> None:
    url, ready = str(tmp_path / "zone"), FORK.Queue()
    holder = FORK.Process(target=_hang, args=(url, ready))
    holder.start()
    pid = ready.get(timeout=30)
    os.kill(pid, signal.SIGSTOP)
    told: list[str] = []
    got = threading.Event()

    def follow() -> None:
        with lease.hold(Store(url), FOLDER, told.append):
            got.set()

    waiter = threading.Thread(target=follow)
    waiter.start()
    assert not got.wait(0.3)
    os.kill(pid, signal.SIGKILL)
    holder.join()
    assert got.wait(10)
    waiter.join()
    assert told == [f"process {pid} on {os.uname().nodename}"]


def test_a_holder_on_another_host_is_dead_when_its_heartbeat_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "zone")
    monkeypatch.setattr(lease, "DEAD_SECONDS", 0.6)
    store, other = Store(url), {"place": "elsewhere", "host": "elsewhere", "pid": 1, "started": "5"}
    assert store.create(f"{FOLDER}/lease/00000007.json", json.dumps(other).encode())
    alive, stop = threading.Event(), threading.Event()

    def beat() -> None:
        for beats in range(20):
            if stop.wait(0.1):
                return
            store.write_bytes(f"{FOLDER}/lease/00000007.json", json.dumps({**other, "beats": beats}).encode())
        alive.set()

    beater = threading.Thread(target=beat)
    beater.start()
    with lease.hold(Store(url), FOLDER) as mine:
        assert alive.is_set(), "taken over while it was alive"
        assert not mine.lost
    stop.set()
    beater.join()
    assert len(claims(store)) == 2 and claims(store)[1]["released"]


def test_of_many_who_find_a_dead_holder_one_takes_its_place(url: str) -> None:
    store = Store(url)
    dead = {"place": lease._place(), "host": "here", "pid": 2**22 + 1, "started": "1"}
    assert store.create(f"{FOLDER}/lease/00000001.json", json.dumps(dead).encode())
    inside, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with lease.hold(Store(url), FOLDER):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 1
    assert len(claims(store)) == 4


def test_a_holder_that_was_taken_for_dead_learns_it(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "zone"))
    with lease.hold(store, FOLDER) as mine:
        assert store.create(f"{FOLDER}/lease/00000002.json", b"{}")
        for _ in range(200):
            if mine.lost:
                break
            time.sleep(0.02)
        assert mine.lost
    assert "released" not in claims(store)[0]


def test_a_holder_whose_store_is_gone_gives_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "DEAD_SECONDS", 0.4)
    store = Store(str(tmp_path / "zone"))
    with lease.hold(store, FOLDER) as mine:
        store.root = "/proc/nothing/here"  # can't be written by anyone
        time.sleep(0.6)
        assert mine.lost


def test_a_holder_whose_store_does_not_answer_gives_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "DEAD_SECONDS", 0.8)
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.05)
    store, answer = Store(str(tmp_path / "zone")), threading.Event()
    with lease.hold(store, FOLDER) as mine:
        time.sleep(0.1)
        assert not mine.lost
        monkeypatch.setattr(Store, "write_bytes", lambda *_: answer.wait(5))
        time.sleep(0.7)
        assert mine.lost
        answer.set()
        time.sleep(0.1)
        assert mine.lost, "given up is given up"


def test_a_pid_that_was_given_again_is_another_process(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "zone"))
    claim = {"place": lease._place(), "host": "here", "pid": os.getpid(), "started": "1"}
    assert store.create(f"{FOLDER}/lease/00000001.json", json.dumps(claim).encode())
    started = time.monotonic()
    with lease.hold(store, FOLDER):
        assert time.monotonic() - started < 5
