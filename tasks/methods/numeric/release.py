"""What a statistic of a column gives out, and what the ledger is told of it before the noise is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tasks.core.errors import AirlockError, UserError
from tasks.methods.numeric.noise import Guarantee
from tasks.methods.numeric.stream import KeyStream
from tasks.methods.numeric.zcdp import up

PERSON = "person"
"""The unit of every statistic here; a cap on a person's rows makes it so."""

Relation = Literal["add_or_remove", "replace"]

RELATIONS: dict[str, str] = {
    "add_or_remove": "add or remove one person with all their rows (replacing a person by nothing counts as removing)",
    "replace": "replace one person's rows by as many other rows of another",
}
"""Which data sets count as neighbours."""

_LABEL = "airlock/numeric/column/1"
_KEY_LENGTH = 64
_SHORTEST_NONCE = 16


@dataclass(frozen=True)
class Charge:
    """The cost of a statistic: what a ledger entry holds, known before a row is read.

    Attributes:
        epsilon: ε, rounded up.
        delta: δ; 0 under Laplace noise.
        rho: ρ of zero-concentrated differential privacy, rounded up.
        mechanism: plain JSON. ``kind`` is ``laplace`` or ``gaussian`` with its ``noise_multiplier``, or ``composed``
            of ``parts``.
        unit: whose privacy is counted.
        relation: which data sets count as neighbours, in words.
    """

    epsilon: float
    delta: float
    rho: float
    mechanism: dict[str, Any]
    unit: str
    relation: str


@dataclass(frozen=True)
class Release:
    """A noisy statistic with its cost. It may leave the raw zone.

    Attributes:
        statistic: ``count``, ``sum``, ``mean`` or ``histogram``.
        column: the column it is over.
        value: a multiple of the column's granularity; a count; or, for a histogram, a count a bin.
        interval: the figure without noise (clamped cells, capped rows) lies between these with 95 % certainty; for a
            histogram, every bin within this distance of its count. Worked out from what is released.
        sensitivity: how far a person can move the figure, in its own unit; for a mean, of its centred sum.
        charge: what it cost.
    """

    statistic: str
    column: str
    value: int | float | tuple[int, ...]
    interval: tuple[float, float]
    sensitivity: float
    charge: Charge

    def statement(self) -> str:
        """One sentence for reports."""
        charge = self.charge
        cost = f"ε = {charge.epsilon:.4g}" + (f" at δ = {charge.delta:g}" if charge.delta else "")
        kinds = " and ".join(
            sorted({part["kind"].capitalize() for part in charge.mechanism.get("parts", [charge.mechanism])})
        )
        return (
            f"{self.statistic} of column {self.column}: {cost} for a {charge.unit}, discrete {kinds} noise; "
            f"neighbours: {charge.relation}"
        )


def to_json(release: Release) -> dict[str, Any]:
    """Plain JSON."""
    return asdict(release)


def from_json(plain: Mapping[str, Any]) -> Release:
    """The inverse of :func:`to_json`.

    >>> charge = Charge(0.5, 0.0, 0.125, {"kind": "laplace", "noise_multiplier": 2.0}, "person", "in words")
    >>> release = Release("mean", "age", 41, (40.0, 42.0), 60.0, charge)
    >>> from_json(to_json(release)) == release
    True
    """
    value, interval = plain["value"], plain["interval"]
    return Release(
        plain["statistic"],
        plain["column"],
        tuple(value) if isinstance(value, list | tuple) else value,
        (interval[0], interval[1]),
        plain["sensitivity"],
        Charge(**plain["charge"]),
    )


def charge_of(guarantee: Guarantee, mechanism: dict[str, Any], relation: Relation) -> Charge:
    """The charge of one statistic under a guarantee."""
    return Charge(guarantee.cost(), up(guarantee.delta), up(guarantee.rho), mechanism, PERSON, RELATIONS[relation])


@dataclass(frozen=True)
class Entry:
    """Where a statistic's noise comes from: one ledger entry, one released figure.

    Attributes:
        secret: the deployment's noise secret, at least 32 bytes.
        key: the stage's key, 64 hex characters: it names the data and every setting.
        nonce: the ledger entry's random nonce, at least 16 bytes.

    Formal guarantees:
        Streams of different entries, or for different purposes within one, can't be told from independent ones by
        whoever lacks the secret. An entry must serve one figure over one data set: the same draw on two data sets
        shows their difference. The stage's key, which holds the data's digest, keeps them apart.

    Raises:
        AirlockError: where key or nonce aren't those of a ledger entry.
    """

    secret: bytes
    key: str
    nonce: bytes

    def __post_init__(self) -> None:
        if len(self.key) != _KEY_LENGTH or len(self.nonce) < _SHORTEST_NONCE:
            raise AirlockError("noise over a column needs a stage's key and the nonce of its ledger entry")

    def __repr__(self) -> str:
        return "Entry(...)"

    def stream(self, *purpose: str) -> KeyStream:
        """A stream under HMAC-SHA-256(secret, key ‖ nonce) for one purpose."""
        root = KeyStream(self.secret, _LABEL, self.key, self.nonce).take(32)
        return KeyStream(root, *purpose)


def check_cap(max_rows: int) -> None:
    """Refuse what is no cap on a person's rows.

    Raises:
        UserError: unless it is a whole number from 1 to a million.
    """
    if isinstance(max_rows, bool) or not 1 <= max_rows <= 10**6:
        raise UserError("the cap on a person's rows is a whole number from 1 to 1,000,000")
