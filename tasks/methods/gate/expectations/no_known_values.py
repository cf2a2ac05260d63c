"""Values of a column that hold none of the values in a file."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Optional

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics import ColumnMapMetricProvider, column_condition_partial

from tasks.core.errors import UserError
from tasks.methods.gate.expectations.counts_only import CountsOnly, judged_texts, percent
from tasks.methods.gate.known.fold import words

_SCHEMA = pa.schema([("digest", pa.binary(32)), ("words", pa.int32())])
Looked = tuple[frozenset[Any], tuple[int, ...], Callable[[str], Any]]


def write_digests(values: Iterable[str], path: Path, key: bytes) -> int:
    """Write the values as keyed digests, for those who may look for them and not read them.

    Args:
        values: what must be nowhere.
        path: the Parquet file to write.
        key: at least 16 bytes. Who has it can guess values; keep it from the readers of the file.

    Returns:
        how many distinct values there are, as words without case, accents and punctuation.

    Raises:
        ValueError: for a short key.
    """
    if len(key) < 16:
        raise ValueError("a key has at least 16 bytes")
    forms = sorted({" ".join(found) for value in values if (found := words(value))})
    digests = sorted((_digest(form, key), form.count(" ") + 1) for form in forms)
    columns = [pa.array([one[place] for one in digests], field.type) for place, field in enumerate(_SCHEMA)]
    pq.write_table(pa.table(columns, schema=_SCHEMA), path)
    return len(forms)


class ColumnValuesHoldNoKnownValue(ColumnMapMetricProvider):
    """Whether each value holds none of the values in a file, as whole words."""

    condition_metric_name = "column_values.hold_no_known_value"
    condition_value_keys = ("values_file", "key_file")

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls: Any,  # noqa: N805 - the library makes it a class method
        column: pd.Series,
        values_file: str = "",
        key_file: str | None = None,
        **_: Any,
    ) -> pd.Series:
        known, lengths, form_of = _read(Path(values_file), Path(key_file) if key_file else None)

        def free(texts: list[str]) -> list[bool]:
            return [not any(form_of(form) in known for form in _windows(words(text), lengths)) for text in texts]

        return judged_texts(column, free)


class ExpectColumnValuesToHoldNoKnownValue(CountsOnly):
    """Expect the values of a column to hold none of the values in a file.

    A value is found where its words stand one after the other, whatever their case, accents, width and punctuation.
    The values are given by a file's path because Great Expectations prints an expectation's arguments. Runs on pandas.
    Its result holds counts, under every result format.

    Args:
        column: the column's name.
        values_file: a text file in UTF-8 with a value on each line, or a Parquet file of :func:`write_digests`.
        key_file: the file whose bytes are the digests' key.
        mostly: the least share of values that must hold none.
    """

    values_file: str
    key_file: Optional[str] = None  # noqa: UP045 - pydantic 1 reads it

    map_metric: ClassVar[str | None] = "column_values.hold_no_known_value"
    success_keys: ClassVar[tuple[str, ...]] = ("values_file", "key_file", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column", "values_file")

    @classmethod
    def says(cls, kwargs: Mapping[str, Any]) -> tuple[str, str]:
        """What it is about, and what is expected."""
        return kwargs["column"], (
            f"at least {percent(kwargs['mostly'])} of the values must hold no value of "
            f"{Path(kwargs['values_file']).name}"
        )


def _read(path: Path, key_file: Path | None) -> Looked:
    """The values' forms, how many words they have, and how a text's words become a form.

    Raises:
        UserError: where a file can't be read. Great Expectations prints errors, so no content stands in it.
    """
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path, schema=_SCHEMA).to_pydict()
            key = key_file.read_bytes() if key_file is not None else b""
        else:
            found = [words(line) for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except Exception as exc:
        raise UserError(f"the file of known values, or its key, could not be read ({type(exc).__name__})") from None
    if path.suffix != ".parquet":
        return _looked(frozenset(" ".join(one) for one in found if one), {len(one) for one in found if one}, str)
    if len(key) < 16:
        raise UserError("digests of known values need `key_file`, a file with their key of at least 16 bytes")
    return _looked(frozenset(table["digest"]), set(table["words"]), lambda form: _digest(form, key))


def _looked(forms: frozenset[Any], lengths: set[int], form_of: Callable[[str], Any]) -> Looked:
    if not forms:
        raise UserError("the file of known values holds no value, so nothing would be looked for")
    return forms, tuple(sorted(lengths)), form_of


def _windows(found: list[str], lengths: tuple[int, ...]) -> Iterable[str]:
    for length in lengths:
        for start in range(len(found) - length + 1):
            yield " ".join(found[start : start + length])


def _digest(form: str, key: bytes) -> bytes:
    return hmac.digest(key, form.encode(), hashlib.sha256)
