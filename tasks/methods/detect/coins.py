"""Checks that decide whether letters and digits are an address of a coin."""

from __future__ import annotations

import hashlib

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CONSTANTS = (1, 0x2BC830A3)
"""What the check of Bech32 and of Bech32m must leave (BIP 173, BIP 350)."""


def _decoded(text: str, alphabet: str) -> bytes:
    """The bytes that a number in base 58 stands for; none where a character is not of the alphabet."""
    number = 0
    for character in text:
        place = alphabet.find(character)
        if place < 0:
            return b""
        number = number * 58 + place
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _checked(data: bytes) -> bool:
    """Whether the last four bytes are those of the others' double SHA-256; 1 or 2 bytes of version, 20 of a hash."""
    body = data[:-4]
    return len(body) in (21, 22) and hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == data[-4:]


def base58check(text: str) -> bool:
    """The check of an address of Bitcoin, Litecoin, Dogecoin, Dash, Tron, Zcash and others (Base58Check).

    >>> base58check("1BoatSLRHtKNngkdXEeobR76b53LETtpyT"), base58check("1BoatSLRHtKNngkdXEeobR76b53LETtpyU")
    (True, False)
    """
    return _checked(_decoded(text, _BASE58))


def ripple(text: str) -> bool:
    """The same check of an address of the XRP Ledger, which has an alphabet of its own.

    >>> ripple("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"), ripple("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi")
    (True, False)
    """
    return _checked(_decoded(text, _RIPPLE))


def solana(text: str) -> bool:
    """Whether it is 32 bytes in base 58 with letters in both cases and digits, as a key on Solana: it has no check.

    >>> solana("4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"), solana("z" * 44)
    (True, False)
    """
    mixed = any(map(str.isdigit, text)) and any(map(str.islower, text)) and any(map(str.isupper, text))
    return mixed and len(_decoded(text, _BASE58)) == 32


def bech32(text: str) -> bool:
    """The check of an address in Bech32 or Bech32m (BIP 173, BIP 350), of Cardano's and Cosmos' also.

    >>> bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
    (True, False)
    """
    if text not in (text.lower(), text.upper()):
        return False
    prefix, _, data = text.lower().rpartition("1")
    values = [_BECH32.find(character) for character in data]
    if not prefix or len(values) < 6 or -1 in values:
        return False
    rest = 1
    for value in (*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix), *values):
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            rest ^= generator if top >> place & 1 else 0
    return rest in _CONSTANTS
