"""ε of a list of charges, all fixed beforehand: the figure that a ledger shows and decides a first charge by."""

from __future__ import annotations

import functools
import math

from tasks.core.dp_events import Event
from tasks.core.errors import UserError
from tasks.methods.dp.accounting import beside_caps
from tasks.methods.dp.history import History
from tasks.methods.dp.mechanisms import cut_of, kinds_of
from tasks.methods.dp.privacy_loss import Sampled, bound

_FEW = 40
"""So many different kinds of steps are composed on one grid, whose mesh is refined until that changes nothing."""


@functools.lru_cache(maxsize=1024)
def tight(events: tuple[Event, ...], delta: float) -> float:
    """An upper bound on the ε at δ of mechanisms whose parameters were all fixed before the first ran.

    Gaussian mechanisms on Poisson samples, of up to 40 kinds, are composed as by
    :func:`tasks.methods.dp.accounting.epsilon_of`, with the same figure. All else is composed as one charge of a
    :class:`tasks.methods.dp.history.History`, whose grids are finer: losses that are bounded need it.

    Args:
        events: the mechanisms; those of equal parameters are put together, so their order doesn't matter.
        delta: δ.

    Returns:
        ε; infinite where there is no figure: a loss above e^600, or batches truncated so often that this alone costs
        more than half of δ.

    Formal guarantees:
        The composition of the mechanisms, each chosen with knowledge of the outputs before it but with parameters fixed
        beforehand, is (ε, δ)-differentially private under adding and removing one unit, up to floating-point error.
        Every mechanism has a pair of distributions on a grid that dominates it (:mod:`tasks.methods.dp.privacy_loss`,
        :mod:`tasks.methods.dp.mechanisms`), and pairs that dominate compose (Zhu, Dong and Wang 2022, "Optimal
        Accounting of Differential Privacy via Characteristic Function", Theorem 10). A mechanism on truncated Poisson
        samples is, but for a chance that is paid for as a part of δ, the one on plain samples.
    """
    kinds = kinds_of(events)
    if not kinds:
        return 0.0
    if len(kinds) <= _FEW and all(isinstance(kind, Sampled) for kind in kinds):
        try:
            found = beside_caps(cut_of(events), delta, lambda rest: bound(kinds, rest))
        except UserError:
            return math.inf
        if math.isfinite(found):
            return found
    history = History(delta)
    history.add(events)
    return history.epsilon()
