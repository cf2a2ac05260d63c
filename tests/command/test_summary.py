"""A run in figures: what is counted, and what is nobody's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.command import summary
from tasks.core import runs
from tasks.core.store import Store


def _ref(stage: str, **counts: Any) -> dict[str, Any]:
    return {"uri": f"/store/raw/{stage}/k", "stage": stage, "key": "k", "digest": "d", "counts": counts}


def test_planted_values_are_not_among_what_was_masked(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    shards = [_ref("ingest", shard=0, rows=9), _ref("plant", shard=1, rows=50)]
    steps: list[tuple[str, int | None, list[dict[str, Any]]]] = [
        ("plant", None, shards),
        ("mask", 0, [_ref("mask", shard=0, rows=9, entities={"PERSON": 4}, reasons={"unread_language": 1})]),
        ("mask", 1, [_ref("mask", shard=1, rows=50, entities={"PERSON": 300}, reasons={"unread_language": 7})]),
    ]
    for stage, shard, refs in steps:
        entry = {"exit_code": 0, "message": "", "refs": refs, "reused": False, "seconds": 1.0, "facts": {}}
        runs.record(store, "r", stage, shard, {**entry, "name": "n", "dataset": "d"})
    found = summary.of_run(store, "r")
    assert found["entities"] == {"PERSON": 4} and found["set_aside_by_mask"] == {"unread_language": 1}
    assert found["places"]["plant"] == ["/store/raw/plant/k"]


def test_what_means_cost_stands_beside_the_trainings_cost(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    charged = [{"column": "income", "epsilon": 0.5, "delta": 0.0, "ledger_entry": "feed"}]
    refs = {
        "statistics": _ref("statistics", means=1, charged=charged),
        "train": _ref("train", epsilon=6.0, delta=1e-6, unit="one person"),
    }
    for stage, ref in refs.items():
        entry = {"exit_code": 0, "message": "", "refs": [ref], "reused": False, "seconds": 1.0, "facts": {}}
        runs.record(store, "r", stage, None, {**entry, "name": "n", "dataset": "d"})
    said = summary.text(summary.of_run(store, "r"))
    assert "ε = 6, δ = 1e-06\n            and ε = 0.5 for the mean of column income\n" in said


def test_what_clipping_changed_and_what_it_cost_is_a_line(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    quality = {"perplexity_before": 20.0, "perplexity_after": 21.0, "loss": 0.05, "loss_interval": [0.04, 0.06]}
    for run, more in (("measured", {"quality": quality}), ("not", {})):
        ref = _ref("clip", rules=1, weights=30720, changed=370, **more)
        entry = {"exit_code": 0, "message": "", "refs": [ref], "reused": False, "seconds": 1.0, "facts": {}}
        runs.record(store, run, "clip", None, {**entry, "name": "n", "dataset": "d"})
    assert "370 of 30,720 weights changed; perplexity on generated text 20.00 before" in summary.text(
        summary.of_run(store, "measured")
    )
    assert "370 of 30,720 weights changed\n" in summary.text(summary.of_run(store, "not"))
