"""The bundle's files, from the artifacts of a run and the privacy ledger."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

from tasks.core.approvals import Decision
from tasks.core.artifacts import Artifact, Ref
from tasks.core.canonical import canonical_json
from tasks.core.ledger.statement import to_bytes
from tasks.core.policies import Policy
from tasks.core.stage import Context

SOURCES = ("clean", "training", "clipped", "model", "audit")
"""The roles whose artifacts a bundle is made of, in the order in which they came about."""


def assemble(ctx: Context, folder: Path, version: str, policy: Policy, approval: Decision | None) -> dict[str, Any]:
    """Write a bundle, unsigned, and return its manifest."""
    from tasks.methods.bundle import (
        audit_report,
        bom,
        croissant,
        datasheet,
        masking_report,
        privacy_card,
        report,
        verify_text,
    )  # fmt: skip
    from tasks.methods.bundle.check import FORMAT, LEDGER, LEDGER_SIGNATURE
    from tasks.methods.export.bases import describe_base

    exported, clipped, trained, clean = (
        ctx.open(ctx.input(role)) for role in ("model", "clipped", "training", "clean")
    )
    name, at = ctx.config.name, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    training, clip = trained.read_json("training.json"), clipped.read_json("clip.json")
    leak_check = ctx.open(Ref.from_dict(ctx.input("clean").counts["leak_check"])).read_json("leak_check.json")
    ledger, signature, ledger_key = _ledger(ctx, at)
    base = describe_base(clip["base"]["id"], clip["base"]["license"])
    standing = _standing(policy, leak_check)
    shutil.copytree(exported.local_dir() / "model", folder / "model")
    entry = str(ctx.input("training").counts.get("ledger_entry", ""))
    audit = ctx.open(ctx.input("audit")).read_json("audit.json")
    attacked = audit_report.as_json(audit) if audit_report.audited(audit) else None
    outside = [*_outside(training), *(audit_report.outside(attacked) if attacked else ())]
    card = privacy_card.as_json(
        name=name, version=version, base=base, training=training, clip=clip, ledger=ledger, entry=entry,
        masking=standing, outside=outside, approval=approval.for_card() if approval else None,
        audit=audit_report.for_card(attacked) if attacked else None,
    )  # fmt: skip
    columns = clean.read_json("columns.json")
    declared = [column.model_dump(mode="json") for column in ctx.config.ingest.columns]
    unit = card["guarantee"].get("unit", "a row")
    license_ = ctx.config.export.license or base.license
    weights = {n: e["sha256"] for n, e in exported.manifest["files"].items() if n.endswith(".safetensors")}
    masking = masking_report.as_json(
        policy=policy.name, standard=policy.standard or "", leak_check=leak_check,
        lines=[{"kind": k, "operator": rule.operator, "reason": rule.reason} for k, rule in policy.entities.items()],
    )  # fmt: skip
    made_of = sources(ctx)
    libraries = {k: v for one in (clean, trained, clipped, exported) for k, v in _libraries(one).items()}
    pages: dict[str, Any] = {
        "MODEL_CARD.md": (exported.local_dir() / "MODEL_CARD.md").read_text(encoding="utf-8"),
        "privacy_card.json": card,
        "PRIVACY_CARD.md": privacy_card.as_markdown(card),
        "DATASHEET.md": datasheet.as_markdown(
            name=name, dataset=ctx.config.dataset, columns=declared, masked=columns, masking=standing, unit=unit,
            objective=str(training.get("objective", "causal_lm")),
        ),
        "croissant.json": croissant.as_json(
            name=name, dataset=ctx.config.dataset, version=version, columns=columns, masking=standing,
            license_="", published=at[:10], digest=clean.ref.digest,
        ),
        "masking_report.json": masking,
        "masking_report.html": masking_report.as_html(masking),
        "leak_check/leak_check.json": leak_check,
        "lineage.json": {"artifacts": [{**one, "inputs": _inputs(ctx, one["stage"])} for one in made_of]},
        "bom.cdx.json": bom.as_json(
            name=name, version=version, card=card, base={"name": base.hub, "sha256s": clip["base"].get("sha256s", {})},
            files=weights, libraries=libraries, dataset=ctx.config.dataset, license_=license_, at=at,
        ),
        "VERIFY.md": verify_text.as_markdown(name, version),
    }  # fmt: skip
    if ledger is not None:
        pages |= {LEDGER: to_bytes(ledger).decode(), LEDGER_SIGNATURE: f"{signature}\n"}
    if attacked:
        pages |= {audit_report.NAME: attacked, audit_report.PAGE: audit_report.as_html(name, attacked)}
    pages["report.html"] = report.as_html(name=name, version=version, card=card, leak_check=leak_check, files=pages)
    for file, content in pages.items():
        _write(folder / file, content)
    files = {
        path.relative_to(folder).as_posix(): {"sha256": _file_sha256(path), "size": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    guarantee = card["guarantee"]
    figures = {n: guarantee[n] for n in ("epsilon", "delta") if n in guarantee}
    manifest = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "created": at,
        "files": files,
        "artifacts": made_of,
        "figures": {**figures, "leak_gate": "open", "audited": card["audited"]},
        "ledger_key": ledger_key,
    }
    (folder / "manifest.json").write_bytes(canonical_json(manifest) + b"\n")
    return manifest


def _ledger(ctx: Context, at: str) -> tuple[dict[str, Any] | None, str, str]:
    """The ledger's statement on the data set, its signature and its public key; none where nothing was charged."""
    from tasks.core.ledger import Signer
    from tasks.core.ledger.statement import counts_now, sign, statement
    from tasks.methods.dp.tight import tight

    if not ctx.input("training").counts.get("ledger_entry"):
        return None, "", ""
    ledger, signer = ctx.ledger(), Signer(ctx.keys.secret("ledger"))
    name = ctx.config.dataset
    account, pool = ledger.account(name, tight), ledger.pool(name)
    standing = tuple(event for entry in counts_now(pool, at) for event in entry.events)
    figure = tight(standing, pool.budget.delta) if len(standing) <= _FEW else None
    said = statement(pool, ledger.records(name), account.spent, figure, at)
    return said, sign(to_bytes(said), signer), signer.public


_FEW = 200
"""Charges whose tight figure takes a second; of more, the one that decides is given alone."""


def _standing(policy: Policy, leak_check: dict[str, Any]) -> dict[str, Any]:
    planted = leak_check["planted"]
    measured = "; invented values, planted to measure what masking misses, stayed within the policy's limits"
    return {
        "policy": policy.name,
        "standard": policy.standard or "",
        "expert_determination_required": bool(policy.expert_determination),
        "gate": "A gate with detectors of its own found no more left over than the policy allows"
        + (measured if planted else "")
        + ".",
    }


def _outside(training: dict[str, Any]) -> list[str]:
    from tasks.methods.export.privacy import read_privacy

    return [*read_privacy(training).outside, "that the leak gate opened"]


def sources(ctx: Context) -> list[dict[str, str]]:
    """The artifacts that the bundle is made of."""
    refs = [ctx.input(role) for role in SOURCES]
    return [{"stage": ref.stage, "key": ref.key, "digest": ref.digest} for ref in refs]


def _inputs(ctx: Context, stage: str) -> dict[str, list[str]]:
    for role in SOURCES:
        if (ref := ctx.input(role)).stage == stage:
            found: dict[str, list[str]] = ctx.open(ref).manifest["decided_by"].get("inputs", {})
            return found
    return {}


def _libraries(artifact: Artifact) -> dict[str, str]:
    return dict(artifact.manifest["decided_by"].get("libraries", {}))


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(content, str):
        content = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(content, encoding="utf-8")


def _file_sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()
