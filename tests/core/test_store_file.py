"""A file that is replaced by way of a local path: whole, private, and not at all where writing it failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.core.store import Store
from tasks.core.store_file import StoreFile

NAME = "train/key/file"


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "file":
        return Store(str(tmp_path / "zone"))
    return Store(request.getfixturevalue("s3_url") + "/zone")


def content(file: StoreFile) -> bytes | None:
    with file.reading() as path:
        return None if path is None else path.read_bytes()


def test_it_is_replaced_and_removed(store: Store) -> None:
    file = StoreFile(store, NAME)
    assert content(file) is None
    for data, durable in ((b"one", True), (b"another", False)):
        with file.replacing(durable) as path:
            path.write_bytes(data)
        assert content(file) == data
    file.remove()
    file.remove()
    assert content(file) is None


def test_what_failed_to_be_written_changes_nothing(store: Store, tmp_path: Path) -> None:
    file = StoreFile(store, NAME)
    with file.replacing() as path:
        path.write_bytes(b"before")
    with pytest.raises(ValueError), file.replacing() as path:
        path.write_bytes(b"half")
        raise ValueError
    assert content(file) == b"before"
    if store.is_local:
        folder = tmp_path / "zone" / NAME
        assert [p.name for p in folder.parent.iterdir()] == ["file"]
        assert folder.parent.stat().st_mode & 0o077 == 0
