"""statistics: the private means that masking fills columns with, each drawn once and charged to the privacy ledger.

What one person's cells may change about a figure that stands in everybody's rows must be bounded: the mean of a column
under the policy's operator ``mean`` is released here, with noise, before any row is masked. The charge is on disk
before the noise is drawn, which comes from the noise secret, the release's key and the charge's nonce.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import lease
from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import sha256_file, sha256_json, sha256_sources
from tasks.core.errors import AirlockError, TryAgain, describe
from tasks.core.lease import Lease
from tasks.core.ledger import Charge, Ledger, UnitSet
from tasks.core.ledger.declared import register_declared
from tasks.core.policies import load_policy
from tasks.core.stage import Context, Stage

if TYPE_CHECKING:
    from tasks.methods.numeric.column import ColumnMean

STAGE = Stage("statistics", version=1, zone="clean", libraries=("cryptography", "pyarrow"))


def run(ctx: Context) -> Ref:
    """Release the means that the policy asks for; without any, say so.

    Reads: ``shards`` (ingest's, the training rows alone; never planted ones), ``budget`` (what the budget stage found;
    not part of the key).
    Writes: ``statistics.json`` (a list: column, value, interval, sentence, cost, ledger entry of each mean). Beside it
    each mean has an artifact of its own, with ``statistic.json``: a policy that asks for one more pays for that one.

    Formal guarantees:
        Whatever depends on people's cells here is a mean, private for a person under its charge
        (:class:`tasks.methods.numeric.column.ColumnMean`). Each is charged before its noise is drawn, and a charge's
        nonce draws one figure: it is used again only for the same rows and settings, under the same code and libraries,
        and then gives the same figure.

    Raises:
        BudgetRefused: the data set's budget doesn't allow the charge.
        UserError: no column says whose a row is, or a column's declaration doesn't fit.
        TryAgain: another process took over.
    """
    from tasks.methods.numeric.means import means_of, parameters_of

    declared = [column.model_dump(mode="json") for column in ctx.config.ingest.columns]
    means = means_of(load_policy(ctx.config.mask.policy).lines_under("mean", declared), declared)
    inputs = {"shards": ctx.inputs["shards"]}
    decides: dict[str, Any] = {"means": [parameters_of(mean) for mean in means]}
    if means:
        decides |= {"noise_key": ctx.keys.key_id("noise"), "rules": sha256_sources("tasks.methods.numeric")}
    return ctx.artifact(STAGE, None, decides, lambda writer: _build(ctx, writer, means, decides), inputs)


def _build(ctx: Context, writer: Writer, means: list[ColumnMean], decides: dict[str, Any]) -> dict[str, Any]:
    found, keys = [], []
    if means:
        planned = ctx.open(ctx.input("budget")).read_json("budget.json")
        ledger = ctx.ledger()
        register_declared(ledger, ctx.config, planned["unit"], planned["delta"])
        units = UnitSet.of(planned["unit_key"], {unit for unit, _ in _training_cells(ctx, None)})
        for mean, parameters in zip(means, decides["means"], strict=True):
            common = {name: decides[name] for name in ("noise_key", "rules")}
            ref = _release(ctx, ledger, mean, {**common, "mean": parameters}, planned["means"][mean.column], units)
            keys.append(ref.key)
            found.append({**ctx.open(ref).read_json("statistic.json"), "ledger_entry": ref.counts["ledger_entry"]})
    writer.write_json("statistics.json", found)
    # The keys tell the clean-up which of the means a run still uses.
    said = [
        {**{name: one[name] for name in ("column", "epsilon", "delta", "ledger_entry")}, "key": key}
        for one, key in zip(found, keys, strict=True)
    ]
    return {"means": len(found), **({"dataset": ctx.config.dataset, "charged": said} if said else {})}


def _release(
    ctx: Context, ledger: Ledger, mean: ColumnMean, decides: dict[str, Any], claim: str, units: UnitSet
) -> Ref:
    """Release one mean, or find it released; one attempt at a time."""
    # The worker that reads people's rows has the raw zone's credentials, and not the sealed zone's.
    raw = ctx.zone("raw")
    inputs = {"shards": ctx.inputs["shards"]}
    folder = f"{STAGE.name}/{ctx.key(STAGE, None, decides, inputs)[0]}"

    def waiting(holder: str) -> None:
        ctx.log.info("statistics: %s computes this already; waiting until it has ended", holder)

    with lease.hold(raw, folder, waiting) as held:

        def build(writer: Writer) -> dict[str, Any]:
            return _draw(ctx, ledger, mean, writer, claim, units, held)

        ref = ctx.artifact(STAGE, None, decides, build, inputs)
        # Also on reuse: a run may have been killed between publishing and this line.
        ledger.commit(ref.counts["ledger_entry"], ref.digest)
    # The artifact is there: whoever waits for the lease now only takes it, so the lease may go as well.
    with contextlib.suppress(TryAgain, OSError):
        raw.remove(folder)
    return ref


def _draw(
    ctx: Context, ledger: Ledger, mean: ColumnMean, writer: Writer, claim: str, units: UnitSet, held: Lease
) -> dict[str, Any]:
    from tasks.methods.dp.tight import tight
    from tasks.methods.numeric.means import charge_fields
    from tasks.methods.numeric.release import Entry, to_json

    charge = Charge(
        dataset=ctx.config.dataset,
        run_id=ctx.run_id,
        key=writer.key,
        tight=tight,
        claim=claim,
        interval="/".join(ctx.interval or ()) if ctx.scheduled else "",
        units=units,
        **charge_fields(mean),
    )
    entry = ledger.reserve(charge, fingerprint=_fingerprint())
    ctx.log.info(
        "statistics: ledger entry %s, epsilon %g for the mean of column %s", entry.id, charge.epsilon, mean.column
    )
    source = Entry(ctx.keys.secret("noise"), writer.key, entry.nonce)
    ledger.mark(entry.id)
    try:
        release = mean.release(_training_cells(ctx, mean.column), source)
    except AirlockError:
        raise
    except Exception as exc:
        raise AirlockError(f"statistics: column {mean.column}: {describe(exc)}") from None
    if held.lost:
        raise TryAgain("statistics: another process has taken over, as this one gave no sign of life; try again")
    cost = {"epsilon": charge.epsilon, "delta": charge.delta}
    # The entry's id stands beside the payload: a restart's payload is the same to the byte.
    writer.write_json("statistic.json", {**to_json(release), **cost, "statement": release.statement()})
    return {"column": mean.column, "ledger_entry": entry.id, "dataset": ctx.config.dataset, **cost}


def _training_cells(ctx: Context, column: str | None) -> Iterator[tuple[str, Any]]:
    """Person and cell of each training row, whose people are those that the ledger knows; an empty cell for ``None``.

    Held-out people's cells are filled with the mean as well: they have no part in it.
    """
    import pyarrow.parquet as pq

    refs = ctx.inputs["shards"]
    names = ["split", "unit_id", *([column] if column else [])]
    for artifact, ref in zip(ctx.open_all(refs), refs, strict=True):
        with pq.ParquetFile(artifact.local(ref.counts["file"])) as table:
            for batch in table.iter_batches(columns=names):
                cells = batch.column(column).to_pylist() if column else [None] * batch.num_rows
                people, splits = (batch.column(name).to_pylist() for name in ("unit_id", "split"))
                for split, unit, cell in zip(splits, people, cells, strict=True):
                    if split == "train":
                        yield unit, cell


def _fingerprint() -> str:
    """What must be the same for a restart to draw the same figure: code and libraries. All of it is whole numbers."""
    return sha256_json({
        "code": [sha256_sources("tasks.methods.numeric"), sha256_file(Path(__file__))],
        "libraries": {name: importlib.metadata.version(name) for name in STAGE.libraries},
        "python": sys.version,
    })  # fmt: skip
