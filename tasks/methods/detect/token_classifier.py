"""Any Hugging Face token classifier as a detector, from a folder on this machine."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from presidio_analyzer import LocalRecognizer, RecognizerResult
from tokenizers import Encoding, Tokenizer

from tasks.core.errors import AirlockError, UserError
from tasks.methods.detect.networks import network
from tasks.methods.detect.spans import Span, trim
from tasks.methods.detect.windows import Window, windows

WINDOW, OVERLAP = 254, 64
"""Tokens in a window, the model's own marks not counted, and those that two neighbours share."""

_PREFIX = re.compile(r"^[BIELSU][-_](?=.)")
_BEGINS = re.compile(r"^[BSU][-_].")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


class TokenClassifier(LocalRecognizer):
    """A token classifier of Hugging Face's form, as a Presidio recognizer.

    Args:
        folder: with ``config.json``, ``tokenizer.json`` and either ``model.onnx`` (also in ``onnx/``) or weights as
            safetensors. No code of the folder is run, pickled weights aren't read, nothing is downloaded.
        labels: the model's labels (without ``B-`` and the like) and the kind of personal data each stands for; its
            other labels are ignored.
        name: the detector's name in policies and span tables.
        language: the language the analyzer calls it for.
        threshold: probability of personal data from which a word is a finding.
        window: tokens in a window, fewer where the model reads fewer.
        overlap: tokens that neighbouring windows share.
        workers: threads; 0: one a processor.
        batch: windows in one call of the network, all of the same length. More than one is faster for short texts.

    Raises:
        UserError: where the folder doesn't hold such a model, or a label isn't one of the model's.

    Formal guarantees:
        Nothing is padded, and with ``batch=1`` each window is one call of the network: no other text enters its
        arithmetic, so that what is found in a text is a function of that text and the model. With more, a window's
        neighbours don't enter its arithmetic either, but their number may choose the order in which a library adds up,
        which can change a last digit. Every token of a text is judged (see
        :func:`tasks.methods.detect.windows.windows`).
    """

    def __init__(
        self,
        folder: Path,
        labels: Mapping[str, str],
        *,
        name: str = "token-classifier",
        language: str = "en",
        threshold: float = 0.5,
        window: int = WINDOW,
        overlap: int = OVERLAP,
        workers: int = 0,
        batch: int = 1,
    ) -> None:
        self._batch = max(1, batch)
        self._folder, self._threshold, self._workers = folder, threshold, workers or os.cpu_count() or 1
        config = _json(folder / "config.json")
        self._tokenizer = _tokenizer(folder)
        self._before, self._after = _marks(self._tokenizer)
        room = _longest(folder, config) - len(self._before) - len(self._after)
        self._window = min(window, room)
        self._overlap = min(overlap, self._window // 2)
        if self._window < 1:
            raise UserError(
                "a token classifier's config.json allows for no token: max_position_embeddings is too small"
            )
        self._read_labels(config, labels)
        super().__init__(supported_entities=list(self._entities), name=name, supported_language=language)

    def _read_labels(self, config: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        named = config.get("id2label") or {}
        try:
            rows = [str(named[str(k)]) for k in range(len(named))]
        except KeyError:
            rows = []
        plain = [_PREFIX.sub("", row) for row in rows]
        unknown = sorted(set(labels) - set(plain))
        if not rows or unknown or not labels:
            raise UserError(
                f"a token classifier's labels: the policy names {', '.join(unknown) or 'none'},"
                f" its config.json has {', '.join(sorted(set(plain))) or 'none (id2label is missing)'}"
            )
        self._entities = sorted(set(labels.values()))
        self._groups = np.zeros((len(rows), len(self._entities)), dtype=np.float64)
        for k, label in enumerate(plain):
            if label in labels:
                self._groups[k, self._entities.index(labels[label])] = 1.0
        self._begins = np.array([_BEGINS.match(row) is not None for row in rows])

    def load(self) -> None:
        """Load the network; Presidio calls this once."""
        self._network = network(self._folder)

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
        """The findings in each text, ordered by place and without overlaps.

        Raises:
            AirlockError: where the network fails. The message holds no text.
        """
        # Half a character, which a faulty decoder leaves, is nothing that a tokenizer can read.
        clean = [_SURROGATE.sub("\ufffd", text) for text in texts]
        try:
            encoded = self._tokenizer.encode_batch(clean, add_special_tokens=False)
            jobs = [
                (k, window)
                for k, encoding in enumerate(encoded)
                for window in windows(len(encoding.ids), self._window, self._overlap)
            ]
            masses = [np.empty((len(encoding.ids), len(self._entities)), dtype=np.float32) for encoding in encoded]
            begins = [np.empty(len(encoding.ids), dtype=bool) for encoding in encoded]

            def judge(group: list[tuple[int, Window]]) -> None:
                rows = [
                    [*self._before, *encoded[k].ids[window.start : window.stop], *self._after] for k, window in group
                ]
                for logits, (k, window) in zip(self._network.logits(np.array(rows)), group, strict=True):
                    skip = len(self._before) + window.first - window.start
                    probabilities = _softmax(logits[skip : skip + window.last - window.first])
                    masses[k][window.first : window.last] = probabilities @ self._groups
                    begins[k][window.first : window.last] = self._begins[probabilities.argmax(axis=-1)]

            groups = list(_equal(jobs, self._batch))
            if self._workers == 1 or len(groups) < 2:
                for group in groups:
                    judge(group)
            else:
                with ThreadPoolExecutor(self._workers) as pool:
                    list(pool.map(judge, groups))
            return [list(self._spans(*each)) for each in zip(clean, encoded, masses, begins, strict=True)]
        except Exception as exc:
            raise AirlockError(f"a token classifier failed with {type(exc).__name__}; the text is not shown") from None

    def _spans(self, text: str, encoding: Encoding, masses: np.ndarray, begins: np.ndarray) -> Iterator[Span]:
        """Neighbouring words of one kind, joined."""
        start = end = best = -1
        scores: list[float] = []
        for first, last in _words(text, encoding.offsets):
            low, high = encoding.offsets[first][0], encoding.offsets[last - 1][1]
            mean = masses[first:last].mean(axis=0, dtype=np.float64)
            entity, score = int(mean.argmax()), float(mean.sum())
            hit = score >= self._threshold
            if hit and entity == best and not begins[first] and not text[end:low].strip():
                end = high
                scores.append(score)
                continue
            yield from self._span(text, start, end, best, scores)
            start, end, best, scores = (low, high, entity, [score]) if hit else (-1, -1, -1, [])
        yield from self._span(text, start, end, best, scores)

    def _span(self, text: str, start: int, end: int, entity: int, scores: list[float]) -> Iterator[Span]:
        if scores and start < end:
            score = min(1.0, round(sum(scores) / len(scores), 4))
            span = trim(text, Span(start, end, self._entities[entity], score, self.name))
            if span is not None:
                yield span


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"a token classifier's folder has no readable {file.name}") from None
    if not isinstance(content, dict):
        raise UserError(f"a token classifier's {file.name} is not a JSON object")
    return content


def _tokenizer(folder: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception:
        raise UserError(
            "a token classifier's folder has no readable tokenizer.json: save the tokenizer with its"
            " save_pretrained() in a current transformers"
        ) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _marks(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and after a sequence."""
    encoding = tokenizer.encode("a")
    own = [k for k, special in enumerate(encoding.special_tokens_mask) if not special]
    return encoding.ids[: own[0]], encoding.ids[own[-1] + 1 :]


def _longest(folder: Path, config: Mapping[str, Any]) -> int:
    """Tokens that the model reads, its marks included."""
    limits = [WINDOW * 1000]
    # Two fewer: models after RoBERTa count positions from two on.
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and positions > 0:
        limits.append(positions - 2)
    if (folder / "tokenizer_config.json").is_file():
        length = _json(folder / "tokenizer_config.json").get("model_max_length")
        if isinstance(length, int) and length > 0:
            limits.append(length)
    return min(limits)


def _equal(jobs: Sequence[tuple[int, Window]], batch: int) -> Iterator[list[tuple[int, Window]]]:
    """Windows of the same length together, so that none is padded."""
    by_length: dict[int, list[tuple[int, Window]]] = {}
    for job in jobs:
        by_length.setdefault(job[1].stop - job[1].start, []).append(job)
    for group in by_length.values():
        for k in range(0, len(group), batch):
            yield group[k : k + batch]


def _softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _words(text: str, offsets: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """First and one past the last token of each word; a mark is a word of its own, so is a Han character."""
    start, tokens = 0, len(offsets)
    for k in range(1, tokens + 1):
        if k == tokens or not _same_word(text, offsets[k - 1], offsets[k]):
            yield start, k
            start = k


def _same_word(text: str, before: tuple[int, int], after: tuple[int, int]) -> bool:
    if after[0] < before[1] or after[0] == after[1]:
        return True  # parts of one character
    if after[0] > before[1] or before[0] == before[1]:
        return after[0] == before[1]
    left, right = text[before[1] - 1], text[after[0]]
    return _inside(left) and _inside(right)


def _inside(character: str) -> bool:
    return not _HAN.match(character) and (character.isalnum() or "\u0300" <= character <= "\u036f")
