"""The deep-linear-network lifts."""

import numpy as np
import pytest

import copos
from copos.hierarchy import relax
from copos.reformulation.linear_network.lift_choice import LIFTS
from copos.reformulation.linear_network.low_rank import svd_solution


def problems(seed=0):
    """Every shape up to 4 × 4 once, with few samples or more, and inputs that depend on others."""
    rng = np.random.default_rng(seed)
    out = []
    for k, (d_in, d_out) in enumerate(np.ndindex(4, 4)):
        samples = rng.integers(1, 9)
        X, Y = rng.standard_normal((d_in + 1, samples)), rng.standard_normal((d_out + 1, samples))
        if k % 3 == 0 and d_in:
            X[-1] = X[0]
        out.append((X, Y))
    return out


@pytest.mark.parametrize(("X", "Y"), problems(), ids=lambda M: "×".join(map(str, M.shape)))
def test_level_zero_on_random_data(X, Y):
    """Never above the closed form; equal to it for the compact lift and for the balanced lift in whitened data."""
    for rank in range(1, min(len(X), len(Y)) + 1):
        value = copos.svd_value(X, Y, rank)
        for lift, strengthen, exact in (
            ("projection", (), True),
            ("projection", ("whiten",), True),
            *([("minors", (), True), ("minors", ("whiten",), True)] if rank == 1 else []),
            ("factor", ("whiten", "balanced"), True),
            ("factor", (), False),
        ):
            if lift == "factor" and not exact and len(X) + len(Y) > 5:
                continue  # the faithful lift without its symmetries is slow to solve beyond this
            program = copos.linear_network(X, Y, [len(X), rank, len(Y)], lift, strengthen)
            bound = copos.bracket(program, certify=False)
            assert bound.claimed <= value + 1e-6
            assert bound.upper == pytest.approx(value, rel=1e-6, abs=1e-7)
            if exact:
                assert bound.claimed == pytest.approx(value, rel=1e-5, abs=1e-5 * (Y**2).sum())


RANKS = {"minors": (1,)}  # of every other lift 1, 2, 3
STRENGTHENED = [
    (lift, strengthen)
    for lift, names in LIFTS.items()
    for several in [tuple(name for name in names if name != "minors")]  # those are for rank one only
    for strengthen in [(), *((name,) for name in several), several]
]


@pytest.mark.parametrize(("lift", "strengthen"), STRENGTHENED, ids=str)
def test_networks_are_atoms_with_the_same_loss(lift, strengthen):
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3, 9)), rng.standard_normal((2, 9))
    r = RANKS.get(lift, (2,))[0]
    program = copos.linear_network(X, Y, [3, 4, r, 2], lift, strengthen)
    for scale in (0.01, 0.1):  # small, so that the bound on tr Z holds
        network = copos.LinearNetwork(tuple(scale * rng.standard_normal(s) for s in ((4, 3), (r, 4), (2, r))))
        atom = program.atom(network)
        assert program.infeasibility(atom) < 1e-12
        assert program.value(atom) == pytest.approx(network.loss(X, Y), rel=1e-12)


@pytest.mark.parametrize(("lift", "strengthen"), STRENGTHENED, ids=str)
def test_optimal_network_satisfies_every_strengthening(lift, strengthen):
    rng = np.random.default_rng(1)
    X, Y = rng.standard_normal((3, 9)), rng.standard_normal((4, 9))
    for rank in RANKS.get(lift, (1, 2, 3)):
        program = copos.linear_network(X, Y, [3, rank, 4], lift, strengthen)
        atom = program.atom(svd_solution(X, Y, rank))
        assert program.infeasibility(atom) < 1e-11
        assert program.value(atom) == pytest.approx(copos.svd_value(X, Y, rank))


@pytest.mark.parametrize("lift", LIFTS)
def test_samples_of_the_cone_are_in_the_cone(lift):
    X, Y = np.random.default_rng(2).standard_normal((2, 3, 8))
    widths = [3, RANKS.get(lift, (2,))[0], 3]
    program = copos.linear_network(X, Y, widths, lift, ("bounded",) if lift == "factor" else ())
    rng = np.random.default_rng(3)
    for _ in range(20):
        assert program.cone.violation(program.cone.sample(rng)) < 1e-10


@pytest.mark.parametrize("lift", LIFTS)
def test_size_depends_on_the_outer_widths_only(lift):
    rng = np.random.default_rng(4)
    shapes = set()
    r = RANKS.get(lift, (2,))[0]
    for samples, widths in ((10, [3, r, 2]), (10_000, [3, r, 2]), (10, [3, 2, 9, 9, r, 9, 9, 9, 2])):
        X, Y = rng.standard_normal((3, samples)), rng.standard_normal((2, samples))
        relaxation = relax(copos.linear_network(X, Y, widths, lift))
        shapes.add((relaxation.program.cone.ambient, relaxation.form.shape, relaxation.orders))
    assert len(shapes) == 1


def test_bottleneck_enters_scalar_equations_only():
    X, Y = np.random.default_rng(5).standard_normal((2, 4, 9))
    one, two = (copos.linear_network(X, Y, [4, r, 4], "factor") for r in (1, 2))
    assert (one.vanishing.rows != two.vanishing.rows).nnz == 0
    assert (one.C.rows != two.C.rows).nnz == 0
    differing = np.unique((one.cone.basis != two.cone.basis).nonzero()[0])
    assert len(differing) == 2  # the one eliminated diagonal entry of P, and Q's


def test_recovered_network_has_the_widths_and_its_loss():
    rng = np.random.default_rng(6)
    X, Y = rng.standard_normal((3, 12)), rng.standard_normal((2, 12))
    widths = (3, 5, 1, 4, 2)
    found = copos.upper_bound(copos.linear_network(X, Y, widths, "projection")).found
    assert found.solution.widths == widths
    product = np.linalg.multi_dot(found.solution.weights[::-1])
    assert ((product @ X - Y) ** 2).sum() == pytest.approx(found.value)
    assert found.value == pytest.approx(copos.svd_value(X, Y, 1))


def test_closed_form_against_brute_force():
    rng = np.random.default_rng(7)
    X, Y = rng.standard_normal((2, 5)), rng.standard_normal((2, 5))
    angles = np.linspace(0, np.pi, 20001)
    u = np.stack([np.cos(angles), np.sin(angles)])
    fit = (u.T @ Y) @ np.linalg.pinv(X) @ X  # best prediction with range spanned by u
    best = ((Y**2).sum() - (fit**2).sum(axis=1)).min()
    assert copos.svd_value(X, Y, 1) == pytest.approx(best, rel=1e-6)
    assert copos.svd_value(X, Y, 0) == pytest.approx((Y**2).sum())


def test_clumsy_rewritings_give_the_same_bound():
    """Rotated data, permuted and split samples, hidden layers added: the problem is the same."""
    rng = np.random.default_rng(8)
    X, Y = rng.standard_normal((3, 8)), rng.standard_normal((2, 8))
    reference = copos.lower_bound(copos.linear_network(X, Y, [3, 1, 2], "projection")).claimed
    A, B = np.linalg.qr(rng.standard_normal((3, 3)))[0], np.linalg.qr(rng.standard_normal((2, 2)))[0]
    order = rng.permutation(8)
    split = [np.repeat(M, 2, axis=1) / np.sqrt(2) for M in (X, Y)]
    for other, target, widths in (
        (A @ X, B @ Y, [3, 1, 2]),
        (X[:, order], Y[:, order], [3, 7, 1, 2]),
        (*split, [3, 1, 1, 2]),
    ):
        bound = copos.lower_bound(copos.linear_network(other, target, widths, "projection"))
        assert bound.claimed == pytest.approx(reference, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "rank", "lift", "strengthen", "largest"),
    [(10, 5, "projection", ("whiten",), 20), (5, 2, "factor", ("whiten", "balanced"), 30)],
)
def test_large_lifts_through_sign_symmetry(n, rank, lift, strengthen, largest):
    """Whitened data have signs that split the levels into blocks (sizes up to 10×10: `benchmarks.levels`)."""
    X, Y = np.random.default_rng(9).standard_normal((2, n, 50))
    bound = copos.lower_bound(copos.linear_network(X, Y, [n, rank, n], lift, strengthen), certify=False)
    assert bound.claimed == pytest.approx(copos.svd_value(X, Y, rank), rel=1e-5) and bound.largest == largest


def test_zero_one_weights_forget_the_masked_targets():
    rng = np.random.default_rng(10)
    Y, weights = rng.standard_normal((3, 3)), np.ones((3, 3))
    weights[0, 1] = weights[2, 2] = 0
    values = []
    for filler in (0.0, 100.0):
        target = np.where(weights > 0, Y, filler)
        program = copos.linear_network(np.eye(3), target, [3, 2, 3], "projection", weights=weights)
        values.append(copos.lower_bound(program, solver="clarabel").claimed)
    assert values[0] == pytest.approx(values[1], abs=1e-6)


GOOD = np.eye(2)
BAD = [
    (dict(X=np.eye(3)), "3 samples"),
    (dict(X=np.zeros((2, 0)), Y=np.zeros((2, 0))), "nonempty"),
    (dict(X=np.array([[np.nan, 1], [0, 1]])), "1 NaN"),
    (dict(Y=np.array([[np.inf, 1], [0, 1]])), "1 infinite"),
    (dict(X=np.ones(2)), "matrix"),
    (dict(widths=[2, 1, 3]), "end with 2"),
    (dict(widths=[2]), "at least two"),
    (dict(widths=[2, 0, 2]), "integers"),
    (dict(widths=[2, 1.5, 2]), "integers"),
    (dict(lift="quantum"), "expected one of factor, projection, projection-input"),
    (dict(strengthen=["sharper"]), "unknown strengthening"),
    (dict(lift="projection", strengthen=["balanced"]), "does not apply"),
    (dict(trace_bound=3.0), "'bounded' only"),
    (dict(lift="factor", strengthen=["bounded"], trace_bound=-1.0), "positive"),
    (dict(weights=np.ones((2, 3))), "shape"),
    (dict(weights=-np.ones((2, 2))), "nonnegative"),
    (dict(weights=np.eye(2), lift="factor", strengthen=["bounded"]), "no bound on tr Z"),
    (dict(weights=np.ones((2, 2)), strengthen=["whiten"]), "weighted"),
    (dict(X=np.zeros((2, 2)), strengthen=["whiten"]), "X is zero"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[m for _, m in BAD])
def test_bad_input_says_what_was_expected(change, message):
    with pytest.raises(ValueError, match=message):
        copos.linear_network(**{"X": GOOD, "Y": GOOD, "widths": [2, 1, 2], **change})


def test_rank_of_the_closed_form_must_be_whole():
    with pytest.raises(ValueError, match="integer"):
        copos.svd_value(GOOD, GOOD, 1.5)


def test_automatic_lift_of_weights_is_by_moments_of_factors_where_that_is_not_too_large():
    for n, name in ((6, "factor-moments lift"), (23, "projection lift")):
        weights = np.linspace(0.1, 2.0, n * n).reshape(n, n)
        program = copos.linear_network(np.eye(n), np.eye(n), [n, 2, n], "auto", weights=weights)
        assert program.name.endswith(name)
        assert ("tighter, but need 1082 coordinates" in program.notes) is (n == 23)
    named = copos.linear_network(np.eye(6), np.eye(6), [6, 2, 6], "auto", ["whiten"], ridge=1)
    assert "whiten" in named.name
