"""spaCy's networks on NumPy's BLAS: the same findings, and no row's numbers hang on its neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import spacy
import threadpoolctl
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import NumpyOps

from tasks.methods.detect import products
from tasks.methods.detect.models import spacy_model_folder
from tasks.methods.detect.nlp import LocalNlpEngine
from tasks.methods.detect.products import TILE, Products, alike, one_thread
from tasks.methods.sample import records

SHAPES = [(96, 288), (288, 288), (480, 288), (96, 64), (64, 74), (300, 96)]
"""(width, outputs) of layers as spaCy's models have them."""


def _matrices(rows: int, width: int, outputs: int, seed: int) -> tuple[Any, Any]:
    draw = np.random.default_rng(seed)
    # Of sizes far apart, so that another order of the same sum has other last bits.
    x = draw.standard_normal((rows, width)) * 10.0 ** draw.integers(-4, 5, (rows, width))
    return x.astype(np.float32), draw.standard_normal((outputs, width), dtype=np.float32)


@pytest.mark.parametrize(("width", "outputs"), SHAPES)
def test_a_row_gives_the_same_bits_in_every_place_of_a_tile(width: int, outputs: int) -> None:
    x, y = _matrices(1, width, outputs, 0)
    alone = Products().gemm(x, y, trans2=True)
    crowd, _ = _matrices(6 * TILE + 7, width, outputs, 1)
    for place in range(len(crowd)):
        among = crowd.copy()
        among[place] = x
        assert np.array_equal(Products().gemm(among, y, trans2=True)[place], alone[0]), place


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 400), shape=st.sampled_from(SHAPES), cut=st.integers(0, 400), seed=st.integers(0, 99))
def test_rows_multiplied_in_two_parts_give_what_they_give_together(
    rows: int, shape: tuple[int, int], cut: int, seed: int
) -> None:
    x, y = _matrices(rows, *shape, seed)
    together = Products().gemm(x, y, trans2=True)
    parts = [Products().gemm(part, y, trans2=True) for part in (x[:cut], x[cut:]) if len(part)]
    assert np.array_equal(np.concatenate(parts), together)


def test_this_blas_treats_all_places_alike() -> None:
    """Elsewhere it might not, and thinc's own product is taken; here the faster one must be in use."""
    assert all(alike(outputs, width) for width, outputs in SHAPES)


def test_a_blas_that_does_not_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def uneven(tiles: Any, y: Any) -> Any:
        found = tiles @ y.T
        found[:, TILE // 2 :] = np.nextafter(found[:, TILE // 2 :], np.float32(np.inf))
        return found

    alike.cache_clear()
    monkeypatch.setattr(products, "_times", uneven)
    x, y = _matrices(5, 96, 64, 0)
    assert not alike(64, 96)
    assert np.array_equal(Products().gemm(x, y, trans2=True), NumpyOps().gemm(x, y, trans2=True))
    alike.cache_clear()


@pytest.mark.parametrize(("width", "outputs"), SHAPES)
def test_products_are_products(width: int, outputs: int) -> None:
    x, y = _matrices(130, width, outputs, 3)
    exact = x.astype(np.float64) @ y.T.astype(np.float64)
    size = np.abs(x).astype(np.float64) @ np.abs(y).T.astype(np.float64)
    assert np.all(np.abs(Products().gemm(x, y, trans2=True) - exact) <= width * 2.0**-23 * size)
    strided = np.concatenate([x, x], axis=1)[:, :width]
    assert np.array_equal(Products().gemm(strided, y, trans2=True), Products().gemm(x, y, trans2=True))


def test_other_forms_are_thincs() -> None:
    x, y = _matrices(5, 4, 3, 4)
    assert np.array_equal(Products().gemm(x, y.T.copy()), NumpyOps().gemm(x, y.T.copy()))
    out = np.zeros((5, 3), dtype=np.float32)
    Products().gemm(x, y, out=out, trans2=True)
    assert np.array_equal(out, NumpyOps().gemm(x, y, trans2=True))


def test_blas_works_on_one_thread_while_texts_are_read() -> None:
    def threads() -> list[int]:
        pools = [pool for pool in threadpoolctl.threadpool_info() if "numpy" in pool["filepath"]]
        return [pool["num_threads"] for pool in pools if pool["user_api"] == "blas"]

    before = threads()
    with one_thread():
        assert set(threads()) == {1}
    assert threads() == before


def test_entities_are_those_of_the_pipeline_as_spacy_loads_it() -> None:
    engine = LocalNlpEngine("en", "en_core_web_sm")
    engine.load()
    ours, plain = engine.get_nlp("en"), spacy.load(spacy_model_folder("en_core_web_sm"))
    assert any(isinstance(node.ops, Products) for node in ours.get_pipe("ner").model.walk())
    assert not any(isinstance(node.ops, Products) for node in plain.get_pipe("ner").model.walk())
    texts = [
        str(record.fields["text"]) for domain in ("healthcare", "finance") for record in records(domain, 40, "en", 3)
    ]
    found = [[(e.start, e.end, e.label_) for e in doc.ents] for doc in ours.pipe(texts)]
    assert sum(map(len, found)) > 500
    assert found == [[(e.start, e.end, e.label_) for e in doc.ents] for doc in plain.pipe(texts)]
