"""The norms of :class:`tasks.methods.dp.rules.outer.Outer` on a GPU: all layers of a batch in one kernel.

A training step on a GPU waits for Python to launch its operations rather than for their arithmetic. The kernel takes a
table of addresses, and so one launch serves many layers. No Gram matrix is ever in memory.

Triton comes with torch's GPU builds only, so importing this module may fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

_CHUNK = 4096
"""So many products are summed one after the other, by tensor cores that truncate; those sums are added up in float32.
An eighth for float32 numbers, whose products are summed in float32 and not exact themselves."""
_DTYPES = {
    torch.float32: tl.float32,
    torch.bfloat16: tl.bfloat16,
    torch.float16: tl.float16,
}


@dataclass(frozen=True)
class _Kind:
    """What one launch of the kernel has in common."""

    tokens: int
    left: torch.dtype
    right: torch.dtype
    aligned: bool

    @property
    def block(self) -> int:
        largest = 64 if torch.float32 in (self.left, self.right) else 128
        return min(largest, max(16, triton.next_power_of_2(self.tokens)))

    @property
    def tiles(self) -> int:
        blocks = max(1, triton.cdiv(self.tokens, self.block))
        return blocks * (blocks + 1) // 2

    @property
    def options(self) -> dict[str, Any]:
        """The kernel's constants."""
        full = torch.float32 in (self.left, self.right)
        return {
            "LEFT": _DTYPES[self.left],
            "RIGHT": _DTYPES[self.right],
            "ALIGNED": self.aligned,
            "BLOCK": self.block,
            "ONE": self.tiles == 1,
            "STEP": 32 if full or not self.aligned else 64,
            "CHUNK": _CHUNK // 8 if full else _CHUNK,
            # Numbers that must be read one by one take many registers: more threads have more.
            "num_warps": 4 if self.block < 128 else 8 if self.aligned else 16,
            "num_stages": 3 if full else 4,
        }


@triton.jit
def _tokens(base, rows, k, height, width, stride, STEP: tl.constexpr):  # type: ignore[no-untyped-def]
    """Columns k to k + STEP of some tokens, 0 where there are none."""
    columns = k + tl.arange(0, STEP)
    inside = (rows[:, None] < height) & (columns[None, :] < width)
    return tl.load(base + rows[:, None] * stride + columns[None, :], mask=inside, other=0.0)


@triton.jit
def _products(base, s, t, start, height, width, stride, ONE: tl.constexpr, STEP: tl.constexpr, CHUNK: tl.constexpr):  # type: ignore[no-untyped-def]
    """Inner products of tokens ``s`` with tokens ``t`` over the columns of a chunk."""
    found = tl.zeros((s.shape[0], t.shape[0]), tl.float32)
    for k in range(start, min(start + CHUNK, width), STEP):
        x = _tokens(base, s, k, height, width, stride, STEP)
        if ONE:
            found = tl.dot(x, tl.trans(x), found, input_precision="ieee")
        else:
            y = _tokens(base, t, k, height, width, stride, STEP)
            found = tl.dot(x, tl.trans(y), found, input_precision="ieee")
    return found


@triton.jit
def _side(table, unit, DTYPE: tl.constexpr, ALIGNED: tl.constexpr):  # type: ignore[no-untyped-def]
    """Where a unit's tokens lie: address, distance of tokens, columns."""
    base = tl.load(table).to(tl.pointer_type(DTYPE)) + unit * tl.load(table + 1)
    stride = tl.load(table + 2).to(tl.int32)
    width = tl.load(table + 3).to(tl.int32)
    if ALIGNED:
        base = tl.multiple_of(base, 16)
        stride = tl.multiple_of(stride, 8)
        width = tl.multiple_of(width, 8)
    return base, stride, width


@triton.jit
def _diagonal(products):  # type: ignore[no-untyped-def]
    i = tl.arange(0, products.shape[0])
    return tl.sum(tl.where(i[:, None] == i[None, :], products, 0.0), axis=1)


# Batches differ in what is not specialized: a number that is 1, or divides by 16, shall not mean another compilation.
@triton.jit(
    do_not_specialize=["units", "height", "layers", "tiles", "rows"], do_not_specialize_on_alignment=["table", "out"]
)
def _ghost(  # type: ignore[no-untyped-def]
    table,
    out,
    units,
    height,
    layers,
    tiles,
    rows,
    LEFT: tl.constexpr,
    RIGHT: tl.constexpr,
    ALIGNED: tl.constexpr,
    BLOCK: tl.constexpr,
    ONE: tl.constexpr,
    STEP: tl.constexpr,
    CHUNK: tl.constexpr,
):
    program = tl.program_id(0)
    tile = program % tiles
    unit = (program // tiles % units).to(tl.int64)
    table += program // tiles // units * 9
    # Tiles are pairs (i, j) of blocks of tokens with i <= j, ordered by j.
    j = tile * 0
    while (j + 1) * (j + 2) // 2 <= tile:
        j += 1
    i = tile - j * (j + 1) // 2
    s = i * BLOCK + tl.arange(0, BLOCK)
    t = j * BLOCK + tl.arange(0, BLOCK)

    base, stride, width = _side(table + 1, unit, LEFT, ALIGNED)
    x = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, width, CHUNK):
        x += _products(base, s, t, start, height, width, stride, ONE, STEP, CHUNK)
    squared = 0.0
    y_diagonal = tl.zeros((BLOCK,), tl.float32)
    base, stride, width = _side(table + 5, unit, RIGHT, ALIGNED)
    for start in range(0, width, CHUNK):
        y = _products(base, s, t, start, height, width, stride, ONE, STEP, CHUNK)
        squared += tl.sum(x * y)
        y_diagonal += _diagonal(y)
    terms = tl.sum(tl.sqrt(_diagonal(x)) * tl.sqrt(y_diagonal))

    out += (tile * layers + tl.load(table)) * units + unit
    tl.store(out, squared if i == j else 2 * squared)
    tl.store(out + rows * units, terms if i == j else 0.0)


def ghosts(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """What :meth:`Outer.squared` gives, of many layers at once.

    Args:
        pairs: of each layer its ``left`` [units, tokens, p] and ``right`` [units, tokens, d], on one GPU, of floating
            point numbers. Tokens, p, d and dtypes may differ between layers.

    Returns:
        squared norms and sums of the terms' norms, both float32 [layers, units]; the same for the same batch every
        time.
    """
    return _launch([(_dense_rows(left), _dense_rows(right)) for left, right in pairs])


def ghost(left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """:func:`ghosts` of one layer: both float32 [units]."""
    squared, terms = ghosts([(left, right)])
    return squared[0], terms[0]


def _dense_rows(x: Tensor) -> Tensor:
    """The numbers as the kernel can read them: it addresses those of a unit by 32 bits."""
    x = x.float() if x.dtype == torch.float64 else x
    return x if x.stride(2) == 1 and x.stride(1) * x.shape[1] < 2**31 else x.contiguous()


def _launch(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    units, device = len(pairs[0][0]), pairs[0][0].device
    found: dict[tuple[int, torch.dtype, torch.dtype, bool], list[tuple[int, ...]]] = {}
    # Large layers start first, so that none is left for the end.
    for n in sorted(range(len(pairs)), key=lambda n: -pairs[n][0].shape[2] - pairs[n][1].shape[2]):
        left, right = pairs[n]
        one, other = _place(left), _place(right)
        key = left.shape[1], left.dtype, right.dtype, _aligned(*one) and _aligned(*other)
        found.setdefault(key, []).append((n, *one, *other))
    groups = {_Kind(*key): group for key, group in found.items()}
    most = max(kind.tiles for kind in groups)
    out = torch.zeros(2, most, len(pairs), units, device=device)
    if not units:
        return out[0, 0], out[1, 0]
    rows = [row for group in groups.values() for row in group]
    # Waits for nothing: CUDA has copied from pageable memory when the call returns.
    table = torch.tensor(rows, dtype=torch.int64).to(device, non_blocking=True)
    with torch.cuda.device(device):
        for kind, group in groups.items():
            grid = (len(group) * units * kind.tiles,)
            shape = (units, kind.tokens, len(pairs), kind.tiles, most * len(pairs))
            _ghost[grid](table, out, *shape, **kind.options)
            table = table[len(group) :]
    squared, terms = out.sum(1)
    return squared, terms


def _place(x: Tensor) -> tuple[int, int, int, int]:
    unit, token, _ = x.stride()
    return x.data_ptr(), unit, token, x.shape[2]


def _aligned(address: int, unit: int, token: int, columns: int) -> bool:
    """Whether 16 bytes at a time can be read."""
    return not (address % 16 or unit % 8 or token % 8 or columns % 8)
