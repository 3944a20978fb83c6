"""Quadratic programs in AMPL's .nl: expressions, common expressions, kinds of variables, names beside the file."""

from fractions import Fraction

import pytest

from copos import read_problem
from tests.interop.problem_files import VALID
from tests.interop.test_problem_files import put

NL = """g3 0 1 0
 4 2 1 0 0
 1 1
 0 0
 2 3 1
 0 0
 0 1 1 0 0
 3 2
 0 0
 0 2 0 0 0
V4 1 0
1 2
n1
V5 0 0
o2
v4
v0
C0
o54
3
v5
o16
o5
v1
n2
o3
v0
n4
C1
n0
O0 1
o1
o2
v2
o0
v2
n-1
o2
n0.1
o76
v0
r
0 -1 1e20
4 2
b
0 0 1
3
1 7
2 -3
J0 2
0 0
3 1
J1 1
2 1
G0 1
3 -1/2
"""


def test_nl_expressions_common_expressions_and_kinds(tmp_path):
    path = put(tmp_path, ".nl", NL)
    (tmp_path / "problem.col").write_text("a\nb\nc\nd\n")
    (tmp_path / "problem.row").write_text("first\nsecond\nobjective\n")
    problem = read_problem(path)
    assert problem.names == ("a", "b", "c", "d") and [c.name for c in problem.constraints] == ["first", "second"]
    # nonlinear in both: a (integer); in the constraints only: b; in the objective only: c; linear: d (integer)
    assert problem.integer == (True, False, False, True)
    assert problem.lower == (0, None, None, -3) and problem.upper == (1, None, 7, None)
    assert problem.sense == "max" and problem.objective.pairs == {(2, 2): 1, (0, 0): Fraction(-1, 10)}
    assert problem.objective.linear == {2: -1, 3: Fraction(-1, 2)}
    first, second = problem.constraints  # (1 + 2b)a − b² + a/4 + d ≥ −1
    assert first.form.pairs == {(0, 1): 2, (1, 1): -1} and first.form.linear == {0: Fraction(5, 4), 3: 1}
    assert (first.relation, first.form.constant) == (">=", 1) and (second.relation, second.form.constant) == ("=", -2)


def test_names_beside_an_nl_file_must_fit(tmp_path):
    path = put(tmp_path, ".nl", VALID[".nl"])
    (tmp_path / "problem.col").write_text("x\n")
    with pytest.raises(ValueError, match="line 1 of problem.col: expected 2 different names"):
        read_problem(path)
