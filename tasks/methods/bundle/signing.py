"""The bundle's signature: OpenSSF Model Signing with an elliptic-curve key, over every file but itself.

Signed by the package ``model-signing``; checked by it too, or by :func:`signed_files`, which needs ``cryptography``
alone. Format: a Sigstore bundle with a DSSE envelope around an in-toto statement whose predicate lists each file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAME = "model.sig"
PREDICATE = "https://model_signing/signature/v1.0"
_PAYLOAD = "application/vnd.in-toto+json"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256's group (FIPS 186-5, SP 800-186 section 3.2.1.3)."""


def private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of a 32-byte secret (FIPS 186-5 appendix A.2.1: 64 more bits than the order has, reduced).

    >>> private_key(b"k" * 32).curve.name
    'secp256r1'
    """
    wide = int.from_bytes(hashlib.shake_256(b"airlock/release/p-256/1" + secret).digest(40), "big")
    return ec.derive_private_key(wide % (_ORDER - 1) + 1, ec.SECP256R1())


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """The public key as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode("ascii")


def fingerprint(pem: str) -> str:
    """SHA-256 of the PEM, hex: what signatures name the key by."""
    return hashlib.sha256(pem.encode("utf-8", "replace")).hexdigest()


def sign(folder: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Sign every file of a folder; the signature becomes ``model.sig`` in it."""
    from model_signing import hashing, signing

    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.TemporaryDirectory(prefix="airlock-") as scratch:  # the package takes keys from files only
        path = Path(scratch) / "key.pem"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
        files = hashing.Config().set_ignored_paths(paths=[NAME], ignore_git_paths=False)
        config = signing.Config().use_elliptic_key_signer(private_key=path).set_hashing_config(files)
        config.sign(folder, folder / NAME)


def signed_files(signature: bytes, pem: str) -> dict[str, str]:
    """The files that a signature vouches for, and their SHA-256.

    Formal guarantees:
        What is returned was signed, as it stands, by whoever holds the private key of ``pem`` (ECDSA on P-256 with
        SHA-256 is unforgeable under chosen messages). The signature is checked before anything in it is read.

    Raises:
        ValueError: it isn't this key's, or isn't such a signature; in a sentence.
    """
    try:
        envelope = json.loads(signature)["dsseEnvelope"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        kind, made = str(envelope["payloadType"]), [base64.b64decode(one["sig"]) for one in envelope["signatures"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("it isn't a signature of a model") from None
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("the key given isn't a public key in PEM form") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("the key given isn't one on P-256")
    whole = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    if not any(_verifies(key, one, whole) for one in made):
        raise ValueError("it isn't by the key given, or what was signed has changed")
    try:
        statement = json.loads(payload)
        if kind != _PAYLOAD or statement["predicateType"] != PREDICATE:
            raise ValueError
        resources = statement["predicate"]["resources"]
        if any(one["algorithm"] != "sha256" for one in resources):
            raise ValueError
        found = {str(one["name"]): str(one["digest"]) for one in resources}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("it signs something else than the files of a model") from None
    if len(found) != len(resources):
        raise ValueError("it names a file twice")
    return found


def _verifies(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def sign_bytes(data: bytes, key: ec.EllipticCurvePrivateKey) -> str:
    """The key's signature of some bytes, hex (ECDSA, SHA-256)."""
    return key.sign(data, ec.ECDSA(hashes.SHA256())).hex()


def signed_bytes(data: bytes, signature: str, pem: str) -> bool:
    """Whether a signature by :func:`sign_bytes` is the key's."""
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
        return isinstance(key, ec.EllipticCurvePublicKey) and _verifies(key, bytes.fromhex(signature), data)
    except (ValueError, UnsupportedAlgorithm):
        return False
