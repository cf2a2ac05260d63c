"""Who a record is about, as keyed hashes: the unit whose privacy is counted, and the split it falls in."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable

import polars as pl

TRAIN, HELDOUT = "train", "heldout"


def unit_id(person: str, key: bytes) -> str:
    """HMAC-SHA-256 of a person's id as 64 hex characters: the only form in which it leaves ingest.

    Formal guarantees:
        Without ``key`` the id can't be told from a random one, nor be found by trying likely persons.
    """
    return hmac.digest(key, person.encode(), "sha256").hex()


def split_of(subject: str, key: bytes, heldout_share: float) -> str:
    """The split of a person, or of a record's content.

    Formal guarantees:
        Depends on ``subject``, ``key`` and ``heldout_share`` alone, so nobody's record can move another's, and all
        records of a person are in one split.
    """
    draw = int.from_bytes(hmac.digest(key, subject.encode(), "sha256")[:8], "big")
    return HELDOUT if draw < int(heldout_share * 2**64) else TRAIN


class OptedOut:
    """Tells whose rows are left out.

    Args:
        column: the column with the person's id.
        listed: whether a ``unit_id`` is on the opt-out list.
        unit_key: 32 bytes.
    """

    def __init__(self, column: str, listed: Callable[[str], bool], unit_key: bytes) -> None:
        self.column, self._listed, self._key = column, listed, unit_key

    def among(self, ids: pl.Series) -> pl.Series:
        """For each typed id whether its person is on the list; where there is no id, nobody is."""
        names = ids.cast(pl.String)
        gone = {
            name for name in names.unique().to_list() if name is not None and self._listed(unit_id(name, self._key))
        }
        return pl.Series([name in gone for name in names.to_list()], dtype=pl.Boolean)


def with_units(
    rows: pl.DataFrame, columns: list[str], person: str | None, unit_key: bytes, split_key: bytes, heldout_share: float
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Add ``unit_id`` and ``split`` to typed rows.

    Args:
        rows: typed rows.
        columns: the declared columns; a record's content where there is no person.
        person: the column with the person's id, never null; ``None``: no unit is known, ``unit_id`` is null.
        unit_key: 32 bytes.
        split_key: 32 bytes.
        heldout_share: expected share of people held out, in [0, 1).

    Returns:
        the rows, and from each unit id among them to the source's own id.
    """
    if person is None:
        splits = [split_of(_content(row), split_key, heldout_share) for row in rows.select(sorted(columns)).iter_rows()]
        nobody = pl.lit(None, dtype=pl.String).alias("unit_id")
        return rows.with_columns(nobody, pl.Series("split", splits, dtype=pl.String)), {}
    ids = rows[person].cast(pl.String)
    known = {name: unit_id(name, unit_key) for name in ids.unique().to_list()}
    splits_by = {name: split_of(f"person:{name}", split_key, heldout_share) for name in known}
    units = pl.Series("unit_id", [known[name] for name in ids], dtype=pl.String)
    split = pl.Series("split", [splits_by[name] for name in ids], dtype=pl.String)
    return rows.with_columns(units, split), {unit: name for name, unit in known.items()}


def _content(row: tuple[object, ...]) -> str:
    return "record:" + json.dumps(row, ensure_ascii=False, default=str)
