"""The draws of :mod:`tasks.methods.dp.gaussian` computed on a GPU: keystream, transform and rounding in one kernel.

Triton comes with torch's GPU builds only, so importing this module may fail; :mod:`tasks.methods.dp.randomness` then
draws on the CPU. The keystream is the CPU's bit for bit; the draws may differ from the CPU's in the last bits of
float64, which float32 hides but for the rare one that lies between two of its numbers.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from triton.language.extra import libdevice

_THREADS = 128
# "expand 32-byte k", the first four words of every ChaCha20 state (RFC 8439, section 2.3).
_CONSTANTS = b"expand 32-byte k"


@triton.jit
def _quarter(a, b, c, d):  # type: ignore[no-untyped-def]
    """RFC 8439, section 2.1."""
    a += b
    d ^= a
    d = (d << 16) | (d >> 16)
    c += d
    b ^= c
    b = (b << 12) | (b >> 20)
    a += b
    d ^= a
    d = (d << 8) | (d >> 24)
    c += d
    b ^= c
    b = (b << 7) | (b >> 25)
    return a, b, c, d


@triton.jit
def _word(state, index, like):  # type: ignore[no-untyped-def]
    """One word of the initial state, for every block."""
    return tl.load(state + index).to(tl.uint32, bitcast=True) + tl.zeros_like(like)


@triton.jit
def _block(state, number):  # type: ignore[no-untyped-def]
    """The 16 words of each block (RFC 8439, section 2.3), blocks numbered from that of ``state``."""
    n = number.to(tl.uint32)
    s0, s1, s2, s3 = _word(state, 0, n), _word(state, 1, n), _word(state, 2, n), _word(state, 3, n)
    s4, s5, s6, s7 = _word(state, 4, n), _word(state, 5, n), _word(state, 6, n), _word(state, 7, n)
    s8, s9, s10, s11 = _word(state, 8, n), _word(state, 9, n), _word(state, 10, n), _word(state, 11, n)
    s14, s15 = _word(state, 14, n), _word(state, 15, n)
    low, high = _word(state, 12, n), _word(state, 13, n)
    s12 = low + n
    s13 = high + (number >> 32).to(tl.uint32) + (s12 < low).to(tl.uint32)
    x0, x1, x2, x3, x4, x5, x6, x7 = s0, s1, s2, s3, s4, s5, s6, s7
    x8, x9, x10, x11, x12, x13, x14, x15 = s8, s9, s10, s11, s12, s13, s14, s15
    for _ in range(10):
        x0, x4, x8, x12 = _quarter(x0, x4, x8, x12)
        x1, x5, x9, x13 = _quarter(x1, x5, x9, x13)
        x2, x6, x10, x14 = _quarter(x2, x6, x10, x14)
        x3, x7, x11, x15 = _quarter(x3, x7, x11, x15)
        x0, x5, x10, x15 = _quarter(x0, x5, x10, x15)
        x1, x6, x11, x12 = _quarter(x1, x6, x11, x12)
        x2, x7, x8, x13 = _quarter(x2, x7, x8, x13)
        x3, x4, x9, x14 = _quarter(x3, x4, x9, x14)
    return (
        x0 + s0, x1 + s1, x2 + s2, x3 + s3, x4 + s4, x5 + s5, x6 + s6, x7 + s7,
        x8 + s8, x9 + s9, x10 + s10, x11 + s11, x12 + s12, x13 + s13, x14 + s14, x15 + s15,
    )  # fmt: skip


@triton.jit
def _pair(w0, w1, w2, w3):  # type: ignore[no-untyped-def]
    """Four words to one Box-Muller pair, halved."""
    k = (w1.to(tl.int64) << 21) | (w0.to(tl.int64) >> 11)
    t = (w3.to(tl.int64) << 21) | (w2.to(tl.int64) >> 11)
    u = (k + 1).to(tl.float64) * 1.1102230246251565e-16  # 2^-53
    angle = t.to(tl.float64) * 2.220446049250313e-16  # in half turns
    radius = libdevice.sqrt(libdevice.log(u) * -0.5)
    return radius * libdevice.cospi(angle), radius * libdevice.sinpi(angle)


@triton.jit(do_not_specialize=["blocks"])
def _keystream(state, out, blocks, SIZE: tl.constexpr):  # type: ignore[no-untyped-def]
    number = tl.program_id(0).to(tl.int64) * SIZE + tl.arange(0, SIZE)
    words = _block(state, number)
    for i in tl.static_range(16):
        tl.store(out + number * 16 + i, words[i].to(tl.int32, bitcast=True), mask=number < blocks)


@triton.jit(do_not_specialize=["count", "skip"])
def _normals(state, out, count, skip, SIZE: tl.constexpr):  # type: ignore[no-untyped-def]
    number = tl.program_id(0).to(tl.int64) * SIZE + tl.arange(0, SIZE)
    w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15 = _block(state, number)
    c0, s0 = _pair(w0, w1, w2, w3)
    c1, s1 = _pair(w4, w5, w6, w7)
    c2, s2 = _pair(w8, w9, w10, w11)
    c3, s3 = _pair(w12, w13, w14, w15)
    at = number * 2 - skip
    tl.store(out + at, (((c0 + c1) + c2) + c3).to(tl.float32), mask=(at >= 0) & (at < count))
    tl.store(out + at + 1, (((s0 + s1) + s2) + s3).to(tl.float32), mask=at + 1 < count)


def keystream(key: bytes, lane: int, first: int, count: int, device: torch.device) -> torch.Tensor:
    """What :func:`tasks.methods.dp.keystream.words` gives, as int32 [count, 16]; to test the kernel by."""
    out = torch.empty(count, 16, dtype=torch.int32, device=device)
    if count:
        with torch.cuda.device(device):
            _keystream[(triton.cdiv(count, _THREADS),)](_state(key, lane, first, device), out, count, SIZE=_THREADS)
    return out


def normals(key: bytes, lane: int, first: int, count: int, device: torch.device) -> torch.Tensor:
    """Draws ``first`` to ``first + count`` of a lane's standard normal sequence, on a GPU.

    Args:
        key: of the keystream, 32 bytes.
        lane: of the keystream; it must serve nothing else.
        first: number of the first draw.
        count: how many.
        device: a CUDA device.

    Returns:
        float32 [count] on ``device``.

    Formal guarantees:
        Those of :func:`tasks.methods.dp.gaussian.normals`.
    """
    out = torch.empty(count, dtype=torch.float32, device=device)
    start, end = first // 2, -(-(first + count) // 2)
    if count:
        with torch.cuda.device(device):
            state = _state(key, lane, start, device)
            _normals[(triton.cdiv(end - start, _THREADS),)](state, out, count, first % 2, SIZE=_THREADS)
    return out


def _state(key: bytes, lane: int, block: int, device: torch.device) -> torch.Tensor:
    """The initial state of a block, int32 [16]: constants, key, block number, lane, zero."""
    raw = bytearray(_CONSTANTS + key + block.to_bytes(8, "little") + lane.to_bytes(4, "little") + bytes(4))
    # Waits for nothing: CUDA has copied from pageable memory when the call returns.
    return torch.frombuffer(raw, dtype=torch.int32).to(device, non_blocking=True)
