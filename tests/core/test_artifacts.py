"""Publishing once, verifying always, and references that never differ."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tasks.core import artifacts
from tasks.core.artifacts import Ref, Writer, find, open_ref, reuse_or_build
from tasks.core.errors import AirlockError, UserError
from tasks.core.store import Store

KEY = "ab" * 32


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "file":
        return Store(str(tmp_path / "zone"))
    return Store(request.getfixturevalue("s3_url") + "/zone")


def build(writer: Writer, content: bytes = b"rows") -> dict[str, Any]:
    with writer.open("table/0.bin") as out:
        out.write(content)
    writer.write_json("info.json", {"b": 1, "a": "é"})
    (writer.local_dir() / "sub").mkdir(parents=True)
    (writer.local_dir() / "sub" / "weights").write_bytes(b"w" * 10)
    with writer.view("page.html") as out:
        out.write(os.urandom(8))
    writer.note(library="says something", noise=os.urandom(4).hex())
    return {"rows": 3}


def test_a_hit_and_a_miss_give_the_same_reference(store: Store) -> None:
    first, reused_first, facts = reuse_or_build(store, "stage", KEY, {}, build)
    second, reused_second, none = reuse_or_build(store, "stage", KEY, {}, build)
    assert (reused_first, reused_second) == (False, True)
    assert json.dumps(first.to_dict()) == json.dumps(second.to_dict())
    assert facts["library"] == "says something" and none == {}
    opened = open_ref(first)
    assert opened.files == ["info.json", "sub/weights", "table/0.bin"]
    assert opened.read_bytes("table/0.bin") == b"rows"
    assert opened.read_json("info.json") == {"a": "é", "b": 1}
    assert (opened.local_dir() / "sub" / "weights").read_bytes() == b"w" * 10


def test_views_and_facts_are_outside_the_digest(tmp_path: Path) -> None:
    one, _, _ = reuse_or_build(Store(str(tmp_path / "one")), "stage", KEY, {}, build)
    two, _, _ = reuse_or_build(Store(str(tmp_path / "two")), "stage", KEY, {}, build)
    assert one.digest == two.digest


def test_one_changed_byte_of_the_payload_changes_the_digest(tmp_path: Path) -> None:
    one, _, _ = reuse_or_build(Store(str(tmp_path / "one")), "stage", KEY, {}, build)
    two, _, _ = reuse_or_build(Store(str(tmp_path / "two")), "stage", KEY, {}, lambda w: build(w, b"rowz"))
    assert one.digest != two.digest


def test_two_writers_at_once_publish_once(store: Store) -> None:
    both_built = threading.Barrier(2)
    refs: list[Ref] = []
    reused: list[bool] = []

    def attempt() -> None:
        def together(writer: Writer) -> dict[str, Any]:
            counts = build(writer)
            both_built.wait(60)
            return counts

        ref, was_reused, _ = reuse_or_build(Store(store.url), "stage", KEY, {}, together)
        refs.append(ref)
        reused.append(was_reused)

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refs[0] == refs[1]
    assert sorted(reused) == [False, True]
    assert len(store.listing(f"stage/{KEY}/attempts")) == 1  # the loser's attempt is gone


def test_a_failed_build_publishes_nothing_and_the_next_one_does(store: Store) -> None:
    def fails(writer: Writer) -> dict[str, Any]:
        build(writer)
        raise UserError("no")

    with pytest.raises(UserError):
        reuse_or_build(store, "stage", KEY, {}, fails)
    assert find(store, "stage", KEY) is None
    assert reuse_or_build(store, "stage", KEY, {}, build)[1] is False


@pytest.mark.parametrize("damage", ["change", "truncate", "remove", "manifest"])
def test_a_damaged_artifact_is_never_reused(tmp_path: Path, damage: str) -> None:
    store = Store(str(tmp_path))
    ref, _, _ = reuse_or_build(store, "stage", KEY, {}, build)
    (payload,) = tmp_path.glob("stage/*/attempts/*/payload/table/0.bin")
    manifest = tmp_path / "stage" / KEY / "manifest.json"
    if damage == "change":
        payload.write_bytes(b"rowz")
    elif damage == "truncate":
        payload.write_bytes(b"row")
    elif damage == "remove":
        payload.unlink()
    else:
        data = json.loads(manifest.read_text())
        data["files"]["table/0.bin"]["sha256"] = "0" * 64
        manifest.write_text(json.dumps(data))
    with pytest.raises(UserError, match="gc --damaged"):
        reuse_or_build(store, "stage", KEY, {}, build)
    with pytest.raises(UserError, match="gc --damaged"):
        open_ref(ref)


def test_a_tombstone_is_not_a_hit(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write_bytes(f"stage/{KEY}/manifest.json", json.dumps({"tombstone": True}).encode())
    assert find(store, "stage", KEY) is None


def test_an_erased_artifact_is_gone_and_its_key_is_refused(store: Store) -> None:
    ref, _, _ = reuse_or_build(store, "stage", KEY, {"inputs": {"rows": ["d" * 64]}}, build)
    artifacts.erase(store, "stage", KEY, "forget")
    assert store.listing(f"stage/{KEY}/attempts") == []
    left = artifacts.tombstone(store, "stage", KEY)
    assert left is not None and (left["stage"], left["key"], left["why"]) == ("stage", KEY, "forget")
    assert left["counts"] == {"rows": 3} and left["files"] == 3 and "deleted_at" in left
    assert find(store, "stage", KEY) is None
    for again in (lambda: reuse_or_build(store, "stage", KEY, {}, build), lambda: open_ref(ref)):
        with pytest.raises(UserError, match="was erased .*opt-out"):
            again()
    assert store.listing(f"stage/{KEY}/attempts") == []
    artifacts.erase(store, "stage", KEY, "another")
    assert artifacts.tombstone(store, "stage", KEY) == left


def test_erasing_finishes_what_was_begun(store: Store) -> None:
    reuse_or_build(store, "stage", KEY, {}, build)
    store.write_bytes(f"stage/{KEY}/manifest.json", json.dumps({"tombstone": True}).encode())
    artifacts.erase(store, "stage", KEY, "forget")
    assert store.listing(f"stage/{KEY}/attempts") == []


def test_what_is_erased_while_it_is_built_isnt_published(store: Store) -> None:
    def erased_meanwhile(writer: Writer) -> dict[str, Any]:
        store.write_bytes(f"stage/{KEY}/manifest.json", json.dumps({"tombstone": True}).encode())
        return build(writer)

    with pytest.raises(UserError, match="was erased"):
        reuse_or_build(store, "stage", KEY, {}, erased_meanwhile)
    assert store.listing(f"stage/{KEY}/attempts") == []


def test_an_attempt_says_what_it_is_made_of(store: Store) -> None:
    inputs = {"rows": ["d" * 64]}

    def fails(writer: Writer) -> dict[str, Any]:
        raise UserError("no")

    with pytest.raises(UserError, match="no"):
        reuse_or_build(store, "stage", KEY, {"inputs": inputs}, fails)
    (attempt,) = store.listing(f"stage/{KEY}/attempts")
    assert json.loads(store.read_bytes(f"stage/{KEY}/attempts/{attempt['name']}/inputs.json")) == inputs


def test_a_reference_to_one_file_must_name_one_of_the_artifacts_files(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    ref, _, _ = reuse_or_build(store, "stage", KEY, {}, build)
    (entry,) = [e for n, e in open_ref(ref).manifest["files"].items() if n == "table/0.bin"]
    assert open_ref(Ref(ref.uri, "stage", KEY, entry["sha256"])).read_bytes("table/0.bin") == b"rows"
    with pytest.raises(UserError, match="doesn't hold"):
        open_ref(Ref(ref.uri, "stage", KEY, "0" * 64))
    with pytest.raises(AirlockError):
        open_ref(Ref(ref.uri, "other", KEY, ref.digest))


def _killed_while_writing(root: str) -> None:
    def forever(writer: Writer) -> dict[str, Any]:
        build(writer)
        os.kill(os.getpid(), 9)
        return {}

    reuse_or_build(Store(root), "stage", KEY, {}, forever)


def test_a_writer_killed_before_publishing_leaves_nothing_that_counts(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_killed_while_writing, args=(str(tmp_path),))
    process.start()
    process.join()
    store = Store(str(tmp_path))
    assert find(store, "stage", KEY) is None
    ((_, _, live),) = artifacts.attempts(store, "stage", KEY)
    assert live  # its lease was renewed a moment ago: nobody sweeps it yet
    undisturbed, _, _ = reuse_or_build(Store(str(tmp_path / "other")), "stage", KEY, {}, build)
    assert reuse_or_build(store, "stage", KEY, {}, build)[0].digest == undisturbed.digest


def test_the_reader_refuses_a_manifest_of_a_later_version(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    reuse_or_build(store, "stage", KEY, {}, build)
    manifest = tmp_path / "stage" / KEY / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"manifest_version":1', '"manifest_version":99'))
    with pytest.raises(UserError, match="upgrade"):
        find(store, "stage", KEY)
