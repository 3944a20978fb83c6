"""Forgeries about decisions: sides that do not cover the cone, and first-order conditions where they do not hold."""


def _problem(objective, blocks=(), dim=2, equations=(([[0, 0, 1]], 1),), unit=((0, 1),), **more):
    """0 ≤ x_1 ≤ x_0, x_0² = 1."""
    own = [[[0, 0, 0, 1]], [[0, 0, 1, 1]], [[0, 0, 0, 1], [0, 0, 1, -1]]]
    given = [{"order": 1, "entries": entries} for entries in own] + list(blocks)
    plain = {"type": "program", "name": "", "dim": dim, "blocks": given, "generators": [], "vanishing": []}
    return {**plain, "unit": [list(u) for u in unit], "objective": objective,
            "equations": [{"form": f, "value": b} for f, b in equations], **more}  # fmt: skip


def _doc(problem, value, *items):
    from copos.checker import check

    return {"format": check.FORMAT, "version": check.VERSION, "kind": "lower bound", "problem": problem,
            "proof": {"value": value, "tree": list(items)}, "sha256": check.digest(problem)}  # fmt: skip


def _leaf(y, *products):
    return {"y": [y], "level": 0, "terms": [{"products": list(map(list, products))}] if products else [],
            "multipliers": []}  # fmt: skip


def _block(*entries):
    return {"order": 1, "entries": [[0, 0, v, c] for v, c in entries]}


BIT = [[0, 1, -1], [1, 1, 1]]
MIDDLE = [[0, 0, "1/4"], [0, 1, -1], [1, 1, 1]]  # (x_1 − x_0/2)²: 0 in the middle, 1/4 at the ends
CONCAVE = [[0, 1, "1/2"], [1, 1, -1]]  # 0 and −1/2 at the ends
CONVEX = [[0, 1, -1], [1, 1, 1]]  # −1/4 in the middle
EITHER = {"either": [[[1, 1]], [[1, 1], [0, -1]]], "multipliers": [[0, 1]]}
AT = {"stationary": 1}
THIRD = [_block((2, 1)), _block((0, 1), (2, -1))]  # 0 ≤ x_2 ≤ x_0

SHIFTED = [_block((0, 1)), _block((1, 1), (0, -1)), _block((0, 3), (1, -1))]  # 1 ≤ x_1 ≤ 3

HONEST = [
    _doc(_problem(MIDDLE, vanishing=[BIT]), "1/4", EITHER, _leaf("1/4"), _leaf("1/4")),
    _doc(_problem(MIDDLE, vanishing=[BIT]), "1/4", AT, _leaf("1/4"), _leaf("1/4")),
    # x_1 = 0 needs −x_0/2 ≥ 0, the fourth block: then nothing is left there, and 7 is as good a bound as any
    _doc(_problem(CONCAVE), "-1/2", AT, _leaf(7, (3, 0, 14)), _leaf("-1/2")),
    _doc(_problem(CONVEX), "-1/4", AT, _leaf(7, (3, 0, 7)), _leaf(7, (3, 0, 7)), _leaf("-1/4")),
    # 1 ≤ x_1 ≤ 3, where x_1² − 3x_1 is least in between
    _doc({**_problem([[0, 1, -3], [1, 1, 1]]), "blocks": SHIFTED}, "-9/4", AT, _leaf(7, (3, 0, 9)),
         _leaf(7, (3, 0, "7/3")), _leaf("-9/4")),
    # further bounds that are slack
    _doc(_problem(CONCAVE, [_block((0, 1), (1, 1)), _block((0, 2), (1, -1))]), "-1/2", AT, _leaf(7, (5, 0, 14)),
         _leaf("-1/2")),
    # x_1x_2 = 0: one of them is, and then x_0² − x_0x_1 − x_0x_2 ≥ 0
    _doc(_problem([[0, 0, 1], [0, 1, -1], [0, 2, -1]], THIRD, 3, vanishing=[[[1, 2, 1]]]), 0,
         {"either": [[[1, 1]], [[2, 1]]], "multipliers": [[0, 1]]}, _leaf(0, (4, 0, 1)), _leaf(0, (2, 0, 1))),
    # a decision below a cut, and twice the same
    _doc(_problem(MIDDLE, vanishing=[BIT]), "1/4", {"cut": [[1, 2], [0, -1]]}, EITHER, _leaf("1/4"), _leaf("1/4"),
         EITHER, _leaf("1/4"), EITHER, _leaf("1/4"), _leaf("1/4")),
]  # fmt: skip

ROWS = {
    "the product of the two forms is not": [
        _doc(_problem(MIDDLE), "1/4", {**EITHER, "multipliers": []}, _leaf("1/4"), _leaf("1/4")),
        _doc(_problem(MIDDLE, vanishing=[[[0, 1, -1], [1, 1, 2]]]), "1/4", EITHER, _leaf("1/4"), _leaf("1/4")),
        _doc(_problem(MIDDLE, vanishing=[BIT]), "1/4", {**EITHER, "multipliers": [[0, 2]]}, _leaf("1/4"),
             _leaf("1/4")),
        _doc(_problem(MIDDLE, vanishing=[[[0, 0, 1], *BIT]]), "1/4", EITHER, _leaf("1/4"), _leaf("1/4")),
    ],
    "variable must be an integer from 0 to 1": [_doc(_problem(CONVEX), 0, {"stationary": 2}, _leaf(0), _leaf(0))],
    "vanishing form must be an integer from 0 to 0": [
        _doc(_problem(MIDDLE, vanishing=[BIT]), 0, {**EITHER, "multipliers": [[1, 1]]}, _leaf(0), _leaf(0)),
    ],
    "x_0 itself is not decided about": [_doc(_problem(CONVEX), 0, {"stationary": 0}, _leaf(0), _leaf(0))],
    "and some are only stated": [
        _doc(_problem(CONCAVE, stated=[[[0, 1], [1, -2]]]), 0, AT, _leaf(0), _leaf(7, (4, 0, 14))),
    ],
    "one equation x_0² = b > 0, and x_0 as": [
        _doc(_problem(CONCAVE, equations=[]), 0, AT, {**_leaf(0), "y": []}, {**_leaf(0), "y": []}),
        _doc(_problem(CONCAVE, equations=[([[0, 0, 1]], 1), ([[1, 1, 1]], "1/2")]), 0, AT),
        _doc(_problem(CONCAVE, equations=[([[0, 0, 1]], 0)]), 0, AT),
        _doc(_problem(CONCAVE, unit=[(0, 1), (1, 1)]), 0, AT),
    ],
    "one equation x_0² = b > 0 with x_0": [
        _doc(_problem(CONCAVE, equations=[([[0, 1, 1]], 1)]), 0, AT),
        _doc(_problem(CONCAVE, equations=[([[0, 0, -1]], 1)]), 0, AT),
        _doc(_problem(CONCAVE, equations=[([[0, 0, 1], [1, 1, 1]], 1)]), 0, AT),
        _doc({**_problem(CONCAVE), "blocks": _problem(CONCAVE)["blocks"][1:]}, 0, AT),
    ],
    "first-order conditions need bounds": [
        _doc({**_problem(CONCAVE), "blocks": _problem(CONCAVE)["blocks"][:2]}, "-1/2", AT, _leaf(0), _leaf("-1/2")),
        _doc({**_problem(CONCAVE), "blocks": [_problem(CONCAVE)["blocks"][k] for k in (0, 2)]}, "-1/2", AT),
        # 0·x_1 + x_0 ≥ 0 is no bound
        _doc({**_problem(CONCAVE), "blocks": [*_problem(CONCAVE)["blocks"][:2], _block((0, 1), (1, 0))]}, "-1/2", AT),
        _doc(_problem(CONCAVE, THIRD[:1], 3), "-1/2", AT), _doc(_problem(CONCAVE, THIRD[1:], 3), "-1/2", AT),
    ],
    "is not alone: a block": [
        # x_1 ≤ x_2 and min x_2 − x_1/2 is 0: at x_1 = 0 as at x_1 = x_2 = 1/2, where nothing says that D ≥ 0
        _doc(_problem([[0, 1, "-1/2"], [0, 2, 1]], [*THIRD, _block((2, 1), (1, -1))], 3), "1/2", AT),
        _doc(_problem(CONCAVE, [{"order": 2, "entries": [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0, 1]]}]), 0, AT),
        _doc(_problem(CONCAVE, [{"order": 2, "entries": [[0, 0, 1, 1], [1, 1, 0, 1]]}]), 0, AT),
    ],
    "the interval of the variable has no interior": [
        _doc(_problem(CONCAVE, [_block((1, -1))]), 0, AT), _doc(_problem(CONCAVE, [_block((0, -2), (1, 1))]), 0, AT),
        _doc(_problem(CONCAVE, [_block((0, -1), (1, -1))]), 0, AT),
    ],
    "is not alone: a form": [
        _doc(_problem(CONCAVE, generators=[[[0, 0, 1], [1, 1, -2]]]), 0, AT),
        _doc(_problem(CONCAVE, THIRD, 3, vanishing=[[[1, 2, 1]]]), 0, AT),
        _doc(_problem(CONCAVE, THIRD, 3, vanishing=[[[0, 2, 1], [2, 2, -1]], [[0, 2, 1], [0, 1, -1]]]), 0, AT),
    ],
    "other roots than its bounds": [
        _doc(_problem(MIDDLE, vanishing=[[[0, 1, -1], [1, 1, 2]]]), "1/4", AT, _leaf("1/4"), _leaf("1/4")),
        _doc(_problem(MIDDLE, vanishing=[[[0, 0, 1], [1, 1, -1]]]), "1/4", AT, _leaf("1/4"), _leaf("1/4")),
    ],
    # the sides that a variable has, and the signs of their cuts
    "the identity does not hold: what": [
        _doc(_problem(CONCAVE), 0, AT, _leaf(0), _leaf(0)),
        _doc(_problem(CONCAVE), "-1/2", AT, _leaf("-1/2"), _leaf(0, (3, 0, 1))),
        _doc(_problem(CONVEX), 0, AT, _leaf(0), _leaf(0), _leaf(0)),
        # x_1² − 7x_1 falls up to the end 3, where the derivative is −1
        _doc({**_problem([[0, 1, -7], [1, 1, 1]]), "blocks": SHIFTED}, 7, AT, _leaf(7, (3, 0, "13/5")),
             _leaf(7, (3, 0, "19/2")), _leaf(7, (2, 0, "77/2"))),
        _doc(_problem(MIDDLE, vanishing=[BIT]), "1/2", EITHER, _leaf("1/2"), _leaf("1/2")),
        _doc(_problem([[0, 1, 1]], vanishing=[BIT]), 1, EITHER, _leaf(1), _leaf(1)),
        _doc(_problem([[0, 1, -1]], vanishing=[BIT]), 0, EITHER, _leaf(0), _leaf(0)),
    ],
    "the tree ends before every cell is": [
        _doc(_problem(CONVEX), 7, AT, _leaf(7, (3, 0, 7)), _leaf(7, (3, 0, 7))),  # without what is in between
        _doc(_problem(MIDDLE, vanishing=[BIT]), "1/4", EITHER, _leaf("1/4")),
    ],
}  # fmt: skip
