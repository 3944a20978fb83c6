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
FOUR, EIGHT = NONE * 4, NONE * 2
MIXED = {**TWO, "moments": "mixed", "blocks": [TWO["blocks"][0], FOUR, FOUR, EIGHT, EIGHT],
         "multipliers": [[[0, 0], [0, 0]]] * 18}  # fmt: skip


# ‖V − diag(1, 2)‖² ≥ 1 over rank one: positive semidefinite with ½ at v_11 v_22 and −½ at v_12 v_21, which cancel by
# the symmetry of D_0, or by both matrices of N
RANK = {**PLANE, "widths": [2, 1, 2]}
FIRST = [[4, 0, 0], [-1, 0, 0], [0, 1, 1], [0, -1, -1], [-2, 0, 0]]
ORDERED = {"value": 1, "moments": "ordered", "units": [0, 0], "bits": 1, "blocks": [FIRST], "multipliers": []}
SPLIT = [[[1, 0, 0], [0, 1, 0], [0, 0, 1], [sign, 0, 0]] for sign in (-1, 1)]
AVERAGED = {**ORDERED, "moments": "averaged", "blocks": [FIRST, *SPLIT, NONE, NONE],
            "multipliers": [[[-1, 0], [0, -1]], [[0, 0], [0, 0]]]}  # fmt: skip
BOTH = (ORDERED, AVERAGED)
NEAR = "999999/1000000"


def line(proof=None, loss=None, **changes):
    """The first proof, or its network, with other entries."""
    return network({**LINE, **(loss or {})}, {**(proof or ONE), **changes})


def plane(**changes):
    return network(PLANE, {**TWO, **changes})


def rank(proof, loss=None, **changes):
    """‖V − diag(1, 2)‖² over rank one, or with another loss."""
    return network({**RANK, **(loss or {})}, {**proof, **changes})


def other(proof, key, k, value):
    """A list of a proof with another entry at k."""
    return {key: [value if i == k else old for i, old in enumerate(proof[key])]}


HONEST = [
    line(), plane(), plane(**MIXED), line(value=-1), line(bits=1), line(**other(ONE, "multipliers", 0, [[-1]])),
    line(units=[1, 2], bits=1, **other(ONE, "blocks", 0, [[1], [-2]])),
    *[rank(proof) for proof in BOTH], *[rank(proof, kept=[0, 1], combination=[]) for proof in BOTH],
    # a sample with x = 0 adds the square of its target
    *[rank(proof, {"X": {"rows": [[1, 0, 0], [0, 1, 0]]}, "Y": {"rows": [[1, 0, 0], [0, 2, "1/1000"]]}},
           value="1000001/1000000") for proof in BOTH],
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
    "blocks must have . items": [
        rank(ORDERED, {"widths": [2, 2, 2]}), rank(ORDERED, moments="averaged"), rank(AVERAGED, moments="ordered"),
    ],
    "input 1 is not the combination of the inputs kept": [rank(proof, kept=[0], combination=[[0]]) for proof in BOTH],
    "the coordinates of the inputs are not invertible": [rank(proof, inputs=[[1, 0], [0, 0]]) for proof in BOTH],
    "outputs are rotated by orthogonal matrices": [rank(proof, outputs=[[2, 0], [0, 1]]) for proof in BOTH],
    "is not shown to have a positive semidefinite multiplier": [
        line(value="1/1000000"), line(value=1), line(**other(ONE, "blocks", 0, [[1], [1]])),
        line(**other(ONE, "blocks", 0, [[1], [0]])), line(units=[1, 0]), line(units=[0, 1]),
        *[line(**other(ONE, "blocks", k, [[1]])) for k in (1, 2, 3, 4)],
        *[line(**other(ONE, "multipliers", k, [[1]])) for k in (0, 1)],
        *[
            rank(proof, loss, **more)
            for proof in BOTH
            for loss, more in [
                ({}, {"value": "1000001/1000000"}), ({"Y": {"rows": [[NEAR, 0], [0, 2]]}}, {}),
                ({"Y": {"rows": [[1, 0], [0, "1/2"]]}}, {}), ({"X": {"rows": [[1, 0], [0, 0]]}}, {}),
                ({"weights": {"rows": [[NEAR, 1], [1, 1]]}}, {}), ({"weights": {"rows": [[0, 1], [1, 1]]}}, {}),
                ({"sample_weight": {"rows": [[NEAR, 1]]}}, {}), ({"output_weight": {"rows": [[NEAR, 1]]}}, {}),
                ({"intercept": True}, {}), ({"ridge": "1/1000000"}, {"value": "10001/10000"}),
                ({}, {"inputs": [[2, 0], [0, 2]]}), ({}, {"outputs": [[0, 1], [1, 0]]}), ({}, {"units": [1, 0]}),
                ({}, {"units": [0, 1]}), ({}, {"units": [-1, -2]}), ({}, {"bits": 0}), ({}, {"bits": 2}),
                ({"X": {"rows": [[1, 0, 0], [0, 1, 0]]}, "Y": {"rows": [[1, 0, 0], [0, 2, "1/1000"]]}},
                 {"value": "1000002/1000000"}),
            ]
        ],
        *[rank(AVERAGED, {"widths": widths}) for widths in ([2, 2, 2], [2, 3, 2, 2])],
        *[rank(AVERAGED, multipliers=[rows, [[0, 0], [0, 0]]])
          for rows in ([[1, 0], [0, 1]], [[-1, 0], [0, 0]], [[-1, 1], [0, -1]], [[0, 0], [0, 0]])],
        rank(AVERAGED, blocks=[FIRST, *SPLIT[::-1], NONE, NONE]), rank(ORDERED, blocks=[[row[:2] for row in FIRST]]),
        plane(value="1/1000000"), plane(**other(TWO, "blocks", 0, [[1, 0, 0, 2], *UNIT, *[[0] * 4] * 4])),
        *[plane(**other(TWO, "blocks", k, [[1], *TWO["blocks"][k][1:]])) for k in (1, 2, 3, 4)],
        *[plane(**other(TWO, "multipliers", k, [[1, 0], [0, 1]])) for k in range(6)],
        *[plane(**other(TWO, "multipliers", k, [[-1, 0], [0, -1]])) for k in range(6)],
        *[plane(**{**MIXED, **other(MIXED, "blocks", k, [[1], *MIXED["blocks"][k][1:]])}) for k in (1, 2, 3, 4)],
        *[plane(**{**MIXED, **other(MIXED, "multipliers", k, [[sign, 0], [0, sign]])})
          for k in range(18) for sign in (1, -1)],
    ],
}  # fmt: skip
