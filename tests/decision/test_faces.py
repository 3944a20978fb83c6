"""Complete positivity on faces: the answers of matrices made on, inside and outside of them, and the parts."""

from fractions import Fraction

import numpy as np
import pytest

from copos.arithmetic import zeros
from copos.decision import face_decision, face_factor, face_program, face_separator, face_zeros
from copos.decision.complete_positivity import is_completely_positive
from copos.decision.decide import copositive
from copos.decision.face import Face, Scale
from copos.instances import extreme

HILDEBRAND = extreme.rational_hildebrand([Fraction(k, 12) for k in (2, 3, 4, 1, 5)])


def product(columns):
    """Σ bb'."""
    n = len(columns[0])
    return [[Fraction(sum(b[i] * b[j] for b in columns)) for j in range(n)] for i in range(n)]


def inner(A, M):
    """<A, M>."""
    return sum(a * m for p, q in zip(A, M, strict=True) for a, m in zip(p, q, strict=True))


@pytest.mark.parametrize(
    "A",
    [
        extreme.distance_signs(extreme.cyclic_graph(5, [1]), 5),
        extreme.distance_signs(extreme.cyclic_graph(7, [1]), 7),
        extreme.distance_signs(extreme.cyclic_graph(8, [1, 4]), 8),
        HILDEBRAND,
        extreme.doubled(HILDEBRAND, 1),
        extreme.circulant_zeros(6, [Fraction(-9, 10)]),
        extreme.circulant_zeros(7, [Fraction(-19, 20), Fraction(-3, 4)]),
    ],
)
def test_exceptional_matrices_are_copositive_with_zeros(A):
    assert copositive(A).answer
    found = zeros.minimal_zeros(A)
    assert len(found) >= len(A)
    for u in found:
        image = [inner([row], [u]) for row in A]
        assert inner([image], [u]) == 0 and min(image) >= 0 and min(u) >= 0
    # copositive for another reason than being semidefinite
    assert np.linalg.eigvalsh(np.array(A, dtype=float))[0] < -1e-3


def test_formulas_refuse_or_return_none():
    with pytest.raises(ValueError, match="sum below π"):
        extreme.rational_hildebrand([1, 1, 1, 1, 1])
    assert extreme.circulant_zeros(7, [Fraction(1, 2), Fraction(3, 4)]) is None


def test_two_zeros_are_compatible_iff_their_sums_are_zeros():
    A = extreme.distance_signs(extreme.cyclic_graph(5, [1]), 5)
    found = zeros.minimal_zeros(A)
    pairs = zeros.compatible(A, found)
    for k in range(5):
        for l in range(k):
            v = [a + b for a, b in zip(found[k], found[l], strict=True)]
            assert ((l, k) in pairs) == (inner(A, product([v])) == 0)


@pytest.mark.parametrize(("shift", "answer"), [(0, True), (Fraction(1, 10**8), True), (Fraction(-1, 10**8), False)])
def test_a_matrix_with_a_single_factor_and_its_neighbours(shift, answer):
    """Five columns among the five zeros: M has no other factor; M − εI is separated by A, M + εI is inside."""
    columns = zeros.minimal_zeros(HILDEBRAND)
    M = product(columns)
    size = max(max(row) for row in M)
    M = [[v + shift * size * (i == j) for j, v in enumerate(row)] for i, row in enumerate(M)]
    assert inner(HILDEBRAND, M) == shift * size * 5
    found = is_completely_positive(M)
    assert found.answer is answer
    assert found.certificate.verify(M).proved


def test_the_scaled_heptagon_with_columns_inside_of_its_cones():
    A = extreme.scaled(extreme.distance_signs(extreme.cyclic_graph(7, [1]), 7), [1, 2, 1, 3, 1, 1, 2])
    u = zeros.minimal_zeros(A)
    columns = [[a + 2 * b for a, b in zip(u[k], u[l], strict=True)] for k, l in sorted(zeros.compatible(A, u))]
    M = product([*u, *columns])
    assert inner(A, M) == 0
    found = is_completely_positive(M)
    assert found.answer
    assert found.certificate.verify(M).proved
    for _, b in found.factor:
        assert inner(A, product([list(b)])) == 0  # as the theory says of every factor


def test_kernel_and_pattern_give_the_first_rays():
    M = product([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]])
    face = Face.of(M)
    assert sorted(face.rays) == [[0, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0]]
    assert not np.triu(face.together, 1).any()


def test_newton_on_a_face_ends_at_the_rational_rays():
    columns = zeros.minimal_zeros(HILDEBRAND)
    M = product(columns)
    scale, face = Scale.of(M), Face.of(M)
    A = np.array([[float(v) for v in row] for row in HILDEBRAND]) / np.outer(scale.d, scale.d)
    rough = np.array(columns, dtype=float) * scale.d
    rough *= 1 + 1e-6 * np.random.default_rng(0).standard_normal(rough.shape)
    rough /= rough.sum(axis=1, keepdims=True)
    fine = face_zeros.refined(M, scale, face, face_zeros.Zeros(rough, np.eye(5)), A)
    assert fine.rational and fine.left < 1e-50
    assert sorted(fine.face.rays) == sorted(columns)


def test_weights_are_exact_or_there_are_none():
    atoms = [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    rng = np.random.default_rng(0)
    M = [[Fraction(w) for w in row] for row in ([5, 2, 3], [2, 3, 1], [3, 1, 4])]
    assert sorted(face_factor.weighted(M, Scale.of(M), atoms, rng)) == [(1, atoms[1]), (2, atoms[0]), (3, atoms[2])]
    M[0][0] += Fraction(1, 10**12)
    assert face_factor.weighted(M, Scale.of(M), atoms, rng) is None
    terms = face_factor.corrected(M, Scale.of(M), atoms, [[1, 0, 0], [0, 1, 0]], rng)
    assert product_of(terms) == M


def product_of(terms):
    """Σ w xx'."""
    return [[sum(w * x[i] * x[j] for w, x in terms) for j in range(3)] for i in range(3)]


def test_the_simplest_fraction():
    assert face_zeros.simplest(Fraction(31416, 10000), Fraction(1, 500)) == Fraction(22, 7)
    assert face_zeros.simplest(Fraction(1, 1000), Fraction(1, 500)) == 0


@pytest.mark.parametrize("n", [9, 12])
def test_curved_families_of_zeros_are_found_by_blocks(n):
    """The zeros of these matrices fill cones of dimension three and more: points alone come near slowly."""
    A = extreme.distance_signs(extreme.cyclic_graph(n, [1] if n == 9 else [2, 3]), n)
    u = zeros.minimal_zeros(A)
    rng = np.random.default_rng(0)
    pairs = sorted(zeros.compatible(A, u))
    chosen = [pairs[k] for k in rng.permutation(len(pairs))[:10]]
    M = product([*u[:n], *([a + 2 * b for a, b in zip(u[k], u[l], strict=True)] for k, l in chosen)])
    face, scale = Face.of(M), Scale.of(M)
    found = next(face_program.approach(scale, face, np.random.default_rng(0)))
    assert not found.last and found.t < -1e-3 and abs(found.value) < 1e-4  # long before the linear programs agree
    fine = face_decision.zeros_of(M, scale, face, found)
    assert face_decision.settled(fine)
    for r in fine.face.rays:
        assert abs(inner(fine.cut, product([r]))) < Fraction(1, 10**30)


def test_a_separator_along_a_face_needs_a_large_multiple_of_the_matrix_that_cuts_it_out():
    """M has a kernel; M − εcc' has it too, and c is no combination of zeros of A."""
    A = extreme.circulant_zeros(7, [Fraction(-19, 20), Fraction(-3, 4)])
    u = zeros.minimal_zeros(A)[:4]
    c = [a + b for a, b in zip(u[0], u[2], strict=True)]
    M, S = product(u), product([c])
    ε = Fraction(1, 10**7)
    M = [[m - ε * s for m, s in zip(p, q, strict=True)] for p, q in zip(M, S, strict=True)]
    assert inner(A, M) < 0 and np.linalg.matrix_rank(np.array(M, dtype=float)) == 4
    found = face_decision.decided(M, np.random.default_rng(0))
    assert isinstance(found, tuple)
    H, _ = found
    assert inner(H, M) < 0 and copositive(H).answer


def test_zeros_between_more_rays_than_dimensions():
    """Where rays depend on each other zeros have many combinations; the supports of the vectors tell."""
    R = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1]])  # a cone over a square, x + y ≥ z
    R = np.hstack([R, (R[:, :1] + R[:, 1:2] - R[:, 2:])])  # the fourth entry is x + y − z
    A = np.diag([1.0, 0, 0, 0])
    found = face_zeros.minimal(A, R, np.zeros((0, 4)), np.ones((4, 4), dtype=bool))
    X = found.T @ R
    assert sorted(tuple((x / x.max()).round(6).tolist()) for x in X) == [(0, 1, 0, 1), (0, 1, 1, 0)]
    assert found.together.all()


def test_sums_that_vanish_are_no_atoms():
    face = Face([[1, 0], [0, 1]], np.ones((2, 2), dtype=bool))
    assert face.atom(np.zeros(2), np.ones(2), 5) is None
    assert face_decision.unique([None, [0, 0], [2, 4], [1, 2]]) == [[1, 2]]


@pytest.mark.parametrize(("broken", "room"), [(0.0, 1e-6), (np.inf, 1e-6), (1.0, 1e-80), (1.0, np.nan)])
def test_guesses_that_went_astray_separate_nothing(broken, room):
    M = product(zeros.minimal_zeros(HILDEBRAND))
    assert face_separator.separator(M, Scale.of(M), [], np.full((5, 5), broken), room, np.random.default_rng(0)) is None
