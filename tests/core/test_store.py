"""Create-if-absent on every kind of store that Airlock accepts."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.core.errors import UserError
from tasks.core.store import Store


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "file":
        return Store(str(tmp_path / "zone"))
    return Store(request.getfixturevalue("s3_url") + "/zone")


def test_create_happens_once(store: Store) -> None:
    assert store.create("a/manifest.json", b"first")
    assert not store.create("a/manifest.json", b"second")
    assert store.read_bytes("a/manifest.json") == b"first"


def test_of_many_creators_at_once_one_wins(store: Store) -> None:
    for race in [f"race-{i}" for i in range(5)]:
        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(store.create, [race] * 32, [b"%d" % i for i in range(32)]))
        assert won.count(True) == 1
        assert store.read_bytes(race) == b"%d" % won.index(True)


def test_listing_shows_what_lies_directly_below(store: Store) -> None:
    store.write_bytes("stage/key/manifest.json", b"{}")
    store.write_bytes("stage/file", b"12345")
    assert [(i["name"], i["type"], i["size"]) for i in store.listing("stage") if i["type"] == "file"] == [
        ("file", "file", 5)
    ]
    assert {i["name"] for i in store.listing("stage")} == {"file", "key"}
    assert store.listing("nowhere") == []


def test_remove_takes_the_whole_folder_and_is_silent_when_gone(store: Store) -> None:
    store.write_bytes("x/1", b"1")
    store.write_bytes("x/y/2", b"2")
    store.remove("x")
    store.remove("x")
    assert not store.exists("x/y/2")


def test_reading_what_is_not_there(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        store.read_bytes("nothing")


def test_local_files_and_folders_are_their_owners_only(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        store = Store(str(tmp_path / "zone"))
        with store.open_write("a/b") as out:
            out.write(b"x")
        store.create("m", b"x")
    finally:
        os.umask(old)
    for path, mode in (("", 0o700), ("a", 0o700), ("a/b", 0o600), ("m", 0o600)):
        assert stat.S_IMODE((tmp_path / "zone" / path).stat().st_mode) == mode


def test_a_store_that_cannot_create_atomically_is_refused() -> None:
    with pytest.raises(UserError, match="file:// or s3://"):
        Store("http://127.0.0.1/x")
