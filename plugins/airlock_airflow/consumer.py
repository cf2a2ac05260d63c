"""What the DAG of a team that is handed a model does first: check the bundle, and try the model."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from tasks.core.errors import AirlockError, UserError, describe
from tasks.core.store import Store


class VerifyOperator(BaseOperator):
    """Checks the bundle whose release woke the DAG, as ``airlock verify`` does; a manual run names one in ``bundle``.

    Nothing of the bundle is executed. Settings: ``AIRLOCK_CONSUMER_KEY``, ``AIRLOCK_CONSUMER_REVOKED``.
    """

    ui_color = "#d5e8d4"

    def execute(self, context: Context) -> dict[str, Any]:
        """Check it.

        Returns:
            its URI, name and version.

        Raises:
            AirflowFailException: it isn't as it was released, or no key is named.
        """
        extra = _event(context)
        try:
            uri = str(extra.get("uri") or dict(context["params"]).get("bundle") or "")
            if not uri:
                raise UserError("consumer: no release woke this run; name a bundle's URI in the parameter `bundle`")
            with local_bundle(uri) as folder:
                faults = _faults(folder)
            if faults:
                raise UserError(f"consumer: {uri} is not as it was released: {'; '.join(faults[:10])}")
        except AirlockError as exc:
            raise AirflowFailException(str(exc)) from None
        self.log.info("consumer: %s is as it was released", uri)
        return {"uri": uri, **{name: extra[name] for name in ("name", "version", "epsilon", "delta") if name in extra}}


class SmokeOperator(BaseOperator):
    """Loads the model of a bundle in a clean process without network, and has it write.

    Args:
        bundle: what :class:`VerifyOperator` hands on.
    """

    ui_color = "#dae8fc"
    template_fields: Sequence[str] = ("bundle",)

    def __init__(self, *, bundle: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bundle = bundle

    def execute(self, context: Context) -> dict[str, int]:
        """Try it.

        Returns:
            how many prompts it was given, and how many tokens it wrote.

        Raises:
            AirflowFailException: it doesn't load, or writes nothing.
        """
        from tasks.methods.export.verify import outputs_clean

        try:
            with local_bundle(str(self.bundle["uri"])) as folder:
                found = outputs_clean(folder / "model")
        except AirlockError as exc:
            raise AirflowFailException(str(exc)) from None
        except Exception as exc:
            raise AirflowFailException(f"consumer: the model can't be loaded: {describe(exc)}") from None
        written = sum(len(ids) for ids in found.new_ids)
        if not written:
            raise AirflowFailException("consumer: the model wrote nothing")
        return {"prompts": len(found.prompt_ids), "tokens": written}


@contextlib.contextmanager
def local_bundle(uri: str) -> Iterator[Path]:
    """A bundle as a local folder; one that lies elsewhere is fetched first."""
    store = Store(uri, create=False)
    if store.is_local:
        yield Path(store.root)
        return
    with tempfile.TemporaryDirectory(prefix="airlock-") as folder:
        _fetch(store, "", Path(folder))
        yield Path(folder)


def _fetch(store: Store, name: str, folder: Path) -> None:
    for item in store.listing(name):
        below = f"{name}/{item['name']}".lstrip("/")
        if item["type"] == "directory":
            _fetch(store, below, folder)
            continue
        target = folder / below
        target.parent.mkdir(parents=True, exist_ok=True)
        with store.reading(below) as stream, open(target, "wb") as out:
            while piece := stream.read(1 << 22):
                out.write(piece)


def _event(context: Context) -> dict[str, Any]:
    """What the newest release says; empty in a manual run."""
    events = [event for found in dict(context.get("triggering_asset_events") or {}).values() for event in found]
    newest = max(events, key=lambda event: event.timestamp, default=None)
    return dict(newest.extra or {}) if newest is not None else {}


def _faults(folder: Path) -> list[str]:
    from tasks.core.ledger.statement import signed
    from tasks.methods.bundle.check import check

    key, revoked = os.environ.get("AIRLOCK_CONSUMER_KEY"), os.environ.get("AIRLOCK_CONSUMER_REVOKED")
    if not key:
        raise UserError("consumer: name the releasing team's public key, a PEM file, by AIRLOCK_CONSUMER_KEY")
    try:
        pem, taken_back = Path(key).read_text(encoding="ascii"), Path(revoked).read_bytes() if revoked else None
    except (OSError, UnicodeDecodeError):
        raise UserError("consumer: AIRLOCK_CONSUMER_KEY or AIRLOCK_CONSUMER_REVOKED can't be read") from None
    return [str(fault) for fault in check(folder, pem, signed, taken_back)]
