"""Reading a source as one stream of uncompressed bytes, hashing the file on the way."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from typing import Any, cast

from tasks.core.errors import TryAgain, UserError
from tasks.methods.records.sources import Source
from tasks.methods.records.window import CHUNK

_GZIP = b"\x1f\x8b"


class SourceStream:
    """The uncompressed content of a source; gzip is known by its first bytes, whatever the file is called.

    Attributes:
        name: what messages call the file.

    Raises:
        UserError: from :meth:`read`, where the gzip stream is cut off or damaged. The input then fails whole: what
            came before may not be what was meant.
        TryAgain: where the store fails.
    """

    def __init__(self, raw: Any, name: str) -> None:
        self.name = name
        self._hashed = _Hashed(raw, name)
        head = self._hashed.peek(2)
        if name.lower().endswith(".gz") and head and head != _GZIP:
            raise UserError(f"{name}: is called .gz and isn't gzip; rename it, or compress it")
        self._plain: Any = gzip.GzipFile(fileobj=cast(Any, self._hashed), mode="rb") if head == _GZIP else self._hashed

    def read(self, size: int = CHUNK, /) -> bytes:
        """Up to ``size`` bytes, none at the end."""
        try:
            return cast(bytes, self._plain.read(size))
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise UserError(f"{self.name}: the gzip stream is cut off or damaged; fetch the file again") from None

    def sha256(self) -> str:
        """The SHA-256 in hex of the file as it lies in the store; reads what is left of it."""
        while self.read():
            pass
        while self._hashed.read(CHUNK):
            pass
        return self._hashed.digest.hexdigest()


class _Hashed(io.RawIOBase):
    """What gzip reads from: each byte is hashed once, when it is handed out."""

    def __init__(self, raw: Any, name: str) -> None:
        self._raw, self._name, self._ahead = raw, name, b""
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        while len(self._ahead) < size and (piece := self._fetch(size)):
            self._ahead += piece
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        if not self._ahead:
            piece = self._fetch(size)
        else:
            cut = len(self._ahead) if size < 0 else size
            piece, self._ahead = self._ahead[:cut], self._ahead[cut:]
        self.digest.update(piece)
        return piece

    def _fetch(self, size: int) -> bytes:
        try:
            return cast(bytes, self._raw.read(size))
        except OSError as exc:
            raise TryAgain(f"{self._name}: {type(exc).__name__} while it was read; try again") from None


@contextlib.contextmanager
def open_source(source: Source) -> Iterator[SourceStream]:
    """Open a source for one reading from its beginning.

    Raises:
        TryAgain: where it is gone since it was listed.
        UserError: where it may not be read.
    """
    try:
        raw = source.fs.open(source.path, "rb")
    except FileNotFoundError:
        raise TryAgain(f"{source.name}: is gone since the files were listed; try again") from None
    except PermissionError:
        raise UserError(f"{source.name}: access is denied; this worker needs the source's credentials") from None
    with raw:
        yield SourceStream(raw, source.name)


def fingerprint(source: Source) -> tuple[str, int]:
    """Read a source once.

    Returns:
        the SHA-256 in hex of the file as it lies in the store, and the number of lines in its uncompressed content.

    Raises:
        UserError: where the file is empty, or damaged.
    """
    with open_source(source) as stream:
        lines, last, size = 0, b"", 0
        while piece := stream.read():
            lines += piece.count(b"\n")
            last, size = piece[-1:], size + len(piece)
        digest = stream.sha256()
    if not size:
        raise UserError(f"{source.name}: the file is empty")
    return digest, lines + (last != b"\n")
