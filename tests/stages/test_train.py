"""The train stage on a tiny model: payload, determinism, the ledger, what users get for bad targets."""

from __future__ import annotations

import json
import logging
import random
import secrets
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core import artifacts
from tasks.core.artifacts import Ref, Writer
from tasks.core.config import Config
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.ledger import Ledger
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.stages import train
from tests.tiny import tiny_causal_lm

WORDS = ["the", "patient", "came", "back", "with", "a", "mild", "fever", "and", "was", "sent", "home", "after", "rest"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_causal_lm(tmp_path_factory.mktemp("base") / "tiny")


def clean_table(root: Path, rows: int = 60, person: bool = True, heldout: int = 12) -> Ref:
    """A clean table as leakcheck leaves it."""
    rng = random.Random(4)

    def build(writer: Writer) -> dict[str, Any]:
        text = [" ".join(rng.choices(WORDS, k=rng.randint(0, 12))) for _ in range(rows)]
        table = pa.table({
            "record_id": pa.array(range(rows), pa.int64()),
            "unit_id": pa.array([f"{i % 7:064x}" if person else None for i in range(rows)], pa.string()),
            "split": ["heldout" if i < heldout else "train" for i in range(rows)],
            "title": [None if i % 3 else "visit" for i in range(rows)],
            "note": text,
        })  # fmt: skip
        half = rows // 2
        for i, part in enumerate((table.slice(0, half), table.slice(half))):
            with writer.open(f"table/{i:05d}.parquet") as out:
                pq.write_table(part, out)
        columns = [{"name": "title", "role": "text"}, {"name": "note", "role": "text"}]
        writer.write_json("columns.json", [*columns, *([{"name": "who", "role": "person"}] if person else [])])
        return {"rows": rows}

    key = f"{rows}{person}{heldout}".encode().hex().ljust(64, "0")
    return artifacts.reuse_or_build(Store(str(root / "store" / "clean")), "leakcheck", key, {}, build)[0]


def context(root: Path, model: Path, clean: Ref | None = None, **settings: Any) -> Context:
    fields = {
        "base_model": str(model), "epsilon": 8.0, "steps": 3, "expected_batch": 12, "physical_batch": 5,
        "max_length": 48, "heldout_rows": 8, "device": "cpu", "threads": 1, **settings,
    }  # fmt: skip
    config = Config.parse({
        "ingest": {"source": "/x", "columns": [{"name": "note", "role": "text"}]},
        "train": fields,
        "store": {"root": str(root / "store")},
    })  # fmt: skip
    keys = Keys.from_master(b"k" * 32)
    inputs = {"clean": [clean or clean_table(root)]}
    return Context(config, "run-1", keys, root / "home", root / "ledger.sqlite", inputs=inputs)


def payload(ref: Ref) -> dict[str, bytes]:
    artifact = artifacts.open_ref(ref)
    return {name: artifact.read_bytes(name) for name in artifact.files}


def test_payload_and_charge(tmp_path: Path, model: Path) -> None:
    ctx = context(tmp_path, model)
    ref = train.run(ctx)
    files = payload(ref)
    assert sorted(files) == [
        "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "evaluation.json", "training.json",
    ]  # fmt: skip
    training = json.loads(files["training.json"])
    assert 7.5 < training["epsilon"] <= 8.0 < training["epsilon_rdp"]
    assert training["delta"] < 48**-1.1
    assert training["mechanism"]["sampling_rate"] == 12 / 48
    assert training["mechanism"]["steps"] == 3
    assert training["population"] == 48
    assert "public" in training["relation"]
    assert "NOT one person" in training["unit"]
    assert training["outside_the_guarantee"]["training_records_truncated"] > 0
    evaluation = json.loads(files["evaluation.json"])
    assert evaluation["documents"] <= 8
    assert "outside_the_guarantee" in evaluation
    assert evaluation["base"]["low"] < evaluation["base"]["perplexity"] < evaluation["base"]["high"]
    assert not any(str(tmp_path).encode() in data or str(model).encode() in data for data in files.values())

    [entry] = Ledger(ctx.ledger_path).entries()
    assert (entry.state, entry.digest, entry.epsilon) == ("committed", ref.digest, training["epsilon"])
    assert entry.unit == training["unit"]
    assert entry.key == ref.key
    assert ref.counts["ledger_entry"] == entry.id
    assert ref.counts["perplexity_after"] == evaluation["trained"]["perplexity"]
    assert ref.counts["perplexity_before_interval"] == [evaluation["base"]["low"], evaluation["base"]["high"]]


def test_the_same_key_again_is_reused_and_costs_nothing(tmp_path: Path, model: Path) -> None:
    ctx = context(tmp_path, model)
    first = train.run(ctx)
    again = context(tmp_path, model, physical_batch=3, log_seconds=0.1, threads=2)
    assert train.run(again) == first
    assert again.reused == [True]
    assert len(Ledger(ctx.ledger_path).entries()) == 1


def test_a_run_killed_between_publishing_and_commit_is_committed_later(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = context(tmp_path, model)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", lambda *_: None)
        train.run(ctx)
    assert Ledger(ctx.ledger_path).entries()[0].state == "noise"
    train.run(context(tmp_path, model))
    assert [entry.state for entry in Ledger(ctx.ledger_path).entries()] == ["committed"]


def test_one_nonce_one_payload(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(place: str, nonce: bytes) -> dict[str, bytes]:
        monkeypatch.setattr(secrets, "token_bytes", lambda n: nonce[:n])
        return payload(train.run(context(tmp_path / place, model)))

    one, same, other = run("1", b"a" * 32), run("2", b"a" * 32), run("3", b"b" * 32)
    assert one == same
    weights = "adapter/adapter_model.safetensors"
    assert one[weights] != other[weights]
    assert one["training.json"] == other["training.json"]


def test_a_restart_after_a_crash_continues_under_its_charge(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.methods.dp.step import LogicalStepOptimizer

    taken = 0
    step = LogicalStepOptimizer.step

    def crash_at_second(self: LogicalStepOptimizer, closure: None = None) -> None:
        nonlocal taken
        taken += 1
        if taken == 2:
            raise KeyboardInterrupt
        step(self, closure)

    with monkeypatch.context() as patch:
        patch.setattr(LogicalStepOptimizer, "step", crash_at_second)
        with pytest.raises(KeyboardInterrupt):
            train.run(context(tmp_path, model))
    [entry] = Ledger(tmp_path / "ledger.sqlite").entries()
    assert entry.state == "noise"
    ref = train.run(context(tmp_path, model))
    [after] = Ledger(tmp_path / "ledger.sqlite").entries()
    assert (after.id, after.nonce, after.state) == (entry.id, entry.nonce, "committed")
    # Another fingerprint must not draw that noise again: a new charge.
    assert len({train._fingerprint("cpu", 1, 8), train._fingerprint("cpu", 2, 8), train._fingerprint("cpu", 1, 4)}) == 3
    monkeypatch.setattr(secrets, "token_bytes", lambda n: entry.nonce)
    assert payload(ref) == payload(train.run(context(tmp_path / "undisturbed", model)))


def test_the_charge_is_durable_before_any_noise(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.methods.dp.randomness import KeyedRandomness

    states = []
    stream = KeyedRandomness.stream

    def watched(self: KeyedRandomness, label: str) -> Any:
        states.append((label, Ledger(tmp_path / "ledger.sqlite").entries()[0].state))
        return stream(self, label)

    monkeypatch.setattr(KeyedRandomness, "stream", watched)
    train.run(context(tmp_path, model))
    assert states == [("noise", "noise"), ("sampling", "noise")]


def test_a_declared_population_sets_rate_and_delta(tmp_path: Path, model: Path) -> None:
    ref = train.run(context(tmp_path, model, clean_table(tmp_path, person=False), population=1000))
    training = json.loads(payload(ref)["training.json"])
    assert training["mechanism"]["sampling_rate"] == 12 / 1000
    assert training["delta"] == pytest.approx(0.0005)
    assert "added or removed" in training["relation"]
    assert training["unit"] == "one record (one row of the clean table)"


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"delta": 0.5}, "train.delta"),
        ({"delta": 1 / 47}, "train.delta"),
        ({"expected_batch": 49}, "train.expected_batch"),
        ({"base_model": "/no/such/model"}, "train.base_model"),
        ({"base_model": "package:nothing"}, "train.base_model"),
        ({"lora_targets": ["nothing"]}, "train.lora_targets"),
        ({"device": "cuda"}, "train.device"),
    ],
)
def test_bad_settings_are_one_sentence_and_charge_nothing(
    tmp_path: Path, model: Path, settings: dict[str, Any], path: str
) -> None:
    import torch

    if settings.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    ctx = context(tmp_path, model, **settings)
    with pytest.raises(UserError, match=path.replace(".", r"\.")):
        train.run(ctx)
    assert Ledger(ctx.ledger_path).entries() == []
    assert not (tmp_path / "store" / "clean" / "train").exists() or not list(
        (tmp_path / "store" / "clean" / "train").glob("*/manifest.json")
    )


@pytest.mark.parametrize("epsilon", [0, -1, float("nan"), float("inf")])
def test_epsilon_must_be_positive(tmp_path: Path, model: Path, epsilon: float) -> None:
    with pytest.raises(UserError, match=r"train\.epsilon"):
        context(tmp_path, model, clean_table(tmp_path), epsilon=epsilon)


def test_a_table_without_training_rows(tmp_path: Path, model: Path) -> None:
    with pytest.raises(UserError, match="no training record"):
        train.run(context(tmp_path, model, clean_table(tmp_path, rows=10, heldout=10)))


def test_without_held_out_rows_it_says_that_it_can_not_tell(tmp_path: Path, model: Path) -> None:
    ref = train.run(context(tmp_path, model, clean_table(tmp_path, heldout=0)))
    evaluation = json.loads(payload(ref)["evaluation.json"])
    assert evaluation["too_small_to_learn"]
    assert evaluation["documents"] == 0


def test_logs_show_progress_and_no_loss_of_a_training_record(
    tmp_path: Path, model: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        train.run(context(tmp_path, model, log_seconds=0.001))
    log = caplog.text + capsys.readouterr().err
    assert "on cpu" in log
    assert "3/3 steps" in log
    assert "epsilon at most" in log
    assert "examples/s" in log
    assert "not one person" in log
    assert not any(word in log for word in ("fever", "loss 3", "loss:", "grad norm"))


def test_a_wider_config_teaches_a_tiny_model_something(tmp_path: Path, model: Path) -> None:
    """At a large ε and rate the update is nearly exact: held-out loss must fall, or a sign is wrong somewhere."""
    ref = train.run(
        context(
            tmp_path,
            model,
            clean_table(tmp_path, rows=100),
            epsilon=100.0,
            steps=25,
            expected_batch=88,
            physical_batch=32,
            learning_rate=0.02,
            heldout_rows=12,
            lora_targets=["q_proj", "v_proj", "down_proj"],
        )  # fmt: skip
    )
    evaluation = json.loads(payload(ref)["evaluation.json"])
    assert evaluation["token_loss_reduction"]["low"] > 0
    assert not evaluation["too_small_to_learn"]
