"""VERIFY.md: how a receiver checks a bundle, in a page."""

from __future__ import annotations


def as_markdown(name: str, version: str) -> str:
    """The page."""
    return f"""# Check {name} {version} before you use it

You need the releasing team's public key, from them, not from this folder. They print it by `airlock key public`.

    airlock verify . --key release.pem

It checks the signature, every file, the cards against each other and against the signed statement of the privacy
ledger, and names whatever is wrong. Exit code 0: all is as it was released. Exit code 3: it isn't. With
`--revoked LIST` it also looks whether the release was taken back; ask for the newest list. Ask for the ledger's public
key, too (`airlock ledger verify` prints it there), and give it by `--ledger-key HEX`: without it the ledger's statement
is as good as the key that signed this folder.

Without Airlock, the signature alone, by the package `model-signing` (OpenSSF Model Signing):

    model_signing verify key . --signature model.sig --public_key release.pem --ignore-paths model.sig

A signature says who released these files, and that they are unchanged. What was promised stands in `PRIVACY_CARD.md`.
"""
