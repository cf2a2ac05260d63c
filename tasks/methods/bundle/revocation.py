"""The list of bundles that were taken back, signed by the key that signed them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from tasks.methods.bundle import signing

FORMAT = "airlock/revoked/1"


@dataclass(frozen=True, order=True)
class Revoked:
    """A bundle that must not be used any more.

    Attributes:
        sha256: of its ``manifest.json``.
        at: when it was taken back, UTC.
        why: in the words of whoever did.
    """

    name: str
    version: str
    sha256: str
    at: str
    why: str


def write(entries: Iterable[Revoked], key: ec.EllipticCurvePrivateKey) -> bytes:
    """The list as a file."""
    body = {"format": FORMAT, "revoked": [asdict(entry) for entry in sorted(set(entries))]}
    data = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return (json.dumps({"list": data, "signature": signing.sign_bytes(data.encode(), key)}, indent=1) + "\n").encode()


def read(data: bytes, pem: str) -> list[Revoked]:
    """The entries of a list.

    Raises:
        ValueError: it isn't a list that the key's holder signed: what it leaves out can't be known then.
    """
    try:
        outer = json.loads(data)
        body, signature = str(outer["list"]), str(outer["signature"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("the list of revoked bundles isn't one") from None
    if not signing.signed_bytes(body.encode(), signature, pem):
        raise ValueError("the list of revoked bundles isn't signed by the key given")
    try:
        plain = json.loads(body)
        known = plain["format"] == FORMAT
        entries = [Revoked(**entry) for entry in plain["revoked"]] if known else []
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("the list of revoked bundles isn't as `airlock revoke` writes it") from None
    if not known:
        raise ValueError("the list of revoked bundles is of a version that this release doesn't read")
    return entries
