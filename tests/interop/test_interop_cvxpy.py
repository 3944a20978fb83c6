"""A level on an expression that cvxpy indexes and sums: the stability number of a cycle."""

import numpy as np
import pytest

import copos
from copos import NonNegative
from copos.instances.graphs import cycle
from copos.interop.cvxpy import completely_positive

cp = pytest.importorskip("cvxpy")


def test_stability_number_of_a_cycle_through_cvxpy():
    X = cp.Variable((7, 7), symmetric=True)
    A = cycle(7).astype(bool)
    problem = cp.Problem(cp.Maximize(cp.sum(X)), [cp.trace(X) + cp.sum(X[A]) == 1, *completely_positive(X)])
    value = float(problem.solve(solver="CLARABEL"))
    direct = copos.lower_bound(copos.CompletelyPositiveProgram(
        NonNegative(7), np.eye(7) + cycle(7), [(np.ones((7, 7)), 1.0)]), certify=False).claimed  # fmt: skip
    assert value == pytest.approx(1 / direct, rel=1e-5)
