r"""Framing of delimited text with quoted fields, after RFC 4180 section 2.

A field that begins with ``"`` may hold delimiters and line ends, and ``""`` for a quote; a record ends at ``\n`` or
``\r\n`` outside quotes. Readers disagree about anything else, so it isn't guessed at:

* a quote inside an unquoted field, text behind a closing quote (``stray_quote``);
* a quoted field that doesn't end within the size limit of its record (``unclosed_quote``).

Resynchronising: **a record that doesn't frame costs the physical line on which it began; framing starts again at
the next physical line.** So an unclosed quote costs one record where the lines behind it are ordinary: the next
quoted field opens where the unclosed one would have to be closing, which is a stray quote. Where a line follows whose
quotes happen to close it properly, the two are one record by the standard, and nothing can tell. The lines of a
multi-line field whose first line was set aside are framed as records of their own; mostly they have the wrong number
of fields and are set aside too, and in a file of one column they are not.

No more than the size limit is looked ahead, and every look-ahead ends at the next opening quote, so time is linear
in the file's size but for at most one size limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.methods.records.columns import OVER_SIZE, STRAY_QUOTE, UNCLOSED_QUOTE, WRONG_ENCODING
from tasks.methods.records.lines import Frame, plain_block, skip_line
from tasks.methods.records.window import Window


class _Grammar(NamedTuple):
    record: re.Pattern[bytes]
    last: re.Pattern[bytes]
    lead: re.Pattern[bytes]
    one: re.Pattern[bytes]
    field: re.Pattern[str]


_QUOTED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')


def _grammar(delimiter: str) -> _Grammar:
    d = re.escape(delimiter).encode()
    field = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\n' + d + rb"]*+)"
    record = field + rb"(?:" + d + field + rb")*+"
    # The text form is only used on what the byte form has accepted; a delimiter put before the record makes no
    # match empty.
    text = f'{re.escape(delimiter)}(?:"([^"]*+(?:""[^"]*+)*+)"|([^"{re.escape(delimiter)}]*+))'
    return _Grammar(
        record=re.compile(record + rb"\r?\n"),
        last=re.compile(record + rb"\r?\Z"),
        lead=re.compile(rb"(?:" + field + d + rb")*+"),
        one=re.compile(field),
        field=re.compile(text),
    )


def frame_records(window: Window, delimiter: str, limit: int) -> Iterator[Frame]:
    """Frame the records of a delimited stream; each good frame's value is its list of fields.

    Args:
        window: the stream; its encoding must be a superset of ASCII whose other characters hold no ``"``, no
            delimiter and no line end among their bytes (UTF-8, ISO 8859, Windows-1252; GB 18030 unless the
            delimiter is ``|``).
        delimiter: one ASCII character.
        limit: longest record in bytes, without its line end.

    Formal guarantees:
        Frames are disjoint and in the order of the file; the bytes in no frame are line ends, empty lines outside
        quotes and the byte order mark. What is framed doesn't depend on how the stream is cut into chunks.
    """
    grammar = _grammar(delimiter)
    at, line = 0, 1
    while True:
        data = window.data
        quote = data.find(b'"', at)
        plain = data.rfind(b"\n", at, quote if quote >= 0 else len(data)) + 1
        if plain:
            block = data[at:plain]
            yield from _split(plain_block(block, window.base + at, line, window.encoding, limit), delimiter)
            line += block.count(b"\n")
            at = plain
        rest = len(data) - at
        end = data.find(b"\n", at) if quote >= 0 else -1
        if end < 0 and rest > limit + 1:
            offset = window.base + at
            length = skip_line(window, at)
            yield Frame(line, offset, length, None, OVER_SIZE)
            at, line = 0, line + 1
            continue
        if end < 0 and not window.eof:
            window.more(at)
            at = 0
            continue
        if not rest:
            return
        if quote < 0:
            yield from _split(plain_block(data[at:], window.base + at, line, window.encoding, limit), delimiter)
            return

        found = grammar.record.match(data, at)
        if found is None and rest <= limit + 1:
            if not window.eof:
                window.more(at)
                at = 0
                continue
            found = grammar.last.match(data, at)
        first = _length(data, at, end if end >= 0 else len(data))
        if first > limit:
            behind, length, value, reason = end + 1 or len(data), first, None, OVER_SIZE
        elif found is not None and (length := _length(data, at, _content_end(data, found.end()))) <= limit:
            behind = found.end()
            value, reason = _fields(data[at : at + length], grammar, delimiter, window.encoding)
        else:
            behind, length, value = end + 1 or len(data), first, None
            reason = _why(grammar, data, at, at + limit + 2)
        yield Frame(line, window.base + at, length, value, reason)
        line += data.count(b"\n", at, behind)
        at = behind


def _split(frames: Iterator[Frame], delimiter: str) -> Iterator[Frame]:
    for line, offset, length, text, reason in frames:
        yield Frame(line, offset, length, None if reason else text.split(delimiter), reason)


def _content_end(data: bytes, end: int) -> int:
    return end - 1 if data[end - 1 : end] == b"\n" else end


def _length(data: bytes, at: int, end: int) -> int:
    return end - at - (end > at and data[end - 1 : end] == b"\r")


def _fields(raw: bytes, grammar: _Grammar, delimiter: str, encoding: str) -> tuple[list[str] | None, str]:
    try:
        text = delimiter + raw.decode(encoding)
    except UnicodeDecodeError:
        return None, WRONG_ENCODING
    return [q.replace('""', '"') if q else u for q, u in grammar.field.findall(text)], ""


def _why(grammar: _Grammar, data: bytes, at: int, stop: int) -> str:
    """Why no record of at most ``stop - at - 2`` bytes begins at ``at``; looks at nothing from ``stop`` on."""
    lead = grammar.lead.match(data, at, stop)
    place = lead.end() if lead else at
    if data[place : min(place + 1, stop)] == b'"' and _QUOTED.match(data, place, stop) is None:
        return UNCLOSED_QUOTE
    last = grammar.one.match(data, place, stop)
    place = last.end() if last else place
    ended = data[place : place + 1] == b"\n" or data[place : place + 2] == b"\r\n"
    return OVER_SIZE if place >= stop - 1 or ended else STRAY_QUOTE
