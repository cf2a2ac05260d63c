"""train: a LoRA adapter on the clean table's text, by DP-SGD to a target (ε, δ).

The privacy ledger is charged before the first noisy step. Sampling and noise are drawn from streams keyed by the noise
secret, the stage's key and the charge's nonce, so a restart under the same charge releases the same bytes or nothing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_json
from tasks.core.config.train import TrainConfig
from tasks.core.errors import UserError
from tasks.core.ledger import Ledger
from tasks.core.progress import Progress
from tasks.core.stage import Context, Stage
from tasks.methods.lm.weights import ModelFolder, resolve

if TYPE_CHECKING:
    import torch

    from tasks.methods.dp.accounting import Mechanism

STAGE = Stage(
    "train",
    version=1,
    zone="clean",
    libraries=("torch", "opacus", "peft", "transformers", "tokenizers", "safetensors", "numpy", "scipy"),
)

COUNTED = "one record's text replaced by nothing (zero-out); the number of training records is treated as public"
DECLARED = "one record added or removed; the population is a declared public number"
RECORD = "one record (one row of the clean table)"
NOT_PERSON = " and NOT one person: a person with several records is protected less than epsilon says"
MISSING = (
    "The ledger records the charge but does not yet refuse one: the sum over the data set's life is not bounded here.",
    "The noise comes from a statistical generator seeded with 256 secret bits, not from a cryptographic one.",
)
OUTSIDE = "computed on held-out rows, which the guarantee of the training does not cover"


def run(ctx: Context) -> Ref:
    """Train the adapter.

    Reads: ``clean`` (leakcheck's table).
    Writes: ``adapter/`` (PEFT's safetensors layout), ``training.json`` (what was done and what it guarantees),
    ``evaluation.json`` (held-out perplexity before and after, outside the guarantee).

    Raises:
        UserError: the base model isn't there, the target promises nothing, or there is nothing to train on.
    """
    # Read when torch is first loaded: threads that spin at barriers run three times slower beside any other process.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    config = ctx.config.train
    base = resolve(config.base_model, ctx.home, allow_download=config.allow_download)
    decides = {"base_model": base.sha256s, "noise_key": ctx.keys.key_id("noise")}
    ledger = Ledger(ctx.ledger_path)
    ref = ctx.artifact(STAGE, config, decides, lambda writer: _build(ctx, config, base, ledger, writer))
    # Also on reuse: a run may have been killed between publishing and this line.
    ledger.commit(ref.counts["ledger_entry"], ref.digest)
    return ref


def _build(ctx: Context, config: TrainConfig, base: ModelFolder, ledger: Ledger, writer: Writer) -> dict[str, Any]:
    from tasks.methods.dp.accounting import epsilon, epsilon_rdp
    from tasks.methods.dp.randomness import KeyedRandomness
    from tasks.methods.dp.training import EpsilonSoFar, Recipe, train
    from tasks.methods.lm.causal import add_lora, load, save_adapter
    from tasks.methods.lm.perplexity import compare, document_losses
    from tasks.methods.lm.texts import count, documents
    from tasks.methods.lm.tokens import TokenTable

    clean = ctx.open(ctx.input("clean"))
    table, columns = _parquet(clean), clean.read_json("columns.json")
    texts = [column["name"] for column in columns if column["role"] == "text"]
    rows = {split: count(table, split) for split in ("train", "heldout")}
    mechanism, delta = _plan(config, rows["train"])
    device, device_name, threads = _device(config)
    ctx.log.info("train: on %s, %d CPU threads; sigma %.4f", device_name, threads, mechanism.noise_multiplier)

    model, tokenizer = load(base, device)
    records = TokenTable(documents(table, texts, "train", rows["train"]), tokenizer, config.max_length)
    kept_out = documents(table, texts, "heldout", rows["heldout"], config.heldout_rows)
    heldout = TokenTable(kept_out, tokenizer, config.max_length)
    adapted = add_lora(model, config.lora_r, config.lora_alpha, config.lora_targets, config.lora_last_layers)

    def measure(when: str) -> Any:
        progress = Progress(f"held-out loss {when} training", len(heldout), every=config.log_seconds)
        losses = document_losses(adapted, heldout, config.physical_batch, device, progress)
        progress.close()
        return losses

    before = measure("before")  # a fresh adapter's B is zero: this is the base model
    spent = epsilon(mechanism, delta)
    unit = RECORD + (NOT_PERSON if any(column["role"] == "person" for column in columns) else "")
    if unit != RECORD:
        ctx.log.warning("train: a person's column is declared, but epsilon is counted for one record, not one person")
    relation = COUNTED if config.population is None else DECLARED
    event = {"type": "poisson_sampled_gaussian", **asdict(mechanism)}
    entry = ledger.reserve(
        dataset=ctx.config.dataset,
        run_id=ctx.run_id,
        key=writer.key,
        fingerprint=_fingerprint(device_name, threads, config.physical_batch),
        mechanism=event,
        epsilon=spent,
        delta=delta,
        unit=unit,
        relation=relation,
    )
    randomness = KeyedRandomness(ctx.keys.secret("noise"), writer.key, entry.nonce)
    recipe = Recipe(config.max_grad_norm, config.expected_batch, config.learning_rate, config.physical_batch)
    progress = Progress("train", mechanism.steps, "steps", every=config.log_seconds)
    ledger.mark(entry.id)
    note = EpsilonSoFar(mechanism, delta, config.expected_batch)
    outcome = train(adapted, records, mechanism, recipe, randomness, device, progress, note)
    progress.close()
    evaluation = {"outside_the_guarantee": OUTSIDE, **compare(before, measure("after"))}

    save_adapter(adapted, writer.local_dir() / "adapter", base.id)
    writer.write_json("evaluation.json", evaluation)
    writer.write_json("training.json", {
        "private": True,
        "method": "DP-SGD (Adam) on a LoRA adapter, Poisson sampling, noise once a logical step",
        "base_model": {"id": base.id, "sha256s": base.sha256s},
        "epsilon": spent,
        "epsilon_rdp": epsilon_rdp(mechanism, delta),
        "epsilon_target": config.epsilon,
        "delta": delta,
        "unit": unit,
        "relation": relation,
        "accountant": "PRV, upper bound (Opacus)",
        "mechanism": {
            "noise_multiplier": mechanism.noise_multiplier,
            "max_grad_norm": config.max_grad_norm,
            "sampling_rate": mechanism.sample_rate,
            "steps": mechanism.steps,
            "expected_batch": config.expected_batch,
            "sampling": "Poisson",
        },
        "missing": list(MISSING),
        "lora": {
            "r": config.lora_r, "alpha": config.lora_alpha, "targets": list(config.lora_targets),
            "last_layers": config.lora_last_layers,
        },
        "learning_rate": config.learning_rate,
        "max_length": config.max_length,
        "population": config.population if config.population is not None else len(records),
        "outside_the_guarantee": {
            "training_records_truncated": records.truncated,
            "gradients_not_finite": outcome.nonfinite,
            "heldout_records": len(heldout),
        },
    })  # fmt: skip
    writer.note(device=device_name, threads=threads, ledger_entry=entry.id)
    return {
        "ledger_entry": entry.id,
        "epsilon": round(spent, 4),
        "delta": delta,
        "unit": unit,
        "noise_multiplier": mechanism.noise_multiplier,
        "steps": mechanism.steps,
        "rows": len(records),
        "heldout": len(heldout),
        "too_small_to_learn": evaluation["too_small_to_learn"],
        **_perplexities(evaluation),
    }


def _perplexities(evaluation: dict[str, Any]) -> dict[str, Any]:
    """Perplexity before and after as flat figures; nothing where there were too few held-out documents."""
    out: dict[str, Any] = {}
    for when, model in (("before", "base"), ("after", "trained")):
        if figures := evaluation.get(model):
            out[f"perplexity_{when}"] = figures["perplexity"]
            out[f"perplexity_{when}_interval"] = [figures["low"], figures["high"]]
    return out


def _plan(config: TrainConfig, counted: int) -> tuple[Mechanism, float]:
    """The mechanism for the wanted ε, and δ: from a declared population where there is one, else from a count."""
    from tasks.methods.dp.accounting import calibrate, check_target, default_delta

    if counted == 0:
        raise UserError("train: the clean table has no training record with this split; ingest more rows.")
    population = config.population if config.population is not None else counted
    if population < 2 or config.expected_batch > population:
        raise UserError(
            f"train.expected_batch: {config.expected_batch} is more than the population of {population} training "
            "records (at least 2 are needed)."
        )
    delta = config.delta if config.delta is not None else default_delta(population)
    check_target(config.epsilon, delta, population)
    return calibrate(config.epsilon, delta, config.expected_batch / population, config.steps), delta


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


def _fingerprint(device: str, threads: int, physical_batch: int) -> str:
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
        "physical_batch": physical_batch,
    })  # fmt: skip
