"""Is M the sum of a positive semidefinite and a nonnegative matrix? A proof if it clearly is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.arithmetic.exact import Integers, Rows, form, integral, squares
from copos.certificate import rounding
from copos.conic import Cones, ConicForm, Status
from copos.decision.scaling import balanced
from copos.solvers import solve

MARGIN = 1e-9  # of the diagonal (in units where it is 1), below which a factor is not worth rounding


def nonnegative(M: Rows) -> dict[str, Any] | None:
    """The proof for a matrix without negative entries."""
    if any(v < 0 for row in M for v in row):
        return None
    return {"method": "spn", "factor": [[0]] * len(M), "bits": 0}


def psd(M: Rows) -> tuple[dict[str, Any] | None, list[int] | None]:
    """(proof that M is positive semidefinite, None) or (None, integer v with v'Mv < 0); exact."""
    A, d = integral(M)
    found, v = squares(A)
    if found is None:
        assert v is not None
        return None, v
    if not found.vectors:
        return nonnegative(M), None
    return {"method": "spn", **found._replace(weights=[w / d for w in found.weights]).factor()}, None


def longest(proof: dict[str, Any]) -> int:
    """Bits of the longest number in the factor of a proof or in its weights."""
    weights = [Fraction(w) for w in proof.get("weights", [])]
    numbers = [*(v for row in proof["factor"] for v in row), *(n for w in weights for n in w.as_integer_ratio())]
    return max((abs(v).bit_length() for v in numbers), default=0)


def sign_reduced(A: Integers, v: list[int]) -> list[int] | None:
    """|v| if it violates too: always for a Z-matrix, where |v|'A|v| ≤ v'Av."""
    x = [abs(c) for c in v]
    return x if form(A, x) < 0 else None


def split(M: np.ndarray, **options: Any) -> tuple[np.ndarray, float] | None:
    """S, t with S positive semidefinite, M − S − t·diag(M) ≥ 0 (zero on the diagonal) and t as large as possible.

    In units where the diagonal is about 1; None if the solver breaks down. A floating-point claim.
    """
    n = len(M)
    d = balanced(M)
    N = M * np.outer(d, d)
    i, j = svec.triangle(n)
    off = np.flatnonzero(i != j)
    count, triangle = len(off), len(i)
    # variables: the entries of S off the diagonal, and t; S_ij ≤ N_ij, S_ii = (1 − t) N_ii
    upper = sp.hstack([sp.eye_array(count), sp.csr_array((count, 1))])
    place = sp.csr_array((np.full(count, -svec.SQRT2), (off, np.arange(count))), shape=(triangle, count))
    size = np.maximum(np.diag(N), 0.0)
    diagonal = sp.csr_array((size, (svec.position(np.arange(n), np.arange(n)), np.zeros(n, dtype=int))),
                            shape=(triangle, 1))  # fmt: skip
    b = np.zeros(triangle)
    b[svec.position(np.arange(n), np.arange(n))] = np.diag(N)
    program = ConicForm(
        np.r_[np.zeros(count), -1.0],
        sp.csc_array(sp.vstack([upper, sp.hstack([place, diagonal])])),
        np.r_[N[i[off], j[off]], b],
        Cones(nonnegative=count, psd=(n,)),
    )
    found = solve(program, **options)
    if found.status in (Status.FAILED, Status.UNBOUNDED) or not np.isfinite(found.x).all():
        return None
    S = np.zeros((n, n))
    S[i[off], j[off]] = S[j[off], i[off]] = np.minimum(found.x[:-1], N[i[off], j[off]])
    S += np.diag((1 - found.x[-1]) * size)
    return S / np.outer(d, d), float(found.x[-1])


def proof(M: Rows, **options: Any) -> tuple[dict[str, Any] | None, float]:
    """(the data of an "spn" proof or None, how far inside the solver says M is, relative to its diagonal).

    Examples
    --------
    >>> from fractions import Fraction
    >>> proof([[Fraction(2), Fraction(-1)], [Fraction(-1), Fraction(2)]])[0]["method"]
    'spn'
    """
    F = np.array([[float(v) for v in row] for row in M])
    F /= float(np.abs(F).max(initial=0.0)) or 1.0
    if np.diag(F).min() <= 0:
        return None, -np.inf
    found = split(F, **options)
    if found is None:
        return None, -np.inf
    S, t = found
    if t < MARGIN:
        return None, t
    # S is within the solver's tolerance of being semidefinite: half of t pays for that, half for rounding
    scale = float(max(abs(v) for row in M for v in row))
    G = scale * (S + t / 2 * np.diag(np.diag(F)))
    if la.eigvalsh(G)[0] <= 0:
        return None, t
    spread = np.log2(np.diag(F).max() / np.diag(F).min())
    return {"method": "spn", **rounding.factor(G, rounding.BITS + int(spread)).plain()}, t
