"""What the masker leaves is no finding; what stands beside it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.gate.finding import Finding
from tasks.methods.gate.placeholders import Placeholders

KNOWN = Placeholders(["<PERSON>", "<ADDRESS>"])


def test_tags_and_stars_are_no_finding() -> None:
    text = "<PERSON> lives at ** *** ******"
    assert KNOWN.outside(text, [Finding(0, 8, "PERSON", "d"), Finding(18, 31, "ADDRESS", "d")]) == []
    assert not KNOWN.leave_something("<PERSON>, <ADDRESS> ***")


def test_only_the_policys_own_tags_are_spared() -> None:
    assert KNOWN.outside("<SMITH>", [Finding(1, 6, "PERSON", "d")]) == [Finding(1, 6, "PERSON", "d")]


def test_what_stands_beside_a_tag_stays_found() -> None:
    assert KNOWN.outside("<PERSON> Hale", [Finding(0, 13, "PERSON", "d")]) == [Finding(8, 13, "PERSON", "d")]


@given(
    st.lists(st.sampled_from(["<PERSON>", "Hale", " ", "***", ","]), max_size=8), st.integers(0, 40), st.integers(1, 40)
)
def test_what_is_kept_lies_inside_the_finding_and_outside_placeholders(
    parts: list[str], start: int, length: int
) -> None:
    text = "".join(parts)
    start = min(start, max(0, len(text) - 1))
    end = min(len(text), start + length)
    for found in KNOWN.outside(text, [Finding(start, end, "X", "d")] if start < end else []):
        assert start <= found.start < found.end <= end
        assert all(found.end <= a or b <= found.start for a, b in KNOWN.places(text))
