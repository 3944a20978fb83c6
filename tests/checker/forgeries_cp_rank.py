"""Forgeries about the cp-rank: faces that M is not on, coordinates that are not its own, edges that share a column."""

from tests.checker.building import doc

ONES = [[1, 1], [1, 1]]
MINUS = [[1, -1], [-1, 1]]
PATH = [[1, 1, 0], [1, 2, 1], [0, 1, 1]]
SQUARE = [[2, 1, 0, 1], [1, 2, 1, 0], [0, 1, 2, 1], [1, 0, 1, 2]]


def spn(*signs):
    """vv' is semidefinite."""
    return {"method": "spn", "factor": [[s] for s in signs], "bits": 0}


def face(cut, *proofs):
    return {"cut": cut, "copositive": list(proofs)}


def squares(*signs):
    """The face of vv'."""
    return face([[a * b for b in signs] for a in signs], spn(*signs))


def at_least(rows, value, *faces, edges=(), **more):
    proof = {"value": value, "faces": list(faces), "edges": [list(e) for e in edges], **more}
    return doc("lower bound", {"type": "cp-rank", "rows": rows}, proof)


# e_i + e_j for signs that differ are the minimal zeros of vv': 225 of them, and four that depend on each other
SIGNS = [1] * 15 + [-1] * 15
EVERY = [[1] * 30 for _ in range(30)]
LONG = [[f"1/{10**2000 + 1}"] * 12] * 12

ROWS = {
    # check_cp_rank.py
    "the proof gives 1 columns, not 2": [at_least(ONES, 2), at_least(ONES, 2, squares(1, -1))],
    "the proof gives 2 columns, not 3": [at_least(PATH, 3), at_least(PATH, 3, edges=[[0, 1], [1, 2]])],
    "the proof gives 4 columns, not 5": [at_least(SQUARE, 5, edges=[[0, 1], [1, 2], [2, 3], [0, 3]])],
    "a cut must have the order": [at_least(ONES, 1, face([[0]], spn(0)))],
    "<A, M> is not zero": [at_least(ONES, 1, squares(1, 1)), at_least([[2, 1], [1, 1]], 1, squares(1, -1))],
    "a face has at most 200 rays": [at_least(EVERY, 1, squares(*SIGNS))],
    "zeros of a face: too much work": [at_least([[1] * 50] * 50, 1, squares(*[1] * 25 + [-1] * 25))],
    "a denominator must not be a multiple": [at_least([[f"1/{2**61 - 1}", 1], [1, 1]], 1)],
    "the common denominator is too large": [
        at_least([[f"1/{10**2000 + i * j}" for i in range(30)] for j in range(30)], 1, face([[0] * 30] * 30))],
    "coordinates on a face: too much work": [at_least(LONG, 1, squares(*[1] * 11, -11))],
    "the coordinates of M on the face are not unique": [at_least([[1] * 4] * 4, 1, squares(1, 1, -1, -1))],
    "M is not in the span of the face": [
        at_least([[2, 1], [1, 0]], 1, squares(1, -1)), at_least([[1, 0], [0, -1]], 1, face(MINUS, spn(1), spn(1))),
    ],
    "an edge joins two rays": [
        at_least(PATH, 2, edges=[[0, 0]]), at_least(PATH, 2, edges=[[0, 2]]), at_least(SQUARE, 4, edges=[[1, 3]]),
    ],
    "two of the edges lie in one clique": [
        at_least(PATH, 3, edges=[[0, 1], [1, 0], [1, 2]]),
        at_least([[2, 1, 1], [1, 2, 1], [1, 1, 2]], 4, edges=[[0, 1], [1, 2]]),
        at_least([[4, 1, 1, 1], [1, 4, 1, 1], [1, 1, 4, 1], [1, 1, 1, 4]], 6, edges=[[0, 1], [2, 3]]),
    ],
    "the remainder is not diagonally dominant": [
        # <A, M> = 0, but 2x_1² − 4x_1x_2 + x_2² is negative at (1, 1)
        at_least([[1, 1], [1, 2]], 1, face([[2, -2], [-2, 1]], spn(0, 0))),
    ],
    "copositive must have 2 items, got 1": [at_least([[1, 0], [0, 1]], 1, face([[0, 1], [1, 0]], spn(0)))],
    "value must be an integer": [at_least(ONES, -1), at_least(ONES, "1")],
    "ray must be an integer": [at_least(ONES, 1, edges=[[0, 2]]), at_least(ONES, 1, squares(1, -1), edges=[[0, 1]])],
}  # fmt: skip

THIRDS = face([["1/4", "-1/6"], ["-1/6", "1/9"]], spn(3, -2))

HONEST = [
    at_least([[0]], 0), at_least(ONES, 1), at_least(ONES, 1, squares(1, -1)), at_least(PATH, 2),
    at_least(SQUARE, 4, edges=[[0, 1], [1, 2], [2, 3], [0, 3]]),
    at_least([[1, 0], [0, 1]], 2, face([[0, 1], [1, 0]], spn(0), spn(0))),
    at_least(EVERY, 1), at_least([["4/5", "6/5"], ["6/5", "9/5"]], 1, THIRDS),
    at_least([[1] * 3] * 3, 1, squares(1, -1, 0), face([[0, 0, 0], [0, 1, -1], [0, -1, 1]], spn(1, -1))),
]  # fmt: skip
