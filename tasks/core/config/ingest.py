"""What is read, how its columns are declared and what bad input is allowed to cost.

The two limits are knobs because they don't change what ingest writes: the artifact is the evidence, kept by its key,
and the limits are held against its counts anew in every run.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from tasks.core.config.base import Field, Section, knob


class Column(Section):
    """One declared column. What is not declared is not read."""

    name: str = Field(
        title="Name", description="The column's name in the source, to the letter.", min_length=1, max_length=200
    )
    role: Literal["text", "structured", "label", "person"] = Field(
        title="Role",
        description="text: free text to mask and learn from. structured: a field whose kind is known. label: a class "
        "or score. person: who the record is about; leaves ingest only as a keyed hash.",
    )
    kind: str = Field(
        "",
        title="Kind",
        description="Kind of entity a structured column holds, such as PERSON, PHONE_NUMBER or DATE_OF_BIRTH.",
        pattern=r"^[A-Z0-9_]*$",
    )
    type: Literal["string", "integer", "number", "boolean", "date", "datetime"] = Field(
        "string", title="Type", description="A cell that doesn't fit its type quarantines its row."
    )
    required: bool = Field(
        False, title="Required", description="An empty cell quarantines its row. A person's column is always required."
    )
    unique: bool = Field(
        False,
        title="Unique",
        description="The second and later rows with a value are quarantined. Which rows stay then depends on other "
        "people's rows: reports say that epsilon doesn't cover it.",
    )
    low: float | None = Field(
        None,
        title="Low",
        description="Public lower bound of a number, never read off the data: noise is scaled by it.",
    )
    high: float | None = Field(None, title="High", description="Public upper bound of a number.")
    granularity: float | None = Field(
        None, title="Granularity", description="Noisy figures are multiples of it, such as 0.01.", gt=0
    )

    @model_validator(mode="after")
    def _fits_its_role(self) -> Self:
        figures = (self.low, self.high, self.granularity)
        if self.type not in ("integer", "number") and any(figure is not None for figure in figures):
            raise ValueError("low, high and granularity are for columns of type integer or number")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be below high")
        if self.role == "text" and self.type != "string":
            raise ValueError("a text column has type string")
        if self.role == "person" and self.type not in ("string", "integer"):
            raise ValueError("a person column has type string or integer")
        if self.kind and self.role != "structured":
            raise ValueError("only a structured column has a kind")
        if self.name in ("record_id", "unit_id", "split"):
            raise ValueError("record_id, unit_id and split are names that Airlock gives itself")
        return self


class IngestConfig(Section):
    """Reading the source: CSV, TSV, JSON Lines or Parquet, gzip'd or not."""

    source: str = knob(
        title="Source",
        description="A file, a folder, a glob or any fsspec URL. {start:%Y-%m-%d} and {end:%Y-%m-%d} stand for the "
        "ends of the run's data interval. Files count by their content, so a renamed file is the same input.",
        min_length=1,
    )
    columns: tuple[Column, ...] = Field(
        title="Columns",
        description="The columns to read, in the order in which tables keep them.",
        min_length=1,
        max_length=200,
    )
    format: Literal["auto", "csv", "tsv", "jsonl", "parquet"] = Field(
        "auto",
        title="Format",
        description="auto goes by the file's ending: .csv .tsv .jsonl .ndjson .parquet, also .gz.",
    )
    delimiter: Literal["auto", ",", ";", "|", "\t"] = Field(
        "auto", title="Delimiter", description="Between the fields of a CSV file; auto: a comma, in TSV a tab."
    )
    quoting: Literal["rfc4180", "none"] = Field(
        "rfc4180",
        title="Quoting",
        description='rfc4180: a field in " may hold delimiters and line ends. none: " is a character like any other.',
    )
    encoding: Literal["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252", "gb18030"] = Field(
        "utf-8",
        title="Encoding",
        description="How the source's text is encoded. A record that isn't is quarantined, never guessed at.",
    )
    max_record_bytes: int = Field(
        1 << 20, title="Longest record", description="A longer record is quarantined.", ge=16, le=1 << 28
    )
    max_quarantined_share: float = knob(
        0.01,
        title="Quarantine limit",
        description="Share of records that may be quarantined before ingest fails.",
        ge=0,
        le=1,
    )
    max_row_change: float | None = knob(
        None,
        title="Row count limit",
        description="Ingest fails if the number of rows differs from the data set's last accepted run by more than "
        "this share (0.5: half). Empty: no limit.",
        ge=0,
        allow_inf_nan=False,
    )
    heldout_share: float = Field(
        0.1,
        title="Held-out share",
        description="Share of people (of records where no person's column is declared) kept out of training, by keyed "
        "hash.",
        ge=0,
        lt=1,
    )
    shard_rows: int = Field(
        5000,
        title="Rows a shard",
        description="Records of a source file that one masking task gets; raised so that there are at most 500 shards.",
        ge=1,
        le=10_000_000,
    )

    @model_validator(mode="after")
    def _rules(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("columns: two columns have the same name")
        if sum(column.role == "person" for column in self.columns) > 1:
            raise ValueError("columns: at most one column has role person")
        if self.encoding == "gb18030" and self.delimiter == "|":
            raise ValueError("delimiter: | may be part of a character in gb18030; use another")
        return self
