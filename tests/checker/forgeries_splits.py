"""Forgeries about products of two neighbours: coordinates that are not binary, numbers that are not whole."""

from tests.checker.building import form, lower, program, psd, ray


def binary(v, h=0, c=1):
    """c(x_v² − x_hx_v)."""
    return form((v, v, c), (min(v, h), max(v, h), -c))


def product(k, *f, h=0, c=1):
    """c(t − kx_h)(t − (k + 1)x_h) with t = Σ f_vx_v over (v, f_v)."""
    terms = [(h, h, c * k * (k + 1))]
    for v, a in f:
        terms += [(min(v, h), max(v, h), -c * (2 * k + 1) * a), (v, v, c * a * a)]
        terms += [(u, v, 2 * c * a * b) for u, b in f if u < v]
    return form(*terms)


def about(objective, vanishing=None, dim=4, h=0, **more):
    """min objective over x_h = 1 and binaries."""
    some = [binary(v, h) for v in range(dim) if v != h] if vanishing is None else vanishing
    return program(dim, unit=[[h, 1]], objective=objective, equations=[(form((h, h, 1)), 1)], vanishing=some, **more)


def proof(problem, *splits, value=0, level=0, terms=(), **more):
    """A lower bound by splits alone."""
    return lower(problem, value, [value], level, [{"splits": [list(s) for s in splits]} | more, *terms])


THREE = [(1, 1), (2, 1), (3, 1)]
LIST = [list(pair) for pair in THREE]
SIGNS = [(1, 2), (2, -1), (3, -3)]
TRIPLE = about(product(1, *THREE))  # x_1 + x_2 + x_3 is never between 1 and 2
HALF = form((1, 1, 1), (0, 1, "-1/2"))  # x_1 = 0 or 1/2
MATRIX = {"blocks": [*ray(0, 1, 2, 3), psd(2, 1, 2, 3)]}
HONEST = [
    proof(TRIPLE, [0, 1, LIST, 1]),
    proof(TRIPLE, [0, 1, LIST, "1/3"], [0, 1, LIST, "2/3"]),
    proof(TRIPLE, [0, 1, LIST, 1], [0, 5, LIST, 0]), proof(TRIPLE, [0, 1, LIST, 8], bits=3),
    proof(about(product(1, *THREE), [form((0, 1, 2), (1, 1, -2)), binary(2), binary(3)]), [0, 1, LIST, 1]),
    proof(TRIPLE, [0, 1, [[1, 3], *LIST, [1, -3]], 1]),
    proof(TRIPLE, [0, 0, 1, LIST, 1], level=1),
    proof(about(product(1, *THREE, c=5)), [0, 1, LIST, 5]),
    proof(about(product(-1, *SIGNS)), [0, -1, [list(pair) for pair in SIGNS], 1]),
    proof(about(product(2, *SIGNS)), [0, 2, [list(pair) for pair in SIGNS], 1]),
    proof(about(product(0, (0, 1), (1, 1), h=2), [binary(0, 2, -3), binary(1, 2, 2)], dim=3, h=2),
          [2, 0, [[0, 1], [1, 1]], 1]),
    # (x_0 − x_1)·(…) + x_1·(…)
    proof(about(product(1, *THREE), blocks=[*ray(0, 1, 2, 3), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, -1]]}]),
          [4, 0, 1, LIST, 1], [1, 0, 1, LIST, 1], level=1),
    proof(about(form((0, 0, 2))), [0, 1, [], 1]),
]  # fmt: skip
ROWS = {
    "a weight of a split is negative": [
        proof(about(product(1, *THREE, c=-1)), [0, 1, LIST, -1]), proof(TRIPLE, [0, 1, LIST, 2], [0, 1, LIST, -1]),
    ],
    "not 0 or x_h at every atom": [
        proof(about(product(0, (1, 1)), [HALF]), [0, 0, [[1, 1]], 1]),
        proof(about(product(0, (1, 1)), []), [0, 0, [[1, 1]], 1]),
        # x_1² + x_0x_1; x_1² − x_0² with x_2; x_1² − x_2x_3; x_1x_2 − x_0x_1; x_0x_1 alone; x_1² alone
        proof(about(product(0, (1, 1)), [form((1, 1, 1), (0, 1, 1))]), [0, 0, [[1, 1]], 1]),
        proof(about(product(0, (2, 1)), [form((1, 1, 1), (0, 0, -1))]), [0, 0, [[2, 1]], 1]),
        proof(about(product(0, (1, 1)), [form((1, 1, 1), (0, 0, -1))]), [0, 0, [[1, 1]], 1]),
        proof(about(product(0, (1, 1)), [form((1, 1, 1), (2, 3, -1))]), [0, 0, [[1, 1]], 1]),
        proof(about(product(0, (1, 1)), [form((1, 2, 1), (0, 1, -1))]), [0, 0, [[1, 1]], 1]),
        proof(about(product(0, (1, 1)), [form((0, 1, 1))]), [0, 0, [[1, 1]], 1]),
        proof(about(product(0, (1, 1)), [form((1, 1, 1), (0, 1, -1), (2, 2, 1), (0, 2, -1))]), [0, 0, [[1, 1]], 1]),
        # x_1² − x_0x_3 with h = 2
        proof(about(product(0, (1, 1), h=2), [form((1, 1, 1), (0, 3, -1))], h=2), [2, 0, [[1, 1]], 1]),
        # of x_2, and not of x_0
        proof(about(product(0, (1, 1)), [binary(1, 2), binary(3)]), [0, 0, [[1, 1]], 1]),
        proof(about(product(0, (3, 1)), [binary(1), binary(2)]), [0, 0, [[3, 1]], 1]),
        # the other way round: x_0 is 0 or x_1, and t of x_0 is not binary in x_0
        proof(about(product(0, (1, 1)), [binary(0, 1)]), [0, 0, [[1, 1]], 1]),
        proof(about(product(1, *THREE), [binary(1), binary(2)]), [0, 1, LIST, 1]),
        proof(about(form((0, 0, "-1/4"))), [0, 0, [[0, 1]], 1]),
    ],
    "a split has a block that is a matrix": [proof(about(product(1, *THREE), **MATRIX), [4, 0, 1, LIST, 1], level=1)],
    "entry of a split must be an integer": [
        proof(about(form((1, 1, "1/4"), (0, 1, "-1/2"))), [0, 0, [[1, "1/2"]], 1]),
        proof(TRIPLE, [0, 1, [[1, True], *LIST[1:]], 1]), proof(TRIPLE, [0, 1, [[1, 2**62 + 1], *LIST[1:]], 1]),
        proof(TRIPLE, [0, 1, [[1, -(2**62) - 1], *LIST[1:]], 1]),
    ],
    "integer of a split must be an integer": [
        proof(TRIPLE, [0, "1/2", LIST, 1]), proof(TRIPLE, [0, 2**62 + 1, LIST, 1]),
        proof(TRIPLE, [0, -(2**62) - 1, LIST, 1]),
    ],
    "entry of a split must have 2 items": [proof(TRIPLE, [0, 1, [[1]], 1]), proof(TRIPLE, [0, 1, [[1, 1, 1]], 1])],
    "split must have 4 items": [proof(TRIPLE, [0, 0, 1, LIST, 1]), proof(TRIPLE, [1, LIST, 1])],
    "split must have 5 items": [proof(TRIPLE, [0, 1, LIST, 1], level=1)],
    "variable must be an integer": [
        proof(TRIPLE, [-4, 1, LIST, 1]), proof(TRIPLE, [4, 1, LIST, 1]), proof(TRIPLE, [0, 1, [[4, 1]], 1]),
        proof(TRIPLE, [0, 1, [[-3, 1], *LIST[1:]], 1]),
    ],
    "block must be an integer": [
        proof(TRIPLE, [4, 0, 1, LIST, 1], level=1), proof(TRIPLE, [-4, 0, 1, LIST, 1], level=1),
    ],
    "weight of a split": [proof(TRIPLE, [0, 1, LIST, 0.5]), proof(TRIPLE, [0, 1, LIST, None])],
    "the identity does not hold": [
        proof(TRIPLE, [0, 1, LIST, 1], value="1/100"), proof(TRIPLE, [0, 0, LIST, 1]), proof(TRIPLE, [0, 2, LIST, 1]),
        proof(TRIPLE, [0, 1, LIST, 8], bits=2), proof(TRIPLE, [0, 1, LIST, 1], [0, 1, LIST, 1]),
        proof(about(product(1, *THREE)), [0, 1, LIST[:2], 1]), proof(TRIPLE, [1, 0, 1, LIST, 1], level=1),
    ],
    "bits must be an integer": [proof(TRIPLE, [0, 1, LIST, 1], bits=-1)],
}  # fmt: skip
