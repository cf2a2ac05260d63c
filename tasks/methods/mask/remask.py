"""Remasking: what the gate's detectors find in a masked row is masked there too.

Keeping a family of detectors back for the gate must not cost protection. So each row is masked by the masker's
findings, the gate's detectors look once at what came out, and what they see beside the masked places is masked as
well. The gate then has independent evidence (how many rows needed it), and the row is covered by both sides.

Formal guarantees:
    What is remasked in a row is a function of that row's text, of the masker's stretches in it and of fixed public
    parameters (detectors, thresholds, kinds, tags, allowed words); no other row enters. Acting on it is therefore
    acting on the row's own evidence.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tasks.core.errors import AirlockError
from tasks.methods.detect.spans import Span, trim
from tasks.methods.gate.finding import Detector
from tasks.methods.gate.placeholders import Placeholders

SCORE = 1.0
"""Of a remasked span: a gate's detector says that it found, without a degree."""

_READABLE = re.compile(r"\w")


@dataclass(frozen=True)
class Rewritten:
    """A masked text and where its pieces come from.

    Attributes:
        text: the masked text.
        kept: pieces that stand in both texts, as (place in the masked text, place in the raw text, length), in order.
            What lies between them was put there in a value's place.
    """

    text: str
    kept: tuple[tuple[int, int, int], ...]

    def raw(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The places in the raw text of what ``text[start:end]`` keeps of it.

        >>> list(rewrite("Ann met Bo", [Span(0, 3, "PERSON", 1.0, "d")], ["<P>"]).raw(0, 7))
        [(3, 7)]
        """
        first = max(0, bisect.bisect_right(self.kept, (start, len(self.text), 0)) - 1)
        for place, origin, length in self.kept[first:]:
            if place >= end:
                return
            low, high = max(start, place), min(end, place + length)
            if low < high:
                yield origin + low - place, origin + high - place


def rewrite(text: str, stretches: Sequence[Span], replacements: Sequence[str]) -> Rewritten:
    """Put replacements in the places of stretches.

    Args:
        text: the raw text.
        stretches: disjoint and in order.
        replacements: one a stretch.

    Raises:
        AirlockError: where they don't fit together. The message holds no text.
    """
    if len(stretches) != len(replacements):
        raise AirlockError("remask: there isn't one replacement for each stretch")
    pieces: list[str] = []
    kept: list[tuple[int, int, int]] = []
    length = done = 0
    for stretch, replacement in zip(stretches, replacements, strict=True):
        if not done <= stretch.start < stretch.end <= len(text):
            raise AirlockError(f"remask: a stretch of kind {stretch.entity} overlaps another or leaves the text")
        if done < stretch.start:
            kept.append((length, done, stretch.start - done))
        pieces += text[done : stretch.start], replacement
        length += stretch.start - done + len(replacement)
        done = stretch.end
    if done < len(text):
        kept.append((length, done, len(text) - done))
        pieces.append(text[done:])
    return Rewritten("".join(pieces), tuple(kept))


class Remasker:
    """Looks at masked texts with the gate's detectors and says what else to mask.

    Args:
        detectors: the gate's.
        entities: kinds that may be masked; other findings are dropped.
        placeholders: what masking leaves in a text, which is spared.
        allow: words that are never personal data, compared without case.
    """

    def __init__(
        self,
        detectors: Sequence[Detector],
        entities: Iterable[str],
        placeholders: Placeholders,
        allow: Iterable[str] = (),
    ) -> None:
        self._detectors = list(detectors)
        self._entities = frozenset(entities)
        self._placeholders = placeholders
        self._allow = frozenset(word.casefold() for word in allow)

    def beside(self, raw: Sequence[str], masked: Sequence[Rewritten]) -> list[list[Span]]:
        """What else to mask in each raw text, in its places: disjoint from what was masked already.

        A finding that takes in a replaced place is cut to what it keeps of the raw text, each part for itself.
        """
        found = self._readable([one.text for one in masked])
        results = []
        for text, one, findings in zip(raw, masked, found, strict=True):
            spans = set()
            for start, end, entity, by in findings:
                for low, high in one.raw(start, end):
                    span = trim(text, Span(low, high, entity, SCORE, by))
                    if span is not None and _READABLE.search(text, span.start, span.end):
                        spans.add(span)
            results.append(sorted(spans, key=lambda s: (s.start, s.end, s.entity, s.detector)))
        return results

    def _readable(self, texts: Sequence[str]) -> list[list[tuple[int, int, str, str]]]:
        """Start, end, kind and detector of each readable part of each finding outside the policy's tags."""
        looked = [text for text in texts if self._placeholders.leave_something(text)]
        by_text: dict[str, list[tuple[int, int, str, str]]] = {text: [] for text in looked}
        asked = list(by_text)
        for detector in self._detectors if asked else ():
            for text, findings in zip(asked, detector.detect(asked), strict=True):
                wanted = [found for found in findings if found.entity in self._entities]
                for found in self._placeholders.outside(text, wanted):
                    if text[found.start : found.end].casefold().strip() not in self._allow:
                        by_text[text].append((found.start, found.end, found.entity, found.detector))
        return [by_text.get(text, []) for text in texts]
