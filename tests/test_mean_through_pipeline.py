"""A policy with `mean` through the whole pipeline, as the command runs it: paid once, in every cell, on the card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.command.runner import walk
from tasks.core.artifacts import Ref, open_ref
from tasks.core.config.files import load_config
from tasks.core.keys import load_keys
from tasks.core.ledger import Ledger
from tasks.methods import sample
from tests.dags.lenient import lenient_policy
from tests.tiny import tiny_causal_lm

LINE = {"operator": "mean", "epsilon": 1.0, "max_rows": 2, "reason": "The model needs an income, not anybody's own."}


def configured(home: Path) -> Path:
    """A finance sample, a policy that fills incomes with their mean, and a tiny training."""
    data = home / "data"
    if not data.exists():
        sample.write("finance", 60, "en", 3, data, "jsonl")
        tiny_causal_lm(home / "tiny")
    policy = yaml.safe_load(lenient_policy(home, "finance", quick=True).read_text(encoding="utf-8"))
    policy["entities"]["INCOME"] = LINE
    (home / "mean.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    plain: dict[str, Any] = yaml.safe_load((data / "airlock.yaml").read_text(encoding="utf-8"))
    (income,) = (column for column in plain["ingest"]["columns"] if column["name"] == "income")
    income |= {"low": 0, "high": 200_000, "granularity": 100}
    plain |= {
        "store": {"root": str(home / "store")},
        "budget": {"epsilon": 9.0, "delta": 1e-5, "owner": "a test", "reason": "rows are made up"},
        "mask": {"policy": str(home / "mean.yaml")},
        "plant": {"values_per_kind": 0},
        "train": {
            "base_model": str(home / "tiny"), "steps": 4, "expected_batch": 8, "max_length": 64, "heldout_rows": 8,
            "threads": 1, "device": "cpu", "epsilon": 4.0, "delta": 1e-5,
        },
    }  # fmt: skip
    plain["ingest"] |= {"shard_rows": 40}
    path = data / "mean.yaml"
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_column_filled_with_its_mean_from_rows_to_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path))
    keys = load_keys(tmp_path, create=True)
    ledger = Ledger(tmp_path / "ledger.sqlite")

    def run() -> dict[str, list[dict[str, Any]]]:
        config = load_config(configured(tmp_path))
        return walk(config, keys, "export", log=lambda line: None).refs

    refs = run()
    mean, training = ledger.entries()
    assert (mean.released, training.released) == ("statistic", "model")
    assert mean.state == training.state == "committed"
    (released,) = open_ref(Ref.from_dict(refs["statistics"][0])).read_json("statistics.json")
    assert 0 <= released["value"] <= 200_000 and released["ledger_entry"] == mean.id
    clean = open_ref(Ref.from_dict(refs["leakcheck"][0]))
    tables = [pq.read_table(clean.local(name)) for name in clean.files if name.startswith("table/")]
    assert {cell for table in tables for cell in table.column("income").to_pylist()} == {float(released["value"])}
    train = open_ref(Ref.from_dict(refs["train"][0])).read_json("training.json")
    assert train["means"] == [{"epsilon": 1.0, "delta": 0.0, "ledger_entry": mean.id}]
    exported = Ref.from_dict(refs["export"][0])
    assert exported.counts["epsilon"] == pytest.approx(1.0 + train["epsilon"])
    assert f"ledger entry {mean.id}" in open_ref(exported).read_bytes("MODEL_CARD.md").decode()

    again = run()
    assert again == refs and len(ledger.entries()) == 2
