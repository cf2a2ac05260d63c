"""budget: whether the data set can pay for what is planned, asked in every run before anything is masked.

Planned are the training and the means that the policy fills columns with: one answer for all of them, so that no mean
is paid for whose training can't be. The artifact says what is planned and is kept by what decides it; the ledger is
asked anew each time. Nothing is charged here: statistics and train reserve, just before their first noise.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import sha256_json
from tasks.core.dp_events import SampledGaussian, from_json, to_json
from tasks.core.errors import BudgetRefused, UserError
from tasks.core.ledger import Charge, Decision, Ledger, UnitSet
from tasks.core.ledger.decision import asked_for, refusal
from tasks.core.ledger.declared import register_declared
from tasks.core.policies import load_policy
from tasks.core.stage import Context, Stage

if TYPE_CHECKING:
    from tasks.methods.numeric.column import ColumnMean

STAGE = Stage("budget", version=1, zone="clean", libraries=("numpy", "pyarrow", "scipy"))

DECIDING = (
    "objective", "prompt_column", "answer_column", "label_column", "unit", "relation", "max_rows_per_person", "epsilon",
    "delta", "steps", "expected_batch", "population", "truncate",
)  # fmt: skip
"""The settings of training that decide its cost."""
_SEVERAL = (2, 4, 12, 52)


def run(ctx: Context) -> Ref:
    """Hold the planned means and training against the data set's budget.

    Reads: ``shards`` (ingest's).
    Writes: ``budget.json`` (the planned mechanism, ε, δ, unit and relation; the claim, which names source partition and
    settings; the id of the key that people are hashed under; where the policy asks for means, the claim of each by its
    column).

    Raises:
        BudgetRefused: it can't be paid; rows of a trained interval have changed; a backfill isn't confirmed.
        UserError: the data set isn't registered, or shares people with another that has a budget of its own.
    """
    shards = ctx.inputs["shards"]
    settings = ctx.config.train.model_dump(mode="json", include=set(DECIDING))
    claimed: dict[str, Any] = {"dataset": ctx.config.dataset, "rows": [ref.digest for ref in shards], "train": settings}
    if ctx.config.canary.count:
        claimed["canary"] = ctx.config.canary.deciding()
    claim = sha256_json(claimed)
    decides: dict[str, Any] = {"claim": claim, "unit_key": ctx.keys.key_id("unit")}
    means = _means(ctx)
    if means:
        decides["means"] = {mean.column: _claim_of(ctx, mean) for mean in means}
    paths, columns = _table(ctx)
    ref = ctx.artifact(STAGE, None, decides, lambda writer: _build(ctx, writer, paths, columns, decides))
    planned = ctx.open(ref).read_json("budget.json")
    ledger = ctx.ledger()
    register_declared(ledger, ctx.config, planned["unit"], planned["delta"])
    ledger.know_units(ctx.config.dataset, UnitSet.of(ctx.keys.key_id("unit"), _units(ctx, paths, columns)))
    charge = _charge(ctx, ref, planned)
    unpaid = _unpaid(ctx, ledger, ref, planned, means)
    decision = ledger.quote(charge, before=[mean.events for mean in unpaid])
    # A mean that has yet to be drawn makes other rows, and so another training.
    if decision.paid and not unpaid:
        ctx.log.info("budget: ledger entry %s has paid for this training; nothing new is asked for", decision.paid)
        return ref
    _refuse_late_rows(ctx, ledger, charge)
    if ctx.backfill:
        _confirm_backfill(ctx, ledger, charge, unpaid)
    _say(ctx, decision, charge, unpaid)
    if not decision.fits:
        raise BudgetRefused(refusal(ctx.config.dataset, decision, charge, unpaid))
    return ref


def _means(ctx: Context) -> list[ColumnMean]:
    """The means that the policy fills columns with."""
    from tasks.methods.numeric.means import means_of

    declared = [column.model_dump(mode="json") for column in ctx.config.ingest.columns]
    return means_of(load_policy(ctx.config.mask.policy).lines_under("mean", declared), declared)


def _claim_of(ctx: Context, mean: ColumnMean) -> str:
    from tasks.methods.numeric.means import parameters_of

    rows = [ref.digest for ref in ctx.inputs["shards"]]
    return sha256_json({"dataset": ctx.config.dataset, "rows": rows, "mean": parameters_of(mean)})


def _unpaid(
    ctx: Context, ledger: Ledger, ref: Ref, planned: dict[str, Any], means: Sequence[ColumnMean]
) -> list[Charge]:
    """The charges of the means that have yet to be paid for.

    Raises:
        UserError: the training counts for one record, and a mean for one person.
    """
    from tasks.methods.dp.tight import tight
    from tasks.methods.numeric.means import charge_fields

    if means and planned["unit"] != "person":
        raise UserError(
            f"budget: `mean` of column {means[0].column} counts ε for one person, the training for one "
            f"{planned['unit']}: set train.unit to person, or use `delete` in the policy"
        )
    charges = [
        Charge(
            ctx.config.dataset, ctx.run_id, ref.key, tight=tight, claim=planned["means"][mean.column],
            **charge_fields(mean),
        )
        for mean in means
    ]  # fmt: skip
    return [charge for charge in charges if not ledger.paid(charge)]


def _build(
    ctx: Context, writer: Writer, paths: list[Path], columns: list[dict[str, Any]], decides: dict[str, Any]
) -> dict[str, Any]:
    from tasks.methods.dp.accounting import epsilon
    from tasks.methods.dp.plan import plan_for
    from tasks.methods.dp.relation import relation_for, unit_for
    from tasks.methods.dp.units import by_person, canary_units
    from tasks.methods.lm.records import Records

    config = ctx.config.train
    person_declared = any(column["role"] == "person" for column in columns)
    unit = unit_for(None if config.unit == "auto" else config.unit, person_declared)
    relation = relation_for(None if config.relation == "auto" else config.relation, config.population is not None)
    records = Records(paths, columns, config.objective, config.prompt_column, config.answer_column, config.label_column)
    counted = (
        len(by_person(records.by_unit("train"), config.max_rows_per_person))
        if unit == "person"
        else records.count("train")
    )
    plan = plan_for(
        epsilon=config.epsilon, delta=config.delta, expected_batch=config.expected_batch, steps=config.steps,
        population=config.population, truncate=config.truncate, counted=counted, unit=unit,
        canaries=canary_units(ctx.config.canary.count, ctx.config.canary.repeats, unit),
    )  # fmt: skip
    asked = epsilon(plan.mechanism, plan.delta)
    writer.write_json("budget.json", {
        **decides,
        "mechanism": to_json([SampledGaussian(**asdict(plan.mechanism))]),
        "epsilon": asked,
        "delta": plan.delta,
        "unit": unit,
        "relation": relation,
    })  # fmt: skip
    return {"epsilon": round(asked, 4), "delta": plan.delta, "unit": unit}


def _table(ctx: Context) -> tuple[list[Path], list[dict[str, Any]]]:
    """The shards' files, and the columns that ingest declared."""
    refs = ctx.inputs["shards"]
    opened = ctx.open_all(refs)
    paths = [artifact.local(ref.counts["file"]) for artifact, ref in zip(opened, refs, strict=True)]
    return paths, opened[0].read_json("columns.json")


def _units(ctx: Context, paths: list[Path], columns: list[dict[str, Any]]) -> Iterator[str]:
    """Keyed hashes of the training rows' people or, where none is declared, of the rows' content."""
    import pyarrow.parquet as pq

    key = ctx.keys.secret("unit")
    person_declared = any(column["role"] == "person" for column in columns)
    kept = sorted(column["name"] for column in columns if column["role"] != "person")
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(columns=["split", "unit_id", *kept], batch_size=4096):
            for row in batch.to_pylist():
                if row["split"] != "train":
                    continue
                if person_declared:
                    yield row["unit_id"]
                else:
                    content = json.dumps([row[name] for name in kept], ensure_ascii=False, default=str)
                    yield hmac.digest(key, f"record:{content}".encode(), "sha256").hex()


def _charge(ctx: Context, ref: Ref, planned: dict[str, Any]) -> Charge:
    from tasks.methods.dp.tight import tight

    return Charge(
        dataset=ctx.config.dataset,
        run_id=ctx.run_id,
        key=ref.key,
        events=from_json(planned["mechanism"]),
        epsilon=planned["epsilon"],
        delta=planned["delta"],
        unit=planned["unit"],
        relation=planned["relation"],
        tight=tight,
        claim=planned["claim"],
        interval="/".join(ctx.interval or ()) if ctx.scheduled else "",
    )


def _refuse_late_rows(ctx: Context, ledger: Ledger, charge: Charge) -> None:
    """A scheduled interval that a model was trained on isn't trained on again because rows came late."""
    if not charge.interval or ctx.config.budget.retrain:
        return
    trained = [
        entry.id
        for entry in ledger.entries(charge.dataset)
        if entry.interval == charge.interval and entry.state in ("noise", "committed") and entry.released == "model"
    ]
    if trained:
        raise BudgetRefused(
            f"budget: ledger entry {trained[-1]} has paid for a training on the interval {charge.interval}, with other "
            "rows or settings than now. Late rows don't train it anew: to do so at its full cost, run it with "
            "budget.retrain"
        )


def _confirm_backfill(ctx: Context, ledger: Ledger, charge: Charge, unpaid: Sequence[Charge]) -> None:
    """Say what several runs add up to, each with means of its own, and go on only where their number was given."""
    from dataclasses import replace

    def several(runs: int) -> Decision:
        training = replace(charge, events=charge.events * runs, claim="")
        return ledger.quote(training, before=[mean.events for mean in unpaid] * runs)

    confirmed = ctx.config.budget.backfill_runs
    totals = []
    for runs in sorted({confirmed or 1, *_SEVERAL}):
        decision = several(runs)
        totals.append(f"{runs}: {decision.after:.2f}{'' if decision.fits else ' (refused)'}")
    cost = asked_for(charge, unpaid) if unpaid else f"ε = {charge.epsilon:.2f}"
    said = (
        f"each run of this backfill costs {cost}; with them data set {charge.dataset} would come to, "
        f"by their number, {', '.join(totals)}, of {decision.budget:g} at δ = {decision.delta:g}"
    )
    ctx.log.info("budget: %s", said)
    if not confirmed:
        raise BudgetRefused(f"budget: {said}. To confirm it, give budget.backfill_runs the number of its runs")
    begun = sum(
        entry.run_id.startswith("backfill__") and entry.released == "model"
        for entry in ledger.entries(charge.dataset)
        if entry.interval
    )
    left = max(confirmed - begun, 1)
    whole = several(left)
    if not whole.fits:
        raise BudgetRefused(
            f"budget: {left} more runs of this backfill would make it ε = {whole.after:.2f} of {whole.budget:g}; none "
            "of them is begun. Shorten the backfill, or ask the data set's owner"
        )


def _say(ctx: Context, decision: Decision, charge: Charge, unpaid: Sequence[Charge]) -> None:
    means = "".join(f"{mean.epsilon:g} at delta {mean.delta:g} and " for mean in unpaid)
    ctx.log.info(
        "budget: data set %s has spent epsilon %.2f of %g at delta %g; this run asks for %s%.2f at delta %g, which "
        "makes it %.2f (decided by %s)",
        charge.dataset, decision.spent, decision.budget, decision.delta, means, charge.epsilon, charge.delta,
        decision.after, decision.by,
    )  # fmt: skip
