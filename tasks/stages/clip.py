"""clip: the adapter merged into its base, with weights limited by public bounds.

The rules' bounds are constants of the configuration. After DP-SGD the stage is post-processing and costs no further ε;
its report (how many weights each rule changed, and the perplexity on generated text without the rules and with them) is
computed from post-noise weights alone, so it is post-processing as well. Of a model trained without differential
privacy the stage gives no formal guarantee, and says so.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.errors import GateRefused, UserError
from tasks.core.stage import Context, Stage

STAGE = Stage("clip", version=2, zone="clean", libraries=("torch", "transformers", "safetensors", "cryptography"))

PAGE = "clip.html"


def run(ctx: Context) -> Ref:
    """Clip and merge the trained adapter.

    Reads: ``model`` (train's artifact: an adapter, or the whole model).
    Writes: ``model/`` (safetensors, configuration, tokenizer) and ``clip.json`` (what each rule did, by layer, and what
    they cost). Beside it the page ``clip.html`` with histograms of the weights before and after.

    The limit on what the rules may cost isn't part of the artifact's key: it is held against the measurement anew in
    every run, and an artifact over it stays to be looked at.

    Raises:
        GateRefused: the rules cost more quality than ``max_quality_loss``.
        UserError: the run was to stop after training, a rule fits no weight, the base model isn't the one that was
            trained, or training diverged.
    """
    config = ctx.config.clip
    if ctx.config.train.stop_here:
        raise UserError(
            "train.stop_here is set: the trained model is the result, and there is nothing to clip or export."
        )
    gaussian = any(rule.method == "gaussian" for rule in config.rules)
    trained = ctx.input("model")
    measured = bool(config.rules and config.quality_texts)
    decides = {"noise_key": ctx.keys.key_id("noise")} if gaussian else {}
    decides |= {"texts": sha256_sources("tasks.methods.sample")} if measured else {}

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.clip import quality
        from tasks.methods.clip.model import clip_model
        from tasks.methods.clip.page import as_html
        from tasks.methods.export.folder import added_tokens, copy_tokenizer, license_of
        from tasks.methods.lm.weights import resolve

        artifact = ctx.open(trained)
        base = resolve(ctx.config.train.base_model, ctx.home, allow_download=ctx.config.train.allow_download)
        training = artifact.read_json("training.json")
        if training["base_model"]["sha256s"] != base.sha256s:
            raise UserError("train.base_model: its files have changed since the adapter was trained; run train again")
        guarantee = _guarantee(training)
        # Draws hang on what was trained, so that two models never get the same noise.
        secret = _secret(ctx, trained) if gaussian else b""
        target = writer.local_dir() / "model"
        adapter = artifact.local_dir() / "adapter"
        source, lora = (base.path, adapter) if adapter.is_dir() else (artifact.local_dir() / "model", None)
        measure = None
        if measured:
            texts = quality.generated_texts(config.quality_domain, config.quality_language, config.quality_texts)
            measure = quality.Quality(base.path, texts)
        progress = ctx.progress("clip", unit="tensors")
        clipped = clip_model(
            source, lora, config.rules, target, secret=secret, advance=progress.advance, measure=measure
        )
        progress.close()
        cost = measure.report() if measure is not None else None
        tokenizer = copy_tokenizer(base.path, target)
        report = {
            **clipped.report,
            "guarantee": guarantee,
            "quality": cost,
            "base": {"id": base.id, "sha256s": base.sha256s, "license": license_of(base.path)},
            "tokenizer": {"files": tokenizer, "added_tokens": added_tokens(base.path)},
        }
        writer.write_json("clip.json", report)
        rules = report["rules"]
        with writer.view(PAGE) as page:
            title = f"Clipping of {ctx.config.name}"
            page.write(as_html(title, guarantee, rules, cost, clipped.histograms).encode())
        for rule in rules:
            of = f"{rule['changed']:,} of {rule['weights']:,} weights changed"
            ctx.log.info("clip: rule %d (%s, %s): %s", rule["rule"], rule["method"], rule["pattern"], of)
        ctx.log.info("clip: %s", guarantee)
        return {
            "parameters": report["parameters"],
            "rules": len(rules),
            "weights": sum(rule["weights"] for rule in rules),
            "changed": sum(rule["changed"] for rule in rules),
            **({"ledger_entry": entry} if (entry := trained.counts.get("ledger_entry")) else {}),
            **({"quality": {**cost, "domain": config.quality_domain}} if cost is not None else {}),
        }

    ref = ctx.artifact(STAGE, config, decides, build)
    _verdict(ctx, ref)
    return ref


def _verdict(ctx: Context, ref: Ref) -> None:
    """Hold the limit against what the rules cost.

    Raises:
        GateRefused: they cost more.
    """
    found, limit = ref.counts.get("quality"), ctx.config.clip.max_quality_loss
    if found is None:
        return
    from tasks.methods.clip.cost import in_words, too_much

    ctx.log.info("clip: %s", in_words(found))
    if limit is not None and too_much(found, limit):
        page = f"{ref.uri}/attempts/{ctx.open(ref).manifest['attempt']}/views/{PAGE}"
        raise GateRefused(
            f"clip: the rules cost too much: {in_words(found)}, where clip.max_quality_loss allows {100 * limit:g} %; "
            f"loosen clip.rules, raise the limit, or leave it empty for none. What each rule did: {page}"
        )


def _guarantee(training: dict[str, Any]) -> str:
    """What clipping means for privacy, by how the model was trained."""
    from tasks.methods.export.privacy import NO_GUARANTEE, read_privacy

    if read_privacy(training).private:
        return "Post-processing of differentially private training: the rules neither cost nor add privacy."
    return f"The model was trained without differential privacy: clipping, max-norm and noise give {NO_GUARANTEE}."


def _secret(ctx: Context, trained: Ref) -> bytes:
    label = f"clip/{trained.digest}".encode()
    return hmac.new(ctx.keys.secret("noise"), label, hashlib.sha256).digest()
