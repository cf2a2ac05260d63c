"""Writing masked text: Presidio's anonymizer applies an operator to each stretch.

Two of its habits are switched off or worked around. It merges neighbours of one kind that only a space parts, so that
three addresses become one tag and the count is lost; overlaps are already settled by
:mod:`tasks.methods.mask.conflicts`. And it copies the whole text once a replacement, quadratic in a long document:
it is given a piece at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult
from presidio_anonymizer.operators import Operator, OperatorType

from tasks.core.errors import AirlockError
from tasks.methods.detect.spans import Span
from tasks.methods.mask.plan import Operation
from tasks.methods.mask.values import age_band, year_in

_PIECE = 4_000
_LONGEST = 1 << 30


class _Year(Operator):
    """Keeps the year of a date; the tag stands in place of a date without one."""

    def operate(self, text: str | None = None, params: dict[str, str] | None = None) -> str:
        return str(year_in(text or "") or (params or {})["tag"])

    def validate(self, params: dict[str, str] | None = None) -> None:
        """Built by :class:`TextMasker` alone."""

    def operator_name(self) -> str:
        return "year"

    def operator_type(self) -> OperatorType:
        return OperatorType.Anonymize


class _AgeBand(_Year):
    """Turns an age into its band of ten years; the tag stands in place of what is no plain age."""

    def operate(self, text: str | None = None, params: dict[str, str] | None = None) -> str:
        figures = "".join(c for c in text or "" if c.isdecimal())
        plain = 1 <= len(figures) <= 3 and not any(word in (text or "").lower() for word in ("mo", "week", "wk"))
        return age_band(int(figures)) if plain else (params or {})["tag"]

    def operator_name(self) -> str:
        return "age_band"


class TextMasker:
    """Applies operations to stretches of a text.

    Formal guarantees:
        Characters outside the stretches come out as they are, in order. Of a stretch under ``tag`` or ``redact``
        nothing comes out; under ``stars`` its length does, under ``year`` a year, under ``age_band`` a band.

    Args:
        operations: by kind.
    """

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._engine = AnonymizerEngine()
        self._engine.add_anonymizer(_Year)
        self._engine.add_anonymizer(_AgeBand)
        self._operators = {entity: _config(operation) for entity, operation in operations.items()}

    def mask(self, text: str | None, stretches: Sequence[Span]) -> str | None:
        """The text with every stretch replaced. ``None`` stays ``None``.

        Args:
            stretches: disjoint and in order, as :func:`tasks.methods.mask.conflicts.resolve` gives them.

        Raises:
            AirlockError: where the stretches overlap, leave the text or have no operation. The message holds no text.
        """
        if text is None or not stretches:
            return text
        end = 0
        for span in stretches:
            if span.start < end or span.end > len(text) or span.entity not in self._operators:
                raise AirlockError(f"a stretch of kind {span.entity} cannot be masked: it overlaps or has no operator")
            end = span.end
        try:
            return "".join(
                self._piece(text[start:end], start, inside) for start, end, inside in _pieces(text, stretches)
            )
        except Exception as exc:
            raise AirlockError(f"masking a text failed with {type(exc).__name__}; the text is not shown") from None

    def _piece(self, piece: str, offset: int, stretches: list[Span]) -> str:
        if not stretches:
            return piece
        results = [RecognizerResult(s.entity, s.start - offset, s.end - offset, s.score) for s in stretches]
        return self._engine.anonymize(piece, results, dict(self._operators), merge_entities_with_spaces=False).text


def _pieces(text: str, stretches: Sequence[Span]) -> Iterator[tuple[int, int, list[Span]]]:
    """Pieces that end with a stretch, each a few thousand characters long, and the stretches in each."""
    start, inside = 0, []
    for span in stretches:
        inside.append(span)
        if span.end - start >= _PIECE:
            yield start, span.end, inside
            start, inside = span.end, []
    yield start, len(text), inside


def _config(operation: Operation) -> OperatorConfig:
    if operation.operator == "tag":
        return OperatorConfig("replace", {"new_value": operation.tag})
    if operation.operator in ("redact", "delete"):
        return OperatorConfig("redact", {})
    if operation.operator == "stars":
        return OperatorConfig("mask", {"masking_char": "*", "chars_to_mask": _LONGEST, "from_end": False})
    if operation.operator in ("year", "age_band"):
        return OperatorConfig(operation.operator, {"tag": operation.tag})
    raise AirlockError(f"there is no operator {operation.operator} for text")
