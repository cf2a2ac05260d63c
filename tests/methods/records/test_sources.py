"""From what the configuration names to files, and reading them as one stream."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.core.errors import EmptyPartition, TryAgain, UserError
from tasks.methods.records.sources import expand_source
from tasks.methods.records.stream import fingerprint, open_source

DAY = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x\n1\n")


def test_a_folder_is_read_whole_and_in_order(tmp_path: Path) -> None:
    put(tmp_path, "b.csv", "a/2.jsonl.gz", "a/1.TSV", "_SUCCESS", ".hidden.csv", "_temporary/0.csv", "c.pq")
    found = expand_source(str(tmp_path))
    assert [(source.ordinal, source.name, source.format) for source in found] == [
        (0, "a/1.TSV", "tsv"),
        (1, "a/2.jsonl.gz", "jsonl"),
        (2, "b.csv", "csv"),
        (3, "c.pq", "parquet"),
    ]


def test_globs_urls_and_one_file(tmp_path: Path) -> None:
    put(tmp_path, "b.csv", "a.csv", "readme.txt")
    assert [source.name for source in expand_source(f"{tmp_path}/*.csv")] == ["a.csv", "b.csv"]
    assert [source.name for source in expand_source(f"file://{tmp_path}/b.csv")] == ["b.csv"]
    assert expand_source(f"{tmp_path}/readme.txt", kind="jsonl")[0].format == "jsonl"
    with pytest.raises(UserError, match=r"readme\.txt: its ending tells no format"):
        expand_source(str(tmp_path))


def test_any_fsspec_url() -> None:
    import fsspec

    fs = fsspec.filesystem("memory")
    fs.pipe_file("/airlock-sources/x.csv.gz", gzip.compress(b"a\n1\n2\n"))
    (source,) = expand_source("memory://airlock-sources")
    digest, lines = fingerprint(source)
    assert (source.name, lines, len(digest)) == ("x.csv.gz", 3, 64)
    with open_source(source) as stream:
        assert stream.read() == b"a\n1\n2\n"
        assert stream.sha256() == digest


def test_placeholders_stand_for_the_interval(tmp_path: Path) -> None:
    put(tmp_path, "2026-03-01/a.csv", "2026-03-02/a.csv", "20260301-20260302.csv")
    pattern = f"{tmp_path}/{{start:%Y-%m-%d}}/*.csv"
    assert [source.path for source in expand_source(pattern, *DAY)] == [f"{tmp_path}/2026-03-01/a.csv"]
    assert len(expand_source(f"{tmp_path}/{{start}}", *DAY)) == 1
    assert len(expand_source(f"{tmp_path}/{{start:%Y%m%d}}-{{end:%Y%m%d}}.csv", *DAY)) == 1
    with pytest.raises(UserError, match="give ingest.source") as caught:
        expand_source(pattern)
    assert not isinstance(caught.value, EmptyPartition)


def test_an_empty_partition_is_told_from_a_wrong_path(tmp_path: Path) -> None:
    with pytest.raises(EmptyPartition, match="2026-03-01 00:00 to 2026-03-02 00:00"):
        expand_source(f"{tmp_path}/{{start:%Y-%m-%d}}.csv", *DAY)
    with pytest.raises(UserError) as caught:
        expand_source(f"{tmp_path}/none.csv", *DAY)
    assert not isinstance(caught.value, EmptyPartition)


@pytest.mark.parametrize("pattern", ["{start:..}", "{start:.}{end:.}", "{start:%c}", "{end:~}", "{start:a.b}"])
def test_a_date_format_cannot_leave_the_folder(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(UserError, match="format of"):
        expand_source(f"{tmp_path}/{pattern}/x.csv", *DAY)


def test_unknown_protocol() -> None:
    with pytest.raises(UserError, match="no driver"):
        expand_source("nosuch://bucket/x.csv")


@pytest.mark.parametrize("keep", [5, 30, -1])
def test_a_truncated_gzip_fails(tmp_path: Path, keep: int) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"a,b\nJane Roe,1\n" * 500)[:keep])
    (source,) = expand_source(f"{tmp_path}/x.csv.gz")
    with pytest.raises(UserError, match=r"x\.csv\.gz: the gzip stream is cut off"):
        fingerprint(source)


def test_a_damaged_or_false_gzip_fails(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"a,b\nJane Roe,1\n" * 500))
    packed[-6] ^= 1
    (tmp_path / "x.csv.gz").write_bytes(packed)
    (tmp_path / "y.csv.gz").write_bytes(b"a,b\n")
    for source in expand_source(str(tmp_path)):
        with pytest.raises(UserError, match="gzip"):
            fingerprint(source)


def test_gzip_is_known_by_its_content_and_may_have_members(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"))
    (source,) = expand_source(str(tmp_path))
    assert fingerprint(source)[1] == 3


def test_a_source_that_goes_away(tmp_path: Path) -> None:
    put(tmp_path, "a.csv")
    (source,) = expand_source(str(tmp_path))
    (tmp_path / "a.csv").unlink()
    with pytest.raises(TryAgain, match="a.csv: is gone"):
        fingerprint(source)
