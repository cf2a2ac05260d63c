"""Templates with choices and slots, rendered to pieces of text that know which entity they are.

A template is text with

* ``[a|b|c]`` – one of the alternatives, each a template; ``[a|]`` is optional,
* ``{slot}`` – what the document's slots say; ``{Slot}`` is the same with a capital first letter,
* ``{#3-9}`` or ``{#1.2-4.8}`` – a number of that range, with as many decimals as written.

Offsets are counted when the pieces are joined, so whatever changes pieces before that (capitals, misspellings) can't
put a span beside its value.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from tasks.methods.sample.record import Span


class Piece(NamedTuple):
    """Literal text; ``entity`` is empty where it identifies nobody."""

    text: str
    entity: str = ""


Value = str | Piece | Sequence[Piece] | Callable[[random.Random], "str | Piece | Sequence[Piece]"]
Slots = dict[str, Value]


class _Slot(NamedTuple):
    name: str


class _Number(NamedTuple):
    low: str
    high: str


class _Choice(NamedTuple):
    options: tuple[tuple[object, ...], ...]


_TOKEN = re.compile(r"\[|\]|\||\{#[\d.]+-[\d.]+\}|\{\w+\}")


@lru_cache(maxsize=16384)
def _parse(template: str) -> tuple[object, ...]:
    stack: list[list[list[object]]] = [[[]]]
    position = 0
    for match in _TOKEN.finditer(template):
        nodes = stack[-1][-1]
        if match.start() > position:
            nodes.append(template[position : match.start()])
        position = match.end()
        token = match.group()
        if token == "[":
            stack.append([[]])
        elif token == "]":
            options = stack.pop()
            stack[-1][-1].append(_Choice(tuple(tuple(o) for o in options)))
        elif token == "|":
            if len(stack) == 1:
                nodes.append("|")
            else:
                stack[-1].append([])
        elif token.startswith("{#"):
            nodes.append(_Number(*token[2:-1].split("-")))
        else:
            nodes.append(_Slot(token[1:-1]))
    if len(stack) != 1:
        raise ValueError(f"unbalanced brackets in the template {template!r}")
    stack[0][0].append(template[position:])
    return tuple(stack[0][0])


def render(template: str, slots: Slots, rng: random.Random) -> list[Piece]:
    """Render ``template``.

    Raises:
        KeyError: a slot that the document doesn't have.
    """
    out: list[Piece] = []
    _render(_parse(template), slots, rng, out)
    return out


def _render(nodes: tuple[object, ...], slots: Slots, rng: random.Random, out: list[Piece]) -> None:
    for node in nodes:
        if isinstance(node, str):
            if node:
                out.append(Piece(node))
        elif isinstance(node, _Choice):
            _render(node.options[int(rng.random() * len(node.options))], slots, rng, out)
        elif isinstance(node, _Number):
            out.append(Piece(_number(node, rng)))
        elif isinstance(node, _Slot):
            _fill(node.name, slots, rng, out)


def _number(node: _Number, rng: random.Random) -> str:
    decimals = len(node.low.partition(".")[2])
    scale = 10**decimals
    drawn = rng.randint(round(float(node.low) * scale), round(float(node.high) * scale))
    return f"{drawn / scale:.{decimals}f}"


def _fill(name: str, slots: Slots, rng: random.Random, out: list[Piece]) -> None:
    capital = name not in slots and name[0].isupper()
    value = slots[name[0].lower() + name[1:] if capital else name]
    if callable(value):
        value = value(rng)
    first = len(out)
    if isinstance(value, str):
        _render(_parse(value), slots, rng, out)
    elif isinstance(value, Piece):
        out.append(value)
    else:
        out.extend(value)
    if capital and len(out) > first:
        text, entity = out[first]
        out[first] = Piece(text[:1].upper() + text[1:], entity)


class Deck:
    """Deals the items of a pool in random order, none twice until all have been dealt. A slot value."""

    def __init__(self, items: Sequence[str]) -> None:
        self._items, self._left = items, list[str]()

    def __call__(self, rng: random.Random) -> str:
        if not self._left:
            self._left = rng.sample(self._items, len(self._items))
        return self._left.pop()


class Doc:
    """A document being written: sentences, lines and paragraphs, all from templates over one set of slots.

    Args:
        rng: where choices come from.
        slots: what the slots of the templates mean in this document.
        joiner: what stands between two sentences (a space, or nothing in Chinese).
    """

    def __init__(self, rng: random.Random, slots: Slots, joiner: str = " ") -> None:
        self.rng, self.slots, self.joiner = rng, slots, joiner
        self.pieces: list[Piece] = []

    def add(self, *pieces: Piece) -> None:
        """Append pieces as they are."""
        self.pieces.extend(pieces)

    def say(self, *templates: str) -> None:
        """Append each template as a sentence to the line."""
        for template in templates:
            if self.joiner and self.pieces and not self.pieces[-1].text.endswith(("\n", self.joiner)):
                self.pieces.append(Piece(self.joiner))
            self.pieces.extend(render(template, self.slots, self.rng))

    def line(self, *templates: str, caps: bool = False) -> None:
        """Begin a new line for each template; with ``caps`` it is shouted."""
        for template in templates:
            if self.pieces and not self.pieces[-1].text.endswith("\n"):
                self.pieces.append(Piece("\n"))
            pieces = render(template, self.slots, self.rng)
            self.pieces.extend([Piece(t.upper(), e) for t, e in pieces] if caps else pieces)

    def blank(self) -> None:
        """Leave a line empty."""
        if self.pieces:
            self.pieces.append(Piece("\n" if self.pieces[-1].text.endswith("\n") else "\n\n"))

    def maybe(self, share: float, *templates: str) -> None:
        """Say the templates in that share of documents."""
        if self.rng.random() < share:
            self.say(*templates)

    def some(self, pool: Sequence[str], low: int, high: int) -> None:
        """Say ``low`` to ``high`` different templates of ``pool``."""
        count = min(self.rng.randint(low, high), len(pool))
        self.say(*self.rng.sample(pool, count))


def join(pieces: Sequence[Piece]) -> tuple[str, list[Span]]:
    """Put pieces together: the text, and the spans of those that are entities."""
    spans: list[Span] = []
    position = 0
    for text, entity in pieces:
        if entity:
            spans.append(Span(position, position + len(text), entity))
        position += len(text)
    return "".join(p.text for p in pieces), spans
