"""clip: the adapter merged into its base, with weights limited by public bounds.

The rules' bounds are constants of the configuration. After DP-SGD the stage is post-processing and costs no further ε;
its report (how many weights each rule changed) is computed from post-noise weights alone, so it is post-processing as
well. Of a model trained without differential privacy the stage gives no formal guarantee.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.errors import UserError
from tasks.core.stage import Context, Stage

STAGE = Stage("clip", version=1, zone="clean", libraries=("torch", "transformers", "safetensors"))


def run(ctx: Context) -> Ref:
    """Clip and merge the trained adapter.

    Reads: ``model`` (train's artifact: an adapter, or the whole model).
    Writes: ``model/`` (safetensors, configuration, tokenizer) and ``clip.json`` (what each rule did, by layer).

    Raises:
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
    decides = {"noise_key": ctx.keys.key_id("noise")} if gaussian else {}

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.clip.model import clip_model
        from tasks.methods.export.folder import added_tokens, copy_tokenizer, license_of
        from tasks.methods.lm.weights import resolve

        artifact = ctx.open(trained)
        base = resolve(ctx.config.train.base_model, ctx.home, allow_download=ctx.config.train.allow_download)
        _same_base(artifact, base.sha256s)
        # Draws hang on what was trained, so that two models never get the same noise.
        secret = _secret(ctx, trained) if gaussian else b""
        target = writer.local_dir() / "model"
        adapter = artifact.local_dir() / "adapter"
        progress = ctx.progress("clip", unit="tensors")
        source, lora = (base.path, adapter) if adapter.is_dir() else (artifact.local_dir() / "model", None)
        report = clip_model(source, lora, config.rules, target, secret=secret, advance=progress.advance)
        progress.close()
        tokenizer = copy_tokenizer(base.path, target)
        writer.write_json(
            "clip.json",
            {
                **report,
                "base": {"id": base.id, "sha256s": base.sha256s, "license": license_of(base.path)},
                "tokenizer": {"files": tokenizer, "added_tokens": added_tokens(base.path)},
            },
        )
        rules = report["rules"]
        for rule in rules:
            of = f"{rule['changed']:,} of {rule['weights']:,} weights changed"
            ctx.log.info("clip: rule %d (%s, %s): %s", rule["rule"], rule["method"], rule["pattern"], of)
        return {
            "parameters": report["parameters"],
            "rules": len(rules),
            "weights": sum(rule["weights"] for rule in rules),
            "changed": sum(rule["changed"] for rule in rules),
            **({"ledger_entry": entry} if (entry := trained.counts.get("ledger_entry")) else {}),
        }

    return ctx.artifact(STAGE, config, decides, build)


def _same_base(artifact: Artifact, sha256s: dict[str, str]) -> None:
    if artifact.read_json("training.json")["base_model"]["sha256s"] != sha256s:
        raise UserError("train.base_model: its files have changed since the adapter was trained; run train again")


def _secret(ctx: Context, trained: Ref) -> bytes:
    label = f"clip/{trained.digest}".encode()
    return hmac.new(ctx.keys.secret("noise"), label, hashlib.sha256).digest()
