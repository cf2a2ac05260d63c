"""Rampart, a tagger of six layers, as a detector (National Design Studio, CC BY 4.0).

Texts longer than the model can read are read in overlapping windows; nothing is cut off.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from tasks.methods.gate.finding import Finding
from tasks.methods.gate.model_files import ModelFiles, model_identity
from tasks.methods.gate.organizations import IN_ORGANIZATIONS, organizations
from tasks.methods.gate.view import normalise
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


class Rampart:
    """The tagger.

    Args:
        files: where the model lies.
        threshold: probability from which a word is a finding. A name or place without a capital letter is rarer and
            needs more: half of what is missing to certainty.
        workers: threads; 0: one a processor.

    Formal guarantees:
        Each window is one call of the model with that window alone, on one thread: no padding, no neighbour in a
        batch and no other text's length enters its arithmetic. What is found in a text is a function of that text.
    """

    name = "rampart"
    entities = frozenset(LABELS.values())
    reads_language = True

    def __init__(self, files: ModelFiles, threshold: float, workers: int = 0) -> None:
        self.files, self.threshold = files, threshold
        self._workers = workers or os.cpu_count() or 1
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        self._session = onnxruntime.InferenceSession(str(files.model), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first = self._tokenizer.token_to_id("[CLS]")
        self._last = self._tokenizer.token_to_id("[SEP]")
        labels = json.loads(files.config.read_text(encoding="utf-8"))["id2label"]
        names = [labels[str(k)].partition("-")[2] for k in range(len(labels))]
        self._entities = sorted(self.entities)
        self._groups = np.zeros((len(names), len(self._entities)), dtype=np.float32)
        for k, name in enumerate(names):
            if name in LABELS:
                self._groups[k, self._entities.index(LABELS[name])] = 1.0
        self._anchors = {entity: np.array([name == anchor for name in names]) for entity, anchor in ANCHORS.items()}

    def identity(self) -> dict[str, Any]:
        """See :func:`tasks.methods.gate.model_files.model_identity`."""
        return model_identity(self.files, self.threshold)

    def detect(self, texts: Sequence[str], kind: str = "") -> list[list[Finding]]:
        """See :class:`~tasks.methods.gate.finding.Detector`."""
        if self._workers == 1 or len(texts) < 2:
            return [self._one(text, kind) for text in texts]
        with ThreadPoolExecutor(self._workers) as pool:
            return list(pool.map(lambda text: self._one(text, kind), texts))

    def _one(self, text: str, kind: str) -> list[Finding]:
        lead = LEADS.get(kind, "")
        view = normalise(text)
        encoded = self._tokenizer.encode(lead + view.text, add_special_tokens=False)
        if not encoded.ids:
            return []
        probabilities = self._probabilities(encoded.ids)
        offsets = [(a - len(lead), b - len(lead)) for a, b in encoded.offsets]
        words = list(_words(encoded.word_ids))
        named = organizations(view.text)
        return [
            Finding(*view.span(start, end), entity, self.name)
            for entity in self._entities
            for start, end in self._found(view.text, entity, offsets, words, probabilities)
            if _in_place(view.text, entity, start, end, named, kind)
        ]

    def _probabilities(self, ids: list[int]) -> np.ndarray:
        """Probability of each label, shape (tokens, labels)."""
        out = np.empty((len(ids), self._groups.shape[0]), dtype=np.float32)
        step = WINDOW - OVERLAP
        starts = range(0, max(1, len(ids) - OVERLAP), step)
        for start in starts:
            window = ids[start : start + WINDOW]
            logits = self._run(window)
            weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
            skip = OVERLAP // 2 if start else 0
            out[start + skip : start + len(window)] = (weights / weights.sum(axis=-1, keepdims=True))[skip:]
        return out

    def _run(self, window: list[int]) -> np.ndarray:
        ids = np.array([[self._first, *window, self._last]], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return np.asarray(self._session.run(None, feed)[0])[0, 1:-1]

    def _found(
        self,
        text: str,
        entity: str,
        offsets: list[tuple[int, int]],
        words: list[tuple[int, int]],
        probabilities: np.ndarray,
    ) -> Iterator[tuple[int, int]]:
        """Runs of words whose mean probability of ``entity`` reaches the threshold, in places of ``text``."""
        mass = probabilities @ self._groups[:, self._entities.index(entity)]
        anchor = self._anchors.get(entity)
        run: list[int] = []
        anchored = False
        for first, last in [*words, (len(offsets), len(offsets))]:
            if first < last and offsets[first][0] >= 0:
                word = text[offsets[first][0] : offsets[last - 1][1]]
                strict = entity in IN_ORGANIZATIONS and word.islower()
                if float(mass[first:last].mean()) >= ((1 + self.threshold) / 2 if strict else self.threshold):
                    run = [*run[:1], first, last]
                    anchored |= anchor is None or bool(anchor[probabilities[first:last].argmax(axis=-1)].any())
                    continue
            if run and anchored:
                yield offsets[run[0]][0], offsets[run[-1] - 1][1]
            run, anchored = [], False


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


def _words(word_of: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """First and one past the last token of each word; a mark such as a comma is a word of its own."""
    start = 0
    for k in range(1, len(word_of) + 1):
        if k == len(word_of) or word_of[k] != word_of[k - 1]:
            yield start, k
            start = k
