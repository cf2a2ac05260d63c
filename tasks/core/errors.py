"""The errors that leave a stage, and the exit code of each.

No message may hold a value of a row: stages raise these with ``from None``, naming a file, a position or a
config path, and never chain an error of a library that saw a row (Polars and pydantic quote values).
"""

from __future__ import annotations

import traceback
from types import TracebackType


class AirlockError(Exception):
    """An internal fault. Anything a user can mend is one of the subclasses."""

    exit_code = 1
    retry = False


class UserError(AirlockError):
    """Input, configuration or deployment that the user must change; trying again changes nothing."""

    exit_code = 2


class GateRefused(AirlockError):
    """A gate is shut: evidence passed a limit of the policy."""

    exit_code = 3


class BudgetRefused(AirlockError):
    """The privacy budget of the data set does not allow the charge."""

    exit_code = 4


class TryAgain(AirlockError):
    """Something outside (a store, a lock, a machine) failed for now; the same call may succeed later."""

    exit_code = 75
    retry = True


class EmptyPartition(UserError):
    """A scheduled interval for which the source has no file. Airflow skips the run, the command exits with 2."""


EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "an internal fault: please report it",
    2: "your input, configuration or deployment needs a change",
    3: "a gate refused",
    4: "the privacy budget refused",
    75: "try again",
}
"""The one table of exit codes: the command, the child process and the operators all read it."""


def describe(exc: BaseException) -> str:
    """Tell where an unexpected error came from without its message, which may quote a row.

    >>> try:
    ...     int("Jane Roe")
    ... except ValueError as exc:
    ...     "Jane" in describe(exc)
    False
    """
    frames = traceback.extract_tb(exc.__traceback__)
    places = [f"{'/'.join(f.filename.split('/')[-3:])}:{f.lineno} in {f.name}" for f in frames[-8:]]
    return f"internal fault {type(exc).__name__} at " + " < ".join(reversed(places))


def quiet_excepthook(kind: type[BaseException], exc: BaseException, _tb: TracebackType | None) -> None:
    """An ``sys.excepthook`` that prints :func:`describe` instead of a traceback with messages."""
    import sys

    print(describe(exc), file=sys.stderr)
