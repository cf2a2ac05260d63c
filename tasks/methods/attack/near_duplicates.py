"""Documents of one side of a split that stand, nearly word for word, on the other side, too.

A non-member that is nearly a member makes every membership attack look weaker than it is, and one of the two leaves
traces of the other. Duplicates are to be left out on both sides: were they left out of the non-members only, the sides
would differ in kind, and an attack would find that instead of membership (Duan et al. 2024, "Do Membership Inference
Attacks Work on Large Language Models?", COLM, arXiv 2402.07841).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from tasks.core.progress import Progress

WORDS = 5
"""How many words a shingle has."""
SIMILAR = 0.8
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
# Scripts without spaces: each of their characters is a word.
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


@dataclass(frozen=True)
class NearDuplicates:
    """What stands on both sides.

    Attributes:
        pairs: how many pairs of a member and a non-member are near-duplicates.
        members: the members that are in such a pair, int64 ascending.
        non_members: the non-members that are, likewise.
    """

    pairs: int
    members: np.ndarray
    non_members: np.ndarray


def near_duplicates(
    members: Iterable[str],
    non_members: Iterable[str],
    similar: float = SIMILAR,
    words: int = WORDS,
    progress: Progress | None = None,
) -> NearDuplicates:
    """All pairs across a split whose sets of word shingles have a Jaccard similarity of at least ``similar``.

    The resemblance of Broder 1997 ("On the resemblance and containment of documents", Compression and Complexity of
    Sequences), computed and not estimated from sketches. Two sets that are so similar share one of their few rarest
    elements, so only such pairs are compared (Chaudhuri, Ganti & Kaushik 2006, "A Primitive Operator for Similarity
    Joins in Data Cleaning", ICDE). A text of fewer words than a shingle is one shingle; case and
    punctuation don't count. Memory is 8 bytes a shingle.

    Formal guarantees:
        No pair is missed; one is counted wrongly only where two of the shingles' 64-bit hashes collide.

    Args:
        members: texts.
        non_members: texts.
        similar: in (0, 1].
        words: words of a shingle.
        progress: one unit a distinct non-member, after the texts were read.
    """
    if not 0 < similar <= 1 or words < 1:
        raise ValueError("a similarity lies in (0, 1], and a shingle has a word at least")
    sides = [_distinct(texts, words) for texts in (members, non_members)]
    every = [shingles for side in sides for shingles, _ in side]
    kinds, counts = np.unique(np.concatenate([np.zeros(0, np.uint64), *every]), return_counts=True)

    def rarest(shingles: np.ndarray) -> np.ndarray:
        order = np.lexsort((shingles, counts[np.searchsorted(kinds, shingles)]))
        return shingles[order[: len(shingles) - _least(similar * len(shingles)) + 1]]

    index: dict[int, list[int]] = defaultdict(list)
    for i, (shingles, _) in enumerate(sides[0]):
        for shingle in rarest(shingles).tolist():
            index[shingle].append(i)
    pairs, found, other_found = 0, set(), []
    for shingles, rows in sides[1]:
        candidates = {i for shingle in rarest(shingles).tolist() for i in index.get(shingle, ())}
        alike = [i for i in candidates if _alike(sides[0][i][0], shingles, similar)]
        if alike:
            found.update(alike)
            other_found += rows
            pairs += len(rows) * sum(len(sides[0][i][1]) for i in alike)
        if progress is not None:
            progress.advance()
    return NearDuplicates(pairs, _ascending(row for i in found for row in sides[0][i][1]), _ascending(other_found))


def _distinct(texts: Iterable[str], words: int) -> list[tuple[np.ndarray, list[int]]]:
    """The distinct sets of shingles, each with the texts that have it: a form letter is compared once."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        groups[_shingles(text, words).tobytes()].append(row)
    return [(np.frombuffer(key, np.uint64), rows) for key, rows in groups.items()]


def _shingles(text: str, words: int) -> np.ndarray:
    """Hashes of a text's shingles, uint64, ascending, each once."""
    said = _WORD.findall(text.casefold())
    parts = [" ".join(said[i : i + words]) for i in range(max(1, len(said) - words + 1))]
    hashes = b"".join(blake2b(part.encode("utf-8", "surrogatepass"), digest_size=8).digest() for part in set(parts))
    return np.unique(np.frombuffer(hashes, np.uint64))


def _alike(one: np.ndarray, other: np.ndarray, similar: float) -> bool:
    fewer, more = sorted((len(one), len(other)))
    if fewer < _least(similar * more):
        return False
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared >= _least(similar * (fewer + more - shared))


def _least(number: float) -> int:
    """The least whole number that is not below; 0.8 * 5 may come out above 4."""
    return math.ceil(number - 1e-9)


def _ascending(rows: Iterable[int]) -> np.ndarray:
    return np.array(sorted(rows), dtype=np.int64)
