"""review as a stage: a sample of real rows with known leaks, the same for the same rows, none where nobody asks."""

from __future__ import annotations

import json
import logging
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.core.artifacts import Ref, Writer, reuse_or_build
from tasks.core.config import Config
from tasks.core.errors import AirlockError
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.stages import ingest, mask, review
from tests.masking import Finder, policy_file

ASKED = {"rows": 20, "seeded": 8, "limit": 0.5}
NOTES = ["Maria Lopez rang.", "Nothing from Bob Stone until 2021-03-09.", "Bob Stone and Maria Lopez met.", "Nobody."]


def policy(folder: Path, name: str = "asks", **evidence: Any) -> str:
    path = Path(policy_file(folder, {"PERSON": "tag", "DATE": "year"}))
    content = yaml.safe_load(path.read_text(encoding="utf-8")) | {"evidence": evidence}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A context for review: two real shards, masked, and a planted one."""
    home = tmp_path_factory.mktemp("review")
    source = home / "rows.jsonl"
    lines = [json.dumps({"who": f"p{k}", "text": f"Visit {k}. {NOTES[k % 4]}"}) for k in range(60)]
    source.write_text("\n".join(lines), encoding="utf-8")
    columns = [{"name": "who", "role": "person"}, {"name": "text", "role": "text"}]
    config = Config.parse(
        {
            "ingest": {"source": str(source), "columns": columns, "shard_rows": 30},
            "mask": {"policy": policy(home, review=ASKED)},
            "store": {"root": str(home / "store")},
        }
    )
    ctx = Context(config, "run", Keys.from_master(b"i" * 32), home, home / "ledger", log_seconds=1e9)
    raw = ingest.run(ctx)
    read = ctx.open(raw[0])

    def copy(writer: Writer) -> dict[str, Any]:
        for name in read.files:
            with writer.open(name) as out:
                out.write(read.read_bytes(name))
        return {}

    whole, _, _ = reuse_or_build(ctx.zone("raw"), "plant", "c" * 64, {}, copy)
    raw.append(replace(whole, counts={**raw[0].counts, "shard": 2}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.methods.detect.masker.Masker", Finder)
        patch.setattr(mask, "_models", lambda *_: {})
        shards = [mask.run(replace(ctx, inputs={"shard": [ref]}, shard=k)) for k, ref in enumerate(raw)]
    return replace(ctx, inputs={"masked": shards, "raw": raw}, reused=[])


def again(ctx: Context, **changed: Any) -> Ref:
    return review.run(replace(ctx, reused=[], **changed))


def with_policy(ctx: Context, path: str) -> dict[str, Any]:
    return {"config": ctx.config.model_copy(update={"mask": ctx.config.mask.model_copy(update={"policy": path})})}


def test_sample_holds_masked_rows_and_known_leaks(masked: Context) -> None:
    ref = again(masked)
    assert ref.counts == {"rows": 20, "seeded": 8, "population": 60}
    sample = masked.open(ref)
    assert sample.files == ["key.parquet", "sample.jsonl"]
    key = pq.read_table(sample.local("key.parquet")).to_pylist()
    lines = [json.loads(line) for line in sample.read_bytes("sample.jsonl").splitlines()]
    assert [row["ordinal"] for row in key] == [line["ordinal"] for line in lines] == list(range(1, 29))
    assert {row["shard"] for row in key} <= {0, 1}, "planted rows are none of a person's"
    tables = {ref.counts["shard"]: masked.open(ref) for ref in masked.inputs["masked"]}
    texts = {
        (number, row["record_id"]): row["text"]
        for number, table in tables.items()
        for row in pq.read_table(table.local("rows.parquet")).to_pylist()
    }
    for row, line in zip(key, lines, strict=True):
        as_masked = line["texts"] == {"text": texts[row["shard"], row["record_id"]]}
        assert as_masked != row["seeded"]
    page = next(Path(masked.zone("raw").path(f"review/{ref.key}/attempts")).glob("*/views/sample.html"))
    content = page.read_text(encoding="utf-8")
    assert content.count('type="checkbox"') == 28 and "<mark>&lt;PERSON" in content
    assert f"airlock review {ref.key[:12]} --read 28" in content
    assert "seeded" not in content, "the page doesn't tell which"
    assert page.stat().st_mode & 0o077 == 0


def test_the_same_rows_keep_their_sample_whatever_the_limit(masked: Context, tmp_path: Path) -> None:
    first = again(masked)
    looser = policy(tmp_path, "looser", review={**ASKED, "limit": 0.9})
    fresh = {"home": tmp_path, **with_policy(masked, looser)}
    assert again(masked, **with_policy(masked, looser)) == first
    store = masked.config.store.model_copy(update={"raw": str(tmp_path / "elsewhere")})
    moved = again(masked, **{**fresh, "config": fresh["config"].model_copy(update={"store": store})})
    assert (moved.key, moved.digest) == (first.key, first.digest), "built anew it is the same, to the byte"
    more = policy(tmp_path, "more", review={**ASKED, "rows": 21})
    assert again(masked, **with_policy(masked, more)).key != first.key
    planted_gone = {role: refs[:2] for role, refs in masked.inputs.items()}
    assert again(masked, inputs=planted_gone) == first, "planting doesn't change what a person has read"
    fewer = {role: refs[:1] for role, refs in masked.inputs.items()}
    assert again(masked, inputs=fewer).key != first.key


def test_no_policy_asks_by_default(masked: Context, tmp_path: Path) -> None:
    ref = again(masked, **with_policy(masked, policy(tmp_path)))
    assert ref.counts == {"rows": 0, "seeded": 0} and masked.open(ref).read_bytes("sample.jsonl") == b""
    for name in sorted(path.stem for path in (Path(__file__).parents[2] / "policies").glob("*.yaml")):
        assert review.load_policy(name).evidence.review is None


def test_shards_that_do_not_belong_together_are_refused(masked: Context) -> None:
    with pytest.raises(AirlockError, match="not those of the raw ones"):
        again(masked, inputs={**masked.inputs, "raw": masked.inputs["raw"][:2]})
    with pytest.raises(AirlockError, match="not those of the raw ones"):
        again(masked, inputs={**masked.inputs, "masked": [*masked.inputs["masked"], masked.inputs["masked"][0]]})


def test_says_no_value_and_needs_no_network_and_no_key(
    masked: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("review opened a socket"))
    store = masked.config.store.model_copy(update={"raw": str(tmp_path / "raw")})
    with caplog.at_level(logging.INFO, logger="airlock"):
        ref = again(masked, config=masked.config.model_copy(update={"store": store}), keys=Keys({}, {}))
    raw = [pq.read_table(masked.open(r).local(r.counts["file"])).to_pylist() for r in masked.inputs["raw"]]
    assert any("Maria" in row["text"] for rows in raw for row in rows)
    said = " ".join([*caplog.messages, json.dumps(masked.open(ref).manifest)])
    assert "8 known leaks" in said and not [word for word in ("Maria", "Lopez", "Stone", "Visit") if word in said]


def test_a_broken_shard_is_told_without_its_rows(masked: Context, tmp_path: Path) -> None:
    raw = Store(str(tmp_path / "raw"))

    def build(writer: Writer) -> dict[str, Any]:
        for name in ("rows.parquet", "spans.parquet"):
            with writer.open(name) as out:
                out.write(b"Jane Roe is no table")
        writer.write_json("columns.json", [{"name": "text", "role": "text"}])
        return {"shard": 0, "rows": 30}

    broken, _, _ = reuse_or_build(raw, "mask", "d" * 64, {}, build)
    with pytest.raises(AirlockError, match="^review: internal fault") as caught:
        again(masked, inputs={"masked": [broken], "raw": masked.inputs["raw"][:1]})
    assert "Jane" not in str(caught.value) and caught.value.__cause__ is None
