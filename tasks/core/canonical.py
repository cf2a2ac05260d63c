"""Canonical JSON and digests: the form in which everything that decides a result is hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


def canonical_json(obj: object) -> bytes:
    """Serialise ``obj`` to one well-defined byte string (RFC 8785 in spirit: sorted keys, no white space).

    Raises:
        TypeError: for anything that isn't plain JSON. There is deliberately no ``default=``: a lazy sequence or an
            object hashed by its ``repr`` would make two different inputs share a key.
        ValueError: for NaN or infinity, which JSON has no words for.

    >>> canonical_json({"b": 1, "a": [1.5, None]})
    b'{"a":[1.5,null],"b":1}'
    """
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256_bytes(data: bytes) -> str:
    """The SHA-256 of ``data`` in hex."""
    return hashlib.sha256(data).hexdigest()


def sha256_json(obj: object) -> str:
    """The SHA-256 of an object's canonical JSON in hex."""
    return sha256_bytes(canonical_json(obj))


def sha256_stream(stream: BinaryIO) -> tuple[str, int]:
    """The SHA-256 in hex and the size in bytes of a stream, read in pieces."""
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(CHUNK):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def sha256_file(path: str | Path) -> str:
    """The SHA-256 of a local file in hex."""
    with open(path, "rb") as stream:
        return sha256_stream(stream)[0]


def sha256_sources(package: str) -> str:
    """The digest of all files of a package: rules written as code, and the word lists and models that lie beside them.

    A new rule or word is a new key. The package is not imported.
    """
    folder = Path(__file__).resolve().parents[2] / Path(*package.split("."))
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return sha256_json([[path.relative_to(folder).as_posix(), sha256_file(path)] for path in files])


def sha256_files(paths: Iterable[str | Path]) -> dict[str, str]:
    """Name to SHA-256 of several local files (names without their folders)."""
    return {Path(p).name: sha256_file(p) for p in sorted(map(str, paths))}
