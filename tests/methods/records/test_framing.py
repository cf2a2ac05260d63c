"""Framing: nothing is lost, nothing crashes, positions are right, chunks decide nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.core.errors import UserError
from tasks.methods.records.columns import OVER_SIZE, STRAY_QUOTE, UNCLOSED_QUOTE, WRONG_ENCODING
from tasks.methods.records.lines import Frame, frame_lines
from tasks.methods.records.rfc4180 import frame_records
from tasks.methods.records.window import Window

Framer = Callable[[bytes, int, int], list[Frame]]


def frame_csv(data: bytes, limit: int = 1 << 20, chunk: int = 1 << 20, encoding: str = "utf-8") -> list[Frame]:
    return list(frame_records(Window(io.BytesIO(data), "f.csv", encoding, chunk), ",", limit))


def frame_text(data: bytes, limit: int = 1 << 20, chunk: int = 1 << 20) -> list[Frame]:
    return list(frame_lines(Window(io.BytesIO(data), "f.jsonl", "utf-8", chunk), limit))


PIECES = [b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"a", b"\xe9", b"\xc3\xa9", b'","', b"\x00"]
nasty = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
anything = st.one_of(nasty, st.binary(max_size=200))


@pytest.mark.parametrize("framer", [frame_csv, frame_text])
@given(data=anything, limit=st.integers(1, 40), chunk=st.integers(1, 9))
@example(data=b'"\xe9\n\na\r""","\r\n\r,\n\n,\xe9"","",', limit=8, chunk=1)
def test_every_byte_is_accounted_for(framer: Framer, data: bytes, limit: int, chunk: int) -> None:
    try:
        frames = framer(data, limit, 1 << 20)
    except UserError:
        assert data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4] == b"\x00\x00\xfe\xff"
        return
    assert framer(data, limit, chunk) == frames, "what is framed depends on the chunk size"
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for frame in frames:
        assert set(data[at : frame.offset]) <= set(b"\r\n"), "bytes before a record are in no record"
        assert frame.line == data[: frame.offset].count(b"\n") + 1
        assert frame.length > 0
        assert (frame.value is None) == bool(frame.reason)
        assert frame.reason or frame.length <= limit
        at = frame.offset + frame.length
    assert set(data[at:]) <= set(b"\r\n")


@given(
    rows=st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=2, max_size=2), min_size=1, max_size=12
    ),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    ending=st.sampled_from(["\r\n", "\n"]),
    chunk=st.integers(1, 64),
)
def test_reads_what_pythons_csv_writes(rows: list[list[str]], quoting: int, ending: str, chunk: int) -> None:
    out = io.StringIO(newline="")
    # Python writes a lone \r without quotes, and reads it back as a line end; here it is a character of its field.
    rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    csv.writer(out, quoting=quoting, lineterminator=ending).writerows(rows)
    data = out.getvalue().encode()
    frames = frame_csv(b"x,y\n" + data, chunk=chunk)[1:]
    assert [frame.value for frame in frames] == rows
    for frame, row in zip(frames, rows, strict=True):
        record = (b"x,y\n" + data)[frame.offset : frame.offset + frame.length].decode()
        assert next(csv.reader(io.StringIO(record, newline=""))) == row, "the offset is not the record's start"


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=20), st.integers(1, 32))
def test_as_many_records_as_an_independent_count(texts: list[str], chunk: int) -> None:
    lines = [json.dumps({"t": text}, ensure_ascii=False).replace("\n", " ") for text in texts]
    frames = frame_text("\n".join(lines).encode(), chunk=chunk)
    assert [frame.value for frame in frames] == lines


def told(data: bytes, limit: int = 1 << 20) -> list[object]:
    return [frame.reason or frame.value for frame in frame_csv(data, limit)]


def test_an_unclosed_quote_costs_its_own_line() -> None:
    data = b'id,text\n1,"never closed\n2,plain\n3,"quoted, and ""fine"""\n4,"two\nlines"\n'
    assert told(data) == [["id", "text"], STRAY_QUOTE, ["2", "plain"], ["3", 'quoted, and "fine"'], ["4", "two\nlines"]]


def test_an_unclosed_quote_without_another_quote_ends_at_the_size_limit() -> None:
    data = b'id,text\n1,"never closed\n' + b"2,plain\n" * 50
    assert told(data, limit=64) == [["id", "text"], UNCLOSED_QUOTE, *[["2", "plain"]] * 50]
    assert told(data) == [["id", "text"], UNCLOSED_QUOTE, *[["2", "plain"]] * 50]


@pytest.mark.parametrize("broken", [b'ab"c,1', b'"ab"c,1', b'"ab" ,1', b'1,"a""'])
def test_readers_disagree_so_it_is_set_aside(broken: bytes) -> None:
    frames = frame_csv(b"x,y\n" + broken + b"\n3,4\n")
    assert frames[1].reason in (STRAY_QUOTE, UNCLOSED_QUOTE)
    assert (frames[1].line, frames[1].offset, frames[1].length) == (2, 4, len(broken))
    assert frames[2].value == ["3", "4"]


def test_one_latin1_byte_costs_one_record() -> None:
    data = "x,y\nJos\xe9,1\nJosé,2\n".encode("latin-1").replace(b"Jos\xe9,2", "José,2".encode())
    assert told(data) == [["x", "y"], WRONG_ENCODING, ["José", "2"]]
    assert [frame.value for frame in frame_csv(data, encoding="iso-8859-1")][1] == ["José", "1"]


@pytest.mark.parametrize("framer", [frame_csv, frame_text])
@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_a_long_line_is_skipped_in_flat_memory(framer: Framer, chunk: int) -> None:
    frames = framer(b"ok\n" + b"x" * 5000 + b"\r\nfine\n", 64, chunk)
    assert [(frame.reason, frame.length) for frame in frames] == [("", 2), (OVER_SIZE, 5000), ("", 4)]
    assert frames[2].offset == 5005


def test_a_quoted_record_over_the_limit() -> None:
    data = b'x,y\n1,"' + b"z" * 80 + b'"\n2,b\n'
    assert told(data, limit=64) == [["x", "y"], OVER_SIZE, ["2", "b"]]


def test_the_window_keeps_no_more_than_the_limit_and_two_chunks() -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += 1
            return b"z" * size if self.given < 2000 else b""

    window = Window(Endless(), chunk=1 << 10)
    largest = 0
    more = window.more

    def spy(keep_from: int) -> bool:
        nonlocal largest
        result = more(keep_from)
        largest = max(largest, len(window.data))
        return result

    window.more = spy  # type: ignore[method-assign]
    (frame,) = frame_lines(window, 4 << 10)
    assert frame.reason == OVER_SIZE and frame.length == 1999 << 10
    assert largest <= 6 << 10


def test_marks_of_byte_order() -> None:
    assert told(b"\xef\xbb\xbfx,y\n") == [["x", "y"]]
    assert frame_csv(b"\xef\xbb\xbfx,y\n")[0].offset == 3
    with pytest.raises(UserError, match="UTF-16"):
        frame_csv("x,y\n".encode("utf-16"))


def test_gb18030_frames_by_bytes() -> None:
    data = '姓名,备注\n王伟,"你好, 世界"\n'.encode("gb18030")
    assert [frame.value for frame in frame_csv(data, encoding="gb18030")] == [["姓名", "备注"], ["王伟", "你好, 世界"]]
