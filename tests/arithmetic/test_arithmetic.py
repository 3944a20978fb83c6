"""Floor 0: triangles, monomials, ragged runs, elimination."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from copos.arithmetic import exact, monomials, simplex, svec
from copos.arithmetic.elimination import eliminate


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_svec_is_an_isometry_with_an_inverse(n, seed):
    A, B = np.random.default_rng(seed).standard_normal((2, n, n))
    A, B = A + A.T, B + B.T
    assert svec.svec(A) @ svec.svec(B) == pytest.approx(np.sum(A * B), rel=1e-12, abs=1e-12)
    assert np.allclose(svec.smat(svec.svec(A)), A, rtol=1e-15)
    assert svec.order(svec.length(n)) == n


def test_pair_inverts_position_even_for_large_places():
    p = np.r_[np.arange(2000), 10**12 + np.arange(2000), svec.length(3_000_000) + np.arange(-3, 3)]
    i, j = svec.pair(p)
    assert (i <= j).all() and (svec.position(i, j) == p).all()


def test_order_refuses_other_lengths():
    with pytest.raises(ValueError, match="not the length"):
        svec.order(5)


@given(st.integers(1, 7), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_monomials_are_listed_once_and_ranked(N, degree):
    listed = monomials.every(N, degree)
    assert listed.shape == (monomials.count(N, degree), degree)
    assert len({tuple(row) for row in listed}) == len(listed)
    assert (np.diff(listed, axis=1) >= 0).all()
    assert (monomials.rank(listed) == np.arange(len(listed))).all()


def test_rank_of_a_product_evaluates_like_the_product():
    rng = np.random.default_rng(0)
    a, b, x = monomials.every(5, 2), monomials.every(5, 3), rng.standard_normal(5)
    i, j = rng.integers(len(a), size=50), rng.integers(len(b), size=50)
    both = monomials.product(a[i], b[j])
    assert np.allclose(monomials.evaluate(both, x), monomials.evaluate(a[i], x) * monomials.evaluate(b[j], x))


def test_ranks_past_64_bits_are_refused():
    with pytest.raises(OverflowError, match="64-bit"):
        monomials.rank(np.full((1, 12), 10_000))


@given(st.integers(1, 9), st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_elimination_spans_the_null_space(m, n, seed):
    rng = np.random.default_rng(seed)
    R = (rng.random((m, n)) < 0.4) * rng.integers(-2, 3, (m, n)).astype(float)
    solved = eliminate(sp.csr_array(R), rng.permutation(n))
    T = solved.basis.toarray()
    assert T.shape[1] == n - np.linalg.matrix_rank(R)
    assert np.abs(R @ T).max(initial=0) < 1e-9
    assert (T[solved.free] == np.eye(T.shape[1])).all()


def test_elimination_solves_for_what_is_preferred():
    solved = eliminate(sp.csr_array([[1.0, 1.0, 1.0]]), np.array([5, 0, 5]))
    assert solved.pivots.tolist() == [1]


# --- one dense elimination -------------------------------------------------------------------------------------------


def rational_matrix(rng, m, n, rank):
    """(m, n) of Fractions with ugly denominators, of that rank at most."""
    left, right = (rng.integers(-9, 10, shape) for shape in ((m, rank), (rank, n)))
    scales = [Fraction(int(a), int(b)) for a, b in rng.integers(1, 10**6, (m, 2))]
    return [[c * int(v) for v in row] for c, row in zip(scales, left @ right, strict=True)]


def times(A, B):
    return [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in zip(*B, strict=True)]
            for row in A]  # fmt: skip


@pytest.mark.parametrize("library", [True, False])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_elimination_in_rational_numbers(library, seed):
    """With python-flint and without: echelon form, null space, solution, weighted squares."""
    rng = np.random.default_rng(seed)
    with pytest.MonkeyPatch.context() as patch:
        if not library:
            patch.setattr(exact, "flint", lambda: None)
        m, n, rank = rng.integers(1, 7, 3).tolist()
        A = rational_matrix(rng, m, n, rank)
        R, pivots = exact.reduced(A)
        true = int(np.linalg.matrix_rank(np.array([[float(v / max(map(abs, row), default=1) if any(row) else 0)
                                                    for v in row] for row in A])))  # fmt: skip
        assert len(R) == len(pivots) == true and pivots == sorted(pivots)
        assert [[row[p] for p in pivots] for row in R] == [[int(i == j) for j in range(true)] for i in range(true)]
        assert all(not any(row[:p]) for row, p in zip(R, pivots, strict=True))
        basis = exact.null_space(A)
        assert len(basis) == n - true and not any(v for row in times(A, list(zip(*basis, strict=True)) or [()] * n)
                                                  for v in row)  # fmt: skip
        # the rows of A are combinations of R: a row is its own entries at the pivots times R
        assert times([[row[p] for p in pivots] for row in A], R) == A if R else not any(v for row in A for v in row)
        S, B = rational_matrix(rng, m, m, m), rational_matrix(rng, m, 2, 2)
        X = exact.solved(S, B)
        assert (X is None) == (len(exact.reduced(S)[1]) < m)
        assert X is None or times(S, X) == B
        assert exact.solve_exactly([[*a, b[0]] for a, b in zip(S, B, strict=True)]) == (X and [x[0] for x in X])
        G = times(S, [list(c) for c in zip(*S, strict=True)])
        found = exact.ldl(G)
        assert [[sum((d * v[i] * v[j] for v, d in found), Fraction(0)) for j in range(m)] for i in range(m)] == G
        G[0][0] -= sum(map(abs, G[0])) + 1
        assert exact.ldl(G) is None
    assert exact.solved([], []) == [] and exact.reduced([]) == ([], [])


@given(seed=st.integers(0, 10**6), scale=st.integers(-300, 300))
@settings(max_examples=25, deadline=None)
def test_descent_on_the_simplex_ends_at_stationary_points_in_any_unit(seed, scale):
    """Down, inside, stationary; the unit of M changes nothing, bit for bit."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    M = rng.normal(size=(n, n))
    M = M + M.T
    X = simplex.starts(None, n, rng, 10)
    X = X / X.sum(axis=1, keepdims=True)
    found = simplex.descend(M, X)
    before, after = (np.einsum("ki,ij,kj->k", x, M, x) for x in (X, found))
    assert (after <= before + 1e-12).all() and found.min() >= 0 and np.allclose(found.sum(axis=1), 1, rtol=1e-12)
    g = found @ M
    worst = np.where(found > 0, g, -np.inf).max(axis=1) - g.min(axis=1)
    assert worst.max() <= 1e-12 * max(1.0, np.abs(M).max())
    assert (simplex.descend(np.ldexp(M, scale), X) == found).all()
    best, others = simplex.minimum(M), simplex.minima(M, rng)
    values = np.einsum("ki,ij,kj->k", others, M, others)
    assert (np.diff(values) >= 0).all() and others.min() >= 0 and np.allclose(others.sum(axis=1), 1, rtol=1e-8)
    if n == 2:  # both find the minimum over an edge: at an end, or inside
        a, b, c = M[0, 0], M[1, 1], M[0, 1]
        inside = [(a * b - c * c) / (a + b - 2 * c)] if c < min(a, b) else []
        assert min([*np.diag(M), *inside]) == pytest.approx(best @ M @ best) == pytest.approx(values[0])
