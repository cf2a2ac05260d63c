"""Membership scores: against slow sums over one token at a time, on a model that has learnt its rows and on one that
hasn't."""

from __future__ import annotations

import copy
import io
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, GPT2LMHeadModel

from tasks.core.progress import Progress
from tasks.methods.attack import membership, roc
from tasks.methods.attack.membership import TokenScores, by_person, calibrated, log_ratio, token_scores
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.perplexity import document_losses
from tasks.methods.lm.tokens import Row, TokenTable
from tests.tiny import tiny_gpt2

CPU = torch.device("cpu")


class Learnt(NamedTuple):
    base: Any
    trained: Any
    tables: dict[str, TokenTable]
    texts: dict[str, list[str]]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """A model with random weights, the same after learning 24 random rows, and rows of three kinds."""
    folder = tiny_gpt2(tmp_path_factory.mktemp("model"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rng = np.random.default_rng(1)
    sizes = {"members": 24, "others": 200, "population": 150}
    texts = {
        name: ["".join(rng.choice(list("abcdefghijkl"), rng.integers(14, 24))) for _ in range(size)]
        for name, size in sizes.items()
    }
    tables = {name: TokenTable(rows, tokenizer, 32) for name, rows in texts.items()}
    base = GPT2LMHeadModel.from_pretrained(folder).eval()
    return Learnt(base, overfitted(base, tables["members"]), tables, texts)


def overfitted(base: Any, table: TokenTable, steps: int = 400) -> Any:
    model = copy.deepcopy(base)
    optimiser = torch.optim.AdamW(model.parameters(), lr=8e-3)
    ((_, batch),) = table.batches(range(len(table)), len(table))
    for _ in range(steps):
        optimiser.zero_grad()
        causal_losses(model, batch).mean().backward()
        optimiser.step()
    return model.eval()


def read(model: Any, table: TokenTable, **more: Any) -> TokenScores:
    return token_scores(model, table, 16, CPU, **more)


SCORES = ["loss", "calibrated", "min_k_plus_plus"]


def scores(name: str, learnt: Learnt, model: Any, rows: str) -> np.ndarray:
    """A score of a table's rows, by name; the model with random weights is the reference."""
    if name != "calibrated":
        return getattr(membership, name)(read(model, learnt.tables[rows]))
    ratios = [
        log_ratio(read(model, learnt.tables[t]), read(learnt.base, learnt.tables[t])) for t in (rows, "population")
    ]
    return calibrated(*ratios)


@pytest.mark.parametrize("name", SCORES)
def test_a_model_that_learnt_its_rows_by_heart_gives_them_away(learnt: Learnt, name: str) -> None:
    found = roc.auc(scores(name, learnt, learnt.trained, "members"), scores(name, learnt, learnt.trained, "others"))
    assert found.value > 0.97
    assert found.low > 0.9


@pytest.mark.parametrize("name", SCORES)
def test_a_model_that_learnt_nothing_gives_nothing_away(learnt: Learnt, name: str) -> None:
    found = roc.auc(scores(name, learnt, learnt.base, "members"), scores(name, learnt, learnt.base, "others"))
    assert found.low < 0.5 < found.high
    assert 0.35 < found.value < 0.65


def test_a_token_at_a_time_comes_to_the_same(learnt: Learnt) -> None:
    table = learnt.tables["members"]
    for share in (0.2, 0.5, 1.0):
        found = read(learnt.trained, table, share=share)
        for rows, batch in table.batches(range(len(table)), 1):
            length = int(batch.mask.sum())
            ids = batch.ids[0, :length]
            with torch.inference_mode():
                logits = learnt.trained(ids[None]).logits[0].double()
            total, standard = 0.0, []
            for t in range(1, length):
                p = torch.softmax(logits[t - 1], 0)
                logs = [math.log(float(one)) for one in p]
                mean = sum(float(one) * log for one, log in zip(p, logs, strict=True))
                variance = sum(float(one) * (log - mean) ** 2 for one, log in zip(p, logs, strict=True))
                total += logs[int(ids[t])]
                standard.append((logs[int(ids[t])] - mean) / math.sqrt(variance))
            lowest = sorted(standard)[: max(1, int((length - 1) * share + 1e-9))]
            (i,) = rows
            assert found.tokens[i] == length - 1
            assert found.log_likelihood[i] == pytest.approx(total, rel=1e-4, abs=1e-4)
            assert found.lowest[i] == pytest.approx(sum(lowest) / len(lowest), rel=2e-3, abs=2e-3)


def test_the_loss_is_that_of_the_evaluation_whatever_the_batch(learnt: Learnt, monkeypatch: pytest.MonkeyPatch) -> None:
    losses, tokens = document_losses(learnt.trained, learnt.tables["others"], 32, CPU)
    alone = token_scores(learnt.trained, learnt.tables["others"], 1, CPU)
    monkeypatch.setattr(membership, "_TOKENS_AT_ONCE", 7)
    together = token_scores(learnt.trained, learnt.tables["others"], 64, CPU)
    for found in (alone, together):
        assert np.array_equal(found.tokens, tokens)
        np.testing.assert_allclose(membership.loss(found), -losses / tokens, rtol=1e-5)
    np.testing.assert_allclose(alone.lowest, together.lowest, rtol=1e-3, atol=1e-3)


def test_chosen_rows_come_in_the_order_asked_for_and_progress_counts_them(learnt: Learnt) -> None:
    every, rows = read(learnt.base, learnt.tables["others"]), np.array([7, 0, 150, 3])
    progress = Progress("scores", len(rows), stream=io.StringIO())
    some = read(learnt.base, learnt.tables["others"], rows=rows, progress=progress)
    np.testing.assert_allclose(some.log_likelihood, every.log_likelihood[rows], rtol=1e-5)
    assert progress.done == len(rows)
    with pytest.raises(ValueError, match="once"):
        read(learnt.base, learnt.tables["others"], rows=np.array([1, 1]))


class Rows:
    """Token rows as they are, for a table."""

    pad = 0

    def rows(self, records: list[list[int]], max_length: int) -> list[Row]:
        return [Row(one[:max_length]) for one in records]

    def finish(self, batch: Any, draw: int) -> Any:
        return batch


def test_documents_without_a_scored_token_get_nan_and_disturb_nobody(learnt: Learnt) -> None:
    rows = [[5, 6, 7, 8], [], [9], [7, 5, 9, 30, 31]]
    found = read(learnt.trained, TokenTable(rows, Rows(), 8))
    alone = read(learnt.trained, TokenTable([rows[0], rows[3]], Rows(), 8))
    ratio = log_ratio(found, found)
    for score in (membership.loss(found), membership.min_k_plus_plus(found), ratio, calibrated(ratio, ratio)):
        assert np.isnan(score).tolist() == [False, True, True, False]
    np.testing.assert_allclose(membership.loss(found)[[0, 3]], membership.loss(alone), rtol=1e-5)
    nothing = read(learnt.trained, TokenTable([], Rows(), 8))
    assert len(membership.loss(nothing)) == len(nothing.lowest) == 0
    only_empty = read(learnt.trained, TokenTable([[], [4]], Rows(), 8))
    assert np.isnan(membership.loss(only_empty)).all()


def test_a_vocabulary_with_tokens_that_cannot_come_gives_numbers(learnt: Learnt) -> None:
    model = copy.deepcopy(learnt.base)
    model.lm_head = torch.nn.Linear(model.config.n_embd, model.config.vocab_size)
    with torch.no_grad():
        model.lm_head.bias[200:] = -torch.inf
    found = read(model, TokenTable([[5, 6, 7, 8], [5, 250, 7, 8]], Rows(), 8))
    assert np.isfinite(found.lowest[0]) and found.lowest[1] == -np.inf and found.log_likelihood[1] == -np.inf


FLOATS = st.floats(-15, 0)


PAIRS = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=12)


@given(PAIRS, PAIRS, st.floats(0, 1), st.floats(0.2, 5))
def test_rmia_is_the_papers_formula(
    documents: list[tuple[float, float]], population: list[tuple[float, float]], a: float, gamma: float
) -> None:
    def ratios(pairs: list[tuple[float, float]]) -> np.ndarray:
        target, reference = (
            TokenScores(np.full(len(pairs), 4), 4 * np.array(one), np.zeros(len(pairs)))
            for one in zip(*pairs, strict=True)
        )
        return log_ratio(target, reference, a)

    found = calibrated(ratios(documents), ratios(population), gamma)
    for score, (target, reference) in zip(found, documents, strict=True):
        beaten = tied = 0
        for z_target, z_reference in population:
            of_x = math.exp(target) / (((1 + a) * math.exp(reference) + 1 - a) / 2)
            of_z = math.exp(z_target) / (((1 + a) * math.exp(z_reference) + 1 - a) / 2)
            close = math.isclose(of_x / of_z, gamma, rel_tol=1e-6)  # rounding decides
            beaten, tied = beaten + (of_x / of_z >= gamma and not close), tied + close
        assert beaten / len(population) <= score + 1e-12 <= (beaten + tied) / len(population) + 2e-12


def test_what_a_score_is_made_of_must_fit(learnt: Learnt) -> None:
    one, other = read(learnt.base, learnt.tables["members"]), read(learnt.base, learnt.tables["others"])
    with pytest.raises(ValueError, match="same documents"):
        log_ratio(one, other)
    with pytest.raises(ValueError, match="offline"):
        log_ratio(one, one, 1.5)
    with pytest.raises(ValueError, match="population"):
        calibrated(np.zeros(3), np.array([np.nan]))
    with pytest.raises(ValueError, match="gamma"):
        calibrated(np.zeros(3), np.zeros(3), 0.0)
    with pytest.raises(ValueError, match="share"):
        read(learnt.base, learnt.tables["members"], share=0.0)


def test_population_rows_are_drawn_without_repetition() -> None:
    drawn = membership.draw(1000, 100, seed=3)
    assert len(set(drawn.tolist())) == 100 and drawn.max() < 1000
    assert np.array_equal(drawn, membership.draw(1000, 100, seed=3))
    assert membership.draw(5, 100, seed=3).tolist() == [0, 1, 2, 3, 4]
    assert len(membership.draw(0, 100, seed=3)) == 0


@given(st.lists(st.tuples(st.floats(-9, 9) | st.just(math.nan), st.integers(0, 4)), max_size=20))
def test_a_persons_score_is_the_mean_of_those_that_are_there(rows: list[tuple[float, int]]) -> None:
    found = by_person(np.array([s for s, _ in rows], dtype=float), np.array([p for _, p in rows], dtype=np.int64))
    for person, score in zip(*found, strict=True):
        own = [s for s, p in rows if p == person and not math.isnan(s)]
        assert math.isnan(score) if not own else score == pytest.approx(sum(own) / len(own), abs=1e-12)
    assert found[0].tolist() == sorted({p for _, p in rows})


def test_persons_are_told_apart_better_than_their_documents() -> None:
    rng = np.random.default_rng(5)
    persons, inside = np.repeat(np.arange(400), 5), np.repeat(np.arange(400) < 200, 5)
    documents = rng.normal(0.5 * inside)
    _, together = by_person(documents, persons)
    single = roc.auc(documents[inside], documents[~inside])
    assert roc.auc(together[:200], together[200:]).low > single.high


def test_the_models_are_left_as_they_were(learnt: Learnt, tmp_path: Path) -> None:
    before = {name: tensor.clone() for name, tensor in learnt.trained.state_dict().items()}
    read(learnt.trained, learnt.tables["members"])
    assert all(torch.equal(before[name], tensor) for name, tensor in learnt.trained.state_dict().items())
