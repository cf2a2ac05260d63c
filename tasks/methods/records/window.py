"""The part of a byte stream that is in memory while records are framed."""

from __future__ import annotations

import codecs
from typing import Protocol

from tasks.core.errors import UserError

CHUNK = 1 << 20

_FOREIGN_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Readable(Protocol):
    """Anything with ``read(n)`` that returns no bytes at its end, and only there."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes."""
        ...


class Window:
    """A sliding view of a stream: :attr:`data` begins at byte :attr:`base` of the uncompressed file.

    Args:
        stream: where bytes come from.
        name: what messages call the file.
        encoding: a UTF-8 byte order mark is skipped where this is ``utf-8``.
        chunk: bytes asked for at a time; what is framed doesn't depend on it.

    Raises:
        UserError: where the file begins with the byte order mark of UTF-16 or UTF-32.
    """

    def __init__(self, stream: Readable, name: str = "input", encoding: str = "utf-8", chunk: int = CHUNK) -> None:
        self._stream, self._chunk = stream, chunk
        self.name, self.encoding = name, encoding
        self.data, self.base, self.eof = b"", 0, False
        while len(self.data) < 4 and self.more(0):
            pass
        if self.data.startswith(_FOREIGN_MARKS):
            raise UserError(f"{name}: is UTF-16 or UTF-32; convert it to UTF-8 (iconv -t utf-8) first")
        if encoding == "utf-8" and self.data.startswith(codecs.BOM_UTF8):
            self.data, self.base = self.data[3:], 3

    def more(self, keep_from: int) -> bool:
        """Drop what lies before index ``keep_from`` of the data and read on; False at the end of the stream."""
        if keep_from:
            self.data, self.base = self.data[keep_from:], self.base + keep_from
        piece = b"" if self.eof else self._stream.read(self._chunk)
        if not piece:
            self.eof = True
            return False
        self.data += piece
        return True
