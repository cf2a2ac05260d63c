"""Sample records with gold spans: visit notes, complaints and transfers, benefit and tax files, in English and Chinese.

Nothing here is about anyone: every value is drawn at random. Phones, e-mail and internet addresses come from ranges
reserved for fiction and documentation where those exist; the rest is random within its valid form.
"""

from __future__ import annotations

from tasks.methods.sample.generate import DOMAINS, LANGUAGES, columns, records
from tasks.methods.sample.record import ENTITIES, Column, Record, Span
from tasks.methods.sample.writer import FORMATS, write

__all__ = ["DOMAINS", "ENTITIES", "FORMATS", "LANGUAGES", "Column", "Record", "Span", "columns", "records", "write"]
