"""Units of singular values: the level stays what it is, and a first-order method gets through it sooner."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.branching.singular import level_of
from copos.levels import factor_proof
from copos.levels.factor_levels import LOOSEST, MomentLevel, congruence
from copos.levels.factor_sizes import LEAST, singular_sizes
from copos.levels.singular_cells import Direction, Ratio, SingularLevel
from copos.reformulation.linear_network import linear_network
from copos.solvers import solve

SIZES = (8.0, 1.0, 0.25)
SIDES = ((1, Ratio(0, 1, 1, 8)), (-1, Ratio(1, 2, 1, 2)), (1, Direction("rows", 1, np.diag([2, -1, 1, 0]))))


def level(r, sizes=(), sides=(), seed=0):
    """A 4×3 table with weights, of which the singular values are far apart."""
    rng = np.random.default_rng(seed)
    Q = np.diag(rng.uniform(0.2, 2.0, 12))
    Y = rng.standard_normal((4, 3)) @ np.diag(SIZES) @ rng.standard_normal((3, 3))
    H = (Q.diagonal() * Y.ravel()).reshape(4, 3)
    return SingularLevel("ordered", r, Q, H, float(Q.diagonal() @ Y.ravel() ** 2), tuple(sides), sizes=sizes)


def test_sizes_are_those_of_the_nearest_matrix_where_all_weights_are_equal():
    rng = np.random.default_rng(1)
    H = rng.standard_normal((4, 3))
    expected = np.linalg.svd(H / 2)[1][:2]
    assert singular_sizes(2 * np.eye(12), H, 2) == pytest.approx(expected)
    assert singular_sizes(np.eye(12), np.zeros((4, 3)), 2) == ()  # nothing is expected of V = 0
    assert singular_sizes(np.eye(9), np.diag([1.0, 0.0, 0.0]), 2) == (1.0, LEAST)  # a zero is no unit


def test_entries_of_a_block_are_congruent_to_those_without_sizes():
    plain, scaled = level(3, sides=SIDES), level(3, SIZES, SIDES)
    x = np.random.default_rng(2).standard_normal(plain.form.shape[1])
    s, t = (at.form.b - at.form.A @ x for at in (plain, scaled))
    zero = plain.form.cones.zero
    assert s[:zero] == pytest.approx(t[:zero])
    for k, (_, _, rows) in enumerate(plain.form.cones.slices()[-plain.count :]):
        A, B = svec.smat(s[rows]), svec.smat(t[rows])
        L = scaled.unit(k).toarray()
        assert pytest.approx(L @ A @ L.T) == B
    first = scaled.unit(0).diagonal() ** 2
    loose = np.sqrt(plain.Q.diagonal() / plain.Q.max())
    assert first == pytest.approx(np.r_[1.0, loose / 64, loose, 16 * loose])


def test_multipliers_are_read_back_in_the_units_of_the_level():
    at = level(3, SIZES, SIDES)
    rng = np.random.default_rng(3)
    grams = [F @ F.T for F in (rng.standard_normal((at.order(k), 3)) for k in range(at.count))]
    z = at.dual_vector(grams, [np.eye(3 if r.side == "rows" else 4) for r in at.table.relations])
    answer = solve(at.form, "splitting", max_iterations=1)
    back, _ = at.dual(replace(answer, z=z))
    for one, two in zip(grams, back, strict=True):
        assert one == pytest.approx(two)


def test_beside_one_singular_value_the_other_is_seen_less_its_share():
    """With s_b = κ s_a exactly, as expected, nothing of s_b t is left."""
    Q, H = np.diag(np.linspace(0.5, 2, 6)), np.ones((2, 3))
    at = MomentLevel("mixed", 2, Q, H, 9.0, sizes=(2.0, 0.5))
    t = np.kron([[2.0], [0.5]], np.random.default_rng(0).standard_normal((6, 1)))  # s_a t and s_b t
    for k in (1, 2):
        seen = at.unit(k) @ np.vstack([t, t])
        first = t[:6] * np.diag(Q)[:, None] ** 0.25 / (2.0 * Q.max() ** 0.25)
        assert seen == pytest.approx(np.vstack([first, 0 * first] * 2), abs=1e-12)
    assert at.unit(3).count_nonzero() == 12  # (s_a − s_b) s_b has no such part


def test_congruence_is_that_of_matrices():
    rng = np.random.default_rng(1)
    L, G = rng.standard_normal((4, 4)), rng.standard_normal((4, 4))
    G = G + G.T
    assert congruence(sp.csr_array(L)) @ svec.svec(G) == pytest.approx(svec.svec(L @ G @ L.T))


def test_multipliers_of_the_mixed_level_are_read_back():
    rng = np.random.default_rng(3)
    Q, H = np.diag(rng.uniform(1e-3, 1, 6)), rng.standard_normal((2, 3))
    at = MomentLevel("mixed", 2, Q, H, 9.0, sizes=(2.0, 0.125))
    grams = [F @ F.T for F in (rng.standard_normal((at.order(k), 3)) for k in range(at.count))]
    multipliers = [np.eye(3 if r.side == "rows" else 2) for r in at.table.relations]
    answer = replace(solve(at.form, "splitting", max_iterations=1), z=at.dual_vector(grams, multipliers))
    for one, two in zip([*grams, *multipliers], [G for part in at.dual(answer) for G in part], strict=True):
        assert one == pytest.approx(two)


def test_a_part_starts_from_the_multipliers_of_its_cell():
    whole = level(2, (8.0, 0.5))
    answer = solve(whole.form, "splitting", max_iterations=50)
    part = whole.part((-1, Ratio(0, 1, 1, 64)))
    start = part.start(whole, answer)
    grams, _ = part.dual(replace(answer, z=start[2]))
    for one, two in zip(whole.dual(answer)[0], grams, strict=True):
        assert one == pytest.approx(two)
    assert not (part.unit(3).diagonal() == whole.unit(3).diagonal()).all()  # s_b is at most a 64th of s_a there


def test_the_value_is_the_same_and_found_in_fewer_steps():
    options = {"tolerance": 1e-7, "max_iterations": 20_000}
    answers = [solve(level(2, sizes).form, "splitting", **options) for sizes in ((), singular_sizes_of(level(2)))]
    assert answers[0].value == pytest.approx(answers[1].value, abs=1e-6 * level(2).constant)
    assert answers[1].iterations < answers[0].iterations


def singular_sizes_of(at: MomentLevel) -> tuple[float, ...]:
    return singular_sizes(at.Q, at.H, at.rank)


def test_cells_and_the_second_level_have_sizes():
    Y = np.diag([9.0, 2.0, 1.0, 1.0])
    program = linear_network(np.eye(4), Y, [4, 2, 4], weights=1 + np.arange(16.0).reshape(4, 4) / 16)
    whole, (v, _) = level_of(program)
    assert np.ldexp(whole.sizes, v) == pytest.approx([9.0, 2.0], rel=0.2)


def test_the_averaged_level_has_the_units_of_entries():
    Q, H = np.diag([1.0, 1 / 16, 1e-30, 1 / 16]), np.eye(2)
    at = MomentLevel("averaged", 2, Q, H, 2.0, sizes=(1.0, 0.5))
    for k in range(at.count):
        diagonal = at.unit(k).diagonal() ** 2
        factor = 2 if k in (2, 4) else 1  # r times N and M^Γ
        assert factor * diagonal[-4:] == pytest.approx([1.0, 1 / 4, np.sqrt(LOOSEST), 1 / 4])


def test_a_block_is_made_definite_by_less_where_moments_are_larger():
    at = level(2, (8.0, 0.5))
    G = -np.eye(24)  # of (K, I): s_b² and s_a²
    delta = factor_proof._shift(at, 1, G, 0.0)
    assert delta[12:] == pytest.approx(1.0) and delta[:12] == pytest.approx(256.0)
    assert np.linalg.eigvalsh(G + np.diag(delta))[0] > -1e-12
    assert (factor_proof._shift(at, 1, np.eye(24), 0.0) == 0).all()
