"""The search proves itself on a value planted in each form before it is trusted with a run."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import sqlite3
import urllib.parse
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from tests.leak_search import search, usable

VALUE = "Zoë O'Hara & Sons"


def _gzip(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode()))


def _zip(path: Path, text: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", text)


def _parquet(path: Path, text: str) -> None:
    pq.write_table(pa.table({"x": ["other", text]}), path, compression="zstd")


def _parquet_metadata(path: Path, text: str) -> None:
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata({"note": text}), path)


def _sqlite(path: Path, text: str) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t (a TEXT, b BLOB)")
    db.execute("INSERT INTO t VALUES ('x', ?)", (gzip.compress(json.dumps({"v": text}).encode()),))
    db.commit()
    db.close()


def _safetensors(path: Path, text: str) -> None:
    save_file({"w": np.zeros(3, dtype=np.float32)}, path, metadata={"note": text})


def _gzip_in_zip(path: Path, text: str) -> None:
    buffer = io.BytesIO(gzip.compress(text.encode()))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.gz", buffer.getvalue())


FORMS: dict[str, Callable[[Path, str], object]] = {
    "plain": lambda path, text: path.write_text(text),
    "json": lambda path, text: path.write_text(json.dumps({"v": text})),
    "html": lambda path, text: path.write_text(html.escape(text)),
    "url": lambda path, text: path.write_text(urllib.parse.quote_plus(text)),
    "utf-16": lambda path, text: path.write_text(text, encoding="utf-16"),
    "base64": lambda path, text: path.write_bytes(base64.b64encode(gzip.compress(text.encode()))),
    "gzip": _gzip,
    "zip": _zip,
    "parquet": _parquet,
    "parquet metadata": _parquet_metadata,
    "sqlite": _sqlite,
    "safetensors": _safetensors,
    "gzip in zip": _gzip_in_zip,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_value_is_found(tmp_path: Path, form: str) -> None:
    FORMS[form](tmp_path / "file", f"before {VALUE} after")
    assert {hit[2] for hit in search([tmp_path], {VALUE, "never there"}).hits} == {VALUE}


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_found_where_nothing_is(tmp_path: Path, form: str) -> None:
    FORMS[form](tmp_path / "file", "before Zoe O'Hara after")
    assert search([tmp_path], {VALUE}).hits == []


def test_a_files_name_counts(tmp_path: Path) -> None:
    (tmp_path / "Jane-Roe-1").write_text("x")
    assert search([tmp_path], {"Jane-Roe"}).hits


@pytest.mark.parametrize(
    "text", ["case 666946.", '{"case": "666946"}', "666946", "(666946)", "nr=666946&x=1", "Fall:666946", "案件666946号"]
)
def test_a_short_number_is_found_where_it_stands_by_itself(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text, encoding="utf-8")
    assert search([tmp_path], {"666946"}).hits


@pytest.mark.parametrize("text", ["2026-11-23T16:51:43.666946Z", "0.66694612", "01a2-3666946f-77", "16669460"])
def test_digits_of_a_clock_an_id_or_a_fraction_are_no_hit(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text, encoding="utf-8")
    assert search([tmp_path], {"666946"}).hits == []


def test_a_long_number_is_found_inside_others_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("id4111111111111111x")
    assert search([tmp_path], {"4111111111111111"}).hits


def test_short_and_public_values_are_left_out_and_counted() -> None:
    assert usable(["Jane", "Jane Roe", "London", "Jane Roe "], b"in London") == (
        {"Jane Roe"},
        {"short": 1, "public": 1},
    )
