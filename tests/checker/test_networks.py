"""Linear networks, piece by piece: losses and sums against fractions, the closed form sharp, points as they are."""

from fractions import Fraction

import numpy as np
import pytest

from copos.checker import check, check_networks
from copos.checker.check_data import Data
from copos.checker.check_reading import Rejected, Unreadable
from tests.checker.forgeries_data import LINE, PROOF, TWO, network
from tests.checker.test_certificate_truths import plain, rational

TINY = Fraction(1, 10**6)


def table(M):
    return {"rows": [[plain(Fraction(v)) for v in row] for row in M]}


def matrix(rng, rows, columns):
    return [[rational(rng) for _ in range(columns)] for _ in range(rows)]


def positive(rng, rows, columns):
    return [[abs(v) for v in row] for row in matrix(rng, rows, columns)]


def asked(X, Y, **more):
    problem = {**LINE, "widths": [len(X), len(Y)], "X": table(X), "Y": table(Y), **more}
    return check_networks.asked(problem, Data(None))


def weights_of(rng, X, Y):
    """Some of the three kinds of weights, and ω_it."""
    n, m = len(X[0]), len(Y)
    chosen = {
        "weights": positive(rng, m, n), "sample_weight": positive(rng, 1, n), "output_weight": positive(rng, 1, m)
    }  # fmt: skip
    chosen = {key: M for key, M in chosen.items() if rng.random() < 0.6}
    ones = [[Fraction(1)] * n for _ in range(m)]
    W, s, o = (chosen.get(key, ones) for key in ("weights", "sample_weight", "output_weight"))
    if "output_weight" not in chosen:
        o = [[Fraction(1)] * m]
    return {key: table(M) for key, M in chosen.items()}, [[W[i][t] * s[0][t] * o[0][i] for t in range(n)]
                                                          for i in range(m)]  # fmt: skip


def best_intercept(w, e):
    """min_b Σ w (e + b)²."""
    total = sum(w)
    mean = Fraction(sum(a * b for a, b in zip(w, e, strict=True))) / total if total else 0
    return sum(a * (b - mean) ** 2 for a, b in zip(w, e, strict=True))


def test_losses_against_fractions():
    rng = np.random.default_rng(0)
    for _ in range(150):
        d, m, n = (int(v) for v in rng.integers(1, 4, 3))
        X, Y, W = matrix(rng, d, n), matrix(rng, m, n), matrix(rng, m, d)
        more, ω = weights_of(rng, X, Y)
        delta = Fraction(int(rng.integers(1, 9)), 2)
        E = [[sum(W[i][a] * X[a][t] for a in range(d)) - Y[i][t] for t in range(n)] for i in range(m)]
        huber = lambda e, delta=delta: e * e if abs(e) <= delta else 2 * delta * abs(e) - delta**2  # noqa: E731
        for loss, rho in (("squared", lambda e: e * e), ("absolute", abs), ("huber", huber)):
            q = asked(X, Y, loss=loss, **more, **({"delta": plain(delta)} if loss == "huber" else {}))
            errors = [check_networks.errors(q.X, q.Y[i], W[i]) for i in range(m)]
            assert errors == E
            assert [[q.weight(i, t) for t in range(n)] for i in range(m)] == ω
            for i in range(m):
                true = sum(w * rho(e) for w, e in zip(ω[i], E[i], strict=True))
                assert check_networks.loss_of(q, i, errors[i]) == true
        q = asked(X, Y, intercept=True, **more)
        for i in range(m):
            assert check_networks.loss_of(q, i, E[i]) == best_intercept(ω[i], E[i])


def test_the_quadratic_part_of_a_loss():
    """W G w' − 2wh' + c is the loss of every w, after the best intercept where there is one."""
    rng = np.random.default_rng(1)
    for _ in range(100):
        d, m, n = (int(v) for v in rng.integers(1, 4, 3))
        X, Y = matrix(rng, d, n), matrix(rng, m, n)
        line = [abs(rational(rng)) + Fraction(1, 5) for _ in range(n)] if rng.random() < 0.7 else None
        for intercept in (False, True):
            part = check_networks.quadratic(X, Y, line, intercept)
            assert part.G == [list(row) for row in zip(*part.G, strict=True)]
            for i in range(m):
                w = [rational(rng) for _ in range(d)]
                E = [sum(w[a] * X[a][t] for a in range(d)) - Y[i][t] for t in range(n)]
                v = line or [Fraction(1)] * n
                true = best_intercept(v, E) if intercept else sum(a * e * e for a, e in zip(v, E, strict=True))
                found = sum(w[a] * w[b] * part.G[a][b] for a in range(d) for b in range(d))
                found += part.squares[i] - 2 * sum(a * h for a, h in zip(w, part.H[i], strict=True))
                assert found == true


def closed(problem, t, C=None, value=0, C_bits=0, bits=30, hold=1e-6, **more):
    """A proof of the closed form: a factor of [[G, H'], [H, tD + Z]], D = diag(1/a)."""
    q = check_networks.asked(problem, Data(None))
    a = [Fraction(v) for v in more.get("output_weight", q.outputs or [1] * len(q.Y))]
    b = [Fraction(v) for v in more["sample_weight"]] if "sample_weight" in more else q.samples
    used = [i for i, v in enumerate(a) if v]
    part = check_networks.quadratic(q.X, [q.Y[i] for i in used], b, q.intercept)
    d, m = len(q.X), len(used)
    C = [[] for _ in used] if C is None else C
    G = [[v + (q.ridge if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(part.G)]
    M = np.zeros((d + m, d + m))
    M[:d, :d], M[d:, :d] = np.array(G, dtype=float), np.array(part.H, dtype=float)
    M[:d, d:] = M[d:, :d].T
    Z = np.array([[sum(x * y for x, y in zip(r, s, strict=True)) for s in C] for r in C], dtype=float) / 2.0**C_bits
    M[d:, d:] = Z.reshape(m, m) + np.diag([float(Fraction(t) / a[i]) for i in used])
    L = np.linalg.cholesky(M - hold * np.eye(d + m))
    return {"value": value, "t": t, "C": C, "C_bits": C_bits, "factor": np.rint(np.ldexp(L, bits)).astype(int).tolist(),
            "bits": 2 * bits, "scales": [0] * (d + m), **more}  # fmt: skip


def proved(problem, proof):
    said = check.check(network(problem, proof))
    assert said.proved or "less than the value that it states" in said.reason or "not shown" in said.reason, said.reason
    return said.proved


X2, Y2 = [[2, 0, 1], [0, 1, 1]], [[1, 2, 0], [0, 1, 3]]
PLAIN = {**LINE, "widths": [2, 1, 2], "X": table(X2), "Y": table(Y2)}
CLOSED = {
    "plain": (PLAIN, {}), "full rank": ({**PLAIN, "widths": [2, 2, 2]}, {}),
    "ridge": ({**PLAIN, "ridge": "1/2"}, {}), "intercept": ({**PLAIN, "intercept": True}, {}),
    "output weights": ({**PLAIN, "output_weight": table([[2, "1/3"]])}, {}),
    "sample weights": ({**PLAIN, "sample_weight": table([[1, "1/2", 3]])}, {}),
    "an output without a weight": ({**PLAIN, "output_weight": table([[2, 0]])}, {}),
    "below weights": ({**PLAIN, "weights": table([[1, 2, 1], ["1/2", 1, 1]])},
                      {"output_weight": [1, "1/2"], "sample_weight": [1, 2, 1]}),
    "below weights, samples": ({**PLAIN, "weights": table([[1, 2, 1], [1, 3, 1]])}, {"sample_weight": [1, 2, "1/2"]}),
    "below weights, outputs": ({**PLAIN, "weights": table([[1, 2, 1], [1, 3, 1]])}, {"output_weight": [1, "1/2"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize(("C", "C_bits"), [(None, 0), ([[1], [2]], 0), ([[3], [-1]], 2), ([[1], [0]], -1)])
def test_the_closed_form_is_the_number_that_it_says(name, C, C_bits):
    """c − t r − Σ a_i Z_ii for the a, c and ranks of the question; what is claimed above it is refused."""
    problem, more = CLOSED[name]
    q = check_networks.asked(problem, Data(None))
    a = [Fraction(v) for v in more.get("output_weight", q.outputs or [1, 1])]
    b = [Fraction(v) for v in more["sample_weight"]] if "sample_weight" in more else q.samples or [1] * 3
    used = [i for i in range(2) if a[i]]
    if C is not None:
        C = [C[i] for i in used]
    constant = sum(a[i] * (best_intercept(b, q.Y[i]) if q.intercept else sum(v * y * y for v, y in zip(b, q.Y[i],
        strict=True))) for i in used)  # fmt: skip
    t = 40
    Z = [Fraction(sum(x * x for x in row)) * Fraction(2) ** -C_bits for row in C or [[] for _ in used]]
    bound = constant - t * min(q.rank, 2, len(used)) - sum(a[i] * z for i, z in zip(used, Z, strict=True))
    for value, fine in ((Fraction(bound), True), (bound + TINY, False)):
        assert proved(problem, closed(problem, t, C, plain(value), C_bits, **more)) == fine


def test_a_ridge_enters_where_all_outputs_weigh_one():
    """With other weights the ridge is left out, which only lowers the bound."""
    problem = {**PLAIN, "ridge": 50, "output_weight": table([[1, 2]])}
    weak = closed({**problem, "ridge": 0}, 40, value=-1000)
    assert check.check(network(problem, weak)).proved
    # a t that only the ridge makes large enough
    with_ridge = {**PLAIN, "ridge": 50}
    assert check.check(network(with_ridge, closed(with_ridge, 1, value=-1000))).proved
    strong = closed(with_ridge, 1, value=-1000)
    for other in (PLAIN, {**problem, "output_weight": table([[1, 2]])}):
        assert not check.check(network(other, strong)).proved


def test_products_below_the_weights_are_below_every_weight():
    problem = {**PLAIN, "weights": table([[1, 2, 1], ["1/2", 1, 1]])}
    for a, b, fine in (([1, "1/2"], [1, 2, 1], True), ([1, "1/2"], [1, "2000001/1000000", 1], False),
                       ([1, "501/1000"], [1, 1, 1], False), (["1/2", "1/2"], [1, 2, 2], True),
                       ([1, 0], [1, 2, 1], True)):  # fmt: skip
        proof = closed({**problem}, 40, value=-1000, output_weight=a, sample_weight=b)
        said = check.check(network(problem, proof))
        assert said.proved == fine, said.reason
        assert fine or "weighs an error more" in said.reason


def test_matrices_are_positive_in_their_scales():
    """D M D − BB'/2^bits dominant: (w − 1)² with t = 1 has M = [[1, 1], [1, 1]], in any scales and bits."""
    for scales, factor, bits, fine in (
        ([0, 0], [[1], [1]], 0, True), ([1, 1], [[2], [2]], 0, True), ([1, 0], [[2], [1]], 0, True),
        ([0, 0], [[2], [2]], 2, True), ([0, 0], [[1], [1]], 1, True), ([-1, 0], [[1], [2]], 2, True),
        ([0, 1], [[1], [1]], 0, False), ([0, 0], [[1], [0]], 0, False), ([2, 2], [[1], [1]], -4, True),
    ):  # fmt: skip
        assert check.check(network(None, {**PROOF, "scales": scales, "factor": factor, "bits": bits})).proved == fine
    line = {**LINE, "Y": table([[-1]])}  # M = [[1, −1], [−1, 1]]
    assert check.check(network(line, {**PROOF, "factor": [[1], [-1]]})).proved
    assert not check.check(network(line, PROOF)).proved
    # without a factor the matrix has to be dominant itself
    assert check.check(network({**LINE, "Y": table([[0]])}, {**PROOF, "t": 0, "factor": [[], []], "value": 0})).proved
    assert not check.check(network(None, {**PROOF, "factor": [[], []], "t": "1/2", "value": 0})).proved


@pytest.mark.parametrize("more", [{}, {"ridge": "1/3"}, {"weight_decay": "1/2"}, {"loss": "absolute"},
                                  {"intercept": True}, {"ridge": 2, "weight_decay": 3}])  # fmt: skip
def test_a_network_has_its_value_and_no_smaller_one(more):
    rng = np.random.default_rng(3)
    for _ in range(15):
        X, Y = matrix(rng, 2, 3), matrix(rng, 2, 3)
        A, B = matrix(rng, 1, 2), matrix(rng, 2, 1)
        W = [[B[i][0] * A[0][j] for j in range(2)] for i in range(2)]
        problem = {**LINE, "widths": [2, 1, 2], "X": table(X), "Y": table(Y), **more}
        E = [[sum(W[i][a] * X[a][t] for a in range(2)) - Y[i][t] for t in range(3)] for i in range(2)]
        one = [Fraction(1)] * 3
        true = sum(best_intercept(one, e) if more.get("intercept") else sum(abs(v) if "loss" in more else v * v
                                                                            for v in e) for e in E)  # fmt: skip
        true += Fraction(more.get("ridge", 0)) * sum(v * v for row in W for v in row)
        true += Fraction(more.get("weight_decay", 0)) / 2 * sum(v * v for M in (A, B) for row in M for v in row)
        layers = [table(A)["rows"], table(B)["rows"]]
        for value, fine in ((true, True), (true - TINY, False)):
            said = check.check(network(problem, {"value": plain(value), "layers": layers}, kind="upper bound"))
            assert said.proved == fine, said.reason


def test_constraints_on_a_network_are_closed():
    A = {"entries": [[0, 0, 2], [0, 1, -1]]}
    for low, high, fine in ((3, 3, True), (3, None, True), (None, 3, True), ("3000001/1000000", None, False),
                            (None, "2999999/1000000", False), (2, 4, True), (None, None, True)):  # fmt: skip
        problem = {**TWO, "constraints": [{**A, "low": low, "high": high}]}
        said = check.check(network(problem, {"value": 100, "layers": [[[1, -1]]]}, kind="upper bound"))
        assert said.proved == fine, said.reason


SHAPES = {
    "a layer": {"layers": [[[1]], [[1]]]}, "a row": {"layers": [[[1], [1]]]}, "a column": {"layers": [[[1, 1]]]},
    "none": {"layers": []},
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_layers_have_the_widths_of_the_network(name):
    assert not check.check(network(None, {"value": 100, **SHAPES[name]}, kind="upper bound")).readable


def test_inputs_that_are_kept_span_the_others():
    X = [[1, 0, 2], [0, 1, 1], [1, 2, 4], [0, 0, 0]]  # x_2 = x_0 + 2x_1, x_3 = 0
    G = [[sum(a * b for a, b in zip(r, s, strict=True)) for s in X] for r in X]
    good = {"kept": [0, 1], "combination": [[1, 2], [0, 0]]}
    assert check_networks.spanning(G, good) == [0, 1]
    assert check_networks.spanning(G, {"kept": [0, 2], "combination": [["-1/2", "1/2"], [0, 0]]}) == [0, 2]
    for change in ({"combination": [[1, 1], [0, 0]]}, {"combination": [[1, 2], [0, 1]]}, {"kept": [0],
        "combination": [[0], [1], [0]]}):  # fmt: skip
        with pytest.raises(Rejected):
            check_networks.spanning(G, {**good, **change})
    for change in ({"kept": [0, 4]}, {"kept": [-1, 0]}, {"kept": [1, 0]}, {"combination": [[1, 2]]}):
        with pytest.raises(Unreadable):
            check_networks.spanning(G, {**good, **change})


def test_a_table_and_its_words():
    q = asked([[1, 2]], [[1, 2]], ridge="1/2", sample_weight=table([[1, 2]]))
    assert q.words().startswith("linear network of widths [1, 1]") or "widths" in q.words()
    words = {key: asked([[1]], [[1]], **more).words() for key, more in (
        ("plain", {}), ("huber", {"loss": "huber", "delta": "1/2"}), ("absolute", {"loss": "absolute"}),
        ("decay", {"weight_decay": 1}), ("ridge", {"ridge": 1}), ("intercept", {"intercept": True}),
        ("weights", {"weights": table([[2]])}), ("constraints", {"constraints": [{"entries": [], "low": 0,
                                                                                  "high": 0}]}),
    )}  # fmt: skip
    assert len(set(words.values())) == len(words)
