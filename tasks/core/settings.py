"""The deployment's settings: where Airlock's home is and which URLs a run may name. Read from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from tasks.core.config import Config
from tasks.core.errors import UserError


def home() -> Path:
    """Airlock's home (``AIRLOCK_HOME``, by default ``~/.airlock``): key, ledger, prepared models, default store."""
    return Path(os.environ.get("AIRLOCK_HOME") or Path.home() / ".airlock").resolve()


def scratch() -> Path:
    """Where stages keep temporary files (``AIRLOCK_SCRATCH``, by default ``scratch`` in the home).

    A raw worker's scratch holds raw values while a stage runs: it belongs to the raw zone.
    """
    return Path(os.environ.get("AIRLOCK_SCRATCH") or home() / "scratch")


def ledger_url() -> str:
    """Where the ledger is: a file's path or a database URL (``AIRLOCK_LEDGER``; else ``ledger.sqlite`` in the home)."""
    return os.environ.get("AIRLOCK_LEDGER") or str(home() / "ledger.sqlite")


ledger_path = ledger_url
"""The same, as it was called when it could be a path only."""


def allowed_urls() -> tuple[str, ...]:
    """The URL prefixes that a triggered run may name (``AIRLOCK_ALLOWED_URLS``, separated by spaces).

    Airlock's home is always among them.
    """
    return (str(home()), *os.environ.get("AIRLOCK_ALLOWED_URLS", "").split())


def check_allowed(config: Config, allowed: Iterable[str]) -> None:
    """Refuse a configuration that names a source, store or model outside the deployment's allow-list.

    Whoever may trigger a run may not thereby read every path that a worker can.

    Raises:
        UserError: naming the field and the setting to change.
    """
    named = {"ingest.source": config.ingest.source, "train.base_model": config.train.base_model}
    named |= {f"store.{k}": getattr(config.store, k) for k in ("root", "raw", "sealed", "clean", "handoff")}
    if config.mask.policy.endswith((".yaml", ".yml")):
        named["mask.policy"] = config.mask.policy
    prefixes = [_normal(prefix) for prefix in allowed]
    for field, value in named.items():
        if not value or value.startswith(("package:", "hf:")):
            continue  # packaged models are part of the installation; the network is a field of its own
        # fsspec would follow a chain (`zip://x::s3://y`) or a tilde to a place that the prefix doesn't show.
        evasive = "::" in value or value.startswith("~")
        if evasive or not any(_inside(_normal(value), prefix) for prefix in prefixes):
            raise UserError(f"{field}: lies outside what this deployment allows; see AIRLOCK_ALLOWED_URLS")


def _normal(url: str) -> tuple[str, str, tuple[str, ...]]:
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        # Links are followed, so that one inside an allowed folder can't point out of it.
        return "file", "", Path(os.path.realpath(parts.path if parts.scheme else url)).parts
    path = tuple(piece for piece in parts.path.split("/") if piece and piece != ".")
    return parts.scheme, parts.netloc, (("..",) if ".." in path else path)


def _inside(url: tuple[str, str, tuple[str, ...]], prefix: tuple[str, str, tuple[str, ...]]) -> bool:
    return url[:2] == prefix[:2] and ".." not in url[2] and url[2][: len(prefix[2])] == prefix[2]
