"""release: the model with its evidence as one signed folder in the hand-off zone, under its name and version.

The bundle is built once, checked as its receiver will check it, and never overwritten. Its cards hold no figure of real
rows but those that they list as outside the guarantee.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import approvals, lease
from tasks.core.approvals import Decision
from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import canonical_json, sha256_sources
from tasks.core.errors import AirlockError, GateRefused, UserError
from tasks.core.policies import Policy, load_policy
from tasks.core.stage import Context, Stage
from tasks.core.store import Store
from tasks.stages.release.assemble import assemble, sha256, sources

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

STAGE = Stage("release", version=1, zone="clean")


def run(ctx: Context) -> Ref:
    """Build, sign, check and publish the bundle.

    Reads: ``model`` (export's artifact), ``clipped`` (clip's), ``training`` (train's), ``clean`` (leakcheck's) and
    ``audit`` (what attacks found).
    Writes: ``release.json`` (name, version, the bundle's URI, the SHA-256 of its manifest, fingerprint of the key that
    signed it, figures); in the hand-off zone the bundle, ``<name>/<version>/``.

    Raises:
        GateRefused: the bundle holds what must not leave, or doesn't stand its own check; a person rejected it.
        TryAgain: the policy asks a person to approve it, and nobody has.
        UserError: the version is taken by another model.
    """
    from tasks.methods.bundle import signing

    key = signing.private_key(ctx.keys.secret("release"))
    name, version = ctx.config.name, ctx.config.release.version or ctx.input("model").key[:12]
    policy, place = load_policy(ctx.config.mask.policy), f"{name}/{version}"
    handoff = ctx.zone("handoff")
    approval = approvals.required(ctx.zone("clean"), ctx.input("model")) if policy.approval else None
    decides = {
        "name": name,
        "version": version,
        "policy": policy.sha256,
        "release_key": ctx.keys.key_id("release"),
        "handoff": handoff.url,
        "rules": sha256_sources("tasks.methods.bundle"),
    }

    def build(writer: Writer) -> dict[str, Any]:
        with lease.hold(ctx.zone("clean"), f"release-leases/{place}"):
            manifest = _published(handoff, place) or _publish(ctx, handoff, place, version, policy, approval, key)
        if sources(ctx) != manifest["artifacts"]:
            raise UserError(
                f"release: {place} is in the hand-off zone already, with another model in it, and is never "
                "overwritten; set release.version to a new one"
            )
        found = {
            "name": name,
            "version": version,
            "uri": f"{handoff.url}/{place}",
            "manifest_sha256": sha256(canonical_json(manifest) + b"\n"),
            "signed_by": signing.fingerprint(signing.public_pem(key)),
            **manifest["figures"],
        }
        writer.write_json("release.json", found)
        return found

    ref = ctx.artifact(STAGE, ctx.config.release, decides, build)
    if (there := _published(handoff, place)) is None:
        raise UserError(f"release: {place} is gone from the hand-off zone, where it was published; set another version")
    if sha256(canonical_json(there) + b"\n") != ref.counts["manifest_sha256"]:
        raise UserError(f"release: {place} in the hand-off zone is not what was published there")
    _note(ctx, ref, approval)
    ctx.log.info("release: %s; check it with `airlock verify`", ref.counts["uri"])
    return ref


def _note(ctx: Context, ref: Ref, approval: Decision | None) -> None:
    """Enter the release in the ledger's log, once; also on reuse, as a run may have been killed before these lines."""
    entry = str(ctx.input("training").counts.get("ledger_entry", ""))
    if not entry:
        return
    ledger, dataset = ctx.ledger(), ctx.config.dataset
    body = {name: ref.counts[name] for name in ("name", "version", "manifest_sha256")} | {"entry": entry}
    known = [record.read() for record in ledger.records(dataset) if record.kind == "release"]
    if not any(one["manifest_sha256"] == body["manifest_sha256"] for one in known):
        ledger.note(dataset, "release", {**body, "approval": approval.for_card() if approval else None})


def _published(handoff: Store, place: str) -> dict[str, Any] | None:
    """The manifest of what lies at a place already."""
    try:
        found: dict[str, Any] = json.loads(handoff.read_bytes(f"{place}/manifest.json"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise UserError(f"release: {place} in the hand-off zone has a damaged manifest; set another version") from None
    return found


def _publish(
    ctx: Context,
    handoff: Store,
    place: str,
    version: str,
    policy: Policy,
    approval: Decision | None,
    key: ec.EllipticCurvePrivateKey,
) -> dict[str, Any]:
    from tasks.core.ledger.statement import signed
    from tasks.methods.bundle import signing
    from tasks.methods.bundle.check import check
    from tasks.methods.bundle.leaves import problems

    with tempfile.TemporaryDirectory(prefix="airlock-") as scratch:
        folder = Path(scratch) / ctx.config.name
        manifest = assemble(ctx, folder, version, policy, approval)
        if found := problems(folder):
            raise GateRefused(f"release: the bundle holds what must not leave: {_listed(found)}")
        signing.sign(folder, key)
        if faults := check(folder, signing.public_pem(key), signed):
            raise GateRefused(f"release: the bundle doesn't stand its own check: {_listed(faults)}")
        _upload(folder, handoff, place)
    return manifest


def _upload(folder: Path, handoff: Store, place: str) -> None:
    """Copy the bundle; the manifest comes last and only if absent, so that a half-copied bundle has none."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name != "manifest.json":
            handoff.upload(path, f"{place}/{name}")
    if not handoff.create(f"{place}/manifest.json", (folder / "manifest.json").read_bytes()):
        raise AirlockError(f"release: {place} was published by another process just now")


def _listed(found: list[Any]) -> str:
    return "; ".join([*map(str, found[:10]), *(["…"] if len(found) > 10 else [])])
