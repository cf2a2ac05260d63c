"""The gate's detectors by name. Their identities cost no heavy import; they themselves do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasks.core.errors import UserError
from tasks.methods.gate.finding import Detector
from tasks.methods.gate.model_files import model_identity, rampart_files
from tasks.methods.gate.rules import default_rules

NAMES = ("airlock-rules", "rampart")
"""What a policy may list under ``detectors.gate``."""


def check_names(names: Sequence[str]) -> list[str]:
    """The names in a fixed order.

    Raises:
        UserError: for a name that no detector of the gate has.
    """
    if unknown := sorted(set(names) - set(NAMES)):
        raise UserError(
            f"policy, detectors.gate: {', '.join(unknown)} is no detector of the gate; there are {', '.join(NAMES)}"
        )
    return [name for name in NAMES if name in names]


def identities(names: Sequence[str], threshold: float) -> list[dict[str, Any]]:
    """All that decides what the detectors find, without loading a model."""
    known = []
    for name in check_names(names):
        if name == "rampart":
            known.append(model_identity(rampart_files(), threshold))
        else:
            known.append(default_rules().identity())
    return known


def detectors(names: Sequence[str], threshold: float, workers: int = 0) -> list[Detector]:
    """The detectors, models loaded."""
    built: list[Detector] = []
    for name in check_names(names):
        if name == "rampart":
            from tasks.methods.gate.rampart import Rampart

            built.append(Rampart(rampart_files(), threshold, workers))
        else:
            built.append(default_rules())
    return built
