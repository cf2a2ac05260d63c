"""Standard normal draws from a keystream, hardened against attacks on floating-point numbers.

A keystream block of eight 64-bit words gives two draws, so draw number i is a function of the key and i alone, however
many are asked for at once. The top 53 bits of each word make a uniform number; Box and Muller's transform (1958) turns
two of them into a radius and an angle; four such pairs give the two draws

    Σ r_i cos θ_i / 2   and   Σ r_i sin θ_i / 2,

all in float64, rounded to float32 at the very end.

Why four pairs: a single Box-Muller sample can't take every floating-point number, and which ones it can depends on
where it lies. Whoever sees a sum plus its noise can tell sums apart by which of them leaves a noise that can occur
(Mironov 2012 for Laplace noise; Jin, McMurtry, Rubinstein and Ohrimenko 2022, arXiv 2112.05307, for Gaussian noise).
Holohan and Braghin 2021, "Secure Random Sampling in Differential Privacy" (arXiv 2107.10138), section 5.1, add 2n
samples and divide by √(2n): the attacker then searches 2^(53(2n-1)) combinations. Here n = 2, so 2^159, as in Opacus's
``secure_mode`` (whose generator, torchcsprng, no longer installs), which too makes two draws of the same four pairs.

What this doesn't give: it is a bound on the known attack's work, no proof. Draws are floating-point numbers, not a
discrete Gaussian distribution, so the (ε, δ) of a mechanism that adds them is computed for real numbers, and rounding
is outside it. The time that drawing takes isn't made constant.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from tasks.methods.dp import keystream

DRAWS_PER_BLOCK = 2
_PAIRS = 4
_STEP = 2.0**-53
# Blocks computed at once: 5 MB of temporaries. From 32,768 elements torch would start threads of its own inside ours.
_CHUNK = 32_000


def normals(key: bytes, lane: int, first: int, count: int) -> np.ndarray:
    """Draws ``first`` to ``first + count`` of a lane's standard normal sequence, on the CPU.

    Args:
        key: of the keystream, 32 bytes.
        lane: of the keystream; it must serve nothing else.
        first: number of the first draw.
        count: how many.

    Returns:
        float32 [count].

    Formal guarantees:
        For independent uniform keystream words each draw has, up to the rounding of float64 arithmetic, the standard
        normal distribution, and draws are independent. Uniform numbers have 53 bits and radii reach 8.57, so single
        samples lie in ±8.57 and draws in ±17.1 (with 24 bits the tail would end at 5.8, 11.5 after summing).
        The result doesn't depend on how the sequence is cut into calls or chunks, nor on the number of threads. Between
        kinds of processors the last bit of float64 may differ, where torch's logarithm, cosine and sine do.

    Raises:
        AirlockError: the sequence is used up.
    """
    out = np.empty(count, dtype=np.float32)
    start, end = first // DRAWS_PER_BLOCK, -(-(first + count) // DRAWS_PER_BLOCK)
    chunks = [(block, min(_CHUNK, end - block)) for block in range(start, end, _CHUNK)]

    def fill(chunk: tuple[int, int]) -> None:
        block, blocks = chunk
        at = block * DRAWS_PER_BLOCK - first
        draws = from_words(keystream.words(key, lane, block, blocks))
        low, high = max(at, 0), min(at + len(draws), count)
        out[low:high] = draws[low - at : high - at]

    threads = min(torch.get_num_threads(), len(chunks))
    if threads <= 1:
        for chunk in chunks:
            fill(chunk)
    else:
        with ThreadPoolExecutor(threads) as pool:
            # Draining the map raises what a chunk raised.
            for _ in pool.map(fill, chunks):
                pass
    return out


def from_words(words: np.ndarray) -> np.ndarray:
    """The draws that keystream words make.

    Args:
        words: uint64 [blocks, 8]; even columns make radii, odd ones angles.

    Returns:
        float64 [2 * blocks].
    """
    out = np.zeros((DRAWS_PER_BLOCK, len(words)))
    for pair in range(_PAIRS):
        radius, angle = _uniforms(words[:, 2 * pair]), _uniforms(words[:, 2 * pair + 1])
        # u in (0, 1]: the logarithm never sees zero. The half of the sum is taken here: √(-2 ln u) / 2 = √(-ln u / 2).
        radius += _STEP
        torch.from_numpy(radius).log_()
        radius *= -0.5
        np.sqrt(radius, out=radius)
        angle *= 2 * math.pi
        # torch's logarithm, cosine and sine use vector instructions, numpy's don't on every processor.
        turn = torch.from_numpy(angle)
        for row, wave in zip(out, (turn.cos(), turn.sin()), strict=True):
            row += wave.numpy() * radius
    return out.T.reshape(-1)


def _uniforms(words: np.ndarray) -> np.ndarray:
    """Multiples of 2^-53 in [0, 1) from the top 53 bits of each word: float64 of the same shape."""
    # Signed integers convert faster, and 53 bits fit.
    return (words >> np.uint64(11)).view(np.int64) * _STEP
