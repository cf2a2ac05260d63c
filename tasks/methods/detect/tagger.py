"""Airlock's own tagger: a small network that reads a text's word pieces and how they are written.

The network is a six-layer BERT (all-MiniLM-L6-v2, uncased), fine-tuned on generated text by ``benchmarks/tagger`` and
quantised to eight bits, activations row by row (as in LLM.int8, arXiv 2208.07339, section 2.1). Its vocabulary knows no
case, so how each word is written (lower, Title, UPPER, digits, ...) and what stands before it (nothing, a blank, a
line's end) enter by a second embedding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from presidio_analyzer import LocalRecognizer, RecognizerResult
from tokenizers import Tokenizer

from tasks.core.errors import UserError
from tasks.methods.detect.models import tagger_folder
from tasks.methods.detect.windows import Window, windows

WINDOW = 192
OVERLAP = 64
SHAPES = 9
GAPS = 3
TOGETHER = 512
"""Word pieces that the network reads at once: more is no faster, and takes more memory."""
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

    Formal guarantees: what is found in a text depends on that text and the model's files alone. Texts are read
    together only where they have equally many pieces, so without padding; the network multiplies whole numbers that
    each piece has by a scale of its own, and everything else in it works on one piece, or on one text: no text's
    numbers change with what is read beside it, to the last bit.

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
        # The network is written in its final operators. Beyond this level, sums are made part of slower ones.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = read_tokenizer(folder)
        self.labels: list[str] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        self._marks = (self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]"))

    def probabilities(self, cuts: Sequence[Pieces]) -> list[np.ndarray]:
        """Each text's, shape (pieces, labels): a piece's from the window in which it stands furthest from an edge."""
        answers = [np.zeros((len(cut.ids), len(self.labels)), dtype=np.float32) for cut in cuts]
        asked = [(text, window) for text, cut in enumerate(cuts) for window in windows(len(cut.ids), WINDOW, OVERLAP)]
        for together in _equally_long(asked):
            ids, styles = [], []
            for text, window in together:
                read = slice(window.start, window.stop)
                ids.append([self._marks[0], *cuts[text].ids[read], self._marks[1]])
                styles.append([0, *cuts[text].styles[read], 0])
            feed = {"ids": np.array(ids, dtype=np.int64), "styles": np.array(styles, dtype=np.int64)}
            for (text, window), marked in zip(together, self.session.run(None, feed)[0], strict=True):
                logits = marked[1:-1]
                scores = np.exp(logits - logits.max(axis=-1, keepdims=True))
                scores /= scores.sum(axis=-1, keepdims=True)
                judged = slice(window.first - window.start, window.last - window.start)
                answers[text][window.first : window.last] = scores[judged]
        return answers

    def spans(self, texts: Sequence[str], threshold: float = 0.5) -> list[list[tuple[int, int, str, float]]]:
        """For each text (start, end, label, score) of every run of words with one label.

        A word counts with the mean over its pieces. It is found where the probability that it is personal data at all
        reaches ``threshold``, under the likeliest label; a span's score is the mean over its words.
        """
        cuts = [pieces(self.tokenizer, text) for text in texts]
        return [
            join(text, cut, scores, self.labels, threshold)
            for text, cut, scores in zip(texts, cuts, self.probabilities(cuts), strict=True)
        ]


def _equally_long(asked: Sequence[tuple[int, Window]]) -> Iterator[list[tuple[int, Window]]]:
    """Windows with equally many pieces, at most :data:`TOGETHER` pieces in all."""
    by_length: dict[int, list[tuple[int, Window]]] = {}
    for one in asked:
        by_length.setdefault(one[1].stop - one[1].start, []).append(one)
    for length, same in by_length.items():
        most = max(1, TOGETHER // length)
        for first in range(0, len(same), most):
            yield same[first : first + most]


def join(
    text: str, cut: Pieces, scores: np.ndarray, labels: list[str], threshold: float
) -> list[tuple[int, int, str, float]]:
    """Pieces to words, words to spans; see :meth:`Tagger.spans`. The label at 0 is no personal data."""
    offsets, count = cut.offsets, len(cut.ids)
    if not count:
        return []
    firsts = [0, *(j for j in range(1, count) if offsets[j][0] != offsets[j - 1][1] or not _joins(text, offsets[j][0]))]
    sizes = np.diff([*firsts, count])
    means = np.add.reduceat(scores, firsts, axis=0) / sizes[:, None].astype(scores.dtype)
    found: list[tuple[int, int, str, list[float]]] = []
    last = -1
    for word in np.flatnonzero(1.0 - means[:, 0].astype(np.float64) >= threshold).tolist():
        start, end = offsets[firsts[word]][0], offsets[firsts[word] + int(sizes[word]) - 1][1]
        score = 1.0 - float(means[word, 0])
        label = labels[1 + int(means[word, 1:].argmax())]
        if found and found[-1][2] == label and last == word - 1:
            found[-1] = (found[-1][0], end, label, [*found[-1][3], score])
        else:
            found.append((start, end, label, [score]))
        last = word
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
        return self.analyze_batch([text], entities)[0]

    def analyze_batch(self, texts: Sequence[str], entities: list[str]) -> list[list[RecognizerResult]]:
        """What :meth:`analyze` gives for each text, in less time."""
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        return [
            [
                RecognizerResult(self.KINDS[label], start, end, score, recognition_metadata=dict(metadata))
                for start, end, label, score in spans
                if self.KINDS.get(label) in entities
            ]
            for spans in self._tagger.spans(texts, self.threshold)
        ]
