"""A policy whose gate lets findings pass: for tests that are about the way through, not about detection."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.conftest import ROOT

QUICK = {"masker": ["airlock-identifiers", "airlock-people", "airlock-places"], "gate": ["airlock-rules"]}
"""Detectors that load no model: a stage's process is then ready in a fraction of the time."""


def lenient_policy(folder: Path, base: str = "healthcare", quick: bool = False) -> Path:
    """Write a copy of a policy with limits that never shut the gate, with :data:`QUICK` if asked; returns its path."""
    policy = yaml.safe_load((ROOT / "policies" / f"{base}.yaml").read_text(encoding="utf-8"))
    policy["limits"] = {"default": 1.0}
    policy["evidence"] = {"planted": {"default": 1.0}}
    if quick:
        policy["detectors"] = QUICK
    path = folder / "lenient.yaml"
    path.write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    return path
