"""The deployment's key pair for releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core import settings
from tasks.core.errors import UserError
from tasks.core.keys import load_keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


def deployment_private_key() -> ec.EllipticCurvePrivateKey:
    """The key that signs releases.

    Raises:
        UserError: this machine holds none.
    """
    from tasks.methods.bundle.signing import private_key

    return private_key(load_keys(settings.home()).secret("release"))


def deployment_key() -> str:
    """The public key of releases, PEM.

    Raises:
        UserError: this machine holds no key, so whose signature is to be checked isn't known.
    """
    from tasks.methods.bundle.signing import public_pem

    try:
        return public_pem(deployment_private_key())
    except UserError:
        raise UserError(
            "verify: whose signature is it to be? Name the releasing team's public key by --key; they print it by "
            "`airlock key public`"
        ) from None
