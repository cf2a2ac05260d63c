"""Airlock's own tagger: a small network that reads a text's word pieces and how they are written.

The network is a six-layer BERT (all-MiniLM-L6-v2, uncased), fine-tuned on generated text by ``benchmarks/tagger`` and
quantised to eight bits. Its vocabulary knows no case, so how each word is written (lower, Title, UPPER, digits, ...)
and what stands before it (nothing, a blank, a line's end) enter by a second embedding.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from presidio_analyzer import LocalRecognizer, RecognizerResult
from tokenizers import Tokenizer

from tasks.core.errors import UserError
from tasks.methods.detect.models import tagger_folder
from tasks.methods.detect.windows import windows

WINDOW = 192
OVERLAP = 64
SHAPES = 9
GAPS = 3
STYLES = 1 + SHAPES * GAPS
"""Classes of the second embedding; 0 is for the marks at a window's ends."""


class Pieces(NamedTuple):
    """A text's word pieces: vocabulary ids, styles below ``STYLES``, and each piece's first and past-last character."""

    ids: list[int]
    styles: list[int]
    offsets: list[tuple[int, int]]


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model's folder, with neither truncation nor padding."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def pieces(tokenizer: Tokenizer, text: str) -> Pieces:
    """Cut a text into word pieces; the marks [CLS] and [SEP] are not among them."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    offsets, words = encoding.offsets, encoding.word_ids
    styles: list[int] = []
    i = 0
    while i < len(offsets):
        j = i + 1
        while j < len(offsets) and words[j] == words[i]:
            j += 1
        first = offsets[i][0]
        shape = _shape(text[first : offsets[j - 1][1]])
        style = 1 + shape * GAPS
        styles += [style + _gap(text, first)] + [style] * (j - i - 1)
        i = j
    return Pieces(encoding.ids, styles, offsets)


def _shape(word: str) -> int:
    if word.isdigit():
        return 1
    if not any(c.isalnum() for c in word):
        return 2
    if word.islower():
        return 3
    if word.isupper():
        return 4 if len(word) == 1 else 5
    if word[0].isupper() and word[1:].islower():
        return 6
    return 7 if any(c.isupper() for c in word) else 8


def _gap(text: str, at: int) -> int:
    """What stands before a word: 0 nothing, 1 blanks, 2 a line's end or the text's start."""
    gap = 0
    while at > 0 and text[at - 1].isspace():
        at -= 1
        gap = 1
        if text[at] in "\n\r":
            return 2
    return 2 if at == 0 else gap


class Tagger:
    """The network with its labels.

    Formal guarantees: what is found in a text depends on that text and the model's files alone, as every text is read
    by itself, without padding, on one thread.

    Args:
        folder: holds ``model.onnx``, ``tokenizer.json`` and ``labels.json``.

    Raises:
        UserError: where the model's files are missing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or tagger_folder()
        if not (folder / "model.onnx").is_file():
            raise UserError("the detector tagger needs its model: the folder tagger_model beside the code has none")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Buffers that grow with the longest text seen would stay for the process's life.
        options.enable_cpu_mem_arena = False
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = read_tokenizer(folder)
        self.labels: list[str] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        self._marks = (self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]"))

    def probabilities(self, cut: Pieces) -> np.ndarray:
        """Shape (pieces, labels): each piece's, from the window in which it stands furthest from an edge."""
        answer = np.zeros((len(cut.ids), len(self.labels)), dtype=np.float32)
        for window in windows(len(cut.ids), WINDOW, OVERLAP):
            read = slice(window.start, window.stop)
            ids = [self._marks[0], *cut.ids[read], self._marks[1]]
            styles = [0, *cut.styles[read], 0]
            feed = {"ids": np.array([ids], dtype=np.int64), "styles": np.array([styles], dtype=np.int64)}
            logits = self.session.run(None, feed)[0][0, 1:-1]
            scores = np.exp(logits - logits.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
            answer[window.first : window.last] = scores[window.first - window.start : window.last - window.start]
        return answer

    def spans(self, text: str, threshold: float = 0.5) -> list[tuple[int, int, str, float]]:
        """(start, end, label, score) of every run of words with one label.

        A word counts with the mean over its pieces. It is found where the probability that it is personal data at all
        reaches ``threshold``, under the likeliest label; a span's score is the mean over its words.
        """
        cut = pieces(self.tokenizer, text)
        if not cut.ids:
            return []
        return join(text, cut, self.probabilities(cut), self.labels, threshold)


def join(
    text: str, cut: Pieces, scores: np.ndarray, labels: list[str], threshold: float
) -> list[tuple[int, int, str, float]]:
    """Pieces to words, words to spans; see :meth:`Tagger.spans`. The label at 0 is no personal data."""
    found: list[tuple[int, int, str, list[float]]] = []
    i, last = 0, -1
    while i < len(cut.ids):
        j = i + 1
        while j < len(cut.ids) and cut.offsets[j][0] == cut.offsets[j - 1][1] and _joins(text, cut.offsets[j][0]):
            j += 1
        start, end = cut.offsets[i][0], cut.offsets[j - 1][1]
        mean = scores[i:j].mean(axis=0)
        score = 1.0 - float(mean[0])
        if score >= threshold:
            label = labels[1 + int(mean[1:].argmax())]
            if found and found[-1][2] == label and last == i - 1:
                found[-1] = (found[-1][0], end, label, [*found[-1][3], score])
            else:
                found.append((start, end, label, [score]))
            last = j - 1
        i = j
    return [
        (start, end, label, sum(parts) / len(parts))
        for start, end, label, parts in found
        if any(c.isalnum() for c in text[start:end])
    ]


def _joins(text: str, at: int) -> bool:
    """Whether a piece that starts at ``at`` goes on with the word before it."""
    return text[at].isalnum() and text[at - 1].isalnum()


class TaggerRecognizer(LocalRecognizer):
    """Presidio's face of the tagger.

    Args:
        threshold: least score of a word.
    """

    # Of dates, numbers, mail addresses and links, rules know the forms.
    KINDS = {
        "PERSON": "PERSON",
        "LOCATION": "LOCATION",
        "ADDRESS": "ADDRESS",
        "ORGANIZATION": "ORGANIZATION",
        "NRP": "NRP",
        "TITLE": "TITLE",
        "AGE": "AGE",
    }

    def __init__(self, threshold: float = 0.5, name: str = "tagger", language: str = "en") -> None:
        self.threshold = threshold
        super().__init__(supported_entities=sorted(self.KINDS.values()), name=name, supported_language=language)

    def load(self) -> None:
        """Load the network into an ONNX session."""
        self._tagger = Tagger()

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point; the NLP artifacts are not used."""
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        return [
            RecognizerResult(self.KINDS[label], start, end, score, recognition_metadata=dict(metadata))
            for start, end, label, score in self._tagger.spans(text, self.threshold)
            if self.KINDS.get(label) in entities
        ]
