"""How much a causal language model looks as if it had been trained on each document: membership scores, higher for
members.

Each model reads the documents once (:func:`token_scores`); the scores come from what that leaves of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tasks.core.progress import Progress
from tasks.methods.lm.tokens import IGNORED, Batch, TokenTable
from tasks.methods.lm.wrapped import inner

LOWEST = 0.2
"""The share of each document's tokens that Min-K%++ looks at."""
_TOKENS_AT_ONCE = 1024
"""Logits of so many tokens are held at once: 200 MB of float32 for a vocabulary of 50,000."""
_LEAST_SPREAD = 1e-6
"""Below this, float32 log-probabilities can't tell a spread from none."""


@dataclass(frozen=True)
class TokenScores:
    """What one model says of each document.

    Attributes:
        tokens: scored tokens, int64 [documents].
        log_likelihood: sum of the scored tokens' log-probabilities in nats, float64 [documents].
        lowest: the mean of the lowest standardised log-probabilities (Min-K%++), float64 [documents], NaN where no
            token is scored.
    """

    tokens: np.ndarray
    log_likelihood: np.ndarray
    lowest: np.ndarray


def token_scores(
    model: nn.Module,
    table: TokenTable,
    size: int,
    device: torch.device,
    progress: Progress | None = None,
    rows: np.ndarray | None = None,
    share: float = LOWEST,
) -> TokenScores:
    """Read documents once with one model.

    Args:
        model: a causal language model, with or without an adapter.
        table: the documents.
        size: documents on the device at once. The logits are made for 1,024 tokens at a time, whatever the size.
        device: the model's.
        progress: one unit a document.
        rows: the documents to read, int [documents], each once; ``None``: all. The results stand in this order.
        share: the part of each document's tokens that Min-K%++ takes, at least one token.
    """
    if not 0 < share <= 1:
        raise ValueError("the share of tokens lies in (0, 1]")
    chosen = np.arange(len(table)) if rows is None else np.asarray(rows, dtype=np.int64)
    if len(np.unique(chosen)) != len(chosen):
        raise ValueError("a document is read once")
    place = {int(row): i for i, row in enumerate(chosen)}
    found = TokenScores(np.zeros(len(chosen), dtype=np.int64), np.zeros(len(chosen)), np.full(len(chosen), np.nan))
    model.eval()
    with torch.inference_mode():
        for read, batch in table.batches(chosen, size):
            log_p, standard, counts = _scored_tokens(model, batch.to(device))
            ends = np.cumsum(counts)
            for row, start, end in zip(read, ends - counts, ends, strict=True):
                i = place[int(row)]
                found.tokens[i], found.log_likelihood[i] = end - start, log_p[start:end].sum()
                if end > start:
                    lowest = max(1, int((end - start) * share))
                    found.lowest[i] = np.partition(standard[start:end], lowest - 1)[:lowest].mean()
            if progress is not None:
                progress.advance(len(read))
    return found


def loss(scores: TokenScores) -> np.ndarray:
    """Minus the mean loss of each document's tokens (Yeom, Giacomelli, Fredrikson & Jha 2018, CSF).

    Returns:
        nats a token, float64 [documents]; NaN for a document without a scored token, which the caller drops and counts.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scores.tokens > 0, scores.log_likelihood / scores.tokens, np.nan)


def min_k_plus_plus(scores: TokenScores) -> np.ndarray:
    """Min-K%++: how near to its mode the model finds a document where it fits worst.

    Zhang et al. 2025 ("Min-K%++: Improved Baseline for Detecting Pre-Training Data from Large Language Models", ICLR,
    arXiv 2404.02936, section 4): each token's log-probability less its mean under the model's own next-token
    distribution, over its standard deviation there; of those the lowest fifth, averaged. It needs no second model.

    Returns:
        float64 [documents]; NaN for a document without a scored token.
    """
    return scores.lowest


def log_ratio(target: TokenScores, reference: TokenScores, offline: float = 1.0) -> np.ndarray:
    """How much likelier a document's tokens are under the target than without it: log Pr(x|θ) − log Pr(x).

    Pr(x|θ) is the geometric mean of the tokens' probabilities, so that long documents count as short ones. Pr(x) is
    ``((1 + a) Pr(x|reference) + 1 − a) / 2`` (RMIA, appendix B.2.2, its offline form). With a = 1, which is right where
    the reference is the very model that training began from, this is the score by a reference model's loss (Carlini et
    al. 2021, "Extracting Training Data from Large Language Models", USENIX Security, section 5.2).

    Args:
        target: of the audited model.
        reference: of a model that was trained on none of the documents, on the same rows in the same order.
        offline: a, in [0, 1].

    Returns:
        nats a token, float64 [documents]; NaN for a document without a scored token.
    """
    if not 0 <= offline <= 1:
        raise ValueError("the offline scale lies in [0, 1]")
    if not np.array_equal(target.tokens, reference.tokens):
        raise ValueError("both models must have read the same documents")
    without = loss(reference)
    if offline < 1:
        without = np.logaddexp(np.log1p(offline) + without, np.log1p(-offline)) - np.log(2)
    return loss(target) - without


def calibrated(documents: np.ndarray, population: np.ndarray, gamma: float = 1.0) -> np.ndarray:
    """RMIA's score: the share of population documents z that a document beats by a factor of γ.

    Zarifzadeh, Liu & Shokri 2024 ("Low-Cost High-Power Membership Inference Attacks", ICML, arXiv 2312.03262,
    section 3), offline, with one reference model: Pr[LR(x, z) ≥ γ] over z, where log LR(x, z) is the difference
    of the two :func:`log_ratio`. With one γ for all documents this ascends with the document's own log-ratio, so it
    orders documents as :func:`log_ratio` does, only coarser, in steps of one in the number of z. What it adds is a
    scale: 0.99 means "above all but 1 % of documents that nobody trained on". Take at least ten times as many z as one
    over the false-positive rate that matters.

    Args:
        documents: :func:`log_ratio` of the documents, [documents].
        population: :func:`log_ratio` by the same models of documents that neither was trained on and that aren't among
            ``documents`` (:func:`draw`), [z]; those that are NaN don't count.
        gamma: γ > 0.

    Returns:
        in [0, 1], float64 [documents]; NaN where a document has no log-ratio.

    Raises:
        ValueError: the population has no document with a scored token.
    """
    if not gamma > 0:
        raise ValueError("gamma must be above 0")
    beaten = np.sort(population[~np.isnan(population)])
    if not len(beaten):
        raise ValueError("the population has no scored document")
    shares = np.searchsorted(beaten + np.log(gamma), documents, side="right") / len(beaten)
    return np.where(np.isnan(documents), np.nan, shares)


def draw(population: int, documents: int, seed: int) -> np.ndarray:
    """Which rows of a population table stand for z: at random without replacement, all where there are fewer; sorted.

    Args:
        population: rows of the table.
        documents: how many are wanted.
        seed: a public number.
    """
    drawn = np.random.default_rng(seed).choice(population, min(population, documents), replace=False)
    return np.sort(drawn).astype(np.int64)


def by_person(scores: np.ndarray, persons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One score a person: the mean over the person's documents that have one.

    Args:
        scores: float64 [documents], NaN where there is none.
        persons: whose each document is, any sortable kind, [documents].

    Returns:
        the persons in ascending order, and their scores, float64 [persons]; NaN for a person without a score.
    """
    if len(scores) != len(persons):
        raise ValueError("each document has one score and one person")
    who, place = np.unique(persons, return_inverse=True)
    has = ~np.isnan(scores)
    counts = np.bincount(place[has], minlength=len(who))
    sums = np.bincount(place[has], scores[has], minlength=len(who))
    with np.errstate(invalid="ignore", divide="ignore"):
        return who, np.where(counts > 0, sums / counts, np.nan)


def _scored_tokens(model: nn.Module, batch: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a batch's scored tokens, row by row: log-probabilities, the same standardised; and each row's number."""
    causal = inner(model)
    # Padding stands on the right, where no real token looks, so no attention mask is needed.
    hidden = causal.base_model(input_ids=batch.ids, use_cache=False).last_hidden_state[:, :-1]
    targets = batch.scored()[:, 1:]
    scored = targets != IGNORED
    head = causal.get_output_embeddings()
    log_p, standard = [], []
    parts = zip(hidden[scored].split(_TOKENS_AT_ONCE), targets[scored].split(_TOKENS_AT_ONCE), strict=True)
    for part, wanted in parts:
        log_all = head(part).float().log_softmax(-1)
        p = log_all.exp()
        # A token that can't come has p log p = 0, not NaN.
        weighted = torch.where(p > 0, p * log_all, 0.0)
        mean = weighted.sum(-1, keepdim=True)
        spread = torch.where(p > 0, p * (log_all - mean) ** 2, 0.0).sum(-1).sqrt()
        found = log_all.gather(-1, wanted[:, None])
        log_p.append(found[:, 0].cpu().double().numpy())
        standard.append(((found - mean)[:, 0] / spread.clamp(min=_LEAST_SPREAD)).cpu().double().numpy())
    counts = scored.sum(1).cpu().numpy()
    return np.concatenate([np.zeros(0), *log_p]), np.concatenate([np.zeros(0), *standard]), counts
