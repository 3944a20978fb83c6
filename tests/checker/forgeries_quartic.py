"""Forgeries about networks of degree four: multipliers that are too large, squares that do not add up, long neurons."""

from tests.checker.building import doc

BIG = 10**1400
# σ(z) = z at x = (1, 0): p(u) = u_1, 1 − u_1 = ½((u_1 − ‖u‖²)² + u_2²), and 1 + u_1 likewise
LINE = {"type": "quartic network", "X": {"rows": [[1, 0]]}, "Y": {"rows": [[1]]}, "activation": [0, 1, 0, 0, 0],
        "beta": 1}  # fmt: skip
MINUS = [[-1, -1, 0, 0], [0, 0, 0, 0], [-1, -1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]
PLUS = [[1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]
BOTH = [{"top": 1, "squares": MINUS}, {"top": 1, "squares": PLUS}]
HALF = {"value": "1/2", "bits": 0, "multiplier": [1], "scale": 1, "sides": BOTH}
# in one variable u⁴ = u² = 1: σ(z) = z², z³ and 1 − z⁴ at x = 1
UNIT = {**LINE, "X": {"rows": [[1]]}, "activation": [0, 0, 1, 0, 0], "Y": {"rows": [[2]]}}
NONE = [[0], [0]]
SQUARE = {"value": "3/2", "bits": 0, "multiplier": [1], "scale": 0,
          "sides": [{"top": 1, "squares": NONE}, {"top": 0, "squares": [[1], [0]]}]}  # fmt: skip
# u³ ≤ 1: 1 − u³ = ½(u² − u)² on u² = 1, with the scale 1 and two columns
CUBE = {**SQUARE, "scale": 1, "sides": [{"top": 1, "squares": [[1, 1], [-1, -1]]},
                                        {"top": 1, "squares": [[1, 1], [1, 1]]}]}  # fmt: skip
# x = (1, 1) and σ(z) = z²: (u_1 + u_2)² ≤ 2, and 2‖u‖⁴ − (u_1 + u_2)²‖u‖² = (u_1 − u_2)²‖u‖²
MIXED = {**LINE, "X": {"rows": [[1, 1]]}, "Y": {"rows": [[3]]}, "activation": [0, 0, 1, 0, 0], "beta": 2}
APART = [[0], [0], [0], [1], [-1]]
SUM = {"value": "5/2", "bits": 0, "multiplier": [1], "scale": 0,
       "sides": [{"top": 2, "squares": APART}, {"top": 0, "squares": [[0], [0], [0], [1], [1]]}]}  # fmt: skip
# σ(z) = z⁴ at x = (1, 0), r = ½: ½u_1⁴ ≤ ½
FOUR = {**LINE, "activation": [0, 0, 0, 0, 1], "beta": "1/2"}
POWER = {"value": "3/8", "bits": 1, "multiplier": [1], "scale": 1,
         "sides": [{"top": "1/2", "squares": [[0, 0, 0, 0], [2, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]},
                   {"top": 0, "squares": [[1, 1], [0, 0], [0, 0], [0, 0], [0, 0]]}]}  # fmt: skip
# σ(z) = 1 + 2z + 3z² + 4z³ + 5z⁴ at 3/5 is 599/125
ALL = {**LINE, "activation": [1, 2, 3, 4, 5]}
NETWORK = {"value": "184301/125000", "u": [["3/5", "4/5"]], "alpha": ["1/2"]}


def quartic(problem=None, proof=None, take=(), **changes):
    """A document about a lower bound; `changes` are of its proof."""
    proof = {**(HALF if proof is None else proof), **changes}
    return doc("lower bound", LINE if problem is None else problem, {k: v for k, v in proof.items() if k not in take})


def network(problem=None, **changes):
    return doc("upper bound", ALL if problem is None else problem, {**NETWORK, **changes})


def sides(first=None, second=None):
    return [{**BOTH[0], **(first or {})}, {**BOTH[1], **(second or {})}]


def table(rows):
    return {"rows": rows}


HONEST = [
    quartic({**LINE, "Y": table([[-1]])}, bits=1, multiplier=[-2], sides=BOTH[::-1]),
    quartic(), quartic(value=0), quartic(bits=1, multiplier=[2]), quartic(UNIT, SQUARE),
    quartic({**UNIT, "activation": [0, 0, 0, 1, 0]}, CUBE), quartic(MIXED, SUM), quartic(FOUR, POWER),
    quartic({**LINE, "X": table([["1/2", 0]]), "Y": table([[3]])}, multiplier=[2], value=4),
    quartic({**LINE, "beta": "9/4"}, sides=sides({"top": "5/4"})),  # ¼‖u‖⁴ is left, whose coefficients add up to 1
    quartic({**LINE, "beta": 5}, multiplier=[0], value=0, sides=sides({"top": 0, "squares": [[0]] * 5},
                                                                      {"top": 0, "squares": [[0]] * 5})),
    # two samples whose sum is (1, 0), and a constant term that 1 = ‖u‖⁴ carries
    quartic({**LINE, "X": table([[1, 1], [0, -1]]), "Y": table([[1], [0]])}, multiplier=[1, 1], value=0),
    quartic({**UNIT, "activation": [1, 0, -1, 0, 0]}, SQUARE, sides=[{"top": 0, "squares": NONE}] * 2),
    network(), network(value=2), network(u=[], alpha=[], value="1/2"), network(LINE, u=[[1, 0]], alpha=[1], value=1),
    network({**LINE, "X": table([["1/3", 0]])}, u=[[1, 0]], alpha=[-3], value=5),
    network(LINE, u=[[1, 0], [0, 1]], alpha=[1, 1], value=2),
]  # fmt: skip

ROWS = {
    "Y has one number for every row of X": [
        quartic({**LINE, "Y": table([[1, 0]])}), quartic({**LINE, "Y": table([[1], [0]])}),
    ],
    "beta must be positive": [quartic({**LINE, "beta": 0}), quartic({**LINE, "beta": -1})],
    "a network of degree four has at most": [quartic({**LINE, "X": table([[0] * 13])})],
    "numbers with too large a common denominator": [
        quartic({**LINE, "X": table([[f"1/{BIG + k}", 0] for k in range(40)]), "Y": table([[0]] * 40)}),
    ],
    "the multiplier gives": [quartic(value="500001/1000000"), quartic(UNIT, SQUARE, value=2), quartic(value=1)],
    r"\|Σ r_iσ\(x_i'u\)\| is not shown": [
        quartic({**LINE, "beta": "999999/1000000"}), quartic(sides=sides({"top": "999999/1000000"})),
        quartic(sides=sides(None, {"top": "1000001/1000000"})), quartic(sides=[BOTH[0], BOTH[0]]),
        quartic(sides=[BOTH[1], BOTH[1]]), quartic(scale=0), quartic(scale=2), quartic(multiplier=[2], value=0),
        quartic(bits=1, value=0), quartic({**LINE, "X": table([[2, 0]])}), quartic({**LINE, "X": table([[0, 1]])}),
        quartic({**LINE, "activation": [0, 0, 1, 0, 0]}), quartic({**LINE, "activation": [0, 0, 0, 1, 0]}),
        quartic({**LINE, "activation": ["1/100", 1, 0, 0, 0]}),
        quartic({**LINE, "activation": [0, "101/100", 0, 0, 0]}),
        quartic(UNIT, SQUARE, sides=SQUARE["sides"][::-1]),
        quartic({**UNIT, "activation": [0, 0, 0, 0, "3/2"]}, SQUARE),
        quartic({**MIXED, "X": table([[1, -1]])}, SUM), quartic({**MIXED, "beta": "19/10"}, SUM),
        quartic({**FOUR, "activation": [0, 0, 0, "1/10", 1]}, POWER), quartic({**FOUR, "beta": "49/100"}, POWER),
        quartic({**UNIT, "activation": [1, 0, 1, 0, 0]}, SQUARE),
        quartic(sides=sides({"squares": [*MINUS[:4], [0, 0, 1, 0]]})),
        quartic(sides=sides({"squares": [MINUS[0], [1, 0, 0, 0], *MINUS[2:]]})),
        # two samples that do not cancel
        quartic({**LINE, "X": table([[1, 1], [0, -1]]), "Y": table([[1], [0]])}, multiplier=[1, 2], value=-2),
    ],
    "a first layer has not the length one": [
        network(u=[["3/5", "3/5"]]), network(u=[[0, 0]]), network(u=[["3/5", "4/5"], [1, 1]], alpha=[0, 0]),
    ],
    "the objective of the network is": [
        network(value="184300/125000"), network(LINE, u=[[1, 0]], alpha=[-1], value=2),
        network(LINE, u=[[0, 1]], alpha=[1], value=1), network({**LINE, "beta": 2}, u=[[1, 0]], alpha=[1], value=1),
    ],
    "a sum over samples: too much work": [
        quartic({**LINE, "X": table([[BIG + k] * 12 for k in range(200)]), "Y": table([[0]] * 200)},
                multiplier=[1] * 200, value=-100),
    ],
    "a network: too much work": [
        network({**LINE, "X": table([[f"1/{BIG + 1}", 0]] * 300), "Y": table([[1]] * 300)},
                u=[["3/5", "4/5"]] * 300, alpha=[1] * 300, value=10**9),
    ],
    "squares has more columns than rows": [quartic(sides=sides({"squares": [[*row, 0, 0] for row in MINUS]}))],
    "squares must have 5 items": [quartic(sides=sides({"squares": MINUS[:4]}))],
    "sides must have 2 items": [quartic(sides=BOTH[:1])],
    "activation must have 5 items": [quartic({**LINE, "activation": [0, 1, 0]})],
    "alpha must have 1 items": [network(alpha=[])],
    "multiplier must be an integer from": [
        quartic(multiplier=[(1 << 7000) + 1]), quartic(multiplier=[(-1 << 7000) - 1]),
    ],
    "multiplier must have 1 items": [quartic(multiplier=[1, 0])],
    "side needs the keys": [quartic(sides=[{"top": 1}, BOTH[1]])],
}  # fmt: skip
