"""Forgeries about boxes of quadratic programs: trees that leave points out, leaves that prove less, wrong curves."""

from copos.checker import check

# min x² − 3x + y + 5, x an integer in [0, 4], y in [−1, 2]: 2 at (1, −1)
BASE = {
    "type": "quadratic program", "names": ["x", "y"],
    "min": {"rows": [[0, 0, 5], [0, 1, -3], [0, 2, 1], [1, 1, 1]]},
    "variables": {"rows": [[1, 1, 0, 1, 4], [0, 1, -1, 1, 2]]},
    "relations": {"rows": [[-1, 0, 1]]},
    # x + y ≤ 5, 2x − y = 3, x² + y² ≥ 1
    "constraints": {"rows": [[0, 0, 0, -5], [0, 0, 1, 1], [0, 0, 2, 1], [1, 0, 0, -3], [1, 0, 1, 2], [1, 0, 2, -1],
                             [2, 0, 0, -1], [2, 1, 1, 1], [2, 2, 2, 1]]},
}  # fmt: skip
# max x over x ≥ 0, y free, x ≤ y
RAY = {
    "type": "quadratic program", "names": ["x", "y"], "max": {"rows": [[0, 0, 0], [0, 1, 1]]},
    "variables": {"rows": [[0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]},
    "relations": {"rows": [[-1]]}, "constraints": {"rows": [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 2, -1]]},
}  # fmt: skip
NONE = {**BASE, "variables": {"rows": [[1, 1, "1/4", 1, "3/4"], [0, 1, -1, 1, 2]]}}
FREE = {
    "type": "quadratic program", "names": ["x", "y"], "min": {"rows": [[0, 0, 0], [1, 1, 1], [1, 2, 1], [2, 2, 1]]},
    "variables": {"rows": [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]},
}  # fmt: skip
# min x − y − z over 0 ≤ x ≤ 1, 0 ≤ y ≤ 1, 0 ≤ z ≤ 2: −3
THREE = {
    "type": "quadratic program", "names": ["x", "y", "z"],
    "min": {"rows": [[0, 0, 0], [0, 1, 1], [0, 2, -1], [0, 3, -1]]},
    "variables": {"rows": [[0, 1, 0, 1, 1], [0, 1, 0, 1, 1], [0, 1, 0, 1, 2]]},
}  # fmt: skip
CROSSED = {**FREE, "min": {"rows": [[0, 0, 0], [1, 1, 1], [1, 2, 3], [2, 2, 1]]}}


def made(problem, sense, rows):
    """Another objective over the same points."""
    return {**{key: v for key, v in problem.items() if key not in ("min", "max")}, sense: {"rows": rows}}


def within(problem, *ranges):
    """Other variables of the same objective and constraints."""
    return {**problem, "variables": {"rows": [list(row) for row in ranges]}}


def doc(kind, problem, **proof):
    return {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem, "proof": proof,
            "sha256": check.digest(problem)}  # fmt: skip


def lower(value, *tree, problem=BASE, variables=(0, 1), **more):
    return doc("lower bound", problem, value=value,
               parts=[{"variables": list(variables), "tree": list(tree), **more}])  # fmt: skip


def empty(*tree, problem=NONE, **more):
    return doc("infeasible", problem, parts=[{"variables": [], "tree": list(tree), **more}])


def attained(value, *point, problem=BASE):
    return doc("upper bound", problem, value=value, point=list(point))


def curve(*rows, problem=RAY):
    return doc("unbounded", problem, curve=[list(row) for row in rows])


def squares(**more):
    return {"variables": [0, 1], "powers": [0, 0], "gram": {"factor": [[-3], [2]], "bits": 1}, **more}


# (x − 3/2)² = x² − 3x + 9/4, and then y ≥ −1
SQUARE = {"squares": squares()}
GAP = {"gaps": [[0, 1, 1]]}  # (x − 1)(x − 2) = x² − 3x + 2
SPLIT = [{"split": [0, "3/2"]}, {}, {}]
ODD = made(BASE, "min", [[0, 0, 0], [0, 1, -2], [1, 1, 1]])  # x² − 2x, which is −1 at 1
SLOPE = {**FREE, "min": {"rows": [[0, 0, 0], [0, 2, 1]]}, "variables": {"rows": [[0, 1, 0, 1, 1], [0, 1, -1, 1, 2]]}}
ABOVE = {"contradiction": True, "constraints": [[0, 0, 1]]}  # the cutoff less the objective is nonnegative
MEANS = {"squares": {"variables": [1, 2], "powers": [0, 0],
                     "gram": {"factor": [[1, 0], [0, 1]], "bits": 1, "weights": [2, 2]}}}  # fmt: skip
ANY = [0, 0, 0, 0, 0]
LAST = [[0, 0, 0], [0, 2, 1]]  # y
PARABOLA = {**RAY, "max": {"rows": LAST}, "relations": {"rows": [[0]]},
            "constraints": {"rows": [[0, 0, 0, 0], [0, 0, 2, -1], [0, 1, 1, 1]]}}  # fmt: skip
# 1 ≤ x ≤ 0, by a bound and by a constraint
APART = {**made(within(RAY, [0, 1, 1, 0, 0], ANY), "max", LAST),
         "constraints": {"rows": [[0, 0, 0, 0], [0, 0, 1, 1]]}}  # fmt: skip
HONEST = [
    lower("7/4", SQUARE), lower(2, GAP), lower(0, {}), lower(2, *SPLIT[:1], GAP, GAP),
    lower(0, {"steps": [[1, 0]]}),  # x ∈ [1, 5/2], so in [1, 2]
    lower(2, {"products": [[0, 1, 0]], **GAP}),
    lower(2, {"constraints": [[1, 0, 0], [0, 0, 0], [1, 1, 0]], **GAP}),
    lower("3/2", GAP, cutoff="-7/2"), lower(2, GAP, cutoff=-2), lower("7/4", {}),
    empty({"empty": 0}), empty({"constraints": [[0, 0, 1]], "contradiction": True}, problem={
        **BASE, "variables": {"rows": [[1, 1, 4, 1, 4], [0, 1, 2, 1, 3]]}}),
    attained(3, 1, -1), attained(4, 2, 1), curve([0, 1], [0, 1]), curve([0, 1], [0, 0, 1]),
    doc("lower bound", BASE, value=2, parts=[{"variables": [0], "tree": [GAP]}, {"variables": [1], "tree": [{}]}]),
    lower(0, MEANS, problem=FREE), lower(-1, {"split": [0, 0]}, {}, {}, problem=ODD),
    lower(-3, {"split": [0, "1/2"]}, {}, {}, problem=THREE, variables=(0, 1, 2)),
    lower("-3/2", ABOVE, problem=SLOPE, cutoff="-3/2"),
    lower("-3/2", {"steps": [[0, 1]], "empty": 1}, problem=SLOPE, cutoff="-3/2"),
    lower(-2, {"products": [[4, 0, 1]]}, problem=SLOPE, cutoff=0),  # y + xy
    attained("1/2", "1/2", "1/2", problem=RAY), curve([0] * 7 + [1], [0] * 7 + [1]), curve(["1/2", 1], ["1/2", 1]),
    curve([0], [0, 1], problem=made(within(RAY, [1, 1, 0, 0, 0], ANY), "max", LAST)),
    curve([0, 1], [0, 0, 1], problem=PARABOLA),
]  # fmt: skip
ROWS = {
    # check_boxes.py: parts
    "a part is infeasible: such a proof": [lower(0, {"empty": 0}, problem=NONE)],
    "a term of the objective belongs to no part": [lower(0, {}, variables=[0]), doc("lower bound", BASE, value=0,
                                                                                   parts=[])],
    "the proof gives 7/4, not 2": [lower(2, SQUARE), lower(2, {})],
    "the proof gives 0, not 1/2": [lower("1/2", MEANS, problem=FREE)],
    "the proof gives -1, not 0": [lower(0, {"split": [0, v]}, {}, {}, problem=ODD) for v in (0, 1)],
    "the proof gives -2, not 0": [lower(0, {}, problem=made(BASE, "min", [[0, 0, 0], [0, 2, -1]]))],
    "the proof gives 2, not 3": [lower(3, GAP), lower(3, GAP, cutoff=-3)],
    "cells that are empty, and no cutoff": [empty({}, problem=BASE), empty({"empty": 0}, cutoff=3)],
    "a proof of infeasibility has a part": [doc("infeasible", NONE, parts=[])],
    # trees
    "the tree ends before every cell": [lower(0, *SPLIT[:2])], "the tree has items left over": [lower(0, *SPLIT, {})],
    "an item of a tree must be an object": [lower(0, 3)],
    "a path has at most 2000 cuts": [lower(0, *[{"split": [1, 0]}] * 2001, {})],
    "a cell that is called empty is not": [lower(0, {"empty": 0}), lower(0, {"empty": 0}, problem=FREE),
                                           empty({"empty": 1}),
                                           *[empty({"empty": j}, problem=within(FREE, [0, 0, 0, 1, 2], [0, 1, 2, 0, 0]))
                                             for j in (0, 1)],
                                           empty({"empty": 0}, problem=within(FREE, [0, 1, 2, 1, 2], ANY))],
    # leaves
    "contradiction is true, or not there": [lower(0, {"contradiction": 1}), lower(0, {"contradiction": False})],
    "a contradiction is none": [lower(3, ABOVE, problem=SLOPE, cutoff=3), empty({"contradiction": True}, problem=BASE)],
    "has no bound": [lower(0, {}, problem=CROSSED), lower(-5, {"squares": squares()}, problem=CROSSED)],
    "multiplied by nonnegative numbers only": [lower(2, {"constraints": [[0, 0, -1]]}),
                                               lower(2, {"constraints": [[0, 1, 1]]})],
    "only a linear equation is multiplied": [
        lower(0, {"constraints": [[1, 1, 1]]}, problem={**BASE, "constraints": {"rows": [
            [0, 0, 0, -5], [0, 0, 1, 1], [1, 0, 0, -1], [1, 1, 1, 1], [2, 0, 0, 0]]}})],
    "there is a gap between two integers": [lower(2, {"gaps": [[1, 0, 1]]}), lower(2, {"gaps": [[0, "1/2", 1]]})],
    "a bound that is used does not exist": [lower(0, {"products": [[0, 1, 1]]}, problem=FREE)],
    "only bounds and linear inequalities are multiplied": [lower(0, {"products": [[0, 5, 1]]}),
                                                           lower(0, {"products": [[6, 0, 1]]})],
    "the variables of a square are different": [lower(0, {"squares": squares(variables=[1, 1])}),
                                                lower(0, {"squares": squares(powers=[1, 0])})],
    "a weight is negative": [lower(2, {"gaps": [[0, 1, -1]]}), lower(2, {"products": [[0, 1, -1]]})],
    # points and curves
    "the point violates the bounds of a variable": [attained(9, 5, 0), attained(9, -1, 0), attained(9, 1, 3),
                                                    attained(9, "3/2", 0)],
    "the point violates a constraint": [attained(9, 1, 0), attained(99, 4, 2), attained(9, 0, 0)],
    "the objective is 2 at the point": [attained(1, 1, -1)],
    "a curve has a degree below 8": [curve([0] * 8 + [1], [0] * 8 + [1]), curve([0, 1], [0] * 8 + [1])],
    "the curve leaves the bounds of a variable": [curve([1, -1], [5]), curve([0], [0, 1], problem=APART)],
    "the curve does not meet the integers": [curve(["1/2"], [0, 1], problem=BASE | {
        "variables": {"rows": [[1, 1, 0, 1, 4], [0, 1, -1, 0, 0]]}})],
    "the curve leaves a constraint": [curve([0, 1], [5]), curve([1], [0, 1], problem=BASE | {
        "variables": {"rows": [[1, 1, 0, 1, 4], [0, 1, -1, 0, 0]]}})],
    "the objective is bounded along the curve": [
        curve([3], [0, 1]), curve([3], [4]),
        curve([0, 1], [0, 1], problem=made(RAY, "min", [[0, 0, 0], [0, 1, "1/2"]])),
        curve([0, 1], [0, 1], problem=made(RAY, "max", [[0, 0, 0], [0, 1, 1], [2, 2, -1]])),
    ],
}  # fmt: skip
