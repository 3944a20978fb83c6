"""Levels through cvxpy, through picos and directly: one number, and the same refusals."""

import importlib

import numpy as np
import pytest

from copos import NonNegative, PositiveSemidefinite, SecondOrder
from copos.hierarchy import FAMILIES
from copos.hierarchy.membership import membership
from copos.instances import MATRICES
from tests.contracts import largest_shift

pytestmark = pytest.mark.filterwarnings("ignore:Solution may be inaccurate")  # values and verdicts are asserted
SLICED = NonNegative(4).slice([[1.0, 1.0, -1.0, -1.0]])
QUADRATIC = NonNegative(2) * SecondOrder(3, "quadratic")
CONES = [NonNegative(4), NonNegative(2) * SecondOrder(3), NonNegative(1) * PositiveSemidefinite(2), SLICED, QUADRATIC]
LEVELS = [
    ("doubly-nonnegative", "sdp", 0), ("parrilo", "sdp", 0), ("parrilo", "sdp", 1), ("parrilo", "dd", 1),
    ("parrilo", "sdd", 0), ("de-klerk-pasechnik", "sdp", 1), ("pena-vera-zuluaga", "sdp", 1),
    ("burer-dong", "sdp", 0), ("zuluaga-vera-pena", "sdp", 0), ("nishijima-nakata-sos", "sdp", 0),
    ("nishijima-nakata-dp", "sdp", 0),
]  # fmt: skip


def knows(family, cone):
    """Some families read products of certain cones only, and say so."""
    try:
        FAMILIES[family].check(cone)
    except ValueError:
        return False
    return True


CASES = [(cone, *level) for level in LEVELS for cone in CONES if knows(level[0], cone)]


class ThroughCvxpy:
    """min <M, X>, max t and feasibility, written in cvxpy."""

    def __init__(self):
        self.cp = pytest.importorskip("cvxpy")
        self.interface = importlib.import_module("copos.interop.cvxpy")

    def _solve(self, objective, constraints):
        problem = self.cp.Problem(objective, constraints)
        problem.solve(solver="CLARABEL")
        return problem

    def outside(self, M, E, *level):
        X = self.cp.Variable(M.shape)
        constraints = [self.cp.sum(self.cp.multiply(E, X)) == 1, *self.interface.completely_positive(X, *level)]
        return self._solve(self.cp.Minimize(self.cp.sum(self.cp.multiply(M, X))), constraints).value

    def inside(self, M, E, *level):
        t = self.cp.Variable()
        return self._solve(self.cp.Maximize(t), self.interface.copositive(M - t * E, *level)).value

    def satisfies(self, constraints):
        return self._solve(self.cp.Minimize(0), constraints).status in ("optimal", "optimal_inaccurate")

    def variable(self, *shape):
        return self.cp.Variable(shape)

    def square(self, X):
        return self.cp.square(X)


class ThroughPicos:
    """The same in picos, for CVXOPT."""

    def __init__(self):
        self.picos = pytest.importorskip("picos")
        pytest.importorskip("cvxopt")
        self.interface = importlib.import_module("copos.interop.picos")

    def _solve(self, direction, objective, constraints):
        problem = self.picos.Problem()
        problem.options.update(solver="cvxopt", primals=None)
        problem.set_objective(direction, objective)
        problem.add_list_of_constraints(constraints)
        solution = problem.solve()
        verdict = {"infeasible": np.inf, "unbounded": -np.inf}.get(solution.problemStatus)
        return solution.problemStatus, solution.value if verdict is None else {"max": -verdict}.get(direction, verdict)

    def outside(self, M, E, *level):
        X = self.picos.RealVariable("X", M.shape)
        constraints = [(X | E) == 1, *self.interface.completely_positive(X, *level)]
        return self._solve("min", X | M, constraints)[1]

    def inside(self, M, E, *level):
        t = self.picos.RealVariable("t")
        return self._solve("max", t, self.interface.copositive(M - t * self.picos.Constant(E), *level))[1]

    def satisfies(self, constraints):
        return self._solve("find", None, constraints)[0] == "feasible"

    def variable(self, *shape):
        return self.picos.RealVariable("X", shape)

    def square(self, X):
        return abs(X) ** 2


INTERFACES = {"cvxpy": ThroughCvxpy, "picos": ThroughPicos}


@pytest.fixture(params=INTERFACES)
def through(request):
    return INTERFACES[request.param]()


def data(cone):
    M = np.random.default_rng(1).uniform(-1, 1, (cone.ambient, cone.ambient))
    e = np.zeros(cone.ambient)
    e[cone.free] = cone.unit
    return M + M.T, np.outer(e, e)


@pytest.mark.parametrize(("cone", "family", "gram", "level"), CASES, ids=str)
def test_three_interfaces_one_number(cone, family, gram, level, through):
    M, E = data(cone)
    direct = largest_shift(cone, M, level, family, gram)
    assert through.outside(M, E, level, family, gram, cone) == pytest.approx(direct, abs=2e-5)
    assert through.inside(M, E, level, family, gram, cone) == pytest.approx(direct, abs=2e-5)


def test_atoms_satisfy_the_constraints_and_other_matrices_do_not(through):
    B = np.random.default_rng(0).random((5, 3))
    for matrix, feasible in ((B @ B.T, True), (-np.eye(5), False), (MATRICES["horn"].matrix, False)):
        assert through.satisfies(through.interface.completely_positive(matrix, 1)) is feasible


def test_levels_tell_the_horn_matrix(through):
    horn = MATRICES["horn"].matrix + 1e-4 * np.eye(5)
    assert [through.satisfies(through.interface.copositive(horn, level)) for level in (0, 1)] == [False, True]


def test_a_skew_part_does_not_matter_for_copositivity_and_is_refused_for_complete_positivity(through):
    skew = np.triu(np.ones((3, 3)), 1)
    skew = skew - skew.T
    assert through.satisfies(through.interface.copositive(np.eye(3) + skew))
    assert not through.satisfies(through.interface.copositive(-np.eye(3) + skew))
    assert not through.satisfies(through.interface.completely_positive(np.eye(3) + 0.1 * skew))


def test_membership_is_a_dual_pair():
    """rows'z = Y_of_moments' vec M gives <M, Y> = z'(rows w)."""
    rng = np.random.default_rng(0)
    for cone in CONES:
        level_of = membership(cone, 1)
        x = cone.sample(rng) if cone.sampler else cone.basis @ rng.random(cone.dim)
        w, *_ = np.linalg.lstsq(level_of.Y_of_moments.toarray(), np.outer(x, x).ravel(), rcond=None)
        assert level_of.Y_of_moments @ w == pytest.approx(np.outer(x, x).ravel())


@pytest.mark.parametrize("side", ["completely_positive", "copositive"])
def test_refusals(side, through):
    side = getattr(through.interface, side)
    X = through.variable(3, 3)
    with pytest.raises(ValueError, match="affine"):
        side(through.square(X))
    with pytest.raises(ValueError, match="square matrix expression"):
        side(through.variable(2, 3))
    with pytest.raises(ValueError, match="5×5"):
        side(X, cone=NonNegative(5))
    with pytest.raises(ValueError, match="integer"):
        side(X, level=-1)
    with pytest.raises(ValueError, match="unknown family"):
        side(X, family="magic")


@pytest.mark.parametrize("package", INTERFACES)
def test_without_the_package_the_message_says_what_to_install(package, monkeypatch):
    interface = importlib.import_module(f"copos.interop.{package}")

    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(interface, "import_module", absent)
    with pytest.raises(ImportError, match=rf"pip install 'copos\[{package}\]'"):
        interface.copositive(np.eye(2))
