"""Why the gate is shut, line by line: what is wrong and what to do."""

from __future__ import annotations

from tasks.methods.gate.decision import GROUPS, INDEPENDENT, KNOWN, PLANTED, REVIEW, Line
from tasks.methods.gate.planted_words import at_most_percent


def why(line: Line) -> str:
    """One sentence, without its full stop, about a line that doesn't hold.

    Args:
        line: of a verdict.

    >>> why(Line("VIN", limit=0.05, evidence="planted values", of=20, bound=0.139, needed=59))
    'planted VIN values: 0 of 20 came through, so at most 13.90 % of them do, and the limit is 5.00%: plant at least 59'
    """
    if line.evidence == INDEPENDENT:
        return _independent(line)
    if line.evidence == KNOWN:
        return (
            f"{line.name}: values that are known from elsewhere in the run still stand in "
            f"{_over(line)}: mend the masking policy, or raise its limit if these are ordinary words"
        )
    if line.evidence == PLANTED:
        return _planted(line)
    if line.evidence == GROUPS:
        return (
            f"{line.name} does not hold in {_over(line)}: mask the quasi-identifiers more coarsely, or take one "
            "out of the table"
        )
    if line.evidence == REVIEW:
        return (
            f"the review found {line.found:,} of {line.of:,} rows leaking, so at most "
            f"{at_most_percent(line.bound or 1.0, 2)} of all rows do, by the share of the known leaks among them that "
            f"the reader found, and the limit is {line.limit or 0.0:.2%}: mend the masking policy, or review more rows"
        )
    return f"the masked table is not what masking promised (it should hold that {line.name}): run mask again"


def _independent(line: Line) -> str:
    if line.limit is None:
        return f"the policy masks {line.name}, and no detector of the gate looks for it: add one to `detectors.gate`"
    what = line.name or "a finding of any kind"
    return f"{what} is still in {_over(line)}: mend the masking policy, or raise its limit if these are false alarms"


def _planted(line: Line) -> str:
    limit = line.limit or 0.0
    if not line.of:
        return (
            f"no {line.name} value was planted, so nothing bounds the share that comes through: {_more(line)}; or, "
            "where none can be made of this kind, set its limit to 1"
        )
    said = (
        f"planted {line.name} values: {line.found:,} of {line.of:,} came through, so at most "
        f"{at_most_percent(line.bound or 0.0, 2)} of them do, and the limit is {limit:.2%}"
    )
    if not line.found:
        return f"{said}: {_more(line)}"
    return f"{said}: mend the masking policy" + (f", and {_more(line)}" if line.of < line.needed else "")


def _more(line: Line) -> str:
    if not line.needed:
        return "no number of planted values shows a limit of 0, raise it"
    return f"plant at least {max(line.needed, line.of + 1):,}"


def _over(line: Line) -> str:
    return f"{line.found:,} of {line.of:,} rows, and the limit is {line.allowed:,} rows ({line.limit or 0.0:.2%})"
