"""What OpenLineage's events say of a stage's task: which data sets it read and wrote, and what became of columns.

Names, counts and verdicts; never a row or a value. Imports OpenLineage only when an event is made: Airlock works
without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tasks.core import artifacts
from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.policies import Policy, load_policy

TABLES = frozenset({"ingest", "plant", "mask", "leakcheck"})
"""Stages whose artifacts are tables of people's rows."""
MINTED = {"record_id": "integer", "unit_id": "string", "split": "string"}
"""Columns that ingest adds; masking leaves them as they are."""


@dataclass(frozen=True)
class Work:
    """What a task did, as far as its operator knows.

    Attributes:
        inputs: references by role, as XCom carries them.
        outputs: references; none where the task failed.
        refused: whether a gate was shut.
    """

    stage: str
    config: Config
    inputs: Mapping[str, list[dict[str, Any]]]
    outputs: list[dict[str, Any]] = field(default_factory=list)
    refused: bool = False


def lineage_of(work: Work) -> Any:
    """The ``OperatorLineage`` of a task."""
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset

    checks = _assertions(work)
    inputs = [
        InputDataset(*_name(uri), facets=_table(stage, work.config), inputFacets=checks if role == "masked" else {})
        for role, stage, uri in _distinct(work.inputs)
    ]
    if work.stage == "ingest":
        inputs.append(InputDataset(*_name(work.config.ingest.source)))
    outputs = [
        OutputDataset(*_name(uri), facets=_table(stage, work.config) | _columns(work), outputFacets=_rows(work, uri))
        for _, stage, uri in _distinct({"": work.outputs})
    ]
    if work.stage == "release":  # the record in the clean zone, and the bundle itself
        outputs += [OutputDataset(*_name(str(ref["counts"]["uri"]))) for ref in work.outputs if "uri" in ref["counts"]]
    return OperatorLineage(inputs=inputs, outputs=outputs)


def _name(url: str) -> tuple[str, str]:
    """Namespace and name by OpenLineage's rules for naming; a user, password or query in the URL is left out.

    >>> _name("s3://me:secret@bucket/raw/x.csv?token=1")
    ('s3://bucket', 'raw/x.csv')
    >>> _name("file:///data/x.csv")
    ('file', '/data/x.csv')
    """
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return "file", parts.path if parts.scheme else url
    host = parts.netloc.rpartition("@")[2]
    scheme = "s3" if parts.scheme == "s3a" else parts.scheme
    return f"{scheme}://{host}", parts.path.lstrip("/") or "/"


def _distinct(by_role: Mapping[str, list[dict[str, Any]]]) -> Iterable[tuple[str, str, str]]:
    """Role, stage and URI, each URI once: all shards of one artifact are one data set."""
    seen = set()
    for role, refs in by_role.items():
        for ref in refs:
            if ref["uri"] not in seen:
                seen.add(ref["uri"])
                yield role, ref["stage"], ref["uri"]


def _rows(work: Work, uri: str) -> dict[str, Any]:
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    counts = [ref["counts"].get("rows") for ref in work.outputs if ref["uri"] == uri]
    if work.stage not in TABLES or not all(isinstance(count, int) for count in counts):
        return {}
    return {"outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(rowCount=sum(counts))}


def _table(stage: str, config: Config) -> dict[str, Any]:
    """The columns of a table. Masking changes the types of some: behind it only names are said."""
    from openlineage.client.facet_v2 import schema_dataset as schema

    if stage not in TABLES:
        return {}
    masked = stage in ("mask", "leakcheck")
    policy = load_policy(config.mask.policy) if masked else None
    fields = [schema.SchemaDatasetFacetFields(name=name, type=kind) for name, kind in MINTED.items()]
    for column in config.ingest.columns:
        if column.role != "person" and not (policy and _operator(policy, column) == "delete"):
            fields.append(schema.SchemaDatasetFacetFields(name=column.name, type=None if masked else column.type))
    return {"schema": schema.SchemaDatasetFacet(fields=fields)}


def _columns(work: Work) -> dict[str, Any]:
    """Of which column each column of the output was made, and whether it was masked on the way."""
    from openlineage.client.facet_v2 import column_lineage_dataset as lineage

    config = work.config
    if work.stage == "ingest":
        people = {column.name for column in config.ingest.columns if column.role == "person"}
        made = [("unit_id" if c.name in people else c.name, c.name, c.name in people) for c in config.ingest.columns]
        sources = [_name(config.ingest.source)]
    elif work.stage == "mask":
        policy = load_policy(config.mask.policy)
        kept = [column for column in config.ingest.columns if column.role != "person"]
        how = {column.name: _operator(policy, column) for column in kept}
        made = [(name, name, False) for name in MINTED]
        made += [(name, name, operator != "keep") for name, operator in how.items() if operator != "delete"]
        sources = [_name(ref["uri"]) for ref in work.inputs["shard"]]
    elif work.stage == "leakcheck":
        again = config.leakcheck.on_finding == "remask"
        policy = load_policy(config.mask.policy)
        kept = [c for c in config.ingest.columns if c.role != "person" and _operator(policy, c) != "delete"]
        made = [(name, name, False) for name in MINTED]
        made += [(column.name, column.name, again and column.role == "text") for column in kept]
        sources = [_name(uri) for role, _, uri in _distinct(work.inputs) if role == "masked"]
    else:
        return {}
    fields = {}
    for name, origin, masking in made:
        change = lineage.Transformation(
            type="DIRECT", subtype="TRANSFORMATION" if masking else "IDENTITY", masking=masking
        )
        fields[name] = lineage.Fields([lineage.InputField(*source, origin, [change]) for source in sources])
    return {"columnLineage": lineage.ColumnLineageDatasetFacet(fields=fields)}


def _operator(policy: Policy, column: Any) -> str:
    """What the policy does to a column: an operator's name, ``text`` for what is looked for in free text."""
    if column.role == "structured":
        return str(policy.rule(column.kind, column.name).operator)
    return "text" if column.role == "text" else "keep"


def _assertions(work: Work) -> dict[str, Any]:
    """The gate's verdicts on the masked table: of what may leave with a model, each kind of evidence one check."""
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality

    if work.stage != "leakcheck" or not (work.outputs or work.refused):
        return {}
    verdicts = {"leak_gate": not work.refused}
    for ref in work.outputs:
        if "leak_check" in ref["counts"]:
            found = artifacts.open_ref(Ref.from_dict(dict(ref["counts"]["leak_check"]))).read_json("leak_check.json")
            verdicts |= {f"leak_gate.{kind}": found[kind]["passed"] for kind in _JUDGED if found.get(kind)}
            planted = (found.get("planted") or {}).get("kinds", [])
            verdicts |= {f"leak_gate.planted.{line['name']}": line["passed"] for line in planted}
    checks = [quality.Assertion(assertion=name, success=bool(passed)) for name, passed in verdicts.items()]
    return {"dataQualityAssertions": quality.DataQualityAssertionsDatasetFacet(assertions=checks)}


_JUDGED = ("independent", "known", "review")
