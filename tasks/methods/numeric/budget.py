"""What noise on cells adds up to for one person, over columns and rows, and which rows a public cap lets through."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tasks.core.errors import UserError
from tasks.methods.numeric.grid import Number, exact
from tasks.methods.numeric.noise import Guarantee
from tasks.methods.numeric.stream import encoded
from tasks.methods.numeric.zcdp import epsilon_of, up

_LABEL = "airlock/numeric/cap/1"


@dataclass(frozen=True)
class Total:
    """What a unit's cells cost together.

    Attributes:
        epsilon: ε, rounded up.
        delta: δ.
        rho: ρ of zero-concentrated differential privacy, rounded up.
        unit: ``person``, or ``row`` where no cap is known.
    """

    epsilon: float
    delta: float
    rho: float
    unit: str


@dataclass(frozen=True)
class LocalBudget:
    """The cost of a person's noisy cells.

    Attributes:
        columns: the guarantee of each noisy column.
        max_rows: the public cap on a person's rows that get figures; ``None``: no cap is held, and the total is a
            row's only. A person with m rows then costs m times as much, whatever m is.

    Formal guarantees:
        With :meth:`admit`, or a source that is cut to ``max_rows`` rows a person in some other way that looks at that
        person's rows only, :meth:`total` bounds what all noisy cells of a person tell, between any two contents of
        those cells. The number of the person's rows, which are copies of one another and all other columns count as
        known. ε of pure guarantees and ρ of all add up (basic composition: Dwork and Roth 2014, Theorem 3.14; Bun and
        Steinke 2016, Lemma 1.7).

    Raises:
        UserError: where no column is named or the cap is below 1.
    """

    columns: tuple[Guarantee, ...]
    max_rows: int | None

    def __post_init__(self) -> None:
        if not self.columns:
            raise UserError("a budget for noisy cells needs at least one column")
        if self.max_rows is not None and (isinstance(self.max_rows, bool) or self.max_rows < 1):
            raise UserError("the cap on a person's rows is at least 1")

    @property
    def unit(self) -> str:
        """Whose privacy :meth:`total` counts."""
        return "row" if self.max_rows is None else "person"

    def total(self, delta: Number = 0) -> Total:
        """What all of a unit's noisy cells cost.

        Args:
            delta: 0 for pure ε where all noise is Laplace. Above 0, the smaller of the sum and what zCDP gives, which
                for many cells is far less.

        Raises:
            UserError: where δ is 0 and a column has Gaussian noise.
        """
        chance = exact(delta, "delta")
        if not 0 <= chance < 1:
            raise UserError("delta must lie between 0 and 1")
        rows = self.max_rows or 1
        pure = rows * sum((g.epsilon for g in self.columns), Fraction(0))
        gaussian = rows * sum((g.rho for g in self.columns if g.kind == "gaussian"), Fraction(0))
        rho = rows * sum((g.rho for g in self.columns), Fraction(0))
        if chance == 0:
            if gaussian:
                raise UserError("Gaussian noise has no epsilon at delta 0: name a delta")
            return Total(up(pure), 0.0, up(rho), self.unit)
        added = up(pure + Fraction(epsilon_of(gaussian, chance)))
        return Total(min(added, epsilon_of(rho, chance)), float(chance), up(rho), self.unit)

    def admit(self, contents: Sequence[bytes], *, secret: bytes, unit: str) -> list[bool]:
        """Which of a person's rows get figures: ``max_rows`` different ones, chosen by keyed hash; copies go together.

        The cells of the other rows must be deleted; the rows stay. The choice depends on what this person's rows hold,
        not on their order, and on nobody else's. Its hash is apart from the noise's, so the choice tells nothing of
        the values.

        Args:
            contents: of all the person's rows, from :func:`tasks.methods.numeric.local.row_content`.
            secret: the deployment's.
            unit: the person's ``unit_id``.
        """
        if self.max_rows is None:
            return [True] * len(contents)
        ranks = {content: hmac.digest(secret, encoded((_LABEL, unit, content)), "sha256") for content in contents}
        chosen = set(sorted(ranks, key=lambda content: ranks[content])[: self.max_rows])
        return [content in chosen for content in contents]

    def event(self) -> dict[str, Any]:
        """The mechanisms for the ledger, plain JSON: composed over columns and rows."""
        parts = [g.noise(1).event() for g in self.columns]
        return {"kind": "composed", "times": self.max_rows or 1, "parts": parts, "model": "local"}

    def statement(self, delta: Number = 0) -> str:
        """One sentence for reports."""
        total = self.total(delta)
        cost = f"ε = {total.epsilon:.4g}" + (f" at δ = {total.delta:g}" if total.delta else "")
        columns = f"{len(self.columns)} noisy column" + ("s" if len(self.columns) > 1 else "")
        if self.max_rows is None:
            return f"{columns}: {cost} a row; a person with m rows costs m times as much, and no cap on m is held"
        rows = f"{self.max_rows} rows" if self.max_rows > 1 else "1 row"
        return f"{columns}, at most {rows} a person: {cost} a person in all, for one run"
