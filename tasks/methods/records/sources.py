"""From what the configuration names to a list of files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

import fsspec

from tasks.core.errors import EmptyPartition, TryAgain, UserError

Format = Literal["csv", "tsv", "jsonl", "parquet"]

ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Endings of file names and what they mean; each may be followed by ``.gz``."""

_PLACEHOLDER = re.compile(r"\{(start|end)(?::([^{}]*))?\}")
# No dot: a date format must not be able to write "..", which would step out of the folder that a deployment allows.
_DATE_FORMAT = re.compile(r"(?:%[YmdHMSjGVuy]|[A-Za-z0-9_=/-])*")


@dataclass(frozen=True)
class Source:
    """One file of the input.

    Attributes:
        ordinal: its place among the sorted files.
        name: what messages call it: its path below the folder that all files share.
        path: as its file system wants it.
    """

    ordinal: int
    name: str
    path: str
    format: Format
    fs: Any = field(repr=False, compare=False)


def expand_source(
    source: str,
    start: datetime | None = None,
    end: datetime | None = None,
    kind: Literal["auto", "csv", "tsv", "jsonl", "parquet"] = "auto",
) -> list[Source]:
    """List the files that a source names, sorted by path.

    A folder stands for every file below it but those whose name, or folder, begins with ``.`` or ``_``. A glob takes
    the file system's patterns (``*``, ``?``, ``[...]``, ``**``).

    Args:
        source: a path, folder, glob or fsspec URL; ``{start}`` and ``{end}``, also with a format as in
            ``{start:%Y-%m-%d}``, stand for the interval's ends.
        start: beginning of the data interval.
        end: end of the data interval.
        kind: the files' format; ``auto`` goes by the ending.

    Raises:
        EmptyPartition: where the source has a placeholder and no file lies in the interval.
        UserError: where there is no file otherwise, no interval for a placeholder, or a file of unknown format.
    """
    url = _fill(source, start, end)
    partitioned = url != source
    try:
        fs, root = cast(tuple[Any, str], fsspec.core.url_to_fs(url))
        paths = _listing(fs, root)
    except (ValueError, ImportError):
        raise UserError("ingest.source: no driver is installed for this kind of URL") from None
    except PermissionError:
        raise UserError("ingest.source: access is denied; this worker needs the source's credentials") from None
    except FileNotFoundError:
        paths = []
    except OSError as exc:
        raise TryAgain(f"ingest.source: {type(exc).__name__}; the source may be down or busy") from None
    if not paths and partitioned:
        ends = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}" if start and end else "the run"
        raise EmptyPartition(f"ingest.source: no file for the interval {ends}; there is nothing to do")
    if not paths:
        what = "the glob matches no file" if re.search(r"[*?\[]", root) else "there is no file, or only hidden ones"
        raise UserError(f"ingest.source {url!r}: {what}; check the path")
    common = posixpath.dirname(paths[0]) if len(paths) == 1 else posixpath.commonpath(paths)
    names = [path.removeprefix(common).lstrip("/") for path in paths]
    formats = [_format(name, kind) for name in names]
    return [Source(i, n, p, f, fs) for i, (n, p, f) in enumerate(zip(names, paths, formats, strict=True))]


def _fill(source: str, start: datetime | None, end: datetime | None) -> str:
    ends = {"start": start, "end": end}

    def fill(found: re.Match[str]) -> str:
        moment, pattern = ends[found[1]], found[2] or "%Y-%m-%d"
        if moment is None:
            raise UserError(
                f"ingest.source: {{{found[1]}}} stands for a data interval and this run has none; "
                "give ingest.source a path without it"
            )
        if not _DATE_FORMAT.fullmatch(pattern):
            raise UserError(
                f"ingest.source: the format of {{{found[1]}}} may hold %Y %m %d %H %M %S %j %G %V %u %y, letters, "
                "digits and / - _ ="
            )
        return moment.strftime(pattern)

    return _PLACEHOLDER.sub(fill, source)


def _below(fs: Any, root: str) -> Iterator[str]:
    """Every file below a folder. A folder that can't be listed is an error: half an input is none."""
    for folder, _, files in fs.walk(root, on_error="raise"):
        yield from (f"{folder.rstrip('/')}/{name}" for name in files)


def _listing(fs: Any, root: str) -> list[str]:
    fs.invalidate_cache()
    if fs.isfile(root):
        return [root]
    if fs.isdir(root):
        below = root.rstrip("/") + "/"
        found = [
            path
            for path in _below(fs, root)
            if not any(part.startswith((".", "_")) for part in path.removeprefix(below).split("/"))
        ]
    elif re.search(r"[*?\[]", root):
        found = [path for path, info in fs.glob(root, detail=True).items() if info["type"] == "file"]
    else:
        found = []
    return sorted(found)


def _format(name: str, kind: Literal["auto", "csv", "tsv", "jsonl", "parquet"]) -> Format:
    if kind != "auto":
        return kind
    ending = posixpath.splitext(name.lower().removesuffix(".gz"))[1]
    if ending not in ENDINGS:
        raise UserError(
            f"{name}: its ending tells no format ({' '.join(ENDINGS)}, each also with .gz); "
            "set ingest.format, or name the files by a glob"
        )
    return ENDINGS[ending]
