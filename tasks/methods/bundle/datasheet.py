"""The datasheet of the training data: the questions of Gebru et al. 2021 that can be answered without showing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def as_markdown(
    *,
    name: str,
    dataset: str,
    columns: Sequence[Mapping[str, Any]],
    masked: Sequence[Mapping[str, Any]],
    masking: Mapping[str, Any],
    unit: str,
    objective: str,
) -> str:
    """The sheet ("Datasheets for Datasets", Communications of the ACM 64(12)).

    Args:
        columns: the declared columns with ``name``, ``role``, ``kind`` and ``type``.
        masked: those that training saw.
        masking: as in the privacy card.
        unit: whose privacy counts, in words.
        objective: what was trained.
    """
    kept = {column["name"]: column for column in masked}
    rows = []
    for column in columns:
        after = kept.get(column["name"])
        if column["role"] == "person":
            fate = "replaced by a keyed hash, which training groups rows by and doesn't read"
        elif after is None:
            fate = "deleted"
        elif column["role"] == "text":
            fate = "text: what was found in it was masked"
        elif column["role"] == "label":
            fate = "kept: what is predicted"
        else:
            fate = f"masked by the policy's line for {column['kind'] or 'undeclared kinds'}"
        rows.append(f"| {column['name']} | {column['role']} | {column['kind'] or '-'} | {column['type']} | {fate} |")
    table = "\n".join(["| column | role | kind | type | what became of it |", "|---|---|---|---|---|", *rows])
    return f"""# Datasheet: what {name} was trained on

No row is part of this bundle, and no count of rows is given here.

## Motivation

The data set `{dataset}` was gathered by whoever runs the pipeline, for purposes that its owner knows. Here it served
one: training a language model ({objective.replace("_", " ")}).

## Composition

Each row is about one person, where a column says whom; the unit whose privacy counts is {unit}.

{table}

It holds personal data, so people can be harmed by what leaks of it. Labels and text are as the source had them:
errors and gaps of the source are in it.

## Preprocessing

Records that didn't frame or fit their columns were set aside. Personal data was masked under the policy
`{masking["policy"]}`, and the result was searched by other means than those that masked it. {masking["gate"]} Rows of
people who asked to be forgotten are left out before anything else is done.

## Uses

The masked table serves this training only. It must not be used to decide about a person.

## Distribution and maintenance

The data is not distributed. Questions go to the team that released the bundle. Its ledger says what was ever computed
on these people (`ledger_extract.json`).
"""
