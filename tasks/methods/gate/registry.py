"""The gate's detectors by name. Their identities cost no heavy import; they themselves do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.errors import UserError
from tasks.methods.detect.user_models import ModelEntry
from tasks.methods.gate.finding import Detector
from tasks.methods.gate.model_files import model_identity, rampart_files
from tasks.methods.gate.rules import default_rules, prose_rules

_RULES = {"airlock-rules": default_rules, "airlock-prose": prose_rules}

NAMES = (*_RULES, "rampart")
"""What a policy may list under ``detectors.gate``."""


def check_names(names: Sequence[str], models: Mapping[str, ModelEntry] | None = None) -> list[str]:
    """The names in a fixed order.

    Args:
        models: the policy's own, by name.

    Raises:
        UserError: for a name that no detector of the gate has.
    """
    known = [*NAMES, *sorted(models or ())]
    if unknown := sorted(set(names) - set(known)):
        raise UserError(
            f"policy, detectors.gate: {', '.join(unknown)} is no detector of the gate; there are {', '.join(known)}"
        )
    return [name for name in known if name in names]


def identities(
    names: Sequence[str], threshold: float, models: Mapping[str, ModelEntry] | None = None
) -> list[dict[str, Any]]:
    """All that decides what the detectors find, without loading a model."""
    known = []
    for name in check_names(names, models):
        if models and name in models:
            from tasks.methods.gate import user_model

            known.append(user_model.model_identity(name, models[name]))
        elif name == "rampart":
            known.append(model_identity(rampart_files(), threshold))
        else:
            known.append(_RULES[name]().identity())
    return known


def detectors(
    names: Sequence[str], threshold: float, workers: int = 0, models: Mapping[str, ModelEntry] | None = None
) -> list[Detector]:
    """The detectors, models loaded.

    Args:
        names: as the policy lists them.
        threshold: of the tagger; a user's model has its own.
        workers: threads of a model; 0: one a processor.
        models: the policy's own, by name.
    """
    built: list[Detector] = []
    for name in check_names(names, models):
        if models and name in models:
            from tasks.methods.gate.user_model import UserModelDetector

            built.append(UserModelDetector(name, models[name], workers))
        elif name == "rampart":
            from tasks.methods.gate.rampart import Rampart

            built.append(Rampart(rampart_files(), threshold, workers))
        else:
            built.append(_RULES[name]())
    return built
