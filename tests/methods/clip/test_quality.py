"""What clipping costs, as a share of perplexity."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.methods.clip.cost import in_words, too_much
from tasks.methods.clip.quality import compare, generated_texts

TOKENS = np.array([10.0, 20.0, 30.0])


def test_the_loss_is_the_growth_of_perplexity() -> None:
    before = 2.0 * TOKENS
    found = compare((before, TOKENS), (before + np.log(1.25) * TOKENS, TOKENS))
    assert found["loss"] == pytest.approx(0.25, abs=1e-6)
    assert found["loss_interval"] == pytest.approx([0.25, 0.25], abs=1e-5)
    assert found["perplexity_after"] / found["perplexity_before"] == pytest.approx(1.25, rel=1e-4)
    assert (found["texts"], found["tokens"]) == (3, 60)
    better = compare((before, TOKENS), (before - np.log(2) * TOKENS, TOKENS))
    assert better["loss"] == pytest.approx(-0.5, abs=1e-6)
    assert not too_much(better, 0.0)


@pytest.mark.parametrize(("limit", "refused"), [(0.2499, True), (0.2501, False)])
def test_the_limit_is_a_share_of_perplexity(limit: float, refused: bool) -> None:
    found = compare((2.0 * TOKENS, TOKENS), ((2.0 + np.log(1.25)) * TOKENS, TOKENS))
    assert too_much(found, limit) is refused


@pytest.mark.parametrize("ruined", [np.nan, np.inf, 1e9])
def test_a_model_that_was_ruined_is_over_every_limit(ruined: float) -> None:
    found = compare((2.0 * TOKENS, TOKENS), (ruined * TOKENS, TOKENS))
    assert found["loss"] is None and found["perplexity_after"] is None
    assert too_much(found, 1e12)
    assert "not finite after" in in_words(found)


def test_texts_are_generated_and_always_the_same() -> None:
    once = generated_texts("finance", "en", 3)
    assert once == generated_texts("finance", "en", 3) and len(set(once)) == 3
    assert once != generated_texts("finance", "zh", 3)
