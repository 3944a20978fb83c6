"""Forgeries about the training of ReLU networks: multipliers that are too large, cones that leave points out."""

from tests.checker.building import doc

BIG = 10**1400
# ½(f(1) − 1)² + ½f(−1)² with β = ½: the multiplier (½, 0) proves 3/8
LINE = {"type": "relu training", "X": {"rows": [[1], [-1]]}, "Y": {"rows": [[1], [0]]}, "beta": "1/2"}
HALF = {"value": "3/8", "bits": 1, "multiplier": [1, 0]}
# one sample: g(u) = ½(3u_1 + 4u_2)_+ has the maximum 5/2
RAY = {**LINE, "X": {"rows": [[3, 4]]}, "Y": {"rows": [[1]]}, "beta": "5/2"}
# r = (1, 1): √2 in the first quadrant
CROSS = {**LINE, "X": {"rows": [[1, 0], [0, 1]]}, "Y": {"rows": [[2], [2]]}, "beta": "3/2"}
ONES = {"value": 3, "bits": 0, "multiplier": [1, 1]}
# r = (1, 1, 1) and the unit vectors: √3
CUBE = {**LINE, "X": {"rows": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}, "Y": {"rows": [[2], [2], [2]]}, "beta": "7/4"}
SEEN = [[a, b, c] for a in (1, 0) for b in (1, 0) for c in (1, 0)]
NONE = [[0, 0, 0]] * 8
CORNER = {"value": "9/2", "bits": 0, "multiplier": [1, 1, 1], "shift": 0, "cones": [SEEN, NONE]}
# r = 1 and (2, −1, 0): not seen of one sign in the orthants (+, +, ·) and (−, −, ·)
TILTED = {**LINE, "X": {"rows": [[2, -1, 0]]}, "Y": {"rows": [[2]]}, "beta": "9/4"}
PLUS = [[2, 0, 0], [2, 0, 0], [2, -1, 0], [2, -1, 0], [0, 0, 0], [0, 0, 0], [0, -1, 0], [0, -1, 0]]
MINUS = [[0, 1, 0], [0, 1, 0], *NONE[:6]]
OPEN = {"value": "3/2", "bits": 0, "multiplier": [1], "shift": 0, "cones": [PLUS, MINUS]}
# the first orthant in two, at e_1 + 2e_2, where the sample is 0
CUT = [{"split": [0, 1, 1, 2]}, [0, 0, 0], [2, -1, 0], *PLUS[1:]]
SHORT = [{"split": [0, 1, 1, 2]}, [0, 0, 0], [0, 0, 0], *MINUS[1:]]
# (3, 4, 0), as long as β
LONG = {**LINE, "X": {"rows": [[3, 4, 0]]}, "Y": {"rows": [[2]]}, "beta": 5}
UP = [[3, 4, 0], [3, 4, 0], [3, 0, 0], [3, 0, 0], [0, 4, 0], [0, 4, 0], *NONE[:2]]
DOWN = [*NONE[:4], [-3, 0, 0], [-3, 0, 0], *NONE[:2]]
# two outputs, r = (1, 0), (0, 1): g(u) = ((u_1)_+, (u_2)_+) has norm 1
TWO = {**CROSS, "Y": {"rows": [[2, 0], [0, 2]]}, "beta": 1}
PAIR = {"value": 3, "bits": 0, "multiplier": [1, 0, 0, 1]}
# r = (3, 4) and x = (1, 0, 0): g(u) = 5 (u_1)_+
AXIS = {**LINE, "X": {"rows": [[1, 0, 0]]}, "Y": {"rows": [[3, 4]]}, "beta": 5}
FIVE = {"value": "25/2", "bits": 0, "multiplier": [3, 4], "shift": 0,
        "cones": [[*[[5, 0, 0]] * 4, *[[0, 0, 0]] * 4]]}  # fmt: skip
# r = (3, 4) and (2, −1, 0): chord and side are (2, 0) and (2, −1) at corners of (+, +, ·), (0, 1) and 0 of (−, −, ·)
BENT = {**AXIS, "X": {"rows": [[2, -1, 0]]}, "beta": 12}
TURNS = [*[[10, 5, 0]] * 2, *[[10, -5, 0]] * 2, *[[0, 0, 0]] * 2, *[[0, -5, 0]] * 2]
WIDE = {"value": "25/2", "bits": 0, "multiplier": [3, 4], "shift": 0, "cones": [TURNS]}
BOTH = {**LINE, "Y": {"rows": [[1, 1], [0, 0]]}}
TWIN = {"value": "47/64", "u": [[1]], "v": [["1/2", "1/4"]]}
NETWORK = {"value": "7/16", "u": [[1]], "v": ["1/2"]}


def training(problem=None, kind="lower bound", proof=None, take=(), **changes):
    """A document about a problem; `changes` are of its proof."""
    proof = {**(HALF if proof is None else proof), **changes}
    return doc(kind, LINE if problem is None else problem, {k: v for k, v in proof.items() if k not in take})


def network(problem=None, **changes):
    return training(problem, "upper bound", NETWORK, **changes)


def corner(plus=None, minus=None, problem=None, proof=None, **changes):
    cones = [SEEN if plus is None else plus, NONE if minus is None else minus]
    return training(problem or CUBE, proof=proof or CORNER, cones=cones, **changes)


def tilted(plus=PLUS, minus=MINUS, **changes):
    return corner(plus, minus, TILTED, OPEN, **changes)


def at(rows, k, row):
    return [*rows[:k], row, *rows[k + 1 :]]


HONEST = [
    training(), training(value=0), training(bits=2, multiplier=[2, 0]), training(RAY, multiplier=[1]),
    training({**CROSS, "beta": 5}, proof=ONES, value="3/2", multiplier=[3, 4]),  # |w| = β inside of a quadrant
    training(CROSS, proof=ONES), network(), network(value=1), training(CUBE, proof=CORNER),
    training({**LINE, "X": {"rows": [[2], [-2]]}, "beta": 1}),
    training({**CROSS, "X": {"rows": [[0, 0], [0, 1]]}}, proof=ONES),
    # w = (2, −1) is longer than β, but not in its quadrant
    training({**CROSS, "beta": 2}, proof=ONES, value="-1/2", multiplier=[2, -1]),
    training({**CROSS, "X": {"rows": [[1, 0], [-2, 0]]}, "beta": 2}, proof=ONES),
    training({**LINE, "X": {"rows": [["1/2"], [-1]]}, "beta": "1/4"}),
    corner(UP, DOWN, LONG, OPEN), training(TILTED, proof=OPEN), tilted(CUT, SHORT),
    network(CUBE, u=[[1, 1, 1]], v=["1/2"], value=8),
    network(u=[], v=[], value="1/2"), network(u=[["1/2"]], v=[1]), network(u=[[3]], v=["1/3"], value="41/18"),
    corner(bits=2, multiplier=[4, 4, 4], shift=2),
    training(TWO, proof=PAIR), training({**TWO, "beta": 2}, proof=PAIR, multiplier=[1, 1, 1, 1], value=2),
    training({**TWO, "X": {"rows": [[1, 0], [-2, 0]]}, "beta": 2}, proof=PAIR), training(AXIS, proof=FIVE),
    training(BENT, proof=WIDE), training(BENT, proof=WIDE, multiplier=[-3, -4], value="-75/2"),
    training(AXIS, proof={**FIVE, "cones": [NONE]}, multiplier=[0, 0], value=0),
    training(BOTH, "upper bound", TWIN), training(BOTH, "upper bound", TWIN, u=[], v=[], value=1),
    training({**BOTH, "X": {"rows": [["1/2"], [-1]]}}, "upper bound", TWIN, v=[["1/3", "1/5"]], value=2),
]  # fmt: skip

ROWS = {
    "Y has one row for every row of X": [
        training({**LINE, "Y": {"rows": [[1]]}}), training({**LINE, "Y": {"rows": [[1], [0], [0]]}}),
        training({**TWO, "Y": {"rows": [[2, 2]]}}, proof=PAIR),
    ],
    "beta must be positive": [training({**LINE, "beta": 0}), training({**LINE, "beta": "-1/2"})],
    "numbers with too large a common denominator": [
        training({**LINE, "X": {"rows": [[f"1/{BIG + k}"] for k in range(40)]}, "Y": {"rows": [[0]] * 40}}),
    ],
    "the multiplier gives": [
        training(value="375001/1000000"), training(CROSS, proof=ONES, value="3000001/1000000"),
        training(multiplier=[0, 0]), training(CUBE, proof=CORNER, value=5),
    ],
    "is larger than β‖u‖ somewhere": [
        training({**LINE, "beta": "499999/1000000"}), training(multiplier=[1, 2], value=-3),
        training({**RAY, "beta": "2499999/1000000"}, multiplier=[1]),
        training({**CROSS, "beta": "7/5"}, proof=ONES),  # inside of a quadrant only
        training({**CROSS, "X": {"rows": [[1, 0], [0, 1], [0, 0]]}, "Y": {"rows": [[2]] * 3}, "beta": "7/5"},
                 proof=ONES, multiplier=[1, 1, 1]),
        # a sample that is 0 has no rays: among the others they would hide a quadrant
        training({**CROSS, "X": {"rows": [[0, 1], [0, 0], [1, 0]]}, "Y": {"rows": [[2]] * 3}, "beta": "7/5"},
                 proof=ONES, multiplier=[1, 1, 1]),
        training({**CROSS, "beta": "199/100"}, proof=ONES, value=-1, multiplier=[2, -1]),
        training({**CROSS, "beta": "199/100"}, proof=ONES, value=-1, multiplier=[-1, 2]),
        training({**CROSS, "beta": "199/100"}, proof=ONES, value=-5, multiplier=[-2, 1]),
        training({**LINE, "X": {"rows": [[2], [-2]]}, "beta": "3/4"}),
        training({**CROSS, "X": {"rows": [[4, 0], [-1, 0]]}, "beta": "7/2"}, proof=ONES),
        training({**CROSS, "X": {"rows": [[1, 0], [-2, 0]]}, "beta": "199/100"}, proof=ONES),
        training({**TWO, "beta": "99/100"}, proof=PAIR),
        training({**TWO, "beta": "141/100"}, proof=PAIR, multiplier=[1, 0, 1, 0], value=1),
        training({**TWO, "beta": "199/100"}, proof=PAIR, multiplier=[1, 1, 1, 1], value=2),
        training({**TWO, "X": {"rows": [[1, 0], [-2, 0]]}, "beta": "199/100"}, proof=PAIR),
    ],
    "a leaf is longer than β": [
        training({**AXIS, "beta": "499/100"}, proof=FIVE), training({**BENT, "beta": 11}, proof=WIDE),
        training({**CUBE, "beta": "17/10"}, proof=CORNER), corner(at(SEEN, 7, [0, 0, 2])),
        corner(minus=at(NONE, 3, [0, -2, 0])), corner(shift=1),
    ],
    "at a corner of its cone": [
        corner(at(SEEN, 0, [1, 1, 0])), corner(SEEN[::-1]),
        training(AXIS, proof=FIVE, cones=[at(FIVE["cones"][0], 3, [4, 0, 0])]),
        training(AXIS, proof=FIVE, cones=[NONE]),
        *(training(BENT, proof=WIDE, cones=[at(TURNS, k, leaf)]) for k, leaf in
          ((0, [9, 5, 0]), (0, [10, 4, 0]), (2, [10, -4, 0]), (3, [9, -5, 0]), (6, [0, -4, 0]), (7, [0, 0, 0]))),
        corner(multiplier=[2, 1, 1], value=0), corner(NONE), tilted(at(PLUS, 0, [1, 0, 0])),
        tilted(minus=at(MINUS, 0, [0, 0, 0])), tilted(at(CUT, 2, [0, 0, 0])),
        corner(NONE, NONE, {**TILTED, "X": {"rows": [[1, -2, 0]]}}, OPEN), tilted(minus=NONE),
        corner(at(SEEN, 3, [0, 0, 0])), tilted([CUT[0], CUT[2], CUT[1], *CUT[3:]]),
        corner(bits=0, multiplier=[-1, -1, -1], value="-15/2"),
        corner([*NONE[:2], [1, -1, 0], [1, -1, 0], *NONE[:2], [0, -1, 0], [0, -1, 0]], NONE,
               {**TILTED, "X": {"rows": [[1, -1, 0]]}}, OPEN),  # a sample that is 1 at most at the corners
    ],
    "the tree ends before every cell": [corner(SEEN[:7]), corner(minus=[]), tilted(CUT[:-1]),
                                         training({**LINE, "X": {"rows": [[1] * 12]}, "Y": {"rows": [[2]]}},
                                                  proof={**OPEN, "value": 0, "cones": [[], []]})],
    "the tree has items left over": [corner([*SEEN, [0, 0, 0]]), corner(minus=[*NONE, {"split": [0, 1, 1, 1]}])],
    "an edge has two corners": [corner([{"split": [1, 1, 1, 1]}, *SEEN])],
    "corner must be an integer from 0 to 2": [
        corner([{"split": [0, 3, 1, 1]}, *SEEN]), corner([{"split": [-1, 0, 1, 1]}]),
    ],
    "weight must be an integer from 1": [
        corner([{"split": [0, 1, 0, 1]}, *SEEN]), corner([{"split": [0, 1, 1, -1]}, *SEEN]),
        corner([{"split": [0, 1, 1, (1 << 40) + 1]}, *SEEN]),
    ],
    "split must have 4 items": [corner([{"split": [0, 1, 1]}, *SEEN])],
    "leaf must have 3 items": [corner(at(SEEN, 2, [1, 0]))],
    "leaf must be an integer": [
        corner(at(SEEN, 2, [1, 0, "1"])), corner(at(SEEN, 2, [1, 0, (1 << 7000) + 1])),
        corner(at(SEEN, 2, [1, 0, -(1 << 7000) - 1])),
    ],
    "cones must have 2 items": [training(CUBE, proof=CORNER, cones=[SEEN])],
    "cones must have 1 items": [training(AXIS, proof=FIVE, cones=[*FIVE["cones"], NONE])],
    "a proof by cones is for at most": [
        training({**CUBE, "X": {"rows": [[1] * 13]}, "Y": {"rows": [[2]]}}, proof={**OPEN, "value": 0}),
    ],
    "proof in the plane needs the keys": [training(shift=0), training(cones=[[], []])],
    "proof needs the keys": [training(CUBE, proof=CORNER, take=("cones",)), training(take=("bits",)), network(more=1)],
    "multiplier must have 2 items": [training(multiplier=[1]), training(AXIS, proof=FIVE, multiplier=[[3, 4]])],
    "multiplier must have 4 items": [training(BOTH)],
    "multiplier must be an integer": [
        training(multiplier=[1, "1/2"]), training(multiplier=[(1 << 7000) + 1, 0]),
        training(multiplier=[-1, -(1 << 7000) - 1]),
    ],
    "v must have 1 items": [network(v=[])],
    "v must have 2 items": [training(BOTH, "upper bound", TWIN, v=[["1/2"]])],
    "v must be a list": [training(BOTH, "upper bound", TWIN, v=["1/2"])],
    "u must have 1 items": [network(u=[[1, 1]])],
    "the objective of the network is": [
        training(BOTH, "upper bound", TWIN, value="73437/100000"),
        training({**BOTH, "Y": {"rows": [[1, 0], [0, 0]]}}, "upper bound", TWIN, v=[["1/4", "1/2"]], value="45/64"),
        training({**BOTH, "Y": {"rows": [[1, 0], [1, 0]]}}, "upper bound", TWIN),
        network(u=[["1/2"]], v=[1], value="437499/1000000"), network(u=[[3]], v=["1/3"], value="227/100"),
        network(value="437499/1000000"), network(u=[[-1]]), network(v=["-1/2"]), network(value=0),
        network(CUBE, u=[[1, 1, 1]], v=["1/2"], value=4), network(u=[[1], [1]], v=["1/2", "1/4"]),
    ],
}  # fmt: skip
