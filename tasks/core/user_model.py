"""A policy's line about a model of the user's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

DETECTOR_NAMES = frozenset(
    {
        "airlock-gazetteer", "airlock-identifiers", "airlock-organizations", "airlock-people", "airlock-places",
        "airlock-prose", "airlock-rules", "airlock-tagger", "airlock-zh", "deny-list", "lac", "language", "own-column",
        "presidio-patterns", "rampart", "spacy", "spacy-organizations",
    }
)  # fmt: skip
"""Names in span tables that a user's model can't have; a test holds them equal to the detectors there are."""


class UserModel(BaseModel):
    """A model of the user's own, which ``detectors`` may name.

    Attributes:
        kind: a token classifier of Hugging Face's form, or a GLiNER model.
        folder: where its files lie on the machine that masks; a relative path starts at the policy's own folder.
        labels: the model's labels (without ``B-`` and the like), of GLiNER the words it is asked for, and the kind of
            personal data that each stands for.
        threshold: least probability of a finding.
        languages: those of the texts it reads for the masker; left out: all of the policy's. The gate's detectors read
            every text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["token-classifier", "gliner"]
    folder: Path
    labels: dict[str, str] = Field(min_length=1)
    threshold: float = Field(0.5, gt=0, lt=1)
    languages: list[Literal["en", "zh"]] | None = Field(None, min_length=1)

    @field_validator("folder")
    @classmethod
    def _beside_the_policy(cls, value: Path, info: ValidationInfo) -> Path:
        return Path((info.context or {}).get("folder", "")) / value


def check_name(name: str) -> None:
    """Refuse a name that a model can't have.

    Raises:
        ValueError: saying why.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or name in DETECTOR_NAMES:
        raise ValueError(f"{name}: a name is of small letters, digits, - and _, and not a detector's of Airlock")
