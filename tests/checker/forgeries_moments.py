"""Forgeries about moments of factors: matrices that are not multipliers, losses that have no such moments."""

from tests.checker.forgeries_data import LINE, network

PLANE = {**LINE, "widths": [2, 2, 2], "X": {"rows": [[1, 0], [0, 1]]}, "Y": {"rows": [[1, 0], [0, 2]]}}
# (w − 1)² = (x_0 − w)², and ‖W − Y‖² with the same square for W = D_0 + D_1
ONE = {
    "value": 0, "moments": "averaged", "units": [0, 0], "bits": 0,
    "blocks": [[[1], [-1]], [[0]], [[0]], [[0]], [[0]]], "multipliers": [[[0]], [[0]]],
}  # fmt: skip
UNIT = [[-int(i == j) for j in range(4)] for i in range(4)]
NONE = [[0] for _ in range(4)]
TWO = {
    "value": 0, "moments": "ordered", "units": [0, 0], "bits": 0,
    "blocks": [[[1, 0, 0, 2], *UNIT, *UNIT], NONE * 2, NONE * 2, NONE, NONE],
    "multipliers": [[[0, 0], [0, 0]]] * 6,
}  # fmt: skip


def line(proof=None, loss=None, **changes):
    """The first proof, or its network, with other entries."""
    return network({**LINE, **(loss or {})}, {**(proof or ONE), **changes})


def plane(**changes):
    return network(PLANE, {**TWO, **changes})


def other(proof, key, k, value):
    """A list of a proof with another entry at k."""
    return {key: [value if i == k else old for i, old in enumerate(proof[key])]}


HONEST = [
    line(), plane(), line(value=-1), line(bits=1), line(**other(ONE, "multipliers", 0, [[-1]])),
    line(units=[1, 2], bits=1, **other(ONE, "blocks", 0, [[1], [-2]])),
]  # fmt: skip
ROWS = {
    "moments of factors need an input that counts": [
        network({**LINE, "X": {"rows": [[0]]}}, {
            "value": 1, "moments": name, "units": [0, 0], "bits": 0, "kept": [], "combination": [[]],
            "blocks": [[[0]], *[[]] * count], "multipliers": [[]] * count,
        })
        for name, count in (("averaged", 4), ("ordered", 0))
    ],
    "moments are one of": [line(moments="trust"), line(moments=[]), line(moments=None)],
    "moments of factors are for squared losses": [
        line(loss={"loss": "absolute"}), line(loss={"widths": [1, 1, 1], "weight_decay": 1}),
        line(loss={"constraints": [{"entries": [[0, 0, 1]], "low": 0, "high": None}]}),
    ],
    "is not shown to have a positive semidefinite multiplier": [
        line(value="1/1000000"), line(value=1), line(**other(ONE, "blocks", 0, [[1], [1]])),
        line(**other(ONE, "blocks", 0, [[1], [0]])), line(units=[1, 0]), line(units=[0, 1]),
        *[line(**other(ONE, "blocks", k, [[1]])) for k in (1, 2, 3, 4)],
        *[line(**other(ONE, "multipliers", k, [[1]])) for k in (0, 1)],
        plane(value="1/1000000"), plane(**other(TWO, "blocks", 0, [[1, 0, 0, 2], *UNIT, *[[0] * 4] * 4])),
        *[plane(**other(TWO, "blocks", k, [[1], *TWO["blocks"][k][1:]])) for k in (1, 2, 3, 4)],
        *[plane(**other(TWO, "multipliers", k, [[1, 0], [0, 1]])) for k in range(6)],
        *[plane(**other(TWO, "multipliers", k, [[-1, 0], [0, -1]])) for k in range(6)],
    ],
}  # fmt: skip
