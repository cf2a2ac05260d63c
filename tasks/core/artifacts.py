"""Artifacts: what a stage leaves behind, addressed by its content and published once.

Layout below a zone::

    <stage>/<key>/manifest.json                    appears once, last: the artifact is there when this file is
    <stage>/<key>/attempts/<id>/payload/...        files covered by the digest
    <stage>/<key>/attempts/<id>/views/...          HTML and Data Docs, outside the digest
    <stage>/<key>/attempts/<id>/run.json           timings, host, library reports, outside the digest
    <stage>/<key>/attempts/<id>/lease.json         a live writer renews it
    <stage>/<key>/attempts/<id>/inputs.json        digests of what it is made of, where they are known

An erased artifact leaves a tombstone in the manifest's place: it is never a hit, and its key is not built again.

Formal guarantees:
    A reader that holds a manifest sees a complete payload: the manifest is created, atomically and only if absent,
    after every payload file. Of several writers of one key exactly one publishes; the others verify its files
    against the manifest and return the same reference, byte for byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

from tasks.core.canonical import canonical_json, sha256_json, sha256_stream
from tasks.core.errors import AirlockError, UserError
from tasks.core.store import Store

MANIFEST_VERSION = 1
READABLE_VERSIONS = (1,)
LEASE_SECONDS = 60.0
"""A lease not renewed for this long is dead."""


@dataclass(frozen=True)
class Ref:
    """A reference to an artifact: all that travels between tasks. Holds no row and no value.

    Attributes:
        uri: the zone's URL, the stage and the key, joined by ``/``.
        stage: the stage that wrote it.
        key: 64 hex characters, what decided the result.
        digest: SHA-256 of the payload, or of one file of it where the reference is to a shard.
        counts: plain figures about it.
    """

    uri: str
    stage: str
    key: str
    digest: str
    counts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Ref:
        """The inverse of :meth:`to_dict`."""
        return cls(**data)


class Artifact:
    """A published artifact whose files have been verified against its manifest."""

    def __init__(self, ref: Ref, manifest: dict[str, Any], store: Store, folder: str) -> None:
        self.ref, self.manifest = ref, manifest
        self._store, self._folder = store, folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    @property
    def files(self) -> list[str]:
        """Names of the payload files, sorted."""
        return sorted(self.manifest["files"])

    def _name(self, name: str) -> str:
        if name not in self.manifest["files"]:
            raise AirlockError(f"{self.ref.stage} artifact {self.ref.key[:12]} has no file {name}")
        return f"{self._folder}/payload/{name}"

    def open(self, name: str) -> BinaryIO:
        """Open a payload file for reading."""
        return self._store.open_read(self._name(name))

    def read_bytes(self, name: str) -> bytes:
        """A payload file's content."""
        return self._store.read_bytes(self._name(name))

    def read_json(self, name: str) -> Any:
        """A payload file's content as JSON."""
        return json.loads(self.read_bytes(name))

    def local(self, name: str) -> Path:
        """A local path of one payload file; fetched first where the store isn't local."""
        path = self._store.local_path(self._name(name))
        if path is not None:
            return path
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="airlock-")
        target = Path(self._temporary.name) / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with self.open(name) as stream, open(target, "wb") as out:
                shutil.copyfileobj(stream, out, 1 << 22)
        return target

    def local_dir(self) -> Path:
        """A local folder with every payload file in it. Read only: it may be the store itself."""
        for name in self.files:
            self.local(name)
        if self._temporary is not None:
            return Path(self._temporary.name)
        return Path(self._store.path(f"{self._folder}/payload"))


class _HashingFile(io.RawIOBase):
    """A file object that hashes what passes through it."""

    def __init__(self, stream: BinaryIO, done: Callable[[str, int], None]) -> None:
        self._stream, self._done = stream, done
        self._digest, self._size = hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self._size += len(view)
        self._stream.write(view)
        return len(view)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        if not self._stream.closed:
            self._stream.flush()

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._done(self._digest.hexdigest(), self._size)
            super().close()


class Writer:
    """One attempt at an artifact. Nothing it writes counts before :func:`publish`."""

    def __init__(self, store: Store, stage: str, key: str, inputs: dict[str, list[str]] | None = None) -> None:
        self.store, self.stage, self.key, self._inputs = store, stage, key, inputs
        self.attempt = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{uuid.uuid4().hex[:12]}"
        self.folder = f"{stage}/{key}/attempts/{self.attempt}"
        self.files: dict[str, dict[str, Any]] = {}
        self.facts: dict[str, Any] = {}
        self._started = time.monotonic()
        self._local: Path | None = None
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        if self._inputs is not None:  # first: whoever finds something of this attempt can tell what it was made of
            self.store.write_bytes(f"{self.folder}/inputs.json", json.dumps(self._inputs).encode())
        self._renew_lease()
        threading.Thread(target=self._heartbeat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._local is not None and not self.store.is_local:
            shutil.rmtree(self._local, ignore_errors=True)
        with contextlib.suppress(AirlockError):
            self.store.remove(f"{self.folder}/lease.json")

    def open(self, name: str) -> BinaryIO:
        """Open a payload file for writing; its hash is taken on the way."""

        def done(digest: str, size: int) -> None:
            self.files[name] = {"sha256": digest, "size": size}

        return io.BufferedWriter(_HashingFile(self.store.open_write(f"{self.folder}/payload/{name}"), done), 1 << 20)  # type: ignore[arg-type]

    def write_json(self, name: str, obj: object) -> None:
        """Write a payload file of JSON, sorted and indented so that people can read it."""
        with self.open(name) as out:
            out.write((json.dumps(obj, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())

    def local_dir(self) -> Path:
        """A local folder whose files become payload when the artifact is published."""
        if self._local is None:
            if self.store.is_local:
                self._local = Path(self.store.path(f"{self.folder}/payload"))
                self._local.mkdir(parents=True, exist_ok=True, mode=0o700)
            else:
                self._local = Path(tempfile.mkdtemp(prefix="airlock-"))
        return self._local

    def view(self, name: str) -> BinaryIO:
        """Open a file outside the digest, for pages that people look at."""
        return self.store.open_write(f"{self.folder}/views/{name}")

    def note(self, **facts: Any) -> None:
        """Add facts to ``run.json``: timings, versions, library reports."""
        self.facts.update(facts)

    def finish(self, counts: dict[str, Any], decided_by: dict[str, Any]) -> dict[str, Any]:
        """Hash what lies in :meth:`local_dir`, write ``run.json`` and return the manifest."""
        if self._local is not None:
            for path in sorted(p for p in self._local.rglob("*") if p.is_file()):
                name = path.relative_to(self._local).as_posix()
                if name in self.files:
                    continue
                with open(path, "rb") as stream:
                    digest, size = sha256_stream(stream)
                self.files[name] = {"sha256": digest, "size": size}
                if not self.store.is_local:
                    self.store.upload(path, f"{self.folder}/payload/{name}")
        run = {
            "seconds": round(time.monotonic() - self._started, 3),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "host": platform.node(),
            "attempt": self.attempt,
            **self.facts,
        }
        self.store.write_bytes(f"{self.folder}/run.json", json.dumps(run, indent=1, sort_keys=True).encode())
        return {
            "manifest_version": MANIFEST_VERSION,
            "stage": self.stage,
            "key": self.key,
            "decided_by": decided_by,
            "digest": payload_digest(self.files),
            "files": dict(sorted(self.files.items())),
            "counts": counts,
            "attempt": self.attempt,
        }

    def _renew_lease(self) -> None:
        lease = {"host": platform.node(), "pid": os.getpid(), "renewed": time.time()}
        self.store.write_bytes(f"{self.folder}/lease.json", json.dumps(lease).encode())

    def _heartbeat(self) -> None:
        while not self._stop.wait(LEASE_SECONDS / 4):
            with contextlib.suppress(Exception):
                self._renew_lease()


def payload_digest(files: dict[str, dict[str, Any]]) -> str:
    """The digest of a payload: SHA-256 over the sorted names, sizes and hashes of its files."""
    return sha256_json([[name, files[name]["size"], files[name]["sha256"]] for name in sorted(files)])


def find(store: Store, stage: str, key: str) -> Artifact | None:
    """The published and verified artifact of a key, or ``None``.

    Raises:
        UserError: where a payload file is missing or was changed after publication.
    """
    try:
        raw = store.read_bytes(f"{stage}/{key}/manifest.json")
    except FileNotFoundError:
        return None
    manifest = json.loads(raw)
    where = f"{stage} artifact {key[:12]} in {store.url}"
    if manifest.get("tombstone"):
        return None
    if manifest.get("manifest_version") not in READABLE_VERSIONS:
        raise UserError(f"{where}: manifest version is not one this release reads; upgrade Airlock")
    artifact = Artifact(_ref(store, manifest), manifest, store, f"{stage}/{key}/attempts/{manifest['attempt']}")
    if manifest["key"] != key or manifest["stage"] != stage or payload_digest(manifest["files"]) != manifest["digest"]:
        raise UserError(f"{where}: the manifest was changed; remove the artifact with `airlock gc --damaged`")
    for name, entry in manifest["files"].items():
        try:
            with artifact.open(name) as stream:
                found = sha256_stream(stream)
        except FileNotFoundError:
            raise UserError(f"{where}: {name} is missing; remove it with `airlock gc --damaged`") from None
        if found != (entry["sha256"], entry["size"]):
            raise UserError(f"{where}: {name} was changed; remove it with `airlock gc --damaged`")
    return artifact


def open_ref(ref: Ref) -> Artifact:
    """Open and verify the artifact that a reference names.

    A reference to a shard carries the digest of one file; it must be among the artifact's files.
    """
    suffix = f"/{ref.stage}/{ref.key}"
    if not ref.uri.endswith(suffix):
        raise AirlockError("reference: its URI doesn't end in its stage and key")
    store = Store(ref.uri.removesuffix(suffix), create=False)
    artifact = find(store, ref.stage, ref.key)
    if artifact is None:
        refuse_erased(store, ref.stage, ref.key)
        raise UserError(f"{ref.stage} artifact {ref.key[:12]} is gone from its store; run the stage again")
    _check_holds(artifact, ref)
    return artifact


def open_refs(refs: Iterable[Ref]) -> list[Artifact]:
    """The artifact of each reference, as :func:`open_ref`; one with many shards is verified once, not once a shard."""
    opened: dict[tuple[str, str], Artifact] = {}
    found = []
    for ref in refs:
        artifact = opened.get((ref.uri, ref.key)) or opened.setdefault((ref.uri, ref.key), open_ref(ref))
        _check_holds(artifact, ref)
        found.append(artifact)
    return found


def _check_holds(artifact: Artifact, ref: Ref) -> None:
    digests = {artifact.ref.digest, *(entry["sha256"] for entry in artifact.manifest["files"].values())}
    if ref.digest not in digests:
        raise UserError(
            f"{ref.stage} artifact {ref.key[:12]} doesn't hold what the reference names; run the stage again"
        )


def reuse_or_build(
    store: Store,
    stage: str,
    key: str,
    decided_by: dict[str, Any],
    build: Callable[[Writer], dict[str, Any]],
) -> tuple[Ref, bool, dict[str, Any]]:
    """Return the artifact of ``key``, building and publishing it where it isn't there.

    Args:
        build: writes the payload through the :class:`Writer` and returns the counts.

    Returns:
        the reference, whether it was reused, and the facts of the run that made it now (empty on reuse).

    Raises:
        UserError: the artifact was erased. What decides it is in its key, so it would hold the same rows again.
    """
    if (found := find(store, stage, key)) is not None:
        return found.ref, True, {}
    refuse_erased(store, stage, key)
    with Writer(store, stage, key, decided_by.get("inputs")) as writer:
        counts = build(writer)
        manifest = writer.finish(counts, decided_by)
        # Serialised once: the winner's bytes are what every reader gets.
        won = store.create(f"{stage}/{key}/manifest.json", canonical_json(manifest) + b"\n")
        facts = dict(writer.facts)
    published = find(store, stage, key)
    if published is None:
        store.remove(writer.folder)
        refuse_erased(store, stage, key)
        raise AirlockError(f"{stage} artifact {key[:12]} vanished while it was published")
    if not won:
        store.remove(writer.folder)
    return published.ref, not won, facts


def tombstone(store: Store, stage: str, key: str) -> dict[str, Any] | None:
    """What is left of an artifact that was erased, or ``None`` where it wasn't."""
    try:
        manifest = json.loads(store.read_bytes(f"{stage}/{key}/manifest.json"))
    except (FileNotFoundError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("tombstone") else None


def refuse_erased_refs(refs: Iterable[Ref]) -> None:
    """Refuse to publish what was made of something that has been erased meanwhile.

    Raises:
        UserError: one of them was.
    """
    for uri, (stage, key) in {ref.uri: (ref.stage, ref.key) for ref in refs}.items():
        refuse_erased(Store(uri.removesuffix(f"/{stage}/{key}"), create=False), stage, key)


def refuse_erased(store: Store, stage: str, key: str) -> None:
    """Refuse to go on with an artifact that was erased.

    Raises:
        UserError: it was.
    """
    if (left := tombstone(store, stage, key)) is not None:
        when = f"{left.get('why', 'unknown')}, {left.get('deleted_at', 'undated')}"
        raise UserError(
            f"{stage} artifact {key[:12]} was erased ({when}), and the same "
            "rows would bring back what was deleted. Run the pipeline from ingest, under a data set on whose opt-out "
            "list the person is"
        )


def erase(store: Store, stage: str, key: str, why: str) -> None:
    """Destroy an artifact's files, attempts and views, and leave a tombstone. Repeating it finishes what was begun.

    Formal guarantees:
        The tombstone comes first: from then on no reader takes the artifact for a hit, and no writer of the same key
        publishes. Killed at any instant, either nothing has changed or a repetition deletes the rest.
    """
    name = f"{stage}/{key}/manifest.json"
    try:
        raw = store.read_bytes(name)
    except FileNotFoundError:
        raw = b""
    if raw and tombstone(store, stage, key) is None:
        store.write_bytes(name, canonical_json(_epitaph(stage, key, why, raw)) + b"\n")
    store.remove(f"{stage}/{key}/attempts")


def _epitaph(stage: str, key: str, why: str, raw: bytes) -> dict[str, Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    left: dict[str, Any] = {
        "tombstone": True, "manifest_version": MANIFEST_VERSION, "stage": stage, "key": key, "deleted_at": moment,
        "why": why,
    }  # fmt: skip
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):  # a damaged manifest says no more
        manifest = json.loads(raw)
        counts = {name: n for name, n in manifest["counts"].items() if type(n) in (int, float)}
        size = sum(entry["size"] for entry in manifest["files"].values())
        left |= {"counts": counts, "files": len(manifest["files"]), "bytes": size}
    return left


def everything(store: Store) -> Iterator[tuple[str, str]]:
    """Stage and key of all that a zone holds, published or begun, erased or not."""
    for stage in store.listing():
        if stage["type"] == "directory" and stage["name"] != "runs":
            for key in store.listing(stage["name"]):
                if len(key["name"]) == 64:
                    yield stage["name"], key["name"]


def attempts(store: Store, stage: str, key: str) -> Iterator[tuple[str, float, bool]]:
    """The attempts of a key: id, when it last showed life (seconds since 1970), whether its lease is live."""
    for item in store.listing(f"{stage}/{key}/attempts"):
        folder = f"{stage}/{key}/attempts/{item['name']}"
        try:
            renewed = float(json.loads(store.read_bytes(f"{folder}/lease.json"))["renewed"])
            yield item["name"], renewed, time.time() - renewed < LEASE_SECONDS
        except (FileNotFoundError, ValueError, KeyError):
            started = time.strptime(item["name"][:16], "%Y%m%dT%H%M%SZ")
            yield item["name"], float(_epoch(started)), False


def _epoch(moment: time.struct_time) -> int:
    import calendar

    return calendar.timegm(moment)


def _ref(store: Store, manifest: dict[str, Any]) -> Ref:
    uri = f"{store.url}/{manifest['stage']}/{manifest['key']}"
    return Ref(uri, manifest["stage"], manifest["key"], manifest["digest"], manifest["counts"])
