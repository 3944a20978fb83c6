"""Forgeries about parts of a quadratic program that are bounded by their lifts."""

from tests.checker.forgeries_boxes import doc

# min x² + wx − 5x − yz + 5,  w = 3,  0 ≤ x ≤ 2,  0 ≤ y ≤ 5,  0 ≤ z ≤ 1:  3 at (3, 1, 1, 1)
TWO = {
    "type": "quadratic program", "names": ["w", "x", "y", "z"],
    "min": {"rows": [[0, 0, 5], [0, 2, -5], [1, 2, 1], [2, 2, 1], [3, 4, -1]]},
    "variables": {"rows": [[0, 1, 3, 1, 3], [0, 1, 0, 1, 2], [0, 1, 0, 1, 5], [0, 1, 0, 1, 1]]},
    # y + w ≤ 4, x + y ≤ 9, x ≥ 1/2, z ≥ 0 again, and 2 ≥ 0
    "relations": {"rows": [[-1, -1, 1, 1, 1]]},
    "constraints": {"rows": [[0, 0, 0, -4], [0, 0, 1, 1], [0, 0, 3, 1], [1, 0, 0, -9], [1, 0, 2, 1], [1, 0, 3, 1],
                             [2, 0, 0, "-1/2"], [2, 0, 2, 1], [3, 0, 0, 0], [3, 0, 4, 1], [4, 0, 0, 2]]},
}  # fmt: skip
# x² + 1 ≤ 0, and y − z = 2 with y ≤ 1, z ≥ 0
NEVER = {**TWO, "relations": {"rows": [[-1, 0]]},
         "constraints": {"rows": [[0, 0, 0, 1], [0, 2, 2, 1], [1, 0, 0, -2], [1, 0, 3, 1], [1, 0, 4, -1]]}}  # fmt: skip


# min x,  1 ≤ x ≤ 2:  x = 1 + u
SHIFTED = {"type": "quadratic program", "names": ["x"], "min": {"rows": [[0, 0, 0], [0, 1, 1]]},
           "variables": {"rows": [[0, 1, 1, 1, 2]]}}  # fmt: skip


def lifted(value, *terms, **more):
    return {"value": value, "y": [value], "level": 0, "terms": list(terms), "multipliers": [], **more}


def part(variables, proof, **more):
    return {"variables": list(variables), "question": {}, "proof": proof, **more}


# x = 2u: x² − 2x + 1 = (2u − u_0)²; blocks u_0, u, u_0 − u and 2u − u_0/2
SQUARE = {"rows": [[0], [1]], "gram": {"factor": [[-1], [2]]}}
FIRST = part([0, 1], lifted(-1, SQUARE))
# y = u, z = v: 1 − yz = u_0(u_0 − u) + u(u_0 − v); blocks u_0, u, v, u_0 − u, u_0 − v and those of two rows
EDGES = {"products": [[0, 3, 1], [1, 4, 1]]}
SECOND = part([0, 2, 3], lifted(-1, EDGES), steps=[[0, 2]])
# at y ≤ 5: 5 − yz = 5u_0(u_0 − u) + 5u(u_0 − v) with y = 5u
WIDE = part([2, 3], lifted(-5, {"products": [[0, 3, 5], [1, 4, 5]]}))
NONE = part([1], {"y": [1], "level": 0, "multipliers": [],
                  "terms": [{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}},
                            {"rows": [[1]], "gram": {"factor": [[2]]}}]})  # fmt: skip


def lower(value, *items, problem=TWO):
    return doc("lower bound", problem, value=value, parts=list(items))


def empty(*items, problem=NEVER):
    return doc("infeasible", problem, parts=list(items))


def maximum(problem):
    """The same with the negative objective, to be maximised."""
    rows = [[i, j, -c] for i, j, c in problem["min"]["rows"]]
    return {**{key: v for key, v in problem.items() if key != "min"}, "max": {"rows": rows}}


LEFT_OUT = {**SECOND, "question": {"implied": [0, 1]}}
HONEST = [
    lower(3, FIRST, SECOND), lower(3, SECOND, FIRST), lower(-1, FIRST, WIDE), lower(2, FIRST, SECOND),
    lower(3, FIRST, LEFT_OUT), lower(3, FIRST, {**SECOND, "steps": [[0, 2], [0, 2]]}),
    lower(-3, FIRST, SECOND, problem=maximum(TWO)),
    lower(3, FIRST, part([0, 2, 3], lifted(-1, EDGES), question={"steps": [[0, 1]]})),
    lower(1, part([0], lifted(0, {"products": [[0, 1, 1]]})), problem=SHIFTED),
    empty(NONE), empty({"variables": [], "tree": [{"steps": [[1, 2]], "empty": 2}]}, NONE, problem={
        **NEVER, "variables": {"rows": [*TWO["variables"]["rows"][:2], [0, 1, 0, 1, 1], [0, 1, 0, 1, 1]]}}),
]  # fmt: skip
ROWS = {
    "a part must be an object": [lower(3, 3), empty(3)],
    "part must be a list": [lower(3, {"question": {}, "proof": lifted(-1)})],
    "part needs the keys": [lower(3, FIRST, {key: v for key, v in SECOND.items() if key != "question"}),
                            lower(3, FIRST, {**SECOND, "cutoff": 3})],
    "question of a part needs": [lower(3, FIRST, {**SECOND, "question": {"type": "x"}})],
    "a term of the objective belongs to no part": [lower(3, FIRST), lower(3, SECOND)],
    "the proof gives 3, not 4": [lower(4, FIRST, SECOND)],
    "the proof gives -1, not 3": [lower(3, FIRST, WIDE)],
    "the identity does not hold": [
        lower(3, part([1], lifted(-1, SQUARE)), SECOND), lower(3, part([0, 1], lifted(0, SQUARE)), SECOND),
        lower(3, FIRST, part([0, 2, 3], lifted(-1, EDGES))),  # y ≤ 5 without the step
    ],
    # 2 ≥ 0 is in no variable
    "implied constraint must be": [lower(3, FIRST, {**SECOND, "question": {"implied": [2]}})],
    "block must be": [lower(3, FIRST, part([0, 2, 3], lifted(-1, {"products": [[0, 7, 1]]}), steps=[[0, 2]]))],
    "the coordinates that are kept": [empty(part([2, 3], NONE["proof"]))],
    "generator must be": [empty(NONE, problem=TWO)],
    "proof needs the keys": [empty({**NONE, "proof": lifted(-1, SQUARE)})],
    "b'y is not positive": [empty({**NONE, "proof": {**NONE["proof"], "y": [-1]}})],
    "put at an end where something gets worse": [lower(3, {**FIRST, "steps": [["high", 1]]}, SECOND)],
}  # fmt: skip
