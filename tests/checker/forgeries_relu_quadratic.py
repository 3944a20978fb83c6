"""Forgeries about forms that bound ReLU networks in training: too large, or on sides that are not known."""

from tests.checker.building import doc

# r = 1 and x = e_1: ½ρvz + μz² + ρ²v²/(16μ) = ¼(z + v)² for μ = ¼, which is at most ½(z² + v²): β = 1
AXIS = {"type": "relu training", "X": {"rows": [[1, 0, 0]]}, "Y": {"rows": [[2]]}, "beta": 1}
NONE = {"alpha": [0], "gamma": [0], "mu": [0], "kappa": []}
SEEN = {**NONE, "mu": [1]}
ONE = {"value": "3/2", "bits": 0, "multiplier": [1], "shift": 2, "blocks": [[SEEN], [NONE]]}
# 3(u_1)_+ − (u_1 + u_2)_+ is √5 at most; γ = 1 shows less than 5/2, and 3 is shown without
BENT = {**AXIS, "X": {"rows": [[1, 0, 0], [1, 1, 0]]}, "Y": {"rows": [[4], [-1]]}, "beta": "5/2"}
DOWN = {"alpha": [0, 0], "gamma": [0, 1], "mu": [96, 0], "kappa": []}
UP = {"alpha": [0, 0], "gamma": [0, 0], "mu": [0, 32], "kappa": []}
TWO = {"value": 8, "bits": 0, "multiplier": [3, -1], "shift": 7, "blocks": [[DOWN], [UP]]}
# all sides known: u_1 + u_2 is √2 at most where both are seen
BLANK = {"alpha": [0, 0], "gamma": [0, 0], "mu": [0, 0], "kappa": [0]}
CELLS = [{"plane": 0}, {"plane": 1}, BLANK, BLANK, {"plane": 1}, BLANK, BLANK]
CORNER = {**AXIS, "X": {"rows": [[1, 0, 0], [0, 1, 0]]}, "Y": {"rows": [[1], [1]]}, "beta": "1415/1000"}
BOTH = {"value": 1, "bits": 0, "multiplier": [1, 1], "shift": 12, "blocks": [CELLS, CELLS]}
# e_1 and −2e_1: 2z_+ + 2(z_+ − z) = 4z_+ − 2z
TURNED = {**AXIS, "X": {"rows": [[1, 0, 0], [-2, 0, 0], [0, 0, 0]]}, "Y": {"rows": [[2], [2], [0]]}, "beta": 2}
MERGED = {"value": "7/2", "bits": 0, "multiplier": [2, 1, 0], "shift": 2, "blocks": [[{**NONE, "mu": [4]}], [NONE]]}
# two outputs, r = (3, 4): g(u) = r(u_1)_+
PAIR = {**AXIS, "Y": {"rows": [[3, 4]]}, "beta": "501/100"}
FIVE = {"value": "25/2", "bits": 0, "multiplier": [3, 4], "shift": 10, "blocks": [[{"mu": [1280], "kappa": []}]]}


def formed(problem=None, proof=None, take=(), **changes):
    """A document about a problem; `changes` are of its proof."""
    proof = {**(ONE if proof is None else proof), **changes}
    return doc("lower bound", AXIS if problem is None else problem, {k: v for k, v in proof.items() if k not in take})


def leaf(**changes):
    """The proof of AXIS with another leaf for +r."""
    return formed(blocks=[[{**SEEN, **changes}], [NONE]])


def cells(k, **changes):
    """The proof of CORNER with another leaf for +r."""
    return formed(CORNER, BOTH, blocks=[[*CELLS[:k], {**CELLS[k], **changes}, *CELLS[k + 1 :]], CELLS])


HONEST = [
    formed(), formed(value=0), formed({**AXIS, "beta": 7}), formed(bits=1, multiplier=[1], value="7/8"),
    formed(BENT, TWO), formed({**BENT, "beta": "228/100"}, TWO), formed({**BENT, "beta": "301/100"}, TWO,
                                                                        blocks=[[{**DOWN, "gamma": [0, 0]}], [UP]]),
    formed(CORNER, BOTH), cells(3, gamma=[0, 1]), formed(TURNED, MERGED), formed(PAIR, FIVE),
    formed({**PAIR, "X": {"rows": [[0, 0, 0]]}}, FIVE, blocks=[[{"mu": [], "kappa": []}]]),
    formed({**AXIS, "X": {"rows": [["1/3", 0, 0]]}, "beta": "1/3"}), leaf(alpha=[0], gamma=[0]),
    formed({**PAIR, "Y": {"rows": [[0, 0]]}}, FIVE, value=0, multiplier=[0, 0], blocks=[[{"mu": [0], "kappa": []}]]),
]  # fmt: skip

ROWS = {
    "a form of a leaf is not positive semidefinite": [
        formed({**AXIS, "beta": "99/100"}), formed({**AXIS, "beta": "1/1000"}), leaf(mu=[2]), leaf(alpha=[1]),
        leaf(gamma=[1]), formed(blocks=[[SEEN], [SEEN]], multiplier=[-1], value="-5/2", shift=0),
        formed({**BENT, "beta": "227/100"}, TWO), formed(BENT, TWO, blocks=[[{**DOWN, "gamma": [0, 0]}], [UP]]),
        formed(BENT, TWO, blocks=[[{**DOWN, "gamma": [0, 3], "mu": [96, 64]}], [UP]]),
        formed({**CORNER, "beta": "1414/1000"}, BOTH), cells(2, gamma=[0, 1]), cells(2, kappa=[1 << 14]),
        cells(3, kappa=[1 << 14]), formed({**TURNED, "beta": "199/100"}, MERGED),
        formed(TURNED, MERGED, multiplier=[2, 2, 0], value=4),
        formed({**PAIR, "beta": "499/100"}, FIVE), formed(PAIR, FIVE, multiplier=[3, 5], value=12),
        formed({**PAIR, "beta": 1}, FIVE),
        # what is known to be 0 is not what is seen: leaves of another order
        formed(CORNER, BOTH, multiplier=[1, 2], value="1/2"),
    ],
    "a sample whose side is not known has μ = 0": [
        leaf(mu=[0]), formed(blocks=[[SEEN], [{**NONE, "alpha": [2]}]]),
        formed(PAIR, FIVE, blocks=[[{"mu": [0], "kappa": []}]]),
        formed(PAIR, FIVE, multiplier=[0, 4], value=0, blocks=[[{"mu": [0], "kappa": []}]]),
        formed(CORNER, BOTH, blocks=[[{"plane": 0}, *[{**BLANK, "kappa": []}] * 2], CELLS]),
    ],
    "the multiplier gives": [formed(value=2), formed(PAIR, FIVE, value=13)],
    "proof by forms needs the keys": [formed(take=("shift",)), formed(cones=[])],
    "leaf needs the keys": [
        formed(blocks=[[{**SEEN, "more": 0}], [NONE]]), formed(PAIR, FIVE, blocks=[[SEEN]]),
        formed(blocks=[[{k: v for k, v in SEEN.items() if k != "alpha"}], [NONE]]),
    ],
    "leaf must be an object": [formed(blocks=[[1], [NONE]])],
    "item needs the keys": [formed(blocks=[[{"plane": 0, "mu": [0]}, SEEN, SEEN], [NONE]])],
    "plane must be an integer from 0 to 0": [
        formed(blocks=[[{"plane": k}, SEEN, SEEN], [NONE]]) for k in (1, -1, "0")
    ],
    "blocks must have 2 items": [formed(blocks=[[SEEN]]), formed(blocks=[[SEEN], [NONE], [NONE]])],
    "blocks must have 1 items": [formed(PAIR, FIVE, blocks=FIVE["blocks"] * 2)],
    "the tree ends before every cell": [
        formed(blocks=[[], [NONE]]), formed(CORNER, BOTH, blocks=[CELLS[:-1], CELLS]),
    ],
    "the tree has items left over": [formed(blocks=[[SEEN, SEEN], [NONE]])],
    "shift must be an integer": [formed(shift=-1), formed(shift=7001)],
    "mu must have 1 items": [leaf(mu=[1, 1]), leaf(mu=[])],
    "alpha must have 1 items": [leaf(alpha=[])],
    "gamma must have 1 items": [leaf(gamma=[])],
    "kappa must have 0 items": [leaf(kappa=[0])],
    "kappa must have 1 items": [cells(2, kappa=[])],
    "mu must be an integer from 0": [leaf(mu=[-1]), leaf(mu=["1"])],
    "alpha must be an integer from 0": [leaf(alpha=[-1])],
    "gamma must be an integer from 0": [leaf(gamma=[-1])],
    "kappa must be an integer from 0": [cells(2, kappa=[-1])],
}  # fmt: skip
