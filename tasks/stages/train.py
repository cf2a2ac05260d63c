"""train: a language model on the clean table, by DP-SGD to a target (ε, δ).

The privacy ledger is charged before the first noisy step. Sampling and noise are drawn from streams keyed by the noise
secret, the stage's key and the charge's nonce. One attempt trains at a time; an interrupted one is continued from its
checkpoint under the same charge, and a restart under it releases the same bytes or nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import itertools
import json
import math
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import artifacts, lease
from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_json
from tasks.core.config.train import TrainConfig
from tasks.core.dp_events import SampledGaussian
from tasks.core.errors import TryAgain, UserError
from tasks.core.lease import Lease
from tasks.core.ledger import Charge, Entry, Ledger, UnitSet
from tasks.core.ledger.declared import register_declared
from tasks.core.progress import Progress
from tasks.core.stage import Context, Stage
from tasks.core.store_file import StoreFile
from tasks.methods.lm.weights import ModelFolder, resolve

if TYPE_CHECKING:
    import torch

    from tasks.methods.dp.training import Outcome

STAGE = Stage(
    "train",
    version=2,
    zone="clean",
    libraries=(
        "torch",
        "opacus",
        "peft",
        "transformers",
        "tokenizers",
        "safetensors",
        "numpy",
        "scipy",
        "cryptography",
    ),  # fmt: skip
)

GENERATOR = "ChaCha20 keystream under HMAC-SHA-256 keys, to Gaussian variates hardened against floating-point attacks"
OUTSIDE = "computed on held-out rows, which the guarantee of the training does not cover"


def run(ctx: Context) -> Ref:
    """Train the model.

    Reads: ``clean`` (leakcheck's table), ``budget`` (what the budget stage found; not part of the key), ``statistics``
    (the means that stand in the table; part of the key where there are any, since the guarantee's account names them),
    ``canaries`` (where there are any: those in the table are trained on as any record is).
    Writes: ``adapter/`` (PEFT's safetensors layout) or ``model/`` (Hugging Face layout), ``training.json`` (what was
    done and what it guarantees), ``evaluation.json`` (held-out quality before and after, outside the guarantee). In the
    sealed zone: the checkpoint, until the artifact is published, and the curves of losses on training rows.

    Raises:
        BudgetRefused: the data set's budget doesn't allow the charge.
        UserError: the base model isn't there, the target promises nothing, or there is nothing to train on.
        TryAgain: it was interrupted, and goes on when called again.
    """
    # Read when torch is first loaded: threads that spin at barriers run three times slower beside any other process.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    config = ctx.config.train
    base = resolve(config.base_model, ctx.home, allow_download=config.allow_download)
    decides = {"base_model": base.sha256s, "noise_key": ctx.keys.key_id("noise")}
    ledger, sealed = ctx.ledger(), ctx.zone("sealed")
    # What the budget stage found is settled by the same rows and settings: it isn't part of the key.
    inputs = {"clean": ctx.inputs["clean"]}
    if any(ref.counts["canaries"] for ref in ctx.inputs.get("canaries", ())):
        inputs["canaries"] = ctx.inputs["canaries"]
    if _means(ctx):
        inputs["statistics"] = ctx.inputs["statistics"]
    folder = f"train/{ctx.key(STAGE, config, decides, inputs)[0]}"

    def waiting(holder: str) -> None:
        ctx.log.info("train: %s trains this already; waiting until it has ended", holder)

    with lease.hold(sealed, folder, waiting) as held:
        ref = ctx.artifact(
            STAGE, config, decides, lambda writer: _build(ctx, config, base, ledger, writer, held), inputs=inputs
        )
        # Also on reuse: a run may have been killed between publishing and these lines.
        ledger.commit(ref.counts["ledger_entry"], ref.digest)
        StoreFile(sealed, f"{folder}/checkpoint.safetensors").remove()
    # The artifact is there: whoever waits for the lease now only takes it, so the lease may go as well.
    with contextlib.suppress(TryAgain, OSError):
        sealed.remove(folder)
    return ref


def _means(ctx: Context) -> list[dict[str, Any]]:
    """What the means in the table cost: ε, δ and ledger entry of each. The model depends on people through them too."""
    charged = [one for ref in ctx.inputs.get("statistics", ()) for one in ref.counts.get("charged", ())]
    return [{name: one[name] for name in ("epsilon", "delta", "ledger_entry")} for one in charged]


def _build(
    ctx: Context, config: TrainConfig, base: ModelFolder, ledger: Ledger, writer: Writer, held: Lease
) -> dict[str, Any]:
    from tasks.methods.clip.projection import Projection
    from tasks.methods.dp.accounting import ACCOUNTANT, figures
    from tasks.methods.dp.checkpoint import Checkpoints, identity
    from tasks.methods.dp.plan import plan_for
    from tasks.methods.dp.randomness import KeyedRandomness
    from tasks.methods.dp.relation import relation_for, relation_in_words, unit_for, unit_in_words
    from tasks.methods.dp.tight import tight
    from tasks.methods.dp.training import EpsilonSoFar, Interruption, Recipe, plan, train
    from tasks.methods.dp.units import Units, by_person, canary_units
    from tasks.methods.lm.adapt import Adaptation
    from tasks.methods.lm.evaluate import Evaluation
    from tasks.methods.lm.objectives import open_task
    from tasks.methods.lm.records import Records

    clean = ctx.open(ctx.input("clean"))
    table, columns = _parquet(clean), clean.read_json("columns.json")
    person_declared = any(column["role"] == "person" for column in columns)
    unit = unit_for(None if config.unit == "auto" else config.unit, person_declared)
    relation = relation_for(None if config.relation == "auto" else config.relation, config.population is not None)
    records = Records(table, columns, config.objective, config.prompt_column, config.answer_column, config.label_column)
    rows = {split: records.count(split) for split in ("train", "heldout")}
    k = config.max_rows_per_person
    canaries = _Canaries(ctx, config)
    people = by_person(itertools.chain(records.by_unit("train"), canaries.by_unit()), k) if unit == "person" else None
    planted = canary_units(len(canaries.planted), canaries.repeats, unit)
    counted = rows["train"] if people is None else len(people) - planted
    planned = plan_for(
        epsilon=config.epsilon, delta=config.delta, expected_batch=config.expected_batch, steps=config.steps,
        population=config.population, truncate=config.truncate, counted=counted, unit=unit,
        canaries=canary_units(canaries.count, canaries.repeats, unit), planted=planted,
    )  # fmt: skip
    sampler, mechanism, delta = planned.sampler, planned.mechanism, planned.delta
    device, device_name, threads = _device(config)
    ctx.log.info("train: on %s, %d CPU threads; sigma %.4f", device_name, threads, mechanism.noise_multiplier)
    if unit == "record" and person_declared:
        ctx.log.warning("train: a person's column is declared, but epsilon is counted for one record, not one person")

    quantise = None if config.quantise == "none" else config.quantise
    task = open_task(config.objective, base, device, labels=config.labels, quantise=quantise)
    training = task.table(itertools.chain(records.read("train", rows["train"]), canaries.records()), config.max_length)
    heldout = task.table(records.read("heldout", rows["heldout"], config.heldout_rows), config.max_length)
    layers = config.last_layers if config.adaptation == "last_layers" else config.lora_last_layers
    model = task.adapt(Adaptation(config.adaptation, config.lora_r, config.lora_alpha, config.lora_targets, layers))
    projection = Projection(config.projection, model)
    evaluation = Evaluation(task, heldout, config.physical_batch, device)

    def measure(when: str) -> Any:
        progress = Progress(f"held-out loss {when} training", len(heldout), every=config.log_seconds)
        found = evaluation.measure(progress)
        progress.close()
        return found

    before = measure("before")  # a fresh adapter's B is zero: this is the base model
    spent = figures(mechanism, delta)
    in_words = {"unit": unit_in_words(unit, person_declared), "relation": relation_in_words(relation, unit)}
    recipe = Recipe(
        config.max_grad_norm, config.expected_batch, config.learning_rate, config.physical_batch, config.optimizer,
        config.momentum, config.schedule, config.engine, config.precision,
    )  # fmt: skip
    checkpoints = Checkpoints(StoreFile(ctx.zone("sealed"), f"train/{writer.key}/checkpoint.safetensors"))
    owner = checkpoints.owner()

    def resumes(entry: Entry) -> bool:
        return owner == identity(writer.key, entry.nonce, plan(mechanism, recipe))

    quoted = ctx.open(ctx.input("budget")).read_json("budget.json")
    known = {unit_id for unit_id, _ in records.by_unit("train") if unit_id} if person_declared else set()
    charge = Charge(
        dataset=ctx.config.dataset,
        run_id=ctx.run_id,
        key=writer.key,
        events=(SampledGaussian(**asdict(mechanism)),),
        epsilon=spent.epsilon,
        delta=delta,
        unit=unit,
        relation=relation,
        tight=tight,
        claim=quoted["claim"],
        interval="/".join(ctx.interval or ()) if ctx.scheduled else "",
        units=UnitSet.of(quoted["unit_key"], known) if known else None,
    )
    register_declared(ledger, ctx.config, unit, delta)
    entry = ledger.reserve(charge, fingerprint=_fingerprint(device_name, threads, config), resumes=resumes)
    account = ledger.account(ctx.config.dataset, tight)
    ctx.log.info(
        "train: ledger entry %s, epsilon %.2f; data set %s has spent %.2f of %g, %.2f is left",
        entry.id, spent.epsilon, ctx.config.dataset, account.spent, account.budget.epsilon, account.left,
    )  # fmt: skip
    resuming = resumes(entry)
    if resuming:
        ctx.log.info("train: goes on from its checkpoint, under the charge that was entered then")
    randomness = KeyedRandomness(ctx.keys.secret("noise"), writer.key, entry.nonce)
    progress = Progress("train", mechanism.steps, "steps", every=config.log_seconds)
    note = EpsilonSoFar(mechanism, delta, config.expected_batch)
    ledger.mark(entry.id)
    with _asked_to_stop(held) as asked:
        outcome = train(
            model, Units(training, people), lambda batch: task.losses(model, batch), sampler, mechanism, recipe,
            randomness, device, key=writer.key, nonce=entry.nonce, checkpoints=checkpoints,
            resuming=resuming, checkpoint_seconds=config.checkpoint_seconds, interruption=Interruption(asked),
            progress=progress, note=note, begins=_Begun(ctx, writer.key, entry.id, mechanism.steps),
            project=projection,
        )  # fmt: skip
    progress.close()
    ctx.log.info("train: per-unit gradients by %s", outcome.mode)
    found = {"outside_the_guarantee": OUTSIDE, **evaluation.compare(before, measure("after"))}
    _still_ours(held)
    _curves(ctx, writer.key, outcome, [note.at(step + 1) for step in range(mechanism.steps)])

    task.save(writer.local_dir(), base.id)
    writer.write_json("evaluation.json", found)
    sampling = "Poisson" if mechanism.batch_cap is None else f"Poisson, truncated at {mechanism.batch_cap} {unit}s"
    what = "a LoRA adapter" if config.adaptation == "lora" else f"the model's weights ({config.adaptation})"
    writer.write_json("training.json", {
        "private": True,
        "method": f"DP-SGD ({config.optimizer.capitalize()}) on {what}, {sampling} sampling, noise once a logical step",
        "base_model": {"id": base.id, "sha256s": base.sha256s},
        **{name: value if math.isfinite(value) else None for name, value in asdict(spent).items()},
        "epsilon_target": config.epsilon,
        **({"means": means} if (means := _means(ctx)) else {}),
        **in_words,
        "accountant": ACCOUNTANT,
        "mechanism": {
            "noise_multiplier": mechanism.noise_multiplier,
            "max_grad_norm": config.max_grad_norm,
            "sampling_rate": mechanism.sample_rate,
            "steps": mechanism.steps,
            "expected_batch": config.expected_batch,
            "sampling": sampling,
            "batch_cap": mechanism.batch_cap,
        },
        "noise_generator": GENERATOR,
        "max_rows_per_person": k if unit == "person" else None,
        "missing": [],
        "objective": config.objective,
        "adaptation": config.adaptation,
        "optimizer": {
            "name": config.optimizer, "learning_rate": config.learning_rate, "schedule": config.schedule,
            "precision": config.precision,
        },
        "projection": projection.report(),
        "max_length": config.max_length,
        "population": (config.population if config.population is not None else counted)
        + canary_units(canaries.count, canaries.repeats, unit),
        **({"canaries": {"number": canaries.count, "repeats": canaries.repeats}} if canaries.count else {}),
        "outside_the_guarantee": {
            "training_records": rows["train"],
            "training_records_used": (len(training) if people is None else int((people >= 0).sum()))
            - len(canaries.planted) * canaries.repeats,
            "training_records_truncated": training.truncated,
            "gradients_not_finite": outcome.nonfinite,
            "heldout_records": len(heldout),
        },
    })  # fmt: skip
    writer.note(device=device_name, threads=threads, ledger_entry=entry.id, engine=outcome.mode)
    return {
        "ledger_entry": entry.id,
        "dataset": ctx.config.dataset,
        "dataset_budget": account.budget.epsilon,
        "dataset_spent": round(account.spent, 4),
        "dataset_left": round(account.left, 4),
        "epsilon": round(spent.epsilon, 4),
        "delta": delta,
        "unit": in_words["unit"],
        "noise_multiplier": mechanism.noise_multiplier,
        "steps": mechanism.steps,
        "rows": rows["train"],
        "units": counted,
        "heldout": len(heldout),
        "too_small_to_learn": found["too_small_to_learn"],
        **evaluation.flat(found),
    }


class _Canaries:
    """The canaries whose coin put them into the table; how many these are isn't said outside the sealed zone."""

    def __init__(self, ctx: Context, config: TrainConfig) -> None:
        self.count, self.repeats, self.planted = 0, 1, list[dict[str, Any]]()
        self._objective, self._labels = config.objective, config.labels
        for ref in ctx.inputs.get("canaries", ()):
            if ref.counts["canaries"]:
                found = ctx.open(ref).read_json("canaries.json")
                self.count, self.repeats = len(found["canaries"]), found["repeats"]
                self.planted = [one for one in found["canaries"] if one["in_table"]]

    def records(self) -> Iterator[Any]:
        """As the objective reads them, one after the other."""
        for one in self.planted:
            for _ in range(self.repeats):
                if self._objective == "instruction":
                    yield one["prompt"], one["text"]
                elif self._objective == "classification":
                    yield one["text"], one["label"]
                else:
                    yield one["text"]

    def by_unit(self) -> Iterator[tuple[str, bytes]]:
        """A person of its own for each canary."""
        for number, one in enumerate(self.planted):
            for _ in range(self.repeats):
                yield f"canary-{number}", one["text"].encode()


class _Begun:
    """Keeps a bound on the steps begun, on disk before the first step beyond it.

    Where a run is abandoned for good, only steps that surely never began are freed. The bound grows by a twentieth of
    the planned steps at a time, whatever the data.
    """

    def __init__(self, ctx: Context, key: str, entry_id: str, steps: int) -> None:
        self._file = StoreFile(ctx.zone("sealed"), f"train/{key}/begun.json")
        self._entry, self._steps = entry_id, steps
        self._bound = self._kept()

    def __call__(self, step: int) -> None:
        if step < self._bound:
            return
        self._bound = min(step + max(self._steps // 20, 1), self._steps)
        with self._file.replacing() as path:
            path.write_text(json.dumps({"entry": self._entry, "steps": self._bound}), encoding="utf-8")

    def _kept(self) -> int:
        """What an attempt that was cut off had kept under this entry."""
        with self._file.reading() as path:
            try:
                kept = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
                return int(kept["steps"]) if kept.get("entry") == self._entry else 0
            except (ValueError, KeyError, TypeError):
                return 0


def _still_ours(held: Lease) -> None:
    if held.lost:
        raise TryAgain("train: another process has taken over, as this one gave no sign of life; try again")


@contextlib.contextmanager
def _asked_to_stop(held: Lease) -> Iterator[Any]:
    """While the block runs, SIGTERM asks it to stop; raises out of the question where the lease is lost."""
    terminated = False

    def terminate(*_: object) -> None:
        nonlocal terminated
        terminated = True

    def asked() -> bool:
        _still_ours(held)
        return terminated

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)


def _curves(ctx: Context, key: str, outcome: Outcome, epsilons: list[float]) -> None:
    """Leave what training rows showed in the sealed zone, as figures and as a page."""
    from tasks.methods.dp.curves import NOT_PRIVATE, as_html

    def build(writer: Writer) -> dict[str, Any]:
        figures = {"losses": outcome.losses, "clipped": outcome.clipped, "epsilons": epsilons}
        writer.write_json("curves.json", {"not_private": NOT_PRIVATE, **figures})
        with writer.view("curves.html") as page:
            page.write(as_html(outcome.losses, outcome.clipped, epsilons, f"Training of {ctx.config.name}").encode())
        return {"steps": len(epsilons)}

    made_of = {"inputs": {"clean": [ref.digest for ref in ctx.inputs["clean"]]}}
    ref, _, _ = artifacts.reuse_or_build(ctx.zone("sealed"), "train-curves", key, made_of, build)
    ctx.log.info("train: curves of loss and epsilon, not private, are in the sealed zone: %s", ref.uri)


def _parquet(clean: Artifact) -> list[Path]:
    return [clean.local(name) for name in clean.files if name.startswith("table/") and name.endswith(".parquet")]


def _device(config: TrainConfig) -> tuple[torch.device, str, int]:
    """The device, its name, and the number of CPU threads torch now uses."""
    import torch

    if config.device == "cuda" and not torch.cuda.is_available():
        raise UserError("train.device: cuda was asked for, but torch finds no GPU here; use auto or cpu.")
    if config.threads:
        torch.set_num_threads(config.threads)
    if config.device != "cpu" and torch.cuda.is_available():
        return torch.device("cuda"), f"cuda ({torch.cuda.get_device_name()})", torch.get_num_threads()
    return torch.device("cpu"), f"cpu ({torch.backends.cpu.get_cpu_capability()})", torch.get_num_threads()


def _fingerprint(device: str, threads: int, config: TrainConfig) -> str:
    """What must be the same for a restart to repeat the same noisy steps bit for bit: code, libraries, machine."""
    root = Path(__file__).resolve().parent.parent
    files = sorted(root.rglob("*.py"))
    code = {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    return sha256_json({
        "code": code,
        "libraries": {name: importlib.metadata.version(name) for name in STAGE.libraries},
        "python": sys.version,
        "machine": platform.machine(),
        "device": device,
        "threads": threads,
        "physical_batch": config.physical_batch,
        "engine": config.engine,
    })  # fmt: skip
