"""The budget stage: refused in seconds, asked anew in every run, and nothing charged."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.core.artifacts import Ref, open_ref
from tasks.core.config import Config
from tasks.core.dp_events import from_json
from tasks.core.errors import BudgetRefused, UserError
from tasks.core.keys import Keys
from tasks.core.ledger import Charge, Ledger
from tasks.core.stage import Context
from tasks.methods.dp.tight import tight
from tasks.stages import budget, ingest

COLUMNS = [{"name": "who", "role": "person"}, {"name": "note", "role": "text"}]
OWNED = {"epsilon": 8, "owner": "the ward", "reason": "a test"}
KEYS = Keys.from_master(b"b" * 32)


def context(
    folder: Path,
    *,
    rows: int = 60,
    columns: Any = COLUMNS,
    owned: dict[str, Any] | None = OWNED,
    dataset: str = "visits",
    interval: tuple[str, str] | None = None,
    first: int = 0,
    **settings: Any,
) -> Context:
    source = folder / f"rows-{first}-{rows}.jsonl"
    lines = [{"who": f"p{i % 40}", "note": f"Visit {i}, all well."} for i in range(first, first + rows)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    config = Config.parse({
        "dataset": dataset,
        "ingest": {"source": str(source), "columns": columns, "heldout_share": 0.2, "max_row_change": None},
        "budget": owned or {},
        "train": {"steps": 5, "expected_batch": 8, "epsilon": 8.0, **settings},
        "store": {"root": str(folder / "store")},
    })  # fmt: skip
    ctx = Context(
        config, "run", KEYS, folder, folder / "ledger.sqlite", interval=interval, scheduled=interval is not None
    )
    return replace(ctx, inputs={"shards": ingest.run(replace(ctx, interval=None))})


def planned(ref: Ref) -> dict[str, Any]:
    found: dict[str, Any] = open_ref(ref).read_json("budget.json")
    return found


def spend(ctx: Context, ref: Ref, **changes: Any) -> str:
    """What train does with what the stage found."""
    plan = planned(ref)
    fields: dict[str, Any] = {
        "dataset": ctx.config.dataset, "run_id": ctx.run_id, "key": "k" * 64, "events": from_json(plan["mechanism"]),
        "epsilon": plan["epsilon"], "delta": plan["delta"], "unit": plan["unit"], "relation": plan["relation"],
        "tight": tight, "claim": plan["claim"], "interval": "/".join(ctx.interval or ()),
    }  # fmt: skip
    ledger = ctx.ledger()
    entry = ledger.reserve(Charge(**(fields | changes)), fingerprint="f" * 64)
    ledger.mark(entry.id)
    ledger.commit(entry.id, "d" * 64)
    return entry.id


def test_what_fits_passes_and_costs_nothing(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    ref = budget.run(ctx)
    plan = planned(ref)
    assert 7.9 < plan["epsilon"] <= 8
    assert plan["unit"] == "person" and plan["relation"] == "zero_out"
    [event] = from_json(plan["mechanism"])
    assert event.steps == 5 and 8 / 40 < event.sample_rate < 8 / 20  # some of the 40 people are held out
    assert Ledger(tmp_path / "ledger.sqlite").entries() == []
    assert budget.run(context(tmp_path)) == ref


def test_the_answer_is_given_anew_although_the_artifact_is_reused(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    ref = budget.run(ctx)
    spend(ctx, ref, claim="of another training", key="x" * 64)
    again = context(tmp_path)
    with pytest.raises(BudgetRefused, match=r"8.00 is spent, 0.00 is left"):
        budget.run(again)
    assert again.reused == [False, True] or again.reused[-1] is True


def test_a_training_that_is_paid_for_is_not_asked_for_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ctx = context(tmp_path)
    entry = spend(ctx, budget.run(ctx))
    with caplog.at_level(logging.INFO):
        budget.run(context(tmp_path, learning_rate=0.1))  # decides nothing about the cost
    assert f"ledger entry {entry} has paid" in caplog.text
    with pytest.raises(BudgetRefused):
        budget.run(context(tmp_path, steps=6))
    with pytest.raises(BudgetRefused):
        budget.run(context(tmp_path, rows=61))


def test_a_refusal_says_what_would_fit(tmp_path: Path) -> None:
    with pytest.raises(
        BudgetRefused, match=r"ε = 8 at .* asks for ε = 11.99 .* a noise multiplier of .* \(train.epsil"
    ):
        budget.run(context(tmp_path, epsilon=12.0))


def test_an_unregistered_data_set_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="airlock ledger set-budget visits --epsilon"):
        budget.run(context(tmp_path, owned=None))


def test_a_registered_budget_is_not_changed_by_a_run(tmp_path: Path) -> None:
    context(tmp_path).ledger().set_budget("visits", epsilon=3, delta=1e-5, owner="o", reason="r")
    with pytest.raises(BudgetRefused, match="may spend ε = 3"):
        budget.run(context(tmp_path, owned={**OWNED, "epsilon": 100}))


def test_the_same_people_under_another_name_are_noticed(tmp_path: Path) -> None:
    budget.run(context(tmp_path))
    with pytest.raises(UserError, match="data sets other and visits share people"):
        budget.run(context(tmp_path, dataset="other", first=30))


def test_rows_of_nobody_known_are_compared_by_content(tmp_path: Path) -> None:
    nobody = [{"name": "note", "role": "text"}]
    budget.run(context(tmp_path, columns=nobody))
    with pytest.raises(UserError, match="share people"):
        budget.run(context(tmp_path, columns=nobody, dataset="other", first=30))
    budget.run(context(tmp_path, columns=nobody, dataset="apart", first=1000))


def test_late_rows_do_not_retrain_an_interval_unless_asked(tmp_path: Path) -> None:
    day = ("2026-03-01T00:00:00+00:00", "2026-03-02T00:00:00+00:00")
    large = {**OWNED, "epsilon": 100}
    ctx = context(tmp_path, owned=large, interval=day)
    entry = spend(ctx, budget.run(ctx))
    budget.run(context(tmp_path, owned=large, interval=day))
    with pytest.raises(BudgetRefused, match=f"entry {entry} has paid .* Late rows .* budget.retrain"):
        budget.run(context(tmp_path, owned=large, interval=day, rows=61))
    budget.run(context(tmp_path, owned={**large, "retrain": True}, interval=day, rows=61))
    next_day = ("2026-03-02T00:00:00+00:00", "2026-03-03T00:00:00+00:00")
    budget.run(context(tmp_path, owned=large, interval=next_day, rows=61))


def test_a_backfill_says_what_it_adds_up_to_and_wants_to_be_confirmed(tmp_path: Path) -> None:
    day = ("2026-03-01T00:00:00+00:00", "2026-03-02T00:00:00+00:00")

    def ask(owned: dict[str, Any]) -> Ref:
        return budget.run(replace(context(tmp_path, owned=owned, interval=day), backfill=True))

    large = {**OWNED, "epsilon": 40}
    with pytest.raises(BudgetRefused, match=r"1: 8.00, 2: .* 52: .* \(refused\).* budget.backfill_runs"):
        ask(large)
    ask({**large, "backfill_runs": 3})
    with pytest.raises(BudgetRefused, match="30 more runs"):
        ask({**large, "backfill_runs": 30})


def test_a_declared_population_needs_no_count(tmp_path: Path) -> None:
    plan = planned(budget.run(context(tmp_path, population=1000)))
    assert plan["relation"] == "add_or_remove"
    assert from_json(plan["mechanism"])[0].sample_rate == 0.008


def test_a_worker_without_the_ledgers_key_says_so(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    with pytest.raises(UserError, match="`ledger` key"):
        budget.run(replace(ctx, keys=Keys.from_master(b"b" * 32, ["unit", "split"])))
