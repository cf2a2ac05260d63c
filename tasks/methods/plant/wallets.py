"""Addresses of wallets, with the checksums of real ones."""

from __future__ import annotations

import hashlib
import random


def base58(rng: random.Random) -> str:
    """A pay-to-public-key-hash address of Bitcoin: Base58Check of a version byte and 20 random bytes."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    body = b"\x00" + rng.randbytes(20)
    body += hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    value, out = int.from_bytes(body), ""
    while value:
        value, rest = divmod(value, 58)
        out = alphabet[rest] + out
    return "1" * (len(body) - len(body.lstrip(b"\0"))) + out


def bech32(rng: random.Random) -> str:
    """A version-0 witness address of Bitcoin, with the checksum of BIP 173."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = int.from_bytes(rng.randbytes(20))
    data = [0, *((bits >> shift) & 31 for shift in range(155, -1, -5))]
    check = 1
    for value in [3, 3, 0, 2, 3, *data, 0, 0, 0, 0, 0, 0]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> i & 1 else 0
    check ^= 1
    return "bc1" + "".join(alphabet[v] for v in [*data, *((check >> 5 * (5 - i)) & 31 for i in range(6))])
