"""The mean of a column as a policy asks for it: from the column's declaration to the mechanism and its charge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tasks.core.dp_events import Concentrated, Event, Pure
from tasks.core.errors import UserError
from tasks.methods.numeric.column import ColumnMean, replace_by_mean
from tasks.methods.numeric.noise import Guarantee
from tasks.methods.numeric.operators import public_grid
from tasks.methods.numeric.release import PERSON, Release
from tasks.methods.numeric.zcdp import up

Line = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A declared column (``name``, ``type``, ``low``, ``high``, ``granularity``), and the parameters of its line."""

RELEASED = "statistic"
"""What the ledger calls such a release. It leaves with the ledger's statement, so it names no column."""


def means_of(lines: Iterable[Line], declared: Iterable[Mapping[str, Any]]) -> list[ColumnMean]:
    """The means that a policy's lines ask for; nothing is read from the data.

    Args:
        lines: the columns under the operator ``mean``, with ``epsilon``, perhaps ``delta`` and ``max_rows``.
        declared: all declared columns, with their ``role``.

    Raises:
        UserError: where no column says whose a row is, or a column's type, bounds or parameters don't fit.
    """
    found = [_mean(column, parameters) for column, parameters in lines]
    if found and not any(column["role"] == PERSON for column in declared):
        raise UserError(
            f"column {found[0].column}: `mean` counts ε by person: declare a column with role person, or use `delete`"
        )
    return found


def _mean(column: Mapping[str, Any], parameters: Mapping[str, Any]) -> ColumnMean:
    name = column["name"]
    grid = public_grid("`mean`", name, column["type"], (column["low"], column["high"], column["granularity"]))
    try:
        guarantee = Guarantee.wanted(parameters.get("epsilon"), parameters.get("delta"))
        return ColumnMean(name, grid, guarantee, parameters.get("max_rows", 1))
    except UserError as exc:
        raise UserError(f"column {name}: {exc}") from None


def parameters_of(mean: ColumnMean) -> dict[str, Any]:
    """All that decides a mean but the rows, plain JSON: public, fixed before a row is read."""
    return {
        "statistic": "mean",
        "column": mean.column,
        "low": str(mean.grid.low),
        "high": str(mean.grid.high),
        "granularity": str(mean.grid.granularity),
        "noise": mean.guarantee.kind,
        "epsilon": str(mean.guarantee.epsilon),
        "rho": str(mean.guarantee.rho),
        "delta": str(mean.guarantee.delta),
        "max_rows": mean.max_rows,
        "relation": mean.relation,
        "count_share": str(mean.count_share),
    }


def events_of(mean: ColumnMean) -> tuple[Event, ...]:
    """The mechanisms of a mean for the ledger: one for its centred sum, one for its count.

    Formal guarantees:
        Each event's cost is at least what the noise that is drawn costs. Discrete Laplace noise is entered as any
        (ε, 0)-private mechanism: where one person moves the figure by a single step, as the count at a cap of one row,
        it is exactly as telling as randomized response, which the curve of continuous Laplace noise would under-count.
        Discrete Gaussian noise is entered by its ρ (Canonne, Kamath and Steinke 2020, Theorem 4).
    """
    parts = (1 - mean.count_share, mean.count_share)
    shares = [mean.guarantee.share(part) for part in parts]
    if mean.guarantee.kind == "laplace":
        return tuple(Pure(up(share.epsilon)) for share in shares)
    return tuple(Concentrated(up(share.rho)) for share in shares)


def charge_fields(mean: ColumnMean) -> dict[str, Any]:
    """What a ledger's charge says of a mean: events, ε at δ, unit, relation, and what is released.

    >>> from tasks.methods.numeric.grid import Grid
    >>> charge = charge_fields(ColumnMean("age", Grid(0, 120, 1), Guarantee.pure(0.75), max_rows=1))
    >>> charge["events"], charge["epsilon"], charge["unit"]
    ((Pure(epsilon=0.5, count=1), Pure(epsilon=0.25, count=1)), 0.75, 'person')
    """
    cost = mean.charge()
    return {
        "events": events_of(mean),
        "epsilon": cost.epsilon,
        "delta": cost.delta,
        "unit": cost.unit,
        "relation": mean.relation,
        "released": RELEASED,
    }


class MeanOperator:
    """Fills a column with its released mean, the empty cells too: nothing of a row's own cell is left.

    Post-processing of one charged release: it costs nothing more, however many cells it fills.

    Args:
        release: the released mean.
    """

    def __init__(self, release: Release) -> None:
        self._release = release

    def apply(self, cells: Sequence[Any], documents: Sequence[Any]) -> list[int | float]:
        """The released value, once a cell."""
        return replace_by_mean(cells, self._release)
