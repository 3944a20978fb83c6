"""The cp-rank against published values, its bounds and factors against exact products."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

import copos
from copos.arithmetic import zeros
from copos.certificate.problem import plain_table
from copos.decision import cp_rank_face, cp_rank_graph, cp_rank_proof, fewer_terms
from copos.decision.face import Face
from copos.instances import extreme

HORN = extreme.distance_signs(extreme.cyclic_graph(5, [1]), 5)
# rank 3, cp-rank 4
NOT_THE_RANK = [[6, 3, 3, 0], [3, 5, 1, 3], [3, 1, 5, 3], [0, 3, 3, 6]]


def product(columns):
    n = len(columns[0])
    return [[Fraction(sum(b[i] * b[j] for b in columns)) for j in range(n)] for i in range(n)]


def graph(n, edges, diagonal):
    M = [[diagonal if i == j else 0 for j in range(n)] for i in range(n)]
    for i, j in edges:
        M[i][j] = M[j][i] = 1
    return M


def checked(M, **options):
    """The bounds, after the factor was multiplied out."""
    found = copos.cp_rank(M, **options)
    n = len(M)
    for i in range(n):
        for j in range(n):
            assert sum(w * b[i] * b[j] for w, b in found.factor) == Fraction(M[i][j])
    assert all(w > 0 and min(b) >= 0 for w, b in found.factor)
    assert found.lower <= found.upper <= max(len(found.factor), found.lower)
    assert found.decision.certificate.verify().proved
    if found.certificate is None:
        assert not np.any(np.array(M, dtype=float))
    else:
        assert found.certificate.verify().proved and found.certificate.proof["value"] <= found.lower
        more = found.certificate.proof | {"value": found.certificate.proof["value"] + 1}
        assert not replace(found.certificate, proof=more).verify().proved
    return found


@pytest.mark.parametrize(("M", "value"), [
    ([[0]], 0),
    ([[4, 2], [2, 1]], 1),
    (np.eye(4, dtype=int).tolist(), 4),
    ([[2, 1, 0], [1, 2, 1], [0, 1, 2]], 3),
    (graph(4, [(0, 1), (1, 2), (2, 3)], 2), 4),                                      # a tree: the rank
    ([[1, 1, 0, 0], [1, 2, 1, 0], [0, 1, 2, 1], [0, 0, 1, 1]], 3),                   # a singular tree
    (graph(5, [(i, (i + 1) % 5) for i in range(5)], 3), 5),
    (graph(5, [(i, j) for i in range(2) for j in range(2, 5)], 3), 6),               # n²/4, the largest of order 5
    (graph(6, [(i, j) for i in range(3) for j in range(3, 6)], 3), 9),
    (graph(7, [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5)], 3), 7),                      # parts: 4 + 2 + 1
])  # fmt: skip
def test_known_values(M, value):
    assert checked(M).value == value


def test_rank_and_cp_rank_differ():
    found = checked(NOT_THE_RANK)
    assert (found.lower, found.upper) == (3, 4)


def test_on_a_face_of_horn_s_matrix_the_coordinates_form_a_pentagon():
    u = zeros.minimal_zeros(HORN)
    pairs = zeros.compatible(HORN, u)
    M = product(u + [[a + 2 * b for a, b in zip(u[k], u[l], strict=True)] for k, l in pairs])
    found = checked(M)
    assert (found.value, len(found.factor), found.certificate.proof["value"]) == (5, 6, 5)


def test_a_face_proves_more_columns_than_the_rank():
    """Eight zeros of Hildebrand's matrix with a row doubled: rank six, and every factor has eight columns."""
    A = extreme.doubled(extreme.rational_hildebrand([Fraction(1, 5)] * 5), 2)
    M = product(zeros.minimal_zeros(A))
    plain, proved = cp_rank_proof.certificate(M, []), cp_rank_proof.certificate(M, [A])
    assert plain.proof["value"] <= 6 and proved.proof["value"] == 8 and proved.verify().proved
    (face,) = proved.proof["faces"]
    # the face is that of A alone
    twice = {**face, "cut": [[Fraction(2 * v) for v in row] for row in A]}
    twice["cut"] = [[str(v) for v in row] for row in twice["cut"]]
    assert not replace(proved, proof=proved.proof | {"faces": [{**twice, "copositive": []}]}).verify().proved
    moved = [row[:] for row in M]
    moved[0][0] += 1
    assert not replace(proved, problem={**proved.problem, "rows": plain_table(moved)}).verify().proved


def test_proved_faces_need_a_copositive_matrix_orthogonal_to_m():
    u = zeros.minimal_zeros(HORN)
    every = Face([[int(i == j) for j in range(5)] for i in range(5)], np.ones((5, 5), dtype=bool))
    M = product(u)
    face = cp_rank_face.cut_out(M, every, HORN)
    assert face is not None
    assert sorted(face.rays) == sorted(u)
    assert int(face.together.sum()) == 5 + 2 * len(zeros.compatible(HORN, u))
    moved = [row[:] for row in M]
    moved[0][0] += 1
    assert cp_rank_face.cut_out(moved, every, HORN) is None
    # orthogonal, but negative somewhere
    tilted = [[Fraction(v) for v in row] for row in HORN]
    tilted[0][0] -= 1
    tilted[1][1] += Fraction(M[0][0], M[1][1])
    assert cp_rank_face.cut_out(M, every, tilted) is None


def test_parts_that_only_look_singular_are_not_trusted():
    small = Fraction(1, 10**12)
    near = [[Fraction(1), Fraction(-1) + small], [Fraction(-1) + small, Fraction(1)]]
    assert not cp_rank_face.certain(near)
    assert cp_rank_face.certain([[Fraction(1), Fraction(-1)], [Fraction(-1), Fraction(1)]])


def test_coordinates_are_those_that_were_put_in():
    u = zeros.minimal_zeros(HORN)
    face = Face(u, np.ones((5, 5), dtype=bool))
    k, l = next(iter(zeros.compatible(HORN, u)))
    M = product([u[k], [a + 2 * b for a, b in zip(u[k], u[l], strict=True)]])
    assert cp_rank_face.coordinates(M, face) == ([u[k], u[l]], [[2, 2], [2, 4]])
    twice = Face([*u, u[0]], np.ones((6, 6), dtype=bool))
    assert cp_rank_face.coordinates(M, twice) is None


def test_fewest_rays_against_all_subsets():
    rng = np.random.default_rng(3)
    for _ in range(6):
        rays = [list(map(int, v)) for v in np.unique(rng.integers(0, 3, (7, 3)), axis=0) if any(v)]
        M = product([rays[k] for k in rng.integers(len(rays), size=4)])
        found = cp_rank_face.fewest(M, rays)
        assert found is not None
        assert fewer_terms.total(found, 3) == M
        columns = np.array([np.outer(r, r).ravel() for r in rays], dtype=float)
        target = np.array(M, dtype=float).ravel()
        less = [cut for cut in combinations(range(len(rays)), len(found) - 1) if len(cut)
                and nonnegative(columns[list(cut)].T, target)]  # fmt: skip
        assert not less


def nonnegative(A, b):
    from scipy.optimize import nnls

    return nnls(A, b)[1] < 1e-9


def test_fewer_terms_have_the_same_sum_and_are_independent():
    rng = np.random.default_rng(5)
    for n in (2, 3, 4):
        columns = [list(map(int, b)) for b in rng.integers(0, 5, (14, n)) if any(b)]
        terms = [(Fraction(int(rng.integers(1, 9)), 3), b) for b in columns]
        short = fewer_terms.fewer(terms)
        assert fewer_terms.total(short, n) == fewer_terms.total(terms, n)
        assert all(w > 0 for w, _ in short)
        assert len(short) == np.linalg.matrix_rank(np.array([np.outer(b, b).ravel() for _, b in short], dtype=float))


def test_edges_apart():
    octahedron = [{j for j in range(6) if j != i and j != (i + 3) % 6} for i in range(6)]
    chosen = cp_rank_graph.apart_edges(octahedron)
    assert all(not cp_rank_graph.together(e, f, octahedron) for e, f in combinations(chosen, 2))
    assert len(chosen) == 4        # its edges are covered by four triangles


@pytest.mark.parametrize(("M", "words"), [([[1, 2], [2, 1]], "not completely positive"), ([[0, 1]], "square")])
def test_refusals(M, words):
    with pytest.raises(ValueError, match=words):
        copos.cp_rank(M)


def test_bounds_hold_for_products_of_few_columns():
    rng = np.random.default_rng(1)
    for n, k in ((4, 3), (4, 5), (5, 4), (5, 6), (6, 5)):
        B = rng.integers(0, 3, (n, k))
        found = checked((B @ B.T).tolist())
        assert found.lower <= k
        assert found.upper <= n * (n + 1) // 2


def test_floats_and_scales():
    M = np.array(NOT_THE_RANK) * 2.0**-40
    found = copos.cp_rank(M)
    assert (found.lower, found.upper) == (3, 4)
    assert np.allclose(found.columns() @ found.columns().T, M, rtol=1e-12, atol=0)
