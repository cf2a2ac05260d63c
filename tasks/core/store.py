"""A zone's storage: any fsspec URL, and the one operation that publishing needs, create-if-absent.

Locally a file is created by ``link(2)`` from a finished temporary file, on S3 by ``PutObject`` with
``If-None-Match: *``: either way the object appears whole or not at all, and exactly one of several writers wins.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tasks.core.errors import TryAgain, UserError

CONDITIONAL_PUT = {"s3", "s3a", "memory"}
"""Protocols, besides local files, on which create-if-absent has been tested."""


class Store:
    """One zone. Paths are relative to its URL and use ``/``.

    Args:
        url: a folder or an fsspec URL.
        create: make the folder (mode 0700 locally) if it isn't there.

    Raises:
        UserError: where the URL's protocol is unknown or can't create a file only if it is absent.
    """

    def __init__(self, url: str, create: bool = True) -> None:
        self.url = url.rstrip("/")
        try:
            self.fs, self.root = cast(tuple[Any, str], fsspec.core.url_to_fs(self.url, **_options(self.url)))
        except (ValueError, ImportError):
            raise UserError(f"store {self.url}: no driver is installed for this kind of URL") from None
        self.is_local = isinstance(self.fs, LocalFileSystem)
        protocol = self.fs.protocol if isinstance(self.fs.protocol, str) else self.fs.protocol[0]
        if not self.is_local and protocol not in CONDITIONAL_PUT:
            raise UserError(
                f"store {self.url}: {protocol} cannot create a file only if it is absent; use file:// or s3://"
            )
        if self.is_local and create:
            Path(self.root).mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, name: str) -> str:
        """The path of ``name`` as the file system wants it."""
        return f"{self.root}/{name}" if name else self.root

    def exists(self, name: str) -> bool:
        """Whether a file or folder is there now (listings are never cached)."""
        with _patiently(self.url):
            self.fs.invalidate_cache()
            return bool(self.fs.exists(self.path(name)))

    @contextlib.contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """Open a file for reading."""
        stream = self.open_read(name)
        try:
            yield stream
        finally:
            stream.close()

    def open_read(self, name: str) -> BinaryIO:
        """Open a file for reading; the caller closes it."""
        with _patiently(self.url):
            return cast(BinaryIO, self.fs.open(self.path(name), "rb"))

    def open_write(self, name: str) -> BinaryIO:
        """Open a file for writing, replacing what is there. Local files are private to their owner."""
        if self.is_local:
            target = Path(self.path(name))
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        with _patiently(self.url):
            return cast(BinaryIO, self.fs.open(self.path(name), "wb"))

    def read_bytes(self, name: str) -> bytes:
        """The whole content of a small file.

        Raises:
            FileNotFoundError: where there is none.
        """
        with self.reading(name) as stream:
            return stream.read()

    def write_bytes(self, name: str, data: bytes) -> None:
        """Write a small file whole, replacing what is there; a reader never sees half of it."""
        if self.is_local:
            temporary = self._finished_file(name, data)
            os.replace(temporary, self.path(name))
            return
        with _patiently(self.url):
            self.fs.pipe_file(self.path(name), data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a small file only if it is absent.

        Returns:
            True where this call wrote it, False where another writer was first.
        """
        if self.is_local:
            temporary = self._finished_file(name, data)
            try:
                os.link(temporary, self.path(name))
                return True
            except FileExistsError:
                return False
            finally:
                os.unlink(temporary)
        with _patiently(self.url):
            try:
                self.fs.pipe_file(self.path(name), data, mode="create")
                return True
            except FileExistsError:
                return False

    def listing(self, name: str = "") -> list[dict[str, Any]]:
        """What lies directly below a folder: dicts with ``name``, ``type`` and ``size``; empty where it isn't there."""
        with _patiently(self.url):
            self.fs.invalidate_cache()
            try:
                found = self.fs.ls(self.path(name), detail=True)
            except FileNotFoundError:
                return []
        return [
            {"name": item["name"].rstrip("/").rsplit("/", 1)[-1], "type": item["type"], "size": item.get("size") or 0}
            for item in sorted(found, key=lambda item: item["name"])
            if item["name"].rstrip("/") != self.path(name).rstrip("/")
        ]

    def modified(self, name: str) -> float:
        """When a file was last written, in seconds since 1970 UTC."""
        with _patiently(self.url):
            return float(self.fs.modified(self.path(name)).timestamp())

    def remove(self, name: str) -> None:
        """Delete a file or a whole folder; silent where it isn't there."""
        with contextlib.suppress(FileNotFoundError), _patiently(self.url):
            self.fs.rm(self.path(name), recursive=True)

    def local_path(self, name: str) -> Path | None:
        """The local path of a file, or ``None`` where the store isn't local."""
        return Path(self.path(name)) if self.is_local else None

    def upload(self, source: Path, name: str) -> None:
        """Copy a local file into the store."""
        with open(source, "rb") as stream, self.open_write(name) as out:
            while piece := stream.read(1 << 22):
                out.write(piece)

    def _finished_file(self, name: str, data: bytes) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = f"{target.parent}/.{uuid.uuid4().hex}.tmp"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        return temporary


def _options(url: str) -> dict[str, Any]:
    # A listing taken from a cache could hide an artifact that another worker has just published.
    return {"use_listings_cache": False} if url.startswith(("s3://", "s3a://")) else {}


@contextlib.contextmanager
def _patiently(url: str) -> Iterator[None]:
    """Turn the transient faults of a store into :class:`TryAgain`; a missing file stays one."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except PermissionError:
        raise UserError(f"store {url}: access is denied; this worker needs the zone's credentials") from None
    except (TimeoutError, ConnectionError, OSError) as exc:
        raise TryAgain(f"store {url}: {type(exc).__name__}; the store may be down or busy") from None
