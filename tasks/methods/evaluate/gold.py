"""Annotated documents, one JSON object a line::

    {"id": …, "text": …, "lang": "en", "partial": false,
     "spans": [{"start": 0, "end": 3, "type": "PERSON", "origin": "turkish", "gender": "female"}]}

Offsets are characters. ``partial`` means that only some kinds of personal data are annotated: what else is masked may
be right, so precision can't be told. ``lang``, ``partial``, ``origin`` and ``gender`` may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.errors import UserError


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """An annotated value: ``text[start:end]``, its type in the words of the annotation, and what is known of it."""

    start: int
    end: int
    type: str
    origin: str = ""
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """An annotated text. ``id`` is the line's own, else its number from 0."""

    id: Any
    text: str
    lang: str
    partial: bool
    spans: tuple[GoldSpan, ...]


def read_gold(path: str | Path) -> Iterator[Document]:
    """Read annotated documents.

    Raises:
        UserError: where there is no such file, or a line isn't of this form. The message names the line, no value.
    """
    path = Path(path)
    for number, found in objects(path):
        text, spans = found.get("text"), found.get("spans")
        if not isinstance(text, str) or not isinstance(spans, list):
            raise UserError(f"{path.name}: line {number + 1}: a document has a string `text` and a list `spans`")
        try:
            gold = tuple(_span(span, len(text)) for span in spans)
        except (TypeError, ValueError, KeyError):
            raise UserError(
                f"{path.name}: line {number + 1}: a span has `start`, `end` (0 <= start < end <= length of the text) "
                "and `type`"
            ) from None
        partial = found.get("partial", False)
        if not isinstance(partial, bool):
            raise UserError(f"{path.name}: line {number + 1}: `partial` is true or false")
        yield Document(found.get("id", number), text, str(found.get("lang") or ""), partial, gold)


def read_spans(path: str | Path, documents: Sequence[Document]) -> list[list[tuple[int, int]]]:
    """What was masked in each document, from the lines of ``airlock scan`` over the same file.

    Raises:
        UserError: where the lines are not those of the documents, in their order.
    """
    path = Path(path)
    found = []
    for number, line in objects(path):
        if number >= len(documents) or line.get("id") != documents[number].id:
            raise UserError(f"{path.name}: line {number + 1}: its id is not that of the gold file's line {number + 1}")
        try:
            spans = [_span({**span, "type": ""}, len(documents[number].text)) for span in line["spans"]]
        except (TypeError, ValueError, KeyError):
            raise UserError(f"{path.name}: line {number + 1}: a span leaves the text, or is no span") from None
        found.append([(span.start, span.end) for span in spans])
    if len(found) != len(documents):
        raise UserError(f"{path.name}: has {len(found)} lines, the gold file {len(documents)}")
    return found


def objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON Lines with their numbers, from 0.

    Raises:
        UserError: where there is no such file or a line is no object.
    """
    try:
        with open(path, encoding="utf-8") as lines:
            number = 0
            for line in lines:
                if line.strip():
                    found = json.loads(line)
                    if not isinstance(found, dict):
                        raise ValueError
                    yield number, found
                    number += 1
    except OSError:
        raise UserError(f"{path}: there is no such file, or it can't be read") from None
    except (ValueError, RecursionError):
        raise UserError(f"{path.name}: line {number + 1} is not an object of JSON in UTF-8") from None


def _span(found: Any, length: int) -> GoldSpan:
    start, end = found["start"], found["end"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
        raise ValueError
    return GoldSpan(start, end, str(found["type"]), str(found.get("origin") or ""), str(found.get("gender") or ""))
