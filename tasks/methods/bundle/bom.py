"""The bill of materials in CycloneDX 1.6: the model with its card, its base, and the libraries that decided it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

_NAMESPACE = uuid.UUID("7f8a4f52-4a2e-5f0e-9d64-0f0c5b3a6d11")


def as_json(
    *,
    name: str,
    version: str,
    card: Mapping[str, Any],
    base: Mapping[str, Any],
    files: Mapping[str, str],
    libraries: Mapping[str, str],
    dataset: str,
    license_: str,
    at: str,
) -> dict[str, Any]:
    """The document (ECMA-424, CycloneDX 1.6, "Machine Learning Bill of Materials").

    Args:
        card: the privacy card.
        base: ``name`` (on the hub, or empty) and ``sha256s`` of its files.
        files: SHA-256 of the model's weights by name.
        libraries: versions by distribution.
        at: the moment, UTC.
    """
    private = card["guarantee"]["formal"]
    what = f"pkg:generic/{name}@{version}"
    learnt = (
        f"differentially private training, epsilon {card['guarantee']['epsilon']:g} at delta "
        f"{card['guarantee']['delta']:g}"
        if private
        else "training without a formal privacy guarantee"
    )
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": what,
        "name": name,
        "version": version,
        "description": f"A language model fine-tuned on masked records by {learnt}.",
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "self-supervised"},
                "task": "text generation",
                "architectureFamily": "transformer",
                "datasets": [
                    {
                        "type": "dataset",
                        "name": dataset,
                        "classification": "personal data, masked",
                        "sensitiveData": ["personal data, masked before training; not distributed"],
                        "governance": {"owners": [{"organization": {"name": "the team that released the bundle"}}]},
                    }
                ],
            },
            "considerations": {
                "useCases": ["See MODEL_CARD.md"],
                "technicalLimitations": ["It can state what is false, and writes masks where a name belongs."],
                "ethicalConsiderations": [
                    {
                        "name": "Leakage of personal data",
                        "mitigationStrategy": f"Masking before training, an independent leak gate, {learnt}.",
                    }
                ],
            },
        },
    }
    if license_:
        component["licenses"] = [{"license": {"name": license_}}]
    if base["name"]:
        component["pedigree"] = {
            "ancestors": [{"type": "machine-learning-model", "name": base["name"], "bom-ref": f"base:{base['name']}"}]
        }
    parts = [
        {
            "type": "file",
            "bom-ref": f"file:{file}",
            "name": file,
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        for file, digest in sorted(files.items())
    ]
    parts += [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{library.lower()}@{release}",
            "name": library,
            "version": release,
            "purl": f"pkg:pypi/{library.lower()}@{release}",
        }
        for library, release in sorted(libraries.items())
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{name}/{version}/{at}')}",
        "version": 1,
        "metadata": {"timestamp": at, "component": component},
        "components": parts,
        "dependencies": [{"ref": what, "dependsOn": [part["bom-ref"] for part in parts]}],
    }
