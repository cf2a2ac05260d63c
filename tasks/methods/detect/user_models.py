"""Models of the user's own as detectors, as a policy names them: a folder, what its labels stand for, a threshold."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tasks.core.canonical import sha256_file
from tasks.core.errors import UserError

if TYPE_CHECKING:
    from tasks.methods.detect.gliner import Gliner
    from tasks.methods.detect.token_classifier import TokenClassifier

_LIBRARIES = {
    "token-classifier": ("tokenizers", "onnxruntime", "torch", "transformers"),
    "gliner": ("gliner", "torch", "transformers"),
}
"""Whose versions decide what a model finds."""


class ModelEntry(Protocol):
    """A policy's line about a model: :class:`tasks.core.user_model.UserModel`."""

    @property
    def kind(self) -> str:
        """``token-classifier`` or ``gliner``."""

    @property
    def folder(self) -> Path:
        """Where its files lie."""

    @property
    def labels(self) -> Mapping[str, str]:
        """The kind of personal data that each of its labels stands for."""

    @property
    def threshold(self) -> float:
        """Least probability of a finding."""

    @property
    def languages(self) -> Sequence[str] | None:
        """Languages of the texts it reads; ``None``: any."""


def reads(entry: ModelEntry, language: str) -> bool:
    """Whether a model reads texts in ``language``."""
    return entry.languages is None or language in entry.languages


def identity(name: str, entry: ModelEntry) -> dict[str, Any]:
    """All that decides what a model finds, as plain JSON: SHA-256 of each of its files, labels, threshold, libraries.

    Loads no model and no library.

    Raises:
        UserError: where the folder isn't there or can't be read.
    """
    linked = [path.name for path in entry.folder.rglob("*") if path.is_symlink() and path.is_dir()]
    if linked:
        raise UserError(f"policy, models.{name}: {linked[0]} is a link to a folder; put the files themselves there")
    try:
        files = {
            path.relative_to(entry.folder).as_posix(): sha256_file(path)
            for path in sorted(entry.folder.rglob("*"))
            if path.is_file()
        }
    except OSError:
        raise UserError(f"policy, models.{name}: a file of its folder can't be read") from None
    if not files:
        raise UserError(f"policy, models.{name}: its folder is not on this machine, or nothing is in it")
    return {
        "name": name,
        "kind": entry.kind,
        "files": files,
        "labels": dict(entry.labels),
        "threshold": entry.threshold,
        "libraries": {library: _version(library) for library in _LIBRARIES[entry.kind]},
    }


def recognizer(name: str, entry: ModelEntry, language: str, workers: int = 0) -> TokenClassifier | Gliner:
    """The model as a recognizer, loaded.

    Args:
        workers: threads of a token classifier; 0: one a processor.

    Raises:
        UserError: where the folder doesn't hold such a model, or a label isn't one of its.
    """
    try:
        if entry.kind == "gliner":
            from tasks.methods.detect.gliner import Gliner

            return Gliner(entry.folder, entry.labels, name=name, language=language, threshold=entry.threshold)
        from tasks.methods.detect.token_classifier import TokenClassifier

        return TokenClassifier(
            entry.folder, entry.labels, name=name, language=language, threshold=entry.threshold, workers=workers
        )
    except UserError as exc:
        raise UserError(f"policy, models.{name}: {exc}") from None


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""
