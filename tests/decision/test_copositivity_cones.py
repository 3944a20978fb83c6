"""Copositivity on other cones than the orthant: exact at the boundary, evidence about the matrix that was asked."""

import itertools
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from copos import CompletelyPositiveProgram, Free, NonNegative, PositiveSemidefinite, SecondOrder, is_copositive
from copos.arithmetic import exact
from copos.certificate import Certificate, verify
from copos.certificate.cone_problem import cone_problem
from copos.checker import check, check_cone
from copos.decision import lorentz, polyhedral
from copos.decision.exact_cone import ExactCone, congruent
from tests import matrix_zoo as zoo

HALF = Fraction(1, 2)


def diagonal(*d):
    return [[Fraction(v) if i == j else Fraction(0) for j in range(len(d))] for i, v in enumerate(d)]


def plus(*matrices):
    return [[sum(M[i][j] for M in matrices) for j in range(len(matrices[0]))] for i in range(len(matrices[0]))]


def times(c, M):
    return [[c * v for v in row] for row in M]


def square(w):
    return [[Fraction(a * b) for b in w] for a in w]


def decided(M, K, expected, strict=False):
    """The answer, and evidence that holds for M and K and for nothing else."""
    found = is_copositive(M, cone=K, strict=strict)
    assert found.answer is expected, found
    program = CompletelyPositiveProgram(K, np.array(found.decided, dtype=object))
    # on the orthant in its own coordinates the question is one about the matrix alone
    for asked in (None, M, found.decided, *([program] if "cone" in found.certificate.problem else [])):
        verdict = found.certificate.verify(asked)
        assert verdict.proved, verdict.reason
    assert ("strictly" in verdict.claim) is strict and ("not" in verdict.claim) is not expected
    other = [[Fraction(v) for v in row] for row in M]
    other[0][0] += 1
    assert not found.certificate.verify(other).proved
    if expected is False:
        x, F = found.witness, [[Fraction(v) for v in row] for row in M]
        assert any(x) and exact.form(F, x) <= 0 and (strict or exact.form(F, x) < 0)
        assert K.contains([float(v / max(map(abs, x))) for v in x])
    else:
        assert found.witness is None and (found.margin is None) is not strict
    return found


# ---- second-order cones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("free", [0, 2])
def test_the_form_of_a_second_order_cone(n, free):
    J = diagonal(1, *[-1] * (n - 1), *[0] * free)
    for kind in ("arrow", "quadratic") if n > 2 else ("arrow",):
        K = SecondOrder(n, kind) * Free(free) if free else SecondOrder(n, kind)
        decided(J, K, True)
        decided(J, K, False, strict=True)
        tiny = Fraction(1, 10**40)
        decided(plus(J, times(-tiny, diagonal(*[1] * (n + free)))), K, False)
        decided(plus(J, times(tiny, diagonal(*[1] * (n + free)))), K, True, strict=True)


def test_on_the_boundary_of_a_second_order_cone_at_random():
    """λq + Σ ww' with w ⟂ p for a rational p on the boundary vanishes at p: less at p is too little."""
    rng = random.Random(3)
    for _ in range(25):
        n = rng.randint(3, 5)
        y = [Fraction(rng.randint(-4, 4), rng.randint(1, 3)) for _ in range(n - 2)]
        s = sum(c * c for c in y)
        p = [1 + s, 1 - s, *(2 * c for c in y)]
        F = times(Fraction(rng.randint(0, 9), rng.randint(1, 7)), diagonal(1, *[-1] * (n - 1)))
        for _ in range(rng.randint(0, n)):
            w = [Fraction(rng.randint(-3, 3), rng.randint(1, 3)) for _ in range(n)]
            w[0] -= sum(a * b for a, b in zip(w, p, strict=True)) / p[0]
            F = plus(F, square(w))
        assert exact.form(F, p) == 0
        decided(F, SecondOrder(n), True)
        assert is_copositive(F, cone=SecondOrder(n), strict=True).answer is not True
        w = [rng.randint(-3, 3) for _ in range(n)]
        if sum(a * b for a, b in zip(w, p, strict=True)):
            decided(plus(F, times(-Fraction(1, 10 ** rng.choice([0, 5, 30])), square(w))), SecondOrder(n), False)


def test_random_forms_on_a_second_order_cone_are_always_decided():
    rng = np.random.default_rng(0)
    points = np.array([SecondOrder(4).sample(rng) for _ in range(300)])
    answers = set()
    for _ in range(20):
        A = rng.standard_normal((4, 4))
        A = A + A.T + np.diag([2.0, 1, 1, 1])
        found = is_copositive(A, cone=SecondOrder(4))
        assert found.certificate.verify(A).proved
        assert found.answer is False or np.einsum("ki,ij,kj->k", points, A, points).min() > -1e-9
        answers.add(found.answer)
    assert answers == {True, False}


def test_the_multiplier_that_is_left_is_found_whatever_its_denominator():
    q = diagonal(1, -1, -1)
    λ = Fraction(10**30 + 57, 3**40)
    assert lorentz.decide(times(λ, q), q).multiplier == λ
    assert lorentz.simplest(Fraction(1, 3) - Fraction(1, 10**9), Fraction(1, 3)) == Fraction(1, 3)
    u = lorentz.decide(plus(times(λ, q), diagonal(-1, 0, 0)), q).point
    assert exact.form(q, u) >= 0 > exact.form(plus(times(λ, q), diagonal(-1, 0, 0)), u)


def test_cut_and_sliced_second_order_cones():
    J = diagonal(1, -1, -1)
    decided(J, SecondOrder(3).restrict([0, 1, -1]), True)
    decided(diagonal(1, -2, -1), SecondOrder(3).restrict([0, 1, -1]), False)
    decided(diagonal(1, -2, -1), SecondOrder(3).slice([[0, 1, 0]]), True)
    decided(diagonal(1, -2, -1), SecondOrder(3).slice([[0, 1, -1]]), False)
    third = [[Fraction(1, 3), Fraction(1, 7), -1]]  # not a slice in doubles
    decided(J, SecondOrder(3).slice(third), True)


def test_flat_slices():
    """Tangent slices are rays, where F − λq ⪰ 0 need not hold for any λ."""
    K = SecondOrder(3).slice([[1, -1, 0]])
    cross = [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    decided(cross, K, True)
    decided(cross, K, False, strict=True)
    decided(plus(cross, diagonal(1, 0, 0)), K, True, strict=True)
    decided(plus(cross, diagonal(-1, 0, 0)), K, False)
    L = PositiveSemidefinite(2).slice([[1, 0, 0]])
    decided([[0, 0, 0], [0, 0, 1], [0, 1, 0]], L, True)
    decided([[0, 0, 0], [0, 0, 1], [0, 1, -1]], L, False)
    proof = {"method": "face", "columns": [[1, 0]], "generator": 0}
    problem = cone_problem(cross, K)
    assert Certificate("copositive", problem, proof).verify().proved
    for other in (
        {"columns": []},
        {"columns": [[0, 1]]},
        {"columns": [[1, 0], [0, 1]]},
        {"block": 0},
        {"generator": 1},
    ):
        assert not Certificate("copositive", problem, {**proof, **other}).verify().proved
    full = cone_problem(diagonal(1, -1, -1), SecondOrder(3))
    assert not Certificate("copositive", full, {**proof, "columns": [[1, 0, 0]]}).verify().proved


def test_a_no_by_rounding_on_a_cone():
    J = np.diag([0.1 + 0.2, -0.3000000000000001, -0.3])
    found = is_copositive(J, cone=SecondOrder(3))
    assert found.answer is False and "by rounding only" in found.reason and found.certificate.verify(J).proved
    assert "rounding" not in is_copositive(np.diag([0.3, -0.31, -0.3]), cone=SecondOrder(3)).reason


# ---- semidefinite cones and products ------------------------------------------------------------------------


def minor(i, j, n=3):
    """X_ii X_jj − X_ij² on the matrices of order n."""
    size = n * (n + 1) // 2
    at = lambda a, b: min(a, b) + max(a, b) * (max(a, b) + 1) // 2  # noqa: E731
    M = [[Fraction(0)] * size for _ in range(size)]
    M[at(i, i)][at(j, j)] = M[at(j, j)][at(i, i)] = HALF
    M[at(i, j)][at(i, j)] = Fraction(-1)
    return M


def test_minors_on_semidefinite_cones():
    third = Fraction(1, 3)
    decided(times(third, minor(0, 1, 2)), PositiveSemidefinite(2), True)
    less = plus(minor(0, 1, 2), times(-Fraction(1, 10**30), diagonal(0, 1, 0)))
    decided(less, PositiveSemidefinite(2), False)
    decided(plus(minor(0, 1), minor(0, 2), minor(1, 2)), PositiveSemidefinite(3), True)
    decided(plus(minor(0, 1), times(third, minor(1, 2))), PositiveSemidefinite(3), True)
    decided(minor(0, 1), PositiveSemidefinite(3), False, strict=True)


def test_products_of_an_orthant_and_a_second_order_cone():
    K = NonNegative(2) * SecondOrder(3)
    J, zero = diagonal(0, 0, 1, -1, -1), [[Fraction(0)] * 5 for _ in range(5)]
    edge = [row[:] for row in zero]  # x_0 (t + 3/5 u + 4/5 v) ≥ 0, and 0 on the boundary
    for k, c in ((2, 1), (3, Fraction(3, 5)), (4, Fraction(4, 5))):
        edge[0][k] = edge[k][0] = Fraction(c)
    pair = [row[:] for row in zero]
    pair[0][1] = pair[1][0] = Fraction(1)
    for M in (J, edge, plus(J, edge), plus(J, pair, square([1, -1, 0, 0, 0]))):
        decided(M, K, True)
    edge[0][4] = edge[4][0] = Fraction(81, 100)
    decided(edge, K, False)


# ---- polyhedral cones -------------------------------------------------------------------------------------------


def rays_by_all_subsets(A, d):
    """Extreme rays, each from d − 1 inequalities that leave one line."""
    out = set()
    for S in itertools.combinations(range(len(A)), d - 1):
        E = check_cone.echelon([A[k] for k in S])
        if len(E) != d - 1:
            continue
        (free,) = set(range(d)) - {p for p, _ in E}
        v = [Fraction(int(k == free)) for k in range(d)]
        for pivot, row in reversed(E):
            v[pivot] = -sum(c * u for k, (c, u) in enumerate(zip(row, v, strict=True)) if k != pivot)
        for sign in (1, -1):
            if all(sign * sum(a * b for a, b in zip(row, v, strict=True)) >= 0 for row in A):
                out.add(tuple(exact.primitive([sign * c for c in v])))
    return sorted(out)


def random_polyhedral(rng):
    """A pointed cone: an orthant, perhaps sliced, with a few more inequalities."""
    n = rng.randint(1, 4)
    K = NonNegative(n)
    if n > 1 and rng.random() < 0.6:
        L = [rng.randint(-2, 2) for _ in range(n)]
        if any(L):
            K = K.slice([L])
    for _ in range(rng.randint(0, 3)):
        K = K.restrict([rng.randint(-2, 2) for _ in range(n)])
    return K


def test_slice_of_the_orthant():
    K = NonNegative(3).slice([[1, -1, -1]])
    assert decided([[1, 0, 0], [0, -2, 0], [0, 0, -1]], K, False).witness == (1, 1, 0)
    decided(diagonal(1, -1, -1), K, True)
    decided(diagonal(1, -1, -1), K, False, strict=True)
    decided(plus(diagonal(1, -1, -1), diagonal(0, 0, -Fraction(1, 10**50))), K, False)


def test_random_polyhedral_cones_against_all_rays():
    rng = random.Random(0)
    seen = set()
    for _ in range(60):
        K = random_polyhedral(rng)
        n = K.ambient
        M = [[0] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                M[i][j] = M[j][i] = rng.randint(-2, 3) + 3 * (i == j) * rng.randint(0, 1)
        C = ExactCone.of(K)
        A, F = C.inequalities(), C.form([[Fraction(v) for v in row] for row in M])
        R = rays_by_all_subsets(A, C.dim) if C.dim else []
        expected = not R or zoo.copositive_by_supports(exact.integral(congruent(F, list(zip(*R, strict=True))))[0])
        if C.dim:
            assert sorted(map(tuple, polyhedral.Rays.of(A, C.dim).R)) == R
            assert sorted(map(tuple, check_cone.extreme(A))) == R
        found = is_copositive(M, cone=K)
        assert found.answer is expected and found.certificate.verify().proved
        strict = is_copositive(M, cone=K, strict=True)
        assert strict.certificate.verify().proved and not (strict.answer and not found.answer)
        zero = [[v - (i == j) * (strict.margin or 0) for j, v in enumerate(row)] for i, row in enumerate(F)]
        if strict.answer and R:
            assert all(exact.form(zero, r) >= 0 for r in R)
        seen.add((found.answer, strict.answer))
    assert seen == {(True, True), (True, False), (False, False)}


def test_cones_with_lines():
    K = NonNegative(1) * Free(2)
    decided(square([1, 2, 3]), K, True)
    decided(square([1, 2, 3]), K, False, strict=True)
    decided(diagonal(1, 1, 1), K, True, strict=True)
    decided([[0, 1, 0], [1, 5, 0], [0, 0, 5]], K, False)  # x_0 large beside −x_1
    decided([[Fraction(1, 5), 1, 0], [1, 5, 0], [0, 0, 5]], K, True)
    decided([[Fraction(1, 5), 1, 0], [1, 5, 0], [0, 0, 5]], K, False, strict=True)
    decided([[-1]], Free(1), False)
    decided([[0]], Free(1), True)


def test_cones_that_are_only_zero():
    for K in (NonNegative(2).slice([[1, 1]]), NonNegative(1).slice([[1]])):
        M = diagonal(*[-1] * K.ambient)
        decided(M, K, True)
        decided(M, K, True, strict=True)


def test_zero_matrix_and_order_one():
    for K in (SecondOrder(3), PositiveSemidefinite(2), NonNegative(3).slice([[1, -1, 0]])):
        decided(diagonal(0, 0, 0), K, True)
        decided(diagonal(0, 0, 0), K, False, strict=True)
    for K in (SecondOrder(1), PositiveSemidefinite(1), NonNegative(1).restrict([2])):
        decided([[3]], K, True)
        decided([[-3]], K, False)
        decided([[0]], K, False, strict=True)


# ---- what evidence must not be accepted -----------------------------------------------------------------------------


def test_rays_that_are_missing_or_a_claim_about_another_form():
    K = NonNegative(4).slice([[1, 1, -1, -1]])
    M = diagonal(0, 0, 0, 1)
    M[0][2] = M[2][0] = Fraction(1)
    found = is_copositive(M, cone=K)
    document = found.certificate.document()
    assert found.answer is True and document["proof"]["method"] == "rays" and verify(document).proved
    rays = document["proof"]["rays"]
    assert len(rays) == 4
    for k in range(len(rays)):
        fewer = {**document, "proof": {**document["proof"], "rays": rays[:k] + rays[k + 1 :]}}
        assert not verify(fewer).proved
        turned = [r if i != k else [-c for c in r] for i, r in enumerate(rays)]
        assert not verify({**document, "proof": {**document["proof"], "rays": turned}}).proved
    negative = cone_problem(times(-1, M), K)
    swapped = {**document, "problem": negative, "sha256": check.digest(negative)}
    assert not verify(swapped).proved


def test_strict_claims_need_a_margin():
    proof = {"method": "identity", "level": 0, "multipliers": [], "terms": []}
    zero = cone_problem(diagonal(0, 0, 0), SecondOrder(3))
    assert Certificate("copositive", zero, proof).verify().proved
    for margin in (0, -1, 1, "1/2"):
        strict = Certificate("strictly copositive", zero, {"margin": margin, "copositive": proof})
        assert not strict.verify().proved
    for point, proved in (([1, 1, 0], True), ([0, 0, 0], False), ([1, 2, 0], False), ([-1, 0, 0], False)):
        assert Certificate("not strictly copositive", zero, {"point": point}).verify().proved is proved
        assert not Certificate("not copositive", zero, {"point": point}).verify().proved


def test_a_matrix_leaves_the_cone_to_the_certificate_and_a_program_does_not():
    J = diagonal(1, -1, -1)
    found = is_copositive(J, cone=SecondOrder(3))
    assert found.certificate.verify(J).proved
    for K in (NonNegative(3), SecondOrder(3).restrict([0, 1, 0]), SecondOrder(3, "quadratic")):
        assert not found.certificate.verify(CompletelyPositiveProgram(K, np.array(J, dtype=float))).proved


# ---- numbers ----------------------------------------------------------------------------------------------------


def test_decimals_fractions_floats_and_strings_are_taken_exactly():
    tenth = Decimal("0.1")
    for a in (0.1, tenth, "0.1", Fraction(1, 10), np.float32(0.1)):
        b = "-0.1" if isinstance(a, str) else -a
        M = [[a, 0, 0], [0, b, 0], [0, 0, b]]
        found = is_copositive(M, cone=SecondOrder(3))
        assert found.answer is True and found.certificate.verify(M).proved
    assert not found.certificate.verify([[tenth, 0, 0], [0, -tenth, 0], [0, 0, -tenth]]).proved  # float32 is not 1/10


@pytest.mark.parametrize("K,M", [
    (SecondOrder(3), diagonal(3, -1, -1)), (SecondOrder(3), diagonal(1, -1, -1)), (SecondOrder(3), diagonal(1, 2, -2)),
    (NonNegative(3).slice([[1, -1, -1]]), diagonal(1, -1, -1)), (PositiveSemidefinite(2), minor(0, 1, 2)),
    (NonNegative(2) * SecondOrder(3), diagonal(1, 1, 1, -1, -1)), (PositiveSemidefinite(2), diagonal(3, 1, 3)),
])  # fmt: skip
def test_powers_of_two_change_nothing(K, M):
    for strict in (False, True):
        plain = is_copositive(M, cone=K, strict=strict)
        for k in (-500, -3, 1, 500):
            scaled = times(Fraction(2) ** k, M)
            found = is_copositive(scaled, cone=K, strict=strict)
            assert (found.answer, found.witness, found.reason) == (plain.answer, plain.witness, plain.reason)
            assert found.certificate.verify(scaled).proved
            assert plain.margin is None or found.margin == plain.margin * Fraction(2) ** k
    assert is_copositive(np.array(M, dtype=float) * 1e300, cone=K).answer is is_copositive(M, cone=K).answer
    assert is_copositive(np.array(M, dtype=float) * 1e-300, cone=K).answer is is_copositive(M, cone=K).answer


def test_tolerance_on_a_cone():
    J = np.diag([1, -1 - 1e-14, -1])
    assert is_copositive(J, cone=SecondOrder(3)).answer is False
    near = is_copositive(J, cone=SecondOrder(3), tolerance=1e-12)
    assert near.answer is True and 0 < near.distance <= Fraction(1e-12)
    assert near.certificate.verify(near.decided).proved and not near.certificate.verify(J).proved
    assert is_copositive(J, cone=SecondOrder(3), tolerance=1e-16).answer is False
