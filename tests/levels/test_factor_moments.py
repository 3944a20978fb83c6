"""Moments of factors: true matrices satisfy every level, bounds are below what a search finds, proofs are refused."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

import copos
from copos.arithmetic import svec
from copos.levels import factor_method, moment_tables
from copos.levels.factor_levels import MomentLevel
from copos.reformulation.linear_network.factor_moments import factor_moments_lift

LEVELS = list(moment_tables.TABLES)


def variables_of(U, s, Vt, r):
    """The variables of the ordered and of the mixed level at Σ s_a u_a v_a'."""
    t = {(a, b): np.outer(U[:, a], Vt[b]).ravel() for a in range(r) for b in range(r)}
    out = {f"D{a}": s[a] ** 2 * np.outer(t[a, a], t[a, a]) for a in range(r)}
    for a, b in combinations(range(r), 2):
        weights = s[a] ** 2, s[a] * s[b], s[b] ** 2
        for letters, x, y in (("DYT", (a, a), (a, a)), ("SRD", (b, b), (b, b)), ("HFK", (a, b), (a, b)),
                              ("IGJ", (b, a), (b, a)), ("ACB", (a, a), (b, b))):  # fmt: skip
            parts = {letter: w * np.outer(t[x], t[y]) for letter, w in zip(letters, weights, strict=True)}
            out |= {f"{letter}{a},{b}": X for letter, X in parts.items() if letter != "D"}
    return out


def moments_of(level, V):
    """The point of the conic form that a matrix V of rank ≤ r is."""
    r = level.rank
    U, s, Vt = np.linalg.svd(V)
    x = np.zeros(level.starts[""])
    parts = [s[a] * np.outer(U[:, a], Vt[a]).ravel() for a in range(r)]
    x[: level.order(0) - 1] = V.ravel() if level.name == "averaged" else np.ravel(parts)
    P, Q = U[:, :r] @ U[:, :r].T, Vt[:r].T @ Vt[:r]
    averaged = {"M": np.outer(V, V), "N": np.kron(P, V.T @ V), "L": np.kron(V @ V.T, Q)}
    for name, X in (averaged if level.name == "averaged" else variables_of(U, s, Vt, r)).items():
        if name in level.starts:
            x[level.entries(name)] = X
    return x


@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize(("n", "m", "r"), [(3, 4, 2), (4, 3, 3), (3, 3, 1), (2, 5, 2)])
@pytest.mark.parametrize("rank", [0, 1, 3])
def test_every_matrix_of_the_rank_satisfies_the_level_and_has_its_loss(name, n, m, r, rank):
    rng = np.random.default_rng([n, m, r, rank])
    k = min(rank, r)
    V = rng.standard_normal((n, k)) @ rng.standard_normal((k, m))
    Q = np.diag(rng.random(n * m))
    level = MomentLevel(name, r, Q, rng.standard_normal((n, m)), 1.7)
    x, form = moments_of(level, V), level.form
    s = form.b - form.A @ x
    assert np.abs(s[: form.cones.zero]).max(initial=0.0) < 1e-12
    assert form.cones.distance(s) < 1e-12
    w, M = level.moments(x)
    assert w == pytest.approx(V.ravel()) and M == pytest.approx(np.outer(V, V))
    loss = V.ravel() @ Q @ V.ravel() - 2 * (V * level.H).sum() + 1.7
    assert form.c @ x + form.offset == pytest.approx(loss)


@pytest.mark.parametrize("name", LEVELS)
def test_a_matrix_of_higher_rank_is_no_point_of_the_level(name):
    V = np.diag([3.0, 2.0, 1.0])
    level = MomentLevel(name, 2, np.eye(9), V, float((V**2).sum()))
    bound = copos.solvers.solve(level.form).value
    assert bound == pytest.approx(1.0, abs=1e-4)  # the last singular value, squared


def terms(forms, k):
    """(i, j, c) of a form Σ c x_i x_j."""
    at = slice(*forms.rows.indptr[k : k + 2])
    return zip(*svec.pair(forms.rows.indices[at]), forms.rows.data[at].tolist(), strict=True)


@pytest.mark.parametrize(("n", "m", "r"), [(2, 3, 2), (3, 2, 1)])
def test_the_lift_is_exact_on_its_atoms(n, m, r):
    rng = np.random.default_rng(n * m * r)
    lift = factor_moments_lift((n, m), r)
    W = rng.standard_normal((n, r)) @ rng.standard_normal((r, m))
    x = lift.atom(W)
    assert lift.cone.violation(x) < 1e-12 and np.abs(lift.vanishing.values(x)).max() < 1e-12
    assert x[lift.W] == pytest.approx(W)
    exact = np.array(lift.exact_atom(W))
    for E in range(len(lift.vanishing)):
        assert sum(Fraction(c) * exact[i] * exact[j] for i, j, c in terms(lift.vanishing, E)) == 0
    # T = uv' with Σ_i u_ia u_ib = δ_ab |u|²/r is all that the equations leave
    T = x[1 + n * m :].reshape(n * r, m * r)
    assert np.linalg.matrix_rank(T) == 1


def weighted(seed, n=4, m=4, spread=(-2, 1), masked=0.0):
    rng = np.random.default_rng(seed)
    Y, weights = rng.standard_normal((n, m)), 10 ** rng.uniform(*spread, (n, m))
    return Y, np.where(rng.random((n, m)) < masked, 0.0, weights)


@pytest.mark.parametrize(("seed", "level"), [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (2, 1)])
def test_bounds_are_proved_and_below_what_a_search_finds(seed, level):
    Y, weights = weighted(seed, *((3, 4), (4, 3), (3, 3))[seed % 3], masked=0.2 * (seed % 2))
    program = copos.linear_network(
        np.eye(Y.shape[1]), Y, [Y.shape[1], 2, len(Y)], "factor-moments", weights=weights, ridge=1 / 80 * (seed % 2)
    )
    bound = copos.bracket(program, level)
    assert bound.proved and bound.lower <= bound.upper
    assert bound.certificate.verify(program).proved
    if level:
        assert bound.gap < 0.02 * bound.upper + 1e-6


def test_both_singular_values_of_every_pair_bring_what_their_order_leaves():
    """Completion with three tenths of the cells held out: level 1 leaves 2.7 %."""
    rng = np.random.default_rng(2)
    Y, seen = rng.standard_normal((4, 4)), (rng.random((4, 4)) < 0.7).astype(float)
    program = copos.linear_network(np.eye(4), Y, [4, 2, 4], "factor-moments", weights=seen, ridge=0.1)
    first, second = (copos.bracket(program, level, solver="splitting", max_iterations=700) for level in (1, 2))
    assert first.proved and second.proved and second.certificate.verify(program).proved
    assert 0.02 * first.upper < first.gap < 0.035 * first.upper and 0 < second.gap < first.gap / 3
    assert "products of singular values" in second.reason and second.certificate.proof["moments"] == "mixed"


def test_a_claim_about_other_data_or_a_higher_value_is_refused():
    Y, weights = weighted(1)
    program = copos.linear_network(np.eye(4), Y, [4, 2, 4], weights=weights)
    bound = copos.lower_bound(program)
    assert bound.lower == pytest.approx(0.0483081, abs=1e-5)  # the optimum of these data
    proof, problem = bound.certificate.proof, dict(bound.certificate.problem)
    higher = copos.Certificate("lower bound", problem, proof | {"value": "483085/10000000"})
    assert not higher.verify().proved
    other = copos.linear_network(np.eye(4), 1.001 * Y, [4, 2, 4], weights=weights)
    assert not bound.certificate.verify(other).proved
    assert bound.certificate.verify(program, data={"Y": Y, "X": np.eye(4), "weights": weights}).proved


def test_units_and_inputs_do_not_matter():
    Y, weights = weighted(3)
    X = np.random.default_rng(0).standard_normal((3, 4))
    values = []
    for a, b in ((1.0, 1.0), (1e6, 1e-5)):
        program = copos.linear_network(b * X, a * Y, [3, 2, 4], weights=weights)
        bound = copos.bracket(program)
        assert bound.proved and "factor-moments" in program.name
        values.append((bound.lower / a**2, bound.upper / a**2))
    assert values[0] == pytest.approx(values[1], rel=1e-4)


def test_where_nothing_bounds_an_entry_a_bound_is_still_said():
    Y, weights = weighted(5)
    weights[0, 0] = 0.0
    bound = copos.bracket(copos.linear_network(np.eye(4), Y, [4, 2, 4], weights=weights))
    assert 0 <= bound.lower <= bound.upper and bound.proved


def test_other_losses_have_no_collapsed_level():
    program = copos.linear_network(np.eye(2), np.eye(2), [2, 1, 2], "factor-moments", loss="absolute")
    assert factor_method.data_of(program) is None
    with pytest.raises(ValueError, match="weight decay"):
        copos.linear_network(np.eye(2), np.eye(2), [2, 2, 2], "factor-moments", weight_decay=1.0)
