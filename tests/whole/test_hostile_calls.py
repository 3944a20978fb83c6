"""Arguments that make no sense are refused at once, by the package's own words, wherever they come in.

A row of `CALLS` is a public function with arguments that it takes, and for each argument its kind; `HOSTILE` has the
values of a kind that are refused. Where a function takes such a value, for a reason, the row leaves it out.
"""

import time

import numpy as np
import pytest
import scipy.sparse as sp

import copos
from copos import CompletelyPositiveProgram, NonNegative, SecondOrder
from copos.arithmetic import svec
from copos.conic import Cones, ConicForm
from copos.hierarchy import relax
from copos.solvers import choose, solve
from tests.whole.hostile import require_refusal

NAN, INF = float("nan"), float("inf")
I2, X2 = np.eye(2), np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])
C5 = np.array([[int((i - j) % 5 in (1, 4)) for i in range(5)] for j in range(5)])
K = NonNegative(2) * SecondOrder(2)
PROGRAM = copos.standard_quadratic(I2)
SADDLE = copos.quadratic_program([[1, 2], [2, -3]], [-1, 0], A_ub=[[1, 1]], b_ub=[1], bounds=(-1, 1))

HOSTILE = {
    "order": [0, -1, 1.5, True, "2", None, NAN, 10**30],
    "level": [-1, 1.5, True, NAN, "1", None, 10**6, 10**30, [0], INF],
    "name": ["nope", "", 3, None, ["parrilo"], b"parrilo"],
    "solver": ["nope", "", 3],
    "names": [["nope"], "nope", [3]],
    "tolerance": [NAN, -1.0, "small", -INF, [1e-3], 1j],
    "seconds": [NAN, -1.0, "soon", [1.0]],
    "count": [-1, NAN, "many", 1.5],
    "positive": [NAN, 0.0, -1.0, "x", INF, 1j],
    "nonnegative": [NAN, -1.0, "x", INF, 1j],
    "symmetric": [[[NAN, 0], [0, 1]], [[INF, 0], [0, 1]], [[1, 2], [3, 4]], [[1, 2]], [1, 2], "ab", None, [[1, 2], [3]],
                  [[1j, 0], [0, 1]], np.zeros((0, 0)), np.zeros((2, 2, 2)), [["a", "b"], ["c", "d"]]],
    "data": [[[NAN, 0, 1], [0, 1, 1]], [[INF, 0, 1], [0, 1, 1]], "ab", None, [[1, 2, 3], [4, 5]], [[1j, 0, 1], [0, 1,
        1]],
             np.zeros((0, 3)), np.zeros((2, 3, 2)), [["a"] * 3] * 2],
    "vector": [[NAN, 1], [INF, 1], [1, 2, 3, 4, 5, 6, 7], "ab", [[1], [2, 3]], [1j, 1], [None, 1], []],
    "graph": [np.ones((2, 3)), [[0, 2], [1, 0]], [[NAN, 0], [0, 0]], "no such file.clq", 5, [[0, 1j], [1j, 0]]],
    "square": [[[NAN, 0], [0, 1]], [[INF, 0], [0, 1]], [[1, 2]], [1, 2], "ab", 5, [[1, 2], [3]], [[1j, 0], [0, 1]],
               np.zeros((0, 0)), np.zeros((2, 2, 2)), [["a", "b"], ["c", "d"]], np.eye(3)],
    "clusters": [0, -1, 1.5, True, "2", None, NAN, [2], 10**9],
    "links": [[(0, 0)], [(0, 9)], [(-1, 2)], [(0, 1, 2)], [(0.5, 1)], "ab", 5, [("a", "b")]],
    "labels": [[0, 1], [0.5, 1, 2, 1], None, "ab", [[0], [1], [0]], [], 5, [NAN] * 3],
    "weights": [[NAN] * 5, [-1] * 5, [1] * 4, "none", [INF] * 5, [1j] * 5, {7: 1}, {0: -1}, -3],
    "sizes": [[2], [5], [0, 5], [-1, 6], [2.5, 2.5], ["a", "b"], "ab", None, 5, [2, 2], [True, 4]],
    "bounds": [(1,), (0, 1, 2), "ab", 5, [(0, 1)], [(0, 1)] * 3, (NAN, 1), (0, 1j), {"a": 1}, [(0, 1), None], (INF, 1)],
    "integrality": [[1], [0, 5], "x", [0.5, 0], [NAN, 0], [[1, 0]]],
    "curves": [[(I2, None, 1)], [(I2, None, 1, "<")], [(I2, None, NAN, "<=")], [(np.eye(3), None, 1, "<=")], "ab", 5],
    "variables": [["a"], ["a", "a"], ["a", ""], 5, ["a", "b\n"]],
}  # fmt: skip
CALLS = {
    "NonNegative": (NonNegative, {"n": 2}, {"n": "order"}),
    "SecondOrder": (SecondOrder, {"n": 2, "description": "arrow"}, {"n": "order", "description": "name"}),
    "PositiveSemidefinite": (copos.PositiveSemidefinite, {"n": 2}, {"n": "order"}),
    "Free": (copos.Free, {"n": 2}, {"n": "order"}),
    "with_unit": (K.with_unit, {"e": [1, 1, 1, 0]}, {"e": "vector"}),
    "program.with_unit": (PROGRAM.with_unit, {"e": [1, 1]}, {"e": "vector"}),
    "slice": (NonNegative(2).slice, {"L": [[1, -1]]}, {"L": "vector"}),
    "restrict": (K.restrict, {"a": [1, 1, 1, 0]}, {"a": "vector"}),
    "contains": (K.contains, {"x": [1, 1, 1, 0], "tolerance": 1e-9}, {"x": "vector", "tolerance": "tolerance"}),
    "program": (CompletelyPositiveProgram, {"cone": NonNegative(2), "C": I2, "equations": [(np.ones((2, 2)), 1.0)]},
                {"C": "symmetric"}),
    "equations": (lambda A, b: CompletelyPositiveProgram(NonNegative(2), I2, [(A, b)]), {"A": I2, "b": 1.0},
                  {"A": "symmetric", "b": "number"}),
    "vanishing": (lambda E: CompletelyPositiveProgram(NonNegative(2), I2, [(I2, 1.0)], [E]), {"E": I2},
        {"E": "symmetric"}),
    "assumed_forms": (lambda a: CompletelyPositiveProgram(NonNegative(2), I2, [(I2, 1.0)], assumed_forms=a),
        {"a": [[1, 1]]},
        {"a": "vector"}),
    "relax": (relax, {"program": PROGRAM, "level": 0, "family": "parrilo", "gram": "sdp", "reductions": ["sign"]},
              {"level": "level", "family": "name", "gram": "name", "reductions": "names"}),
    "lower_bound": (copos.lower_bound, {"program": PROGRAM, "level": 0, "family": "parrilo", "gram": "sdp",
        "reductions": ["sign"],
                                        "solver": "clarabel", "tolerance": None},
                    {"level": "level", "family": "name", "gram": "name", "reductions": "names", "solver": "solver",
                        "tolerance": "tolerance"}),
    "bracket": (copos.bracket, {"program": PROGRAM, "level": 0, "family": "parrilo", "gram": "sdp", "tolerance": 1e-2,
        "absolute": 1e-9,
                                "time_limit": 5.0, "max_cells": 2},
                {"level": "level", "family": "name", "gram": "name", "tolerance": "tolerance", "absolute": "tolerance",
                 "time_limit": "seconds", "max_cells": "count"}),
    "branch_and_bound": (copos.branch_and_bound, {"program": PROGRAM, "level": 0, "family": "parrilo", "gram": "sdp",
        "tolerance": 1e-2,
                                                  "absolute": 1e-9, "time_limit": 5.0, "max_nodes": 2, "cells": "cuts"},
                         {"level": "level", "family": "name", "gram": "name", "tolerance": "tolerance",
                             "absolute": "tolerance",
                          "time_limit": "seconds", "max_nodes": "count", "cells": "name"}),
    "inner_bound": (copos.inner_bound, {"program": PROGRAM, "level": 0, "family": "descent"}, {"level": "level",
        "family": "name"}),
    "standard_quadratic": (copos.standard_quadratic, {"Q": I2, "multiplier": [1, 1]}, {"Q": "symmetric",
        "multiplier": "vector"}),
    "stability_number": (copos.stability_number, {"graph": C5, "edges": "weighted"}, {"graph": "graph",
        "edges": "name"}),
    "binary_quadratic": (copos.binary_quadratic, {"Q": I2, "c": [1, 1], "A": [[1, 1]], "b": [1]},
                         {"Q": "symmetric", "c": "vector", "b": "vector"}),
    "linear_network": (copos.linear_network, {"X": X2, "Y": X2, "widths": [2, 1, 2], "lift": "auto", "ridge": 0.0,
        "weight_decay": 0.0},
                       {"X": "data", "Y": "data", "lift": "name", "ridge": "nonnegative",
                           "weight_decay": "nonnegative"}),
    "svd_value": (copos.svd_value, {"X": X2, "Y": X2, "rank": 1}, {"X": "data", "Y": "data"}),
    "rank_constrained": (copos.rank_constrained, {"C": I2, "equations": [(I2, 1.0)], "rank": 1}, {"C": "symmetric",
        "rank": "order"}),
    "is_copositive": (copos.is_copositive, {"M": I2, "time_limit": 5.0}, {"M": "symmetric", "time_limit": "seconds"}),
    "is_completely_positive": (copos.is_completely_positive, {"M": I2, "time_limit": 5.0}, {"M": "symmetric",
        "time_limit": "seconds"}),
    "cp_rank": (copos.cp_rank, {"M": I2, "time_limit": 5.0}, {"M": "symmetric", "time_limit": "seconds"}),
    "minimum_on_simplex": (copos.minimum_on_simplex, {"M": I2, "time_limit": 5.0}, {"M": "symmetric",
        "time_limit": "seconds"}),
    "polynomial_network": (copos.polynomial_network, {"X": X2.T, "y": [1.0, 2, 3], "activation": "quadratic",
        "beta": 0.1, "loss": "squared"},
                           {"y": "vector", "activation": "name", "beta": "positive", "loss": "name"}),
    "relu_network": (copos.relu_network, {"X": X2.T, "Y": [[1.0], [2.0], [3.0]], "beta": 0.1, "loss": "squared"},
                     {"beta": "positive", "loss": "name"}),
    "convex_decay_bound": (copos.convex_decay_bound, {"X": X2.T, "y": [1.0, 2, 3], "beta": 0.1,
        "activation": "quadratic"},
                           {"y": "vector", "beta": "positive", "activation": "name"}),
    "k_means": (copos.k_means, {"X": X2.T, "clusters": 2, "must_link": [(0, 1)], "cannot_link": [(0, 2)],
        "tolerance": 1e-4, "time_limit": 5.0, "seed": 0},
                {"X": "data", "clusters": "clusters", "must_link": "links", "cannot_link": "links",
                    "tolerance": "tolerance", "time_limit": "seconds", "seed": "count"}),
    "certify_clustering": (copos.certify_clustering, {"X": X2.T, "labels": [0, 1, 1], "tolerance": 1e-4,
        "time_limit": 5.0, "must_link": (), "cannot_link": (), "seed": 0},
                           {"X": "data", "labels": "labels", "tolerance": "tolerance", "time_limit": "seconds",
                               "must_link": "links", "cannot_link": "links", "seed": "count"}),
    "maximum_stable_set": (copos.maximum_stable_set, {"graph": C5, "weights": 2, "time_limit": 5.0, "states": 9},
                           {"graph": "graph", "weights": "weights", "time_limit": "seconds", "states": "count"}),
    "maximum_clique": (copos.maximum_clique, {"graph": C5, "weights": 2, "time_limit": 5.0, "states": 9},
                       {"graph": "graph", "weights": "weights", "time_limit": "seconds", "states": "count"}),
    "theta": (copos.theta, {"graph": C5, "variant": "lovasz", "weights": 2, "tolerance": 1e-6, "time_limit": 5.0},
              {"graph": "graph", "variant": "name", "weights": "weights", "tolerance": "tolerance",
                  "time_limit": "seconds"}),
    "chromatic_number": (copos.chromatic_number, {"graph": C5, "time_limit": 5.0}, {"graph": "graph",
        "time_limit": "seconds"}),
    "clique_cover_number": (copos.clique_cover_number, {"graph": C5, "time_limit": 5.0}, {"graph": "graph",
        "time_limit": "seconds"}),
    "quadratic_assignment": (copos.quadratic_assignment, {"A": I2, "B": I2, "C": I2}, {"A": "square", "B": "square",
        "C": "square"}),
    "max_cut": (copos.max_cut, {"graph": C5}, {"graph": "graph"}),
    "graph_partition": (copos.graph_partition, {"graph": C5, "sizes": [2, 3]}, {"graph": "graph", "sizes": "sizes"}),
    "quadratic_program": (copos.quadratic_program, {"Q": I2, "c": [1, 1], "constant": 0, "A_ub": I2, "b_ub": [1, 1],
        "A_eq": I2, "b_eq": [1, 1], "bounds": (0, 1), "integrality": 0, "quadratic": (), "sense": "min",
        "names": ["a", "b"]},
                          {"Q": "square", "c": "vector", "constant": "number", "A_ub": "square", "b_ub": "vector",
                              "A_eq": "square", "b_eq": "vector", "bounds": "bounds", "integrality": "integrality",
                              "quadratic": "curves", "sense": "name", "names": "variables"}),
    "at_most": (copos.at_most, {"problem": SADDLE, "k": 1, "over": ["x0"]}, {"k": "count", "over": "names"}),
    "bracket of a quadratic program": (copos.bracket, {"program": SADDLE, "tolerance": 1e-3, "absolute": 1e-9,
        "time_limit": 5.0, "max_cells": 4, "level": 0, "family": "parrilo"},
                                       {"tolerance": "tolerance", "absolute": "tolerance", "time_limit": "seconds",
                                           "max_cells": "count", "level": "level", "family": "name"}),
    "read_problem": (copos.read_problem, {"source": SADDLE, "over": None, "kind": None}, {"source": "files",
        "over": "sets", "kind": "sets"}),
}  # fmt: skip
HOSTILE["sets"] = ["nope", "", 3, ["box"], b"box"]
HOSTILE["files"] = ["no such file.lp", "", "a\0b.lp", ".", 3, None, b"x.lp", I2, ["x.lp"]]
HOSTILE["number"] = [NAN, INF, "x", None, 1j]
ROWS = [(name, argument, k) for name, (_, _, kinds) in CALLS.items() for argument,
    kind in kinds.items() for k in range(len(HOSTILE[kind]))]  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_the_calls_are_right_as_they_are(name):
    function, arguments, kinds = CALLS[name]
    assert function(**arguments) is not None and set(kinds) <= set(arguments)


@pytest.mark.parametrize(("name", "argument", "k"), ROWS)
def test_a_hostile_argument_is_refused_in_words(name, argument, k):
    function, arguments, kinds = CALLS[name]
    require_refusal(function, arguments, argument, HOSTILE[kinds[argument]][k])


def test_there_are_enough_rows():
    assert len(ROWS) > 300


@pytest.mark.parametrize("level", [np.int64(1), np.int32(0), np.uint8(1)])
def test_numpy_levels_are_levels(level):
    bound = copos.lower_bound(PROGRAM, level)
    assert bound.proved and type(bound.level) is int and bound.certificate.verify(PROGRAM).proved


def test_a_level_without_a_multiplier_is_refused():
    free = CompletelyPositiveProgram(copos.Free(2), I2, [(I2, 1.0)])
    assert copos.lower_bound(free, 0).lower == pytest.approx(1, abs=1e-6)
    for level in (1, 2):
        with pytest.raises(ValueError, match="needs a multiplier"):
            copos.lower_bound(free, level)


def test_a_level_that_clarabel_cannot_hold_is_refused():
    n = 500
    entries = sp.csc_array(([-1.0], ([0], [0])), shape=(svec.length(n), 1))
    form = ConicForm([1.0], entries, np.zeros(svec.length(n)), Cones(psd=(n,)))
    assert choose(form).solver == "splitting"
    start = time.process_time()
    with pytest.raises(ValueError, match="GiB"):
        solve(form, "clarabel")
    assert time.process_time() - start < 1
