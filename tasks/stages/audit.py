"""audit: attacks on the very model that is to be released, and whether what they find fits what was promised.

What attacks on people's records find is counted, never told apart by record, and lies outside the guarantee; what they
find about canaries is nobody's.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.errors import GateRefused
from tasks.core.stage import Context, Stage

if TYPE_CHECKING:
    import numpy as np

    from tasks.methods.attack.guessing import Claim

STAGE = Stage("audit", version=1, zone="clean", libraries=("torch", "transformers", "tokenizers", "numpy", "scipy"))

PAGE = "audit.html"
LIMITS = ("max_tpr", "max_exposure", "max_extracted")


def run(ctx: Context) -> Ref:
    """Attack the model.

    Reads: ``model`` (export's: the weights that would leave), ``training`` (what was promised), ``clean`` (records that
    were trained on, and held-out ones), ``canaries`` (with their coins, from the sealed zone).
    Writes: ``audit.json`` (counts and rates) and beside it the page ``audit.html``.

    The limits aren't part of the artifact's key: they are held against what was found anew in every run, and what was
    found stays to be looked at.

    Raises:
        GateRefused: the deciding bound on ε is above the claimed one, or an attack finds more than a limit allows.
        UserError: the base model isn't there.
    """
    from tasks.methods.lm.weights import resolve

    config, training = ctx.config.audit, ctx.config.train
    base = resolve(training.base_model, ctx.home, allow_download=training.allow_download)
    decides = {
        "attacks": {name: value for name, value in config.deciding().items() if name not in LIMITS},
        "base_model": base.sha256s,
        "reads": training.model_dump(
            mode="json", include={"objective", "prompt_column", "answer_column", "label_column", "labels", "max_length"}
        ),
        "rules": sha256_sources("tasks.methods.attack"),
    }
    ref = ctx.artifact(STAGE, None, decides, lambda writer: _build(ctx, writer))
    _verdict(ctx, ref)
    return ref


def _verdict(ctx: Context, ref: Ref) -> None:
    """Hold what was found against what was promised and the limits.

    Raises:
        GateRefused: it is more.
    """
    from tasks.methods.attack.verdict import failures

    found = ctx.open(ref)
    limits = {name: getattr(ctx.config.audit, name) for name in LIMITS}
    failed = failures(found.read_json("audit.json"), **limits)
    if failed:
        page = f"{ref.uri}/attempts/{found.manifest['attempt']}/views/{PAGE}"
        raise GateRefused(f"audit: {'; '.join(failed)}. The model isn't handed over. What was found: {page}")


def _build(ctx: Context, writer: Writer) -> dict[str, Any]:
    from tasks.methods.attack.page import as_html
    from tasks.methods.attack.verdict import failures

    report = _attack(ctx)
    writer.write_json("audit.json", report)
    limits = {name: getattr(ctx.config.audit, name) for name in LIMITS}
    with writer.view(PAGE) as page:
        page.write(as_html(f"Audit of {ctx.config.name}", report, failures(report, **limits)).encode())
    return _flat(report)


def _flat(report: dict[str, Any]) -> dict[str, Any]:
    """What a run's summary shows."""
    deciding = report.get("canaries", {}).get("deciding")
    calibrated = report.get("membership", {}).get("attacks", {}).get("calibrated")
    return {
        "audited": bool(deciding or calibrated),
        **(
            {"epsilon_lower_bound": deciding["epsilon_lower_bound"], "refuted": deciding["refuted"]} if deciding else {}
        ),
        **({"epsilon_claimed": report["claim"]["epsilon"]} if report["claim"] else {}),
        **({"membership_auc": calibrated["auc"]["value"]} if calibrated else {}),
    }


def _attack(ctx: Context) -> dict[str, Any]:
    from tasks.methods.attack.guessing import Claim
    from tasks.methods.export.privacy import read_privacy

    training = ctx.open(ctx.input("training")).read_json("training.json")
    claim = Claim(training["epsilon"], training["delta"]) if read_privacy(training).private else None
    report: dict[str, Any] = {
        "claim": {**asdict(claim), "unit": training["unit"]} if claim is not None else None,
        "model": "the exported weights, asked as anyone who has them can ask",
    }
    canaries = ctx.open(ctx.input("canaries")).read_json("canaries.json") if ctx.inputs.get("canaries") else {}
    if not canaries.get("canaries") and not ctx.config.audit.rows:
        return report
    models = _Models(ctx)
    if canaries.get("canaries"):
        report |= _canaries(ctx, models, canaries, claim, str(training.get("unit", "")))
    if ctx.config.audit.rows:
        report |= _records(ctx, models, training)
    return report


class _Models:
    """The audited model and the one that its training began from."""

    def __init__(self, ctx: Context) -> None:
        import torch

        from tasks.methods.attack.on_records import Reader
        from tasks.methods.lm.objectives import open_task
        from tasks.methods.lm.weights import resolve

        config = ctx.config.train
        exported = ctx.open(ctx.input("model")).local_dir() / "model"
        base = resolve(config.base_model, ctx.home, allow_download=config.allow_download)
        use_gpu = config.device != "cpu" and torch.cuda.is_available()
        device = torch.device("cuda" if use_gpu else "cpu")
        self.target, self.base = (
            open_task(config.objective, folder, device) for folder in (resolve(str(exported), ctx.home), base)
        )
        self.reader = Reader(
            config.max_length, ctx.config.audit.physical_batch, device,
            lambda what, total: ctx.progress(f"audit: {what}", total),
        )  # fmt: skip


def _canaries(
    ctx: Context, models: _Models, canaries: dict[str, Any], claim: Claim | None, unit: str
) -> dict[str, Any]:
    """The coins guessed, and the exposure of the canaries in the table among those left out."""
    import numpy as np

    from tasks.methods.attack.exposure import by_rank, extrapolated, highest, more_exposed, never_trained
    from tasks.methods.attack.guessing import guess, report
    from tasks.methods.attack.membership import log_ratio

    listed, repeats = canaries["canaries"], canaries["repeats"]
    pairs = ctx.config.train.objective == "instruction"
    records = [(one["prompt"], one["text"]) if pairs else one["text"] for one in listed]
    scores = log_ratio(
        models.reader.scores(models.target, records, "canaries"),
        models.reader.scores(models.base, records, "canaries, base model"),
    )
    coins = np.array([one["in_table"] for one in listed])
    group = 1 if unit.startswith("one person") else repeats
    promised = claim.of_group(group) if claim is not None else None
    of = f"groups of {group} records" if group > 1 else ""
    found = report(guess(scores, coins, ctx.config.audit.guesses), promised, ctx.config.audit.bound, _DELTA)
    kinds = sorted({one["kind"] for one in listed})
    out: dict[str, Any] = {
        "canaries": {
            **found,
            "claim": {**asdict(promised), "of": of}
            if promised is not None and math.isfinite(promised.epsilon)
            else None,
            "repeats": repeats,
            "kinds": kinds,
            "scores": _histogram(scores, coins),
        }
    }
    usable = ~np.isnan(scores)
    planted, left_out = scores[coins & usable], scores[~coins & usable]
    if len(planted) and len(left_out):
        bits = by_rank(planted, left_out)
        beyond = extrapolated(planted, left_out)
        out["exposure"] = {
            "mean_bits": round(float(bits.mean()), 4),
            "largest_bits": round(float(bits.max()), 4),
            "untrained_mean_bits": round(never_trained(len(left_out)), 4),
            "ceiling_bits": round(highest(len(left_out)), 4),
            "extrapolated_mean_bits": _finite(beyond.bits),
            "p_value": more_exposed(planted, left_out),
        }
    return out


def _finite(bits: np.ndarray | None) -> float | None:
    """Their mean; ``None`` where there are none, or one is beyond all numbers."""
    mean = math.inf if bits is None else float(bits.mean())
    return round(mean, 4) if math.isfinite(mean) else None


_DELTA = 1e-5
"""δ of the bounds where training promised nothing."""


def _histogram(scores: np.ndarray, coins: np.ndarray) -> dict[str, Any]:
    """How many canaries of either side scored in each of 40 steps, for the picture."""
    import numpy as np

    usable = ~np.isnan(scores)
    edges = np.linspace(scores[usable].min(), scores[usable].max() + 1e-9, 41) if usable.any() else np.arange(41.0)
    counts = {
        name: np.histogram(scores[usable & side], edges)[0].tolist() for name, side in (("in", coins), ("out", ~coins))
    }
    return {"from": round(float(edges[0]), 4), "to": round(float(edges[-1]), 4), **counts}


def _records(ctx: Context, models: _Models, training: dict[str, Any]) -> dict[str, Any]:
    """Membership of training records against held-out ones, and what comes back of them word for word."""
    from tasks.methods.attack.on_records import attack_records
    from tasks.methods.lm.records import Records

    config = ctx.config.train
    clean = ctx.open(ctx.input("clean"))
    records = Records(
        _parquet(clean), clean.read_json("columns.json"), config.objective, config.prompt_column, config.answer_column,
        config.label_column,
    )  # fmt: skip
    sides = [list(records.read(split, records.count(split), ctx.config.audit.rows)) for split in ("train", "heldout")]
    found = attack_records(models.target, models.base, sides[0], sides[1], models.reader)
    found["membership"]["ceiling"] = _ceiling(training)
    return found


def _ceiling(training: dict[str, Any]) -> list[list[float]] | None:
    """The highest true-positive rate that the training's noise allows, at some false-positive rates."""
    from tasks.methods.attack.ceiling import pairs_of, tightest
    from tasks.methods.dp.accounting import Mechanism, epsilon
    from tasks.methods.export.privacy import read_privacy

    if not read_privacy(training).private:
        return None
    told = training["mechanism"]
    cap = told.get("batch_cap")
    mechanism = Mechanism(
        told["noise_multiplier"], told["sampling_rate"], told["steps"], cap, training["population"] if cap else None
    )
    pairs = pairs_of(lambda delta: epsilon(mechanism, delta), _CEILING_AT)
    return [[rate, round(tightest(rate, pairs), 5)] for rate in _RATES]


_CEILING_AT = (1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
_RATES = tuple(round(10 ** (-4 + n / 5), 6) for n in range(21))


def _parquet(clean: Artifact) -> list[Path]:
    return [clean.local(name) for name in clean.files if name.startswith("table/") and name.endswith(".parquet")]
