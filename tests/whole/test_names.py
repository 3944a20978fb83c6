"""Unknown names say which was meant; rooms are attributes; nothing optional is needed to look around."""

import subprocess
import sys

import numpy as np
import pytest

import copos
from copos.conic import Cones, ConicForm
from copos.solvers import solve

FORM = ConicForm([1.0], [[-1.0]], [-2.0], Cones(nonnegative=1))
X = np.eye(2)


def _program():
    return copos.standard_quadratic(X)


@pytest.mark.parametrize(("call", "near"), [
    (lambda: copos.lower_bound(_program(), family="parilo"), "parrilo"),
    (lambda: copos.lower_bound(_program(), family="Moment"), "moment"),
    (lambda: copos.lower_bound(_program(), gram="spd"), "sdp"),
    (lambda: copos.lower_bound(_program(), solver="clarbel"), "clarabel"),
    (lambda: copos.lower_bound(_program(), reductions=["signs"]), "sign"),
    (lambda: copos.linear_network(X, X, [2, 1, 2], "factors"), "factor"),
    (lambda: copos.linear_network(X, X, [2, 1, 2], strengthen=["minor"]), "minors"),
    (lambda: copos.linear_network(X, X, [2, 1, 2], loss="square"), "squared"),
    (lambda: copos.polynomial_network(X, [1.0, 2.0], beta=0.1, loss="hinged"), "hinge"),
    (lambda: copos.polynomial_network(X, [1.0, 2.0], beta=0.1, activation="quadratik"), "quadratic"),
    (lambda: copos.stability_number(1 - np.eye(2, dtype=int), edges="vanish"), "vanishing"),
    (lambda: copos.branch_and_bound(_program(), cells="simplex"), "simplices"),
    (lambda: copos.branch_and_bound(_program(), rule="variances"), "variance"),
    (lambda: copos.inner_bound(_program(), family="atom"), "atoms"),
    (lambda: solve(FORM, "highz"), "highs"),
    (lambda: solve(ConicForm([1.0], [[-1.0]], [-2.0], Cones(psd=(1,))), "clarabel", max_itr=3), "max_iter"),
])  # fmt: skip
def test_an_unknown_name_says_which_was_meant(call, near):
    with pytest.raises(ValueError, match=f"did you mean '{near}'"):
        call()


@pytest.mark.parametrize(("function", "slip", "near"), [
    (copos.bracket, {"tollerance": 1e-3}, "tolerance"), (copos.bracket, {"time_limt": 1}, "time_limit"),
    (copos.lower_bound, {"certfy": False}, "certify"), (copos.branch_and_bound, {"max_node": 3}, "max_nodes"),
])  # fmt: skip
def test_a_misspelt_keyword_is_not_handed_to_a_solver(function, slip, near):
    with pytest.raises(TypeError, match=f"did you mean '{near}'"):
        function(_program(), **slip)


def test_an_option_of_a_solver_is_handed_on():
    assert copos.lower_bound(_program(), solver="scs", time_limit_secs=5.0).proved
    assert copos.lower_bound(_program(), solver="clarabel", max_iter=50, time_limit=5.0).proved


def test_rooms_are_attributes_and_listed():
    for name in ("solvers", "instances", "interop", "hierarchy", "conic", "cones"):
        assert name in dir(copos) and getattr(copos, name).__name__ == f"copos.{name}"
    assert all(getattr(copos, name).__doc__ for name in copos.ROOMS)
    with pytest.raises(AttributeError, match="did you mean 'bracket'"):
        copos.braket  # noqa: B018


WITHOUT = """
import sys
class Missing:
    names = "sklearn matplotlib cvxopt cvxpy picos networkx torch distributed pandas flint".split()
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""


@pytest.mark.parametrize("code", [
    "from copos import *; print(bracket, PolynomialNetworkRegressor)",
    "import copos; copos.interop, copos.solvers, copos.instances; print(dir(copos))",
    "import copos, pydoc; assert 'PolynomialNetworkRegressor' in pydoc.render_doc(copos)",
])  # fmt: skip
def test_nothing_optional_is_needed_to_look_around(code):
    subprocess.run([sys.executable, "-c", WITHOUT + code], check=True, capture_output=True)


def test_a_missing_extra_names_the_command():
    code = WITHOUT + "import copos; copos.PolynomialNetworkRegressor()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode and "pip install 'copos[learn]'" in done.stderr.splitlines()[-1]
