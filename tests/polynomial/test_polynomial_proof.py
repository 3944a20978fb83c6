"""Exact proofs for polynomial networks: what the checker accepts, what it rejects, and that nothing is ever wrong."""

import json
import subprocess
import sys
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import copos
from copos.checker import check as checker
from copos.checker import check_losses, check_polynomial, check_row_space
from copos.losses.convex import LOSSES
from copos.polynomial import above, exact
from copos.polynomial.features import Convolution, Dense
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import polynomial_network
from copos.polynomial.proof import question
from copos.polynomial.rounding import rounded
from tests.polynomial_cases import descent, random_problem


def data(n=20, d=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2]


# ---- what is proved ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e9, -(2.0**30)])
def test_an_offset_of_the_targets_changes_nothing(offset):
    """½Σ(αx² + t − y)² + β|α| on x = −1, 0, 1, y = 1, 0, 1: α = 0.85, and 0.0925 by hand."""
    y = np.array([1.0, 0.0, 1.0]) + offset
    fit = polynomial_network([[-1.0], [0.0], [1.0]], y, "quadratic", beta=0.1, intercept=True).train(1e-9)
    assert fit.certified and fit.lower <= 0.0925 <= fit.objective * (1 + 1e-15)
    assert 0.0925 - fit.lower <= 1e-11


@pytest.mark.parametrize("seed", range(48))
def test_certificates_of_every_loss_and_architecture(seed):
    name, program = random_problem(seed)
    fit = program.train(1e-7)
    document = json.loads(json.dumps(fit.certificate.document()))
    verdict = copos.verify(document)
    assert verdict.proved, (name, verdict.reason)
    assert copos.verify(fit.certificate, program).proved
    assert Fraction(document["proof"]["value"]) == fit.proof.lower and fit.lower <= fit.proof.lower
    assert fit.lower <= fit.objective and fit.certified, name
    # the objective is the one that floating point computes, a little above
    plain = program.loss.value(fit.network.decision(program.patches)) + program.beta * fit.network.penalty
    assert fit.objective == pytest.approx(plain, rel=1e-11)


SHAPES = {
    "offset": lambda rng, n: rng.standard_normal((n, 2)) + 1e6,
    "years": lambda rng, n: np.column_stack([2000.0 + np.arange(n), np.ones(n)]),
    "unix seconds": lambda rng, n: 1.7e9 + 86400.0 * np.arange(n)[:, None],
    "units": lambda rng, n: rng.standard_normal((n, 3)) * [1e9, 1.0, 1e-9],
    "duplicates": lambda rng, n: rng.standard_normal((n, 1))[:, [0, 0, 0]],
    "one-hot": lambda rng, n: np.eye(3)[rng.integers(3, size=n)],
    "tiny": lambda rng, n: 1e-150 * rng.standard_normal((n, 2)),
    "huge": lambda rng, n: 1e150 * rng.standard_normal((n, 2)),
    "powers": lambda rng, n: np.linspace(0, 50, n)[:, None] ** np.arange(1, 5),
    "integers": lambda rng, n: rng.integers(-3, 4, (n, 2)).astype(float),
    "one sample": lambda rng, n: rng.standard_normal((1, 2)),
    "zeros": lambda rng, n: np.zeros((n, 2)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_bounds_lie_below_every_network(shape, loss):
    """Data that people have: the proof is accepted, and no descent ends below it."""
    rng = np.random.default_rng(sum(map(ord, shape + loss)))
    X = SHAPES[shape](rng, 12)
    n, labels = len(X), LOSSES[loss].labels
    y = {None: 1e3 + rng.standard_normal(n), "sign": np.where(rng.random(n) < 0.5, 1.0, -1.0),
         "one-hot": np.arange(n) % 3 if n > 2 else np.ones(n, dtype=int)}[labels]  # fmt: skip
    options = ({"beta_ratio": 0.1}, {"beta": 0.5, "intercept": True, "activation": "quadratic"})
    program = polynomial_network(X, y, loss=loss, **options[len(shape + loss) % 2])
    with np.errstate(all="ignore"):
        fit = program.train(1e-6, time_limit=0.3)
        values = descent(program, 2, rng, 20, "L-BFGS", 2)
    assert copos.verify(fit.certificate, program).proved
    assert 0 <= fit.lower <= fit.objective
    values = values[np.isfinite(values)]
    assert (values >= fit.lower * (1 - 1e-6)).all(), (values.min(), fit.lower)


@pytest.mark.parametrize("k", [-450, -37, 1, 250])
@pytest.mark.parametrize("intercept", [False, True])
def test_powers_of_two_are_bitwise(k, intercept):
    X, y = data()
    beta = 0.3

    def answer(X, y, beta, activation="published", **options):
        fit = polynomial_network(X, y, activation, beta, intercept=intercept, **options).train(1e-6)
        return np.array([fit.lower, fit.objective])

    absolute = answer(X, y, beta, loss="absolute")
    assert (answer(X, np.ldexp(y, k), beta, loss="absolute") == np.ldexp(absolute, k)).all()
    squared = answer(X, y, beta)
    assert (answer(X, np.ldexp(y, k), np.ldexp(beta, k)) == np.ldexp(squared, 2 * k)).all()
    assert (answer(X, y, np.ldexp(beta, k), sample_weight=np.full(20, 2.0**k)) == np.ldexp(squared, k)).all()
    quadratic = answer(X, y, beta, "quadratic")
    half = k // 2
    assert (answer(np.ldexp(X, half), y, np.ldexp(beta, 2 * half), "quadratic") == quadratic).all()
    huber = answer(X, y, beta, loss="huber", loss_parameter=0.5)
    scaled = answer(X, np.ldexp(y, k), np.ldexp(beta, k), loss="huber", loss_parameter=float(np.ldexp(0.5, k)))
    assert (scaled == np.ldexp(huber, 2 * k)).all()


def test_a_multiplier_is_moved_onto_the_constraint():
    """Seconds since 1970: rounding the data to doubles outweighs β, exact residuals do not."""
    X = 1.7e9 + 86400.0 * np.arange(30)[:, None]
    y = np.sin(np.arange(30) / 5)
    fit = polynomial_network(X, y, "quadratic", beta=0.1, intercept=True).train(1e-6)
    assert fit.certified
    assert copos.verify(fit.certificate).proved


def test_standardised_features_are_a_statement_about_the_samples():
    X, y = data(40)
    X = 1e3 * X + 1e5
    shift, scale = X.mean(0), X.std(0)
    program = polynomial_network(X, y, beta_ratio=0.1, standardised=(shift, scale))
    fit = program.train(1e-9)
    document = fit.certificate.document()
    assert document["problem"]["X"]["rows"][0][0] == copos.arithmetic.rationals.written(X[0, 0])
    assert fit.certified and copos.verify(document, program).proved
    by_hand = polynomial_network((X - shift) / scale, y, beta=program.beta).train(1e-9)
    assert fit.objective == pytest.approx(by_hand.objective, rel=1e-9)
    with pytest.raises(ValueError, match="one number or 3"):
        polynomial_network(X, y, beta=1.0, standardised=(shift[:2], scale))
    with pytest.raises(ValueError, match="positive"):
        polynomial_network(X, y, beta=1.0, standardised=(shift, -scale))


def test_foreign_networks_get_a_proof():
    X, y = data()
    rng = np.random.default_rng(1)
    u = rng.standard_normal((4, 3))
    network = PolynomialNetwork.from_weights(u / np.linalg.norm(u, axis=1, keepdims=True), 0.1 * rng.standard_normal(4))
    found = copos.certify_network(network, X, y, beta=0.3)
    assert 0 < found.lower <= found.objective and copos.verify(found.certificate).proved


# ---- what is rejected -------------------------------------------------------------------------------------------


def changed(value):
    """Every number in plain data, with the data in which that number is another one."""
    if isinstance(value, dict):
        for key in value:
            for new in changed(value[key]):
                yield {**value, key: new}
    elif isinstance(value, list):
        for i, item in enumerate(value):
            for new in changed(item):
                yield [*value[:i], new, *value[i + 1 :]]
    elif not isinstance(value, bool) and (isinstance(value, int) or "/" in value):
        new = Fraction(value) * 3 + 1
        yield str(new)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_changed_number_is_rejected(loss):
    X, y = np.round(data(6)[0][:, :2], 2), np.arange(6) % 2
    y = {None: y + 0.25, "sign": 2.0 * y - 1, "one-hot": y}[LOSSES[loss].labels]
    program = polynomial_network(X, y, loss=loss, beta_ratio=0.3, intercept=True, sample_weight=np.arange(1.0, 7))
    fit = program.train(1e-6)
    document = fit.certificate.document()
    assert checker.check(document).proved
    for problem in changed(document["problem"]):
        assert not checker.check({**document, "problem": problem}).proved
        again = {**document, "problem": problem, "sha256": checker.digest(problem)}
        assert not copos.verify(again, program).proved
    kept = [checker.check({**document, "proof": proof}).proved for proof in changed(document["proof"])]
    # δ may move a little and the bound stands; a factor, a multiplier and the value may not
    assert sum(kept) <= 2


def test_large_data_are_named_by_their_hash():
    X, y = data()
    fit = polynomial_network(X, y, beta=0.3, sample_weight=np.arange(1.0, 21)).train()
    full = fit.certificate.document()
    problem = check_polynomial.condensed(full["problem"])
    short = {**full, "problem": problem, "sha256": checker.digest(problem)}
    missing = checker.check(short)
    assert not missing.proved and "X" in missing.reason
    tables = {name: full["problem"][name]["rows"] for name in ("X", "Y", "weights")}
    assert checker.check(short, full["problem"]).proved and checker.check(short, None, tables).proved
    tables["Y"] = [[v + 1 if isinstance(v, int) else v] for row in tables["Y"] for v in row]
    assert checker.check(short, None, {**tables, "Y": tables["Y"][:-1] + [[7]]}).readable
    assert not checker.check(short, None, {**tables, "Y": tables["Y"][:-1] + [[7]]}).proved
    other = polynomial_network(X, y + 1e-9, beta=0.3, sample_weight=np.arange(1.0, 21))
    assert not copos.verify(short, other).proved


def test_large_problems_are_written_with_hashes():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((5000, 5))
    program = polynomial_network(X, X[:, 0] ** 2, "quadratic", beta_ratio=0.5)
    fit = program.train()
    assert fit.certified and fit.lower > 0
    assert "rows" not in fit.certificate.problem["X"]
    assert copos.verify(fit.certificate, program).proved and not copos.verify(fit.certificate).proved


DOCUMENTS = [
    {"loss": "cubic"}, {"loss": ["squared"]}, {"parameter": 1}, {"classes": 2}, {"beta": 0}, {"beta": "-1"},
    {"intercept": 1}, {"activation": [1, 2]}, {"X": {"rows": []}}, {"X": {"rows": [[]]}},
    {"X": {"rows": [[1], [1, 2]]}},
    {"Y": {"rows": [[1]]}}, {"weights": {"rows": [[1], [0], [1]]}}, {"constant": 0.5},
    {"standardised": {"shift": [0]}},
    {"standardised": {"shift": [0], "scale": [0]}}, {"architecture": {"shape": [1, 1]}},
    {"architecture": {"shape": [1, 1], "patch": [2], "stride": 1, "padding": 0, "pool": 1}},
    {"architecture": {"shape": [10**9, 1], "patch": [1], "stride": 1, "padding": 0, "pool": 1}},
    {"architecture": {"shape": [1, 1], "patch": [1], "stride": 0, "padding": 0, "pool": 1}},
]  # fmt: skip


@pytest.mark.parametrize("change", DOCUMENTS)
def test_unreadable_problems_end_in_a_verdict(change):
    program = polynomial_network([[-1.0], [0.0], [1.0]], [1.0, 0.0, 1.0], "quadratic", beta=0.1)
    document = program.train().certificate.document()
    problem = {**document["problem"], **change}
    verdict = checker.check({**document, "problem": problem, "sha256": checker.digest(problem)})
    assert not verdict.proved and verdict.reason


def test_the_checker_works_as_plain_files(tmp_path):
    name, program = random_problem(12)
    path = tmp_path / "proof.json"
    program.train().certificate.save(path)
    for source in Path(checker.__file__).parent.glob("check*.py"):
        (tmp_path / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    run = [sys.executable, "-I", "-c", "import sys; sys.path.insert(0, '.'); import check; "
           "print(check.check_file('proof.json'))"]  # fmt: skip
    found = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "proved=True" in found.stdout, (name, found.stderr)


# ---- the pieces -------------------------------------------------------------------------------------------------


def test_logarithms_and_exponentials_are_on_their_side():
    getcontext().prec = 60
    for top, bottom in [(3, 2), (10**30, 7), (5, 5), (2**200 + 1, 2**200), (2**90 - 1, 1)]:
        true = Decimal(top).ln() - Decimal(bottom).ln()
        low = Decimal(check_losses.log_below(top, bottom)) / Decimal(2) ** check_losses.F
        assert 0 <= true - low <= Decimal(2) ** -110
    for x in ("1", "1.0001", "1.5", "1.999", "3", "100.25"):
        whole = int(Decimal(x) * 2**above.F)
        true = Decimal(whole) / 2**above.F
        assert 0 <= Decimal(above.log_above(whole)) / 2**above.F - true.ln() <= Decimal(2) ** -90
        assert 0 <= Decimal(above.exp_above(whole)) / 2**above.F - (-true).exp() <= Decimal(2) ** -90
    assert above.exp_above(10**6 << above.F) == 1


@pytest.mark.parametrize("spread", [0, 40, 600])
def test_whole_products_are_exact(spread):
    rng = np.random.default_rng(spread)
    A, B = (np.ldexp(rng.standard_normal(s), rng.integers(-spread, spread + 1, s)) for s in ((7, 4), (4, 3)))
    (N, a), (M, _) = exact.whole(A), exact.whole(B)
    assert all(Fraction(x) == Fraction(int(n)) / Fraction(2) ** a for x, n in zip(A.ravel(), N.ravel(), strict=True))
    P = exact.product(N, M)
    by_hand = [[sum(int(x) * int(y) for x, y in zip(row, column, strict=True)) for column in M.T] for row in N]
    assert P.tolist() == by_hand
    w = rng.integers(-(2**48), 2**48, 7)
    width = exact.width_for(7, 3)
    G = exact.gram(exact.limbs(N, width), w, width)
    rows = [[int(v) for v in row] for row in N]
    assert G.tolist() == [[sum(int(c) * r[i] * r[j] for c, r in zip(w, rows, strict=True)) for j in range(4)]
                          for i in range(4)]  # fmt: skip
    columns = [[int(c) for c in w]] * 5
    lower = [[int(G[i, j]) for j in range(i + 1)] for i in range(4)]
    for count in (1, 5):  # by python-flint if it is installed, and without
        assert check_row_space.gram(rows, columns[:count]) == [lower] * count


@pytest.mark.parametrize("architecture", [
    Dense(), Dense(constant=0.5), Convolution(2), Convolution(3, stride=2, padding=1, pool=2, constant=-1.5),
    Convolution((2, 3), padding=2, pool="global"), Convolution((2, 2), stride=2, pool=1),
])  # fmt: skip
def test_the_checker_cuts_the_same_patches(architecture):
    rng = np.random.default_rng(5)
    axes = getattr(architecture, "axes", 0)
    X = rng.integers(-4, 5, {0: (6, 3), 1: (6, 7, 2), 2: (6, 5, 4)}[axes]) / 4
    program = polynomial_network(X, rng.standard_normal(6), beta=1.0, architecture=architecture)
    q = check_polynomial.question(program.plain_problem(), checker.questions.Data(None))
    assert (np.array(q.pools, dtype=float) / q.unit == program.patches).all()
    assert q == question(program) or (np.array(question(program).pools, dtype=float) / question(program).unit
                                     == program.patches).all()  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("intercept", [False, True])
def test_rounded_multipliers_stay_in_the_domain(loss, intercept):
    rng = np.random.default_rng(7)
    X, n = rng.standard_normal((30, 2)), 30
    labels = LOSSES[loss].labels
    y = {None: rng.standard_normal(n), "sign": np.where(rng.random(n) < 0.4, 1.0, -1.0),
         "one-hot": rng.integers(0, 3, n)}[labels]  # fmt: skip
    program = polynomial_network(X, y, loss=loss, beta=1.0, intercept=intercept, sample_weight=rng.random(n) + 0.1)
    T = program.Y.shape[1]
    for size in (1e-12, 1.0, 30.0):
        N = program.loss.gradient(size * rng.standard_normal((n, T)))
        N = program.loss.balance(N) if intercept else N
        M, bits = rounded(program, N)
        unit = [Fraction(2) ** -bits] * T
        check_losses.conjugate(question(program).losses, M.tolist(), unit)  # Rejected outside of the domain
        assert not intercept or not M.astype(object).sum(0).any()
        assert np.abs(np.ldexp(M.astype(float), -bits) - N).max() <= 1e-10 * np.abs(N).max()


def test_objectives_are_rounded_up():
    """A network whose objective is known in rationals: u = (3/5, 4/5) up to its rounding, which is normalised away."""
    X = np.array([[1.0, 2.0], [3.0, -1.0]])
    network = PolynomialNetwork.from_weights([[0.6, 0.8]], [2.0], "quadratic", 0.5)
    program = polynomial_network(X, [1.0, 4.0], "quadratic", beta=0.25, intercept=True)
    z = [Fraction(11, 5), Fraction(1)]
    true = sum((2 * s * s + Fraction(1, 2) - y) ** 2 for s, y in zip(z, (1, 4), strict=True)) / 2 + Fraction(1, 2)
    value = above.objective_above(program, network)
    assert 0 <= value - true <= Fraction(1, 10**12)
    assert Fraction(program.objective(network)) >= value


@pytest.mark.parametrize("given", [
    {"X": [[1 + 2j]], "y": [1.0]}, {"X": [[1.0]], "y": [1j]}, {"X": np.array([[2**60 + 1]]), "y": [1.0]},
])  # fmt: skip
def test_data_are_not_repaired(given):
    with pytest.raises(ValueError, match="complex|double"):
        polynomial_network(**given, beta=1.0)
