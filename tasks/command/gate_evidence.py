"""The gate's evidence of one masked file and the file it was made from, and the verdict on it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.command.gate_question import Question
from tasks.command.paired_tables import write_tables
from tasks.core.progress import Progress

if TYPE_CHECKING:
    from tasks.methods.gate.verdict import Verdict


@dataclass
class Answer:
    """What the evidence says.

    Attributes:
        verdict: the decision.
        report: for programs and people.
        findings: the gate's own detectors' findings, in Parquet.
        known: where known values stand, in Parquet; ``None`` where they weren't looked for.
        rows: its counts by row.
        seconds: by kind of evidence.
    """

    verdict: Verdict
    report: dict[str, Any]
    findings: Path
    rows: Path
    known: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def answer(asked: Question, folder: Path, docs: Path, quiet: bool) -> Answer:
    """Look at everything and judge.

    Args:
        asked: what is to be checked.
        folder: an empty folder for temporary files: it holds raw values.
        docs: where Data Docs go.
        quiet: no progress lines.

    Raises:
        UserError: where the files don't fit each other, the columns or the policy.
    """
    from tasks.methods.gate import clean, counts, groups, report, verdict
    from tasks.methods.gate.flagged import in_small_groups

    policy, clock = asked.policy, _Clock(quiet)
    with clock.timed("pairing rows") as advance:
        shard = write_tables(asked, folder, advance)
    with clock.timed("independent", shard["rows"]) as advance:
        evidence = _independent(asked, folder, shard, advance)
    rows = shard["rows"]
    limits = {entity: policy.limits.for_entity(entity) for entity in policy.gate_entities}
    if asked.config.on_finding == "quarantine":
        limits = {"": asked.config.max_quarantined_share}
    known = groups_found = None
    asks = policy.evidence
    if asks.known_values is not None:
        with clock.timed("known") as advance:
            known = _known(asked, folder, advance)
    not_checked = ["planted values (a pipeline plants them)"] * (asks.planted is not None)
    not_checked += ["a person's sample (a pipeline draws it)"] * (asks.review is not None)
    columns, missing = asked.quasi_identifiers
    not_checked += [f"groups by {name} (no such column)" for name in missing]
    if asks.groups is not None and columns:
        sensitive = next(iter(asked.columns_of(asks.groups.sensitive)), None) if asks.groups.sensitive else None
        with clock.timed("groups", 2 * rows) as advance, open(folder / "groups.parquet", "wb") as out:
            groups_found = groups.write_groups([_input(folder, rows)], columns, sensitive, folder, out, advance)
        # Without the sensitive column there is nothing to be diverse in.
        diverse = asks.groups.l if sensitive else 1
        not_checked += [f"l-diversity of {asks.groups.sensitive} (no such column)"] * (asks.groups.l > diverse)
        groups_found |= groups.below(groups_found, asks.groups.k, diverse)
    database = folder / "counts.sqlite"
    counts.write_database(
        database,
        folder / "rows.parquet",
        evidence["shards"],
        known=folder / "known.parquet" if known is not None else None,
        groups=folder / "groups.parquet" if groups_found is not None else None,
        kinds={e: e not in evidence["no_independent_evidence"] for e in policy.gate_entities},
    )
    held = verdict.Limits(
        independent=limits,
        detectors_required=policy.gate_entities if asks.independent == "required" else (),
        known_values=(
            None if asks.known_values is None else {e: asks.known_values.for_entity(e) for e in asked.known_kinds}
        ),
        groups=(
            None
            if asks.groups is None or groups_found is None
            else verdict.GroupLimits(asks.groups.k, asks.groups.limit, groups_found["l"])
        ),
    )
    decision = verdict.judge(database, rows, evidence["columns"], held, docs)
    flagged = {}
    if known is not None:
        flagged["known"] = [record for _, record in clean.flagged(folder / "known.parquet")]
    if groups_found is not None:
        flagged["groups"] = list(in_small_groups(folder / "groups.parquet", groups_found["k"], groups_found["l"]))
    content = report.as_json(
        decision,
        evidence,
        asked.config.on_finding,
        [record for _, record in clean.flagged(folder / "rows.parquet")],
        policy=policy.name,
        known=known,
        groups=groups_found,
        records_by=flagged,
        not_checked=not_checked,
    )
    content["policy_sha256"] = policy.sha256
    places = folder / "known-findings.parquet" if known is not None else None
    return Answer(decision, content, folder / "findings.parquet", folder / "rows.parquet", places, clock.seconds)


def _independent(asked: Question, folder: Path, shard: dict[str, Any], advance: Any) -> dict[str, Any]:
    from tasks.command.masked_copy import plans
    from tasks.methods.gate.evidence import Scan, ScanColumn
    from tasks.methods.gate.registry import detectors, identities

    policy, config = asked.policy, asked.config
    types = {plan.name: plan.masked_type for plan in plans(asked.columns, policy)}
    looked = [
        ScanColumn(c.name, c.kind, free_text=c.role == "text" or (c.role == "structured" and types[c.name] == "string"))
        for c in asked.kept
        if not asked.keeps(c)
    ]
    models = (policy.detectors.gate, config.model_threshold)
    built = detectors(*models, config.workers, policy.models)
    scan = Scan(built, policy.gate_entities, looked, asked.placeholders, allow=policy.allow)
    with open(folder / "findings.parquet", "wb") as findings, open(folder / "rows.parquet", "wb") as rows:
        (seen,) = scan.run([_input(folder, shard["rows"])], findings, rows, config.batch_rows, advance)
    found_by: dict[str, dict[str, int]] = defaultdict(dict)
    for (entity, detector), count in sorted(scan.found_by.items()):
        found_by[entity][detector] = count
    kinds = frozenset().union(*(detector.entities for detector in built))
    return {
        "detectors": identities(*models, policy.models),
        "shards": [asdict(replace(seen, columns=shard["columns"]))],
        "columns": shard["expected"],
        "no_independent_evidence": [e for e in policy.gate_entities if e not in kinds],
        "columns_kept_by_policy": [c.name for c in asked.kept if asked.keeps(c)],
        "found_by": found_by,
    }


def _known(asked: Question, folder: Path, advance: Any) -> dict[str, Any]:
    from tasks.methods.gate.known.look import KnownColumn, KnownShard, look

    kept = {column.name for column in asked.kept}
    columns = [
        KnownColumn(c.name, c.kind, collected=asked.identifies(c), searched=asked.hides(c))
        for c in asked.compared
        if c.name in kept or c.role == "structured"
    ]
    shard = KnownShard(0, folder / "raw.parquet", folder / "spans.parquet", folder / "masked.parquet")
    with open(folder / "known-findings.parquet", "wb") as findings, open(folder / "known.parquet", "wb") as rows:
        return look(
            [shard],
            columns,
            asked.known_kinds,
            asked.placeholders,
            folder,
            findings,
            rows,
            asked.policy.allow,
            advance=advance,
        )


def _input(folder: Path, rows: int) -> Any:
    from tasks.methods.gate.evidence import ShardInput

    return ShardInput(0, folder / "masked.parquet", rows, folder / "spans.parquet")


class _Clock:
    """Progress and time of each kind of evidence."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, what: str, total: int | None = None) -> Iterator[Any]:
        progress = None if self._quiet else Progress(f"leakcheck: {what}", total)
        start = time.monotonic()
        yield progress.advance if progress is not None else lambda n: None
        self.seconds[what] = time.monotonic() - start
        if progress is not None:
            progress.close()
