"""Programs and claims of the checker about k-means, against all partitions of few points."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from copos.checker import check, check_clustering, check_data, check_identity
from tests.checker.forgeries_clustering import HALF, POINTS, clustering, lower, upper


def cost(X, labels):
    """The sum of squares about the means, as it is defined."""
    total = Fraction(0)
    for label in set(labels):
        rows = [row for row, own in zip(X, labels, strict=True) if own == label]
        mean = [sum(column, Fraction(0)) / len(rows) for column in zip(*rows, strict=True)]
        total += sum((v - m) ** 2 for row in rows for v, m in zip(row, mean, strict=True))
    return total


@pytest.mark.parametrize("seed", range(6))
def test_a_partition_of_groups_is_a_point_of_the_program_with_its_cost(seed):
    rng = np.random.default_rng(seed)
    n, k = 6, 3
    X = [[Fraction(int(v), 3) for v in row] for row in rng.integers(-5, 6, (n, 2))]
    rows = [[str(v) if v.denominator > 1 else int(v) for v in row] for row in X]
    pairs = [rng.choice(n, 2, replace=False).tolist() for _ in range(1 + seed % 3)]
    problem = {**POINTS, "X": {"rows": rows}, "clusters": k, "must_link": pairs}
    c = check_clustering.asked(problem, check_data.Data(None))
    of = check_clustering.groups(c, c.together)
    own = check_clustering.within(c, of)
    p, offset = check_clustering.program(c, of, own, {(0, 1)}), own.cost(c.scale)
    assert p.vanishing == [{(0, 1): 1}] and len(p.equations) == p.dim + 1
    found = 0
    for labels in product(range(k), repeat=p.dim):
        if len(set(labels)) < k:
            continue
        found += 1
        atoms = []
        for cluster in range(k):
            x = [int(own == cluster) for own in labels]
            atoms.append((Fraction(1, sum(of.count(g) for g in range(p.dim) if x[g])), x))

        def average(form, atoms=atoms):
            return sum(w * check_identity.evaluate(form, x) for w, x in atoms)

        assert all(average(A) == b for A, b in p.equations)
        assert offset + average(p.objective) == cost(X, [labels[g] for g in of])
    assert found


def test_claims_are_rounded_away_from_what_is_proved():
    third = f"{10**30}/{3 * 10**30 + 1}"
    assert "at least 0.333333333333… " in check.check(lower(third, HALF)).claim
    assert "at most 0.666666666667… " in check.check(upper(f"{2 * 10**30}/{3 * 10**30 - 1}", [0, 0, 1])).claim


def test_a_table_that_is_given_turned_is_said_to_be():
    document = clustering("lower bound", {"value": 0, "cases": [{}]}, X={"rows": [[0, 0], [1, 2], [3, 5]]})
    said = check.check(document, None, {"X": [[0, 1, 3], [0, 2, 5]]})
    assert said.proved and "the transpose of the table given" in said.claim
    assert not check.check(document, None, {"X": [[0, 1, 3], [0, 2, 6]]}).proved
