"""NHS numbers by Presidio's pattern, without the certainty that its check digit doesn't give."""

from __future__ import annotations

from presidio_analyzer.predefined_recognizers import NhsRecognizer


class HumbleNhsRecognizer(NhsRecognizer):  # type: ignore[misc]
    """Presidio's recognizer of NHS numbers, whose finding is certain by words only.

    One number of ten digits in eleven passes the check, and American telephone numbers have ten digits and the same
    groups. Where no words speak of the NHS a passed check therefore keeps the pattern's own score, below that of a
    telephone number, instead of being raised to 1.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(supported_language=supported_language, name="NhsRecognizer")

    def validate_result(self, pattern_text: str) -> bool | None:
        """``False`` where the check digit is wrong, else ``None``: not proven."""
        return None if super().validate_result(pattern_text) else False
