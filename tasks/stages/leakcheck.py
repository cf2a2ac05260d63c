"""leakcheck: the gate between masked rows and anything that learns.

Three artifacts: evidence (raw zone, keyed without limits), the verdict's report (raw zone) and, only where the verdict
passes, the clean table (clean zone). The verdict is computed in every run, also where all three are reused.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.errors import AirlockError, GateRefused, describe
from tasks.core.policies import Policy, load_policy
from tasks.core.stage import Context, Stage

if TYPE_CHECKING:
    from tasks.methods.gate.verdict import Verdict

STAGE = Stage("leakcheck", version=2, zone="clean", libraries=("pyarrow",))
EVIDENCE = Stage(
    "leakcheck-evidence", version=1, zone="raw", libraries=("numpy", "onnxruntime", "pyarrow", "tokenizers")
)
REPORT = Stage("leakcheck-report", version=1, zone="raw", libraries=("great-expectations",))


ROW_COLUMNS = ("record_id integer", "unit_id string", "split string")
"""What stands before the declared columns in every table of rows."""


def run(ctx: Context) -> Ref:
    """Look, judge and, where the gate is open, hand over the clean table.

    Raises:
        GateRefused: where the evidence is over a limit of the policy; there is no clean table then.
    """
    shards = sorted(ctx.inputs["masked"], key=lambda ref: ref.counts["shard"])
    if [ref.counts["shard"] for ref in shards] != list(range(len(shards))) or not shards:
        raise AirlockError("leakcheck: the masked shards are not numbered 0, 1, 2, … without a gap")
    policy = load_policy(ctx.config.mask.policy)
    try:
        evidence = _evidence(ctx, policy, shards)
        _judge(ctx, policy, shards, evidence)
        return _clean_table(ctx, shards, evidence)
    except AirlockError:
        raise
    except Exception as exc:
        raise AirlockError(f"leakcheck: {describe(exc)}") from None


def _evidence(ctx: Context, policy: Policy, shards: list[Ref]) -> Ref:
    """Findings and counts by row of every detector that the policy keeps for the gate."""
    from tasks.methods.gate.registry import identities

    config = ctx.config.leakcheck
    tags = sorted({policy.tag(entity) for entity in policy.entities})
    kept = sorted(entity for entity, rule in policy.entities.items() if rule.operator == "keep")
    looks = identities(policy.detectors.gate, config.model_threshold, policy.models)
    required = [column.name for column in ctx.config.ingest.columns if column.role == "text" and column.required]
    decides = {
        "detectors": looks,
        "rules": sha256_sources("tasks.methods.gate"),
        "entities": policy.gate_entities,
        "tags": [*tags, *policy.placeholder_patterns],
        "kept_kinds": kept,
        "allow": sorted(policy.allow),
        "required": required,
    }

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate.evidence import Scan, ScanColumn, ShardInput
        from tasks.methods.gate.placeholders import Placeholders
        from tasks.methods.gate.registry import detectors

        opened = [ctx.open(ref) for ref in shards]
        declared = [c for c in opened[0].read_json("columns.json") if c["role"] != "person"]
        asked = detectors(policy.detectors.gate, config.model_threshold, config.workers, policy.models)
        seen_kinds = frozenset().union(*(detector.entities for detector in asked))
        scan = Scan(
            asked,
            policy.gate_entities,
            [
                ScanColumn(c["name"], c.get("kind", ""), free_text=c["role"] != "label" and c["type"] == "string")
                for c in declared
                if c.get("kind", "") not in kept
            ],
            Placeholders(tags, policy.placeholder_patterns),
            required,
            policy.allow,
        )
        inputs = (
            ShardInput(ref.counts["shard"], a.local("rows.parquet"), ref.counts["rows"], a.local("spans.parquet"))
            for ref, a in zip(shards, opened, strict=True)
        )
        total = sum(ref.counts["rows"] for ref in shards)
        progress = ctx.progress("leakcheck", total)
        with writer.open("findings.parquet") as findings, writer.open("rows.parquet") as rows:
            seen = scan.run(inputs, findings, rows, config.batch_rows, progress.advance)
        progress.close()
        found_by: dict[str, dict[str, int]] = defaultdict(dict)
        for (entity, detector), count in sorted(scan.found_by.items()):
            found_by[entity][detector] = count
        writer.write_json(
            "evidence.json",
            {
                "detectors": looks,
                "shards": [asdict(s) for s in seen],
                "columns": ", ".join([*ROW_COLUMNS, *(f"{c['name']} {c['type']}" for c in declared)]),
                "no_independent_evidence": [e for e in policy.gate_entities if e not in seen_kinds],
                "columns_kept_by_policy": [c["name"] for c in declared if c.get("kind", "") in kept],
                "found_by": found_by,
            },
        )
        return {"rows": sum(s.rows for s in seen), "rows_with": {e: scan.rows_with[e] for e in policy.gate_entities}}

    return ctx.artifact(EVIDENCE, None, decides, build, inputs={"masked": shards})


def _judge(ctx: Context, policy: Policy, shards: list[Ref], evidence: Ref) -> None:
    """Hold the limits against the evidence and leave the report.

    Raises:
        GateRefused: where they don't hold.
    """
    from tasks.methods.gate import clean, counts, report, verdict

    config = ctx.config.leakcheck
    promised = sum(ref.counts["rows"] for ref in shards)
    limits = {entity: policy.limits.for_entity(entity) for entity in policy.gate_entities}
    if config.on_finding == "quarantine":
        limits = {"": config.max_quarantined_share}
    artifact = ctx.open(evidence)
    known = artifact.read_json("evidence.json")
    with tempfile.TemporaryDirectory(prefix="airlock-") as scratch:
        database, docs = Path(scratch) / "counts.sqlite", Path(scratch) / "docs"
        counts.write_database(database, artifact.local("rows.parquet"), known["shards"])
        decision = verdict.judge(database, promised, known["columns"], limits)
        records = [record for _, record in clean.flagged(artifact.local("rows.parquet"))]
        content = report.as_json(decision, known, config.on_finding, records)

        def build(writer: Writer) -> dict[str, Any]:
            verdict.judge(database, promised, known["columns"], limits, docs)
            writer.write_json("report.json", content)
            with writer.view("report.html") as page:
                page.write(report.as_html(content).encode())
            for path in sorted(p for p in docs.rglob("*") if p.is_file()):
                with writer.view(f"data_docs/{path.relative_to(docs).as_posix()}") as copy:
                    copy.write(path.read_bytes())
            return {"passed": decision.passed, "rows": decision.rows, "flagged": len(records)}

        decides = {"limits": limits, "on_finding": config.on_finding}
        ref = ctx.artifact(REPORT, None, decides, build, inputs={"evidence": [evidence]})
    _log(ctx, decision)
    if not decision.passed:
        page = f"{ref.uri}/attempts/{ctx.open(ref).manifest['attempt']}/views/report.html"
        raise GateRefused(report.sentence(decision.failures[0], decision.rows, page)) from None


def _clean_table(ctx: Context, shards: list[Ref], evidence: Ref) -> Ref:
    """The masked rows as they are, masked again by their own findings, or without those that have one."""
    on_finding = ctx.config.leakcheck.on_finding
    policy = load_policy(ctx.config.mask.policy)

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate import clean, remask

        left_out: dict[int, set[int]] = defaultdict(set)
        known = ctx.open(evidence)
        if on_finding == "quarantine":
            for shard, record in clean.flagged(known.local("rows.parquet")):
                left_out[shard].add(record)
        findings = remask.Findings(known.local("findings.parquet")) if on_finding == "remask" else None
        rows_in = rows_out = remasked = 0
        for ref in shards:
            masked, number = ctx.open(ref), ref.counts["shard"]
            if number == 0:
                writer.write_json("columns.json", masked.read_json("columns.json"))
            with writer.open(f"table/{number:05d}.parquet") as sink:
                if findings is None:
                    written, changed = clean.write_without(masked.local("rows.parquet"), sink, left_out[number]), 0
                else:
                    written, changed = remask.write_remasked(masked.local("rows.parquet"), sink, findings, policy.tag)
            rows_out, remasked = rows_out + written, remasked + changed
            rows_in += ref.counts["rows"]
        if findings is not None:
            findings.finish()
        quarantined = sum(map(len, left_out.values()))
        if rows_in != rows_out + quarantined:
            raise AirlockError("leakcheck: rows are not conserved between the masked shards and the clean table")
        if not rows_out:
            raise GateRefused("leak gate: no row is left for the clean table; improve the masking policy")
        found = known.manifest["counts"]["rows_with"]
        counts = {"rows_in": rows_in, "rows": rows_out, "quarantined": quarantined, "remasked": remasked}
        return {**counts, "rows_with": found}

    decides: dict[str, Any] = {"on_finding": on_finding}
    if on_finding == "remask":
        decides["tags"] = {entity: policy.tag(entity) for entity in policy.gate_entities}
    return ctx.artifact(STAGE, None, decides, build, inputs={"masked": shards, "evidence": [evidence]})


def _log(ctx: Context, decision: Verdict) -> None:
    for line in decision.entities:
        if line.found:
            what, share, limit = line.name or "findings", 100 * line.found / decision.rows, 100 * (line.limit or 0.0)
            ctx.log.info("leakcheck: %s in %d rows (%.2f%%), limit %.2f%%", what, line.found, share, limit)
    ctx.log.info("leakcheck: the gate is %s", "open" if decision.passed else "shut")
