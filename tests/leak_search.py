"""A search for values in everything a run wrote: it decodes what it reads.

Forms that are decoded, one inside another: UTF-8 and UTF-16 text, JSON and its escapes, HTML entities, URL encoding,
base64, gzip, zip, Parquet (cells, statistics and metadata), SQLite (every cell of every table), safetensors (header).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import json
import re
import sqlite3
import struct
import tempfile
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MIN_LENGTH = 6
CHANCE_DIGITS = 10
"""Numbers of fewer digits turn up by chance inside others: 1 MB of hexadecimal has six given digits 6 times in 100."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


@dataclass
class Found:
    """What a search found.

    Attributes:
        hits: (file, how it was decoded, value).
        files: how many files were read.
        forms: how often each form was decoded.
    """

    hits: list[tuple[str, str, str]] = field(default_factory=list)
    files: int = 0
    forms: dict[str, int] = field(default_factory=dict)


def usable(values: Iterable[str], public: bytes) -> tuple[set[str], dict[str, int]]:
    """The values worth searching for, and how many were left out and why.

    Args:
        public: text that anybody has (base model, source code): a value in it proves nothing.
    """
    wanted: set[str] = set()
    left_out = {"short": 0, "public": 0}
    for value in {value.strip() for value in values}:
        if len(value) < MIN_LENGTH:
            left_out["short"] += 1
        elif value.encode() in public:
            left_out["public"] += 1
        else:
            wanted.add(value)
    return wanted, left_out


def search(paths: Iterable[Path], values: set[str]) -> Found:
    """Look for ``values`` in files and folders, decoding every form named above."""
    found = Found()
    needles = [(value, _needle(value)) for value in sorted(values)]
    for path in _files(paths):
        found.files += 1
        name = str(path).encode()
        for value, needle in needles:
            if needle(name):
                found.hits.append((str(path), "name", value))
        for form, data in decoded(path.read_bytes()):
            found.forms[form] = found.forms.get(form, 0) + 1
            found.hits += [(str(path), form, value) for value, needle in needles if needle(data)]
    return found


def _needle(value: str) -> Callable[[bytes], bool]:
    """Whether a value stands in some bytes.

    A short number counts only where it stands by itself: a run writes thousands of clock times with microseconds, of
    fractions and of hexadecimal ids, and some of these hold any six digits by chance.
    """
    wanted = value.encode()
    if not value.isdecimal() or len(value) >= CHANCE_DIGITS:
        return lambda data: wanted in data
    alone = re.compile(rb"(?<![0-9A-Za-z])(?<![0-9]\.)" + re.escape(wanted) + rb"(?![0-9A-Za-z])")
    return lambda data: wanted in data and alone.search(data) is not None


def decoded(data: bytes, form: str = "", depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The bytes themselves, and whatever they decode to."""
    yield form or "plain", data
    if depth >= 4:
        return
    for inner_form, inner in _containers(data):
        yield from decoded(inner, f"{form}/{inner_form}".lstrip("/"), depth + 1)


def _containers(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:2] == b"\x1f\x8b":
        try:
            yield "gzip", gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield "zip name", name.encode()
                yield "zip", archive.read(name)
    elif data[:4] == b"PAR1":
        yield "parquet", _parquet(data)
    elif data[:16] == b"SQLite format 3\x00":
        yield from (("sqlite", cell) for cell in _sqlite(data))
    elif header := _safetensors(data):
        yield "safetensors", header
    else:
        yield from _texts(data)


def _texts(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield "utf-16", data.decode("utf-16", "replace").encode()
        return
    if b"\\" in data:
        escaped = re.sub(rb"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)).encode("utf-8", "surrogatepass"), data)
        plain = escaped.replace(b"\\n", b"\n").replace(b"\\t", b"\t").replace(b'\\"', b'"').replace(b"\\/", b"/")
        if plain != data:
            yield "json", plain
    if b"&" in data and b";" in data and (plain := html.unescape(data.decode("utf-8", "replace")).encode()) != data:
        yield "html", plain
    if b"%" in data and (plain := urllib.parse.unquote_to_bytes(data.replace(b"+", b" "))) != data:
        yield "url", plain
    for match in _BASE64.finditer(data):
        word = match[0]
        try:
            plain = base64.b64decode(
                word.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(word) % 4), validate=True
            )
        except (binascii.Error, ValueError):
            continue
        if plain.isascii() or plain[:2] in (b"\x1f\x8b", b"PK"):
            yield "base64", plain


def _parquet(data: bytes) -> bytes:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(data))
    parts = [repr(file.metadata.metadata).encode()]
    for group in range(file.num_row_groups):
        for column in range(file.metadata.num_columns):
            statistics = file.metadata.row_group(group).column(column).statistics
            if statistics is not None and statistics.has_min_max:
                parts.append(f"{statistics.min}\n{statistics.max}".encode())
        for name, cells in file.read_row_group(group).to_pydict().items():
            parts.append(name.encode())
            parts += [str(cell).encode() for cell in cells if cell is not None]
    return b"\n".join(parts)


def _sqlite(data: bytes) -> Iterator[bytes]:
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(data)
        file.flush()
        db = sqlite3.connect(file.name)
        db.text_factory = bytes
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            name = table.decode().replace('"', '""')
            for row in db.execute(f'SELECT * FROM "{name}"'):
                for cell in row:
                    if isinstance(cell, bytes):
                        yield cell
                    elif cell is not None:
                        yield str(cell).encode()
        db.close()


def _safetensors(data: bytes) -> bytes | None:
    if len(data) < 10:
        return None
    (size,) = struct.unpack("<Q", data[:8])
    if not 2 <= size <= len(data) - 8 or data[8:9] != b"{":
        return None
    try:
        return json.dumps(json.loads(data[8 : 8 + size]), ensure_ascii=False).encode()
    except ValueError:
        return None


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
