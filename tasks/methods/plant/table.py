"""How planted rows are told from real ones, and the table of what was planted where."""

from __future__ import annotations

import pyarrow as pa

FIRST_RECORD = 1 << 62
"""``record_id`` of the first planted row. Ingest's ids are ``file ordinal << 40 | row`` and end below."""

SPLIT = "planted"
"""The split of every planted row. Training and its evaluation read the splits ``train`` and ``heldout`` alone."""

PLANTED_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.int64(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("entity", pa.string(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("context", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
    ]
)
"""One line a planted value: where it stands in the raw text (code points), how it is written, and whether it stands in
a sentence of ours (``carrier``) or where the corpus's own text had a value of its row (``in place``)."""
