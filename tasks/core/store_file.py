"""One file of a zone that is replaced whole, by way of a local path: for libraries that read and write paths only."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from tasks.core.store import Store


class StoreFile:
    """A file of a zone.

    Args:
        store: the zone.
        name: the file's path in it.

    Formal guarantees:
        The file appears whole or not at all (rename locally, one object elsewhere): a process killed while it replaces
        the file leaves what was there before or the new content.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name

    @contextlib.contextmanager
    def reading(self) -> Iterator[Path | None]:
        """A local path of the content, fetched first where the zone isn't local; ``None`` where there is no file."""
        path = self._store.local_path(self._name)
        if path is not None:
            yield path if path.exists() else None
            return
        with tempfile.TemporaryDirectory(prefix="airlock-") as folder:
            copy = Path(folder) / "file"
            try:
                with self._store.reading(self._name) as stream, open(copy, "wb") as out:
                    while piece := stream.read(1 << 22):
                        out.write(piece)
            except FileNotFoundError:
                copy = None  # type: ignore[assignment]
            yield copy

    @contextlib.contextmanager
    def replacing(self, durable: bool = True) -> Iterator[Path]:
        """A local path to write to; what is there when the block ends takes the file's place.

        Args:
            durable: wait until the disk has it, against a power cut. Without it the file outlives the process only,
                which takes less time.
        """
        target = self._store.local_path(self._name)
        if target is None:
            with tempfile.TemporaryDirectory(prefix="airlock-") as folder:
                yield Path(folder) / "file"
                self._store.upload(Path(folder) / "file", self._name)
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            yield temporary
            if durable:
                with open(temporary, "rb") as stream:
                    os.fsync(stream.fileno())
            os.replace(temporary, target)
            if durable:
                folder_fd = os.open(target.parent, os.O_RDONLY)
                try:
                    os.fsync(folder_fd)  # the new name, too
                finally:
                    os.close(folder_fd)
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the file; nothing where there is none."""
        self._store.remove(self._name)
