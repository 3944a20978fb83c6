"""The duals of polynomial networks, piece by piece: conjugates, their domains, and the matrices on the sphere."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from copos.checker import check, check_polynomial, check_row_space
from copos.checker.check_data import Data
from copos.checker.check_losses import conjugate
from copos.checker.check_reading import Rejected, Unreadable
from tests.checker.forgeries_polynomial import CLASSES, LINEAR, LINES, PROOF, QUADRATIC, ROOM, forged, network
from tests.checker.test_certificate_truths import plain, rational

TINY = Fraction(1, 10**9)


def asked(loss="squared", y=(1,), weights=None, **more):
    """A question with these targets, one sample each."""
    problem = {**QUADRATIC, "loss": loss, "X": {"rows": [[1]] * len(y)}, "Y": {"rows": [[v] for v in y]}, **more}
    if weights is not None:
        problem["weights"] = {"rows": [[plain(Fraction(w))] for w in weights]}
    return check_polynomial.question(problem, Data(None))


def value(q, nu):
    """What `conjugate` makes of rational multipliers, one column."""
    bottom = np.lcm.reduce([Fraction(v).denominator for v in nu])
    return conjugate(q.losses, [[int(v * bottom)] for v in nu], [Fraction(1, int(bottom))])


@pytest.mark.parametrize("loss", ["squared", "huber"])
def test_conjugates_of_smooth_losses(loss):
    """−Σ (ν_i y_i + ν_i²/(2w_i)), every quotient rounded so that the sum is not above it."""
    rng = np.random.default_rng(0)
    more = {"parameter": 100} if loss == "huber" else {}
    for _ in range(100):
        n = int(rng.integers(1, 4))
        y, nu = [rational(rng) for _ in range(n)], [rational(rng) for _ in range(n)]
        w = [abs(rational(rng)) + Fraction(1, 3) for _ in range(n)]
        true = -sum(v * t + v * v / (2 * c) for v, t, c in zip(nu, y, w, strict=True))
        found = value(asked(loss, [plain(v) for v in y], w, **more), nu)
        assert true - Fraction(n, 2**50) <= found <= true


INTERVALS = {  # loss, parameter, target ↦ the ends of ν/w
    ("absolute", None, 5): (-1, 1), ("huber", Fraction(2, 3), 5): (Fraction(-2, 3), Fraction(2, 3)),
    ("quantile", Fraction(1, 3), 5): (Fraction(-1, 3), Fraction(2, 3)), ("hinge", None, 1): (-1, 0),
    ("hinge", None, -1): (0, 1), ("squared_hinge", None, 1): (None, 0), ("squared_hinge", None, -1): (0, None),
    ("logistic", None, 1): (-1, 0), ("logistic", None, -1): (0, 1), ("squared", None, 5): (None, None),
}  # fmt: skip


@pytest.mark.parametrize("case", INTERVALS)
@pytest.mark.parametrize("w", [1, Fraction(3, 2)])
def test_domains_of_conjugates_are_closed_intervals(case, w):
    loss, parameter, y = case
    q = asked(loss, [y], [w], **({} if parameter is None else {"parameter": plain(parameter)}))
    for end, way in zip(INTERVALS[case], (-1, 1), strict=True):
        inside = way * 10**6 if end is None else end * w
        assert value(q, [inside]) is not None
        if end is not None:
            assert value(q, [inside - way * TINY]) is not None
            with pytest.raises(Rejected, match="outside of the domain"):
                value(q, [inside + way * TINY])
    if loss == "absolute":
        assert value(q, [Fraction(1, 2)]) == Fraction(-5, 2) and value(q, [Fraction(-1, 2)]) == Fraction(5, 2)
    if loss in ("quantile", "hinge"):
        v = Fraction(1, 4) * (-1 if INTERVALS[case][1] == 0 else 1)
        assert value(q, [v]) == -v * y
    if loss == "logistic":
        assert value(q, [0]) == 0, "of certainty there is no entropy, not even a last bit"
    if loss == "squared_hinge":
        assert -Fraction(1, 2**50) <= value(q, [-y * w]) - Fraction(1, 2) * w <= 0


def entropy(*chances):
    return float(-sum(float(p) * np.log(float(p)) for p in chances if p))


def test_entropies_of_labels_and_classes():
    """Σ w Σ_t P_t log(1/P_t): for labels P = (−yν/w, 1 + yν/w), for classes the row ν/w + y."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        n = int(rng.integers(1, 4))
        w = [abs(rational(rng)) + Fraction(1, 3) for _ in range(n)]
        y = [int(v) for v in rng.choice([-1, 1], n)]
        chance = [Fraction(int(rng.integers(0, 8)), 7) for _ in range(n)]
        nu = [-t * p * c for t, p, c in zip(y, chance, w, strict=True)]
        true = sum(float(c) * entropy(p, 1 - p) for c, p in zip(w, chance, strict=True))
        found = value(asked("logistic", y, w), nu)
        assert -1e-12 <= float(found) - true <= 1e-12
        labels = [int(v) for v in rng.integers(0, 3, n)]
        P = [[Fraction(int(v), 9) for v in np.diff(np.sort([0, *rng.integers(0, 10, 2), 9]))] for _ in range(n)]
        q = asked("multinomial", labels, w, classes=3)
        N = [[(P[i][t] - (labels[i] == t)) * w[i] for t in range(3)] for i in range(n)]
        bottom = int(np.lcm.reduce([v.denominator for row in N for v in row]))
        found = conjugate(q.losses, [[int(v * bottom) for v in row] for row in N], [Fraction(1, bottom)] * 3)
        true = sum(float(c) * entropy(*row) for c, row in zip(w, P, strict=True))
        assert -1e-12 <= float(found) - true <= 1e-12
        assert [sum(row) for row in q.losses.Y] == [1] * n and all(q.losses.Y[i][labels[i]] == 1 for i in range(n))
    with pytest.raises(Rejected, match="sum to zero"):
        conjugate(asked("multinomial", [0], classes=2).losses, [[-1, 0]], [Fraction(1, 2)] * 2)
    with pytest.raises(Rejected, match="one scale for all outputs"):
        conjugate(asked("multinomial", [0], classes=2).losses, [[-1, 1]], [Fraction(1, 2), Fraction(1, 4)])


def test_an_output_of_scale_zero_says_nothing():
    q = check_polynomial.question({**QUADRATIC, "Y": {"rows": [[1, 7]]}}, Data(None))
    assert conjugate(q.losses, [[-1, 5]], [Fraction(1, 2), Fraction(0)]) == Fraction(3, 8)


def test_matrices_on_the_sphere_are_what_they_say():
    """times·G + diag, bordered, minus BB'/4^bits is dominant with the units, or is refused; against fractions."""
    rng, seen = np.random.default_rng(2), {True: 0, False: 0}
    for _ in range(500):
        k, bordered, bits = int(rng.integers(1, 4)), bool(rng.integers(2)), int(rng.integers(0, 3))
        size = k + bordered
        G = [[int(v) for v in rng.integers(-3, 4, i + 1)] for i in range(k)]
        times, diagonal = rational(rng), [rational(rng) for _ in range(k)]
        edge, corner = ([rational(rng) for _ in range(k)], rational(rng)) if bordered else ([], None)
        factor = [[int(v) for v in rng.integers(-2, 3, i + 1)] for i in range(size)]
        units = [int(v) for v in rng.integers(-2, 3, size)] if rng.random() < 0.5 else None
        d = [Fraction(2) ** u for u in units or [0] * size]
        M = [[times * G[i][j] + (diagonal[i] if i == j else 0) for j in range(i + 1)] for i in range(k)]
        if bordered:
            M.append([*edge, Fraction(corner)])
        R = [[M[i][j] - sum(a * b for a, b in zip(factor[i], factor[j], strict=False)) / Fraction(4) ** bits
              for j in range(i + 1)] for i in range(size)]  # fmt: skip
        full = [[R[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]
        if rng.random() < 0.8:  # make it dominant up to a little, by the diagonal
            slack = int(rng.integers(-1, 2)) * Fraction(1, 100)
            for i in range(size):
                wanted = sum(abs(full[i][j]) / d[j] for j in range(size) if j != i) * d[i] + slack * (i == 0)
                change = wanted - full[i][i]
                full[i][i] += change
                if i < k:
                    diagonal[i] += change
                else:
                    corner = Fraction(corner) + change  # type: ignore[arg-type]
        truth = all(full[i][i] / d[i] >= sum(abs(full[i][j]) / d[j] for j in range(size) if j != i)
                    for i in range(size))  # fmt: skip
        proof = {"factor": factor, "bits": bits} | ({} if units is None else {"units": units})
        try:
            check_polynomial.semidefinite([(times, G)], diagonal, edge, corner, proof)
            accepted = True
        except Rejected:
            accepted = False
        assert accepted == truth
        seen[truth] += 1
    assert min(seen.values()) > 100


def test_sums_of_outer_products_in_every_way():
    """Lower triangles of Σ w_i r_i r_i', with python-flint if it is there and without, entries of any sign and size."""
    rng = np.random.default_rng(3)
    for columns, top in itertools.product((1, 3, 4, 5), (1, 2, 10**6)):
        rows = [[int(v) for v in rng.integers(-top, top + 1, 3)] for _ in range(4)]
        W = [[int(v) for v in rng.integers(-top, top + 1, 4)] for _ in range(columns)]
        expected = [[[sum(w * r[i] * r[j] for w, r in zip(c, rows, strict=True)) for j in range(i + 1)]
                     for i in range(3)] for c in W]  # fmt: skip
        assert check_row_space.gram(rows, W) == expected
    assert check_row_space.gram([[1]] * 3, [[1, 1, 1]] * 4) == [[[3]]] * 4
    assert check_row_space.gram([[-1, 1]], [[1]] * 4) == [[[1], [-1, 1]]] * 4
    for w in (1, 2):  # weights that are one number
        assert check_row_space.gram([[1, 2]] * 2, [[w, w]]) == [[[2 * w], [4 * w, 8 * w]]]


def test_inverse_squares_of_equal_scales():
    assert check_row_space.inverse_squares([1, 1]) == ([1, 1], 0)
    q, bits = check_row_space.inverse_squares([2, 2])
    assert [Fraction(v, 1 << bits) for v in q] == [Fraction(1, 4)] * 2


def test_row_spaces_are_what_their_frames_say():
    """Y = GW', H = WGW', G = X diag(q) X' over the rows that differ and are not zero, by fractions."""
    rng = np.random.default_rng(5)
    for trial in range(60):
        r, d, T = (int(v) for v in rng.integers(1, 4, 3))
        X = [[int(v) for v in rng.integers(-3, 4, d)] for _ in range(r)]
        X += [X[0], [0] * d]
        N = [[int(v) for v in rng.integers(-5, 6, len(X))] for _ in range(T)]
        scale = [1] * d if trial % 3 == 0 else [abs(rational(rng)) * 1000 + Fraction(1, 7) for _ in range(d)]
        scale = [1, *scale[1:]] if trial % 3 == 1 else scale
        kept = list(dict.fromkeys(tuple(x) for x in X if any(x)))
        if not kept:
            continue
        W = [[int(v) for v in rng.integers(-4, 5, i)] + [int(rng.choice([-2, 1, 3]))] for i in range(len(kept))]
        Y, columns, H, share = check_row_space.on_row_space(X, N, W, scale)
        q, bits = check_row_space.inverse_squares(scale)
        assert share == Fraction(1, 2**bits)
        for v, s in zip(q, scale, strict=True):
            assert 0 <= Fraction(v, 2**bits) * s * s - 1 < Fraction(1, 2**60)
        full = [row + [0] * (len(kept) - len(row)) for row in W]
        G = [[sum(a * b * c for a, b, c in zip(x, q, y, strict=True)) for y in kept] for x in kept]
        by_hand = [[sum(g * w for g, w in zip(row, other, strict=True)) for other in full] for row in G]
        assert Y == by_hand
        assert H == [[sum(w * by_hand[k][j] for k, w in enumerate(full[i])) for j in range(i + 1)]
                     for i in range(len(kept))]  # fmt: skip
        sums = [[sum(v for v, x in zip(column, X, strict=True) if tuple(x) == y) for y in kept] for column in N]
        assert columns == sums


SLACK = Fraction(1, 10**6)


def least_beta(make):
    """The least β of a document, by bisection to about 1e-6: what is shown on the sphere is shown for more."""
    low, high = Fraction(0), Fraction(16)
    while high - low > SLACK / 10:
        middle = (low + high) / 2
        low, high = (low, middle) if check.check(make(str(middle))).proved else (middle, high)
    return high


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("activation", [(1, 0, 0), (2, 0, 0), (1, 0, "1/2"), (-1, 0, "1/2"), (0, 0, 1), (3, 0, -1)])
def test_even_activations_are_bounded_by_their_largest_value(sign, activation):
    """One sample x = (1, 2)/2, ν = ±1/2: max |ν(a(x'u)² + c)| over ‖u‖ = 1 is |ν| max(|c|, |a·5/4 + c|)."""
    a, c = Fraction(activation[0]), Fraction(activation[2])
    truth = Fraction(1, 2) * max(abs(c), abs(a * Fraction(5, 4) + c))

    def make(beta):
        # βI ∓ ν(a xx' + cI): the part with −a xx' against βI is a scaled identity plus a square, dominated after BB'
        first, second = (Fraction(beta) - s * sign * Fraction(-1, 2) * c for s in (1, -1))
        proofs = []
        for s, room in ((1, first), (-1, second)):
            k = -s * sign * Fraction(-1, 2) * a / 4  # M = room·I + k (1, 2)(1, 2)'
            proofs.append(square_root(room, k))
        return network({**QUADRATIC, "X": {"rows": [["1/2", 1]]}, "Y": {"rows": [[sign]]}, "beta": beta,
                        "activation": list(activation)},
                       {**PROOF, "value": 0, "multiplier": [[-sign]], "spheres": [[proofs]]})  # fmt: skip

    assert abs(least_beta(make) - truth) < 10 * SLACK


def square_root(room, k):
    """A factor of room·I + k (1, 2)(1, 2)' with 30 bits, lower triangular; zero where it is not positive."""
    M = np.array([[float(room + k), float(2 * k)], [float(2 * k), float(room + 4 * k)]])
    try:
        L = np.linalg.cholesky(M - 1e-8 * np.eye(2))
    except np.linalg.LinAlgError:
        L = np.zeros((2, 2))
    rows = np.rint(np.ldexp(L, 30)).astype(int).tolist()
    return {"factor": [row[: i + 1] for i, row in enumerate(rows)], "bits": 30}


def test_scales_and_units_of_the_data_count():
    """x = 3/2 shifted by 1/2 and divided by 2 is 1/2: the bound is that of x = 1/2."""
    same = {"standardised": {"shift": ["1/2"], "scale": [2]}, "X": {"rows": [["3/2"]]}}
    for change in ({"X": {"rows": [["1/2"]]}}, same):
        for beta, fine in (("1/8", True), ("124999/1000000", False)):
            assert check.check(forged({**QUADRATIC, **change, "beta": beta}, value=0)).proved == fine
    for beta, fine in (("1/4", True), ("249999/1000000", False)):
        halves = [{"factor": [[0], [0, 0]], "bits": 1, "delta": "1/8", "units": [1, 0]}] * 2
        document = network({**LINEAR, **same, "beta": beta}, {**LINES, "value": 0, "spheres": [[halves]]})
        assert check.check(document).proved == fine, beta


def test_a_pool_of_patches_is_an_average():
    """Two patches of one entry each: ν(x_1² + x_2²)/2 for the pool, and ν x_j² for each patch alone."""
    zero = {"factor": [[0]], "bits": 0}
    windows = {**QUADRATIC, "X": {"rows": [[1, 3]]}}
    for pool, beta in (("global", "5/2"), (2, "5/2"), (1, "9/2")):
        groups = 2 if pool == 1 else 1
        for b, fine in ((beta, True), (str(Fraction(beta) - SLACK), False)):
            proof = {**PROOF, "value": 0, "spheres": [[[zero, zero]]] * groups}
            said = check.check(network({**windows, "architecture": {**ROOM, "pool": pool}, "beta": b}, proof))
            assert said.proved == fine, (pool, b)
            assert "mean σ(patch'u_j)" in check.check(network({**windows, "architecture": ROOM}, {"value": 0})).claim


BOUNDS = {  # what is just outside of a question
    "classes": lambda: asked("multinomial", [0, 1], classes=1), "a class": lambda: asked("multinomial", [2], classes=2),
    "a label": lambda: asked("hinge", [0]), "beta": lambda: asked(beta=0), "a weight": lambda: asked(weights=[0]),
    "a quantile": lambda: asked("quantile", parameter=1), "Huber": lambda: asked("huber", parameter=0),
    "a scale": lambda: asked(standardised={"shift": [0], "scale": [0]}),
    "activation": lambda: asked(activation=[1, 0]), "intercept": lambda: asked(intercept=1),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDS)
def test_questions_have_an_outside(name):
    with pytest.raises(Unreadable):
        BOUNDS[name]()


def test_targets_scales_and_samples_are_looked_at_one_by_one():
    for bad in (lambda: asked("hinge", [1, 0]), lambda: asked("hinge", [0, 1]),
                lambda: asked(standardised={"shift": [0, 0], "scale": [1, -1]}, X={"rows": [[1, 2]]}),
                lambda: asked(standardised={"shift": [0, 0], "scale": [-1, 1]}, X={"rows": [[1, 2]]})):  # fmt: skip
        with pytest.raises(Unreadable):
            bad()
    q = asked(standardised={"shift": [0, "1/2"], "scale": [1, 2]}, X={"rows": [[1, 2]]})
    assert q.pools == [[[[2, 3]]]] and q.unit == 2 and q.scale == [1, 2]
    for room, patch in ((["3", 1, 1], [1, 2]), ([1, 3, 1], [2, 1])):
        shape = [int(v) for v in room]
        with pytest.raises(Unreadable, match="do not fit"):
            asked(X={"rows": [[1, 2, 3]]}, architecture={**ROOM, "shape": shape, "patch": patch})
    for pool in (2, 3):
        with pytest.raises(Unreadable, match="pools do not fit"):
            asked(X={"rows": [[1, 2, 3]]}, architecture={**ROOM, "shape": [3, 1, 1], "patch": [1, 1], "pool": pool})


def test_every_column_of_a_multiplier_counts():
    two = {**QUADRATIC, "X": {"rows": [[1], [1]]}, "Y": {"rows": [[1, 1], [1, 1]]}, "beta": 9}
    zero = {"factor": [[0]], "bits": 0}

    def said(multiplier, scale, intercept):
        proof = {"value": -100, "multiplier": multiplier, "bits": 1, "scale": scale, "spheres": [[[zero, zero]] * 2]}
        return check.check(network({**two, "intercept": intercept}, proof))

    for multiplier, fine in (([[1, 1], [-1, -1]], True), ([[1, 1], [-1, 0]], False), ([[1, 1], [0, -1]], False)):
        assert said(multiplier, [1, 1], True).proved == fine and said(multiplier, [1, 1], False).proved
    for scale, fine in (([1, 0], True), ([0, 0], True), ([1, "-1/1000000"], False), (["-1/1000000", 1], False)):
        assert said([[1, 1], [-1, -1]], scale, False).proved == fine, scale
    assert not check.check(network(proof={"value": 0, "bits": 1})).readable
    assert check.check(forged(LINEAR, value=0, multiplier=[[0]], spheres=[[[{"factor": [[0], [0, 0]], "bits": 0}] * 2]])
                       ).proved  # fmt: skip


def test_tables_that_are_given_may_lie_on_their_side_and_others_are_refused():
    given = {**QUADRATIC, "X": {"rows": [[1, 2], [3, 4], [5, 6]]}, "Y": {"rows": [[1, 0], [2, 1], [3, 5]]},
             "weights": {"rows": [[1], [2], [1]]}}  # fmt: skip
    named = {key: {"sha256": check_polynomial.digest(given[key]["rows"]), "shape": [3, len(given[key]["rows"][0])]}
             for key in ("X", "Y", "weights")}  # fmt: skip
    document = network({**given, **named}, {"value": 0})
    tables = {key: given[key]["rows"] for key in named}
    for name in named:
        turned = [list(column) for column in zip(*tables[name], strict=True)]
        assert check.check(document, None, {**tables, name: turned}).proved, name
    without = {key: value for key, value in given.items() if key != "weights"}
    assert check.check(network({**without, "X": named["X"]}, {"value": 0}), without).proved
    for wrong in (5, [], [1], [[1], 2], "rows", None, {}):
        assert not check.check(document, {**given, "X": {"rows": wrong}}).proved
    assert not check.check(document, {**given, "X": named["X"]}).proved, "a table that is only named is not given"
    assert not check.check({**document, "problem": []}, given).proved


def test_questions_have_an_inside():
    assert asked("multinomial", [0, 1], classes=2).losses.Y == [[1, 0], [0, 1]]
    assert asked("multinomial", [0], classes=1).losses.Y == [[1]]
    assert asked("quantile", parameter="999/1000").losses.parameter == Fraction(999, 1000)
    assert asked(weights=["1/1000"]).losses.weights == [Fraction(1, 1000)]
    assert asked("hinge", [1, -1]).losses.Y == [[1], [-1]]
    q = asked(standardised={"shift": ["1/3"], "scale": ["1/2"]}, constant="1/5")
    assert q.unit == 15 and q.pools == [[[[10, 3]]]] and q.scale == [Fraction(1, 2), 1]
    assert q.prepared == ["every entry of x shifted and divided by a scale that the problem states",
                          "the constant 1/5 appended to x"]  # fmt: skip


def test_claims_about_networks_say_what_was_asked():
    said = check.check(network(CLASSES, {"value": 0}, weights={"rows": [[1], [2]]}, intercept=True)).claim
    assert said.startswith("Σ w_i (log Σ exp f_t − f_y) + 1/2 Σ|α_j| ≥ 0 for every network f(x) = t + Σ_j α_j σ(x'u_j)")
    assert "σ(s) = 1s² + 0s + 0, on 2 samples and 2 outputs" in said
    plain_one = check.check(network(proof={"value": 0})).claim
    assert plain_one.startswith("Σ ½(f − y)² + 1/2 Σ|α_j| ≥ 0 for every network f(x) = Σ_j α_j σ(x'u_j), ‖u_j‖ = 1")
    assert "on 1 samples (" in plain_one.replace(" [", " (") and "outputs" not in plain_one
    huber = check.check(network(proof={"value": 0}, loss="huber", parameter=str(Fraction(1, 3**30)))).claim
    assert "Huber(f − y) of parameter 4.85693574962e-15… + " in huber
    rounded = check.check(forged(value=str(Fraction(3, 8) - Fraction(1, 3 * 10**14)))).claim
    assert "≥ 0.374999999999… (" in rounded


def test_a_scale_of_every_output_and_the_bits_of_a_multiplier():
    """ν = scale·N/2^bits: the same multiplier in several ways."""
    for multiplier, bits, scale, fine in (([[-1]], 1, [1], True), ([[-2]], 2, [1], True), ([[-1]], 0, ["1/2"], True),
                                          ([[-1]], -1, ["1/4"], True), ([[-1]], 2, [1], False),
                                          ([[-1]], 2, [2], True), ([[1]], 1, [1], False)):  # fmt: skip
        assert check.check(forged(multiplier=multiplier, bits=bits, scale=scale)).proved == fine, (multiplier, bits)



@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_least_value_over_sign_vectors_is_that_of_all_of_them(k):
    rng = np.random.default_rng(k)
    for _ in range(20):
        M = rng.integers(-9, 10, (k, k))
        M = np.tril(M) + np.tril(M, -1).T
        values = [int(np.array(v) @ M @ np.array(v)) for v in itertools.product((-1, 1), repeat=k)]
        assert check_polynomial.least([row[: i + 1].tolist() for i, row in enumerate(M)]) == min(values)
