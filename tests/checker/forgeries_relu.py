"""Forgeries about ReLU networks: bounds above the minimum, ranges that are not shown, signs that leave points out."""

from copos.checker import check
from copos.checker.check_data import Data
from copos.checker.check_relu_program import QUESTIONS

BIG = 10**1400
# f(x) = |x| on [−1, 2]
ABS = {"type": "relu verification", "layers": 2, "W1": {"rows": [[1], [-1]]}, "b1": {"rows": [[0, 0]]},
       "W2": {"rows": [[1, 1]]}, "b2": {"rows": [[0]]}, "lower": [-1], "upper": [2], "c": [1], "offset": 0}  # fmt: skip
RANGES = [[0, 0, 0, -1, []], [0, 0, 1, 2, []], [0, 1, 0, -2, []], [0, 1, 1, 1, []]]
LEAF = {"ranges": RANGES, "slopes": []}
NEGATIVE = {**ABS, "c": [-1]}  # −|x|, least at 2: the chords have the slopes −2/3 and −1/3, and −1/3·x is left
CHORDS = {"ranges": RANGES, "slopes": [[3, -2, -1]]}
# x ≤ 0 and then x ≥ 0: in the first part the minimum of −|x| is −1
SPLIT = [{"ranges": RANGES, "split": [0, 0]}, {"slopes": [[3, 0, -1]]}, {"slopes": [[3, -3, -1]]}]
BALL = {**{k: v for k, v in ABS.items() if k not in ("lower", "upper")}, "center": ["1/2"], "radius": "3/2"}
# |3x_1 + 4x_2| ≤ 10 on the ball of radius 2
PLANE = {"type": "relu verification", "layers": 1, "W1": {"rows": [[3, 4]]}, "b1": {"rows": [[1]]}, "center": [0, 0],
         "radius": 2, "c": [1], "offset": 1}  # fmt: skip
# max(max(x, 0) + 1, 0) on [−1, 1]: the second neuron is at least 1
DEEP = {**ABS, "layers": 3, "W1": {"rows": [[1]]}, "b1": {"rows": [[0]]}, "W2": {"rows": [[1]]}, "b2": {"rows": [[1]]},
        "W3": {"rows": [[1]]}, "b3": {"rows": [[0]]}, "upper": [1]}  # fmt: skip
LAYERS = [[0, 0, 0, -1, []], [0, 0, 1, 1, []], [1, 0, 0, 1, []], [1, 0, 1, 2, []]]
# with z_0 = x ≥ 0 the second neuron is not ≤ 0: x + 1 > 0
EMPTY = [{"ranges": [*LAYERS[:2], LAYERS[3]], "split": [1, 0]}, {"slopes": [[1, 1], [1, 0]], "contradiction": True},
         {"slopes": [[1, 1]]}]  # fmt: skip
# −(|x| + 1), least −3 at 2, with slopes in both layers
TALL = {**NEGATIVE, "layers": 3, "b2": {"rows": [[1]]}, "W3": {"rows": [[1]]}, "b3": {"rows": [[0]]}}
BOTH = {"ranges": [*RANGES, [1, 0, 0, 1, []], [1, 0, 1, 4, []]], "slopes": [[1, -1], [3, -2, -1]]}
# x ≥ 1/2: the first neuron is not ≤ 0, which its own slope says
ABOVE = [{"split": [0, 0]}, {"slopes": [[1, 0], [1, 1]], "contradiction": True}, {"slopes": [[1, 1], [1, 1]]}]
# max(x − 3, 0) is 0 on [−1, 2]
NEVER = {**ABS, "W1": {"rows": [[1]]}, "b1": {"rows": [[-3]]}, "W2": {"rows": [[1]]}}
BELOW = {"ranges": [[0, 0, 0, -4, []], [0, 0, 1, -1, []]], "slopes": [[1, 1]]}
SQUARE = {"type": "relu verification", "layers": 1, "W1": {"rows": [[3, 4]]}, "b1": {"rows": [[1]]}, "lower": [0, 0],
          "upper": [1, 1], "c": [1], "offset": 0}  # fmt: skip


def network(problem=None, value=0, tree=(LEAF,), kind="lower bound", proof=None, **changes):
    """A document about a problem with some keys changed; None takes a key away."""
    problem = {**(ABS if problem is None else problem), **changes}
    problem = {key: v for key, v in problem.items() if v is not None}
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem}
    proof = {"value": value, "tree": list(tree)} if proof is None else proof
    return {**out, "sha256": check.digest(problem), "proof": proof}


def at(point, value, problem=None, **changes):
    return network(problem, kind="upper bound", proof={"value": value, "point": point}, **changes)


def ranges(*rows, slopes=(), problem=None, value=0):
    return network(problem, value, [{"ranges": list(rows), "slopes": list(slopes)}])


def asked(kind, value, problem=None, atoms=None):
    """What the program of a network says."""
    made = QUESTIONS["relu verification"](ABS if problem is None else problem, Data(None))
    return made.say(kind, value) if atoms is None else made.points(atoms)


def with_range(k, row):
    return [*RANGES[:k], row, *RANGES[k + 1 :]]


HONEST = [
    network(), network(NEGATIVE, -2, [CHORDS]), network(NEGATIVE, -2, SPLIT), network(value="-1/2"),
    network(offset="-1/2", value="-1/2"), at([0], 0), at([2], -2, NEGATIVE), at(["-1/2"], "1/2"),
    network(BALL), network({**BALL, "c": [-1]}, -2, [CHORDS]), at([2], 2, BALL), at([-1], 1, BALL),
    network(PLANE, -8, [{}]), at(["-6/5", "-8/5"], -8, PLANE), network(PLANE, -9, [{"slopes": []}]),
    network(DEEP, 1, [{"ranges": LAYERS, "slopes": [[1, 1]]}]), network(DEEP, 1, EMPTY),
    network(DEEP, 1, [{"ranges": [*LAYERS[:2], [1, 0, 1, 2, [[2, -1]]], [1, 0, 0, 1, [[2, 0]]]], "slopes": [[1, 1]]}]),
    network(TALL, -3, [BOTH]), network({**DEEP, "lower": ["1/2"]}, "3/2", ABOVE), network(NEVER, -3, [BELOW]),
    network(DEEP, 1, [{"ranges": LAYERS}]), network(SQUARE, 1, [{}]),
    network({**DEEP, "b2": {"rows": [["1/2"]]}}, "1/2", [{"ranges": [*LAYERS[:2], [1, 0, 0, "1/2", []]]}]),
    # no range is needed where slopes are between 0 and ν
    network(tree=[{"slopes": [[2, 1, 1]]}]), network(tree=[{}]), network(tree=[{"slopes": [[1, 1, 1]]}]),
    # what is stated below holds there only: in the first part x ≤ 0
    network(NEGATIVE, -2, [SPLIT[0], {"ranges": [[0, 0, 0, "-3/2", []]], **SPLIT[1]}, SPLIT[2]]),
    network(DEEP, 1, [{"ranges": LAYERS[:2], "split": [0, 0]}, {"ranges": LAYERS[2:], "slopes": [[1, 1]]},
                      {"slopes": [[1, 1]]}]),
]  # fmt: skip

ROWS = {
    "layers must be an integer from 1": [network(layers=0), network(layers=None), network(layers="2")],
    "a region is a box": [
        network(upper=None), network(lower=None), network(center=[0]), network(radius=1), network(BALL, upper=[1]),
        network(BALL, lower=[1], upper=[1]), network(lower=None, radius=1), network(upper=None, center=[0]),
        network(lower=None, upper=None),
    ],
    "the region is empty": [
        network(SQUARE, 1, [{}], lower=[0, 2]), network(lower=[3]),
        network(lower=["2000001/1000000"]), network(BALL, radius=-1),
    ],
    "has a column for every input of its layer": [
        network(W1={"rows": [[1, 1], [-1, 1]]}), network(W2={"rows": [[1]]}), network(b1={"rows": [[0]]}),
        network(b1={"rows": [[0, 0], [0, 0]]}), network(b2={"rows": [[0, 0]]}), network(b2={"rows": [[0], [0]]}),
    ],
    "numbers with too large a common denominator": [
        network(W1={"rows": [[f"1/{BIG + k}"] for k in range(40)]}, b1={"rows": [[0] * 40]}, W2={"rows": [[1] * 40]}),
    ],
    "a slope needs a range": [
        network(NEGATIVE, -2, [{"slopes": [[3, -2, -1]]}]), network(tree=[{"slopes": [[2, 3, 1]]}]),
        ranges(RANGES[0], *RANGES[2:], slopes=[[3, -2, -1]], problem=NEGATIVE, value=-2),
        ranges(*RANGES[1:], slopes=[[3, -2, -1]], problem=NEGATIVE, value=-2),
        network(NEGATIVE, -2, [{"slopes": []}]),
        ranges([1, 0, 1, 1, []], problem=DEEP),
    ],
    "the end of the range of neuron": [
        network(tree=[{**LEAF, "ranges": with_range(k, row)}]) for k, row in (
            (0, [0, 0, 0, "-999999/1000000", []]), (1, [0, 0, 1, "1999999/1000000", []]), (2, [0, 1, 0, -1, []]),
            (3, [0, 1, 1, 0, []]), (1, [0, 0, 1, -2, []]))
    ] + [
        network(DEEP, 1, [{"ranges": [*LAYERS[:2], row], "slopes": [[1, 1]]}])
        for row in ([1, 0, 0, 2, []], [1, 0, 1, 1, []], [1, 0, 0, "1000001/1000000", []])
    ],
    "layer must be an integer from 0 to 0": [
        ranges([1, 0, 0, -9, []]), ranges([-1, 0, 0, -9, []]), network(tree=[{"split": [1, 0]}, {}, {}]),
    ],
    "neuron must be an integer from 0 to 1": [
        ranges([0, 2, 0, -9, []]), network(tree=[{"split": [0, 2]}, {}, {}]), ranges([0, -1, 0, -9, []]),
    ],
    "side must be": [ranges([0, 0, 2, 9, []]), ranges([0, 0, -1, -9, []])],
    "slopes must be a list of at most 1": [network(tree=[{"slopes": [[1, 0, 0], [1, 0, 0]]}])],
    "slopes of a layer must have 3 items": [network(tree=[{"slopes": [[1, 0]]}])],
    "denominator of slopes": [network(tree=[{"slopes": [[0, 0, 0]]}]), network(tree=[{"slopes": [[-1, -1, -1]]}])],
    "slope must be an integer": [network(tree=[{"slopes": [[1, "1", 0]]}])],
    # the bound
    "the proof gives": [
        network(value="1/1000000"), network(NEGATIVE, "-1999999/1000000", [CHORDS]), network(NEGATIVE, -1, SPLIT),
        network(offset="-1/1000000"), network(PLANE, "-7999999/1000000", [{}]), network(PLANE, -7, [{}]),
        network(b2={"rows": [["-1/2"]]}), network(lower=[-1], c=[-1], value=-2, tree=[LEAF]),
        network(DEEP, "1000001/1000000", [{"ranges": LAYERS, "slopes": [[1, 1]]}]),
        network(NEGATIVE, -2, [{**CHORDS, "slopes": [[1, -1, -1]]}]),
        network(NEGATIVE, -2, [SPLIT[0], SPLIT[2], SPLIT[1]]),
        network({**BALL, "c": [-1]}, -2, [{**CHORDS, "slopes": [[1, -1, -1]]}]),
        network(TALL, -3, [{**BOTH, "slopes": [[1, -1]]}]), network(TALL, "-2999999/1000000", [BOTH]),
        # between 0 and ν the least is at 0, and not at an end
        network(value="1/2", tree=[{"ranges": RANGES, "slopes": [[2, 1, 1]]}]),
        network(NEGATIVE, -1, [SPLIT[0], SPLIT[1], {"slopes": [[3, -3, 0]]}]),
    ],
    "the tree has items left over": [network(tree=[LEAF, LEAF])],
    "the tree ends before every cell": [network(tree=[]), network(tree=SPLIT[:1]), network(tree=SPLIT[:2])],
    "contradiction is true": [network(tree=[{**LEAF, "contradiction": v}]) for v in (False, 1)],
    "a contradiction is none": [
        network(tree=[{**LEAF, "contradiction": True}], value=9),
        network(DEEP, 1, [EMPTY[0], EMPTY[1], {"contradiction": True}]),
        network(DEEP, 1, [EMPTY[0], {"slopes": [[1, 0], [1, 0]], "contradiction": True}, EMPTY[2]]),
        network(DEEP, 9, [{"ranges": LAYERS, "slopes": [[1, 1]], "contradiction": True}]),
        # x ≤ 0 and −x ≤ 0 hold at 0
        network(tree=[SPLIT[0], {"split": [0, 1]}, {"slopes": [[1, -1, -1]], "contradiction": True}, {}, {}]),
    ],
    "item of a tree needs": [network(tree=[{**LEAF, "bound": 1}])],
    "split needs the keys": [network(tree=[{**LEAF, "split": [0, 0]}, {}, {}])],
    # points
    "the point is outside of the region": [
        at(["2000001/1000000"], 3), at([-2], 9), at(["-1000001/1000000"], 9),
        at([0, 2], 99, SQUARE), at([-1, 1], 99, SQUARE), at(["2000001/1000000"], 9, BALL), at([-2], 9, BALL),
        at([2, "1/1000000"], 99, PLANE),
    ],
    "the value at the point": [
        at([0], "-1/1000000"), at(["-1/2"], "499999/1000000"), at([2], -3, NEGATIVE), at([0], 0, offset="1/1000000"),
        at([0], 0, b2={"rows": [[1]]}), at([0], 0, b1={"rows": [[1, 0]]}),
        at(["-6/5", "-8/5"], "-8000001/1000000", PLANE),
        at([-1], "-1/1000000", DEEP),
    ],
    # the program
    "says nothing about a network": [
        lambda: asked("infeasible", None), lambda: asked("copositive", 1), lambda: asked("lower bound", None),
        lambda: asked("upper bound", None),
    ],
    "an atom with u_0 = 0 is no point": [
        lambda: asked("", 0, atoms=[(1, [0, 0, 0, 0])]), lambda: asked("", 0, atoms=[(1, [0, 1, 1, 1])]),
        lambda: asked("", 0, atoms=[(1, [1, 1, 0, 0]), (1, [0, 0, 0, 0])]),
    ],
}  # fmt: skip
