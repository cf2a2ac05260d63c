"""Rampart, a tagger of six layers, as a detector (National Design Studio, CC BY 4.0).

Texts longer than the model can read are read in overlapping windows; nothing is cut off.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from tasks.methods.gate.finding import Finding
from tasks.methods.gate.model_files import ModelFiles, model_identity
from tasks.methods.gate.organizations import IN_ORGANIZATIONS, organizations
from tasks.methods.gate.rampart_network import rewritten
from tasks.methods.gate.view import View, normalise
from tasks.methods.gate.vocabulary import is_word

LABELS = {
    "GIVEN_NAME": "PERSON",
    "SURNAME": "PERSON",
    "EMAIL": "EMAIL_ADDRESS",
    "PHONE": "PHONE_NUMBER",
    "URL": "URL",
    "TAX_ID": "TAX_ID",
    "BANK_ACCOUNT": "ACCOUNT_NUMBER",
    "ROUTING_NUMBER": "ROUTING_NUMBER",
    "GOVERNMENT_ID": "US_SSN",
    "PASSPORT": "PASSPORT",
    "DRIVERS_LICENSE": "DRIVERS_LICENSE",
    "BUILDING_NUMBER": "ADDRESS",
    "STREET_NAME": "ADDRESS",
    "SECONDARY_ADDRESS": "ADDRESS",
    "CITY": "LOCATION",
    "STATE": "LOCATION",
    "ZIP_CODE": "ZIP_CODE",
}
"""The model's labels in the words of the policies."""

ANCHORS = {"ADDRESS": "STREET_NAME"}
"""What must be among the words of a finding for it to be one: a house number alone is just a number."""

NEAR = {
    "DRIVERS_LICENSE": re.compile(r"licen[cs]e|\bDL\b", re.IGNORECASE),
    "PASSPORT": re.compile(r"passport", re.IGNORECASE),
    "ROUTING_NUMBER": re.compile(r"routing|\bABA\b|transit", re.IGNORECASE),
    "TAX_ID": re.compile(r"\btax|\b[EIT]{1,2}IN\b", re.IGNORECASE),
    "US_SSN": re.compile(r"\bssn\b|social|identi|\bid\b", re.IGNORECASE),
}
"""What must stand within :data:`BEFORE` characters before numbers that the model tells by their shape alone."""

BEFORE = 60

_MARK = re.compile(r"<[A-Z][A-Z0-9_]*>")
_CAPITAL = re.compile(r"(?<!\w)[A-Z][a-z]")

LEADS = {
    "PERSON": "Name: ",
    "ADDRESS": "Address: ",
    "LOCATION": "City: ",
    "PHONE_NUMBER": "Phone: ",
    "EMAIL_ADDRESS": "E-mail: ",
    "ACCOUNT_NUMBER": "Bank account: ",
    "US_SSN": "Social security number: ",
    "PASSPORT": "Passport: ",
    "ZIP_CODE": "ZIP code: ",
    "TAX_ID": "Tax id: ",
}
"""Words put before the cell of a structured column, which says nothing about itself."""

WINDOW = 254
"""Tokens a window, two fewer than a power of two for the model's own marks."""
OVERLAP = 64
"""Tokens that two neighbouring windows share; each is judged where it stands farther from the edge."""
TOGETHER = 512
"""Tokens that the network reads at once: more is no faster, and takes more memory."""
AT_ONCE = 256
"""Texts whose answers are held at a time."""

Place = tuple[int, int]
"""A text's number, and the token at which a window over it starts."""


class Rampart:
    """The tagger.

    Args:
        files: where the model lies.
        threshold: probability from which a word is a finding. A name or place without a capital letter is rarer and
            needs more: half of what is missing to certainty.
        workers: threads; 0: one a processor.

    Formal guarantees:
        What is found in a text is a function of that text. Windows are read together only where they have equally many
        pieces, so without padding, and the network answers for each as if it were alone, to the last bit (see
        :mod:`tasks.methods.rowwise.bert`).
    """

    name = "rampart"
    entities = frozenset(LABELS.values())
    reads_language = True

    def __init__(self, files: ModelFiles, threshold: float, workers: int = 0) -> None:
        self.files, self.threshold = files, threshold
        self._workers = workers or os.cpu_count() or 1
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Buffers that grow with the longest text seen would stay for the process's life.
        options.enable_cpu_mem_arena = False
        # The network is written in its final operators. Beyond this level, sums are made part of slower ones.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        network = rewritten(files.model)
        self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first = self._tokenizer.token_to_id("[CLS]")
        self._last = self._tokenizer.token_to_id("[SEP]")
        labels = json.loads(files.config.read_text(encoding="utf-8"))["id2label"]
        names = [labels[str(k)].partition("-")[2] for k in range(len(labels))]
        self._entities = sorted(self.entities)
        self._labels = [[k for k, name in enumerate(names) if LABELS.get(name) == entity] for entity in self._entities]
        self._anchors = {entity: np.array([name == anchor for name in names]) for entity, anchor in ANCHORS.items()}

    def identity(self) -> dict[str, Any]:
        """See :func:`tasks.methods.gate.model_files.model_identity`."""
        return model_identity(self.files, self.threshold)

    def detect(self, texts: Sequence[str], kind: str = "") -> list[list[Finding]]:
        """See :class:`~tasks.methods.gate.finding.Detector`."""
        found: list[list[Finding]] = []
        with ThreadPoolExecutor(self._workers) as pool:
            for first in range(0, len(texts), AT_ONCE):
                found += self._detect(texts[first : first + AT_ONCE], kind, pool)
        return found

    def _detect(self, texts: Sequence[str], kind: str, pool: ThreadPoolExecutor) -> list[list[Finding]]:
        lead = LEADS.get(kind, "")
        views = [normalise(text) for text in texts]
        read = [self._tokenizer.encode(lead + view.text, add_special_tokens=False) for view in views]
        asked = [(text, start) for text, one in enumerate(read) for start in _starts(len(one.ids))]
        logits = dict(
            pair
            for answer in pool.map(lambda same: self._run(read, same), _equally_long(read, asked))
            for pair in answer
        )
        return [
            self._findings(view, one, len(lead), kind, _judged(len(one.ids), text, logits)) if one.ids else []
            for text, (view, one) in enumerate(zip(views, read, strict=True))
        ]

    def _run(self, read: Sequence[Encoding], same: Sequence[Place]) -> list[tuple[Place, np.ndarray]]:
        windows = [read[text].ids[start : start + WINDOW] for text, start in same]
        ids = np.array([[self._first, *window, self._last] for window in windows], dtype=np.int64)
        logits = np.asarray(self._session.run(None, {"ids": ids, "styles": np.zeros_like(ids)})[0])[:, 1:-1]
        return list(zip(same, logits, strict=True))

    def _findings(self, view: View, read: Encoding, lead: int, kind: str, probabilities: np.ndarray) -> list[Finding]:
        offsets = [(a - lead, b - lead) for a, b in read.offsets]
        words = _words(read.word_ids)
        firsts = [first for first, _ in words]
        sizes = np.diff([*firsts, len(offsets)])[:, None].astype(np.float32)
        mass = np.stack([probabilities[:, labels].sum(axis=1) for labels in self._labels], axis=1)
        means = np.add.reduceat(mass, firsts, axis=0) / sizes
        named = organizations(view.text)
        return [
            Finding(*view.span(start, end), entity, self.name)
            for k, entity in enumerate(self._entities)
            if means[:, k].max() >= self.threshold
            for start, end in self._found(view.text, entity, offsets, words, means[:, k], probabilities)
            if _in_place(view.text, entity, start, end, named, kind)
        ]

    def _found(
        self,
        text: str,
        entity: str,
        offsets: list[tuple[int, int]],
        words: list[tuple[int, int]],
        means: np.ndarray,
        probabilities: np.ndarray,
    ) -> Iterator[tuple[int, int]]:
        """Runs of words whose mean probability of ``entity`` reaches the threshold, in places of ``text``."""
        anchor = self._anchors.get(entity)
        run: list[int] = []
        anchored = False
        likely = means >= self.threshold
        for k, (first, last) in enumerate([*words, (len(offsets), len(offsets))]):
            if first < last and likely[k] and offsets[first][0] >= 0:
                word = text[offsets[first][0] : offsets[last - 1][1]]
                strict = entity in IN_ORGANIZATIONS and word.islower()
                if not strict or means[k] >= (1 + self.threshold) / 2:
                    run = [*run[:1], first, last]
                    anchored |= anchor is None or bool(anchor[probabilities[first:last].argmax(axis=-1)].any())
                    continue
            if run and anchored:
                yield offsets[run[0]][0], offsets[run[-1] - 1][1]
            run, anchored = [], False


def _starts(count: int) -> range:
    """Where the windows over so many pieces start."""
    return range(0, max(1, count - OVERLAP), WINDOW - OVERLAP) if count else range(0)


def _equally_long(read: Sequence[Encoding], asked: Sequence[Place]) -> Iterator[list[Place]]:
    """Windows of equally many pieces, at most :data:`TOGETHER` pieces in all."""
    by_length: dict[int, list[Place]] = {}
    for text, start in asked:
        by_length.setdefault(min(WINDOW, len(read[text].ids) - start), []).append((text, start))
    for length, same in by_length.items():
        most = max(1, TOGETHER // length)
        for first in range(0, len(same), most):
            yield same[first : first + most]


def _judged(count: int, text: int, logits: Mapping[Place, np.ndarray]) -> np.ndarray:
    """Probability of each label, shape (pieces, labels): a piece's from the window that it is farther inside."""
    parts = []
    for start in _starts(count):
        one = logits[text, start]
        weights = np.exp(one - one.max(axis=-1, keepdims=True))
        parts.append((start, weights / weights.sum(axis=-1, keepdims=True)))
    out = np.empty((count, parts[0][1].shape[1]), dtype=np.float32)
    for start, probabilities in parts:
        skip = OVERLAP // 2 if start else 0
        out[start + skip : start + len(probabilities)] = probabilities[skip:]
    return out


def _in_place(text: str, entity: str, start: int, end: int, named: Sequence[tuple[int, int]], kind: str) -> bool:
    """Whether a hit stands where its kind is credible."""
    if entity in IN_ORGANIZATIONS and any(a <= start and end <= b for a, b in named):
        return False
    # Who writes names small writes all small; among capitals a word that English has is that word.
    if (
        entity in ("PERSON", "LOCATION")
        and text[start:end].islower()
        and all(is_word(word) for word in text[start:end].split())
        and _CAPITAL.search(_MARK.sub("", text))
    ):
        return False
    near = NEAR.get(entity)
    return near is None or kind == entity or near.search(text, max(0, start - BEFORE), start) is not None


def _words(word_of: Sequence[int | None]) -> list[tuple[int, int]]:
    """First and one past the last token of each word; a mark such as a comma is a word of its own."""
    starts = [k for k in range(len(word_of)) if k == 0 or word_of[k] != word_of[k - 1]]
    return list(zip(starts, [*starts[1:], len(word_of)], strict=True))
