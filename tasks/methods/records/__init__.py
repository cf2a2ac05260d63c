r"""Records from files, honestly: each is read whole and typed, or set aside with its position and a reason.

``sources`` finds the files, ``stream`` reads and hashes them, ``window``, ``lines`` and ``rfc4180`` frame records,
``jsonl``, ``parquet`` and ``cells`` type them, ``read`` puts these together; ``distinct``, ``people`` and ``shards``
make the tables that the rest of the pipeline works on.

Only this package's modules decide what a record is. Polars parses cells, never files: it stops at the first bad row or
turns bad cells into nulls, and names no record.
"""
