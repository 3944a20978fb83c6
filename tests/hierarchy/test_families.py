"""Families and Gram kinds: published tables, closed forms, and the contracts that every one of them keeps."""

from math import comb

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import copos
from copos import NonNegative, PositiveSemidefinite, SecondOrder
from copos.arithmetic import svec
from copos.hierarchy import FAMILIES, GRAMS, relax
from copos.hierarchy.blocks import BlockMap
from copos.hierarchy.grams import gram
from copos.instances import GRAPHS
from copos.instances.graphs import cycle, kneser, paley
from copos.instances.matrices import horn
from copos.program import CompletelyPositiveProgram
from copos.reformulation.stability_number import stability_number
from copos.reformulation.standard_quadratic import standard_quadratic
from copos.solvers import solve
from tests import contracts
from tests.contracts import largest_shift

LP = "de-klerk-pasechnik"


def theta(graph, level, family="parrilo", kind="sdp"):
    program = stability_number(graph)
    return program.interpret(copos.lower_bound(program, level, family, gram=kind, certify=False).claimed)


# --- tables ------------------------------------------------------------------------------------------------------

ICOSAHEDRON = GRAPHS["complement of the icosahedron"].adjacency
TABLE = [  # Ahmadi and Majumdar, bounds on α = 3 of the complement of the icosahedron [AhmadiMajumdar2019]
    (LP, "sdp", 0, np.inf), (LP, "sdp", 1, np.inf), (LP, "sdp", 2, 6.0),
    ("parrilo", "dd", 0, 6.0), ("parrilo", "dd", 1, 4.3333333),
    ("parrilo", "sdd", 0, 6.0), ("parrilo", "sdd", 1, 4.3333333),
    ("parrilo", "sdp", 0, 3.2360680), ("parrilo", "sdp", 1, 3.2360680),
]  # fmt: skip


@pytest.mark.parametrize(("family", "kind", "level", "value"), TABLE)
def test_table_of_ahmadi_and_majumdar(family, kind, level, value):
    assert theta(ICOSAHEDRON, level, family, kind) == pytest.approx(value, abs=1e-5)


def polya_bound(alpha, level):
    """ζ^(ℓ) = C(ℓ+2, 2) / (C(u, 2) α + u v), ℓ + 2 = uα + v, 0 ≤ v < α [PenaVeraZuluaga2007]."""
    u, v = divmod(level + 2, alpha)
    below = comb(u, 2) * alpha + u * v
    return comb(level + 2, 2) / below if below else np.inf


@pytest.mark.parametrize(
    ("graph", "alpha"), [(cycle(5), 2), (cycle(6), 3), (cycle(7), 3), (kneser(5, 2), 4), (paley(13), 3)]
)
def test_linear_levels_have_the_closed_form(graph, alpha):
    for level in range(5 if len(graph) < 10 else 4):
        assert theta(graph, level, LP) == pytest.approx(polya_bound(alpha, level), rel=1e-6)
    assert polya_bound(alpha, alpha - 2) == np.inf
    assert polya_bound(alpha, alpha - 1) == alpha * (alpha + 1) / 2
    exact = [level for level in range(alpha**2 + 4) if np.floor(polya_bound(alpha, level) + 1e-12) == alpha]
    assert exact[0] == alpha**2 - 1 and exact == list(range(alpha**2 - 1, alpha**2 + 4))


def test_an_infinite_level_is_a_value_and_not_an_error():
    weighted = copos.lower_bound(stability_number(cycle(7)), 1, LP)
    assert weighted.lower == weighted.claimed == 0 and weighted.proved
    unbounded = copos.lower_bound(stability_number(cycle(7), edges="vanishing"), 0, LP)
    assert unbounded.status is copos.conic.Status.UNBOUNDED
    # what is proved follows without the level: some bound on the optimum 1/3
    assert unbounded.proved and -np.inf < unbounded.lower <= 1 / 3


ROTATED_HORN = np.array([[1, -1, 1, 0, 2], [-1, 1, -1, 2, 0], [1, -1, 1, 0, -2], [0, 2, 0, 0, 0], [2, 0, -2, 0, 4]])
OPEN = np.array([[8, -2, -7, -5, -5], [-2, 4, 2, 8, 3], [-7, 2, 10, -2, -5], [-5, 8, -2, 4, 6], [-5, 3, -5, 6, 6]])
SECOND_ORDER = [  # orthant, second-order cone, its description, level, value; computed twice
    (ROTATED_HORN, 3, 2, "quadratic", 0, -0.25),
    (ROTATED_HORN, 3, 2, "arrow", 0, 2 / np.sqrt(5) - 1),
    (ROTATED_HORN, 3, 2, "arrow", 1, 0.0),
    (OPEN, 2, 3, "quadratic", 0, -1.3425883),
    (OPEN, 2, 3, "quadratic", 1, -1.1535850),
    (OPEN, 2, 3, "arrow", 0, -1.1535850),
]


@pytest.mark.parametrize(("A", "p", "n", "description", "level", "value"), SECOND_ORDER)
def test_orthant_times_second_order_cone(A, p, n, description, level, value):
    """max t with A − t cc' in the level, c = (1, …, 1, 2, 0, …)."""
    c = np.r_[np.ones(p), 2.0, np.zeros(n - 1)]
    program = CompletelyPositiveProgram(NonNegative(p) * SecondOrder(n, description), A, [(np.outer(c, c), 1.0)])
    for family in ("parrilo", "pena-vera-zuluaga"):  # equal at levels 0 and 1
        bound = copos.lower_bound(program, level, family, certify=False)
        assert bound.claimed == pytest.approx(value, abs=1e-5)


def test_second_order_cone_alone_is_exact():
    """COP(L^n) = {M : M − sJ ⪰ 0, s ≥ 0}, by either description at level 0."""
    rng = np.random.default_rng(0)
    M = rng.standard_normal((4, 4))
    M = M + M.T
    values = [largest_shift(SecondOrder(4, d), M, 0, "parrilo") for d in ("arrow", "quadratic")]
    u = rng.standard_normal((3, 20000))  # x'Mx over t = 1, |u| ≤ 1 is least at level 0's value
    u /= np.linalg.norm(u, axis=0)
    x = np.concatenate([np.ones((1, 40000)), np.concatenate([u, u * rng.random(20000) ** (1 / 3)], axis=1)])
    sampled = np.einsum("ik,ij,jk->k", x, M, x).min()
    assert values[0] == pytest.approx(values[1], abs=1e-6)
    assert values[0] <= sampled <= values[0] + 0.05


def test_diagonal_forms_on_matrices():
    """diag(X)'M diag(X) is copositive on S^n_+ iff M is on R_+^n; (tr X)² − t tr X² iff t ≤ 1."""
    n, cone = 3, PositiveSemidefinite(3)
    diagonal = [0, 2, 5]
    weights = np.array([1.0, 2, 1, 2, 2, 1])
    for t, accepted in ((0.999, True), (1.001, False)):
        form = np.outer(cone.unit, cone.unit) - t * np.diag(weights)
        assert (largest_shift(cone, form, 0, "parrilo") >= -1e-6) is accepted
    M = np.array([[1.0, -1, 1], [-1, 1, -1], [1, -1, 1]]) + 0.5 * np.eye(n)
    big = np.zeros((6, 6))
    big[np.ix_(diagonal, diagonal)] = M
    on_simplex = largest_shift(NonNegative(n), M, 0, "parrilo")
    assert largest_shift(cone, big, 0, "parrilo") == pytest.approx(on_simplex, abs=1e-6)


# --- multipliers and names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [[1, 1, 4, 4, 1], [1, 1, 2.5, 2.5, 1]])
def test_a_scaled_multiplier_undoes_a_scaling(d):
    """DHD fails level 1 by (e'x), but y = Dx turns (d'x) x'DHDx into (e'y) y'Hy, which passes."""
    plain = copos.lower_bound(standard_quadratic(horn(d)), 1, certify=False).claimed
    scaled = copos.lower_bound(standard_quadratic(horn(d), multiplier=d), 1, certify=False).claimed
    assert plain < -1e-4 and scaled == pytest.approx(0, abs=2e-6)
    again = copos.lower_bound(standard_quadratic(horn(d)).with_unit(d), 1, certify=False).claimed
    assert again == pytest.approx(scaled, abs=1e-6)


def test_doubly_nonnegative_is_level_zero_by_name():
    program = standard_quadratic(horn())
    named, level = (copos.lower_bound(program, 0, f, certify=False).claimed for f in ("doubly-nonnegative", "parrilo"))
    assert named == pytest.approx(level, abs=1e-9)
    with pytest.raises(ValueError, match="levels up to 0 only"):
        relax(program, 1, "doubly-nonnegative")


# --- Gram kinds --------------------------------------------------------------------------------------------------


def is_diagonally_dominant(G, tolerance):
    return (2 * G.diagonal() - np.abs(G).sum(axis=1)).min() >= -tolerance


def is_scaled_diagonally_dominant(G, tolerance):
    """The comparison matrix is positive semidefinite, and no diagonal entry is negative."""
    comparison = 2 * np.diag(G.diagonal()) - np.abs(G)
    return np.linalg.eigvalsh(comparison)[0] >= -tolerance


@pytest.mark.parametrize(("kind", "test"), [("dd", is_diagonally_dominant), ("sdd", is_scaled_diagonally_dominant)])
def test_gram_matrices_are_of_the_kind(kind, test):
    for program, level in ((stability_number(cycle(5)), 1), (standard_quadratic(horn([1, 2, 1, 1, 3])), 2)):
        relaxation = relax(program, level, gram=kind)
        grams = relaxation.grams(solve(relaxation.form))
        assert max(len(G) for G in grams) > 1
        assert all(test(G, 1e-6) for G in grams)


@pytest.mark.parametrize("kind", GRAMS)
def test_rows_and_gram_matrices_are_adjoint(kind):
    """z's = Σ <G, Y> for s = rows(Y)."""
    rng = np.random.default_rng(0)
    sizes = np.array([1, 1, 2, 4])
    values = [A + A.T for A in (rng.standard_normal((n, n)) for n in sizes)]
    triangles = np.concatenate([Y[svec.triangle(len(Y))] for Y in values])
    stage = gram(kind).stage(BlockMap.whole(sizes, sp.csr_array(triangles[:, None])))
    z = rng.standard_normal(stage.rows.shape[0])
    grams = stage.grams(z, sizes)
    total = sum((G * Y).sum() for G, Y in zip(grams, values, strict=True))
    assert z @ (stage.rows @ triangles) == pytest.approx(total)
    assert stage.multipliers(z, sizes) == pytest.approx(np.concatenate([svec.svec(G) for G in grams]))
    assert kind != "sdp" or stage.multipliers(z, sizes) == pytest.approx(z)


def test_programs_of_the_kinds_are_what_they_are_said_to_be():
    program = stability_number(ICOSAHEDRON)
    dd, sdd = (relax(program, 1, gram=kind).form.cones for kind in ("dd", "sdd"))
    assert not dd.second_order and not dd.psd
    assert set(sdd.second_order) == {3} and not sdd.psd
    with pytest.raises(ValueError, match="expected one of sdp, sdd, dd"):
        relax(program, gram="lp")


def test_reductions_that_change_the_basis_are_not_applied():
    cone = NonNegative(1) * PositiveSemidefinite(2)
    M = np.diag([1.0, 1.0, -0.2, 1.0])
    full = relax(contracts.shift_program(cone, M), 0, gram="dd")
    assert full.reductions == ("sign", "substitute")
    plain = relax(contracts.shift_program(cone, M), 0, gram="dd", reductions=())
    assert solve(full.form).value == pytest.approx(solve(plain.form).value, abs=1e-7)
    assert full.form.A.shape[0] < plain.form.A.shape[0]


@pytest.mark.parametrize("kind", GRAMS)
def test_every_kind_is_proved(kind):
    program = stability_number(cycle(5))
    bound = copos.lower_bound(program, 1, gram=kind)
    assert bound.proved and bound.certificate.verify(program).proved
    assert bound.lower == pytest.approx(bound.claimed, abs=1e-6) and bound.lower <= 0.5


@pytest.mark.parametrize("kind", ["dd", "sdd"])
def test_a_proof_where_the_dual_is_a_vertex(kind):
    """The linear program of a complete graph ends on the boundary; an interior point of the sdp level repairs it."""
    bound = copos.lower_bound(stability_number(1 - np.eye(3, dtype=int)), 1, gram=kind)
    assert bound.proved and bound.lower == pytest.approx(1, abs=1e-6) and bound.lower <= 1


# --- what is exact -----------------------------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_up_to_order_four_level_zero_is_exact(seed):
    """COP_4 = PSD + N [Diananda1962], so level 0 is what local search finds."""
    M = np.random.default_rng(seed).uniform(-1, 1, (4, 4))
    bound = copos.bracket(standard_quadratic(M + M.T), 0, certify=False)
    assert bound.claimed == pytest.approx(bound.upper, abs=1e-5)


def test_every_gram_kind_and_family_has_a_reference():
    assert all(row.reference for row in (*GRAMS.values(), *FAMILIES.values()))


@pytest.mark.parametrize("d", [2, 3])
def test_overlap_of_separable_states_with_a_maximally_entangled_one(d):
    """max <Φ, σ> over separable states σ = Σ A_k ⊗ B_k of trace one is 1/d; <Φ, A ⊗ B> = <A, B>/d for real A, B.

    Atoms (A, B) ∈ S^d_+ × S^d_+ with tr A = tr B, which a scaling of A against B always reaches.
    """
    m = svec.length(d)
    trace = np.isin(np.arange(m), svec.position(np.arange(d), np.arange(d))).astype(float)
    overlap = np.diag(np.where(trace == 1, 1.0, 2.0)) / d
    zero = np.zeros((m, m))
    C = -np.block([[zero, overlap], [overlap, zero]]) / 2
    one = np.outer(np.r_[trace, 0 * trace], np.r_[0 * trace, trace])
    cone = (PositiveSemidefinite(d) * PositiveSemidefinite(d)).slice(np.r_[trace, -trace][None, :])
    program = CompletelyPositiveProgram(cone, C, [((one + one.T) / 2, 1.0)])
    assert -copos.lower_bound(program, 0, certify=False).claimed == pytest.approx(1 / d, abs=1e-5)
