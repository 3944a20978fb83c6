"""A proof from moments of factors is an identity in all variables of its level, whatever the remainders may be."""

from fractions import Fraction
from itertools import product
from math import lcm

import numpy as np
import pytest

from copos.checker import check_factor_moments as moments
from copos.checker.check import check
from copos.checker.check_coordinates import Loss
from tests.checker.forgeries_data import TWO
from tests.checker.forgeries_moments import line, network

SHAPES = [
    ("averaged", 2, 3, 2), ("averaged", 3, 2, 1), ("ordered", 1, 2, 1), ("ordered", 2, 3, 2), ("ordered", 3, 3, 3),
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


@pytest.mark.parametrize(("n", "m", "r"), [(2, 3, 2), (3, 2, 1), (3, 3, 2)])
def test_moments_of_true_matrices_are_of_their_kind_and_satisfy_the_relations(n, m, r):
    """X of V = Σ s_a u_a v_a', in rational numbers; and every matrix of the level is nonnegative in some directions."""
    rng = np.random.default_rng([n, m, r])
    U, W, s = rotation(rng, n), rotation(rng, m), sorted(rng.integers(1, 9, r).tolist(), reverse=True)

    def t(a, b):
        return np.outer(U[:, a], W[:, b])

    V = sum(s[a] * t(a, a) for a in range(r))
    P, Q = U[:, :r] @ U[:, :r].T, W[:, :r] @ W[:, :r].T
    X = {"M": np.multiply.outer(V, V), "N": np.einsum("ik,jl->ijkl", P, V.T @ V),
         "L": np.einsum("ik,jl->ijkl", V @ V.T, Q)}  # fmt: skip
    for a, b in product(range(r), repeat=2):
        two = np.multiply.outer(t(a, a), t(b, b))
        there, back = (np.multiply.outer(x, x) for x in (t(a, b), t(b, a)))
        X |= {f"D{a}": s[a] ** 2 * np.multiply.outer(t(a, a), t(a, a)), f"C{a},{b}": s[a] * s[b] * two, f"H{a},{b}": s[a] ** 2 * there, f"K{a},{b}": s[b] ** 2 * there,
              f"I{a},{b}": s[a] ** 2 * back, f"J{a},{b}": s[b] ** 2 * back}  # fmt: skip
    for name, make in moments.LEVELS.items():
        level = make(r)
        for side, terms in level.relations:
            sums = sum(c * np.einsum("ijil->jl" if side == "rows" else "ijkj->ik", X[key]) for c, key in terms)
            assert not sums.any()
        w = V.ravel() if name == "averaged" else np.concatenate([(s[a] * t(a, a)).ravel() for a in range(r)])
        for k, block in enumerate(level.blocks):
            full = matrix(block, X, w if k == 0 else None, n * m)
            for _ in range(5):
                x = drawn(rng, len(full))
                assert x @ full @ x >= 0
        F = [[Fraction(v) * 64 for v in row] for row in drawn(rng, n * m, n * m).tolist()]
        for key, kind in level.kinds.items():
            form = np.array(moments._projected(kind, F, n, m)).reshape(n, m, n, m)
            assert (form * X[key]).sum() == (np.array(F).reshape(n, m, n, m) * X[key]).sum()
            assert kind == "free" or (form == form.transpose(2, 3, 0, 1)).all()
            assert kind != "pairs" or (form == form.transpose(2, 1, 0, 3)).all()


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
