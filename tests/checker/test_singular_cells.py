"""Cells by singular vectors as the checker knows them: what holds in a part, and what does not hold beyond it."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from copos.checker import check_singular_cells as cells
from copos.checker.check import check
from tests.checker import forgeries_singular
from tests.levels.test_factor_moments import variables_of


def whole(rank):
    pairs = list(combinations(range(rank), 2))
    return cells.Cell(dict.fromkeys(pairs, Fraction(0)), dict.fromkeys(pairs, Fraction(1)), ())


def matrices(level, X, n, m):
    """The blocks without constants and the contractions of a level at values X of its variables."""

    def turned(name, how):
        return X[name].reshape(n, m, n, m).transpose(0, 3, 2, 1).reshape(n * m, n * m) if how else X[name]

    for block in level.blocks[1:]:
        d = 1 + max(q for _, q in block)
        out = np.zeros((d * n * m, d * n * m))
        for (p, q), terms in block.items():
            part = sum(c * turned(name, how) for c, name, how in terms)
            out[p * n * m : (p + 1) * n * m, q * n * m : (q + 1) * n * m] = part
        yield np.triu(out) + np.triu(out, 1).T
    for name, side, A in level.contracted:
        where = "ik,ijkl->jl" if side == "rows" else "jl,ijkl->ik"
        yield np.einsum(where, np.array(A, dtype=float), X[name].reshape(n, m, n, m))


@pytest.mark.parametrize("seed", range(12))
def test_a_matrix_satisfies_the_level_of_its_cell_and_not_that_beyond(seed):
    rng = np.random.default_rng(seed)
    n, m, r = ((3, 4, 2), (4, 3, 3), (3, 3, 3), (4, 4, 2))[seed % 4]
    U, s, Vt = np.linalg.svd(rng.standard_normal((n, m)))
    s[:r] = np.sort(rng.uniform(0.2, 3.0, r))[::-1]
    X = variables_of(U, s, Vt, r)
    cell, wrong = whole(r), []
    for _ in range(4):
        if seed % 2:
            a, b = sorted(rng.choice(r, 2, replace=False).tolist())
            p, q = int(rng.integers(1, 9)), 9
            parts = cells.halves(cell, {"ratio": [a, b, p, q]}, (n, m))
            inside = 0 if q * s[b] >= p * s[a] else 1
        else:
            side, a = int(rng.integers(2)), int(rng.integers(r))
            A = rng.integers(-5, 6, ((n, m)[side],) * 2)
            A = A + A.T
            parts = cells.halves(cell, {"direction": [side, a], "form": A.tolist()}, (n, m))
            w = U[:, a] if side == 0 else Vt[a]
            inside = 0 if w @ A @ w >= 0 else 1
        cell = parts[inside]
        wrong.append(parts[1 - inside])
    least = [np.linalg.eigvalsh(M)[0] for M in matrices(cells.level(r, cell), X, n, m)]
    assert min(least) > -1e-9
    for other in wrong:
        assert min(np.linalg.eigvalsh(M)[0] for M in matrices(cells.level(r, other), X, n, m)) < -1e-3


def test_ratios_of_distant_singular_values_follow_from_those_between():
    cell = whole(4)
    for a in range(3):
        high = cells.halves(cell, {"ratio": [a, a + 1, 1, 2]}, (4, 4))[1]
        cell = cells.halves(high, {"ratio": [a, a + 1, 1, 3]}, (4, 4))[0]
    level = cells.level(4, cell)
    pairs = list(combinations(range(4), 2))
    for (a, b), k in zip(pairs, range(1, 1 + 4 * len(pairs), 4), strict=True):
        ((c, H, _), (d, K, _)) = level.blocks[k + 2][0, 0]
        assert (c, H, d, K) == (1, f"H{a},{b}", -(4 ** (b - a)), f"K{a},{b}")
    assert len(level.blocks) == 1 + 4 * 6 + 2 * 6
    lows = [block[0, 0] for block in level.blocks[25:]]
    assert [(c, -d) for (c, _, _), (d, _, _) in lows[::2]] == [(9 ** (b - a), 1) for a, b in pairs]


def test_a_ratio_is_kept_where_a_later_cut_says_less():
    low, high = cells.halves(whole(2), {"ratio": [0, 1, 1, 2]}, (2, 2))
    assert cells.halves(low, {"ratio": [0, 1, 1, 4]}, (2, 2))[0].low == {(0, 1): Fraction(1, 2)}
    assert cells.halves(high, {"ratio": [0, 1, 3, 4]}, (2, 2))[1].high == {(0, 1): Fraction(1, 2)}


@pytest.mark.parametrize("k", range(len(forgeries_singular.UNREADABLE)))
def test_what_is_no_tree_is_refused(k):
    assert not check(forgeries_singular.UNREADABLE[k]).proved


def test_a_claim_is_rounded_down():
    said = check(forgeries_singular.line(forgeries_singular.SMALL, value=f"-{10**20 + 1}/{3 * 10**20}"))
    assert "at least the value -0.333333333334… " in said.claim
