"""What an audit found, held against what was promised and what the limits allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def failures(
    found: Mapping[str, Any],
    *,
    max_tpr: float | None = None,
    max_exposure: float | None = None,
    max_extracted: float | None = None,
) -> list[str]:
    """Sentences that say what must keep a model from being handed over; none where nothing does.

    Args:
        found: the audit's report.
        max_tpr: highest true-positive rate at 1 % of false alarms, held against the lower end of its interval.
        max_exposure: highest mean exposure of trained canaries, in bits.
        max_extracted: highest share of attacked records that come back word for word, held against the lower end.
    """
    said = []
    deciding = found.get("canaries", {}).get("deciding", {})
    if deciding.get("refuted"):
        claim = found["canaries"]["claim"]
        said.append(
            f"the guarantee is refuted: the bound {deciding['bound']} puts epsilon above "
            f"{deciding['epsilon_lower_bound']:.2f} at an error of {100 * deciding['significance']:g} %, where "
            f"{claim['epsilon']:.2f} was claimed{' for ' + claim['of'] if claim['of'] else ''}"
        )
    tpr = found.get("membership", {}).get("attacks", {}).get("calibrated", {}).get("tpr_at_1_percent")
    if max_tpr is not None and tpr is not None and tpr["low"] > max_tpr:
        said.append(
            f"membership: {100 * tpr['value']:.1f} % of the training records are found at 1 % of false alarms (at "
            f"least {100 * tpr['low']:.1f} %), where audit.max_tpr allows {100 * max_tpr:g} %"
        )
    exposure = found.get("exposure")
    if max_exposure is not None and exposure is not None and exposure["mean_bits"] > max_exposure:
        said.append(
            f"exposure: the trained canaries have {exposure['mean_bits']:.2f} bits on average, where "
            f"audit.max_exposure allows {max_exposure:g}"
        )
    extracted = found.get("extraction", {}).get("training")
    if max_extracted is not None and extracted is not None and extracted["exact"]["low"] > max_extracted:
        said.append(
            f"extraction: {extracted['exact']['count']} of {extracted['documents']} training records come back word "
            f"for word, where audit.max_extracted allows a share of {max_extracted:g}"
        )
    return said
