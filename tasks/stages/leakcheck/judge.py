"""The verdict: the policy's limits against all evidence, and the report of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.errors import GateRefused
from tasks.core.policies import Policy
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck.gather import Gathered
from tasks.stages.leakcheck.known import entities_of
from tasks.stages.leakcheck.shards import Shards

if TYPE_CHECKING:
    from tasks.methods.gate.verdict import Limits, Verdict

REPORT = Stage("leakcheck-report", version=2, zone="raw", libraries=("great-expectations",))
SHARED = Stage("leakcheck-shared", version=1, zone="clean")


def judge(ctx: Context, shards: Shards, evidence: Gathered) -> Ref:
    """Hold the limits against the evidence and leave the report.

    Returns:
        what of the report may leave with a model, in the clean zone.

    Raises:
        GateRefused: where they don't hold.
    """
    from tasks.methods.gate import clean, counts, report, verdict
    from tasks.methods.gate.flagged import in_small_groups

    policy, on_finding = shards.policy, ctx.config.leakcheck.on_finding
    looked = ctx.open(evidence.independent)
    seen = looked.read_json("evidence.json")
    known, planted, groups = (
        ctx.open(ref) if ref else None for ref in (evidence.known, evidence.planted, evidence.groups)
    )
    fates = planted.read_json("planted.json") if planted else None
    sizes = groups.read_json("groups.json") if groups else None
    left_out = sum(1 for _ in clean.flagged(looked.local("rows.parquet"))) if on_finding == "quarantine" else 0
    limits, small = _limits(ctx, policy, evidence, shards.rows - left_out), policy.evidence.groups
    with tempfile.TemporaryDirectory(prefix="airlock-") as scratch:
        database, docs = Path(scratch) / "counts.sqlite", Path(scratch) / "docs"
        counts.write_database(
            database,
            looked.local("rows.parquet"),
            seen["shards"],
            known=known.local("rows.parquet") if known else None,
            groups=groups.local("rows.parquet") if groups else None,
            planted=_planted(policy, fates),
            review=evidence.review,
            kinds={entity: entity not in seen["no_independent_evidence"] for entity in policy.gate_entities},
        )
        decision = verdict.judge(database, shards.rows, seen["columns"], limits, docs)
        content = report.as_json(
            decision,
            seen,
            on_finding,
            (record for _, record in clean.flagged(looked.local("rows.parquet"))),
            policy=policy.name,
            known=known.read_json("known.json") if known else None,
            planted=fates,
            review=evidence.review,
            groups=_groups(policy, sizes),
            records_by={
                "known": (r for _, r in clean.flagged(known.local("rows.parquet"))) if known else [],
                "groups": (in_small_groups(groups.local("rows.parquet"), small.k, small.l)) if groups and small else [],
            },
            not_checked=[*evidence.missing, *_crowded(known)],
        )

        def build(writer: Writer) -> dict[str, Any]:
            writer.write_json("report.json", content)
            with writer.view("report.html") as page:
                page.write(report.as_html(content, seconds=evidence.seconds).encode())
            for path in sorted(p for p in docs.rglob("*") if p.is_file()):
                with writer.view(f"data_docs/{path.relative_to(docs).as_posix()}") as copy:
                    copy.write(path.read_bytes())
            return {"passed": decision.passed, "rows": decision.rows, "flagged": content["rows_flagged"]["independent"]}

        kinds = (evidence.independent, evidence.known, evidence.planted, evidence.groups)
        decides = {"report": content}
        ref = ctx.artifact(REPORT, None, decides, build, inputs={"evidence": [kind for kind in kinds if kind]})
    _log(ctx, decision)
    if not decision.passed:
        page = f"{ref.uri}/attempts/{ctx.open(ref).manifest['attempt']}/views/report.html"
        raise GateRefused(report.refusal(decision, page)) from None
    return _share(ctx, content, ref)


def _share(ctx: Context, content: dict[str, Any], report: Ref) -> Ref:
    from tasks.methods.gate import shared

    leaves = shared.as_json(content)

    def build(writer: Writer) -> dict[str, Any]:
        writer.write_json("leak_check.json", leaves)
        return {"passed": leaves["passed"]}

    return ctx.artifact(SHARED, None, {"leaves": leaves}, build, inputs={"report": [report]})


def _crowded(known: Artifact | None) -> list[str]:
    """Kinds of which most values were not looked for, since others meet a number of their length by chance."""
    found = known.read_json("known.json") if known else {}
    crowded = found.get("skipped", {}).get("crowded", {})
    return [
        f"known values of kind {entity}: so many numbers of their length are known that meeting one says nothing"
        for entity, n in sorted(crowded.items())
        if 2 * n > found["values"].get(entity, 0)
    ]


def _planted(policy: Policy, fates: dict[str, Any] | None) -> list[dict[str, Any]]:
    """A line for each kind that the policy promises to mask; of one of which nothing was planted, nothing is known."""
    if policy.evidence.planted is None:
        return []
    lines = {line["entity"]: line for line in fates["entities"] if line["promised"]} if fates else {}
    nothing = {"planted": 0, "through": 0, "bound": 1.0}
    return [lines.get(entity, {"entity": entity, **nothing}) for entity in policy.gate_entities]


def _limits(ctx: Context, policy: Policy, evidence: Gathered, handed_over: int) -> Limits:
    from tasks.methods.gate.verdict import GroupLimits, Limits

    asked, config = policy.evidence, ctx.config.leakcheck
    independent = {entity: policy.limits.for_entity(entity) for entity in policy.gate_entities}
    if config.on_finding == "quarantine":
        independent = {"": config.max_quarantined_share}
    known = planted = groups = None
    if evidence.known is not None and asked.known_values is not None:
        known = {entity: asked.known_values.for_entity(entity) for entity in entities_of(policy)}
    if asked.planted is not None:
        planted = {entity: asked.planted.for_entity(entity) for entity in policy.gate_entities}
    if evidence.groups is not None and asked.groups is not None:
        groups = GroupLimits(asked.groups.k, asked.groups.limit, asked.groups.l, handed_over)
    return Limits(
        independent,
        policy.gate_entities if asked.independent == "required" else (),
        known,
        planted,
        groups,
        asked.review.limit if evidence.review is not None and asked.review is not None else None,
    )


def _groups(policy: Policy, sizes: dict[str, Any] | None) -> dict[str, Any] | None:
    from tasks.methods.gate.groups import below

    asked = policy.evidence.groups
    return {**sizes, **below(sizes, asked.k, asked.l)} if sizes is not None and asked is not None else None


def _log(ctx: Context, decision: Verdict) -> None:
    for line in decision.lines:
        if line.limit is not None and (line.found or not line.passed):
            what, said = line.name or "findings", "within" if line.passed else "over"
            figure = f"at most {line.bound:.2%}" if line.bound is not None else f"in {line.found:,} of {line.of:,}"
            ctx.log.info(
                "leakcheck, %s: %s %s, %s its limit %.2f%%", line.evidence, what, figure, said, 100 * line.limit
            )
    ctx.log.info("leakcheck: the gate is %s", "open" if decision.passed else "shut")
