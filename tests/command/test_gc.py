"""Retention: what is listed, what is kept, and that nothing goes without being told to."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tasks.command.main import main
from tasks.core import artifacts, runs
from tasks.core.artifacts import Ref, Writer, reuse_or_build
from tasks.core.store import Store

NOW = time.time()
DAY = 86_400


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def artifact(root: Path, zone: str, letter: str, days_old: float) -> Ref:
    store = Store(str(root / zone))
    ref, _, _ = reuse_or_build(store, "mask", letter * 64, {}, lambda w: w.write_json("x.json", {}) or {})
    at = NOW - days_old * DAY
    os.utime(root / zone / "mask" / (letter * 64) / "manifest.json", (at, at))
    return ref


def listed(root: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> list[tuple[str, str]]:
    assert main(["gc", "--store", str(root), "--json", *flags]) == 0
    return [
        (found["name"].split("/")[1][:1], found["why"].split()[0])
        for found in json.loads(capsys.readouterr().out)["found"]
    ]


def test_what_is_past_its_retention_is_listed_and_stays_until_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, young = artifact(root, "raw", "a", 31), artifact(root, "raw", "b", 29)
    assert listed(root, capsys) == [("a", "unused")]
    assert (Path(old.uri) / "manifest.json").exists()
    assert listed(root, capsys, "--delete") == [("a", "unused")]
    assert not Path(old.uri).exists() and Path(young.uri).exists()
    assert listed(root, capsys) == []


def test_each_zone_has_its_own_retention(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for zone, letter in (("raw", "a"), ("sealed", "b"), ("clean", "c")):
        artifact(root, zone, letter, 31)
    assert listed(root, capsys) == [("a", "unused"), ("b", "unused")]
    assert listed(root, capsys, "--raw-days", "40", "--sealed-days", "0", "--clean-days", "30") == [("c", "unused")]


def test_an_interrupted_runs_checkpoint_goes_when_nobody_takes_it_up(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for letter, days_old in (("a", 8), ("b", 6)):
        name = f"train/{letter * 64}/checkpoint.safetensors"
        Store(str(root / "sealed")).write_bytes(name, b"weights")
        at = NOW - days_old * DAY
        os.utime(root / "sealed" / name, (at, at))
    assert listed(root, capsys, "--delete") == [("a", "checkpoint")]
    assert not (root / "sealed" / "train" / ("a" * 64)).exists() and (root / "sealed" / "train" / ("b" * 64)).exists()


def test_age_counts_from_the_last_run_that_used_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ref = artifact(root, "raw", "a", 100)
    runs.record(Store(str(root / "clean")), "run-1", "mask", 0, {"refs": [ref.to_dict()], "exit_code": 0})
    assert listed(root, capsys) == []


def test_a_mean_that_a_runs_statistics_name_is_kept(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = Store(str(root / "clean"))
    counts = {"means": 1, "charged": [{"column": "pay", "key": "b" * 64}]}
    for letter, found in (("a", counts), ("b", {}), ("c", {})):
        ref, _, _ = reuse_or_build(clean, "statistics", letter * 64, {}, lambda w, f=found: w.write_json("x", {}) or f)
        if letter == "a":
            runs.record(clean, "run-1", "statistics", None, {"refs": [ref.to_dict()], "exit_code": 0})
        at = NOW - 400 * DAY
        os.utime(root / "clean" / "statistics" / (letter * 64) / "manifest.json", (at, at))
    assert listed(root, capsys) == [("c", "unused")]


def test_what_a_release_names_is_kept(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ref = artifact(root, "clean", "a", 1000)
    artifact(root, "clean", "b", 1000)
    Store(str(root / "handoff")).write_bytes(
        "model/1/manifest.json", json.dumps({"artifacts": [{"stage": ref.stage, "key": ref.key}]}).encode()
    )
    assert listed(root, capsys) == [("b", "unused")]


def test_only_abandoned_attempts_older_than_a_day_are_swept(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(str(root / "raw"))
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(NOW - 2 * DAY))
    for letter, lease in (("a", None), ("b", NOW - 2 * DAY), ("c", NOW), ("d", NOW - DAY / 2)):
        writer = Writer(store, "mask", letter * 64)
        writer.attempt = f"{stamp}-{letter * 12}"
        folder = f"mask/{letter * 64}/attempts/{writer.attempt}"
        store.write_bytes(f"{folder}/payload/x", b"half")
        if lease is not None:
            store.write_bytes(f"{folder}/lease.json", json.dumps({"renewed": lease}).encode())
    assert listed(root, capsys) == [("a", "abandoned"), ("b", "abandoned")]


def test_damaged_artifacts_are_found_on_request(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ref = artifact(root, "raw", "a", 1)
    next(Path(ref.uri).rglob("x.json")).write_text("{!}")
    assert listed(root, capsys) == []
    assert listed(root, capsys, "--damaged", "--delete") == [("a", "damaged")]
    assert not Path(ref.uri).exists()


def test_a_tombstone_stays(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    artifact(root, "raw", "a", 100)
    artifacts.erase(Store(str(root / "raw")), "mask", "a" * 64, "forget")
    os.utime(root / "raw" / "mask" / ("a" * 64) / "manifest.json", (0, 0))
    assert listed(root, capsys, "--damaged", "--delete") == []
    assert artifacts.tombstone(Store(str(root / "raw")), "mask", "a" * 64) is not None
