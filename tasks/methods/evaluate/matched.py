"""Span by span: presidio-evaluator's own figures, so that they can be set beside those its authors publish.

Its ``SpanEvaluator`` drops words such as "street" or "mr." from both sides, joins neighbours, and matches each
annotated span to the predicted one that overlaps it most; from an overlap (intersection over union, in characters) of
0.75 it counts as found. Here every type is one: personal data or not.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# The package reads a file .env at its import, and nothing of a deployment's settings is its business.
os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")

import pandas as pd
import spacy
from presidio_evaluator.evaluation import SpanEvaluator, get_skip_words

from tasks.core.errors import AirlockError
from tasks.methods.evaluate.gold import Document

IOU = 0.75

PUBLISHED = {
    "Presidio, default": {"recall": 0.646, "f2": 0.661},
    "Presidio, best tuned": {"recall": 0.902, "f2": 0.903},
}
"""What the notebooks 4 and 5 of presidio-research print for its data set synth_dataset_v2."""


@dataclass(frozen=True)
class Matched:
    """The evaluator's figures and how it was asked."""

    precision: float
    recall: float
    f2: float
    annotated: int
    predicted: int
    iou: float
    version: str


def version() -> str:
    """The evaluator's version."""
    return importlib.metadata.version("presidio-evaluator")


def match(documents: Sequence[Document], masked: Iterable[Sequence[tuple[int, int]]], iou: float = IOU) -> Matched:
    """The figures over fully annotated documents.

    Args:
        documents: the annotated documents.
        masked: for each its masked places, disjoint and in order.
        iou: the overlap from which a span counts as found.

    Raises:
        AirlockError: where the evaluator fails. The message holds no text.
    """
    tokenizers = {"en": spacy.blank("en"), "zh": spacy.blank("zh")}
    rows: list[tuple[int, str, int, str, str]] = []
    for number, (document, places) in enumerate(zip(documents, masked, strict=True)):
        if document.partial:
            continue
        tokens = [(t.text, t.idx) for t in tokenizers["zh" if document.lang == "zh" else "en"](document.text)]
        gold = tags(tokens, sorted((span.start, span.end) for span in document.spans))
        found = tags(tokens, sorted(places))
        rows += [(number, *token, *pair) for token, pair in zip(tokens, zip(gold, found, strict=True), strict=True)]
    frame = pd.DataFrame(rows, columns=["sentence_id", "token", "start_indices", "annotation", "prediction"])
    try:
        evaluator = SpanEvaluator(iou_threshold=iou, skip_words=get_skip_words())
        result = evaluator.calculate_score_on_df(frame, beta=2, level="pii")
    except Exception as exc:
        raise AirlockError(f"presidio-evaluator failed with {type(exc).__name__}; the text is not shown") from None
    return Matched(
        round(float(result.pii_precision or 0), 4),
        round(float(result.pii_recall or 0), 4),
        round(float(result.pii_f or 0), 4),
        int(result.pii_annotated or 0),
        int(result.pii_predicted or 0),
        iou,
        version(),
    )


def tags(tokens: Sequence[tuple[str, int]], places: Sequence[tuple[int, int]]) -> list[str]:
    """``PII`` or ``O`` a token: it belongs to a place that holds its first character, or that lies within it.

    Args:
        tokens: text and place of each token.
        places: in order.
    """
    found = []
    for text, start in tokens:
        end = start + len(text)
        inside = any(low <= start < high or (start <= low and high <= end) for low, high in places)
        found.append("PII" if inside else "O")
    return found
