"""The train stage on a tiny model: payload, determinism, the ledger, what users get for bad targets."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import random
import secrets
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core import artifacts
from tasks.core.artifacts import Ref, Writer
from tasks.core.config import Config
from tasks.core.errors import AirlockError, BudgetRefused, UserError
from tasks.core.keys import Keys
from tasks.core.ledger import Ledger
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.stages import train
from tests.tiny import tiny_causal_lm, tiny_encoder

WORDS = ["the", "patient", "came", "back", "with", "a", "mild", "fever", "and", "was", "sent", "home", "after", "rest"]


COLUMNS = [
    {"name": "title", "role": "text"},
    {"name": "note", "role": "text"},
    {"name": "kind", "role": "label"},
    {"name": "who", "role": "person"},
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_causal_lm(tmp_path_factory.mktemp("base") / "tiny")


def clean_table(root: Path, rows: int = 60, person: bool = True, heldout: int = 12, people: int = 30) -> Ref:
    """A clean table as leakcheck leaves it; nobody is in both splits."""
    rng = random.Random(4)

    def build(writer: Writer) -> dict[str, Any]:
        text = [" ".join(rng.choices(WORDS, k=rng.randint(0, 12))) for _ in range(rows)]
        table = pa.table({
            "record_id": pa.array(range(rows), pa.int64()),
            "unit_id": pa.array(
                [f"{i % people + 1000 * (i < heldout):064x}" if person else None for i in range(rows)], pa.string()
            ),
            "split": ["heldout" if i < heldout else "train" for i in range(rows)],
            "title": [None if i % 3 else "visit" for i in range(rows)],
            "note": text,
            "kind": [("short", "long")[len(note) > 30] for note in text],
        })  # fmt: skip
        half = rows // 2
        for i, part in enumerate((table.slice(0, half), table.slice(half))):
            with writer.open(f"table/{i:05d}.parquet") as out:
                pq.write_table(part, out)
        columns = [
            {"name": "title", "role": "text"},
            {"name": "note", "role": "text"},
            {"name": "kind", "role": "label"},
        ]
        writer.write_json("columns.json", [*columns, *([{"name": "who", "role": "person"}] if person else [])])
        return {"rows": rows}

    key = f"{rows}{person}{heldout}{people}".encode().hex().ljust(64, "0")
    return artifacts.reuse_or_build(Store(str(root / "store" / "clean")), "leakcheck", key, {}, build)[0]


def quoted(root: Path, claim: str = "c" * 64) -> Ref:
    """What the budget stage leaves for train."""

    def build(writer: artifacts.Writer) -> dict[str, Any]:
        writer.write_json("budget.json", {"claim": claim, "unit_key": "0" * 16})
        return {}

    return artifacts.reuse_or_build(Store(str(root / "store" / "clean")), "budget", claim, {}, build)[0]


def context(
    root: Path,
    model: Path,
    clean: Ref | None = None,
    *,
    clip_rules: list[Any] | None = None,
    budget: dict[str, Any] | None = None,
    **settings: Any,
) -> Context:
    fields = {
        "base_model": str(model), "epsilon": 8.0, "steps": 3, "expected_batch": 12, "physical_batch": 5,
        "max_length": 48, "heldout_rows": 8, "device": "cpu", "threads": 1, **settings,
    }  # fmt: skip
    config = Config.parse({
        "ingest": {"source": "/x", "columns": COLUMNS},
        "budget": {"epsilon": 100, "owner": "a test", "reason": "several trainings"} | (budget or {}),
        "train": fields,
        "clip": {} if clip_rules is None else {"rules": clip_rules},
        "store": {"root": str(root / "store")},
    })  # fmt: skip
    keys = Keys.from_master(b"k" * 32)
    inputs = {"clean": [clean or clean_table(root)], "budget": [quoted(root)]}
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
    assert training["delta"] < 30**-1.1
    assert training["epsilon_unamplified"] > training["epsilon"]
    assert training["mechanism"]["sampling_rate"] == 12 / 30
    assert training["mechanism"]["steps"] == 3
    assert (training["mechanism"]["sampling"], training["mechanism"]["batch_cap"]) == ("Poisson", None)
    assert training["population"] == 30
    assert "public" in training["relation"] and "one person's data" in training["relation"]
    assert training["unit"].startswith("one person")
    assert training["max_rows_per_person"] == 4
    assert "ChaCha20" in training["noise_generator"]
    assert not any("generator" in sentence for sentence in training["missing"])
    assert training["outside_the_guarantee"]["training_records_used"] == 48
    assert training["outside_the_guarantee"]["training_records_truncated"] > 0
    evaluation = json.loads(files["evaluation.json"])
    assert evaluation["documents"] <= 8
    assert "outside_the_guarantee" in evaluation
    assert evaluation["base"]["low"] < evaluation["base"]["perplexity"] < evaluation["base"]["high"]
    assert not any(str(tmp_path).encode() in data or str(model).encode() in data for data in files.values())

    [entry] = Ledger(ctx.ledger_path).entries()
    assert (entry.state, entry.digest, entry.epsilon) == ("committed", ref.digest, training["epsilon"])
    assert (entry.unit, entry.relation, entry.claim) == ("person", "zero_out", "c" * 64)
    assert entry.mechanism[0]["noise_multiplier"] == training["mechanism"]["noise_multiplier"]
    assert entry.key == ref.key
    assert ref.counts["ledger_entry"] == entry.id
    assert ref.counts["perplexity_after"] == evaluation["trained"]["perplexity"]
    assert ref.counts["perplexity_before_interval"] == [evaluation["base"]["low"], evaluation["base"]["high"]]


def test_what_had_begun_is_kept_ahead_of_the_steps(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound on the steps begun is on disk before their noise is drawn, and a restart doesn't lower it."""
    from tasks.methods.dp.step import LogicalStep

    seen: list[int] = []
    step, dies_at = LogicalStep.step, 25

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        (kept,) = (tmp_path / "store" / "sealed" / "train").glob("*/begun.json")
        found = json.loads(kept.read_text())
        assert found["entry"] == Ledger(tmp_path / "ledger.sqlite").entries()[-1].id
        seen.append(found["steps"])
        if len(seen) == dies_at:
            raise RuntimeError
        return step(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(LogicalStep, "step", watched)
        with pytest.raises(RuntimeError):
            train.run(context(tmp_path, model, steps=40))
        assert all(number < bound <= number + 2 for number, bound in enumerate(seen))
        last, seen[:], dies_at = seen[-1], [], 3
        with pytest.raises(RuntimeError):
            train.run(context(tmp_path, model, steps=40))
    assert seen == [last] * 3


def test_over_budget_nothing_is_trained_and_nothing_charged(tmp_path: Path, model: Path) -> None:
    ctx = context(tmp_path, model, budget={"epsilon": 6})
    with pytest.raises(BudgetRefused, match=r"may spend ε = 6 .* 0.00 is spent, 6.00 is left. .* What would fit"):
        train.run(ctx)
    assert Ledger(ctx.ledger_path).entries() == []
    assert ctx.reused == []


def test_a_second_training_at_the_whole_budget_is_refused_and_one_over_it_is_not(tmp_path: Path, model: Path) -> None:
    train.run(context(tmp_path, model, budget={"epsilon": 8}))
    with pytest.raises(BudgetRefused, match="8.00 is spent, 0.00 is left"):
        train.run(context(tmp_path, model, steps=4, budget={"epsilon": 8}))
    assert [e.state for e in Ledger(tmp_path / "ledger.sqlite").entries()] == ["committed"]


def test_people_of_another_data_set_are_noticed(tmp_path: Path, model: Path) -> None:
    train.run(context(tmp_path, model))
    ctx = context(tmp_path, model, steps=4)
    renamed = replace(ctx, config=ctx.config.model_copy(update={"dataset": "other"}))
    with pytest.raises(UserError, match="data sets other and default share people"):
        train.run(renamed)
    ctx.ledger().link("other", "default", "the same ward")
    train.run(renamed)
    assert {e.dataset for e in Ledger(tmp_path / "ledger.sqlite").entries(pool="default")} == {"default", "other"}


def test_the_same_key_again_is_reused_and_costs_nothing(tmp_path: Path, model: Path) -> None:
    ctx = context(tmp_path, model)
    first = train.run(ctx)
    again = context(tmp_path, model, physical_batch=3, log_seconds=0.1, threads=2)
    assert train.run(again) == first
    assert again.reused == [True]
    assert len(Ledger(ctx.ledger_path).entries()) == 1


def test_means_in_the_table_are_in_the_account_and_in_the_key(tmp_path: Path, model: Path) -> None:
    charged = [{"column": "pay", "epsilon": 0.5, "delta": 0.0, "ledger_entry": "feed", "dataset": "default"}]
    none, some = (
        Ref("/s", "statistics", "k" * 64, digest * 64, counts)
        for digest, counts in (("a", {"means": 0}), ("b", {"means": 1, "charged": charged}))
    )
    ctx = context(tmp_path, model)
    plain = train.run(ctx)
    assert train.run(replace(ctx, inputs={**ctx.inputs, "statistics": [none]})) == plain
    assert "means" not in json.loads(payload(plain)["training.json"])
    ref = train.run(replace(ctx, inputs={**ctx.inputs, "statistics": [some]}))
    training = json.loads(payload(ref)["training.json"])
    assert training["means"] == [{"epsilon": 0.5, "delta": 0.0, "ledger_entry": "feed"}] and ref.key != plain.key
    assert training["epsilon"] <= 8.0, "the training's own"


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


def crash_at_second_step(patch: pytest.MonkeyPatch) -> None:
    from tasks.methods.dp.step import LogicalStep

    taken = 0
    step = LogicalStep.step

    def crash(self: LogicalStep, noise: Any) -> None:
        nonlocal taken
        taken += 1
        if taken == 2:
            raise KeyboardInterrupt
        step(self, noise)

    patch.setattr(LogicalStep, "step", crash)


def test_a_restart_after_a_crash_continues_under_its_charge(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        crash_at_second_step(patch)
        with pytest.raises(KeyboardInterrupt):
            train.run(context(tmp_path, model))
    [entry] = Ledger(tmp_path / "ledger.sqlite").entries()
    assert entry.state == "noise"
    ref = train.run(context(tmp_path, model))
    [after] = Ledger(tmp_path / "ledger.sqlite").entries()
    assert (after.id, after.nonce, after.state) == (entry.id, entry.nonce, "committed")
    # Another fingerprint must not draw that noise again: a new charge.
    config = context(tmp_path, model).config.train
    changed = [{}, {"physical_batch": 4}, {"engine": "hooks"}]
    found = {train._fingerprint("cpu", 1, config.model_copy(update=change)) for change in changed}
    assert len(found | {train._fingerprint("cpu", 2, config), train._fingerprint("gpu", 1, config)}) == 5
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
    assert states == [(f"{kind}/{step}", "noise") for step in range(3) for kind in ("sampling", "noise")]


def test_a_declared_population_sets_rate_and_delta(tmp_path: Path, model: Path) -> None:
    ref = train.run(context(tmp_path, model, clean_table(tmp_path, person=False), population=1000))
    training = json.loads(payload(ref)["training.json"])
    assert training["mechanism"]["sampling_rate"] == 12 / 1000
    assert training["delta"] == pytest.approx(0.0005)
    assert "added or removed" in training["relation"]
    assert training["unit"] == "one record (one row of the clean table)"
    assert training["max_rows_per_person"] is None


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"delta": 0.5}, "train.delta"),
        ({"delta": 1 / 29}, "train.delta"),
        ({"expected_batch": 31}, "train.expected_batch"),
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
        train.run(context(tmp_path, model, log_seconds=0.001, unit="record"))
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
            clean_table(tmp_path, rows=100, people=100),
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


def sealed(root: Path) -> list[str]:
    """What lies in the sealed zone but for the curves."""
    zone = root / "store" / "sealed"
    return sorted(str(p.relative_to(zone)) for p in zone.rglob("*") if p.is_file() and "train-curves" not in p.parts)


def test_record_level_is_possible_but_said_everywhere(
    tmp_path: Path, model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        ref = train.run(context(tmp_path, model, unit="record"))
    training = json.loads(payload(ref)["training.json"])
    assert training["mechanism"]["sampling_rate"] == 12 / 48
    [entry] = Ledger(tmp_path / "ledger.sqlite").entries()
    for unit in (training["unit"], ref.counts["unit"]):
        assert "NOT one person" in unit
    assert entry.unit == "record"
    assert "not one person" in caplog.text


def test_fewer_rows_a_person_use_fewer_records_at_the_same_cost(tmp_path: Path, model: Path) -> None:
    four = json.loads(payload(train.run(context(tmp_path, model)))["training.json"])
    one = json.loads(payload(train.run(context(tmp_path, model, max_rows_per_person=1)))["training.json"])
    assert one["outside_the_guarantee"]["training_records_used"] == 30
    assert (one["epsilon"], one["mechanism"]) == (four["epsilon"], four["mechanism"])


def test_truncated_batches_are_accounted_for(tmp_path: Path, model: Path) -> None:
    ref = train.run(context(tmp_path, model, truncate=True, population=1000, expected_batch=12))
    training = json.loads(payload(ref)["training.json"])
    assert training["mechanism"]["batch_cap"] > 12
    assert "truncated at" in training["mechanism"]["sampling"] and training["epsilon"] <= 8


def test_the_physical_batch_and_the_engine_change_rounding_only(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load

    monkeypatch.setattr(secrets, "token_bytes", lambda n: b"z" * n)
    weights = [
        load(payload(train.run(context(tmp_path / str(i), model, **knobs)))["adapter/adapter_model.safetensors"])
        for i, knobs in enumerate(({"physical_batch": 4}, {"physical_batch": 100}, {"engine": "hooks"}))
    ]
    for other in weights[1:]:
        assert max(float((weights[0][name] - other[name]).abs().max()) for name in other) < 1e-4


def test_what_training_rows_showed_is_in_the_sealed_zone_and_the_checkpoint_is_gone(
    tmp_path: Path, model: Path
) -> None:
    ref = train.run(context(tmp_path, model))
    assert sealed(tmp_path) == []
    [curves] = (tmp_path / "store" / "sealed" / "train-curves" / ref.key).glob("attempts/*/payload/curves.json")
    figures = json.loads(curves.read_text())
    assert [len(figures[name]) for name in ("losses", "clipped", "epsilons")] == [3, 3, 3]
    assert "Not private" in figures["not_private"] and figures["epsilons"][-1] <= 8
    page = next(curves.parents[1].glob("views/curves.html")).read_text()
    assert page.count("<svg") == 3 and "http" not in page and "Not private" in page
    shown = [repr(value).encode() for value in (*figures["losses"], *figures["clipped"])]
    shown = [value for value in shown if len(value) > 10]  # a share such as 0.9 may stand for something else
    assert shown and not any(value in data for data in payload(ref).values() for value in shown)


def test_a_checkpoint_is_continued_under_another_fingerprint_with_the_one_charge(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        crash_at_second_step(patch)
        with pytest.raises(KeyboardInterrupt):
            train.run(context(tmp_path, model, checkpoint_seconds=1e-9))
    assert any(name.endswith("checkpoint.safetensors") for name in sealed(tmp_path))
    before = Ledger(tmp_path / "ledger.sqlite").entries()
    ref = train.run(context(tmp_path, model, physical_batch=3))
    [entry] = Ledger(tmp_path / "ledger.sqlite").entries()
    assert (entry.id, entry.state) == (before[0].id, "committed")
    assert sealed(tmp_path) == []
    # Without the checkpoint the same change is a new charge: no noise is drawn twice on two ways of rounding.
    with monkeypatch.context() as patch:
        crash_at_second_step(patch)
        with pytest.raises(KeyboardInterrupt):
            train.run(context(tmp_path / "b", model))
    train.run(context(tmp_path / "b", model, physical_batch=3))
    assert [e.state for e in Ledger(tmp_path / "b" / "ledger.sqlite").entries()] == ["noise", "committed"]
    assert ref.counts["units"] == 30


def _train(root: Path, model: Path, nonce: bytes, settings: dict[str, Any], pause: float = 0.0) -> None:
    """The stage in a process of its own; exits as the command does."""
    import torch

    from tasks.methods.dp.engine import GradientEngine

    torch.set_num_threads(1)  # a forked process must not wait for the threads of the one it came from
    secrets.token_bytes = lambda n: nonce[:n]  # type: ignore[assignment]
    accumulate = GradientEngine.accumulate

    def slow(self: GradientEngine, *args: Any, **more: Any) -> None:
        time.sleep(pause)
        accumulate(self, *args, **more)

    GradientEngine.accumulate = slow  # type: ignore[method-assign]
    try:
        train.run(context(root, model, **settings))
    except AirlockError as exc:
        os._exit(exc.exit_code)
    os._exit(0)


def checkpoint_written(root: Path) -> int:
    """When the checkpoint was last written, 0 without one."""
    try:
        return max((p.stat().st_mtime_ns for p in root.glob("store/sealed/train/*/checkpoint.safetensors")), default=0)
    except FileNotFoundError:  # destroyed as its run was published
        return 0


@pytest.mark.slow
def test_killed_at_random_it_goes_on_to_the_same_payload_with_one_charge(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL and SIGTERM in turn; payload and ledger are those of a run that nobody touched."""
    settings = {"checkpoint_seconds": 1e-9, "steps": 12, "physical_batch": 8}
    monkeypatch.setattr(secrets, "token_bytes", lambda n: (b"n" * 32)[:n])
    fork = multiprocessing.get_context("fork")
    want = train.run(context(tmp_path / "whole", model, **settings))
    rng, ends = random.Random(3), []
    for kill in range(7):
        before = checkpoint_written(tmp_path / "cut")
        child = fork.Process(target=_train, args=(tmp_path / "cut", model, b"n" * 32, settings, 0.03))
        child.start()
        if kill:  # the first is killed wherever it is, the others at some moment after their first step
            while child.is_alive() and checkpoint_written(tmp_path / "cut") == before:
                time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.2))
        if child.is_alive():
            os.kill(child.pid or 0, signal.SIGTERM if kill % 2 else signal.SIGKILL)
        child.join(30)
        ends.append(child.exitcode)
    assert ends.count(-signal.SIGKILL) >= 2 and ends.count(75) >= 2, ends
    ctx = context(tmp_path / "cut", model, **settings)
    got = train.run(ctx)
    assert payload(got)["adapter/adapter_model.safetensors"] == payload(want)["adapter/adapter_model.safetensors"]
    assert payload(got)["training.json"] == payload(want)["training.json"]
    [entry] = Ledger(tmp_path / "cut" / "ledger.sqlite").entries()
    assert entry.state == "committed"
    assert sealed(tmp_path / "cut") == []


PROJECTION = [
    {"kind": "lora_b", "method": "spectral", "bound": 0.01},
    {"pattern": "*.q_proj.*", "kind": "lora_a", "bound": 0.1},
]


def test_projection_limits_what_is_trained_at_the_same_epsilon(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load

    free = train.run(context(tmp_path, model))
    ref = train.run(context(tmp_path, model, projection=PROJECTION))
    assert ref.key != free.key
    plain, projected = (json.loads(payload(r)["training.json"]) for r in (free, ref))
    assert [(rule["method"], rule["tensors"]) for rule in projected.pop("projection")] == [
        ("spectral", 4), ("truncate", 2),
    ]  # fmt: skip
    assert plain.pop("projection") == []
    assert plain == projected  # ε, σ, q, T and all else
    charges = [(e.epsilon, e.delta, e.mechanism) for e in Ledger(tmp_path / "ledger.sqlite").entries()]
    assert charges[0] == charges[1]
    weights = load(payload(ref)["adapter/adapter_model.safetensors"])
    for name, tensor in weights.items():
        if "lora_B" in name:
            assert 0.005 < tensor.double().svd().S[0] <= 0.01
        elif "q_proj" in name:
            assert 0.09 < tensor.abs().max() <= 0.1 * (1 + 1e-7)
    assert max(t.abs().max() for name, t in weights.items() if "v_proj.lora_A" in name) > 0.1
    # Cut off in the second step and called again, it is the same to the last bit.
    nonce = Ledger(tmp_path / "ledger.sqlite").entries()[1].nonce
    monkeypatch.setattr(secrets, "token_bytes", lambda n: nonce)
    with monkeypatch.context() as patch:
        crash_at_second_step(patch)
        with pytest.raises(KeyboardInterrupt):
            train.run(context(tmp_path / "b", model, projection=PROJECTION, checkpoint_seconds=1e-9))
    assert any(name.endswith("checkpoint.safetensors") for name in sealed(tmp_path / "b"))
    again = train.run(context(tmp_path / "b", model, projection=PROJECTION, checkpoint_seconds=1e-9))
    assert payload(again) == payload(ref)


def test_a_projection_that_fits_nothing_charges_nothing(tmp_path: Path, model: Path) -> None:
    with pytest.raises(UserError, match=r"train\.projection\[0\]\.pattern: no weight that is trained"):
        train.run(context(tmp_path, model, projection=[{"kind": "embedding", "bound": 1}]))
    assert Ledger(tmp_path / "ledger.sqlite").entries() == []


def test_a_second_attempt_waits_and_takes_the_firsts_artifact(tmp_path: Path, model: Path) -> None:
    fork = multiprocessing.get_context("fork")
    arguments = (tmp_path, model, b"n" * 32, {"steps": 6}, 0.05)
    clean_table(tmp_path)  # so that the two have nothing to race for but training
    both = [fork.Process(target=_train, args=arguments) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    [entry] = Ledger(tmp_path / "ledger.sqlite").entries()
    assert entry.state == "committed"
    [key] = (tmp_path / "store" / "clean" / "train").iterdir()
    assert len(list((key / "attempts").iterdir())) == 1  # the second never began to train
    assert sealed(tmp_path) == []


@pytest.mark.parametrize("adaptation", [{"adaptation": "full"}, {"adaptation": "last_layers", "last_layers": 1}])
def test_whole_models_reach_clip(tmp_path: Path, model: Path, adaptation: dict[str, Any]) -> None:
    from tasks.stages import clip

    ctx = context(tmp_path, model, clip_rules=[], **adaptation)
    ref = train.run(ctx)
    assert "model/model.safetensors" in payload(ref)
    ctx.inputs = {"model": [ref]}
    clipped = clip.run(ctx)
    assert payload(clipped)["model/model.safetensors"] == payload(ref)["model/model.safetensors"]


def test_instructions_are_learnt_by_their_answers(tmp_path: Path, model: Path) -> None:
    ref = train.run(context(tmp_path, model, objective="instruction", prompt_column="title", answer_column="note"))
    training = json.loads(payload(ref)["training.json"])
    assert training["objective"] == "instruction"
    assert json.loads(payload(ref)["evaluation.json"])["documents"] > 0


def test_a_classifier_is_judged_by_its_accuracy_and_goes_no_further(tmp_path: Path) -> None:
    from tasks.stages import clip

    encoder = tiny_encoder(tmp_path / "encoder")
    labels = {"objective": "classification", "labels": ["short", "long"], "stop_here": True}
    ctx = context(tmp_path, encoder, **labels)
    ref = train.run(ctx)
    files = payload(ref)
    assert {"head.safetensors", "head.json", "adapter/adapter_model.safetensors"} <= set(files)
    evaluation = json.loads(files["evaluation.json"])
    assert 0 <= evaluation["trained"]["low"] <= evaluation["trained"]["accuracy"] <= 1
    assert "accuracy_after" in ref.counts and "perplexity_after" not in ref.counts
    ctx.inputs = {"model": [ref]}
    with pytest.raises(UserError, match="stop_here"):
        clip.run(ctx)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"objective": "classification", "labels": ["a", "b"]}, "stop_here"),
        ({"objective": "classification", "stop_here": True}, "labels"),
        ({"objective": "instruction", "prompt_column": "title"}, "answer_column"),
        ({"objective": "instruction", "prompt_column": "kind", "answer_column": "note"}, "role text"),
        ({"labels": ["a", "b"]}, "belong to objective classification"),
        ({"adaptation": "last_layers"}, "last_layers"),
        ({"adaptation": "full", "lora_targets": ["q_proj"]}, "belong to adaptation lora"),
        ({"adaptation": "full"}, "clip.rules"),
        ({"adaptation": "full", "clip_rules": [], "projection": [{"kind": "lora_b", "bound": 1}]}, "projection"),
        ({"projection": [{"method": "gaussian", "bound": 1}]}, "projection"),
        ({"relation": "add_or_remove"}, "train.population"),
        ({"adaptation": "full", "quantise": "int8", "clip_rules": []}, "quantise"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_at_once(
    tmp_path: Path, model: Path, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        context(tmp_path, model, clean_table(tmp_path), **settings)


def test_person_level_needs_a_persons_column(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "COLUMNS", COLUMNS[:-1])
    with pytest.raises(UserError, match=r"train\.unit"):
        context(tmp_path, model, clean_table(tmp_path, person=False), unit="person")
