"""GLiNER models as a detector, where the package ``gliner`` and weights are at hand.

GLiNER (Zaratiana et al., 2024, arXiv 2311.08526) reads a limited number of words, usually 384, and drops the others
with no more than a warning. Here it is given overlapping windows, each short enough.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from presidio_analyzer import LocalRecognizer, RecognizerResult

from tasks.core.errors import AirlockError, UserError
from tasks.methods.detect.spans import Span, trim
from tasks.methods.detect.windows import windows

WINDOW, OVERLAP = 200, 50
"""Words in a window and shared by neighbours: half of what the models read, since an odd word takes many tokens."""

_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")
"""What GLiNER counts as a word."""

_LONG = 100
"""Characters in a word, from which on it counts as several: the encoder cuts it into that many more tokens."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class Model(Protocol):
    """What is asked of a GLiNER model."""

    def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> list[dict[str, Any]]:
        """Entities, each with ``start``, ``end``, ``label`` and ``score``."""


class Gliner(LocalRecognizer):
    """A GLiNER model, as a Presidio recognizer.

    Args:
        folder: with ``gliner_config.json`` and weights as safetensors; nothing is downloaded, no pickled weights are
            read.
        labels: what the model is asked for, in its own words, and the kind of personal data each stands for.
        name: the detector's name in policies and span tables.
        language: the language the analyzer calls it for.
        threshold: score from which an entity is a finding.
        model: a model that is loaded already.

    Raises:
        UserError: where the package isn't installed or the folder doesn't hold such a model.

    Formal guarantees:
        Each window is one call of the model with that window alone, so that what is found in a text is a function of
        that text and the model. Every word is read in a window in which it stands at least ``OVERLAP // 2`` words
        from a cut.
    """

    def __init__(
        self,
        folder: Path,
        labels: Mapping[str, str],
        *,
        name: str = "gliner",
        language: str = "en",
        threshold: float = 0.5,
        model: Model | None = None,
    ) -> None:
        if not labels:
            raise UserError("gliner: name the labels to ask the model for, and the kind each stands for")
        self._folder, self._labels, self._threshold, self._model = folder, dict(labels), threshold, model
        super().__init__(supported_entities=sorted(set(labels.values())), name=name, supported_language=language)

    def load(self) -> None:
        """Load the model; Presidio calls this once."""
        if self._model is None:
            self._model = _load(self._folder)
        longest = getattr(getattr(self._model, "config", None), "max_len", None)
        self._window = min(WINDOW, longest) if isinstance(longest, int) and longest > 1 else WINDOW

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point; the NLP artifacts are not used."""
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        return [
            RecognizerResult(span.entity, span.start, span.end, span.score, recognition_metadata=dict(metadata))
            for span in self.find_batch([text])[0]
            if span.entity in entities
        ]

    def find_batch(self, texts: Sequence[str]) -> list[list[Span]]:
        """The findings in each text, ordered by place.

        Raises:
            AirlockError: where the model fails. The message holds no text.
        """
        try:
            return [self._one(_SURROGATE.sub("\ufffd", text)) for text in texts]
        except Exception as exc:
            raise AirlockError(f"gliner failed with {type(exc).__name__}; the text is not shown") from None

    def _one(self, text: str) -> list[Span]:
        assert self._model is not None
        words = [piece for word in _WORD.finditer(text) for piece in _pieces(*word.span())]
        found: set[Span] = set()
        for window in windows(len(words), self._window, min(OVERLAP, self._window // 2)):
            offset, stop = words[window.start][0], words[window.stop - 1][1]
            low = words[window.first][0]
            high = words[window.last][0] if window.last < len(words) else len(text)
            asked = list(self._labels)
            for entity in self._model.predict_entities(text[offset:stop], asked, threshold=self._threshold):
                start, end = offset + int(entity["start"]), offset + int(entity["end"])
                # What two windows see counts in the one in which it begins farther from the cut.
                if low <= start < high and start < end and entity["label"] in self._labels:
                    score = min(1.0, round(float(entity["score"]), 4))
                    span = trim(text, Span(start, end, self._labels[entity["label"]], score, self.name))
                    if span is not None:
                        found.add(span)
        return sorted(found, key=lambda s: (s.start, s.end, s.entity, -s.score))


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    return [(k, min(end, k + _LONG)) for k in range(start, end, _LONG)]


def _load(folder: Path) -> Model:
    try:
        config = json.loads((folder / "gliner_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError("gliner: the folder has no readable gliner_config.json") from None
    if not any(folder.glob("*.safetensors")):
        raise UserError("gliner: the folder holds no weights as safetensors: convert them")
    if not isinstance(config, dict) or not config.get("encoder_config"):
        # Without it the package asks the model hub for the encoder's.
        raise UserError("gliner: gliner_config.json has no encoder_config: load and save the model with gliner once")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from gliner import GLiNER
    except ImportError:
        raise UserError(
            "the policy's detector gliner needs the package gliner, which asks for an older transformers than training"
            " does: install it in an environment of its own for the stages mask and leakcheck"
        ) from None
    try:
        model: Model = GLiNER.from_pretrained(str(folder), local_files_only=True).eval()
    except Exception:
        raise UserError("gliner: the folder does not hold a model that this gliner reads") from None
    return model
