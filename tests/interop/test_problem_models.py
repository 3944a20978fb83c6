"""Quadratic programs from models of other packages, which hold floats: each means its dyadic value."""

from contextlib import suppress
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint

import copos.interop.cvxpy  # noqa: F401, lets cvxpy know the method
from copos import read_problem
from copos.certificate import verify
from copos.interop.problems.cvxpy_expressions import Walk
from copos.interop.problems.scipy_model import scipy_program

TENTH = Fraction(0.1)


def along_axes(Y):
    """Sums of squares along an axis, which cvxpy has from version 1.8 on, and over all entries."""
    along = hasattr(cp.quad_over_lin(Y, 2.5), "axis")
    return [cp.quad_over_lin(Y, 2.5), *(cp.quad_over_lin(Y, 2.5, axis=k) for k in (0, 1) if along)]


def expressions(x, Y, s, p):
    rng = np.random.default_rng(0)
    Q, A = rng.normal(size=(3, 3)), rng.normal(size=(2, 3))
    return [
        x @ (Q + Q.T) @ x, cp.quad_form(x, Q + Q.T, assume_PSD=True), A @ x + 1, cp.sum_squares(A @ x - 0.1),
        cp.square(x) / 3, x[0] * x[1], cp.multiply(x, x), s * x, cp.trace(Y @ Y.T), Y @ Q @ Y.T, p @ x + p.T @ p,
        cp.sum(Y, axis=0), cp.hstack([x, s, 1.5]), cp.vec(Y, order="C"), cp.reshape(Y, (3, 2), order="F"),
        cp.cumsum(x), cp.diff(x), cp.kron(A, Y), Y.T, cp.bmat([[Y], [A]]), -x, *along_axes(Y),
        x**2, 3 * x * s - s**2 / 7, (x - 0.3) @ (x + s), cp.mean(x), cp.diag(x),
        x[1:] @ x[:2], cp.outer(x, x), cp.multiply(Y, x), (s + 1) * (s - 1) + x @ x, 2 - x, x - x + s**2, s**1 + s**0,
    ]  # fmt: skip


def test_expressions_of_cvxpy_are_the_polynomials_that_they_evaluate_to():
    x, Y, s, p = cp.Variable(3), cp.Variable((2, 3)), cp.Variable(), cp.Parameter(3, value=[0.5, -1, 2])
    rng = np.random.default_rng(1)
    x.value, Y.value, s.value = rng.normal(size=3), rng.normal(size=(2, 3)), 1.7
    point = [*x.value, *Y.value.ravel(order="F"), 1.7]
    walk = Walk({x.id: 0, Y.id: 3, s.id: 9})
    for expression in expressions(x, Y, s, p):
        found = walk(expression)
        assert found.shape == expression.shape, str(expression)
        at = [float(f.terms().form().value([Fraction(v) for v in point])) for f in found.ravel()]
        assert np.allclose(at, np.ravel(expression.value)), str(expression)


def test_products_of_floats_are_not_rounded():
    x = cp.Variable()
    (f,) = Walk({x.id: 0})(0.1 * (0.1 * (0.1 * x)) * x / 3).ravel()
    assert f.pairs == {(0, 0): TENTH**3 / 3}


@pytest.mark.parametrize("what", [
    lambda x: cp.exp(x[0]), lambda x: cp.norm(x), lambda x: x[0] * x[1] * x[2], lambda x: cp.sum(cp.abs(x)),
    lambda x: 1 / x[0], lambda x: cp.power(x[0], 3), lambda x: cp.power(x[0], 0.5), lambda x: x[0] / x[1],
    lambda x: cp.max(x), lambda x: cp.quad_over_lin(x, x[0]),
    lambda x: cp.Parameter() * x[0],
])  # fmt: skip
def test_what_is_no_quadratic_expression_is_refused(what):
    x = cp.Variable(3)
    with pytest.raises(ValueError, match="degree|exponent|quotient|no value"):
        read_problem(cp.Problem(cp.Minimize(what(x))))


@pytest.mark.parametrize("make, message", [
    (lambda: cp.Variable((2, 2), symmetric=True), "symmetric"), (lambda: cp.Variable((2, 2), PSD=True), "PSD"),
    (lambda: cp.Variable(2, complex=True), "complex"),
])  # fmt: skip
def test_variables_of_other_kinds_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        read_problem(cp.Problem(cp.Minimize(cp.real(cp.sum(make())))))


def test_constraints_of_other_kinds_are_refused():
    x = cp.Variable(2)
    with pytest.raises(ValueError, match="of the kind SOC"):
        read_problem(cp.Problem(cp.Minimize(x[0]), [cp.SOC(x[0], x)]))


def test_bounds_kinds_and_names_of_cvxpy_variables():
    x = cp.Variable((2, 2), name="x", bounds=[-1, np.array([[1, 2], [3, np.inf]])])
    b = cp.Variable(2, name="b", boolean=[(0,)])
    n, m = cp.Variable(name="n", integer=True), cp.Variable(name="m", nonpos=True)
    problem = read_problem(cp.Problem(cp.Maximize(cp.sum(x) + cp.sum(b) + n + m), [n <= 4, 2 * n >= -0.1, 1 - b >= -2]))
    bounds = {name: (low, top, whole) for name, low, top, whole
              in zip(problem.names, problem.lower, problem.upper, problem.integer, strict=True)}  # fmt: skip
    assert bounds == {
        "x[0, 0]": (-1, 1, False), "x[1, 0]": (-1, 3, False), "x[0, 1]": (-1, 2, False), "x[1, 1]": (-1, None, False),
        "b[0]": (0, 1, True), "b[1]": (None, 3, False), "n": (-TENTH / 2, 4, True), "m": (None, 0, False),
    }  # fmt: skip
    assert not problem.constraints and problem.sense == "max"
    with suppress(ValueError):  # of releases that take one attribute only
        both = cp.Variable(nonneg=True, bounds=[-1, 1])
        assert read_problem(cp.Problem(cp.Minimize(both))).lower == (0,)


def test_cvxpy_solves_a_problem_that_is_not_convex(tmp_path):
    x, b = cp.Variable(2, name="x"), cp.Variable(boolean=True, name="b")
    constraints = [x >= -1, x <= 2, cp.sum_squares(x) <= 3, x[0] + x[1] == b]
    problem = cp.Problem(cp.Minimize(x[0] * x[1] - 0.5 * x[0] + b), constraints)
    proof = tmp_path / "proof.json"
    value = problem.solve(method="copos", certificate=str(proof), verbose=False)
    grid = np.linspace(-1, 2, 30001)
    best = min(float(np.min(np.where((grid**2 + (k - grid) ** 2 <= 3) & (k - grid >= -1) & (k - grid <= 2),
                                     grid * (k - grid) - 0.5 * grid + k, np.inf))) for k in (0, 1))  # fmt: skip
    assert value == pytest.approx(best, abs=1e-4) and problem.status == "optimal" and problem.value == value
    assert problem.objective.value == pytest.approx(value) and all(c.violation().max() < 1e-6 for c in constraints)
    stats = problem.solver_stats
    assert stats.solver_name == "copos" and stats.extra_stats.proved and stats.extra_stats.lower <= value
    assert verify(str(proof), read_problem(problem)).proved
    other = cp.Problem(cp.Minimize(x[0] * x[1] - 0.5 * x[0] + 2 * b), constraints)
    assert not verify(str(proof), read_problem(other)).proved


def test_cvxpy_is_told_what_is_infeasible():
    x = cp.Variable(2)
    problem = cp.Problem(cp.Minimize(x[0] * x[1]), [x >= 0, x <= 1, cp.sum(x) >= 3])
    assert problem.solve(method="copos") == np.inf and problem.status == "infeasible" and x.value is None


def test_scipy_constraints_in_all_forms():
    A = [[1.0, 2.0], [0.0, 1.0], [1.0, 0.0]]
    rows = LinearConstraint(A, [1, 0.1, -np.inf], [1, 3, np.inf])
    for constraints in (rows, [rows], (A, rows.lb, rows.ub), [(sp.csr_array(A), rows.lb, rows.ub)]):
        problem = scipy_program([0.1, 0], Q=[[0, 1], [1, 0]], integrality=[0, 1], bounds=Bounds([-1, 0], [1, np.inf]),
                                constraints=constraints, sense="max")  # fmt: skip
        values = sorted((c.least.value([1, 1]), c.is_equation) for c in problem.constraints)
        assert values == sorted([(2, True), (1 - TENTH, False), (2, False)])
        assert problem.lower == (-1, 0) and problem.upper == (1, None) and problem.integer == (False, True)
        assert problem.value([1, 2]) == TENTH + 4
    with pytest.raises(ValueError, match="expected LinearConstraint"):
        scipy_program([1], constraints=[{"type": "eq"}])
    with pytest.raises(ValueError, match="a bound of constraints.0. is nan"):
        scipy_program([1], constraints=([[1]], np.nan, 1))


def gurobi():
    package = pytest.importorskip("gurobipy")
    try:
        model = package.Model(env=package.Env(params={"OutputFlag": 0}))
    except package.GurobiError as error:  # no licence on this machine
        pytest.skip(str(error))
    return package, model


def gurobi_model():
    package, model = gurobi()
    infinity = package.GRB.INFINITY
    x, y = model.addVar(lb=-1, ub=2, name="x"), model.addVar(lb=-3, ub=4, vtype="I", name="y[1]")
    z, w = model.addVar(vtype="B", name="z"), model.addVar(lb=-infinity, ub=0.5, name="w")
    model.setObjective(x * y - 0.1 * x * x + 3 * y * z + 1.25 + w, package.GRB.MAXIMIZE)
    model.addConstr(x + y * w <= 0.75, "curved")
    model.addConstr(x - 2 * z + w >= -1, "row")
    return package, model


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_gurobi_writes_the_program_that_its_model_is(tmp_path, ending):
    _, model = gurobi_model()
    model.update()
    path = tmp_path / f"model.{ending}"
    model.write(str(path))
    from tests.interop.test_problem_files import plain

    found, read = plain(read_problem(model)), plain(read_problem(path))
    assert found[1] != read[1]  # 0.1 in the file is 1/10, in the model it is a double
    text = path.read_text().replace("0.2 x", "0.25 x").replace("-0.2", "-0.25")
    model.setObjective(model.getObjective() - (0.125 - 0.1) * model.getVarByName("x") ** 2)
    if ending == "lp":
        text = text.replace(" + 1.25 Constant", " + 1.25").replace(" Constant = 1\n", "")
    path.write_text(text)
    assert plain(read_problem(path))[2:] == found[2:]
    assert read_problem(path).value([1] * read_problem(path).n) == Fraction(1) - Fraction(1, 8) + 3 + Fraction(9, 4)


def test_gurobi_model():
    package, model = gurobi_model()
    problem = read_problem(model)
    assert problem.names == ("x", "y[1]", "z", "w") and problem.sense == "max"
    assert problem.objective.pairs == {(0, 0): -TENTH, (0, 1): 1, (1, 2): 3}
    assert problem.lower == (-1, -3, 0, None) and problem.upper == (2, 4, 1, Fraction(1, 2))
    assert [(c.name, c.relation, c.form.pairs) for c in problem.constraints] == [
        ("row", ">=", {}), ("curved", "<=", {(1, 3): 1})]  # fmt: skip
    model.addSOS(package.GRB.SOS_TYPE1, model.getVars()[:2])
    with pytest.raises(ValueError, match="special ordered sets"):
        read_problem(model)


def test_pyomo_model_and_its_files(tmp_path):
    pyo = pytest.importorskip("pyomo.environ")
    model = pyo.ConcreteModel()
    model.x = pyo.Var([1, 2], bounds=(0, 1))
    model.n = pyo.Var(domain=pyo.Integers, bounds=(-2, 5))
    model.b = pyo.Var(domain=pyo.Binary)
    model.f = pyo.Var(bounds=(None, 7))
    products = model.x[1] * model.x[2] - 0.1 * model.n**2 + 3 * model.b * model.x[1]
    model.cost = pyo.Objective(expr=products + model.f + 1.5)
    model.curved = pyo.Constraint(expr=model.x[1] + model.x[2] * model.n <= 0.75)
    model.range = pyo.Constraint(expr=(-1, model.x[1] - 2 * model.n + model.f, 4))
    problem = read_problem(model)
    at = dict(zip(problem.names, range(problem.n), strict=True))
    assert set(at) == {"x[1]", "x[2]", "n", "b", "f"}
    assert problem.objective.pairs[at["n"], at["n"]] == Fraction(-1, 10)  # Pyomo writes 0.1 as text
    assert [problem.integer[at[name]] for name in ("x[1]", "x[2]", "n", "b", "f")] == [False, False, True, True, False]
    point = [0] * problem.n
    for name, value in {"x[1]": 1, "x[2]": 2, "n": 3, "b": 1, "f": -4}.items():
        point[at[name]] = value
    assert problem.value(point) == 2 - Fraction(9, 10) + 3 - 4 + Fraction(3, 2)
    for ending in ("lp", "nl"):
        model.write(str(tmp_path / f"model.{ending}"), io_options={"symbolic_solver_labels": True})
        found = read_problem(tmp_path / f"model.{ending}")
        names = {name.replace("(", "[").replace(")", "]"): k for k, name in enumerate(found.names)}
        point = [1] * found.n
        for name, value in {"x[1]": 1, "x[2]": 2, "n": 3, "b": 1, "f": -4}.items():
            point[names[name]] = value
        assert found.value(point) == 2 - Fraction(9, 10) + 3 - 4 + Fraction(3, 2)
        assert sorted(c.least.value(point) for c in found.constraints) == [-8, -Fraction(25, 4), 13]
    model.cost.expr += pyo.exp(model.f)
    with pytest.raises(ValueError, match="exp"):
        read_problem(model)


def test_math_opt():
    mathopt = pytest.importorskip("ortools.math_opt.python.mathopt")
    model = mathopt.Model(name="small")
    x, y = model.add_variable(lb=0, ub=1, name="x"), model.add_integer_variable(lb=-2, name="y")
    model.add_linear_constraint(x + 2 * y <= 3.5, name="row")
    model.add_quadratic_constraint(x * x + y <= 2, name="curved")
    model.maximize(x * y - 0.1 * x * x + y + 4)
    problem = read_problem(model)
    assert problem.objective.pairs == {(0, 0): -TENTH, (0, 1): 1} and problem.sense == "max"
    assert problem.objective.constant == 4 and problem.upper == (1, None) and problem.integer == (False, True)
    assert [(c.name, c.form.value([1, 1]), c.relation) for c in problem.constraints] == [
        ("row", Fraction(-1, 2), "<="), ("curved", 0, "<=")]  # fmt: skip


def test_linear_models_of_or_tools():
    builder = pytest.importorskip("ortools.linear_solver.python.model_builder")
    model = builder.Model()
    u, v = model.new_num_var(0, 5, "u"), model.new_int_var(0, 3, "v")
    model.add(u + v <= 4)
    model.maximize(2 * u + v + 1)
    pywraplp = pytest.importorskip("ortools.linear_solver.pywraplp")
    solver = pywraplp.Solver.CreateSolver("SCIP")
    a, b = solver.NumVar(0, 5, "u"), solver.IntVar(0, 3, "v")
    solver.Add(a + b <= 4)
    solver.Maximize(2 * a + b + 1)
    for problem in (read_problem(model), read_problem(solver)):
        assert problem.names == ("u", "v") and problem.sense == "max" and problem.value([1, 2]) == 5
        assert problem.upper == (5, 3) and problem.integer == (False, True)
        assert [(c.form.value([1, 1]), c.relation) for c in problem.constraints] == [(-2, "<=")]


def test_constraint_programs_of_or_tools():
    cp_model = pytest.importorskip("ortools.sat.python.cp_model")
    model = cp_model.CpModel()
    i, j, t = (model.new_int_var(0, top, name) for top, name in ((5, "i"), (5, "j"), (25, "t")))
    model.add_multiplication_equality(t, [i, 2 * j - 1])
    model.add(i + j <= 7)
    model.maximize(t - i)
    problem = read_problem(model)
    assert problem.sense == "max" and problem.value([2, 3, 10]) == 8 and all(problem.integer)
    product, row = problem.constraints
    assert product.is_equation and product.form.value([2, 3, 10]) == 0 and product.form.value([2, 3, 9]) == 1
    assert row.relation == "<=" and row.form.value([5, 5, 0]) == 3
    model.add_all_different([i, j])
    with pytest.raises(ValueError, match="all_diff"):
        read_problem(model)
