"""export: the model folder that can be handed over, in Hugging Face layout, with its card, checked before publication.

Two gates stand before publication: a scan of the folder for what must not leave, and loading it in a clean process
without network, where it must give the outputs of the model that clip wrote.
"""

from __future__ import annotations

import time
from pathlib import Path, PurePath
from typing import Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.errors import GateRefused
from tasks.core.stage import Context, Stage

STAGE = Stage("export", version=1, zone="clean", libraries=("torch", "transformers", "safetensors"))

TOLERANCE = {"fp32": 1e-4, "bf16": 0.1}
"""Largest difference of a logit from the clipped model's, as a share of the largest logit."""


def run(ctx: Context) -> Ref:
    """Write, scan and load the model folder.

    Reads: ``model`` (clip's artifact) and ``training`` (train's).
    Writes: ``model/`` (weights, configuration, tokenizer, ``README.md``), ``MODEL_CARD.md`` and ``export.json``.

    Raises:
        GateRefused: the folder holds what must not leave, or gives other outputs in a clean process.
    """
    clip_ref, train_ref = ctx.input("model"), ctx.input("training")
    # The card shows both; a policy file is named without its folder.
    decides = {"name": ctx.config.name, "policy": PurePath(ctx.config.mask.policy).stem}
    entry = str(train_ref.counts.get("ledger_entry", ""))
    decides |= {"ledger_entry": entry, "dataset": ctx.config.dataset} if entry else {}

    def build(writer: Writer) -> dict[str, Any]:
        clipped, trained = ctx.open(clip_ref), ctx.open(train_ref)
        report = clipped.read_json("clip.json")
        folder = writer.local_dir()
        checks = _write_model(ctx, clipped.local_dir() / "model", folder / "model")
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
        size = sum((folder / name).stat().st_size for name in files)
        return {
            **privacy,
            **({"ledger_entry": entry} if entry else {}),
            **perplexity,
            "files": len(files),
            "bytes": size,
        }

    return ctx.artifact(STAGE, ctx.config.export, decides, build)


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
