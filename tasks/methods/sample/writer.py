"""Writes a sample to a folder: the records, their gold spans, and a configuration to start from."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections import Counter
from pathlib import Path
from typing import IO

from tasks.core.errors import UserError
from tasks.methods.sample.generate import columns, is_first, records
from tasks.methods.sample.record import Column, Record

FORMATS = ("jsonl", "csv")


def write(
    domain: str,
    rows: int,
    lang: str = "en",
    seed: int = 0,
    out_dir: str | Path = ".",
    fmt: str = "jsonl",
    planted_leaks: int = 0,
) -> dict[str, object]:
    """Write ``records.jsonl`` (or ``.csv``), ``gold.jsonl`` and ``airlock.yaml`` into ``out_dir``.

    A line of ``gold.jsonl`` is one text: ``{"id", "text", "lang", "partial": false, "spans": [{"start", "end", "type"}]}``
    with offsets in characters and the record's ``id``. The same arguments write the same bytes. Each file appears
    whole or not at all.

    Returns:
        ``rows``, ``people``, ``planted_leaks``, ``spans`` (gold spans in texts by entity), ``characters`` (of text) and
        ``files`` (paths).

    Raises:
        UserError: an argument out of range, or a folder that can't be written.
    """
    if fmt not in FORMATS:
        raise UserError(f"sample: format must be one of {', '.join(FORMATS)}")
    stream = records(domain, rows, lang, seed, planted_leaks)
    declared = columns(domain, lang)
    folder = Path(out_dir)
    targets = [folder / f"records.{fmt}", folder / "gold.jsonl", folder / "airlock.yaml"]
    drafts = [t.with_name(f".{t.name}.part") for t in targets]
    counts: Counter[str] = Counter()
    people = characters = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _open(drafts[0]) as table, _open(drafts[1]) as gold, _open(drafts[2]) as config:
            rows_out = _Table(table, fmt, declared)
            for index, record in enumerate(stream):
                rows_out.add(record)
                gold.write(_line(_gold(record, lang)))
                counts.update(s.entity for s in record.spans["text"])
                characters += len(str(record.fields["text"]))
                people += is_first(domain, lang, seed, index)
            config.write(starter(domain, lang, declared, targets[0].name))
        for draft, target in zip(drafts, targets, strict=True):
            os.replace(draft, target)
    except OSError as exc:
        raise UserError(
            f"sample: cannot write to the folder given as out: {exc.strerror or 'input/output error'}"
        ) from None
    finally:
        for draft in drafts:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    return {
        "rows": rows,
        "people": people,
        "planted_leaks": planted_leaks,
        "characters": characters,
        "spans": dict(sorted(counts.items())),
        "files": [str(t) for t in targets],
    }


def starter(domain: str, lang: str, declared: list[Column], source: str) -> str:
    """The text of a configuration that reads the sample: its columns, and the policy of its domain or language."""
    lines = [
        f"# Starter configuration for the {domain} sample. Relative paths are relative to this file.",
        f"name: {domain}-{lang}",
        f"dataset: {domain}-{lang}-sample",
        "budget: {epsilon: 16, owner: you, reason: rows are made up}  # of real rows, their owner decides",
        "ingest:",
        f"  source: {source}",
        "  columns:",
    ]
    for c in declared:
        parts = [f"name: {c.name}", f"role: {c.role}"]
        parts += [f"kind: {c.kind}"] if c.kind else []
        parts += [f"type: {c.type}"]
        parts += ["required: true"] if c.required else []
        lines.append("    - {" + ", ".join(parts) + "}")
    lines += ["mask:", f"  policy: {'zh' if lang == 'zh' else domain}", *(["  language: zh"] if lang == "zh" else [])]
    return "\n".join(lines) + "\n"


class _Table:
    def __init__(self, out: IO[str], fmt: str, declared: list[Column]) -> None:
        self._out = out
        self._csv = csv.writer(out, lineterminator="\n") if fmt == "csv" else None
        if self._csv:
            self._csv.writerow(["id", *(c.name for c in declared)])

    def add(self, record: Record) -> None:
        if self._csv:
            self._csv.writerow(["" if v is None else v for v in record.fields.values()])
        else:
            self._out.write(_line(record.fields))


def _open(path: Path) -> IO[str]:
    return path.open("w", encoding="utf-8", newline="\n")


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _gold(record: Record, lang: str) -> dict[str, object]:
    spans = [{"start": s.start, "end": s.end, "type": s.entity} for s in record.spans["text"]]
    return {"id": record.fields["id"], "text": record.fields["text"], "lang": lang, "partial": False, "spans": spans}
