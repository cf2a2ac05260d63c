"""Matrix products for spaCy's networks, by NumPy's BLAS.

thinc multiplies with the ``blis`` package, whose wheels choose their slow generic kernel on many processors: on an
AVX2 machine it gave a quarter of what the BLAS in NumPy's own wheel gives.

Formal guarantees:
    What a row of a product holds depends on that row and the right-hand matrix alone, to the last bit, so no text's
    numbers change with what is read beside it. Rows are multiplied in tiles of one fixed shape, the last one filled up
    with zeros, on one thread, and lie along the vectors of the processor: a product is a fixed sequence of
    multiplications and additions, the same for all places of a tile. Whether the BLAS at hand keeps to that is tried
    out for each shape of matrix before it is used; where it does not, thinc's own product is taken.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from spacy.language import Language
from thinc.api import NumpyOps
from threadpoolctl import ThreadpoolController

TILE = 16
"""Rows: a whole number of vectors on every processor. OpenBLAS for AVX2 already treats 32 in two ways."""

_threads = ThreadpoolController()


class Products(NumpyOps):  # type: ignore[misc]
    """thinc's operators for NumPy, with another way to multiply a layer's input by its weights."""

    def gemm(self, x: Any, y: Any, *, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
        """``x @ y.T`` for ``trans2``, the only form that reading needs; any other is thinc's.

        Args:
            x: shape (rows, width), float32.
            y: shape (outputs, width), float32.
        """
        plain = trans1 or not trans2 or out is not None or x.ndim != 2 or x.dtype != np.float32 or y.dtype != np.float32
        if plain or not x.size or not alike(*y.shape):
            return super().gemm(x, y, out=out, trans1=trans1, trans2=trans2)
        rows, width = x.shape
        tiles = -(-rows // TILE)
        if tiles * TILE == rows:
            filled = np.ascontiguousarray(x)
        else:
            filled = np.zeros((tiles * TILE, width), dtype=np.float32)
            filled[:rows] = x
        return _times(filled.reshape(tiles, TILE, width), y).reshape(tiles * TILE, -1)[:rows]


def _times(tiles: Any, y: Any) -> Any:
    product = np.matmul(np.ascontiguousarray(y), tiles.transpose(0, 2, 1))
    return np.ascontiguousarray(product.transpose(0, 2, 1))


@lru_cache(maxsize=256)
def alike(outputs: int, width: int) -> bool:
    """Whether BLAS gives one row the same bits in every place of a tile, for matrices of this shape."""
    draw = np.random.default_rng(0)
    tile = np.repeat(draw.standard_normal((1, 1, width), dtype=np.float32), TILE, axis=1)
    with one_thread():
        found = _times(tile, draw.standard_normal((outputs, width), dtype=np.float32))[0]
    return bool((found == found[0]).all())


def use_in(nlp: Language) -> None:
    """Let every network of a pipeline multiply by :class:`Products`."""
    ops = Products()
    for _, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        for node in model.walk() if model is not None else ():
            node.ops = ops


def one_thread() -> Any:
    """A context in which BLAS works on one thread: the texts of a shard are what is read side by side."""
    return _threads.limit(limits=1, user_api="blas")
