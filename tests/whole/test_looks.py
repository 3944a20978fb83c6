"""Values are friendly: one line in a terminal, an escaped table in a notebook."""

import html.parser
import inspect
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

import copos
from copos.conic import Cones, ConicForm
from copos.forms import Forms
from copos.hierarchy import relax
from copos.instances import CONE_FORMS, GRAPHS, MATRICES
from copos.polynomial.features import Activation
from copos.program import Mixture, Recovered
from copos.solvers import solve
from copos.support.looks import cut, html_table, one_line, short

HORN = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]
NAME = "<b>a & b</b>\n" * 40
X = np.array([[1.0, 0.5], [0.2, -1.0], [0.3, 0.7]])
y = np.array([1.0, -1.0, 0.5])


@cache
def _polynomial():
    network = copos.PolynomialNetwork.from_weights(np.eye(2), [2.0, -1.0], activation="quadratic")
    program = copos.polynomial_network(X, y, beta=0.1)
    trained = program.train()
    return [network, program, trained, trained.network, trained.proof, trained.certificate,
            program.certify(network)]  # fmt: skip


@cache
def _decisions():
    yes, no, half = copos.is_copositive(HORN), copos.is_copositive([[1, -2], [-2, 1]]), copos.minimum_on_simplex(HORN)
    rank = copos.cp_rank([[Fraction(1, 3), Fraction(1, 7)], [Fraction(1, 7), 1]])
    positive = copos.is_completely_positive([[Fraction(1, 3), Fraction(1, 7)], [Fraction(1, 7), 1]])
    decided = (yes, no, half, positive)
    return [*decided, rank, *(d.certificate for d in decided), yes.certificate.verify()]


@cache
def _bounds():
    program = copos.standard_quadratic(np.array(HORN, dtype=float))
    bound = copos.bracket(program)
    search = copos.branch_and_bound(program, max_nodes=3)
    return [program, program.dual, bound, bound.found, bound.certificate, search, search.tree, program.C,
            copos.lower_bound(program, keep=True).solved, relax(program, 0), relax(program, 0).form]  # fmt: skip


@cache
def _networks():
    data = np.array([[1.0, 2.0, 0.5], [0.0, 1.0, -1.0]])
    linear = copos.LinearNetwork((np.eye(2), np.ones((1, 2))))
    relu = copos.relu_network(X, y, 0.1)
    return [copos.linear_network(data, data, [2, 1, 2]), linear, relu, relu.loss, relu.pieces[0], copos.Loss("squared"),
            copos.decayed_network(X, y, 1, 0.5), copos.DecayedNetwork(np.eye(2), np.ones(2), Activation(1.0, 0.0, 0.0)),
            copos.ReLUNetwork(np.eye(2), np.eye(2)), copos.convex_decay_bound(X, y, 0.5),
            copos.ReLULayers([np.eye(2)] * 200, [np.zeros(2)] * 200),
            copos.PolynomialNetwork.from_weights(np.eye(2), [1.0, -1.0]).distance_to_boundary([1.0, 3.0]),
            copos.train_relu_network([[1.0]], [1.0], 0.1),
            copos.train_quartic_network([[1.0]], [1.0], 0.1, (1, 0, 0, 0)),
            copos.train_robust_network([[1.0], [0.0]], [1.0, -1.0], 0.1, beta=0.1),
            copos.train_quantised_network([[1.0]], [1.0], beta=0.1),
            copos.relu_verdict([np.eye(2)], [np.zeros(2)], [0, 0], [1, 1], [1, 1]),
            copos.MatrixConstraints.nonnegative((2, 2))]  # fmt: skip


@cache
def _quadratic():
    names = [f"a long name {k}" for k in range(30)]
    problem = copos.quadratic_program(-np.eye(30), np.ones(30), bounds=(0, 1), names=names)
    return [problem, copos.bracket(copos.quadratic_program([[-1.0]], [0.5], bounds=(0, 1))),
            copos.certify_clustering(np.arange(300), np.arange(300) % 2, time_limit=0),
            copos.maximum_stable_set(np.zeros((300, 300), dtype=int)),
            copos.theta(np.zeros((2, 2), dtype=int))]  # fmt: skip


@cache
def _values():
    cone = copos.NonNegative(1)
    for _ in range(40):
        cone = cone * copos.SecondOrder(3)
    long = copos.CompletelyPositiveProgram(cone, np.eye(cone.dim), name=NAME)
    form = ConicForm([1.0], [[-1.0]], [-2.0], Cones(nonnegative=1))
    many = Cones(psd=tuple(range(1, 300)))
    records = [next(iter(table.values())) for table in (CONE_FORMS, GRAPHS, MATRICES)]
    huge = Mixture([Fraction(3) ** 9000], [[Fraction(1, 7)] * 30])
    return [cone, cone.slice(np.eye(1, cone.ambient)), long, long.C, form, many, solve(form), *records, huge,
            copos.Decision(None, None, None, NAME), Forms.none(3), Recovered(huge, 1.0, np.ones(500)),
            copos.Certificate("lower bound", {"type": NAME}, {"value": "1/" + "3" * 9000}), copos.Bound(reason=NAME),
            copos.Dense(), copos.Convolution((2, 2)), copos.NumberField((-2, 0, 1), (1, 2))]  # fmt: skip


class _Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


MAKERS = (_values, _decisions, _bounds, _networks, _quadratic, _polynomial)


@pytest.mark.parametrize("make", MAKERS)
def test_a_value_is_one_short_line_and_its_table_is_escaped(make):
    for value in make():
        line = repr(value)
        assert len(line) < 200 and "\n" not in line and "object at 0x" not in line, line
        if hasattr(value, "_repr_html_"):
            tags = _Tags()
            tags.feed(value._repr_html_())
            assert not tags.open and tags.seen <= {"table", "caption", "tbody", "tr", "th", "td"}


def test_every_public_class_is_made_above():
    made = {type(value) for make in MAKERS for value in make()}
    public = {getattr(copos, name) for name in copos.__all__}
    classes = {c for c in public if inspect.isclass(c) and not hasattr(c, "get_params")}
    assert {c.__name__ for c in classes - made} == set()


def test_every_result_is_a_table_in_a_notebook():
    made = [value for make in MAKERS for value in make()]
    # the verdict is the checker's own, which imports nothing of the package and is a plain tuple
    results = [v for v in made if {"proved", "certificate"} & set(dir(v)) and not isinstance(v, copos.Verdict)]
    kinds = {type(v).__name__ for v in results}
    assert {"Bound", "Branching", "QuadraticBracket", "GraphNumber", "Theta", "Clustering", "Decision"} <= kinds
    assert {type(v).__name__ for v in results if not hasattr(v, "_repr_html_")} == set()
    number = copos.maximum_stable_set(np.zeros((300, 300), dtype=int))._repr_html_()
    assert "<th>lower</th><td>300</td>" in number and "tuple of 300" in number and "reason" not in number
    theta = copos.theta(np.zeros((2, 2), dtype=int))._repr_html_()
    assert "<caption>Theta</caption>" in theta and "<th>bound</th><td>2</td>" in theta
    bracket = copos.bracket(copos.quadratic_program([[-1.0]], [0.5], bounds=(0, 1)))._repr_html_()
    assert "<th>lower</th><td>-0.5</td>" in bracket and "<th>sense</th><td>min</td>" in bracket


def test_what_is_cut_says_so():
    assert cut("word " * 100)[-1] == "…" and len(cut("word " * 100)) == 180
    assert short(Fraction(1, 3**9000)) == "Fraction of 14265 bits"
    assert short(tuple(range(100))) == "tuple of 100"
    assert "&lt;script&gt;" in html_table("<script>", [("<script>", "<script>")])
    assert "<script>" not in html_table("<script>", [("<script>", "<script>")])


def test_a_field_that_is_missing_does_not_hide_the_others():
    from dataclasses import dataclass

    @one_line
    @dataclass
    class Pair:
        left: object
        right: object

    half = Pair.__new__(Pair)
    half.left = 1
    assert repr(half).endswith("Pair(left=1)")
