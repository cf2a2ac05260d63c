"""The training data's description in Croissant 1.1 with the responsible-AI fields: its shape and handling, no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "datetime": "sc:DateTime",
}


def as_json(
    *,
    name: str,
    dataset: str,
    version: str,
    columns: Sequence[Mapping[str, Any]],
    masking: Mapping[str, Any],
    license_: str,
    published: str,
    digest: str,
) -> dict[str, Any]:
    """The description (Croissant Format Specification 1.1; Croissant RAI Specification 1.0).

    Args:
        columns: what training saw: ``name``, ``role``, ``kind``, ``type``.
        published: a date, ISO 8601.
        digest: SHA-256 that names the table.
    """
    kinds = sorted({column["kind"] for column in columns if column["kind"]})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "@id": dataset,
        "name": dataset,
        "description": f"The masked records that the model {name} was trained on. The records themselves are not "
        "distributed.",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "version": version,
        "datePublished": published,
        "license": license_ or "not licensed: the records are not distributed",
        "url": f"urn:airlock:dataset:{dataset}",
        "citeAs": f"{dataset}, not published",
        "creator": {"@type": "sc:Organization", "name": "the team that released the bundle", "url": "urn:airlock"},
        "rai:personalSensitiveInformation": ["Personal data in free text, masked before training"]
        + [f"Declared columns of kind {kind}, masked by the policy" for kind in kinds],
        "rai:dataPreprocessingProtocol": [
            f"Personal data masked under the policy {masking['policy']}",
            masking["gate"],
            "Rows of people who opted out are left out at ingest",
        ],
        "rai:dataManipulationProtocol": "Persons' ids are replaced by keyed hashes; training clips each person's rows "
        "as one unit where the privacy card says so.",
        "rai:dataBiases": "Not measured. Text and labels carry the biases of the source.",
        "rai:dataUseCases": "Training of the model in this bundle, and nothing else.",
        "rai:dataLimitations": "Masking changes text: names, places and numbers are placeholders or surrogates.",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "table",
                "name": "table",
                "description": "The masked table behind the leak gate. It is not distributed; the digest names it.",
                "contentUrl": f"urn:sha256:{digest}",
                "encodingFormat": "application/vnd.apache.parquet",
                "sha256": digest,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "records",
                "name": "records",
                "description": "A row a record. No row is given here.",
                "field": [
                    {
                        "@type": "cr:Field",
                        "@id": f"records/{column['name']}",
                        "name": column["name"],
                        "description": f"{column['role']}"
                        + (f", masked as {column['kind']}" if column["kind"] else ""),
                        "dataType": _TYPES.get(column["type"], "sc:Text"),
                        "source": {"fileObject": {"@id": "table"}, "extract": {"column": column["name"]}},
                    }
                    for column in columns
                    if column["role"] != "person"
                ],
            }
        ],
    }
