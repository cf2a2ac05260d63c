"""A model of the user's own as a detector of the gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasks.core.canonical import sha256_sources
from tasks.methods.detect.user_models import ModelEntry, identity, recognizer
from tasks.methods.gate.finding import Finding
from tasks.methods.gate.view import normalise


def model_identity(name: str, entry: ModelEntry) -> dict[str, Any]:
    """All that decides what the detector finds, without loading it; how a model is read is code of the masker's side.

    Raises:
        UserError: where the folder isn't there.
    """
    return {**identity(name, entry), "rules": sha256_sources("tasks.methods.detect")}


class UserModelDetector:
    """A token classifier or GLiNER model, reading the gate's own view of a text.

    Args:
        name: as the policy calls it.
        entry: the policy's line about it.
        workers: threads of a token classifier; 0: one a processor.

    Formal guarantees:
        What is found in a text is a function of that text and the model
        (:class:`tasks.methods.detect.token_classifier.TokenClassifier`).

    Raises:
        UserError: where the folder doesn't hold such a model.
    """

    reads_language = True

    def __init__(self, name: str, entry: ModelEntry, workers: int = 0) -> None:
        self.name, self._entry = name, entry
        self.entities = frozenset(entry.labels.values())
        # The language is a formality of Presidio's: the gate reads every text.
        self._model = recognizer(name, entry, "en", workers)

    def identity(self) -> dict[str, Any]:
        """See :func:`model_identity`."""
        return model_identity(self.name, self._entry)

    def detect(self, texts: Sequence[str], kind: str = "") -> list[list[Finding]]:
        """See :class:`~tasks.methods.gate.finding.Detector`."""
        views = [normalise(text) for text in texts]
        found = self._model.find_batch([view.text for view in views])
        return [
            sorted(Finding(*view.span(span.start, span.end), span.entity, self.name) for span in spans)
            for view, spans in zip(views, found, strict=True)
        ]
