"""Matrices beside a face by less than floating point sees: the simplest matrix near them, and cuts refined alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from copos.arithmetic import zeros
from copos.decision import face_beside, face_factor, face_program, face_separator, face_zeros
from copos.decision.complete_positivity import is_completely_positive
from copos.decision.face import Face, Scale
from copos.instances import extreme

HEPTAGON = extreme.scaled(extreme.distance_signs(extreme.cyclic_graph(7, [1]), 7), [1, 2, 1, 3, 1, 1, 2])
TINY = Fraction(1, 10**10)


def product(columns):
    """Σ bb'."""
    n = len(columns[0])
    return [[Fraction(sum(b[i] * b[j] for b in columns)) for j in range(n)] for i in range(n)]


def inner(A, M):
    """<A, M>."""
    return sum(a * m for p, q in zip(A, M, strict=True) for a, m in zip(p, q, strict=True))


def moved(M, S, ε):
    """M + εS."""
    return [[m + ε * s for m, s in zip(p, q, strict=True)] for p, q in zip(M, S, strict=True)]


def on_the_face():
    """Zeros of the heptagon and their sums, which are more than the rank."""
    u = zeros.minimal_zeros(HEPTAGON)
    return u, product([*u, *([a + 2 * b for a, b in zip(u[k], u[l], strict=True)] for k, l in
                            sorted(zeros.compatible(HEPTAGON, u)))])  # fmt: skip


@pytest.mark.parametrize(("sign", "answer"), [(1, True), (-1, False)])
def test_a_part_of_1e_10_inside_and_outside(sign, answer):
    u, M = on_the_face()
    pairs = zeros.compatible(HEPTAGON, u)
    if answer:
        S = [[Fraction(8 * (i == j) + 1) for j in range(7)] for i in range(7)]
    else:
        k, l = next((k, l) for k in range(len(u)) for l in range(k + 1, len(u)) if (k, l) not in pairs)
        S = product([[a + b for a, b in zip(u[k], u[l], strict=True)]])
    assert inner(HEPTAGON, S) > 0
    beside = moved(M, S, sign * TINY)
    found = is_completely_positive(beside)
    assert found.answer is answer
    assert found.certificate.verify(beside).proved


def test_the_simplest_matrix_near_by_is_the_one_that_was_perturbed():
    _, M = on_the_face()
    assert list(face_beside.simple(M)) == []
    noise = np.random.default_rng(0).integers(1, 9, (7, 7))
    S = [[Fraction(int(v)) for v in row] for row in noise + noise.T]
    assert next(face_beside.simple(moved(M, S, TINY))) == M
    wild = [[Fraction(float(v)) for v in row] for row in np.random.default_rng(1).random((4, 4))]
    assert list(face_beside.simple(wild)) == []


def test_a_factor_of_a_matrix_near_by_is_changed_into_one_of_this_matrix():
    _, M = on_the_face()
    S = [[Fraction(8 * (i == j) + 1) for j in range(7)] for i in range(7)]
    beside = moved(M, S, TINY)
    near = is_completely_positive(M).factor
    terms = [(w, list(b)) for w, b in near]
    doubled = [*terms[1:], (terms[0][0] / 4, [2 * c for c in terms[0][1]]), (terms[1][0], terms[1][1])]
    found = face_beside.from_factor(beside, Scale.of(beside), Face.of(beside), terms, np.random.default_rng(0))
    assert product_of(found.terms) == beside and min(w for w, _ in found.terms) > 0
    # proportional columns add up
    more = moved(beside, product([terms[1][1]]), terms[1][0])
    twice = face_beside.from_factor(more, Scale.of(more), Face.of(more), doubled, np.random.default_rng(0))
    assert product_of(twice.terms) == more


def product_of(terms):
    """Σ w xx'."""
    n = len(terms[0][1])
    return [[sum(w * x[i] * x[j] for w, x in terms) for j in range(n)] for i in range(n)]


def test_least_squares_that_go_round_in_circles(monkeypatch):
    def circles(A, b):
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr(face_factor, "nnls", circles)
    columns = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    λ = face_factor.least_squares(columns, np.array([2.0, 3.0]))
    assert λ.min() >= 0 and np.abs(columns @ λ - [2, 3]).max() < 1e-9


def test_a_cut_keeps_free_entries_out_of_what_is_small():
    """An entry where M is zero is free, and as large as can be; it must not make the others look like zeros."""
    u, _ = on_the_face()
    M = product(u)
    i, j = next((i, j) for i in range(7) for j in range(i) if not M[i][j])
    near = [row[:] for row in HEPTAGON]
    near[i][j] = near[j][i] = Fraction(10**9)
    cut = face_separator.exposing(Scale.of(M), Face.of(M), u, near)
    at = next((p, q) for p in range(7) for q in range(7) if cut[p][q] and M[p][q])
    unit = cut[at[0]][at[1]] / HEPTAGON[at[0]][at[1]]
    assert all(cut[p][q] == unit * HEPTAGON[p][q] for p in range(7) for q in range(7) if M[p][q])


def test_a_dual_matrix_is_refined_whatever_M_is():
    """Zeros of Hildebrand's matrices have a family around them: the nearest member vanishes exactly."""
    A = extreme.rational_hildebrand([Fraction(k, 12) for k in (2, 3, 4, 1, 5)])
    u = zeros.minimal_zeros(A)
    M = moved(product(u), [[Fraction(int(i == j)) for j in range(5)] for i in range(5)], 1)
    scale, face = Scale.of(M), Face.of(M)
    rough = np.array([[float(v) for v in row] for row in A]) / np.outer(scale.d, scale.d)
    noise = np.random.default_rng(0).standard_normal((5, 5))
    rough += 1e-8 * (noise + noise.T)
    T = np.array(u, dtype=float) * scale.d
    found = face_zeros.minimal(rough, face.floats(scale.d)[0], T, face.together, 1e-6)
    cut = face_zeros.freed(M, scale, face, found, rough)
    top = max(abs(v) for row in cut for v in row)
    for x in zeros.minimal_zeros(A):
        assert 0 <= inner(cut, product([x])) / top / max(x) ** 2 < Fraction(1, 10**11)
    assert face_program.values(rough, T / T.sum(axis=1, keepdims=True)).max() > 1e-9
