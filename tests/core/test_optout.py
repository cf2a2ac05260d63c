"""The opt-out list: who is on it, without a name, whoever else writes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tasks.core import optout
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.store import Store

KEYS = Keys.from_master(b"k" * 32)
UNIT = "1f" * 32


@pytest.fixture(params=["file", "s3"])
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "file":
        return Store(str(tmp_path / "raw"))
    return Store(request.getfixturevalue("s3_url") + "/raw")


def test_whoever_is_put_on_it_stands_on_it_once(raw: Store) -> None:
    assert optout.read(raw, "visits", KEYS) == frozenset()
    assert optout.add(raw, "visits", KEYS, UNIT) is True
    assert optout.add(raw, "visits", KEYS, UNIT) is False
    assert optout.read(raw, "visits", KEYS) == {optout.mark(UNIT, KEYS.secret("unit"))}
    assert optout.read(raw, "other", KEYS) == frozenset()


def test_a_mark_needs_the_key_and_is_for_one_use() -> None:
    marks = {optout.mark(UNIT, b"k" * 32), optout.mark(UNIT, b"l" * 32), optout.mark(UNIT, b"k" * 32, "another use")}
    assert len(marks) == 3 and UNIT not in marks


def test_writers_side_by_side_lose_nothing(raw: Store) -> None:
    units = [f"{n:064x}" for n in range(12)]
    threads = [threading.Thread(target=optout.add, args=(raw, "visits", KEYS, unit)) for unit in units * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert optout.read(raw, "visits", KEYS) == {optout.mark(unit, KEYS.secret("unit")) for unit in units}


def test_a_list_under_another_key_is_refused(raw: Store) -> None:
    optout.add(raw, "visits", KEYS, UNIT)
    with pytest.raises(UserError, match="another `unit` key"):
        optout.read(raw, "visits", Keys.from_master(b"n" * 32))
    optout.read(raw, "other", Keys.from_master(b"n" * 32))


def test_the_digest_is_of_the_set() -> None:
    assert optout.digest(frozenset("ab")) == optout.digest(frozenset("ba")) != optout.digest(frozenset("a"))
