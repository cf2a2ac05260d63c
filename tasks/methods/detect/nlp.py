"""What Presidio's analyzer reads a text with: a spaCy model for English, a tokenizer alone for Chinese."""

from __future__ import annotations

import gc

import spacy
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

from tasks.core.errors import UserError
from tasks.methods.detect import products
from tasks.methods.detect.models import spacy_model_folder

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
        language: ``en`` or ``zh``.
        model: name or folder of a spaCy model; empty for a pipeline that parts words and no more.

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
        if not model or language == "zh":
            self.nlp = {language: spacy.blank(language)}
            return
        folder = spacy_model_folder(model)
        if folder is None:
            raise UserError("mask.spacy_model: this spaCy model is not installed: install its package or name a folder")
        try:
            nlp = spacy.load(folder)
        except (OSError, ValueError):
            raise UserError("mask.spacy_model: the folder does not hold a spaCy model that this spaCy reads") from None
        products.use_in(nlp)
        self.nlp = {language: nlp}

    def renew(self) -> None:
        """Load the model again, with nothing of what it has read. No document of before may be used after it."""
        self.nlp = {}
        gc.collect()  # two models side by side would take more memory than is given back
        self.load()
