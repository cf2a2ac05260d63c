"""One pass over the corpus: excerpts for planted values to stand in, and which of the values it holds already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.methods.plant.candidates import Candidates
from tasks.methods.plant.contexts import Reservoir

_ROWS = 1024


def read(
    paths: Iterable[Path],
    texts: Sequence[str],
    cells: Mapping[str, str],
    kinds: Collection[str],
    candidates: Candidates,
    reservoir: Reservoir,
    advance: Callable[[int], None],
) -> None:
    """Offer every text of the shards to the reservoir, and show the candidates every text and cell.

    Args:
        paths: the shards.
        texts: the text columns.
        cells: by structured column, its kind.
        kinds: the kinds that are planted.
        candidates: the values drawn.
        reservoir: takes the excerpts.
        advance: told of rows read.
    """
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS, columns=[*texts, *cells]):
                columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
                for name in cells:
                    candidates.meet_cells(columns[name])
                for row in range(batch.num_rows):
                    own = _Own([(kind, columns[name][row]) for name, kind in cells.items() if kind in kinds])
                    for name in texts:
                        text = columns[name][row]
                        if text and not text.isspace():
                            candidates.meet_text(text)
                            reservoir.offer(name, text, own)
                advance(batch.num_rows)


class _Own:
    """A row's own cells, written out only where they are asked for."""

    def __init__(self, cells: list[tuple[str, Any]]) -> None:
        self._cells = cells

    def __call__(self) -> list[tuple[str, str]]:
        return [(kind, str(cell)) for kind, cell in self._cells if cell is not None]
