"""Two-layer ReLU networks trained to the optimum: against the completely positive program, on hostile data."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.arrangements.blocks import cut, evaluated, first
from copos.arrangements.cones import cover, least_norm
from copos.arrangements.directions import Directions
from copos.arrangements.master import Cells
from copos.arrangements.problem import Training
from copos.arrangements.quadratic import Leaf, Program
from copos.arrangements.sweep import peaks

EXACT = np.frompyfunc(Fraction, 1, 1)


def data(n, d, seed=0, noise=0.3):
    rng = np.random.default_rng(seed)
    X, U = rng.standard_normal((n, d)), rng.standard_normal((d, 3))
    return X, np.maximum(X @ U, 0) @ rng.standard_normal(3) + noise * rng.standard_normal(n)


def proved(found):
    """Both proofs are accepted and speak of what the result says; the network has the objective it states."""
    bound, network = found.verify(), found.network_certificate.verify(found.training.plain, found.training.tables)
    assert bound.proved and network.proved, (bound.reason, network.reason)
    X, y, beta = found.training.X, found.training.y.reshape(len(found.training.X), -1), found.training.beta
    X, y, u, v = (EXACT(a) for a in (X, y, found.network.u, found.network.v))  # residuals of 1e-13 are noise in doubles
    residual = np.maximum(X @ u.T, 0) @ v - y
    value = (np.sum(residual**2) + Fraction(beta) * (np.sum(u**2) + np.sum(v**2))) / 2
    assert value <= Fraction(found.objective) <= value * (1 + Fraction(1, 10**9)) and found.lower <= found.objective
    return found


@pytest.mark.parametrize(("n", "d", "beta"), [(25, 1, 0.1), (25, 2, 0.1), (300, 2, 0.3), (25, 3, 0.1), (12, 4, 0.2)])
def test_the_gap_closes_with_a_proof(n, d, beta):
    found = proved(copos.train_relu_network(*data(n, d), beta))
    assert found.certified and found.gap <= (1e-10 if d <= 2 else 1e-6) and found.message == "certified"
    assert np.allclose(np.linalg.norm(found.network.u, axis=1), np.abs(found.network.v[:, 0]))


@pytest.mark.parametrize("seed", range(6))
def test_the_sweep_of_several_outputs_finds_the_maximum_over_the_circle(seed):
    rng = np.random.default_rng(seed)
    n, c = int(rng.integers(1, 12)), int(rng.integers(2, 5))
    X = rng.integers(-2, 3, (n, 2)).astype(float) if seed % 2 else rng.standard_normal((n, 2))
    R = rng.standard_normal((n, c))
    found = peaks(X, R, 30)
    angle = np.linspace(0, 2 * np.pi, 20_001)
    values = np.linalg.norm(np.maximum(np.column_stack([np.cos(angle), np.sin(angle)]) @ X.T, 0) @ R, axis=1)
    assert values.max() <= found.most * (1 + 1e-12) and found.most <= values.max() * (1 + 1e-3) + 1e-300
    at = np.maximum(found.u @ X.T, 0) @ R
    assert np.allclose(found.out * found.height[:, None], at) and np.all(np.diff(found.height) <= 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_completely_positive_program_has_the_same_value(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((3, 2)), rng.standard_normal(3)
    found = copos.train_relu_network(X, y, 0.2)
    whole = copos.bracket(copos.relu_network(X, y, 0.2, split=3 if seed == 0 else 0), level=0)
    assert whole.lower <= found.objective * (1 + 1e-12) and whole.upper >= found.lower
    if seed == 0:  # all signs are known: exact at level 0
        assert whole.lower == pytest.approx(found.lower, rel=1e-6)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_published_closed_form_of_one_sample(d):
    """min ½(f − y)² + β|f|/‖x‖ is the soft threshold: for t = β/‖x‖ < y, y t − ½t²."""
    x = np.arange(1.0, d + 1)
    t = 0.3 / np.linalg.norm(x)
    found = copos.train_relu_network(x[None], [2.0], 0.3)
    assert found.objective == pytest.approx(2.0 * t - 0.5 * t * t, rel=1e-12) and len(found.network) == 1


SEVERAL = {
    "random": lambda rng: (rng.standard_normal((8, 2)), rng.standard_normal((8, 3))),
    "one input": lambda rng: (rng.standard_normal((9, 1)), rng.standard_normal((9, 2))),
    "every sample twice": lambda rng: (np.tile(rng.standard_normal((4, 2)), (2, 1)), rng.standard_normal((8, 2))),
    "samples that are 0": lambda rng: (np.r_[rng.standard_normal((5, 2)), np.zeros((3, 2))], np.ones((8, 2))),
    "on one line": lambda rng: (np.outer(rng.standard_normal(7), [1.0, 2.0]), rng.standard_normal((7, 3))),
    "integers": lambda rng: (rng.integers(-2, 3, (9, 2)).astype(float), rng.integers(-2, 3, (9, 2)).astype(float)),
    "classes": lambda rng: (1e3 * rng.standard_normal((9, 2)) + 5e3, np.eye(3)[rng.integers(0, 3, 9)]),
    "an output that is 0": lambda rng: (rng.standard_normal((8, 2)), np.c_[rng.standard_normal(8), np.zeros(8)]),
    "outputs of other units": lambda rng: (rng.standard_normal((8, 2)), rng.standard_normal((8, 2)) * [1.0, 1e-8]),
    "nothing to fit": lambda rng: (rng.standard_normal((5, 2)), np.zeros((5, 2))),
    "more outputs than samples": lambda rng: (rng.standard_normal((3, 2)), rng.standard_normal((3, 7))),
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_several_outputs(kind):
    X, Y = SEVERAL[kind](np.random.default_rng(len(kind)))
    for beta in (1e-3, 0.3):
        found = proved(copos.train_relu_network(X, Y, beta * float(np.abs(X).max()), tolerance=1e-8))
        assert found.gap <= 1e-8 and found.network.v.shape[1] == Y.shape[1]


def test_one_output_is_the_same_beside_one_that_is_0_or_turned():
    """F = fv' for Y = yv', ‖v‖ = 1."""
    X, y = data(10, 2)
    one = copos.train_relu_network(X, y, 0.1)
    for v in ([1.0, 0.0], [0.6, -0.8]):
        other = proved(copos.train_relu_network(X, np.outer(y, v), 0.1))
        assert other.objective == pytest.approx(one.objective, rel=1e-9) and other.gap <= 1e-9


@pytest.mark.parametrize("c", [2, 4])
def test_orthogonal_samples_of_several_outputs(c):
    """One sample x: min ½‖f − y‖² + β‖f‖/‖x‖, the block soft threshold."""
    y, t = np.arange(1.0, c + 1), 0.3 / 5.0
    found = copos.train_relu_network([[3.0, 4.0]], [y], 0.3)
    assert found.objective == pytest.approx(t * np.linalg.norm(y) - 0.5 * t * t, rel=1e-12)


def test_the_completely_positive_program_has_the_same_value_for_several_outputs():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3, 2)), rng.standard_normal((3, 2))
    found = copos.train_relu_network(X, Y, 0.2)
    whole = copos.bracket(copos.relu_network(X, Y, 0.2, split=3), level=0)
    assert whole.lower <= found.objective * (1 + 1e-12) and whole.upper >= found.lower
    assert whole.lower == pytest.approx(found.lower, rel=1e-3)


@pytest.mark.parametrize(("n", "d", "c"), [(7, 3, 2), (5, 3, 4), (4, 4, 2)])
def test_several_outputs_of_many_inputs(n, d, c):
    rng = np.random.default_rng(n)
    X, Y = rng.standard_normal((n, d)), rng.standard_normal((n, c))
    found = proved(copos.train_relu_network(X, Y, 0.3, tolerance=1e-4))
    assert found.certified and found.nodes > 0


@pytest.mark.parametrize("limits", [{"time_limit": 0}, {"time_limit": 0.05}, {"max_nodes": 1, "tolerance": 1e-3}])
@pytest.mark.parametrize("d", [2, 3])
def test_several_outputs_stopped_early(d, limits):
    rng = np.random.default_rng(d)
    n = 20 if d == 2 else 6
    found = proved(copos.train_relu_network(rng.standard_normal((n, d)), rng.standard_normal((n, 3)), 0.1, **limits))
    assert 0 <= found.gap <= 1 and found.lower >= 0


@pytest.mark.parametrize(("x", "t"), [(1e6, 1.0), (1e-140, 1e100)])
def test_the_units_of_several_outputs_change_nothing(x, t):
    rng = np.random.default_rng(3)
    X, Y = rng.standard_normal((7, 2)), rng.standard_normal((7, 2))
    one, other = copos.train_relu_network(X, Y, 0.1), proved(copos.train_relu_network(x * X, t * Y, 0.1 * x * t))
    assert other.objective / t**2 == pytest.approx(one.objective, rel=1e-9) and other.gap <= 1e-6


@pytest.mark.parametrize("c", [2, 3])
def test_cones_bound_the_norm_of_several_outputs_and_end_at_its_maximum(c):
    rng = np.random.default_rng(c)
    X, R = rng.standard_normal((7, 3)), rng.standard_normal((7, c))
    U = rng.standard_normal((20_000, 3))
    g = np.linalg.norm(np.maximum(U / np.linalg.norm(U, axis=1, keepdims=True) @ X.T, 0) @ R, axis=1)
    for nodes in (1, 200):
        assert cover(X, R, 2 * g.max(), np.inf, nodes).most >= g.max()
    below, above = cover(X, R, 0.99 * g.max(), np.inf, 20_000), cover(X, R, 1.01 * g.max(), np.inf, 20_000)
    assert below.points and not below.done and above.done and not above.points and above.most <= 1.01 * g.max()


HOSTILE = {
    "every sample three times": lambda X, y: (np.vstack([X, X, X]), np.r_[y, y, -y]),
    "samples that are 0": lambda X, y: (np.vstack([X, 0 * X]), np.r_[y, y]),
    "samples on one line": lambda X, y: (np.outer(y, np.arange(1, X.shape[1] + 1)), y[::-1]),
    "integers": lambda X, y: (np.rint(X), np.rint(y)),
    "nothing to fit": lambda X, y: (X, 0 * y),
    "nothing to see": lambda X, y: (0 * X, y),
    "fewer samples than features": lambda X, y: (X[:2], y[:2]),
    "columns of other units": lambda X, y: (X * 10.0 ** -np.arange(0, 6 * X.shape[1], 6), y),
}


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_data(kind, d):
    X, y = HOSTILE[kind](*data(12, d, seed=d))
    found = proved(copos.train_relu_network(X, y, 0.1))
    assert found.gap <= 1e-6


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize(("x", "t"), [(1e6, 1.0), (1.0, 1e6), (1e-6, 1e6), (1e140, 1e-140), (1e-140, 1e100)])
def test_the_units_of_the_data_change_nothing(d, x, t):
    X, y = data(12, d)
    one, other = copos.train_relu_network(X, y, 0.1), proved(copos.train_relu_network(x * X, t * y, 0.1 * x * t))
    assert other.objective / t**2 == pytest.approx(one.objective, rel=1e-9) and other.gap <= 1e-6


@pytest.mark.parametrize("beta", [1e-300, 1e-9, 1e8, 1e300])
def test_extreme_decay(beta):
    X, y = data(8, 2)
    found = proved(copos.train_relu_network(X, y, beta, time_limit=0.3))
    assert (len(found.network) == 0 and found.gap == 0) == (beta > 1)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("limits", [{"time_limit": 0}, {"max_nodes": 1, "tolerance": 1e-3}, {"tolerance": 1}])
def test_stopped_early_what_is_said_is_proved(d, limits):
    found = proved(copos.train_relu_network(*data(15, d), 0.1, **limits))
    assert found.certified == (found.gap <= limits.get("tolerance", 1e-6)) and found.lower >= 0
    if limits == {"time_limit": 0}:
        assert len(found.network) == 0 and found.message == "the time is over" and not found.certified


def test_progress_tells_of_every_round(capsys):
    found = copos.train_relu_network(*data(10, 2), 0.1, progress=True)
    assert len(capsys.readouterr().out.splitlines()) == found.rounds + 1


@pytest.mark.parametrize(("changes", "words"), [
    ({"X": [1.0, 2.0]}, "X has shape"), ({"y": [1.0]}, "outputs"), ({"y": np.ones((2, 0))}, "empty|outputs"),
    ({"y": np.ones((2, 1, 1))}, "outputs"),
    ({"beta": 0}, "beta"), ({"beta": -1.0}, "beta"), ({"X": [[np.nan], [1.0]]}, "not finite"),
    ({"X": np.ones((2, 51))}, "at most 50"),
    ({"max_nodes": 0}, "max_nodes"), ({"tolerance": -1}, "tolerance"), ({"seed": 1.5}, "seed"),
])  # fmt: skip
def test_what_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        copos.train_relu_network(**{"X": [[1.0], [2.0]], "y": [1.0, 2.0], "beta": 0.1, **changes})


# ---- many inputs --------------------------------------------------------------------------------------------------

SCALES = {"as they are": (1.0, 1.0), "long": (1e3, 1.0), "short": (1e-3, 1.0), "tiny targets": (1e3, 1e-3)}
MANY = {
    "random": lambda X, y: (X, y),
    "every sample twice": lambda X, y: (np.vstack([X, X]), np.r_[y, -0.5 * y]),
    "and turned": lambda X, y: (np.vstack([X, -3 * X]), np.r_[y, y]),
    "samples that are 0": lambda X, y: (np.vstack([X, 0 * X]), np.r_[y, y]),
    "samples on one line": lambda X, y: (np.outer(y, np.arange(1, X.shape[1] + 1)), y[::-1]),
    "integers": lambda X, y: (np.rint(X), np.rint(y)),
    "nothing to fit": lambda X, y: (X, 0 * y),
    "nothing to see": lambda X, y: (0 * X, y),
    "columns of other units": lambda X, y: (X * 10.0 ** -np.arange(0, 6 * X.shape[1], 6), y),
    "a column of ones": lambda X, y: (np.c_[X[:, 1:], np.ones(len(X))], y),
}


@pytest.mark.parametrize("kind", MANY)
def test_many_inputs_of_hostile_data(kind):
    X, y = MANY[kind](*data(7, 9, seed=1))
    found = proved(copos.train_relu_network(X, y, 0.1))
    assert found.certified and found.gap <= 1e-6


@pytest.mark.parametrize("scale", SCALES)
def test_many_inputs_in_other_units(scale):
    (x, t), (X, y) = SCALES[scale], data(10, 6)
    one, other = copos.train_relu_network(X, y, 0.1), proved(copos.train_relu_network(x * X, t * y, 0.1 * x * t))
    assert other.certified and other.objective / t**2 == pytest.approx(one.objective, rel=1e-6)


@pytest.mark.parametrize(("n", "d", "most"), [(16, 5, 0.2), (20, 12, 0.06), (8, 20, 1e-3)])
def test_gaps_of_many_inputs(n, d, most):
    found = proved(copos.train_relu_network(*data(n, d), 0.3, max_nodes=8))
    assert found.gap <= most


@pytest.mark.parametrize("factor", [1.5, 1 + 1e-9, 0.99])
def test_decay_that_leaves_nothing(factor):
    """Orthogonal samples x_i = e_i: max |Σ y_i (u_i)_+| = ‖(y)_+‖ or ‖(y)_−‖, and the form has it exactly."""
    y = np.array([1.0, -2.0, 3.0, 0.5, 0.0, 1.0])
    most = float(np.linalg.norm(np.maximum(y, 0)))
    found = proved(copos.train_relu_network(np.eye(6), y, factor * most))
    assert (len(found.network) == 0) == (factor > 1) and found.gap <= (1e-12 if factor > 1.1 else 1e-6)


@pytest.mark.parametrize("beta", [1e-300, 1e-9, 1e300])
def test_many_inputs_with_extreme_decay(beta):
    found = proved(copos.train_relu_network(*data(6, 9), beta, time_limit=0.3))
    assert 0 <= found.gap <= 1 and (found.gap == 0) == (beta > 1)


def test_a_long_local_search_stays_above_the_bound():
    """Gradient descent on the weights of twenty neurons, from many starts."""
    X, y = data(14, 5)
    found = proved(copos.train_relu_network(X, y, 0.3))
    rng, best = np.random.default_rng(0), np.inf
    u, v = 0.5 * rng.standard_normal((20, 20, 5)), 0.5 * rng.standard_normal((20, 20))
    for _ in range(800):
        z = np.einsum("sjd,nd->sjn", u, X)
        a = np.maximum(z, 0)
        r = np.einsum("sjn,sj->sn", a, v) - y
        value = 0.5 * (r**2).sum(1) + 0.15 * ((u**2).sum((1, 2)) + (v**2).sum(1))
        best = min(best, float(value.min()))
        du = np.einsum("sn,sj,sjn,nd->sjd", r, v, z > 0, X, optimize=True) + 0.3 * u
        u, v = u - 1e-2 * du, v - 1e-2 * (np.einsum("sn,sjn->sj", r, a) + 0.3 * v)
    assert found.lower <= best and best <= 1.3 * found.objective


@pytest.mark.parametrize("limits", [{"time_limit": 0}, {"max_nodes": 1}, {"tolerance": 1}])
def test_many_inputs_stopped_early(limits, monkeypatch):
    monkeypatch.setattr("copos.arrangements.blocks.AGAIN", 60.0)  # the first program ends on a slow machine, too
    found = proved(copos.train_relu_network(*data(15, 9), 0.1, **limits))
    assert found.certified == (found.gap <= limits.get("tolerance", 1e-6)) and 0 <= found.gap <= 1
    if limits == {"time_limit": 0}:
        assert len(found.network) == 0 and found.message == "the time is over" and found.lower > 0


@pytest.mark.parametrize("c", [2])
def test_several_outputs_of_very_many_inputs(c):
    rng = np.random.default_rng(c)
    found = proved(copos.train_relu_network(rng.standard_normal((4, 9)), rng.standard_normal((4, c)), 0.3))
    assert found.gap <= 0.2 and found.lower > 0


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("cuts", [0, 1, 2])
def test_the_program_bounds_what_the_forms_show(outputs, cuts):
    """Leaves in doubles: 2 λ_max(Q) is above |g| in their cells, and near β after the program is solved."""
    X, y = data(9, 5)
    training = Training(X, y if outputs == 1 else np.c_[y, y[::-1]], 0.3)
    at, (_, Y, beta) = Directions.of(training), training.scaled
    leaves = first(outputs)
    for k in range(cuts):
        leaves = tuple(Leaf(one.sign, (*one.known, k), (*one.sides, s)) for one in leaves for s in (1, -1))
    r, full, moments = Program(at, Y, beta, leaves).solve()
    found = evaluated(at, Y, beta, r, full, 1)
    U = np.random.default_rng(0).standard_normal((5000, 5))
    g = np.linalg.norm(np.maximum(U / np.linalg.norm(U, axis=1)[:, None] @ training.scaled[0].T, 0) @ r, axis=1)
    assert g.max() <= found.most and found.most == pytest.approx(beta, rel=1e-4)
    assert len(moments) == len(full) and len(cut(at, r, full, moments)[0]) > len(full)


# ---- the parts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_the_sweep_finds_the_maximum_over_the_circle(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 15))
    X = rng.integers(-2, 3, (n, 2)).astype(float) if seed % 2 else rng.standard_normal((n, 2))
    r = rng.standard_normal(n)
    found, both = peaks(X, r, 20), peaks(X, np.c_[r, 0 * r], 20)
    assert both.most == pytest.approx(found.most) and np.allclose(np.abs(both.out[:, 0]), 1)
    angle = np.linspace(0, 2 * np.pi, 20_001)
    values = np.abs(np.maximum(np.column_stack([np.cos(angle), np.sin(angle)]) @ X.T, 0) @ r)
    assert values.max() <= found.most * (1 + 1e-12) and found.most <= values.max() * (1 + 1e-3) + 1e-300
    at = np.maximum(found.u @ X.T, 0) @ r
    assert np.allclose(found.out * at, found.height) and np.all(np.diff(found.height) <= 0)


@pytest.mark.parametrize(("n", "d"), [(1, 3), (4, 3), (12, 3), (7, 4)])
def test_cones_bound_every_point_and_end_at_the_maximum(n, d):
    rng = np.random.default_rng(n)
    X, r = rng.standard_normal((n, d)), rng.standard_normal(n)
    U = rng.standard_normal((2_000, d))
    U /= np.linalg.norm(U, axis=1, keepdims=True)
    highest = np.abs(np.maximum(U @ X.T, 0) @ r).max()
    for nodes in (1, 200):
        assert cover(X, r, 2 * highest, np.inf, nodes).most >= highest
    low, high = highest, cover(X, r, np.inf, np.inf, 1).most
    for _ in range(40):  # a goal below the maximum is refuted by a point, one above it is shown
        goal = (low + high) / 2
        found = cover(X, r, goal, np.inf, 20_000)
        assert found.done != bool(found.points)
        low, high = (low, goal) if found.done else (max(p[0] for p in found.points), high)
        if high - low <= 1e-9 * high:
            break
    assert high - low <= 1e-9 * high


def test_the_least_norm_is_that_of_every_support():
    rng = np.random.default_rng(0)
    P, h = rng.standard_normal((30, 3, 3)), rng.standard_normal((30, 3))
    P /= np.linalg.norm(P, axis=2, keepdims=True)
    value, y = least_norm(P, h)
    assert np.all(np.einsum("kcd,kd->kc", P, y) >= h - 1e-9) and np.allclose(np.linalg.norm(y, axis=1), value)
    for t in itertools.product((0.0, 0.3, 1.0), repeat=3):
        size = np.linalg.norm(np.einsum("c,kcd->kd", t, P), axis=1)
        assert np.all(h @ np.array(t) <= value * size + 1e-9)


def test_neurons_stay_in_their_cells_and_the_objective_falls():
    X, y = data(20, 2)
    cells, last = Cells(X, y, 0.1), 0.5 * float(y @ y)
    for _ in range(4):
        found = peaks(X, cells.residual, 5, 0.1 * (1 + 1e-9))
        added = [cells.add(s, u, m) for s, u, m in zip(found.out, found.u, found.middle, strict=True)]
        cells.descend()
        assert not any(added) or cells.objective < last
        last = cells.objective
        for neuron in cells.neurons:
            side = np.where(neuron.active, 1.0, -1.0) * (X @ neuron.w)
            assert np.all(side >= -1e-9 * np.linalg.norm(neuron.w))
            assert np.abs(X[neuron.tight] @ neuron.w).max(initial=0) < 1e-9


def test_the_problem_is_written_as_the_numbers_it_is():
    training = Training(np.array([[0.5, 3.0]]), np.array([0.25]), 0.1)
    assert training.plain["X"] == {"rows": [["1/2", 3]]} and training.plain["Y"] == {"rows": [["1/4"]]}
    e, h = training.exponents
    assert (h - e) % 2 == 0 and np.allclose(training.scaled[0] * 2.0**e, training.X)
