"""export: the model folder that can be handed over, in Hugging Face layout, with its card, checked before publication.

Two gates stand before publication: a scan of the folder for what must not leave, and loading it in a clean process
without network, where it must give the outputs of the model that clip wrote. So must every variant in fp32; what one of
lower precision costs is measured on generated text and held against a limit.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path, PurePath
from typing import Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.errors import GateRefused
from tasks.core.stage import Context, Stage

STAGE = Stage("export", version=1, zone="clean", libraries=("torch", "transformers", "safetensors"))

TOLERANCE = {"fp32": 1e-4, "bf16": 0.1}
"""Largest difference of a logit from the clipped model's, as a share of the largest logit."""

EXACT = 1e-4
"""Largest absolute difference of a logit of a variant in fp32 from the clipped model's."""

TEXTS = 16
"""Generated texts on which variants are measured, of the domain and language of ``clip``'s."""


def run(ctx: Context) -> Ref:
    """Write, scan and load the model folder and its variants.

    Reads: ``model`` (clip's artifact) and ``training`` (train's).
    Writes: ``model/`` (weights, configuration, tokenizer, ``README.md``), ``MODEL_CARD.md`` and ``export.json``;
        of each variant the folder of its name, and ``variants.json``: how far each is from the model.

    Raises:
        GateRefused: the folder holds what must not leave, or gives other outputs in a clean process; or a variant
            costs more quality than ``export.max_quality_loss`` allows.
        UserError: a variant's format doesn't know the model's architecture.
    """
    clip_ref, train_ref = ctx.input("model"), ctx.input("training")
    # The card shows both; a policy file is named without its folder.
    decides = {"name": ctx.config.name, "policy": PurePath(ctx.config.mask.policy).stem}
    entry = str(train_ref.counts.get("ledger_entry", ""))
    decides |= {"ledger_entry": entry, "dataset": ctx.config.dataset} if entry else {}

    variants, stage = ctx.config.export.variants, STAGE
    if variants:
        from tasks.methods.export.variants import LIBRARIES, parse

        more = sorted({name for variant in variants for name in LIBRARIES[parse(variant).format]})
        stage = dataclasses.replace(STAGE, libraries=(*STAGE.libraries, *more))
        texts = {"domain": ctx.config.clip.quality_domain, "language": ctx.config.clip.quality_language}
        decides |= {f"texts_{key}": value for key, value in texts.items()}
        decides |= {"texts": sha256_sources("tasks.methods.sample")}

    def build(writer: Writer) -> dict[str, Any]:
        clipped, trained = ctx.open(clip_ref), ctx.open(train_ref)
        report = clipped.read_json("clip.json")
        folder = writer.local_dir()
        checks = _write_model(ctx, clipped.local_dir() / "model", folder / "model")
        measured = _write_variants(ctx, clipped.local_dir() / "model", folder) if variants else {}
        facts = _facts(ctx, decides, report, trained)
        from tasks.methods.export.card import model_card

        card = model_card(facts).encode("utf-8")
        for name in ("MODEL_CARD.md", "model/README.md"):
            (folder / name).write_bytes(card)
        _scan(folder, report["tokenizer"]["added_tokens"])
        seconds, share = checks.pop("seconds"), checks.pop("difference")
        writer.note(verification={**checks, "seconds": seconds, "largest_difference": share})
        files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        writer.write_json("export.json", {"dtype": ctx.config.export.dtype, "files": files, "verification": checks})
        privacy = {"epsilon": facts.privacy.epsilon, "delta": facts.privacy.delta} if facts.privacy.private else {}
        perplexity = {}
        if facts.evaluation:
            before, after = facts.evaluation.before[0], facts.evaluation.after[0]
            perplexity = {"perplexity_before": before, "perplexity_after": after}
        if measured:
            writer.note(variants={name: figures.pop("seconds") for name, figures in measured.items()})
            writer.write_json("variants.json", measured)
        size = sum((folder / name).stat().st_size for name in files)
        return {
            **privacy,
            **({"ledger_entry": entry} if entry else {}),
            **perplexity,
            "files": len(files),
            "bytes": size,
            **({"variants": measured} if measured else {}),
        }

    ref = ctx.artifact(stage, ctx.config.export, decides, build)
    _verdict(ctx, ref)
    return ref


def _verdict(ctx: Context, ref: Ref) -> None:
    """Hold the limit against what each variant costs.

    Raises:
        GateRefused: one costs more.
    """
    from tasks.methods.clip.cost import in_words, too_much

    limit = ctx.config.export.max_quality_loss
    for name, figures in ref.counts.get("variants", {}).items():
        ctx.log.info("export: %s: %s", name, in_words(figures))
        if limit is not None and too_much(figures, limit):
            raise GateRefused(
                f"export: {name} costs too much: {in_words(figures)}, where export.max_quality_loss allows "
                f"{100 * limit:g} %; leave it out of export.variants, raise the limit, or leave it empty for none"
            )


def _write_variants(ctx: Context, clipped: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Write each variant, load it in a clean process and compare it with the clipped model."""
    import torch

    from tasks.methods.clip.quality import generated_texts
    from tasks.methods.export.compare import Reference
    from tasks.methods.export.folder import load_model
    from tasks.methods.export.variants import parse, write_variant

    config = ctx.config
    texts = generated_texts(config.clip.quality_domain, config.clip.quality_language, TEXTS)
    reference = Reference(load_model(clipped, torch.float32), clipped, texts)
    measured: dict[str, dict[str, Any]] = {}
    for name in config.export.variants:  # onnx comes before onnx-int8, which is made from it
        variant, started = parse(name), time.monotonic()
        traced = folder / "onnx"
        write_variant(variant, clipped, folder / name, traced if traced.is_dir() else None)
        answer = reference.answer(variant.format, folder / name)
        apart = reference.difference(answer)
        if not apart <= (EXACT if variant.exact else sys.float_info.max):
            raise GateRefused(
                f"export: loaded in a clean process, {name} gives other outputs than the clipped model (largest "
                f"difference of a logit {apart:.2g}, allowed {EXACT:g} in fp32); nothing was published"
            )
        size = sum(path.stat().st_size for path in (folder / name).iterdir())
        measured[name] = {
            "bytes": size,
            "largest_difference": float(f"{apart:.2g}"),
            **reference.quality(answer),
            "seconds": round(time.monotonic() - started, 3),
        }
        ctx.log.info("export: %s loads in a clean process; logits within %.1e of the clipped model's", name, apart)
    return measured


def _write_model(ctx: Context, clipped: Path, target: Path) -> dict[str, Any]:
    """Write the model, load it in a clean process and compare. The exact figures are for ``run.json`` alone."""
    import torch

    from tasks.methods.export.folder import copy_tokenizer, load_model, save_model
    from tasks.methods.export.verify import difference, outputs_clean, outputs_here

    dtype = ctx.config.export.dtype
    model = load_model(clipped, torch.float32)
    expected = outputs_here(model, clipped)
    save_model(model.to(torch.bfloat16) if dtype == "bf16" else model, target)
    del model
    copy_tokenizer(clipped, target)
    started = time.monotonic()
    found = outputs_clean(target)
    share = difference(expected, found)
    if not share <= TOLERANCE[dtype]:
        raise GateRefused(
            "export: loaded in a clean process, the exported model gives other outputs than the clipped one; nothing "
            "was published"
        )
    ctx.log.info("export: loads in a clean process; logits within %.1e of the clipped model's", TOLERANCE[dtype])
    return {
        "loaded": "transformers, clean process, no network",
        "prompts": len(found.prompt_ids),
        "generated_tokens": sum(len(ids) for ids in found.new_ids),
        "tolerance": TOLERANCE[dtype],
        "within_tolerance": True,
        "difference": share,
        "seconds": round(time.monotonic() - started, 3),
    }


def _scan(folder: Path, known_tokens: list[str]) -> None:
    from tasks.methods.export.scan import scan_bundle

    problems = scan_bundle(folder, known_tokens=known_tokens)
    if problems:
        listed = "; ".join([str(problem) for problem in problems[:10]] + ["…"] * (len(problems) > 10))
        raise GateRefused(f"export: the folder holds what must not leave: {listed}")


def _facts(ctx: Context, decides: dict[str, str], report: dict[str, Any], trained: Artifact) -> Any:
    from tasks.methods.export.bases import describe_base
    from tasks.methods.export.card import Facts
    from tasks.methods.export.privacy import read_evaluation, read_privacy

    config = ctx.config.export
    base = describe_base(report["base"]["id"], report["base"]["license"])
    return Facts(
        name=decides["name"],
        base=base,
        license=config.license or base.license,
        language=config.language,
        intended_use=config.intended_use,
        dtype=config.dtype,
        policy=decides["policy"],
        privacy=read_privacy(
            trained.read_json("training.json"), decides.get("ledger_entry", ""), decides.get("dataset", "")
        ),
        clip=report,
        evaluation=read_evaluation(trained.read_json("evaluation.json")),
    )
