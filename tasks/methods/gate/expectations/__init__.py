"""The gate's questions as Great Expectations' own expectations, for a team's own suites.

Whatever result format a suite runs under, their results, exceptions and Data Docs hold counts: no value, no row's text,
no row's index. What a suite's author writes into an expectation (a column's name, a row condition) is printed by Great
Expectations as it stands, so values are given by the path of a file.

Importing this package registers them and turns the library's reports of its use off.
"""

from __future__ import annotations

from tasks.methods.gate import quiet  # noqa: F401 - first of all: it says what the library reads when it is imported
from tasks.methods.gate.expectations.free_of_personal_data import ExpectColumnValuesToBeFreeOfPersonalData
from tasks.methods.gate.expectations.k_anonymous import ExpectTableToBeKAnonymous
from tasks.methods.gate.expectations.no_known_values import ExpectColumnValuesToHoldNoKnownValue, write_digests
from tasks.methods.gate.expectations.rows_conserved import ExpectTableRowsToBeConserved

__all__ = [
    "ExpectColumnValuesToBeFreeOfPersonalData",
    "ExpectColumnValuesToHoldNoKnownValue",
    "ExpectTableRowsToBeConserved",
    "ExpectTableToBeKAnonymous",
    "write_digests",
]
