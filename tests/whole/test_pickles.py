"""Programs, bounds, decisions and certificates go through pickle, as multiprocessing and joblib need it."""

import pickle
from pickle import UnpicklingError

import numpy as np
import pytest

import copos
from copos.instances import CONE_FORMS
from copos.support.local_functions import read

PENTAGON = np.roll(np.eye(5, dtype=int), 1, axis=0) + np.roll(np.eye(5, dtype=int), -1, axis=0)
Q = np.array([[1.0, -1.0], [-1.0, 2.0]])
X = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.25]])
Y = np.array([[1.0, 2.0, 0.5], [0.0, 1.0, -1.0]])
WEIGHTS = np.array([[1.0, 0.1, 1.0], [2.0, 1.0, 1.0]])

PROGRAMS = {
    "standard quadratic": lambda: copos.standard_quadratic(Q, multiplier=[1.0, 2.0]),
    "stability number": lambda: copos.stability_number(PENTAGON),
    "stability number by equations": lambda: copos.stability_number(PENTAGON, edges="vanishing"),
    "clique number": lambda: copos.clique_number(PENTAGON),
    "binary quadratic": lambda: copos.binary_quadratic(Q, [-3, -2], [[1, 1]], [1]),
    "binary quadratic, squared": lambda: copos.binary_quadratic(Q, [-3, -2], [[1, 1]], [1], equations="squared"),
    "rank constrained": lambda: copos.rank_constrained(Q, [(np.eye(2), 1.0)], 1),
    "decayed network": lambda: copos.decayed_network([[1.0], [2.0]], [1.0, -1.0], width=1, beta=0.1),
    "relu network": lambda: copos.relu_network([[1.0], [-1.0]], [1.0, 0.0], beta=0.1),
    "linear network": lambda: copos.linear_network(X, Y, [2, 1, 2]),
    "linear network, factor": lambda: copos.linear_network(X, Y, [2, 1, 2], lift="factor", weights=WEIGHTS),
    "linear network, both sides": lambda: copos.linear_network(X, Y, [2, 1, 2], lift="projection-both"),
    "linear network, Huber": lambda: copos.linear_network(X, Y, [2, 1, 2], "factor", loss=copos.Loss("huber", 1.0)),
    "linear network, projection": lambda: copos.linear_network(X, Y, [2, 1, 2], lift="projection"),
    "linear network, absolute": lambda: copos.linear_network(X, Y, [2, 1, 2], "factor", loss="absolute"),
    "linear network, decay": lambda: copos.linear_network(X, Y, [2, 1, 2], "factor", weight_decay=0.1),
    "on a cone": lambda: next(iter(CONE_FORMS.values())).program,
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_comes_back_as_it_was(name):
    program = PROGRAMS[name]()
    again = pickle.loads(pickle.dumps(program))
    if isinstance(program, copos.RegularizedProgram):
        assert repr(again) == repr(program) and again.pieces[0].cone.sizes == program.pieces[0].cone.sizes
    else:
        assert repr(again) == repr(program) and (again.C.rows != program.C.rows).nnz == 0
        questions = [None if p.question is None else dict(p.question) for p in (program, again)]
        assert questions[0] == questions[1]
        assert np.array_equal(again.right_hand_sides, program.right_hand_sides)
        if program.cone.sampler is not None:
            draw = [p.cone.sample(np.random.default_rng(3)) for p in (program, again)]
            assert np.array_equal(*draw)
        if program.recover is not None:
            rng = np.random.default_rng(5)
            point = program.cone.sample(rng) if program.cone.sampler is not None else rng.random(program.cone.ambient)
            point = point / (point[0] or 1.0)
            old, new = (p.recover(np.outer(point, point)) for p in (program, again))
            assert old.value == new.value and np.array_equal(old.mixture.atoms, new.mixture.atoms, equal_nan=True)
            if old.solution is not None and program.exact_atom is not None:
                assert list(program.exact_atom(old.solution)) == list(again.exact_atom(old.solution))


def test_what_is_proved_stays_proved():
    program = PROGRAMS["stability number"]()
    bound = copos.bracket(program)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again, of = pickle.loads(pickle.dumps((bound, program), protocol))
        assert (again.lower, again.upper, again.exact) == (bound.lower, bound.upper, bound.exact)
        assert again.certificate.verify(of).proved and again.certificate.verify(program).proved
    decision = pickle.loads(pickle.dumps(copos.is_copositive([[1, -2], [-2, 1]])))
    assert decision.answer is False and decision.certificate.verify(decision.decided).proved
    search = pickle.loads(pickle.dumps(copos.branch_and_bound(program, max_nodes=2)))
    assert search.lower <= search.upper


QUADRATIC = {
    "quadratic program": lambda: copos.quadratic_program(Q, ["0.3", -3], A_ub=[[1, 1]], b_ub=["3.5"], bounds=(-3, 7)),
    "at most": lambda: copos.at_most(copos.quadratic_program(np.eye(2), A_eq=[[1, 1]], b_eq=[1]), 1),
    "quadratic assignment": lambda: copos.quadratic_assignment([[0, 5], [1, 0]], [[0, 2], [3, 0]]),
    "max-cut": lambda: copos.max_cut(PENTAGON),
    "partition": lambda: copos.graph_partition(PENTAGON, [2, 3]),
}  # fmt: skip
NAMED = {
    "k-means": lambda: copos.k_means(X.T, 2),
    "clustering": lambda: copos.certify_clustering(X.T, [0, 1, 0]),
    "stable set": lambda: copos.maximum_stable_set(PENTAGON),
    "clique": lambda: copos.maximum_clique(PENTAGON, [1, "1/2", 1, 1, 1]),
    "theta": lambda: copos.theta(PENTAGON, "schrijver"),
    "colours": lambda: copos.chromatic_number(PENTAGON),
    "cliques that cover": lambda: copos.clique_cover_number(PENTAGON),
}


@pytest.mark.parametrize("name", QUADRATIC)
def test_a_quadratic_program_and_its_bracket_come_back(name):
    problem = QUADRATIC[name]()
    bracket = copos.bracket(problem, tolerance=1e-6)
    other, found = pickle.loads(pickle.dumps((problem, bracket)))
    assert other.plain_problem() == problem.plain_problem() and repr(found) == repr(bracket)
    assert found.point == bracket.point and found.verify().proved and found.certificate.verify(problem).proved
    assert repr(copos.bracket(other, tolerance=1e-6)) == repr(bracket)


@pytest.mark.parametrize("name", NAMED)
def test_an_answer_to_a_named_problem_comes_back(name):
    answer = NAMED[name]()
    again = pickle.loads(pickle.dumps(answer))
    assert repr(again) == repr(answer) and again.verify().proved


def test_a_pickle_calls_functions_of_the_package_only():
    with pytest.raises(UnpicklingError, match="not a module of copos"):
        read("os", "system", 0, "system", (), (), ())
    with pytest.raises(UnpicklingError, match="not in this version"):
        read("copos.cones", "NonNegative", 7, "NonNegative.<locals>.<lambda>", (), (), ())
    with pytest.raises(UnpicklingError, match="another function"):
        read("copos.cones", "NonNegative", 0, "NonNegative.<locals>.<lambda>", ("m",), (3,), ())


def test_functions_of_the_user_are_left_to_pickle():
    program = copos.CompletelyPositiveProgram(copos.NonNegative(1), [[1.0]], recover=lambda Y: None)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(program)
