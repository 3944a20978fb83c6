"""A proof from moments of factors is an identity in all variables of its level, whatever the remainders may be."""

from fractions import Fraction
from itertools import product
from math import lcm

import numpy as np
import pytest

from copos.checker import check_factor_moments as moments
from copos.checker.check import check
from copos.checker.check_coordinates import Loss
from copos.levels import moment_tables
from tests.checker.forgeries_data import TWO
from tests.checker.forgeries_moments import line, network

SHAPES = [
    ("averaged", 2, 3, 2), ("averaged", 3, 2, 1), ("ordered", 1, 2, 1), ("ordered", 2, 3, 2), ("ordered", 3, 3, 3),
    ("mixed", 2, 3, 2), ("mixed", 3, 3, 3),
]  # fmt: skip


def drawn(rng, *shape, high=5):
    """Whole numbers in an array of Python's own."""
    return np.asarray(rng.integers(-high, high + 1, shape), dtype=object)


def variable(rng, kind, n, m):
    """Some X_ij,kl of a kind: X_kl,ij = X_ij,kl, and also X_il,kj for pairs."""
    X = drawn(rng, n, m, n, m)
    if kind == "pairs":
        return X + X.transpose(2, 1, 0, 3) + X.transpose(0, 3, 2, 1) + X.transpose(2, 3, 0, 1)
    return X + X.transpose(2, 3, 0, 1) if kind == "symmetric" else X


def matrix(block, X, border, size):
    """The matrix of a level; the first has a border."""
    count = 1 + max(t for _, t in block)
    out = np.zeros((count * size, count * size), dtype=object)
    for (s, t), terms in block.items():
        entry = sum(c * (X[name].transpose(0, 3, 2, 1) if how else X[name]) for c, name, how in terms)
        entry = entry.reshape(size, size)
        out[s * size : (s + 1) * size, t * size : (t + 1) * size] = entry
        out[t * size : (t + 1) * size, s * size : (s + 1) * size] = entry.T
    return out if border is None else np.block([[np.array([[1]]), border[None]], [border[:, None], out]])


@pytest.mark.parametrize(("name", "n", "m", "r"), SHAPES)
@pytest.mark.parametrize("one", [True, False])
def test_the_loss_is_what_matrices_and_relations_add_up_to(name, n, m, r, one):
    """Linear in the variables, of which only their kind is known: so every coefficient is right."""
    rng = np.random.default_rng([n, m, r, one])
    level, size, bits = moments.LEVELS[name](r), n * m, 2
    G = [A + A.T for A in (drawn(rng, m, m) for _ in range(1 if one else n))]
    scale = Fraction(1, 3)
    loss = Loss([[[c * scale for c in row] for row in A.tolist()] for A in G],
                [[Fraction(c, 5) for c in row] for row in drawn(rng, n, m).tolist()], Fraction(7, 2))  # fmt: skip
    counts = [1 + max(t for _, t in block) for block in level.blocks]
    B = [drawn(rng, size * count + (k == 0), 2, high=3) for k, count in enumerate(counts)]
    multipliers = [drawn(rng, d, d) for d in (m if side == "rows" else n for side, _ in level.relations)]
    R = moments.remainders(level, loss, {"bits": bits, "blocks": [F.tolist() for F in B],
                                         "multipliers": [F.tolist() for F in multipliers]})  # fmt: skip
    common = lcm(*(c.denominator for M in [*loss.G, loss.H] for row in M for c in row), 2)
    X = {key: variable(rng, kind, n, m) for key, kind in level.kinds.items()}
    border = drawn(rng, (counts[0]) * size)
    total = Fraction(0)
    for k, block in enumerate(level.blocks):
        remainder = np.array(R[k], dtype=object)
        assert (remainder == remainder.T).all()
        multiplier = Fraction(1, 4**bits) * (B[k] @ B[k].T) + Fraction(1, 64 * common * 4**bits) * remainder
        total += (multiplier * matrix(block, X, border if k == 0 else None, size)).sum()
    for (side, terms), F in zip(level.relations, multipliers, strict=True):
        sums = sum(c * np.einsum("ijil->jl" if side == "rows" else "ijkj->ik", X[key]) for c, key in terms)
        total += Fraction(1, 2**bits) * (F * sums).sum()
    w = border.reshape(counts[0], n, m).sum(axis=0)
    quadratic = sum(level.loss.get(key, 0) * sum(scale * (G[0 if one else i] * X[key][i, :, i, :]).sum()
                                                 for i in range(n)) for key in level.kinds)  # fmt: skip
    assert total == quadratic - 2 * sum(loss.H[i][j] * w[i, j] for i in range(n) for j in range(m)) + loss.constant


def rotation(rng, n):
    """A rational orthogonal matrix: products of reflections I − 2vv'/v'v."""
    Q = np.array([[Fraction(int(i == j)) for j in range(n)] for i in range(n)])
    for _ in range(n):
        v = drawn(rng, n) + np.array([7] + [0] * (n - 1))
        Q = Q - Fraction(2, int(v @ v)) * np.outer(v, v @ Q)
    return Q


def squares(name, r, s, t, x):
    """x'Bx for the matrices B of a level at V = Σ s_a t_aa, x a list of vectors for each of them."""
    def dot(A, v):
        return (A.ravel() * v).sum()

    if name == "averaged":
        out = [(x[0][0] + dot(sum(s[a] * t[a, a] for a in range(r)), x[0][1:])) ** 2]
        for k in range(1, 5):  # s_b in the entries (a, b) for N, s_a for L
            Z = np.array([[(s[b] if k < 3 else s[a]) * dot(t[a, b], x[k]) for b in range(r)] for a in range(r)])
            out.append(((Z - Z.T) ** 2).sum() / 2 if k % 2 else r * ((Z + Z.T) ** 2).sum() / 2 - 2 * Z.trace() ** 2)
        return out
    size = t[0, 0].size
    out = [(x[0][0] + sum(s[a] * dot(t[a, a], x[0][1 + a * size : 1 + (a + 1) * size]) for a in range(r))) ** 2]
    if name == "mixed":
        for a in range(r):
            for b in range(a + 1, r):
                for first, second in ((t[a, a], t[b, b]), (t[a, b], t[b, a])):
                    v = [dot(first, x[len(out)][:size]), dot(first, x[len(out)][size : 2 * size]),
                         dot(second, x[len(out)][2 * size : 3 * size]), dot(second, x[len(out)][3 * size :])]
                    out.append((s[a] * v[0] + s[b] * v[1] + s[a] * v[2] + s[b] * v[3]) ** 2)
                for first, second in ((t[a, a], t[b, b]), (t[a, b], t[b, a])):
                    y = x[len(out)]
                    out.append((s[a] - s[b]) * s[b] * (dot(first, y[:size]) + dot(second, y[size:])) ** 2)
        return out
    for a in range(r):
        for b in range(a + 1, r):
            one, two, three, four = x[len(out) : len(out) + 4]
            out += [(s[b] * dot(t[a, b], one[:size]) + s[a] * dot(t[b, a], one[size:])) ** 2,
                    (s[a] * dot(t[a, b], two[:size]) + s[b] * dot(t[b, a], two[size:])) ** 2,
                    (s[a] ** 2 - s[b] ** 2) * dot(t[a, b], three) ** 2,
                    (s[a] ** 2 - s[b] ** 2) * dot(t[b, a], four) ** 2]  # fmt: skip
    return out


@pytest.mark.parametrize(("n", "m", "r"), [(2, 3, 2), (3, 2, 1), (3, 3, 3)])
def test_at_true_matrices_a_level_holds_squares_and_relations(n, m, r):
    """The X of V = Σ s_a u_a v_a', in rational numbers."""
    rng = np.random.default_rng([n, m, r])
    U, W, s = rotation(rng, n), rotation(rng, m), sorted(rng.integers(1, 9, r).tolist(), reverse=True)
    t = {(a, b): np.outer(U[:, a], W[:, b]) for a, b in product(range(r), repeat=2)}
    V = sum(s[a] * t[a, a] for a in range(r))
    P, Q = U[:, :r] @ U[:, :r].T, W[:, :r] @ W[:, :r].T
    X = {"M": np.multiply.outer(V, V), "N": np.einsum("ik,jl->ijkl", P, V.T @ V),
         "L": np.einsum("ik,jl->ijkl", V @ V.T, Q)}  # fmt: skip
    for a, b in t:
        there, back = (np.multiply.outer(x, x) for x in (t[a, b], t[b, a]))
        X |= {f"D{a}": s[a] ** 2 * np.multiply.outer(t[a, a], t[a, a])}
        X |= {f"C{a},{b}": s[a] * s[b] * np.multiply.outer(t[a, a], t[b, b])}
        X |= {f"H{a},{b}": s[a] ** 2 * there, f"K{a},{b}": s[b] ** 2 * there}
        X |= {f"I{a},{b}": s[a] ** 2 * back, f"J{a},{b}": s[b] ** 2 * back}
        X |= {f"F{a},{b}": s[a] * s[b] * there, f"G{a},{b}": s[a] * s[b] * back}
        first, second = (np.multiply.outer(x, x) for x in (t[a, a], t[b, b]))
        X |= {f"Y{a},{b}": s[a] * s[b] * first, f"T{a},{b}": s[b] ** 2 * first}
        X |= {f"S{a},{b}": s[a] ** 2 * second, f"R{a},{b}": s[a] * s[b] * second}
        cross = np.multiply.outer(t[a, a], t[b, b])
        X |= {f"A{a},{b}": s[a] ** 2 * cross, f"B{a},{b}": s[b] ** 2 * cross}
    for name, make in moments.LEVELS.items():
        level = make(r)
        for side, terms in level.relations:
            sums = sum(c * np.einsum("ijil->jl" if side == "rows" else "ijkj->ik", X[key]) for c, key in terms)
            assert not sums.any()
        w = V.ravel() if name == "averaged" else np.concatenate([(s[a] * t[a, a]).ravel() for a in range(r)])
        blocks = [matrix(block, X, w if k == 0 else None, n * m) for k, block in enumerate(level.blocks)]
        x = [drawn(rng, len(B)) for B in blocks]
        assert [v @ B @ v for v, B in zip(x, blocks, strict=True)] == squares(name, r, s, t, x)
        F = 64 * drawn(rng, n * m, n * m)
        symmetric = (F + F.T).reshape(n, m, n, m)
        assert sum(c * (symmetric * X[key]).sum() for key, c in level.loss.items()) == (symmetric * X["M"]).sum()
        for key, kind in level.kinds.items():
            form = np.array(moments._projected(kind, F.tolist(), m), dtype=object).reshape(n, m, n, m)
            assert (form * X[key]).sum() == (F.reshape(n, m, n, m) * X[key]).sum()
            assert kind == "free" or (form == form.transpose(2, 3, 0, 1)).all()
            assert kind != "pairs" or (form == form.transpose(2, 1, 0, 3)).all()


@pytest.mark.parametrize("name", list(moments.LEVELS))
@pytest.mark.parametrize("r", [1, 2, 3])
def test_the_package_has_the_same_level(name, r):
    mine, theirs = moment_tables.TABLES[name](r), moments.LEVELS[name](r)
    assert mine.kinds == theirs.kinds and mine.loss == theirs.loss and mine.places == theirs.places
    assert [(x.side, list(x.terms)) for x in mine.relations] == theirs.relations
    plain = [{place: [(t.factor, t.name, "Γ" if t.exchanged else "") for t in terms] for place, terms in block.items()}
             for block in mine.blocks]  # fmt: skip
    assert plain == theirs.blocks


def test_a_bound_is_said_rounded_down():
    long = "-100000000000000000001/300000000000000000000"
    said = check(line(value=long))
    assert said.proved and "has at least the value -0.333333333334… (exactly" in said.claim
    assert check(line(value="-1/3")).claim.startswith("every linear network of widths 1-1 and the loss Σ e², e = Wx −")


def test_the_rank_is_at_most_the_number_of_inputs_that_are_kept():
    """x_1 = 2x_0, and f = (v_1 − 1)² + v_2² + 1 in the two entries of V."""
    ordered = {"value": 1, "moments": "ordered", "units": [0, 0], "bits": 0, "kept": [0], "combination": [[2]],
               "blocks": [[[1, 0], [-1, 0], [0, 1]]], "multipliers": []}  # fmt: skip
    wide = {**TWO, "widths": [2, 2, 2], "Y": {"rows": [[1, 1], [0, 0]]}}
    assert check(network(wide, ordered)).proved
    assert "semidefinite multiplier" in check(network(wide, {**ordered, "value": "1000001/1000000"})).reason
