"""Network problems without a formula: weights, penalties, constraints, other losses."""

import warnings
from fractions import Fraction

import numpy as np
import pytest

import copos
from copos import Loss, MatrixConstraints
from copos.reformulation.linear_network.low_rank import svd_solution
from tests.contracts import reformulation_contract

SHAPE = (2, 2)  # d_out, d_in
NONNEGATIVE = MatrixConstraints.nonnegative(SHAPE)
HUBER = Loss("huber", delta=0.3)

# what a problem adds to the plain loss; `feasible` maps a matrix of rank one to one that satisfies the constraints
PROBLEMS = {
    "sample weights": dict(sample_weight=np.arange(4.0)),
    "output weights": dict(output_weight=[1.0, 3.0]),
    "all weights": dict(weights=np.full((2, 4), 0.5), sample_weight=np.arange(4.0), output_weight=[1.0, 3.0]),
    "ridge": dict(ridge=0.3),
    "two layers decay": dict(weight_decay=0.3),
    "three layers decay": dict(weight_decay=0.3, widths=[2, 1, 4, 2]),
    "four layers decay": dict(weight_decay=0.3, widths=[2, 1, 4, 2, 2]),
    "nonnegative": dict(constraints=NONNEGATIVE),
    "zero pattern": dict(constraints=MatrixConstraints.zero([[1, 0], [1, 0]])),
    "monotone": dict(constraints=MatrixConstraints.monotone(SHAPE, 1) & NONNEGATIVE),
    "row sums": dict(constraints=MatrixConstraints.row_sums(SHAPE, 1.0)),
    "absolute": dict(loss="absolute"),
    "absolute, weighted, ridge": dict(loss="absolute", ridge=0.1, output_weight=[1.0, 0.5]),
    "huber": dict(loss=HUBER),
    "huber, nonnegative": dict(loss=HUBER, constraints=NONNEGATIVE),
}
FEASIBLE = {
    "nonnegative": np.abs,
    "zero pattern": lambda W: W * np.array([0.0, 1.0]),
    "monotone": lambda W: np.outer([1.0, 2.0], [0.1, 0.2]),
    "row sums": lambda W: np.outer([1.0, 1.0], [0.3, 0.7]),
    "huber, nonnegative": np.abs,
}


def data(seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((2, 4)), rng.standard_normal((2, 4))


def program(name, lift="auto", strengthen=()):
    X, Y = data()
    options = {"widths": [2, 1, 2], **PROBLEMS[name]}
    return copos.linear_network(X, Y, lift=lift, strengthen=strengthen, **options)


def objective(name, W):
    """The loss from its definition."""
    X, Y = data()
    o = PROBLEMS[name]
    e = W @ X - Y
    rho = {"squared": e**2, "absolute": np.abs(e)}.get(o.get("loss", "squared"))
    if rho is None:
        rho = np.where(np.abs(e) <= 0.3, e**2, 0.6 * np.abs(e) - 0.09)
    w = np.asarray(o.get("weights", np.ones((2, 4)))) * np.asarray(o.get("sample_weight", np.ones(4)))
    w = w * np.asarray(o.get("output_weight", np.ones(2)))[:, None]
    L = len(o.get("widths", [2, 1, 2])) - 1
    decay = o.get("weight_decay", 0.0) * L / 2 * (np.linalg.svd(W)[1][:1] ** (2 / L)).sum()
    return float((w * rho).sum() + o.get("ridge", 0.0) * (W**2).sum() + decay)


@pytest.mark.parametrize("name", PROBLEMS)
def test_matrices_are_atoms_with_the_same_objective(name):
    repair = FEASIBLE.get(name, lambda W: W)
    best = svd_solution(*data(), 1)
    pairs = [(W, objective(name, W)) for W in (repair(scale * best) for scale in (0.0, 0.1, 0.3, 0.6))]
    if name != "row sums":  # matrices that are worse than W = 0 may be cut off
        pairs = [(W, value) for W, value in pairs if value <= pairs[0][1]]
    reformulation_contract(program(name), pairs)


@pytest.mark.parametrize("name", [name for name in PROBLEMS if name != "four layers decay"])
def test_level_zero_is_below_what_local_search_finds(name):
    """The relaxation never exceeds a feasible value, and recovery returns a feasible network with its objective."""
    p = program(name)
    bound = copos.bracket(p)
    W = bound.found.solution.matrix
    assert bound.found.solution.widths == tuple(PROBLEMS[name].get("widths", (2, 1, 2)))
    assert bound.upper == pytest.approx(objective(name, W), rel=1e-7)
    assert bound.claimed <= bound.upper + 1e-6 * (1 + bound.upper)
    assert not bound.proved or bound.lower <= bound.upper + 1e-12
    constraints = PROBLEMS[name].get("constraints")
    assert constraints is None or constraints.violation(W) <= 1e-8
    assert p.infeasibility(bound.found.atom) <= 1e-6


def scalar_optimum(sigma, decay, depth):
    """min (x − σ)² + (λL/2) x^{2/L} over x ≥ 0, from a fine grid."""
    x = np.linspace(0.0, sigma, 200_001)
    return ((x - sigma) ** 2 + decay * depth / 2 * x ** (2 / depth)).min()


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize(("sigma", "rank"), [((1.5,), 1), ((2.5,), 1), ((3.0, 1.2), 2), ((3.0, 2.2), 1)], ids=str)
def test_weight_decay_separates_into_scalar_problems(depth, sigma, rank):
    """XX' = I: level 0 equals the sum of the scalar optima, and so does the network found."""
    decay, rng = 2.0, np.random.default_rng(0)
    d = len(sigma)
    A, B = (np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(2))
    gains = sorted(scalar_optimum(s, decay, depth) - s**2 for s in sigma)
    value = sum(gains[:rank]) + sum(s**2 for s in sigma)
    widths = [d, *[rank] * (depth - 1), d]
    p = copos.linear_network(np.eye(d), A @ np.diag(sigma) @ B.T, widths, "auto", weight_decay=decay)
    assert "whiten" in p.name and "factor" in p.notes
    bound = copos.bracket(p, certify=d == 1 or depth < 4)  # four layers: proved too, in three times the time
    assert bound.claimed == pytest.approx(value, rel=1e-5)
    assert bound.upper == pytest.approx(value, rel=1e-6)
    assert not bound.proved or bound.lower <= value * (1 + 1e-9)


@pytest.mark.parametrize(("depth", "x", "sigma"), [(3, 1.0, 2.0), (4, 1.587401, 2.381102)])
def test_weight_decay_jumps(depth, x, sigma):
    """x* = (λ(L−2))^{L/(2L−2)} at σ* = x* + λ x*^{(2−L)/L}: below σ* the zero network is optimal, above it is not."""
    for s, zero in ((sigma - 0.02, True), (sigma + 0.02, False)):
        p = copos.linear_network([[1.0]], [[s]], [1] * (depth + 1), "auto", weight_decay=2.0)
        found = copos.upper_bound(p).found.solution.matrix.item()
        assert found == pytest.approx(0.0, abs=1e-5) if zero else found == pytest.approx(x, abs=0.1)


def test_rank_one_minors_close_wide_weights_at_level_zero():
    """Weights over three decades leave a gap of a fifth; the minors of a rank-one matrix close it."""
    rng = np.random.default_rng(0)
    Y, weights = rng.standard_normal((4, 4)), 10 ** rng.uniform(-2, 1, (4, 4))
    gaps = []
    for strengthen in ((), ("minors",)):
        bound = copos.bracket(copos.linear_network(np.eye(4), Y, [4, 1, 4], "projection", strengthen, weights=weights))
        assert bound.proved and bound.lower <= bound.upper
        gaps.append(bound.gap / bound.upper)
    assert gaps[0] > 0.2 and gaps[1] < 1e-5


def test_the_trap_of_an_invalid_bound():
    """Masked targets without a ridge have no valid bound on tr Z; with a ridge there is one, and it cuts nothing."""
    rng = np.random.default_rng(2)
    Y, weights = rng.standard_normal((3, 3)), (rng.random((3, 3)) < 0.7).astype(float)
    args = (np.eye(3), Y, [3, 1, 3], "factor", ("bounded",))
    with pytest.raises(ValueError, match="may not even be attained"):
        copos.linear_network(*args, weights=weights)
    for more in (dict(ridge=1e-2), dict(weight_decay=1e-1), dict(constraints=MatrixConstraints.box((3, 3), -4, 4))):
        p = copos.linear_network(*args, weights=weights, **more)
        found = copos.linear_network(np.eye(3), Y, [3, 1, 3], "factor", weights=weights, **more).recover(np.eye(37))
        assert p.infeasibility(p.atom(found.solution)) <= 1e-8


GOOD = np.eye(2)
BAD = [
    (dict(ridge=-1.0), "ridge"),
    (dict(weight_decay=np.nan), "weight_decay"),
    (dict(loss="hinge"), "'squared', 'absolute' or 'huber'"),
    (dict(sample_weight=[1.0]), "2 finite"),
    (dict(output_weight=[1.0, -1.0]), "nonnegative"),
    (dict(lift="projection", weight_decay=1.0), "use lift='factor'"),
    (dict(strengthen=["whiten"], constraints=NONNEGATIVE), "rotates W"),
    (dict(strengthen=["whiten"], loss="absolute"), "squared loss"),
    (dict(strengthen=["whiten"], weight_decay=1.0, X=np.diag([1.0, 2.0])), "multiple of the identity"),
    (dict(strengthen=["minors"], widths=[2, 2, 2]), "rank one"),
    (dict(constraints=MatrixConstraints.nonnegative((3, 2))), "2×2"),
    (dict(lift="factor", strengthen=["bounded"], constraints=MatrixConstraints.row_sums(SHAPE, 1.0)), "W = 0 does not"),
    (dict(lift="factor", strengthen=["bounded"], loss="absolute", weights=np.array([[1.0, 0], [1, 1]])), "no bound on"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[m for _, m in BAD])
def test_combinations_that_are_not_valid_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        copos.linear_network(**{"X": GOOD, "Y": GOOD, "widths": [2, 1, 2], **change})


def test_constraints_say_what_is_wrong():
    for bad, message in (
        (lambda: MatrixConstraints.box(SHAPE, 1.0, 0.0), "above its upper"),
        (lambda: MatrixConstraints.linear(np.ones(3)), "shape"),
        (lambda: MatrixConstraints.zero(np.zeros((2, 2))), "true entry"),
        (lambda: MatrixConstraints.monotone((1, 2)), "two entries"),
        (lambda: NONNEGATIVE & MatrixConstraints.nonnegative((3, 3)), "joined"),
        (lambda: Loss("huber"), "delta"),
        (lambda: Loss("absolute", delta=1.0), "delta"),
    ):
        with pytest.raises(ValueError, match=message):
            bad()
    contradiction = MatrixConstraints.row_sums(SHAPE, 1.0) & MatrixConstraints.row_sums(SHAPE, 2.0)
    with pytest.raises(ValueError, match="contradict"):
        copos.linear_network(GOOD, GOOD, [2, 1, 2], "projection", constraints=contradiction)


def test_bounds_on_single_entries_bound_the_norm():
    box = MatrixConstraints.box((2, 2), -1.0, [[2.0, 1.0], [1.0, 1.0]])
    assert box.norm_square == 4 + 3
    assert NONNEGATIVE.norm_square is None
    assert MatrixConstraints.linear(-2 * np.eye(4).reshape(4, 2, 2), -1.0, 1.0).norm_square == 1


def test_the_threshold_of_huber_is_a_double():
    assert Loss("huber", Fraction(1, 2)).delta == 0.5 and isinstance(Loss("huber", Fraction(1, 2)).delta, float)
    with pytest.raises(ValueError, match="must be a double"):
        Loss("huber", Fraction(2, 3))
    for delta in ("1", None, 0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="delta"):
            Loss("huber", delta)


@pytest.mark.parametrize(("inputs", "outputs", "samples", "width"), [(2, 2, 1, 2), (3, 3, 2, 3)])
def test_wider_layers_than_inputs_have_directions(inputs, outputs, samples, width):
    """With weights: as many samples as this leave fewer coordinates than the width, and every target is met."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((inputs, samples)), rng.standard_normal((outputs, samples))
    weights = rng.uniform(0.5, 2.0, Y.shape)
    bound = copos.bracket(copos.linear_network(X, Y, [inputs, width, outputs], weights=weights))
    assert bound.lower == 0 and bound.upper < 1e-20


@pytest.mark.parametrize(
    ("inputs", "targets"), [(-1030, 0), (-1060, -1060), (-1000, 480), (1010, -500), (0, 500), (0, -1060)]
)
def test_data_near_the_ends_of_the_doubles_have_true_bounds_and_no_warning(inputs, targets):
    rng = np.random.default_rng(0)
    X, Y = np.ldexp(rng.standard_normal((2, 4)), inputs), np.ldexp(rng.standard_normal((2, 4)), targets)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bound = copos.bracket(copos.linear_network(X, Y, [2, 1, 2]))
    # W = 0, and the projection on all inputs, whose residual no rank beats
    total = sum(Fraction(v) ** 2 for v in Y.ravel().tolist())
    assert bound.proved and Fraction(bound.lower) <= total and bound.lower <= bound.upper
    assert bound.certificate.verify(data={"X": X, "Y": Y}).proved


def test_losses_beyond_the_doubles_are_refused_in_words():
    for function in (lambda X, Y: copos.linear_network(X, Y, [2, 1, 2]), lambda X, Y: copos.svd_value(X, Y, 1)):
        with pytest.raises(ValueError, match="other units"):
            function(np.eye(2), np.diag([1e300, 1e299]))


def test_huber_without_a_threshold_says_how_it_is_given():
    with pytest.raises(ValueError, match=r"copos\.Loss\('huber', delta=…\)"):
        copos.linear_network(np.eye(2), np.eye(2), [2, 1, 2], loss="huber")
    with pytest.raises(ValueError, match="with nothing else"):
        copos.Loss("absolute", delta=1.0)
