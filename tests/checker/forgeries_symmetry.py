"""Forgeries about groups: permutations that do not leave the problem alone, and forms that are no square roots."""

from copos.checker import check

TURN, SWAP = [1, 2, 0], [0, 2, 1]
SQUARES = [[0, 0, 1], [1, 1, 1], [2, 2, 1]]
PAIRS = [[0, 1, 1], [0, 2, 1], [1, 2, 1]]
SUM = [[i, j, 1 if i == j else 2] for i in range(3) for j in range(i, 3)]  # (x_0 + x_1 + x_2)²


def ray(*variables):
    return [{"order": 1, "entries": [[0, 0, v, 1]]} for v in variables]


def program(objective, blocks=None, unit=None, equations=(), vanishing=(), generators=()):
    return {
        "type": "program", "name": "", "dim": 3, "blocks": ray(0, 1, 2) if blocks is None else blocks,
        "generators": list(generators), "unit": [[0, 1], [1, 1], [2, 1]] if unit is None else unit,
        "objective": objective, "equations": [{"form": f, "value": b} for f, b in equations],
        "vanishing": list(vanishing),
    }  # fmt: skip


def document(problem, symmetry, value=0, y=(), level=0, terms=(), multipliers=()):
    proof = {"value": value, "y": list(y), "level": level, "terms": list(terms), "multipliers": list(multipliers),
             "symmetry": symmetry if isinstance(symmetry, dict) else {"generators": symmetry}}  # fmt: skip
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": "lower bound", "problem": problem, "proof": proof}
    return {**out, "sha256": check.digest(problem)}


def times(k, factor):
    """x_k times squares of linear forms, the columns of a factor."""
    return {"blocks": [k], "rows": [[0, 0], [0, 1], [0, 2]], "gram": {"factor": factor}}


SIMPLEX = program(SQUARES, equations=[(SUM, 1)])  # min Σ x_i² on the simplex is 1/3
# Σ x_i² − (Σ x_i)²/3 = Σ (x_i − x_j)²/3, the average of (x_0 − x_1)²
ONE_SQUARE = {"rows": [[0], [1]], "gram": {"factor": [[1], [-1]]}}
# e·that is the average of x_0·Σ (x_i − x_j)²
THREE = times(0, [[1, 1, 0], [-1, 0, 1], [0, -1, -1]])
# 2x_0(x_0 − x_1)² + x_1(x_0 − x_2)²: the same under all permutations, not under rotations
LOPSIDED = [times(0, [[1, 1], [-1, -1], [0, 0]]), times(1, [[1], [0], [-1]])]
# x_1² + x_2² − x_0²/2 = (x_1 − x_2)²/2 + (x_0 + x_1 + x_2)(x_1 + x_2 − x_0)/2
LINE = [[0, -1], [1, 1], [2, 1]]
PLANE = program([[1, 1, 1], [2, 2, 1]], unit=[[0, 1]], equations=[([[0, 0, 1]], 1)],
                vanishing=[[[0, 0, 1], [0, 1, -2], [0, 2, -2], [1, 1, 1], [1, 2, 2], [2, 2, 1]]])  # fmt: skip
HALF = {"rows": [[1], [2]], "gram": {"factor": [[1], [-1]], "weights": ["1/2"]}}
ROOT = {"generators": [SWAP], "linear": [[0, LINE]]}
PRODUCT = {"products": [[0, 1, 3]]}  # 3 x_0x_1, on average Σ x_ix_j


def plane(symmetry=None, level=0, multipliers=((1, 0, "1/2"), (1, 1, 1)), **more):
    return document(PLANE, ROOT if symmetry is None else symmetry, "1/2", ["1/2"], level, [HALF],
                    [list(m) for m in multipliers], **more)  # fmt: skip


def crossing(linear, E=((0, 1, 1),), c=-1):
    """−x_0² ≥ 0, if x_0 vanished."""
    problem = program([[0, 0, c]], vanishing=[[list(t) for t in E]])
    return document(problem, {"generators": [], "linear": [[0, linear]]}, multipliers=[[1, 0, c]])


HONEST = [
    document(SIMPLEX, [TURN], "1/3", ["1/3"], terms=[ONE_SQUARE]),
    document(SIMPLEX, [TURN, SWAP], "1/3", ["1/3"], terms=[ONE_SQUARE]),
    document(SIMPLEX, [TURN], "1/3", ["1/3"], 1, [THREE]),
    document(SIMPLEX, [TURN], "1/3", ["1/3"], 1, [times(0, [[1, 1], [-1, 0], [0, -1]]), times(1, [[1], [0], [-1]])]),
    document(SIMPLEX, [TURN, SWAP], "1/3", ["1/3"], 1, LOPSIDED),
    document(SIMPLEX, [], 0, [0]), document(SIMPLEX, [SWAP], 0, [0], 1),
    document(program(PAIRS), [TURN], terms=[PRODUCT]), plane(),
]  # fmt: skip
ROWS = {
    "must be a permutation": [
        document(SIMPLEX, [[0, 0, 1]], "1/3", ["1/3"], terms=[ONE_SQUARE]),
        document(SIMPLEX, [TURN, [0, 0, 0]], "1/3", ["1/3"], terms=[ONE_SQUARE]),
    ],
    "generator of a group must have 3 items": [document(SIMPLEX, [[1, 2]], "1/3", ["1/3"], terms=[ONE_SQUARE])],
    "image of a variable must be": [document(SIMPLEX, [[1, 2, 3]], 0, [0]), document(SIMPLEX, [[0, 1, -1]], 0, [0])],
    "does not leave C − Σ y_i A_i alone": [
        # 3x_0² has the average of Σ x_i²
        document(program([[0, 0, 3]], equations=[(SUM, 1)]), [TURN], "1/3", ["1/3"], terms=[ONE_SQUARE]),
        document(program([[0, 0, 3]], equations=[(SUM, 1)]), [SWAP, TURN], "1/3", ["1/3"], terms=[ONE_SQUARE]),
        document(program(SQUARES, equations=[([[0, 0, 3], *SUM[1:3], *SUM[4:5]], 1)]), [TURN], 0, [1]),
    ],
    "does not leave the multiplier e alone": [
        document(program(SQUARES, unit=[[0, 3]], equations=[(SUM, 1)]), [TURN], "1/3", ["1/3"], 1, [THREE]),
    ],
    "does not map the blocks to each other": [
        # x_1x_2 < 0 where x_2 may be negative
        document(program(PAIRS, blocks=ray(0, 1)), [TURN], terms=[PRODUCT]),
        document(program(PAIRS, blocks=[*ray(0, 1), {"order": 1, "entries": [[0, 0, 2, -1]]}]), [TURN],
                 terms=[PRODUCT]),
        document(program(PAIRS, blocks=[*ray(0, 1), {"order": 2, "entries": [[0, 0, 2, 1]]}]), [TURN],
                 terms=[PRODUCT]),
    ],
    "does not map the generators of the cone to each other": [
        # −Σ x_i² is the average of 3(x_0² − 2x_1²)
        document(program([[i, i, -1] for i in range(3)], blocks=[], generators=[[[0, 0, 1], [1, 1, -2]]]), [TURN],
                 terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]], "weights": [3]}}]),
    ],
    "does not map the vanishing forms to each other": [
        document(program([[i, j, -1] for i, j, _ in PAIRS], vanishing=[[[0, 1, 1]]]), [TURN], multipliers=[[0, -3]]),
    ],
    "vanishing form must be an integer from 0 to": [
        plane({**ROOT, "linear": [[1, LINE]]}), plane({**ROOT, "linear": [[-1, LINE]]}),
        document(SIMPLEX, {"generators": [], "linear": [[0, []]]}, 0, [0]),
    ],
    "no multiple of the square": [
        crossing([[0, 1]]), crossing([[0, 1]], ((0, 0, 1), (1, 1, 1))), crossing([[0, 1]], ()),
        crossing([], ((0, 1, 1),)), plane({**ROOT, "linear": [[0, [[0, 1], [1, 1], [2, 1]]]]}),
        crossing([[0, 1], [1, 1]], ((0, 0, 1), (1, 1, 1))),
    ],
    "the identity does not hold": [
        # not in one orbit of the group that is listed
        document(SIMPLEX, [], "1/3", ["1/3"], terms=[ONE_SQUARE]),
        document(SIMPLEX, [SWAP], "1/3", ["1/3"], terms=[ONE_SQUARE]),
        document(SIMPLEX, [SWAP], "1/3", ["1/3"], 1, [THREE]),
        document(SIMPLEX, [TURN], "1/2", ["1/2"], terms=[ONE_SQUARE]),
        document(SIMPLEX, [TURN], "1/2", ["1/2"], 1, [THREE]),
        # the rotations have the orbits x_0x_1² and x_0x_2², and this needs them to be one
        document(SIMPLEX, [TURN], "1/3", ["1/3"], 1, LOPSIDED),
        plane({"generators": [], "linear": [[0, LINE]]}), plane(multipliers=[(1, 0, "1/2"), (1, 1, 1), (1, 2, 1)]),
        plane(multipliers=[(1, 0, "1/2"), (1, 1, "1/2")]),
    ],
    "symmetry must be an object": [
        {**HONEST[0], "proof": {**HONEST[0]["proof"], "symmetry": []}},
        {**HONEST[0], "proof": {**HONEST[0]["proof"], "symmetry": None}},
    ],
    "symmetry needs the keys": [
        document(SIMPLEX, {}, 0, [0]), document(SIMPLEX, {"generators": [], "group": 1}, 0, [0]),
    ],
}  # fmt: skip
