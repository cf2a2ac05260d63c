"""What a sample record is: its fields, the gold spans in them, and the columns that declare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

ENTITIES = (
    "PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "ADDRESS", "LOCATION", "DATE_OF_BIRTH", "DATE", "AGE",
    "MEDICAL_RECORD_NUMBER", "ACCOUNT_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "TAX_ID", "ROUTING_NUMBER",
    "ORGANIZATION", "IP_ADDRESS", "URL", "LICENSE_PLATE", "CN_RESIDENT_ID", "CN_CREDIT_CODE", "PASSPORT",
    "ZIP_CODE", "USERNAME",
)  # fmt: skip
"""Every entity that gold spans may name. Amounts of money and lengths of time are not identifying and not gold."""


class Span(NamedTuple):
    """Characters ``[start, end)`` of one field are a value of kind ``entity``."""

    start: int
    end: int
    entity: str


@dataclass(frozen=True)
class Column:
    """One declared column of a sample, with the names that the configuration of ingest uses.

    Attributes:
        name: the field in a record.
        role: ``text``, ``structured``, ``label`` or ``person`` (the id of the person whose record it is).
        kind: the entity that a structured column holds, or an empty string; beside :data:`ENTITIES` also AMOUNT, INCOME and COUNT.
        type: ``string``, ``integer``, ``number`` or ``date``.
        required: whether every record has a value.
    """

    name: str
    role: str
    kind: str = ""
    type: str = "string"
    required: bool = False


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        fields: ``id``, then column name to value (text, number or ``None``) in the order of the declared columns.
            Dates are ISO 8601 text.
        spans: column name to the gold spans of its value, ordered and disjoint; columns without any are absent.
            A structured column that identifies has one span over its whole value.
    """

    fields: dict[str, object]
    spans: dict[str, list[Span]]
