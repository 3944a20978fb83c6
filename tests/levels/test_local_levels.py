"""Local levels: level 0 ≤ local ≤ level 1 where e is one coordinate, proved bounds, and what they close."""

import pickle
from itertools import product

import numpy as np
import pytest

import copos
from copos.branching.kinds import Cuts, Goal
from copos.branching.node import CellSettings, evaluate
from copos.hierarchy.local import takes_local
from copos.hierarchy.triangles import intervals, violated
from copos.levels.local_rounds import chosen_size, local_rounds
from copos.levels.on_few import Few, Separation
from copos.levels.safe_value import largest_moments, safe_value
from copos.levels.units import box_sizes, in_own_units
from copos.reformulation.quadratic.lift import Lift

HORN = np.array([[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]], float)


def box(seed, n, upper=1.0, binary=()):
    rng = np.random.default_rng(seed)
    Q = rng.integers(-10, 11, (n, n)) * (rng.random((n, n)) < 0.7)
    return copos.binary_quadratic(
        (Q + Q.T) / 2.0, rng.integers(-10, 11, n).astype(float), binary=list(binary), upper=upper
    )


def minimum(program, n, upper=1.0):
    """The minimum over the faces of a box, on each of which a stationary point or none is best."""
    C = program.C.matrix()
    Q, c, tops = C[1:, 1:], 2 * C[0, 1:], np.broadcast_to(upper, n)
    best = np.inf
    for face in product((0, 1, 2), repeat=n):
        face = np.array(face)
        x, free = np.where(face == 1, tops, 0.0), face == 2
        if free.any():
            A = 2 * Q[np.ix_(free, free)]
            if np.linalg.eigvalsh(A)[0] <= 1e-12:
                continue
            x[free] = np.linalg.solve(A, -(2 * Q[free] @ x + c[free]))
            if (x[free] < 0).any() or (x[free] > tops[free]).any():
                continue
        best = min(best, float(x @ Q @ x + c @ x))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_a_local_level_is_between_levels_0_and_1(seed):
    program = box(seed, 5)
    zero, local, one = (copos.lower_bound(program, **how) for how in ({}, {"local": 4}, {"level": 1}))
    slack = 1e-5 * (1 + abs(one.claimed))
    assert zero.lower <= local.lower + slack and local.lower <= one.claimed + slack
    assert local.proved and local.lower <= minimum(program, 5) + 1e-9
    assert local.certificate.verify(program).proved


def test_a_local_level_closes_a_gap_that_level_0_leaves():
    """Min x_1x_2 + x_1x_3 + x_2x_3 − x_1 − x_2 − x_3 is −1, the triangle inequality itself; level 0 gives −9/8."""
    Q = (np.ones((3, 3)) - np.eye(3)) / 2
    program = copos.binary_quadratic(Q, -np.ones(3), binary=[], upper=1)
    zero, local = copos.lower_bound(program), copos.lower_bound(program, local=3)
    assert zero.claimed < -1.05 and -1 - 1e-6 <= local.lower <= -1
    proof = local.certificate.proof
    assert len(proof["local"]) >= 1 and local.certificate.verify(program).proved
    assert "local" not in zero.certificate.proof


def complete_cut(n):
    """Max-cut of K_n, x_n = 0, as a program over 0/1 points."""
    W = 1 - np.eye(n - 1, dtype=int)
    return Lift(copos.quadratic_program(-W, np.full(n - 1, n - 1), bounds=(0, 1), integrality=1, sense="max")).program


def test_more_of_the_cut_polytope_than_its_triangles_comes_out():
    """Max-cut of K_5 is 6: the triangles leave 25/4, forms on its four coordinates and x_0 come near to level 1."""
    program = complete_cut(5)
    triangles, one = copos.lower_bound(program, local=3).claimed, copos.lower_bound(program, level=1).claimed
    normal = in_own_units(program)
    found = local_rounds(normal, size=4, most=3)
    value = normal.value(found.solution.value)
    assert triangles == pytest.approx(-6.25, abs=1e-5) and -6.24 < value <= one + 1e-4 < -6.1
    assert "level 1" in {form.kind for form in found.normal.local}


def test_triangles_of_the_cut_polytope_come_out():
    """Max-cut of K_3 with x_0 is the triangle inequality: 2, and 9/4 without."""
    assert copos.lower_bound(complete_cut(4), local=3).lower == -4
    three = copos.binary_quadratic((np.ones((3, 3)) - np.eye(3)) / 2, -np.ones(3))
    assert copos.lower_bound(three).claimed < -1.05 and copos.lower_bound(three, local=3).lower >= -1 - 1e-6


def test_local_levels_beside_quadratic_constraints():
    """Σ_{i<j} x_ix_j − Σ x_i over a box and a ball |x|² ≤ Σ x_i − 1/8 around its middle."""
    Q = [[0, "1/2", "1/2"], ["1/2", 0, "1/2"], ["1/2", "1/2", 0]]
    ball = (np.eye(3, dtype=int), [-1, -1, -1], "-1/8", "<=")
    program = Lift(copos.quadratic_program(Q, [-1, -1, -1], bounds=(0, 1), quadratic=[ball])).program
    assert len(program.cone.generators) == 1
    zero, local = copos.lower_bound(program), copos.lower_bound(program, local=3)
    x = np.random.default_rng(0).random((4000, 3))
    x = x[(x**2 - x).sum(axis=1) <= -1 / 8]
    least = (x[:, 0] * x[:, 1] + x[:, 0] * x[:, 2] + x[:, 1] * x[:, 2] - x.sum(axis=1)).min()
    assert zero.claimed + 0.02 < local.lower <= least and local.certificate.verify(program).proved
    used = {g for term in local.certificate.proof["terms"] for g in term.get("generators", ())}
    assert used - {0}


TAKE = {"doubly-nonnegative", "de-klerk-pasechnik", "pena-vera-zuluaga", "parrilo", "burer-dong", "zuluaga-vera-pena"}


@pytest.mark.parametrize("family", copos.hierarchy.FAMILIES)
def test_which_families_have_local_levels(family):
    """Those that multiply two blocks at level 0: not the moments alone, nor levels in other coordinates."""
    program = copos.standard_quadratic(HORN)
    assert takes_local(program, family) is (family in TAKE)
    if family in TAKE:
        zero, local = (copos.lower_bound(program, family=family, local=k) for k in (0, 3))
        assert local.proved and zero.lower - 1e-6 <= local.lower <= 0
    else:
        with pytest.raises(ValueError, match="local levels need"):
            copos.lower_bound(program, family=family, local=3)


def test_a_changed_local_form_is_refused():
    Q = (np.ones((3, 3)) - np.eye(3)) / 2
    program = copos.binary_quadratic(Q, -np.ones(3), binary=[], upper=1)
    document = copos.lower_bound(program, local=3).certificate.document()
    item = document["proof"]["local"][0]
    for k, (a, b, c) in enumerate(item["form"]):
        changed = [*item["form"][:k], [a, b, f"-{c}" if str(c)[0] != "-" else str(c)[1:]], *item["form"][k + 1 :]]
        proof = {**document["proof"], "local": [{**item, "form": changed}, *document["proof"]["local"][1:]]}
        assert not copos.verify({**document, "proof": proof}).proved
    assert copos.verify(document).proved


def test_beyond_every_level_where_e_is_no_single_coordinate():
    """The Horn matrix with a zero row is in no K^ℓ [LaurentVargas2023]; its five coordinates are enough."""
    M = np.zeros((6, 6))
    M[:5, :5] = HORN
    few = Few.of(copos.standard_quadratic(M), range(5))
    separation = Separation(few.program)
    form = separation.proved(few, (HORN * (2 - np.eye(5)))[np.tril_indices(5)])
    assert form is not None and set(form.variables) == set(range(5))
    assert max(abs(2 * float(c) - (1 if a == b else 2) * HORN[a, b]) for (a, b), c in form.form.items()) <= 1e-6
    program = copos.standard_quadratic(M)
    local, one = copos.lower_bound(program, local=5), copos.lower_bound(program, 1)
    assert one.claimed + 5e-3 < local.lower <= 0
    assert local.certificate.verify(program).proved


@pytest.mark.parametrize(("upper", "binary"), [(1.0, ()), ([0.5, 3.0, 1.0, 1.0, 40.0], ()), (1.0, (0, 2))])
@pytest.mark.parametrize("seed", range(3))
def test_brackets_of_random_boxes_against_enumeration(seed, upper, binary):
    program = box(10 + seed, 5, upper, binary)
    bound = copos.bracket(program, tolerance=1e-6)
    assert bound.proved and bound.certificate.verify(program).proved
    if not binary:
        best = minimum(program, 5, upper)
        assert bound.lower <= best + 1e-9 * (1 + abs(best)) and bound.upper >= best - 1e-9 * (1 + abs(best))
    assert bound.closed and bound.gap <= 1e-6 * abs(bound.upper) + 1e-9


def test_cells_have_local_levels_and_their_proofs():
    program = box(3, 8)
    tree = copos.branch_and_bound(program, tolerance=1e-9, absolute=0, local=3, max_nodes=5, rule="direction")
    assert tree.proved and tree.certificate.verify(program).proved and tree.lower <= tree.upper
    assert tree.proof_bytes > 1000


def test_every_triangle_inequality_holds_on_the_box():
    rng = np.random.default_rng(0)
    cone = box(0, 4, [0.5, 2.0, 1.0, 8.0]).cone
    assert len(intervals(cone)) == 4
    far = rng.standard_normal((5, 5))
    forms = violated(cone, far @ far.T, 100, 1e-9)
    assert forms
    x = np.c_[np.ones(500), rng.random((500, 4)) * [0.5, 2.0, 1.0, 8.0]]
    for form in forms:
        assert min(sum(float(c) * p[a] * p[b] for (a, b), c in form.form.items()) for p in x) >= -1e-12


def test_the_safe_value_is_below_the_level_for_any_dual():
    from copos.hierarchy import relax
    from copos.solvers import solve

    normal = in_own_units(box(1, 6))
    level = relax(normal.program)
    most, value = largest_moments(level), solve(level.form, "clarabel").value
    assert (box_sizes(normal.program) <= 2).all()
    for iterations in (5, 20, 60, 200):
        rough = solve(level.form, "splitting", max_iterations=iterations)
        assert safe_value(level.form, rough, most) <= value + 1e-6 * (1 + abs(value))


def test_where_there_is_no_local_level():
    program = copos.standard_quadratic(np.eye(3))
    for wrong in (2, 6, True, "3"):
        with pytest.raises(ValueError, match="local must be"):
            copos.lower_bound(program, local=wrong)
    with pytest.raises(ValueError, match="that of level 0"):
        copos.lower_bound(program, 1, local=3)
    with pytest.raises(ValueError, match="blocks all have order one"):
        copos.lower_bound(program, gram="dd", local=3)
    with pytest.raises(ValueError, match="simplices"):
        copos.branch_and_bound(program, cells="simplices", local=3)
    assert chosen_size(program, 0, "parrilo", "sdp") == 0
    assert chosen_size(box(0, 3), 0, "parrilo", "sdp") == 3
    assert chosen_size(box(0, 3), 1, "parrilo", "sdp") == 0


def test_a_search_with_local_levels_is_resumed_and_sent_to_workers(tmp_path):
    program, how = box(3, 8), {"tolerance": 1e-9, "absolute": 0, "local": 3, "rule": "direction"}
    first = copos.branch_and_bound(program, max_nodes=3, state=tmp_path / "search.json", **how)
    again = copos.branch_and_bound(program, max_nodes=5, resume=tmp_path / "search.json", **how)
    assert again.nodes >= first.nodes and again.lower >= first.lower
    assert again.certificate.verify(program).proved
    task = Cuts(in_own_units(program), CellSettings(local=3)).whole(Goal(np.inf, np.inf))
    assert evaluate(pickle.loads(pickle.dumps(task))).lower == evaluate(task).lower  # noqa: S301 - written here
