"""The search over supports where rounding is worst: whatever it ends with holds in exact arithmetic."""

import random
from fractions import Fraction

import numpy as np
import pytest

from copos.arithmetic import exact
from copos.certificate import Certificate
from copos.decision import cover_nodes, cover_tree, decide
from tests import matrix_zoo as zoo

HUGE = 10**30


def gram(rng, n, rank, size):
    """BB' with entries of B up to `size`."""
    B = [[rng.randint(-size, size) for _ in range(rank)] for _ in range(n)]
    return [[sum(map(int.__mul__, a, b)) for b in B] for a in B]


def noisy(rng, M, size):
    """M plus symmetric noise of at most `size`."""
    n = len(M)
    E = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            E[i][j] = E[j][i] = rng.randint(-size, size)
    return [[M[i][j] + E[i][j] for j in range(n)] for i in range(n)]


def times(M, c):
    return [[c * v for v in row] for row in M]


def stretched(rng, M, most):
    """D M D for a diagonal D of integers with as many binary digits as `most`."""
    return zoo.scaled(M, [rng.randint(1, 1 << rng.randint(0, most)) for _ in M])


# a family ↦ one of its integer matrices: orders ≤ 6, on the boundary or as near to it as integers are
FAMILIES = {
    "small": lambda rng: next(iter(zoo.random_matrices(1, rng.random(), 6))),
    "at the end of exact doubles": lambda rng: noisy(
        rng, times(next(iter(zoo.random_matrices(1, rng.random(), 6))), 1 << rng.randint(30, 37)), 2
    ),
    "beyond exact doubles": lambda rng: noisy(
        rng, times(next(iter(zoo.random_matrices(1, rng.random(), 6))), 1 << rng.randint(50, 70)), 3
    ),
    "beyond doubles": lambda rng: noisy(
        rng, times(next(iter(zoo.random_matrices(1, rng.random(), 5))), 10**320), HUGE
    ),
    "singular": lambda rng: gram(rng, rng.randint(2, 6), rng.randint(1, 3), 10 ** rng.randint(1, 5)),
    "nearly singular": lambda rng: noisy(rng, gram(rng, rng.randint(2, 6), 2, 10 ** rng.randint(3, 12)), 1),
    "Horn": lambda rng: noisy(rng, times(stretched(rng, zoo.HORN, 3), 10 ** rng.randint(0, 14)), rng.randint(0, 1)),
    "stretched": lambda rng: stretched(rng, next(iter(zoo.random_matrices(1, rng.random(), 6))), 17),
    "stretched far": lambda rng: stretched(rng, next(iter(zoo.random_matrices(1, rng.random(), 5))), 600),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_end_of_the_search_holds_exactly(family):
    """A cover is accepted by the checker, a violation is negative, and both agree with the test of all supports."""
    rng, ends = random.Random(family), set()
    for _ in range(60):
        A = FAMILIES[family](rng)
        found = cover_tree.search(A)
        ends.add(type(found).__name__)
        if isinstance(found, cover_tree.Violation):
            assert min(found.point) >= 0 and exact.form(A, found.point) < 0
            continue
        assert isinstance(found, cover_tree.Cover)
        said = Certificate.of("copositive", A, found.proof()).verify()
        assert said.proved, (said.reason, A)
    assert "Cover" in ends and (ends == {"Cover", "Violation"} or family == "singular")


# ---- the guards themselves: whatever floating point gives them, what passes is right -----------------------------


def nodes_of(A, low, x):
    """One node over a support with a guess x of its stationary point, all indices open."""
    P = np.array([[float(A[i][j] - A[i][low[0]] - A[low[0]][j] + A[low[0]][low[0]]) for j in low[1:]] for i in low[1:]])
    P = P.reshape(len(low) - 1, len(low) - 1)
    with np.errstate(all="ignore"):
        inverse = np.linalg.pinv(P) if P.size else P
        det = float(np.linalg.det(P)) if P.size else 1.0
    n = len(A)
    return cover_tree.Nodes(np.array([0]), np.array([low]), np.ones((1, n), dtype=bool), inverse[None],
                            np.array(x[1:], dtype=float)[None], np.array([det]))  # fmt: skip


def stationary(A, low):
    """(x, value·sign) of A_low x = value·1 as fractions, Σx = 1; None where A_low restricted to Σx = 0 is no cone."""
    found = exact.stationary(A, low)
    if not isinstance(found, exact.Stationary):
        return None
    total = sum(found.x)
    return [Fraction(c, total) for c in found.x]


def cancelling(rng, bits):
    """A matrix whose products with its stationary vectors cancel: columns that are small combinations of others."""
    n, half = 5, 1 << bits
    A = noisy(rng, [[0] * n for _ in range(n)], half)
    for i in range(n):
        A[i][i] = abs(A[i][i]) + half
    found = stationary(A, [0, 1])
    if found is None:
        return A
    scale = 1 << 24
    u = [round(c / max(map(abs, found)) * scale) for c in found]
    for j in range(2, n):  # u_0 A_0j + u_1 A_1j = −1, 0 or 1, or as near to it as can be
        A[1][j] = A[j][1] = rng.choice((-1, 0, 1)) + (-u[0] * A[0][j]) // u[1] if u[1] else A[1][j]
    return A


@pytest.mark.parametrize("bits", [10, 20, 30, 38, 60, 300])
@pytest.mark.parametrize("error", [0.0, 1e-14, 1e-9, 1e-5, 1e-2])
def test_signs_that_are_sure_are_those_of_integers(bits, error):
    """U and Au of `_integers`: for a node that is sure, every sign is that of the integer product."""
    rng, sure_ones = random.Random(f"{bits} {error}"), 0
    for _ in range(60):
        A = cancelling(rng, bits)
        low = rng.sample(range(len(A)), rng.choice((1, 2, 2, 2, 3)))
        x = stationary(A, low)
        if x is None:
            continue
        search = cover_tree.Search(A)
        guess = [float(c) * (1 + error * rng.uniform(-1, 1)) for c in x]
        nodes = nodes_of(A, low, guess)
        X = np.concatenate([1 - nodes.y.sum(axis=1, keepdims=True), nodes.y], axis=1)
        u, product, sure = search._integers(X, nodes, search.F[nodes.low])
        if not sure[0]:
            continue
        sure_ones += 1
        whole = [int(c) for c in u[0]]
        exactly = [sum(A[j][i] * c for i, c in zip(low, whole, strict=True)) for j in range(len(A))]
        sign = [(v > 0) - (v < 0) for v in exactly]
        assert sign == np.sign(product[0]).astype(int).tolist(), (A, low, whole)
        inside = {sign[i] for i in low}
        assert len(inside) == 1 and (inside != {0} or len({exactly[i] for i in low}) == 1)
        assert sum(whole) > 0 or inside != {0}
    assert sure_ones > 5 or error > 1e-3


@pytest.mark.parametrize("bits", [10, 30, 38, 60])
def test_directions_that_surely_fall_do(bits):
    """`falling`: integers d with Σd = 0 and d'Ad < 0, or nothing is said."""
    rng, said, silent = random.Random(bits), 0, 0
    for _ in range(200):
        n = rng.randint(2, 5)
        # e_i − e_j is almost flat: x'Ax changes by a unit along it
        A = noisy(rng, [[(1 << bits)] * n for _ in range(n)], rng.choice((1, 1 << bits // 2)))
        search = cover_tree.Search(A)
        z = np.array([[rng.choice((-1.0, 0.0, rng.uniform(-1, 1))) for _ in range(n - 2)]])
        which, down = cover_nodes.falling(search.F, np.arange(n - 1)[None], np.array([n - 1]), z)
        silent += not len(which)
        for d in down.tolist():
            said += 1
            assert sum(d) == 0 and any(d)
            assert exact.form(A, d) < 0, (A, d)
    assert said > 10 and silent > 10


@pytest.mark.parametrize("bits", [3, 20, 38, 60, 300])
@pytest.mark.parametrize("error", [0.0, 1e-9, 0.1])
def test_vectors_with_fewer_children_cover_what_they_say(bits, error):
    """`_narrow`: A_low u > 0, max u > 0, the branch is the open j with (Au)_j < 0; or nothing changes."""
    rng, taken, left = random.Random(f"{bits} {error}"), 0, 0
    for _ in range(150):
        A = cancelling(rng, bits)
        low = rng.sample(range(len(A)), rng.choice((1, 2, 2, 3, 3)))
        x = stationary(A, low)
        if x is None:
            continue
        search = cover_tree.Search(A)
        nodes = nodes_of(A, low, [float(c) * (1 + error * rng.uniform(-1, 1)) for c in x])
        nodes.high[0, rng.randrange(len(A))] = rng.random() < 0.5
        nodes.high[0, low] = True
        X = np.concatenate([1 - nodes.y.sum(axis=1, keepdims=True), nodes.y], axis=1)
        u, branch = np.zeros((1, len(low))), nodes.high.copy()
        sure = np.array([rng.random() < 0.9])
        search._narrow(nodes, X, search.F[nodes.low], u, branch, sure)
        if not u.any():
            left += 1
            assert np.array_equal(branch, nodes.high)
            continue
        taken += 1
        assert sure[0] and len(low) > 1 and branch.sum() < nodes.high.sum()
        whole = [int(c) for c in u[0]]
        product = [sum(A[j][i] * c for i, c in zip(low, whole, strict=True)) for j in range(len(A))]
        assert max(whole) > 0 and min(product[i] for i in low) > 0
        assert branch[0].tolist() == [v < 0 and bool(h) for v, h in zip(product, nodes.high[0], strict=True)]
    assert taken > 10 and left > 10


def test_a_wrong_cover_is_no_answer(monkeypatch):
    """The checker has the last word: cases that prove nothing do not answer True."""
    M = [[Fraction(v) for v in row] for row in zoo.HORN]
    assert decide.copositive(M).answer is True
    for items in ([["vector", []]], [["vector", []], *[["vector", [1]]] * 5]):
        monkeypatch.setattr(cover_tree.Search, "run", lambda *_, items=items: cover_tree.Cover(items))
        found = decide.copositive(M)
        assert found.answer is None and found.proof is None and "do not prove it" in found.reason
        assert found.certificate(M) is None
