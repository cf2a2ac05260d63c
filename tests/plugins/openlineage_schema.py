"""What OpenLineage's specification asks of an event, as a JSON schema of our own words.

After https://openlineage.io/spec/2-0-2/OpenLineage.json and the facets' pages at https://openlineage.io/spec/facets/
(columnLineage 1-2-0, dataQualityAssertions 1-1-0, schema 1-2-0): what they require and the types they give. Where the
specification leaves objects open, ours does; of the facets that Airlock fills, unknown members are refused, so that a
slip of the pen is seen.
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
URI = {"type": "string", "format": "uri", "pattern": "^https?://"}
BASE = {"type": "object", "required": ["_producer", "_schemaURL"], "properties": {"_producer": URI, "_schemaURL": URI}}
FACETS = {"type": "object", "additionalProperties": BASE}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _facet(required: list[str], **properties: Any) -> dict[str, Any]:
    return _closed(["_producer", "_schemaURL", *required], _producer=URI, _schemaURL=URI, **properties)


CHANGE = _closed(
    ["type"],
    type={"enum": ["DIRECT", "INDIRECT"]},
    subtype={"enum": ["IDENTITY", "TRANSFORMATION", "AGGREGATION"]},
    description=TEXT,
    masking={"type": "boolean"},
)
ORIGIN = _closed(
    ["namespace", "name", "field"],
    namespace=TEXT,
    name=TEXT,
    field=TEXT,
    transformations={"type": "array", "items": CHANGE},
)
ORIGINS = {"type": "array", "items": ORIGIN}
COLUMN_LINEAGE = _facet(
    ["fields"],
    fields={"type": "object", "additionalProperties": _closed(["inputFields"], inputFields=ORIGINS)},
    dataset=ORIGINS,
)
ASSERTIONS = _facet(
    ["assertions"],
    assertions={
        "type": "array",
        "minItems": 1,
        "items": _closed(
            ["assertion", "success"],
            assertion=TEXT,
            success={"type": "boolean"},
            column=TEXT,
            params={"type": "object"},
        ),
    },
)
COLUMNS = _facet(
    ["fields"],
    fields={"type": "array", "items": _closed(["name"], name=TEXT, type=TEXT, fields={"type": "array"})},
)


def _dataset(own: str, **known: Any) -> dict[str, Any]:
    facets = {**FACETS, "properties": {"columnLineage": COLUMN_LINEAGE, "schema": COLUMNS}}
    return _closed(
        ["namespace", "name"], namespace=TEXT, name=TEXT, facets=facets, **{own: {**FACETS, "properties": known}}
    )


EVENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_closed(
        ["run", "job", "eventTime", "producer", "schemaURL", "eventType"],
        eventType={"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        eventTime={"type": "string", "format": "date-time"},
        producer=URI,
        schemaURL=URI,
        run=_closed(["runId"], runId={"type": "string", "format": "uuid"}, facets=FACETS),
        job=_closed(["namespace", "name"], namespace=TEXT, name=TEXT, facets=FACETS),
        inputs={"type": "array", "items": _dataset("inputFacets", dataQualityAssertions=ASSERTIONS)},
        outputs={"type": "array", "items": _dataset("outputFacets")},
    ),
}
