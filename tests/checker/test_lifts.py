"""Bounds that the checker shows of optimal networks: each accepted at its number, and refused just below it."""

from fractions import Fraction
from itertools import combinations, combinations_with_replacement

import numpy as np
import pytest

from copos.checker import check_coordinates, check_identity, check_lift_bounds, check_lifts
from copos.checker.check_reading import Rejected
from tests.checker.forgeries_networks import DEEP, LINE, PLANE, PRIME, TWO, limits, made
from tests.checker.test_certificate_truths import det


def table(*rows):
    return {"rows": [list(row) for row in rows]}


def line(x=1, y=1, **more):
    """(wx − y)² with some keys changed."""
    return {**LINE, "X": table([x]), "Y": table([y]), **more}


def scaled(c, low, high, j=0):
    """low ≤ c·w_j ≤ high."""
    return {"entries": [[0, j, c]], "low": low, "high": high}


NOTHING = {**TWO, "X": table([0], [0])}
SUM = {"entries": [[0, 0, 1], [0, 1, 1]], "low": 0, "high": 1}
# name ↦ (network, the least bound on tr Z that is shown, other coordinates)
TRACE = {
    "one input": (line(), 2), "a small target": (line(y="1/8"), "1/4"), "a scaled input": (line(x="1/2"), 4),
    "rank 2": ({**PLANE, "Y": table([1, 0], [0, 1])}, 4), "dependent inputs": (TWO, 2),
    "nothing to fit": (line(y=0), 0), "nothing to fit with": (line(x=0, y=0), 0),
    # the entries of W
    "a box": (line(x=0, constraints=[limits(-1, 1)]), 2), "a lopsided box": (line(x=0, constraints=[limits(-2, 1)]), 4),
    "a box of a negative multiple": (line(x=0, constraints=[scaled(-2, -1, 2)]), 2),
    "another": (line(x=0, constraints=[scaled(-2, -4, 1)]), 4), "a box of a fraction": (line(x=0, constraints=[
        scaled("1/2", -1, 1)]), 4),
    "two boxes": (line(x=0, constraints=[limits(-5, 1), limits(-1, 5)]), 2),
    "two boxes, the other way": (line(x=0, constraints=[limits(-1, 5), limits(-5, 1)]), 2),
    "two boxes, one turned": (line(x=0, constraints=[scaled(-1, -1, 5), limits(-1, 5)]), 2),
    "ends apart": (line(x=0, constraints=[limits(-3, None), limits(None, 1)]), 6),
    "every entry in a box": ({**NOTHING, "constraints": [limits(-3, 1), SUM, limits(-2, 4, 1)]}, 10),
    # the ridge, the decay
    "a ridge": (line(x=0, ridge="1/9"), 6), "a ridge of absolute errors": (line(x=0, ridge="1/9", loss="absolute"), 6),
    "a ridge of a weight": (line(x=0, ridge="1/36", loss="absolute", sample_weight=table(["1/4"])), 6),
    "decay of two layers": ({**DEEP, "X": table([0]), "Y": table([3]), "weight_decay": "1/3"}, 54),
    "decay of three layers": ({**LINE, "widths": [1] * 4, "X": table([0]), "Y": table([3]), "weight_decay": "3/2"}, 16),
    # a loss of zero, scaled: constraints that are cones keep it, others do not
    "nonnegative": (line(constraints=[limits(0, None)]), 2), "not positive": (line(constraints=[limits(None, 0)]), 2),
    # absolute and Huber's errors
    "absolute": (line(loss="absolute"), 4), "absolute, a negative target": (line(y=-1, loss="absolute"), 4),
    "Huber, small": (line(loss="huber", delta=1), 4), "Huber, large": (line(y=3, loss="huber", delta=2), 12),
    "Huber, weighted": (line(y=3, loss="huber", delta=2, sample_weight=table(["1/2"])), 12),
    "absolute, weighted": ({**LINE, "X": table([1, 0]), "Y": table([3, 1]), "loss": "absolute",
                            "sample_weight": table([1, "1/2"])}, 28),
    "absolute, dependent inputs": ({**TWO, "loss": "absolute"}, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", TRACE)
def test_the_trace_is_bounded_by_its_number_and_by_none_below(name):
    network, least = TRACE[name][0], Fraction(TRACE[name][1])
    assert made(network, strengthen=["bounded"], bound=str(least))().program
    below = least * Fraction(999999, 1000000) - (not least) / Fraction(10**6)
    with pytest.raises(Rejected, match="tr Z is not shown to be bounded"):
        made(network, strengthen=["bounded"], bound=str(below))()
    # a user's word takes the place of the proof, and is said
    said = made(network, strengthen=["bounded"], bound=str(below), assumed=True)()
    assert said.assumed == (f"the balanced factors of some optimal network have tr Z = 2‖W‖_* ≤ {below}",)


UNBOUNDED = {
    "a box of one entry": {**NOTHING, "constraints": [limits(-3, 1)]},
    "one end": line(x=0, constraints=[limits(-3, None)]), "the other end": line(x=0, constraints=[limits(None, 3)]),
    "dependent inputs that are not alike": {**PLANE, "X": table([1, 1], [2, 2]), "weights": table([1, 0], [1, 1])},
    "a sample that does not count": {**LINE, "X": table([1, 1]), "Y": table([1, 1]), "loss": "absolute",
                                     "sample_weight": table([1, 0])},
    "dependent inputs with a constraint": {**TWO, "loss": "absolute", "constraints": [limits(-1, None)]},
}  # fmt: skip


@pytest.mark.parametrize("name", UNBOUNDED)
def test_nothing_bounds_the_trace(name):
    with pytest.raises(Rejected, match="tr Z is not shown to be bounded"):
        made(UNBOUNDED[name], strengthen=["bounded"], bound=10**9)()


def test_a_constraint_that_is_no_cone_costs_a_root():
    """(√c + √f(0))² instead of c, the roots a little rounded up."""
    for low, high in ((-1, 9), (0, 9), (-9, 0), (None, 9), (-9, None)):
        network = line(y=3, constraints=[limits(low, high)] if None in (low, high) else [limits(low, None),
            limits(None, high)])  # fmt: skip
        if None not in (low, high):
            more = {"entries": [[0, 0, 2]], "low": None, "high": 200}
            network = {**network, "constraints": [*network["constraints"], more]}
        assert made(network, strengthen=["bounded"], bound=str(12 + Fraction(1, 10**15)))().program
        for bound in (12, "11999999/1000000", 7):
            with pytest.raises(Rejected):
                made(network, strengthen=["bounded"], bound=bound)()


def test_no_inputs_and_a_negative_bound():
    nothing = {**TWO, "X": table([0], [0])}
    assert made(nothing, kept=[], combination=[[], []], strengthen=["bounded"], bound=0)().program
    assert made(nothing, kept=[], combination=[[], []], strengthen=["bounded"], bound=1)().program
    assert made(line(constraints=[limits(None, None)]))().program and made(line(weights=table([2])))().program
    said = made(line(), strengthen=["bounded"], bound=str(Fraction(10**20 + 1, 3 * 10**20)), assumed=True)()
    assert "≤ 0.333333333333… (" in said.assumed[0], "a smaller number is assumed in words, and no larger one"
    for network, more in ((line(y=0), {}), (nothing, {"kept": [], "combination": [[], []]})):
        with pytest.raises(Rejected):
            made(network, strengthen=["bounded"], bound=-1, **more)()


@pytest.mark.parametrize("network", [DEEP, TWO])
def test_other_coordinates_of_the_inputs_need_their_own_bound(network):
    """A ridge bounds W, and V only where W = V."""
    ridge = line(x=0, ridge=1)
    assert made(ridge, strengthen=["bounded"], bound=2)().program
    with pytest.raises(Rejected):
        made(ridge, strengthen=["bounded"], bound=2, inputs=[["1/9"]])()


def test_only_whitened_projections_change_their_side():
    """With more outputs than inputs the smaller side is taken where the coordinates were chosen for it."""
    wide = {**LINE, "widths": [1, 1, 2], "X": table([1]), "Y": table([1], [2])}
    plain, white = (made(wide, "projection", names)().program.orders for names in ([], ["whiten"]))
    assert plain == [1, 2, 2] and white == [1, 1, 1]


def test_roots_are_rounded_up():
    rng = np.random.default_rng(0)
    for _ in range(300):
        value = Fraction(int(rng.integers(1, 10**9)), int(rng.integers(1, 10**9))) * Fraction(2) ** int(
            rng.integers(-300, 300))  # fmt: skip
        root = check_lift_bounds._root_up(value)
        assert value < root**2 < value * (1 + Fraction(1, 2**60))
    assert check_lift_bounds._root_up(Fraction(0)) == 0


def test_independent_columns_and_invertible_matrices():
    rng = np.random.default_rng(1)
    for _ in range(300):
        n, rank = int(rng.integers(1, 5)), int(rng.integers(1, 5))
        B = rng.integers(-2, 3, (n, rank))
        G = B @ B.T
        ranks = [0, *(np.linalg.matrix_rank(G[:, : j + 1]) for j in range(n))]
        kept = [j for j in range(n) if ranks[j + 1] > ranks[j]]
        assert check_lift_bounds._independent(G.tolist()) == kept
        S = [[Fraction(int(v), int(rng.integers(1, 4))) for v in row] for row in rng.integers(-2, 3, (n, n))]
        assert check_coordinates._invertible(S) == (det(S) != 0)
    assert not check_coordinates._invertible([[Fraction(1, PRIME), 0], [0, 1]]), "no number modulo the prime"
    assert check_coordinates._times([[1, 0, 2]], [[3], [5], [0]]) == [[3]]


def test_weight_decay_needs_orthogonal_inputs_and_no_others_do():
    turned = [["3/5", "4/5"], ["-4/5", "3/5"]]
    assert made({**PLANE, "widths": [2, 2, 2], "weight_decay": 1}, inputs=turned)().program
    assert made(PLANE, inputs=[[1, 1], [0, 1]])().program
    with pytest.raises(Rejected):
        made({**PLANE, "widths": [2, 2, 2], "weight_decay": 1}, inputs=[[1, 1], [0, 1]])()


# name ↦ (network, key of a cut, the least number that is shown)
CUTS = {
    "errors": (line(y=3, loss="absolute"), "total", 3), "a weight": (line(y=3, loss="absolute",
        sample_weight=table(["1/2"])), "total", "3/2"),
    "Huber, small": (line(loss="huber", delta=3), "total", "1/6"),
    "Huber, large": (line(y=3, loss="huber", delta=2), "total", 2),
    "decay of three layers": (line(y=3, widths=[1] * 4, weight_decay=2), "decay", 3),
    "decay of four layers": (line(y=2, widths=[1] * 5, weight_decay="1/2"), "decay", 4),
}  # fmt: skip


@pytest.mark.parametrize("name", CUTS)
def test_cuts_by_the_value_at_zero_are_sharp(name):
    network, key, least = CUTS[name]
    with_cut = made(network, **{key: least})().program
    assert len(with_cut.blocks) == len(made(network)().program.blocks) + 1
    with pytest.raises(Rejected, match="not shown to be bounded"):
        made(network, **{key: str(Fraction(least) * Fraction(999999, 1000000))})()


@pytest.mark.parametrize(("n", "m", "r"), [(2, 3, 2), (3, 2, 1), (1, 2, 3)])
def test_the_lift_to_moments_of_factors_is_what_it_says(n, m, r):
    """V_ij = Σ_a T_(ia),(ja); minors of T; r Σ_i T_(ia),p T_(ib),q, less the trace where a = b, but for the last."""
    lift = check_lifts.factor_moments(None, {}, set(), (n, m), r, None)  # type: ignore[arg-type]
    assert len(lift.K.basis) == 1 + n * m + n * m * r * r and len(lift.K.free) == 1 + n * m * r * r
    rng = np.random.default_rng(n)
    u = [int(v) for v in rng.integers(-9, 10, len(lift.K.free))]
    x = [sum(c * u[k] for k, c in row.items()) for row in lift.K.basis]
    V, T = np.array(x[1 : 1 + n * m]).reshape(n, m), np.array(x[1 + n * m :]).reshape(n * r, m * r)
    assert [[x[lift.V(i, j)] for j in range(m)] for i in range(n)] == V.tolist()
    assert V.tolist() == np.einsum("iaja->ij", T.reshape(n, r, m, r)).tolist() and T.any()
    expected = [T[i, j] * T[k, l] - T[i, l] * T[k, j] for i, k in combinations(range(n * r), 2)
                for j, l in combinations(range(m * r), 2)]  # fmt: skip
    for a, b in combinations_with_replacement(range(r), 2):
        if (a, b) != (r - 1, r - 1):
            M = r * T[a::r].T @ T[b::r] - (T.T @ T if a == b else 0)
            expected += M[np.triu_indices(m * r)].tolist()
    assert [check_identity.evaluate(form, x) for form in lift.vanishing] == [int(v) for v in expected]


def test_the_lift_of_rank_one_has_an_entry_for_every_weight():
    lift = check_lifts.alone(None, {}, set(), (2, 3), 1, None)  # type: ignore[arg-type]
    assert len(lift.K.basis) == 7 and len(lift.vanishing) == 3
