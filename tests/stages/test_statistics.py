"""statistics: each mean charged once whatever is killed, with the noise it was charged for, and filled into columns."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.command.ledger_reconcile import abandon, reconcile
from tasks.core.artifacts import Ref, open_ref
from tasks.core.config import Config
from tasks.core.dp_events import Concentrated, Pure, from_json
from tasks.core.errors import AirlockError, BudgetRefused, TryAgain, UserError
from tasks.core.keys import Keys
from tasks.core.ledger import Charge, Entry, Heads, Ledger, Signer
from tasks.core.pipeline import STEPS
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.methods.dp.tight import tight
from tasks.methods.numeric import release as releases
from tasks.methods.numeric.column import ColumnMean
from tasks.methods.numeric.means import events_of, means_of
from tasks.process.launch import StageProcess
from tasks.process.request import Request
from tasks.stages import budget, ingest, mask, statistics
from tests.masking import Finder

KEYS = Keys.from_master(b"m" * 32)
INCOME: dict[str, Any] = {
    "name": "income",
    "kind": "INCOME",
    "type": "number",
    "low": 0,
    "high": 1000,
    "granularity": 1,
}
AGE: dict[str, Any] = {"name": "age", "kind": "AGE", "type": "integer", "low": 0, "high": 120}
MEAN = {"operator": "mean", "epsilon": 0.5}
PEOPLE = 60
DAYS = [f"2026-03-{day:02d}T00:00:00+00:00" for day in (1, 2, 3)]


@pytest.fixture(autouse=True)
def _fake_masker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.methods.detect.masker.Masker", Finder)
    monkeypatch.setattr(mask, "_models", lambda *_: {})


@dataclass
class World:
    """A deployment in a folder."""

    folder: Path

    def context(
        self,
        lines: dict[str, dict[str, Any]] | None = None,
        *,
        people: Iterable[int] = range(PEOPLE),
        shift: float = 0.0,
        columns: Iterable[dict[str, Any]] = (INCOME,),
        person: bool = True,
        owned: float = 20.0,
        **settings: Any,
    ) -> Context:
        """A run's context after ingest: two rows a person, of which every third person's second has no income.

        Args:
            lines: the policy's lines for kinds.
            people: who is in the data set.
            shift: what is added to each income.
            owned: ε of the budget.
            settings: of training.
        """
        entities = {"INCOME": MEAN, "PERSON": {"operator": "tag"}, **(lines or {})}
        policy = {
            "name": "mine", "description": "A policy for a test.", "languages": ["en"],
            "entities": {kind: {"reason": "A line of a test.", **line} for kind, line in entities.items()},
            "detectors": {"masker": ["spacy"], "gate": ["rampart"]},
        }  # fmt: skip
        named = hashlib.sha256(json.dumps(policy, sort_keys=True).encode()).hexdigest()[:12]
        (self.folder / f"{named}.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")
        rows = [
            {
                "who": f"p{i}", "note": f"Maria Lopez rang about visit {i}-{visit}.", "age": 20 + i,
                "income": None if visit and i % 3 == 0 else 100.0 + 10 * i + shift,
            }
            for i in people
            for visit in range(2)
        ]  # fmt: skip
        source = self.folder / "rows.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        declared = [{"name": "note", "role": "text"}, *({"role": "structured", **column} for column in columns)]
        if person:
            declared.append({"name": "who", "role": "person"})
        config = Config.parse({
            "dataset": "visits",
            "ingest": {
                "source": str(source), "columns": declared, "shard_rows": 50, "heldout_share": 0.3,
                "max_row_change": None,
            },
            "mask": {"policy": str(self.folder / f"{named}.yaml"), "own_values": False},
            "budget": {"epsilon": owned, "delta": 1e-6, "owner": "a test", "reason": "a test"},
            "train": {"steps": 5, "expected_batch": 8, "epsilon": 2.0, "delta": 1e-6, **settings},
            "store": {"root": str(self.folder / "store")},
        })  # fmt: skip
        ctx = Context(config, "run-1", KEYS, self.folder, self.folder / "ledger.sqlite")
        return replace(ctx, inputs={"shards": ingest.run(ctx)})

    def statistics(self, ctx: Context) -> Ref:
        """What budget and statistics leave."""
        return statistics.run(replace(ctx, inputs={**ctx.inputs, "budget": [budget.run(ctx)]}))

    def masked(self, ctx: Context, *released: Ref) -> list[Ref]:
        """Every shard, masked with what was released."""
        return [
            mask.run(replace(ctx, inputs={"shard": [ref], "statistics": list(released)}, shard=ref.counts["shard"]))
            for ref in ctx.inputs["shards"]
        ]

    @property
    def ledger(self) -> Ledger:
        """As a worker opens it."""
        heads = Heads(Store(str(self.folder / "store" / "clean")))
        return Ledger(self.folder / "ledger.sqlite", Signer(KEYS.secret("ledger")), heads)

    @property
    def entries(self) -> list[Entry]:
        """All charges."""
        return self.ledger.entries()

    @property
    def states(self) -> list[str]:
        return [entry.state for entry in self.entries]

    @property
    def stores(self) -> dict[str, Store]:
        return {name: Store(str(self.folder / "store" / name)) for name in ("raw", "sealed", "clean", "handoff")}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def said(ref: Ref) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = open_ref(ref).read_json("statistics.json")
    return found


def rows_of(refs: Iterable[Ref]) -> list[dict[str, Any]]:
    return [row for ref in refs for row in pq.read_table(open_ref(ref).local("rows.parquet")).to_pylist()]


# --- what comes out


def test_a_column_is_filled_with_its_mean_which_is_charged_once(world: World) -> None:
    ctx = world.context()
    ref = world.statistics(ctx)
    [mean] = said(ref)
    [entry] = world.entries
    assert entry.state == "committed" and entry.released == "statistic" and entry.dataset == "visits"
    assert entry.unit == "person" and entry.relation == "add_or_remove" and (entry.epsilon, entry.delta) == (0.5, 0.0)
    assert sum(event.epsilon for event in entry.events) == pytest.approx(0.5)  # type: ignore[union-attr]
    assert mean["ledger_entry"] == entry.id and 0 <= mean["value"] <= 1000
    charged = {"column": "income", "epsilon": 0.5, "delta": 0.0, "ledger_entry": entry.id, "key": entry.key}
    assert ref.counts["charged"] == [charged]
    masked = world.masked(ctx, ref)
    rows = rows_of(masked)
    assert len(rows) == 2 * PEOPLE and {row["income"] for row in rows} == {mean["value"]}, (
        "empty and held-out cells too"
    )
    assert {row["split"] for row in rows} == {"train", "heldout"} and isinstance(rows[0]["income"], float)
    [line] = masked[0].counts["means"]
    assert line["ledger_entry"] == entry.id and line["statement"].startswith(
        "mean of column income: ε = 0.5 for a perso"
    )

    again = world.context()
    assert world.statistics(again) == ref and world.masked(again, ref) == masked
    assert len(world.entries) == 1, "re-runs cost nothing"


def test_the_worker_needs_the_raw_and_the_clean_zone_only(world: World) -> None:
    ctx = world.context()
    sealed = ctx.config.store.model_copy(update={"sealed": str(world.folder / "nobodys" / "sealed")})
    (world.folder / "nobodys").write_text("no folder can be made here")
    ref = world.statistics(replace(ctx, config=ctx.config.model_copy(update={"store": sealed})))
    assert ref.counts["means"] == 1 and world.states == ["committed"]


def test_without_a_mean_nothing_is_charged_and_the_run_has_its_reference(world: World) -> None:
    ctx = world.context({"INCOME": {"operator": "delete"}})
    ref = world.statistics(ctx)
    assert ref.counts == {"means": 0} and said(ref) == [] and world.entries == []
    # Not even the ledger or its key is asked for.
    worker = replace(ctx, keys=Keys.from_wire(KEYS.to_wire(())), ledger_path=Path("/nowhere/ledger"))
    assert statistics.run(replace(worker, inputs={**ctx.inputs, "budget": []})) == ref


def test_a_second_column_pays_for_itself_alone(world: World) -> None:
    columns = (INCOME, AGE)
    first = world.statistics(world.context({"AGE": {"operator": "age_band"}}, columns=columns))
    both = world.statistics(world.context({"AGE": {**MEAN, "delta": 1e-7, "max_rows": 2}}, columns=columns))
    income, age = world.entries
    assert [one["ledger_entry"] for one in said(both)] == [income.id, age.id] and said(both)[0] == said(first)[0]
    assert {type(event) for event in age.events} == {Concentrated}
    assert 0.5 - 1e-6 < age.epsilon <= 0.5 and age.delta == pytest.approx(1e-7)
    assert isinstance(said(both)[1]["value"], int) and age.nonce != income.nonce
    masked = rows_of(
        world.masked(world.context({"AGE": {**MEAN, "delta": 1e-7, "max_rows": 2}}, columns=columns), both)
    )
    assert {row["age"] for row in masked} == {said(both)[1]["value"]}


def test_only_training_rows_people_count_and_the_ledger_knows_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, Any]] = []
    real = ColumnMean.release
    monkeypatch.setattr(
        ColumnMean, "release", lambda self, cells, entry: real(self, [seen.append(c) or c for c in cells], entry)
    )
    ctx = world.context()
    ref = world.statistics(ctx)
    rows = rows_of(world.masked(ctx, ref))
    assert {unit for unit, _ in seen} == {row["unit_id"] for row in rows if row["split"] == "train"}
    assert len(seen) == sum(row["split"] == "train" for row in rows) < len(rows)
    key = KEYS.key_id("unit")
    assert all(world.ledger.datasets_with(unit, key) == ["visits"] for unit, _ in seen)
    assert STEPS["statistics"].inputs["shards"] == "ingest", "planted rows are nobody's and never count"


def test_the_key_holds_rows_and_settings_and_nothing_else(world: World) -> None:
    keys = {
        "as it is": world.statistics(world.context()).key,
        "another training": world.statistics(world.context(learning_rate=0.1)).key,
        "epsilon": world.statistics(world.context({"INCOME": {**MEAN, "epsilon": 0.25}})).key,
        "max_rows": world.statistics(world.context({"INCOME": {**MEAN, "max_rows": 2}})).key,
        "bounds": world.statistics(world.context(columns=[{**INCOME, "high": 2000}])).key,
        "rows": world.statistics(world.context(shift=1.0)).key,
    }
    assert keys.pop("another training") == keys["as it is"] and len(set(keys.values())) == len(keys) == 5
    assert len({entry.nonce for entry in world.entries}) == len(world.entries) == 5


# --- masking


def test_masks_key_holds_what_was_released_only_where_a_mean_is_used(world: World) -> None:
    plain = world.context({"INCOME": {"operator": "delete"}})
    ours, other = (
        world.statistics(plain),
        world.statistics(world.context({"INCOME": {"operator": "delete"}}, shift=1.0)),
    )
    assert ours != other
    plain = world.context({"INCOME": {"operator": "delete"}})
    alone = [mask.run(replace(plain, inputs={"shard": [ref]}, shard=0)) for ref in plain.inputs["shards"][:1]]
    assert world.masked(plain, ours)[:1] == world.masked(plain, other)[:1] == alone
    assert "means" not in alone[0].counts

    ctx = world.context()
    first = world.statistics(ctx)
    second = world.statistics(world.context({"INCOME": {**MEAN, "epsilon": 0.25}}))
    assert said(first)[0]["value"] != said(second)[0]["value"]
    ctx = world.context()
    assert world.masked(ctx, first)[0].key != world.masked(ctx, second)[0].key
    with pytest.raises(AirlockError, match="input statistics: expected one reference"):
        world.masked(ctx)
    nothing = world.statistics(world.context({"INCOME": {"operator": "delete"}}))
    with pytest.raises(AirlockError, match="column income: no mean of it was released"):
        world.masked(ctx, nothing)


def test_removing_a_person_leaves_everybody_elses_masked_rows_as_they_were(world: World) -> None:
    """Invariant 4, the charged release held fixed."""
    ctx = world.context()
    ref = world.statistics(ctx)
    everyone = rows_of(world.masked(ctx, ref))
    for gone in (0, 17, PEOPLE - 1):
        fewer = world.context(people=[i for i in range(PEOPLE) if i != gone])
        left = rows_of(world.masked(fewer, ref))
        assert len(left) == len(everyone) - 2
        units = {row["unit_id"] for row in left}
        same = [{**row, "record_id": 0} for row in everyone if row["unit_id"] in units]
        assert [{**row, "record_id": 0} for row in left] == same


# --- the noise


def test_the_noise_has_the_scale_that_was_charged_for(world: World) -> None:
    """Mean absolute noise over many nonces, to within a twelfth: half of it, or twice, is far outside."""

    def scale(epsilon: float) -> float:
        line = ({**INCOME, "granularity": 0.01}, {"epsilon": epsilon})
        [mean] = means_of([line], [{"role": "person"}])
        people = 200
        cells = [(f"u{i}", 500.0) for i in range(people)]  # in the middle of the bounds: the count's noise has no part
        off = []
        for number in range(2000):
            nonce = hashlib.sha256(f"seed {number}".encode()).digest()
            drawn = mean.release(cells, releases.Entry(b"s" * 32, "k" * 64, nonce)).value
            assert isinstance(drawn, float)
            off.append(abs(drawn - 500.0) * people)
        return math.fsum(off) / len(off)

    # Half the range is 500; two thirds of ε are the sum's; a Laplace variable is off by its scale on average.
    charged = 500 / (2 / 3 * 8.0)
    assert scale(8.0) == pytest.approx(charged, rel=1 / 12)
    assert scale(16.0) == pytest.approx(charged / 2, rel=1 / 12)


@pytest.mark.parametrize(
    "parameters", [{"epsilon": 0.3}, {"epsilon": 0.1, "max_rows": 7}, {"epsilon": 1.0, "delta": 1e-6, "max_rows": 3}]
)
def test_what_the_ledger_is_told_is_never_less_than_what_is_drawn(parameters: dict[str, Any]) -> None:
    [mean] = means_of([(INCOME, parameters)], [{"role": "person"}])
    for noise, sensitivity, event in zip(mean.noises, (mean.sensitivity, mean.max_rows), events_of(mean), strict=True):
        assert noise is not None
        if isinstance(event, Pure):  # P(z)/P(z + sensitivity) = e^(sensitivity/scale), exactly
            assert Fraction(event.epsilon) >= sensitivity / noise.parameter
        else:
            assert isinstance(event, Concentrated)
            assert Fraction(event.rho) >= Fraction(sensitivity**2) / (2 * noise.parameter)
    assert tight(events_of(mean), 1e-6) <= parameters["epsilon"] * 1.01


# --- the charge and kills


def fails_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, after: bool = False) -> list[Any]:
    """Let a method's first call end the attempt, before or after its work; the results of all calls."""
    real: Callable[..., Any] = getattr(owner, name)
    calls: list[Any] = []

    def killed(self: Any, *args: Any, **kwargs: Any) -> Any:
        first = not calls
        calls.append(None)
        if first and not after:
            raise TryAgain("killed")
        calls[-1] = real(self, *args, **kwargs)
        if first:
            raise TryAgain("killed")
        return calls[-1]

    monkeypatch.setattr(owner, name, killed)
    return calls


@pytest.mark.parametrize(
    ("owner", "name", "after", "left"),
    [
        (Ledger, "reserve", True, "reserved"),
        (Ledger, "mark", False, "reserved"),
        (Ledger, "mark", True, "noise"),
        (ColumnMean, "release", True, "noise"),
        (Ledger, "commit", False, "noise"),
        (Ledger, "commit", True, "committed"),
    ],
    ids=["reserved", "unmarked", "marked", "drawn", "published", "committed"],
)
def test_a_killed_attempt_is_counted_and_the_next_gives_the_same_figure_under_the_same_charge(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, after: bool, left: str
) -> None:
    ctx = world.context()
    drawn: list[Any] = []
    real = ColumnMean.release

    def release(self: ColumnMean, *args: Any) -> Any:
        drawn.append(real(self, *args))
        return drawn[-1]

    monkeypatch.setattr(ColumnMean, "release", release)
    calls = fails_once(monkeypatch, owner, name, after)
    with pytest.raises(TryAgain, match="killed"):
        world.statistics(ctx)
    assert world.states == [left]
    spent = world.ledger.account("visits", tight).spent
    assert spent == pytest.approx(0.5, abs=0.01), "counted from the reservation on"
    ref = world.statistics(ctx)
    [entry] = world.entries
    assert entry.state == "committed" and said(ref)[0]["ledger_entry"] == entry.id
    assert len({one.value for one in drawn}) == 1, "one charge, one figure"
    assert len(calls) >= 1


def test_a_nonce_is_drawn_from_again_neither_for_other_rows_nor_under_other_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = world.context()
    with monkeypatch.context() as patch:
        fails_once(patch, ColumnMean, "release", after=True)
        with pytest.raises(TryAgain):
            world.statistics(ctx)
    monkeypatch.setattr(statistics, "_fingerprint", lambda: "e" * 64)
    ref = world.statistics(ctx)
    other = world.statistics(world.context(shift=5.0))
    assert world.states == ["noise", "committed", "committed"], "what was drawn stays charged"
    assert len({entry.nonce for entry in world.entries}) == 3
    assert [said(one)[0]["ledger_entry"] for one in (ref, other)] == [entry.id for entry in world.entries[1:]]


def test_a_holder_that_lost_its_lease_publishes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.core.lease.Lease.lost", property(lambda self: True))
    with pytest.raises(TryAgain, match="another process has taken over"):
        world.statistics(world.context())
    assert world.states == ["noise"]


def test_reconcile_frees_commits_and_abandons_statistics(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(owner: type, name: str, after: bool = False, shift: float = 0.0) -> None:
        with monkeypatch.context() as patch:
            fails_once(patch, owner, name, after)
            with pytest.raises(TryAgain):
                world.statistics(world.context(shift=shift))

    killed(Ledger, "mark")
    killed(Ledger, "mark", after=True, shift=1.0)
    killed(Ledger, "commit", shift=2.0)
    assert world.states == ["reserved", "noise", "noise"]
    unmarked, marked, published = (entry.id for entry in world.entries)
    found = {one.entry: one.now for one in reconcile(world.ledger, world.stores)}
    assert found == {unmarked: "freed", marked: "noise", published: "committed"}
    assert abandon(world.ledger, world.stores, marked, "a test").now == "abandoned"
    assert world.states == ["freed", "abandoned", "committed"] and world.entries[1].nonce == b""
    assert world.ledger.account("visits", tight).charges == 2
    world.statistics(world.context(shift=1.0))
    assert world.states == ["freed", "abandoned", "committed", "committed"], "begun anew, charged anew"


def test_each_interval_pays_for_its_own_mean_and_none_of_them_counts_as_trained(world: World) -> None:
    for number in (0, 1):
        ctx = world.context(shift=float(number))
        ctx = replace(ctx, interval=(DAYS[number], DAYS[number + 1]), scheduled=True)
        for _ in range(2):  # the second is a run of the interval that was cut off before its training
            world.statistics(ctx)
    assert [entry.interval for entry in world.entries] == [f"{DAYS[n]}/{DAYS[n + 1]}" for n in (0, 1)]
    late = world.context(shift=9.0)
    budget.run(replace(late, interval=(DAYS[0], DAYS[1]), scheduled=True))


# --- what the budget stage says


def test_a_run_that_cannot_pay_for_both_is_refused_before_either(world: World) -> None:
    with pytest.raises(BudgetRefused, match=r"asks for ε = 0.5 for its mean, and ε = 2.00 at δ = 1e-06 for the train"):
        budget.run(world.context(owned=2.2))
    assert world.entries == []


def test_what_is_quoted_is_what_is_let_through(world: World) -> None:
    """The least budget that the budget stage accepts suffices for the mean and the training after it."""
    lines = {"AGE": MEAN}
    low, high = 2.0, 20.0
    while high - low > 0.05:
        middle = (low + high) / 2
        try:
            part = World(world.folder / f"{middle:.4f}")
            part.folder.mkdir()
            budget.run(part.context(lines, columns=(INCOME, AGE), owned=middle))
            high = middle
        except BudgetRefused:
            low = middle
    least = World(world.folder / f"{high:.4f}")
    ctx = least.context(lines, columns=(INCOME, AGE), owned=high)
    least.statistics(ctx)
    found = open_ref(budget.run(ctx)).read_json("budget.json")
    charge = Charge(
        "visits", "run-1", "t" * 64, from_json(found["mechanism"]), found["epsilon"], found["delta"], found["unit"],
        found["relation"], tight,
    )  # fmt: skip
    assert least.ledger.quote(charge).fits and high < 4.5


def test_what_was_paid_is_not_asked_for_twice(world: World) -> None:
    ctx = world.context(owned=3.4)
    world.statistics(ctx)
    budget.run(ctx)  # the mean is paid for: only the training is held against what is left
    with pytest.raises(BudgetRefused, match="for its mean"):
        budget.run(world.context({"INCOME": {**MEAN, "epsilon": 1.5}}, owned=3.4))


def test_a_backfill_counts_the_mean_of_each_run(world: World) -> None:
    ctx = replace(world.context(), interval=(DAYS[0], DAYS[1]), scheduled=True, backfill=True)
    with pytest.raises(
        BudgetRefused, match=r"each run of this backfill costs ε = 0.5 for its mean, and ε = 2.00"
    ) as of:
        budget.run(ctx)
    plain = world.context({"INCOME": {"operator": "delete"}})
    with pytest.raises(BudgetRefused, match=r"each run of this backfill costs ε = 2.00; with") as without:
        budget.run(replace(plain, interval=(DAYS[0], DAYS[1]), scheduled=True, backfill=True))

    def of_twelve(refused: Any) -> float:
        return float(str(refused.value).split("12: ")[1].split()[0].rstrip(","))

    assert of_twelve(of) > of_twelve(without) + 0.3


def test_a_charge_beyond_what_is_left_by_now_is_refused_by_the_stage_itself(world: World) -> None:
    ctx = world.context(owned=2.9)
    planned = budget.run(ctx)
    other = Charge("visits", "other", "o" * 64, (Pure(2.6),), 2.6, 0.0, "person", "add_or_remove", tight)
    world.ledger.mark(world.ledger.reserve(other, fingerprint="f" * 64).id)
    with pytest.raises(BudgetRefused, match=r"2.60 is spent, 0.30 is left. This run asks for ε = 0.50"):
        statistics.run(replace(ctx, inputs={**ctx.inputs, "budget": [planned]}))
    assert world.states == ["noise"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"columns": [{**INCOME, "high": None}]}, "column income: `mean` needs public bounds: give its low, high and"),
        ({"columns": [{**INCOME, "granularity": None}]}, "column income: `mean` needs public bounds"),
        ({"columns": [{**INCOME, "granularity": 300}]}, "low and high must be multiples of granularity"),
        ({"columns": [{**AGE, "granularity": 0.5}], "lines": {"AGE": MEAN}}, "its granularity must be a whole number"),
        ({"person": False}, "column income: `mean` counts ε by person: declare a column with role person"),
        ({"unit": "record"}, "counts ε for one person, the training for one record: set train.unit to person"),
    ],
)
def test_a_declaration_that_does_not_fit_is_refused_in_the_runs_first_seconds(
    world: World, changes: dict[str, Any], sentence: str
) -> None:
    lines = changes.pop("lines", None)
    with pytest.raises(UserError) as caught:
        budget.run(world.context(lines, **changes))
    assert sentence in str(caught.value)
    assert world.entries == []


def test_a_mean_needs_numbers() -> None:
    with pytest.raises(
        UserError, match="column income has type string: `mean` needs a column of type integer or numbe"
    ):
        means_of([({**INCOME, "type": "string"}, {"epsilon": 1})], [{"role": "person"}])


@pytest.mark.slow
def test_killed_at_any_instant_there_is_one_charge_and_one_figure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", str(world.folder))
    monkeypatch.setenv("AIRLOCK_LEDGER", str(world.folder / "ledger.sqlite"))

    def start(shift: float) -> tuple[StageProcess, threading.Thread]:
        ctx = world.context(shift=shift)
        inputs = {"shards": ctx.inputs["shards"], "budget": [budget.run(ctx)]}
        process = StageProcess(
            Request(
                "statistics", "run-1", ctx.config.model_dump(mode="json"),
                {role: [ref.to_dict() for ref in refs] for role, refs in inputs.items()},
                keys=KEYS.to_wire(STEPS["statistics"].keys),
            ),
            lambda line: None,
        )  # fmt: skip

        def run() -> None:
            with contextlib.suppress(TryAgain):
                process.run()

        thread = threading.Thread(target=run)
        thread.start()
        return process, thread

    begun = time.monotonic()
    start(shift=1.0)[1].join()
    seconds = time.monotonic() - begun
    hits = 0
    for number in range(16):
        process, thread = start(shift=0.0)
        while process.pid is None:
            time.sleep(0.001)
        # The first part of its life is imports: kills there prove nothing.
        time.sleep(seconds * (0.4 + 0.6 * (number + 0.5) / 16))
        hits += thread.is_alive()
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        thread.join()
        assert len(world.entries) <= 2, "a restart goes on under its charge"
    ref = world.statistics(world.context())
    assert world.states == ["committed", "committed"] and hits >= 4
    [one] = said(ref)
    assert one["ledger_entry"] == world.entries[1].id
