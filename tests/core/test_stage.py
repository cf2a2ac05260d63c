"""The key: every item that decides a result changes it, and nothing else does."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.core.artifacts import Ref, Writer
from tasks.core.config import Config
from tasks.core.keys import Keys
from tasks.core.stage import Context, Stage

STAGE = Stage("probe", 1, "clean", libraries=("pydantic",))
BASE: dict[str, Any] = {"ingest": {"source": "/x", "columns": [{"name": "note", "role": "text"}]}}


def context(tmp_path: Path, **train: Any) -> Context:
    config = Config.parse({**BASE, "train": train, "store": {"root": str(tmp_path / "store")}})
    inputs = {"clean": [Ref("/a/leakcheck/k", "leakcheck", "k", "d" * 64, {"rows": 3})]}
    return Context(config, "run", Keys.from_master(b"k" * 32), tmp_path, tmp_path / "ledger", inputs=inputs)


def key(ctx: Context, stage: Stage = STAGE, **decides: Any) -> str:
    return ctx.key(stage, ctx.config.train, decides)[0]


def test_each_deciding_item_changes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context(tmp_path)
    moved = {"clean": [Ref("/a/leakcheck/k", "leakcheck", "k", "e" * 64)]}
    keys = {
        "as it is": key(ctx),
        "stage": key(ctx, replace(STAGE, name="other")),
        "version": key(ctx, replace(STAGE, version=2)),
        "config": key(context(tmp_path, epsilon=7.0)),
        "input digest": key(replace(ctx, inputs=moved)),
        "policy": key(ctx, policy="sha-1"),
        "policy content": key(ctx, policy="sha-2"),
        "model file": key(ctx, model={"model.safetensors": "sha"}),
        "key id": key(ctx, key_id=ctx.keys.key_id("noise")),
        "other key": key(ctx, key_id=Keys.from_master(b"x" * 32).key_id("noise")),
        "other library": key(ctx, replace(STAGE, libraries=("pydantic", "fsspec"))),
    }
    version = importlib.metadata.version
    monkeypatch.setattr("importlib.metadata.version", lambda name: version(name) + ".post1")
    keys["library version"] = key(ctx)
    assert len(set(keys.values())) == len(keys)


def test_nothing_else_changes_the_key(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    elsewhere = {"clean": [Ref("s3://other/leakcheck/k2", "leakcheck", "k2", "d" * 64, {"rows": 4})]}
    knobs = context(tmp_path, physical_batch=3, device="cpu", threads=1, log_seconds=0.5)
    same = {
        key(ctx),
        key(replace(ctx, inputs=elsewhere)),
        key(replace(ctx, run_id="another", home=Path("/elsewhere"), log_seconds=1.0)),
        key(knobs),
    }
    assert len(same) == 1


def test_a_lazy_object_in_a_key_is_an_error_not_its_repr(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        key(context(tmp_path), shards=iter([1, 2]))


def test_the_order_of_inputs_counts(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    a, b = (Ref("/a", "mask", c, c * 64) for c in "ab")
    assert key(replace(ctx, inputs={"masked": [a, b]})) != key(replace(ctx, inputs={"masked": [b, a]}))


def test_the_second_call_reuses_and_returns_the_same_reference(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    built = []

    def build(writer: Writer) -> dict[str, Any]:
        built.append(1)
        writer.write_json("x.json", {"x": 1})
        return {"rows": 1}

    refs = [ctx.artifact(STAGE, ctx.config.train, {}, build) for _ in range(3)]
    assert len(built) == 1 and len(set(map(repr, refs))) == 1
    assert ctx.reused == [False, True, True]


def test_the_manifest_shows_no_path_of_the_configuration(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    ref = ctx.artifact(STAGE, ctx.config.ingest, {}, lambda w: w.write_json("x.json", {}) or {})
    assert "/x" not in (Path(ref.uri) / "manifest.json").read_text()
