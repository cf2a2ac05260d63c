"""Writing masked text in one pass: what lies between the stretches is copied, each stretch is replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from tasks.core.errors import AirlockError
from tasks.methods.detect.spans import Span
from tasks.methods.mask.document import Document
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.operators import operator
from tasks.methods.mask.plan import Operation


class TextMasker:
    """Applies operations to stretches of a text.

    Formal guarantees:
        Characters outside the stretches come out as they are, in order. Of a stretch under ``tag`` or ``redact``
        nothing comes out; under the others what :data:`tasks.core.operators.DISCLOSES` says.

    Args:
        operations: by kind.
        key: the mask key; needed where an operation is keyed.
    """

    def __init__(self, operations: Mapping[str, Operation], key: MaskKey | None = None) -> None:
        self._operators = {kind: operator(kind, operation, key) for kind, operation in operations.items()}

    def mask(self, text: str | None, stretches: Sequence[Span], document: Document | None = None) -> str | None:
        """The text with every stretch replaced. ``None`` stays ``None``.

        Args:
            stretches: disjoint and in order, as :func:`tasks.methods.mask.conflicts.resolve` gives them.
            document: the row that the text stands in; by default the text alone is the document.

        Raises:
            AirlockError: where the stretches overlap, leave the text or have no operation. The message holds no text.
        """
        if text is None or not stretches:
            return text
        return splice(text, stretches, self.replacements(text, stretches, document))

    def replacements(self, text: str, stretches: Sequence[Span], document: Document | None = None) -> list[str]:
        """What stands in the place of each stretch (see :meth:`mask`)."""
        end = 0
        for span in stretches:
            if span.start < end or span.end > len(text) or span.entity not in self._operators:
                raise AirlockError(f"a stretch of kind {span.entity} cannot be masked: it overlaps or has no operator")
            end = span.end
        values = [text[span.start : span.end] for span in stretches]
        document = document or Document(
            None,
            [(span.entity, value, False) for span, value in zip(stretches, values, strict=True)],
            lambda: hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(),
        )
        try:
            return [
                self._operators[span.entity].text(value, document)
                for span, value in zip(stretches, values, strict=True)
            ]
        except Exception as exc:
            raise AirlockError(f"masking a text failed with {type(exc).__name__}; the text is not shown") from None


def splice(text: str, stretches: Sequence[Span], replacements: Sequence[str]) -> str:
    """The text with each stretch replaced, in time that grows with its length alone.

    >>> splice("Ann met Bob.", [Span(0, 3, "PERSON", 1.0, "a"), Span(8, 11, "PERSON", 1.0, "a")], ["<A>", "<B>"])
    '<A> met <B>.'
    """
    written, end = [], 0
    for span, replacement in zip(stretches, replacements, strict=True):
        written += [text[end : span.start], replacement]
        end = span.end
    written.append(text[end:])
    return "".join(written)
