"""Windows over long documents: nothing is left out, nothing is judged near a cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.windows import windows


@given(st.integers(0, 2_000), st.integers(1, 300), st.data())
def test_every_item_is_judged_once_and_away_from_the_cuts(count: int, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    plan = windows(count, size, overlap)
    assert [k for w in plan for k in range(w.first, w.last)] == list(range(count))
    for w in plan:
        assert 0 <= w.start <= w.first < w.last <= w.stop <= count
        assert w.stop - w.start == min(size, count)
        assert w.start == 0 or w.first - w.start >= overlap // 2
        assert w.stop == count or w.stop - w.last >= overlap // 2


@given(st.integers(1, 500), st.integers(2, 60), st.data())
def test_an_item_is_judged_where_it_stands_farthest_from_a_cut(count: int, size: int, data: st.DataObject) -> None:
    plan = windows(count, size, data.draw(st.integers(0, size // 2)))

    def room(k: int, start: int, stop: int) -> int:
        return min(k - start if start else count, stop - 1 - k if stop < count else count)

    for w in plan:
        for k in range(w.first, w.last):
            assert room(k, w.start, w.stop) >= max(room(k, o.start, o.stop) for o in plan if o.start <= k < o.stop)


def test_an_overlap_as_long_as_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        windows(10, 4, 4)
