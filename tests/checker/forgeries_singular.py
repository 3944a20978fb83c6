"""Forgeries about cells by singular vectors: trees that leave matrices out, cells that are not what a cut leaves."""

from tests.checker.forgeries_data import LINE, network
from tests.checker.forgeries_moments import NONE, PLANE, TWO

# (w − 1)², which is at least 0 and at least 1 where w² ≤ 0; ‖W − Y‖² as in `forgeries_moments`
SMALL = {"blocks": [[[1], [-1]]], "multipliers": [], "bits": 0}
LEAF = {key: TWO[key] for key in ("blocks", "multipliers", "bits")}
ZERO = [[0], [0]]


def more(leaf, *blocks):
    """A leaf with more blocks."""
    return {**leaf, "blocks": [*leaf["blocks"], *blocks]}


# (w_1 − 1)² + w_2², two outputs of one input
TALL = {**LINE, "widths": [1, 2], "Y": {"rows": [[1], [0]]}}
TALL_LEAF = {"blocks": [[[1, 0], [-1, 0], [0, 1]]], "multipliers": [], "bits": 0}


def line(*tree, value=0, loss=None, **changes):
    return network({**LINE, **(loss or {})}, {"value": value, "units": [0, 0], "tree": list(tree), **changes})


def plane(*tree, value=0, **changes):
    return network(PLANE, {"value": value, "units": [0, 0], "tree": list(tree), **changes})


def tall(*tree):
    return network(TALL, {"value": 0, "units": [0, 0], "tree": list(tree)})


def direction(side, a, *rows):
    return {"direction": [side, a], "form": [list(row) for row in rows]}


def ratio(*numbers):
    return {"ratio": list(numbers)}


SIGN = direction(0, 0, [1])
AT_ZERO = {"blocks": [[[0], [0]], [[1]]], "multipliers": [], "bits": 0}  # of 1 − 2w + w², −w² ≥ 0 leaves 1 − 2w
DIAGONAL = direction(0, 0, [1, 0], [0, -1])
HALF = ratio(0, 1, 1, 2)
HONEST = [
    line(SMALL), line(SIGN, more(SMALL, [[0]]), more(SMALL, [[0]])), line(SMALL, value=-1), plane(LEAF),
    line(direction(1, 0, [-3]), more(SMALL, [[0]]), more(SMALL, [[0]])),
    plane(HALF, more(LEAF, NONE, NONE), LEAF), plane(DIAGONAL, *[more(LEAF, ZERO, ZERO, ZERO)] * 2),
    plane(ratio(0, 1, 2, 4), more(LEAF, NONE, NONE), HALF, more(LEAF, NONE, NONE), LEAF),
    plane(direction(1, 1, [0, 1], [1, 0]), DIAGONAL, *[more(LEAF, *[ZERO] * 6)] * 2, more(LEAF, ZERO, ZERO, ZERO)),
    # the multiplier of a direction of the outputs has the order of the inputs, and the other way round
    tall(direction(0, 0, [1, 2], [2, 3]), *[more(TALL_LEAF, [[0]])] * 2),
    tall(direction(1, 0, [5]), *[more(TALL_LEAF, ZERO)] * 2),
    plane(direction(0, 2, [1, 0], [0, 1]), LEAF, LEAF),  # there is no third singular vector, and nothing to say of it
]  # fmt: skip
ROWS = {
    "the tree ends before every cell is treated": [
        line(SIGN, more(SMALL, [[0]])), line(), plane(HALF, more(LEAF, NONE, NONE)), line(SIGN),
    ],
    "a path has at most 2000 cuts": [line(*[SIGN] * 2001, SMALL)],
    "the tree has items left over": [line(SMALL, SMALL), plane(LEAF, HALF)],
    "a ratio is that of a singular value to one before it": [
        plane(ratio(*pair, 1, 2), more(LEAF, NONE, NONE), LEAF) for pair in ((1, 0), (0, 0), (0, 2), (1, 2))
    ] + [line(ratio(0, 1, 1, 2), SMALL, SMALL)],
    "the form of a direction is not symmetric": [
        plane(direction(0, 0, [1, 2], [-2, -1]), *[more(LEAF, ZERO, ZERO, ZERO)] * 2),
    ],
    "a form has entries of at most 64 bits": [
        line(direction(0, 0, [1 << 64]), *[more(SMALL, [[0]])] * 2),
        plane(direction(0, 0, [1, 0], [0, 1 << 64]), *[more(LEAF, ZERO, ZERO, ZERO)] * 2),
    ],
    "is not shown to have a positive semidefinite multiplier": [
        line(SMALL, value="1/1000000"), line(SIGN, AT_ZERO, AT_ZERO, value=1),
        line(SIGN, more(SMALL, [[1]]), more(SMALL, [[0]])), line(SIGN, more(SMALL, [[0]]), AT_ZERO, value="1/9"),
        plane(LEAF, value="1/1000000"),
        *[plane(HALF, more(LEAF, *blocks), LEAF) for blocks in (([[1], *NONE[1:]], NONE), (NONE, [[1], *NONE[1:]]))],
        *[plane(DIAGONAL, more(LEAF, *[[[1], [1]] if i == k else ZERO for i in range(3)]), more(LEAF, *[ZERO] * 3))
          for k in range(3)],
    ],
}  # fmt: skip
# malformed trees and cells, which no rule of their own refuses
UNREADABLE = [
    line({"blocks": [], "bits": 0}), line(7), line([]), line({"ratio": [0, 1, 1, 2], "direction": [0, 0]}, SMALL),
    line(direction(2, 0, [1]), SMALL, SMALL), line(direction(0, 0, [1], [1]), SMALL, SMALL), line(tree={}),
    line(direction(0, -1, [1]), SMALL, SMALL), plane(ratio(0, 1, 0, 1), LEAF, LEAF), plane(ratio(0, 1, 1, 0), LEAF),
    plane(ratio(0, 1, 1), LEAF), plane(HALF, LEAF, LEAF), plane(LEAF, units=[0]),
]  # fmt: skip
