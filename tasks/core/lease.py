"""A lease: of several processes that want the same work, one does it and the others wait until it is done or dead.

Layout below a folder of a zone: ``lease/00000001.json``, ``lease/00000002.json``, ... Each is created only if it is
absent; who created the highest number holds the lease. A holder writes a new heartbeat into its own file and marks the
file released at the end. A waiter takes a dead holder's place by creating the next number, which one waiter can do.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tasks.core.errors import TryAgain
from tasks.core.store import Store

HEARTBEAT_SECONDS = 15.0
DEAD_SECONDS = 300.0
"""A holder on another host whose heartbeat was not seen to change for so long is dead. Each reads only its own clock. A
holder that can't write its heartbeat for half of it gives up."""
POLL_SECONDS = 1.0
_READS = 5
_FREE, _HERE, _ELSEWHERE = "free", "held by a live process of this host", "held on another host"


class Lease:
    """A lease that this process holds.

    Attributes:
        lost: another process has taken this one for dead, or soon may (the process was stopped, or the store was out
            of reach or didn't answer). Whoever sees this must stop without publishing.
    """

    def __init__(self, store: Store, folder: str, number: int, claim: dict[str, Any]) -> None:
        self._taken, self._alive = False, time.monotonic()
        self._store, self._folder, self._number, self._claim = store, folder, number, claim
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    @property
    def lost(self) -> bool:
        # By the clock, not by the thread that beats: that may hang in a store that doesn't answer.
        return self._taken or time.monotonic() - self._alive > DEAD_SECONDS / 2

    def release(self) -> None:
        """Let the next one have it. The file stays, so that no number is ever given twice while somebody waits."""
        self._stop.set()
        self._thread.join(HEARTBEAT_SECONDS)
        if not self.lost:
            self._write(released=True)

    def _beat(self) -> None:
        beats = 0
        while not self._stop.wait(HEARTBEAT_SECONDS):
            beats, begun = beats + 1, time.monotonic()
            # A store that fails for now is tried again at the next beat.
            with contextlib.suppress(Exception):
                if _highest(self._store, self._folder) > self._number:
                    self._taken = True
                    return
                self._write(beats=beats)
                self._alive = begun
            if self.lost:
                self._taken = True  # once given up, for good
                return

    def _write(self, **more: Any) -> None:
        self._store.write_bytes(_name(self._folder, self._number), json.dumps({**self._claim, **more}).encode())


@contextlib.contextmanager
def hold(store: Store, folder: str, waiting: Callable[[str], None] = lambda holder: None) -> Iterator[Lease]:
    """Wait for the lease of ``folder``, hold it while the block runs and release it, however the block ends.

    After waiting, look first whether the work is done: the holder before may have finished it.

    Args:
        waiting: called once for each holder that is waited for, with its host and process id in words.

    Formal guarantees:
        While a holder lives and its heartbeat reaches the store, nobody else holds the lease: numbers are created only
        if absent, and the next one is created only where the highest is released or dead. A process of this host is
        dead when the kernel has no process of its id and start time, so a killed one is found at once and a stopped one
        is waited for; one of another host when its heartbeat has not changed for :data:`DEAD_SECONDS`. A holder that
        could not write its heartbeat gives up before that (:attr:`Lease.lost`), unless the whole process stood still.

    Raises:
        TryAgain: the store doesn't answer.
    """
    lease = _acquire(store, folder, waiting)
    try:
        yield lease
    finally:
        with contextlib.suppress(Exception):  # unreleased, it ends with this process
            lease.release()


def holder(store: Store, folder: str) -> str | None:
    """Who holds the lease of ``folder``, in words, or ``None`` where nobody does: it was never taken, or is released or
    dead. A holder on another host is dead when the store, by its own clock, hasn't seen its heartbeat for long enough.

    Raises:
        TryAgain: the store doesn't answer.
    """
    return _look(store, folder)[1]


@contextlib.contextmanager
def hold_if_free(store: Store, folder: str) -> Iterator[Lease]:
    """Hold the lease of ``folder`` while the block runs, without waiting for it.

    Raises:
        TryAgain: somebody else holds it, or the store doesn't answer.
    """
    number, found = _look(store, folder)
    if found is not None:
        raise TryAgain(f"lease: {found} is at work on it; try again when that has ended")
    number, mine = number + 1, {**_claim(), "token": uuid.uuid4().hex}
    if not store.create(_name(folder, number), json.dumps(mine).encode()):
        raise TryAgain("lease: another process has just begun to work on it; try again when that has ended")
    lease = Lease(store, folder, number, mine)
    try:
        yield lease
    finally:
        with contextlib.suppress(Exception):
            lease.release()


def _look(store: Store, folder: str) -> tuple[int, str | None]:
    """The newest claim's number, and who holds it, if anybody does."""
    number = _highest(store, folder)
    raw = _read(store, folder, number) if number else b""
    state = _state(raw) if number else _FREE
    if state == _FREE or (state == _ELSEWHERE and _silence(store, folder, number) > DEAD_SECONDS):
        return number, None
    return number, _in_words(raw)


def _silence(store: Store, folder: str, number: int) -> float:
    """Seconds between a heartbeat and now, both as the store tells them: hosts' clocks may differ."""
    probe = f"{folder}/lease/.now-{uuid.uuid4().hex}"
    store.write_bytes(probe, b"")
    try:
        return store.modified(probe) - store.modified(_name(folder, number))
    finally:
        store.remove(probe)


def _claim() -> dict[str, Any]:
    return {"place": _place(), "host": platform.node(), "pid": os.getpid(), "started": start_time(os.getpid())}


def _in_words(raw: bytes) -> str:
    found = json.loads(raw)
    return f"process {found['pid']} on {found['host']}"


def _acquire(store: Store, folder: str, waiting: Callable[[str], None]) -> Lease:
    claim = _claim()
    seen: tuple[int, bytes] = (0, b"")
    since = time.monotonic()
    told = 0
    while True:
        number = _highest(store, folder)
        raw = _read(store, folder, number) if number else b""
        if (number, raw) != seen:
            seen, since = (number, raw), time.monotonic()
        state = _state(raw) if number else _FREE
        if state == _FREE or (state == _ELSEWHERE and time.monotonic() - since > DEAD_SECONDS):
            mine = {**claim, "token": uuid.uuid4().hex}
            if store.create(_name(folder, number + 1), json.dumps(mine).encode()):
                return Lease(store, folder, number + 1, mine)
            continue
        if told != number:
            told = number
            waiting(_in_words(raw))
        time.sleep(POLL_SECONDS)


def _state(raw: bytes) -> str:
    """What can be told of a claim at once."""
    try:
        claim = json.loads(raw)
        if claim.get("released"):
            return _FREE
        if claim["place"] != _place() or not claim["started"]:
            return _ELSEWHERE
        return _HERE if start_time(int(claim["pid"])) == claim["started"] else _FREE
    except (ValueError, KeyError, TypeError, AttributeError):
        return _FREE  # not a claim: files appear whole, so it was never one


def start_time(pid: int) -> str:
    """When a process started, as the kernel counts: with it a pid names one process for ever. Empty if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _place() -> str:
    """Names where process ids mean the same: a host since its last boot, and a namespace in it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{platform.node()} {boot} {os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return f"{platform.node()} {uuid.getnode()}"


def _highest(store: Store, folder: str) -> int:
    names = [item["name"].partition(".")[0] for item in store.listing(f"{folder}/lease")]
    return max((int(name) for name in names if name.isdigit()), default=0)


def _read(store: Store, folder: str, number: int) -> bytes:
    """A claim's content; empty where it is gone."""
    for _ in range(_READS):
        try:
            return store.read_bytes(_name(folder, number))
        except FileNotFoundError:
            return b""
        except OSError:  # s3fs: the holder's heartbeat replaced it between opening and reading
            time.sleep(POLL_SECONDS / _READS)
    raise TryAgain(f"store {store.url}: a lease in it can't be read; the store may be down or busy")


def _name(folder: str, number: int) -> str:
    return f"{folder}/lease/{number:08d}.json"
