"""The largest singular value of a matrix: what it is, and limiting it.

The largest singular value is the matrix's Lipschitz constant: inputs that lie d apart give outputs at most σ₁ d apart,
in L2 norms (Yoshida and Miyato, Spectral Norm Regularization, 2017, section 2.2). A power iteration approaches it from
below and so bounds nothing; here it comes from a whole singular value decomposition in float64.

Formal guarantees:
    None of privacy (see :mod:`tasks.methods.clip.project`). The Lipschitz bound is of one matrix by itself: a model
    has norms, attention and activations between its matrices, and the product of their bounds isn't the model's.
"""

from __future__ import annotations

import math

import torch

from tasks.methods.clip.project import check

_SVD_ROUNDING = 16 * 2.0**-53
"""Rounding of a backward stable SVD as a share of the largest singular value, a unit of √(rows columns). LAPACK's bound
is p(m, n) u with a modest p (Anderson et al., LAPACK Users' Guide, 1999, section 4.9.1); 16 is modest and generous."""


def largest_singular_value(matrix: torch.Tensor) -> float:
    """An upper bound on a matrix's largest singular value, above the true one by rounding in float64 only.

    Args:
        matrix: two-dimensional, finite.

    Raises:
        ValueError: it has another number of dimensions, or weights that aren't finite.
    """
    _check(matrix, 1.0)
    exact = matrix.detach().double()
    if exact.numel() == 0:
        return 0.0
    return float(torch.linalg.svdvals(exact)[0]) * (1 + _slack(exact))


def limit(matrix: torch.Tensor, bound: float) -> torch.Tensor:
    """The matrix nearest to the given one, in Frobenius norm, whose largest singular value is at most ``bound``.

    Singular values above the bound become the bound, the others and all singular vectors stay (Lefkimmiatis, Ward and
    Unser, Hessian Schatten-Norm Regularization, 2013, proposition 1, for p = ∞). A matrix within the bound is returned
    as it is.

    Formal guarantees:
        The largest singular value of what is returned, after rounding to the matrix's dtype, is at most ``bound``: a
        decomposition of the rounded matrix says so, with its own rounding added. Where rounding each weight has taken
        it over the bound, the matrix is scaled down first, by at most √r u, with the dtype's unit roundoff u and the
        smaller dimension r: rounding changes a matrix by at most u times its Frobenius norm, which is at most √r times
        the largest singular value. Weights below the smallest normal number of the dtype (1e-38 in float32) are
        outside this.

    Args:
        matrix: two-dimensional, finite.
        bound: a public constant above 0.

    Raises:
        ValueError: it has another number of dimensions, or weights that aren't finite; the bound isn't finite or not
            above 0.

    >>> limit(torch.diag(torch.tensor([3.0, 0.5])), 1.0)
    tensor([[1.0000, 0.0000],
            [0.0000, 0.5000]])
    """
    _check(matrix, bound)
    exact = matrix.detach().double()
    # The Frobenius norm is never below: most matrices within the bound need no decomposition.
    if exact.numel() == 0 or float(torch.linalg.matrix_norm(exact)) * (1 + _slack(exact)) <= bound:
        return matrix.clone()
    left, values, right = torch.linalg.svd(exact, full_matrices=False)
    if float(values[0]) <= bound:
        return matrix.clone()
    roundoff, slack = torch.finfo(matrix.dtype).eps / 2, _slack(exact)
    wanted = bound / (1 + 4 * slack)
    over = values > wanted
    # Only what is over is taken off, so that the rest isn't rounded twice.
    limited = exact - (left[:, over] * (values[over] - wanted)) @ right[over]
    # Rounding to the dtype may take it over the bound again: a little lower then, at last by the most that it can do.
    for share in (0.0, roundoff, math.sqrt(min(exact.shape)) * roundoff):
        rounded = (limited / (1 + share)).to(matrix.dtype)
        if largest_singular_value(rounded) <= bound:
            return rounded
    # Cancellation: where the largest value was many times the bound, what is left carries the rounding of the whole.
    limited *= bound / float(torch.linalg.svdvals(limited)[0]) / (1 + share + 4 * slack)
    return limited.to(matrix.dtype)


def _check(matrix: torch.Tensor, bound: float) -> None:
    if matrix.dim() != 2:
        raise ValueError("only a matrix has singular values")
    check(matrix, bound)


def _slack(exact: torch.Tensor) -> float:
    return _SVD_ROUNDING * math.sqrt(exact.numel())
