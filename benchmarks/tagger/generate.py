"""Training examples without end: carriers, records of ``airlock sample`` and prose of a language model, all labelled.

An example is (text, spans); a span is (start, end, label). The label ``?`` marks what the loss shall pass over.
"""

# ruff: noqa: E501 - one kind a line
from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import spacy
from carriers import LINES, NEGATIVES, Words, composed
from fillers import Fillers

from tasks.methods.sample.generate import DOMAINS, records

LABELS = ("O", "PERSON", "LOCATION", "ADDRESS", "ORGANIZATION", "NRP", "DATE", "AGE", "TITLE", "NUMBER", "ONLINE")
Example = tuple[str, list[tuple[int, int, str]]]

SLOTS = {
    "person": "PERSON", "first": "PERSON", "last": "PERSON", "city": "LOCATION", "country": "LOCATION", "state": "LOCATION",
    "region": "LOCATION", "facility": "LOCATION", "place": "LOCATION", "org": "ORGANIZATION", "nationality": "NRP", "people": "NRP",
    "street": "ADDRESS", "address": "ADDRESS", "zip": "ADDRESS", "phone": "NUMBER", "number": "NUMBER", "email": "ONLINE",
    "url": "ONLINE", "handle": "ONLINE", "date": "DATE", "age": "AGE", "honorific": "TITLE",
}  # fmt: skip
_SAMPLE = {
    "PERSON": "PERSON", "ADDRESS": "ADDRESS", "LOCATION": "LOCATION", "ZIP_CODE": "ADDRESS", "DATE_OF_BIRTH": "DATE", "DATE": "DATE",
    "AGE": "AGE", "ORGANIZATION": "ORGANIZATION", "EMAIL_ADDRESS": "ONLINE", "URL": "ONLINE", "USERNAME": "ONLINE", "IP_ADDRESS": "ONLINE",
}  # fmt: skip
_MODEL = {
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "NORP": "NRP",
    "ORG": "ORGANIZATION",
}
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Rev|Hon)\b\.?|\b(?:Miss|Sir|Madam)\b", re.IGNORECASE)
_SPACY_DATE = re.compile(
    r"(?:19|20)\d\d|\d{1,2}[/.-]\d{1,2}|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* ?\d"
)


def examples(seed: int, prose: list[dict[str, object]] | None = None) -> Iterator[Example]:
    """Yield examples for ever; the same arguments yield the same ones."""
    rng, fillers = random.Random(seed), Fillers(seed)
    words = Words(rng)
    sampled = {domain: records(domain, 10_000_000, "en", seed) for domain in DOMAINS}
    while True:
        draw = rng.random()
        if prose and draw < 0.33:
            example = _swapped(rng.choice(prose), rng, fillers)
        elif draw < 0.37:
            example = _record(next(sampled[rng.choice(DOMAINS)]), rng)
        elif draw < 0.47:
            example = _carried(rng.choice(NEGATIVES), fillers, words)
        else:
            parts = [rng.choice(LINES) if rng.random() < 0.55 else composed(rng)]
            while rng.random() < 0.3:
                parts.append(rng.choice((composed(rng), rng.choice(LINES), rng.choice(NEGATIVES))))
            gap = rng.choice((" ", " ", "\n"))
            example = _carried(gap.join(parts), fillers, words)
        if example[0].strip():
            yield _noised(example, rng)


def label_prose(path: Path, model: str, second: str) -> list[dict[str, object]]:
    """Label sampled prose with a spaCy model, the opening's slots with what was written there.

    Where only the second model finds something, nobody knows: those characters get ``?``.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    first, other = spacy.load(model), spacy.load(second)
    result = []
    for row, doc, doubt in zip(rows, first.pipe(texts), other.pipe(texts), strict=True):
        text, at, spans = row["text"], 0, []
        for value, slot in row["opening"]:
            value = value if at else value.lstrip()
            found = text.find(value.rstrip() if slot else value.strip(), at)
            if found < 0:
                break
            if slot in SLOTS:
                spans.append((found, found + len(value), SLOTS[slot], slot))
            at = found + len(value.strip())
        for ent in doc.ents:
            start, end, label = ent.start_char, ent.end_char, _MODEL.get(ent.label_)
            if ent.label_ == "DATE" and _SPACY_DATE.search(ent.text):
                label = "DATE"
            if text[start:end].endswith(("'s", "’s")):
                end -= 2
            if label and all(end <= s[0] or s[1] <= start for s in spans):
                spans.append((start, end, label, ""))
        for ent in doubt.ents:
            if ent.label_ in _MODEL and all(ent.end_char <= s[0] or s[1] <= ent.start_char for s in spans):
                spans.append((ent.start_char, ent.end_char, "?", ""))
        result.append({"text": text, "spans": sorted(spans + _titles(text, spans))})
    return result


def _swapped(row: dict[str, object], rng: random.Random, fillers: Fillers) -> Example:
    """The prose with most of its names exchanged, the same name by the same one."""
    text, out, at = str(row["text"]), _Builder(), 0
    share, swaps = rng.choice((0.0, 0.5, 0.9)), {}
    for start, end, label, slot in row["spans"]:  # type: ignore[attr-defined]
        out.add(text[at:start])
        value = text[start:end]
        if label != "?" and rng.random() < share:
            if value not in swaps:
                swaps[value] = _other(value, label, slot, rng, fillers)
            value = swaps[value]
        out.add(value, label)
        at = end
    out.add(text[at:])
    return out.done()


def _other(value: str, label: str, slot: str, rng: random.Random, fillers: Fillers) -> str:
    if slot and slot != "handle":
        return str(getattr(fillers, slot)())
    if label == "PERSON":
        return fillers.person() if " " in value else rng.choice((fillers.first, fillers.first, fillers.last))()
    if label == "LOCATION" and not value.lower().startswith("the "):
        return rng.choice((fillers.city, fillers.city, fillers.country, fillers.state, fillers.place))()
    if label == "ORGANIZATION" and len(value) > 4:
        return fillers.org()
    return value


def _record(record: object, rng: random.Random) -> Example:
    """A stretch of up to about 600 characters of a sampled record, cut at blanks."""
    text = str(record.fields["text"])  # type: ignore[attr-defined]
    spans = [(s.start, s.end, _SAMPLE.get(s.entity, "NUMBER")) for s in record.spans["text"]]  # type: ignore[attr-defined]
    start = rng.randint(0, max(0, len(text) - 450))
    start = 0 if start < 60 else text.find("\n", start) + 1 or text.find(" ", start) + 1
    start = max([start, *(end for s, end, _ in spans if s < start < end)])
    end = min(len(text), start + 450)
    end = min([end, *(s for s, e, _ in spans if s < end < e)])
    spans = sorted(spans + [found[:3] for found in _titles(text, spans)])
    return text[start:end], [(s - start, e - start, label) for s, e, label in spans if start <= s and e <= end]


def _titles(text: str, spans: list[tuple]) -> list[tuple[int, int, str, str]]:
    """Titles such as ``Mr.`` outside all other spans."""
    matches = [m.span() for m in _TITLE.finditer(text)]
    return [(s, e, "TITLE", "") for s, e in matches if all(e <= span[0] or span[1] <= s for span in spans)]


def _carried(carrier: str, fillers: Fillers, words: Words) -> Example:
    out = _Builder()
    for part in re.split(r"(\{[a-z]+\d?\})", carrier):
        if not part.startswith("{") or part[1:-1].rstrip("0123456789") == "":
            out.add(part)
            continue
        slot = part[1:-1].rstrip("0123456789")
        if slot in SLOTS:
            out.add(getattr(fillers, slot)(), SLOTS[slot])
        else:
            out.add(getattr(words, slot)())
    return out.done()


class _Builder:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.spans: list[tuple[int, int, str]] = []
        self.length = 0

    def add(self, text: str, label: str = "") -> None:
        if label and text:
            self.spans.append((self.length, self.length + len(text), label))
        self.parts.append(text)
        self.length += len(text)

    def done(self) -> Example:
        return "".join(self.parts), self.spans


def _noised(example: Example, rng: random.Random) -> Example:
    """Case lost, letters slipped, hashtags made: nothing that moves an offset but the hashtag's sign."""
    text, spans = example
    draw = rng.random()
    if draw < 0.14:
        text = _same(text, text.lower())
    elif draw < 0.19:
        text = _same(text, text.upper())
    elif draw < 0.22:
        text = _same(text, text.title())
    elif draw < 0.27:
        for start, end, _ in spans:
            text = (
                text[:start] + _same(text[start:end], rng.choice((str.lower, str.upper))(text[start:end])) + text[end:]
            )
    elif draw < 0.33 and text:
        letters = list(text)
        for _ in range(1 + len(text) // 60):
            i = rng.randrange(len(letters))
            if letters[i].isalpha() and letters[i].islower():
                letters[i] = rng.choice("abcdefghijklmnopqrstuvwxyz")
        text = "".join(letters)
    elif draw < 0.37:
        out, at = _Builder(), 0
        for start, end, label in spans:
            out.add(text[at:start])
            tag = label in ("PERSON", "LOCATION", "ORGANIZATION") and rng.random() < 0.5
            value = re.sub(r"\W+", "", text[start:end]) if tag else text[start:end]
            if tag and value:
                out.add("#")
            out.add(value or text[start:end], label)
            at = end
        out.add(text[at:])
        text, spans = out.done()
    elif draw < 0.40:
        # Punctuation lost at the end.
        text = text.rstrip(".!?")
        spans = [(s, min(e, len(text)), label) for s, e, label in spans if s < len(text)]
    return text, spans


def _same(text: str, changed: str) -> str:
    return changed if len(changed) == len(text) else text
