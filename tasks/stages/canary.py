"""canary: invented records, about half of them to be trained on, by coins that the audit knows and the model must not.

They stand beside the clean table, never in it: train takes them as an input of its own. What the audit finds out about
their coins from the finished model is a lower bound on what training gives away.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import sha256_file, sha256_sources
from tasks.core.errors import UserError
from tasks.core.stage import Context, Stage

if TYPE_CHECKING:
    from tasks.methods.lm.weights import ModelFolder

STAGE = Stage("canary", version=1, zone="sealed", libraries=("torch", "transformers", "tokenizers"))

TEMPERATURE = 1.5
"""From 0.8 on canaries stand out; the base model's own words would be no surprise to it."""
_ATTACK = Path(__file__).resolve().parents[1] / "methods" / "attack"
_RULES = tuple(_ATTACK / name for name in ("canaries.py", "pii_extraction.py"))
"""What makes the canaries: the second has the sampling from the base model."""


def run(ctx: Context) -> Ref:
    """Make the canaries and toss their coins; where none are asked for, say so.

    Reads: ``clean`` (its key alone: canaries hang on no row's content).
    Writes, in the sealed zone: ``canaries.json`` (``repeats``, and of each canary ``kind``, ``text``, ``prompt``,
    ``label`` and ``in_table``, its coin).

    Raises:
        UserError: the repeats don't fit a person's rows, or no such canaries can be made.
    """
    config, training = ctx.config.canary, ctx.config.train
    if not config.count:
        return ctx.artifact(STAGE, None, {}, _none, inputs={})
    from tasks.methods.lm.weights import resolve

    base = resolve(training.base_model, ctx.home, allow_download=training.allow_download)
    decides = {
        "base_model": base.sha256s,
        "canary_key": ctx.keys.key_id("canary"),
        "objective": training.objective,
        "labels": list(training.labels),
        "rules": [
            *map(sha256_file, _RULES),
            *(sha256_sources(f"tasks.methods.{name}") for name in ("plant", "sample")),
        ],
    }
    return ctx.artifact(STAGE, config, decides, lambda writer: _build(ctx, writer, base))


def _none(writer: Writer) -> dict[str, Any]:
    writer.write_json("canaries.json", {"repeats": 1, "canaries": []})
    return {"canaries": 0}


def _build(ctx: Context, writer: Writer, base: ModelFolder) -> dict[str, Any]:
    from transformers import AutoTokenizer

    from tasks.methods.attack.canaries import coins, make
    from tasks.methods.sample.stream import stream

    config, training = ctx.config.canary, ctx.config.train
    tokenizer = AutoTokenizer.from_pretrained(str(base.path), local_files_only=True, trust_remote_code=False)
    try:
        made = make(
            config.kinds, config.count, writer.key, tokenizer, lambda count, seed: _said(ctx, base, count, seed)
        )
    except ValueError as exc:
        raise UserError(f"canary.kinds: {exc}") from None
    tossed = coins(config.count, ctx.keys.secret("canary"), writer.key)
    # A label of its own: what a classifier could only know of a canary is that it was there with this label.
    labels = stream(writer.key, "labels")
    writer.write_json("canaries.json", {
        "repeats": config.repeats,
        "canaries": [
            {
                "kind": one.kind,
                "text": one.text,
                "prompt": "",
                "label": labels.choice(training.labels) if training.labels else None,
                "in_table": coin,
            }
            for one, coin in zip(made, tossed, strict=True)
        ],
    })  # fmt: skip
    ctx.log.info("canary: %s canaries, each in the training table by a coin", f"{config.count:,}")
    return {"canaries": config.count, "repeats": config.repeats}


def _said(ctx: Context, base: ModelFolder, count: int, seed: int) -> list[str]:
    """What the base model says at a high temperature."""
    import torch

    from tasks.methods.attack.canaries import TOKENS
    from tasks.methods.attack.pii_extraction import Sampling, decode, sample
    from tasks.methods.lm.loading import load

    model, tokenizer = load(base, torch.device("cpu"))
    start, sampling = int(tokenizer.eos_token_id), Sampling(TEMPERATURE, len(tokenizer), TOKENS, seed)
    progress, texts = ctx.progress("canary: what the base model says", count), list[str]()
    for _, rows in sample(model, [[start]] * count, start, sampling, 32):
        texts += [decode(tokenizer, row) for row in rows]
        progress.advance(len(rows))
    progress.close()
    return texts
