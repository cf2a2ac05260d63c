"""Framing by physical line: JSON Lines, and delimited text without quoting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tasks.methods.records.columns import OVER_SIZE, WRONG_ENCODING
from tasks.methods.records.window import Window


class Frame(NamedTuple):
    """A record's place in the file, and its text or the reason why it has none.

    Attributes:
        line: the physical line it begins on, from 1.
        offset: of its first byte in the uncompressed file.
        length: in bytes, without its line end.
        value: its text (a list of fields from :mod:`.rfc4180`); ``None`` where there is a reason.
        reason: empty, or one of :data:`.columns.REASONS`.
    """

    line: int
    offset: int
    length: int
    value: Any
    reason: str


def frame_lines(window: Window, limit: int) -> Iterator[Frame]:
    r"""Frame every physical line of a stream.

    A line ends at ``\n``; one ``\r`` before it (or before the end of the file) belongs to the line end. An empty line
    is no record. A line longer than ``limit`` bytes, or not in the window's encoding, is framed with a reason.
    At most ``limit`` bytes and two chunks are in memory.
    """
    at, line = 0, 1
    while True:
        cut = window.data.rfind(b"\n", at) + 1
        if cut:
            block = window.data[at:cut]
            yield from plain_block(block, window.base + at, line, window.encoding, limit)
            line += block.count(b"\n")
            at = cut
        if len(window.data) - at > limit + 1:
            offset = window.base + at
            length = skip_line(window, at)
            yield Frame(line, offset, length, None, OVER_SIZE)
            at, line = 0, line + 1
        elif not window.more(at):
            if window.data:
                yield from plain_block(window.data, window.base, line, window.encoding, limit)
            return
        else:
            at = 0


def plain_block(block: bytes, offset: int, line: int, encoding: str, limit: int) -> Iterator[Frame]:
    r"""Frame whole lines that are in memory; ``offset`` and ``line`` are those of the block's first byte."""
    if block.endswith(b"\n"):
        block = block[:-1]
    raws = block.split(b"\n")
    try:
        texts: list[str] = block.decode(encoding).split("\n")
    except UnicodeDecodeError:
        texts = []
    returns = b"\r" in block
    for index, raw in enumerate(raws):
        length = len(raw)
        if returns and raw.endswith(b"\r"):
            length -= 1
        if 0 < length <= limit:
            if texts:
                text = texts[index]
                yield Frame(line, offset, length, text[:-1] if length < len(raw) else text, "")
            else:
                try:
                    yield Frame(line, offset, length, raw[:length].decode(encoding), "")
                except UnicodeDecodeError:
                    yield Frame(line, offset, length, None, WRONG_ENCODING)
        elif length:
            yield Frame(line, offset, length, None, OVER_SIZE)
        offset += len(raw) + 1
        line += 1


def skip_line(window: Window, at: int) -> int:
    r"""Read past the line that begins at index ``at``, keeping none of it; the window then begins behind its ``\n``.

    Returns:
        the line's length in bytes without its line end.
    """
    begin = window.base + at
    last = b""
    while (end := window.data.find(b"\n", at)) < 0:
        last = window.data[-1:] or last
        at = len(window.data)
        if not window.more(at):
            end = len(window.data)
            break
        at = 0
    last = window.data[end - 1 : end] or last
    length = window.base + end - begin - (last == b"\r")
    behind = min(end + 1, len(window.data))
    window.data, window.base = window.data[behind:], window.base + behind
    return length
