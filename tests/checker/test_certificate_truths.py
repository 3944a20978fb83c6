"""The checker's pieces against direct rational arithmetic, on many small random inputs that go either way."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from copos.checker import check, check_charts, check_identity, check_reading
from copos.checker import check_matrix as matrices
from copos.checker.check_combination import combination
from copos.checker.check_reading import Rejected, Unreadable, show
from tests.checker.building import (
    BIG,
    arrow,
    cover,
    doc,
    form,
    identity,
    leaf,
    lorentz,
    lower,
    matrix,
    program,
    ray,
    simplices,
    spn,
    tree,
)


def rational(rng, low=-6, high=7):
    return Fraction(int(rng.integers(low, high)), int(rng.integers(1, 4)))


def plain(value):
    return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def symmetric(rng, n, low=-6, high=7):
    M = [[Fraction(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            M[i][j] = M[j][i] = rational(rng, low, high)
    return M


def texts(M):
    return [[plain(v) for v in row] for row in M]


def is_copositive(M):
    """No inclusion-minimal support has a positive vector v with M_S v = −1 … by Gaddum's test on all supports."""
    n = len(M)
    for size in range(1, n + 1):
        for S in itertools.combinations(range(n), size):
            A = [[M[i][j] for j in S] for i in S]
            v = solved(A, [Fraction(-1)] * size)
            if v is not None and min(v) >= 0:
                return False
    return True


def solved(A, b):
    """The solution of A v = b, None where A is singular."""
    n = len(A)
    T = [[*row, c] for row, c in zip([list(r) for r in A], b, strict=True)]
    for k in range(n):
        p = next((i for i in range(k, n) if T[i][k]), None)
        if p is None:
            return None
        T[k], T[p] = T[p], T[k]
        T[k] = [v / T[k][k] for v in T[k]]
        for i in range(n):
            if i != k and T[i][k]:
                T[i] = [v - T[i][k] * w for v, w in zip(T[i], T[k], strict=True)]
    return [row[-1] for row in T]


def test_factors_with_weights_and_bits_are_what_they_say():
    """M − B diag(w) B'/4^k is diagonally dominant after dropping its positive entries, or not."""
    rng, seen = np.random.default_rng(1), Counter()
    for _ in range(400):
        n, columns, bits = (int(rng.integers(a, b)) for a, b in ((1, 4), (1, 3), (0, 3)))
        B = rng.integers(-3, 4, (n, columns)).tolist()
        weighted = rng.random() < 0.7
        w = [abs(rational(rng)) for _ in range(columns)] if weighted else [Fraction(1)] * columns
        R = symmetric(rng, n, -3, 4)
        for i in range(n):
            R[i][i] = sum((max(-v, Fraction(0)) for j, v in enumerate(R[i]) if j != i), Fraction(int(rng.integers(-1,
                2)), 7))
        M = [[R[i][j] + sum(w[k] * B[i][k] * B[j][k] for k in range(columns)) / 4**bits for j in range(n)]
             for i in range(n)]  # fmt: skip
        truth = all(R[i][i] >= sum(max(-v, 0) for j, v in enumerate(R[i]) if j != i) for i in range(n))
        more = {"weights": [plain(v) for v in w]} if weighted else {}
        assert check.check(spn(texts(M), B, bits, **more)).proved == truth
        part = cover(texts(M), ["part", {"factor": B, "bits": bits, **more}])
        assert check.check(part).proved == truth
        nonnegative = min(min(r) for r in B) >= 0 and all(v >= 0 for r in R for v in r)
        dominant = nonnegative and all(R[i][i] >= sum(R[i]) - R[i][i] for i in range(n))
        cp = doc("completely positive", matrix(*texts(M)), {"factor": B, "bits": bits, **more})
        assert check.check(cp).proved == dominant
        seen[truth, dominant, weighted] += 1
    assert len(seen) >= 5


def test_gram_matrices_are_expanded_as_they_are_written():
    """A form minus its term, coefficient by coefficient: zero is accepted, and one unit less of a pure power is not."""
    rng = np.random.default_rng(2)
    for _ in range(150):
        n, columns, bits, order = (int(rng.integers(a, b)) for a, b in ((1, 4), (1, 3), (0, 3), (1, 4)))
        rows = [[int(v)] for v in rng.integers(0, n, order)]
        basis = [[[int(rng.integers(order)), int(rng.integers(-2, 3))] for _ in range(int(rng.integers(1, 3)))]
                 for _ in range(int(rng.integers(1, 4)))]  # fmt: skip
        U = [[sum(c for r, c in column if r == i) for column in basis] for i in range(order)]
        F = rng.integers(-3, 4, (len(basis), columns)).tolist()
        w = [abs(rational(rng)) for _ in range(columns)]
        weighted = rng.random() < 0.5
        G = [[sum((w[k] if weighted else 1) * F[i][k] * F[j][k] for k in range(columns)) * Fraction(1, 4**bits)
              for j in range(len(basis))] for i in range(len(basis))]  # fmt: skip
        gram = {"factor": F, "bits": bits} | ({"weights": [plain(v) for v in w]} if weighted else {})
        if rng.random() < 0.5:
            off = [(i, j, int(rng.integers(-2, 3))) for i in range(len(basis)) for j in range(i)]
            D = [sum(abs(v) for i, j, v in off if k in (i, j)) for k in range(len(basis))]
            gram |= {"defect": [[i, j, v] for i, j, v in off] + [[i, i, v] for i, v in enumerate(D)],
                "defect_bits": bits}
            for i, j, v in off:
                G[i][j] += Fraction(v, 2**bits)
                G[j][i] += Fraction(v, 2**bits)
            for i, v in enumerate(D):
                G[i][i] += Fraction(v, 2**bits)
        value = {}
        for i, j in itertools.product(range(len(basis)), repeat=2):
            for r, s in itertools.product(range(order), repeat=2):
                key = tuple(sorted((rows[r][0], rows[s][0])))
                value[key] = value.get(key, 0) + U[r][i] * G[i][j] * U[s][j]
        C = [[*key, plain(Fraction(c))] for key, c in value.items()]
        terms = [{"rows": rows, "basis": basis, "gram": gram}]
        problem = program(n, [], [], C)
        assert check.check(doc("copositive", problem, identity(terms=terms))).proved
        worse = program(n, [], [], [*C, [0, 0, "-1/1000"]])
        assert not check.check(doc("copositive", worse, identity(terms=terms))).proved


def test_combinations_are_found_exactly_where_there_are_some():
    rng, seen = np.random.default_rng(3), Counter()
    for _ in range(300):
        n, k = int(rng.integers(1, 5)), int(rng.integers(1, 6))
        forms = [{v: int(c) for v, c in enumerate(rng.integers(-2, 3, n)) if c} for _ in range(k)]
        if rng.random() < 0.5:
            w = rng.integers(0, 3, k)
            target = {v: int(sum(w[i] * f.get(v, 0) for i, f in enumerate(forms))) for v in range(n)}
        else:
            target = {v: int(c) for v, c in enumerate(rng.integers(-2, 3, n))}
        target = {v: c for v, c in target.items() if c}
        found = combination(forms, target)
        # Carathéodory: some linearly independent forms have nonnegative multiples that add up to the target
        A = np.array([[f.get(v, 0) for f in forms] for v in range(n)])
        right = np.array([target.get(v, 0) for v in range(n)])
        exists = not right.any() or any(
            np.linalg.matrix_rank(A[:, S]) == len(S)
            and (x := np.linalg.lstsq(A[:, S], right, rcond=None)[0]).min() > -1e-9
            and np.abs(A[:, S] @ x - right).max() < 1e-9
            for size in range(1, n + 1)
            for S in map(list, itertools.combinations(range(k), size))
        )
        assert (found is not None) == exists
        if found is not None:
            assert min(found) >= 0
            assert all(sum(w * f.get(v, 0) for w, f in zip(found, forms, strict=True)) == target.get(v,
                0) for v in range(n))
        seen[exists] += 1
    assert min(seen[True], seen[False]) > 50


def covers(n, rng, depth=0):
    """Random items of a cover: what a search might try."""
    for _ in range(int(rng.integers(1, 14))):
        size = int(rng.integers(0, n + 1))
        kind = ["vector", "vector", "direction"][int(rng.integers(3))]
        yield [kind, [int(v) for v in rng.integers(-2, 3, size)]]


def test_covers_prove_copositive_matrices_only():
    """Preorder trees grown item by item with what the checker accepts so far; no false matrix is covered."""
    rng, proved = np.random.default_rng(4), Counter()
    for _ in range(250):
        n = int(rng.integers(1, 4))
        M = symmetric(rng, n, -2, 4)
        if rng.random() < 0.5:
            M = [[abs(v) if i == j else v for j, v in enumerate(row)] for i, row in enumerate(M)]
        truth, items = is_copositive(M), [["vector", []]]
        for _ in range(12):
            said = check.check(cover(texts(M), *items))
            if said.proved or "ends before" not in said.reason:
                break
            for what in itertools.chain(
                (["vector", list(u)] for size in range(1, n + 1) for u in itertools.product((1, -1, 2, 0),
                    repeat=size)),
                (["direction", list(d)] for size in range(2, n + 1) for d in itertools.product((1, -1, 0),
                    repeat=size)),
            ):
                said = check.check(cover(texts(M), *items, what))
                if said.proved or "ends before" in said.reason:
                    items.append(what)
                    break
            else:
                break
        assert not check.check(cover(texts(M), *items)).proved or truth
        proved[truth, check.check(cover(texts(M), *items)).proved] += 1
    assert proved[True, True] > 40 and proved[False, False] > 40


def test_simplices_prove_what_their_vertices_give():
    """Uneven splits of an edge: the largest y that the test allows in each cell, and nothing above it."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        a, b, p, q = (int(v) for v in rng.integers(1, 6, 4))
        C, E = np.diag([a, b]), np.ones((2, 2), dtype=int)
        problem = program(objective=form((0, 0, a), (1, 1, b)), equations=[(form((0, 0, 1), (0, 1, 2), (1, 1, 1)), 1)])
        z = np.array([p, q]) // np.gcd(p, q)
        cells = [np.array([z, [0, 1]]), np.array([[1, 0], z])]  # z in the place of the first vertex, then of the second
        least = [largest(V @ C @ V.T, V @ E @ V.T) for V in cells]
        split, value = {"split": [0, 1, p, q]}, min(least)
        assert check.check(simplices(problem, plain(value), split, *({"y": [plain(y)]} for y in least))).proved
        higher = value + Fraction(1, 1000)
        assert not check.check(simplices(problem, plain(higher), split, *({"y": [plain(y)]} for y in least))).proved
        for k in range(2):
            worse = [{"y": [plain(y + (Fraction(1, 1000) if i == k else 0))]} for i, y in enumerate(least)]
            assert not check.check(simplices(problem, plain(value), split, *worse)).proved


def largest(M, E):
    """The largest y with M − yE of order 2 diagonally dominant once its positive entries are dropped, E > 0."""
    M, E = ([[Fraction(int(v)) for v in row] for row in T] for T in (M, E))
    both = [(M[k][k] + M[0][1]) / (E[k][k] + E[0][1]) for k in range(2)]
    return min(min(M[k][k] / E[k][k], y) if M[k][k] * E[0][1] <= M[0][1] * E[k][k] else y for k, y in enumerate(both))


@pytest.mark.parametrize("sign", [1, -1])
def test_cuts_have_two_sides(sign):
    """x_0x_2 = ± x_0x_1 is nonnegative on one side of x_1 = 0 only; on the other it is at least −1."""
    square = form((0, 0, 1), (1, 1, 1))
    problem = program(3, ray(0), [[0, 1]], form((0, 2, 1)), [(square, 1)], [form((0, 2, 1), (0, 1, -sign))])
    product = [{"blocks": [1, 0], "rows": [[0, 0]], "gram": {"factor": [[1]]}}]
    leaves = [leaf([0], terms=product, multipliers=[[0, 1]]), leaf([-1], multipliers=[[0, 1]])][::sign]
    assert check.check(tree(problem, -1, {"cut": [[1, 1]]}, *leaves)).proved
    assert not check.check(tree(problem, "-999999/1000000", {"cut": [[1, 1]]}, *leaves)).proved
    assert not check.check(tree(problem, -1, {"cut": [[1, 1]]}, *leaves[::-1])).proved
    assert not check.check(tree(problem, -1, {"cut": [[1, -1]]}, *leaves)).proved
    zero = [leaf([0], terms=product, multipliers=[[0, 1]])] * 2
    assert not check.check(tree(problem, 0, {"cut": [[1, 1]]}, *zero)).proved


NUMBERS = [
    (0, "0"), (-3, "-3"), (Fraction(1, 3), "1/3"), (10**12, "1e+12… (exactly 1000000000000)"),
    (10**400, "beyond the doubles"), (Fraction(1, 10**400), "closer to 0 than any double"), (Fraction(10**30, 7),
        "an|exactly"),
    (Fraction(10**300 + 1, 10**299), "10… (an exact fraction in the certificate)"), (10**5000, "beyond the doubles"),
    (Fraction(10**5000 + 1, 10**5000), "1… (an exact fraction"),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(NUMBERS)))
def test_numbers_of_any_length_are_shown(k):
    value, words = NUMBERS[k]
    assert any(part in show(value) for part in words.split("|"))


def test_every_bound_has_an_inside_and_an_outside():
    """What is just within the limits is read, and what is just beyond is not."""
    read = check_reading
    assert read.number("9" * 2100, "x") == 10**2100 - 1 and read.number("-1/" + "9" * 2100, "x").denominator > 10**2099
    assert read.number(2**7000 - 1, "x") and read.whole(3, "x", 3, 3) == 3 and read.integers([[2**7000 - 1]], "x")
    assert read.parse("[" * 50 + "]" * 50) and read.parse('{"a": ' + "9" * 2100 + "}")["a"] > 10**2099
    assert read.items([1, 2], "x", 2, 2) == [1, 2] and read.symmetric([[1, "1/2"], ["1/2", 2]],
        "x")[0][1] == Fraction(1, 2)
    assert read.number("4/2", "x") == 2 and type(read.number("4/2", "x")) is int and read.number("-0", "x") == 0
    for bad in (lambda: read.number(2**7000, "x"), lambda: read.number("9" * 2102, "x"), lambda: read.whole(4, "x", 3,
        3),
                lambda: read.whole(2, "x", 3, 3), lambda: read.integers([[2**7000]], "x"), lambda: read.integers([[1],
                    [1, 2]], "x"),
                lambda: read.items([1, 2, 3], "x", None, 2), lambda: read.items([1], "x", 2),
                    lambda: read.integers([[-(2**7000)]], "x"),
                lambda: read.parse('{"a": ' + "9" * 2101 + "}"), lambda: read.symmetric([[1, 2], [2]],
                    "x")):  # fmt: skip
        with pytest.raises(Unreadable):
            bad()


def test_charts_know_the_order_of_variables():
    """A chart numbers its λ and v by the factors' first variables; both sides of a frame are there."""
    problem = program(5, [arrow(3, 1, 4), *ray(2, 0)], [[3, 1]], generators=[lorentz(3, 1, 4)])
    p = check_identity.program(problem)
    kinds = [(f.kind, f.variables) for f in check_charts.factors(p)]
    assert kinds == [("ray", (0,)), ("ray", (2,)), ("lorentz", (3, 1, 4))]
    q = check_charts.pulled_back(p, "frames")
    assert (q.dim, len(q.blocks), q.form_degree, q.unit_degree) == (4 + 1 + 2, 4, 4, 1) and q.unit == {(2,): 1, (3,): 1}
    q = check_charts.pulled_back(p, "squares")
    assert q.unit == {(1, 1): 1, (3, 3): 1, (4, 4): 1} and (q.form_degree, q.unit_degree, q.degree(2)) == (4, 2, 8)


def test_semidefinite_matrices_of_fractions():
    rng, seen = np.random.default_rng(8), Counter()
    for _ in range(400):
        n = int(rng.integers(1, 4))
        M = symmetric(rng, n, -3, 5)
        if rng.random() < 0.6:
            F = [[rational(rng) for _ in range(int(rng.integers(1, 3)))] for _ in range(n)]
            M = [[sum((a * b for a, b in zip(F[i], F[j], strict=False)),
                Fraction(0)) for j in range(n)] for i in range(n)]
            M[0][0] -= int(rng.random() < 0.3)
        minors = [det([[M[i][j] for j in S] for i in S]) for k in range(1,
            n + 1) for S in itertools.combinations(range(n), k)]
        assert matrices.semidefinite(M) == (min(minors) >= 0)
        seen[min(minors) >= 0] += 1
    assert min(seen.values()) > 80


def det(A):
    """By permutations."""
    n = len(A)
    total = Fraction(0)
    for perm in itertools.permutations(range(n)):
        sign = (-1) ** sum(perm[i] > perm[j] for i in range(n) for j in range(i + 1, n))
        value = Fraction(sign)
        for i in range(n):
            value *= A[i][perm[i]]
        total += value
    return total


def test_what_is_left_over_is_paid_by_pure_powers():
    """Inequality of means for forms of degree 2, 3 and 4 against grids; scales make room and no more."""
    rng, seen = np.random.default_rng(9), Counter()
    grid = [Fraction(v, 2) for v in range(-4, 5)]
    for _ in range(400):
        degree, signs = int(rng.integers(2, 5)), [bool(v) for v in rng.integers(0, 2, 2)]
        C = {}
        for key in itertools.combinations_with_replacement(range(2), degree):
            C[key] = int(rng.integers(-2, 4)) if len(set(key)) == 1 else int(rng.integers(-2, 3))
        positive = {v for v in range(2) if signs[v]}
        p = check_identity.program(program(2, ray(*positive), []))
        scales = [] if rng.random() < 0.5 else [int(v) for v in rng.integers(1, 4, 2)]
        try:
            check_identity.dominated(p, {k: c for k, c in C.items() if c}, degree, scales)
            accepted = True
        except Rejected:
            accepted = False
        least = min(sum(c * np.prod([x[v] for v in key], dtype=object) for key, c in C.items())
                    for x in itertools.product(grid, repeat=2) if all(x[v] >= 0 for v in positive))  # fmt: skip
        assert not accepted or least >= 0, (C, positive, scales)
        seen[accepted] += 1
    assert min(seen.values()) > 40
    # each term as large as the pure powers allow, and a little more
    for degree, key, c in ((2, (0, 1), -2), (4, (0, 0, 1, 1), -2), (4, (0, 0, 0, 1), Fraction(-4, 3)), (3, (0, 0, 1),
        Fraction(-3, 2))):
        p = check_identity.program(program(2, ray(0, 1), []))
        pure = {(v,) * degree: 1 for v in range(2)}
        check_identity.dominated(p, {**pure, key: c}, degree, [])
        with pytest.raises(Rejected):
            check_identity.dominated(p, {**pure, key: c * Fraction(1001, 1000)}, degree, [])
    p = check_identity.program(program(2, [], []))
    check_identity.dominated(p, {(0, 0): 4, (1, 1): Fraction(1, 4), (0, 1): -2}, 2, [1, 4])
    with pytest.raises(Rejected):
        check_identity.dominated(p, {(0, 0): 4, (1, 1): Fraction(1, 4), (0, 1): -2}, 2, [])


def test_common_denominators_are_bounded():
    assert check_identity.denominator([Fraction(1, 6), 2, Fraction(3, 4)]) == 12
    with pytest.raises(Unreadable):
        check_identity.denominator([Fraction(1, BIG + k) for k in range(1, 60)])


def test_bounds_of_the_simplex_are_those_of_the_equations():
    """<A, Y> = b with b ≠ 1, two equations, and values just above the bound."""
    A, B = form((0, 0, 1), (0, 1, 2), (1, 1, 1)), form((0, 0, 1), (1, 1, 1))
    problem = program(objective=form((0, 0, 3), (0, 1, 2), (1, 1, 3)), equations=[(A, 5), (B, "7/2")])
    assert check.check(lower(problem, 12, [1, 2])).proved  # 3x² + 2xy + 3y² = A + 2B
    assert not check.check(lower(problem, "12000001/1000000", [1, 2])).proved
    assert not check.check(lower(problem, 12, ["1000001/1000000", 2])).proved
