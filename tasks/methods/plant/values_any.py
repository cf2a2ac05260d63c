"""Values that are written alike in every language: of the internet, of banks and of things.

Hosts and addresses are those set aside for examples (RFC 2606, RFC 5737, RFC 3849); numbers have the check digits of
real ones and are otherwise random, so any likeness to one in use is chance.
"""

from __future__ import annotations

import base64
import random
import string

from tasks.methods.plant import wallets
from tasks.methods.plant.disguise import with_disguises
from tasks.methods.plant.value import Format, Formats
from tasks.methods.sample import numbers
from tasks.methods.sample.numbers import digits, letters

_HOSTS = (
    "example.com example.org example.net mail.example.com post.example.org shop.example.net www.example.org".split()
)
_WORDS = (
    "amber anvil badger basil beacon birch canyon cedar cobalt comet coral crater dagger dahlia ember falcon fennel fjord "
    "garnet glacier harbor hazel heron indigo jasper kestrel lagoon lantern linden magnet maple marble meteor nectar "
    "nimbus onyx orchid otter pebble pepper quartz raven saffron sable tundra velvet violet walnut willow zephyr"
).split()
_FIRST = "lena marko tessa ivor nadia piet greta hugo selma joris vera timo anke bruno edda rolf silke otto ines falk".split()
_LAST = (
    "vandermeer oakley brandt sorensen halvard pell quist rourke tilden ansel keating lowry mercer voss wray".split()
)


def _hex(rng: random.Random, count: int) -> str:
    return f"{rng.getrandbits(4 * count):0{count}x}"


def _user(rng: random.Random) -> str:
    first, last, word = rng.choice(_FIRST), rng.choice(_LAST), rng.choice(_WORDS)
    return rng.choice(
        (f"{first}.{last}", f"{first}{last[0]}{digits(rng, 2)}", f"{first[0]}{last}{digits(rng, 3)}", f"{first}_{word}",
         f"{word}{rng.randint(1955, 2006)}", f"{last}-{first}{digits(rng, 1)}", f"{word}.{rng.choice(_WORDS)}{digits(rng, 2)}")
    )  # fmt: skip


def _email(rng: random.Random) -> str:
    return f"{_user(rng)}@{rng.choice(_HOSTS)}"


def _tagged_email(rng: random.Random) -> str:
    return f"{_user(rng)}+{rng.choice(_WORDS)}@{rng.choice(_HOSTS)}"


def _spelled_email(rng: random.Random) -> str:
    at, dot = rng.choice(((" at ", " dot "), ("(at)", "(dot)"), (" [at] ", " [dot] ")))
    return _email(rng).replace("@", at).replace(".", dot)


def _page(rng: random.Random) -> str:
    return f"{rng.choice(_HOSTS)}/{rng.choice(('u', 'profile', 'people', 'in', 'member', 'files'))}/{_user(rng)}"


def _query(rng: random.Random) -> str:
    return (
        f"https://{rng.choice(_HOSTS)}/{rng.choice(('login', 'claim', 'visit'))}?id={digits(rng, 6)}&t={_hex(rng, 10)}"
    )


def _ipv4(rng: random.Random) -> str:
    net = rng.choice(("192.0.2", "198.51.100", "203.0.113", f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}",
                      f"172.{rng.randint(16, 31)}.{rng.randint(0, 255)}"))  # fmt: skip
    return f"{net}.{rng.randint(1, 254)}"


def _ipv6(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return f"2001:db8:{_hex(rng, 3)}:{_hex(rng, 4)}::{_hex(rng, 2)}"
    return "2001:0db8:" + ":".join(_hex(rng, 4) for _ in range(6))


def _mac(rng: random.Random, gap: str) -> str:
    return gap.join(_hex(rng, 2) for _ in range(6))


def _card(rng: random.Random) -> str:
    return numbers.card(rng)


def _grouped(value: str, size: int, gap: str) -> str:
    return gap.join(value[i : i + size] for i in range(0, len(value), size))


def _swift(rng: random.Random, branch: bool) -> str:
    country = rng.choice("DE FR GB US NL CH AT ES IT SE DK PL CN HK SG JP".split())
    tail = rng.choice(("XXX", letters(rng, 1) + digits(rng, 2), digits(rng, 3))) if branch else ""
    return letters(rng, 4) + country + letters(rng, 1) + rng.choice("23456789" + "AFKLMP") + tail


def _password(rng: random.Random) -> str:
    word, other = rng.choice(_WORDS), rng.choice(_WORDS)
    mark = rng.choice("!#$%&*?@")
    return rng.choice(
        (f"{word.title()}{digits(rng, 3)}{mark}", f"{word}-{other}-{digits(rng, 2)}", f"{mark}{word}{other.title()}{digits(rng, 2)}",
         "".join(rng.choices(string.ascii_letters + string.digits + "!#%*+", k=rng.randint(10, 14))))
    )  # fmt: skip


def _token(rng: random.Random) -> str:
    body = "".join(rng.choices(string.ascii_letters + string.digits, k=rng.choice((24, 32, 36))))
    return rng.choice(("tok_", "key-", "sess_", "api_", "")) + body


def _signed(rng: random.Random) -> str:
    parts = (b'{"alg":"HS256"}', b'{"sub":"%d"}' % rng.randrange(10**9), rng.randbytes(16))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _vin(rng: random.Random) -> str:
    """A vehicle identification number of 17 characters with its check digit (ISO 3779, 49 CFR 565.15)."""
    alphabet = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
    worth = dict(
        zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ",
            (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
            strict=True,
        )
    )
    body = [rng.choice("12345JKLSVWYZ"), *rng.choices(alphabet, k=10), *digits(rng, 6)]
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    rest = sum(w * (int(c) if c.isdigit() else worth[c]) for c, w in zip(body, weights, strict=True)) % 11
    body[8] = "X" if rest == 10 else str(rest)
    return "".join(body)


def _imei(rng: random.Random) -> str:
    body = rng.choice(("35", "86", "01", "99")) + digits(rng, 12)
    return body + numbers.luhn_digit(body)


def _serial(rng: random.Random) -> str:
    return rng.choice(
        (f"SN-{digits(rng, 8)}", f"{letters(rng, 3)}{digits(rng, 7)}", f"{letters(rng, 2)}-{digits(rng, 4)}-{digits(rng, 5)}",
         f"C{digits(rng, 2)}{letters(rng, 3)}{digits(rng, 3)}{letters(rng, 2)}{digits(rng, 1)}")
    )  # fmt: skip


def _degrees(rng: random.Random) -> tuple[float, float]:
    return rng.uniform(-58, 68), rng.uniform(-170, 175)


def _decimal(rng: random.Random) -> str:
    lat, lon = _degrees(rng)
    return f"{lat:.{rng.choice((4, 5, 6))}f}, {lon:.5f}"


def _compass(rng: random.Random) -> str:
    lat, lon = _degrees(rng)
    return f"{abs(lat):.4f}° {'N' if lat > 0 else 'S'}, {abs(lon):.4f}° {'E' if lon > 0 else 'W'}"


def _sexagesimal(rng: random.Random) -> str:
    def one(value: float, signs: str) -> str:
        minutes, seconds = rng.randint(0, 59), rng.uniform(0, 59.9)
        return f"{int(abs(value))}°{minutes:02d}'{seconds:04.1f}\"{signs[value < 0]}"

    lat, lon = _degrees(rng)
    return f"{one(lat, 'NS')} {one(lon, 'EW')}"


ANY: dict[str, Formats] = {
    "EMAIL_ADDRESS": (
        Format("plain", 6, _email),
        Format("with a tag", 1, _tagged_email),
        Format("capitals", 0.5, lambda r: _email(r).upper()),
        Format("spelled out", 0.5, _spelled_email),
    ),
    "URL": (
        Format("https", 4, lambda r: f"https://{_page(r)}"),
        Format("http", 1, lambda r: f"http://{_page(r)}"),
        Format("without a scheme", 2, _page),
        Format("with a query", 2, _query),
    ),
    "IP_ADDRESS": (
        Format("IPv4", 6, _ipv4),
        Format("IPv4 with a port", 1, _ipv4, after=":8080"),
        Format("IPv6", 2, _ipv6),
    ),
    "MAC_ADDRESS": (
        Format("colons", 4, lambda r: _mac(r, ":")),
        Format("hyphens", 3, lambda r: _mac(r, "-").upper()),
        Format("dots", 1, lambda r: _grouped(_mac(r, ""), 4, ".")),
    ),
    "USERNAME": (Format("plain", 5, _user), Format("with an at sign", 2, _user, before="@")),
    "CREDIT_CARD": with_disguises(
        (
            Format("groups", 4, lambda r: _grouped(_card(r), 4, " ")),
            Format("hyphens", 2, lambda r: _grouped(_card(r), 4, "-")),
            Format("in one", 3, _card),
        )
    ),
    "IBAN_CODE": with_disguises(
        (
            Format("groups", 5, lambda r: _grouped(numbers.iban(r), 4, " ")),
            Format("in one", 4, numbers.iban),
            Format("small letters", 0.5, lambda r: numbers.iban(r).lower()),
        )
    ),
    "SWIFT_CODE": (
        Format("eight characters", 3, lambda r: _swift(r, False)),
        Format("eleven characters", 2, lambda r: _swift(r, True)),
    ),
    "SECRET": (
        Format("password", 5, _password),
        Format("token", 2, _token),
        Format("signed token", 1, _signed),
        Format("code", 2, lambda r: digits(r, r.choice((4, 6)))),
    ),
    "CRYPTO": (
        Format("base 58", 3, wallets.base58),
        Format("bech32", 2, wallets.bech32),
        Format("hexadecimal", 2, lambda r: "0x" + _hex(r, 40)),
    ),
    "VEHICLE_ID": with_disguises(
        (Format("in one", 5, _vin), Format("small letters", 0.5, lambda r: _vin(r).lower()))
    ),
    "DEVICE_ID": (
        Format("IMEI", 3, _imei),
        Format("IMEI in groups", 1, lambda r: (lambda n: f"{n[:2]}-{n[2:8]}-{n[8:14]}-{n[14]}")(_imei(r))),
        Format("serial number", 4, _serial),
        Format("UUID", 1, lambda r: "-".join(_hex(r, n) for n in (8, 4, 4, 4, 12))),
    ),
    "COORDINATES": (
        Format("decimal", 5, _decimal),
        Format("degrees", 2, _compass),
        Format("minutes and seconds", 2, _sexagesimal),
    ),
}  # fmt: skip
"""Formats by kind."""
