"""Forgeries about matrices of algebraic numbers: fields that name no number, signs, and numbers that are only near."""

from fractions import Fraction

from copos.checker import check
from copos.checker.check_algebraic import TYPE

ROOT2 = {"polynomial": [-2, 0, 1], "interval": [1, 2]}
MINUS = {"polynomial": [-2, 0, 1], "interval": ["-3/2", -1]}  # −√2
REDUCIBLE = {"polynomial": [6, -2, -3, 1], "interval": [1, 2]}  # (x² − 2)(x − 3) at √2
THRICE = {"polynomial": [-8, 0, 12, 0, -6, 0, 1], "interval": [1, 2]}  # (x² − 2)³
COSINE = {"polynomial": [1, -4, -4, 8], "interval": ["9/10", 1]}  # cos π/7, not monic
WIDE = {"polynomial": [-2, 0, 1], "interval": [0, 10**40]}
QUARTIC = {"polynomial": [-3, 0, 0, 0, 1], "interval": [1, 2]}  # the fourth root of 3
ROOT, LESS = [0, 1], [0, -1]


def convergent(k):
    """The k-th convergent of √2: below it for even k, above it for odd k, and very near."""
    p, q = 1, 1
    for _ in range(k):
        p, q = p + 2 * q, p + q
    return Fraction(p, q)


def asked(rows, field=ROOT2):
    return {"type": TYPE, "field": field, "rows": rows}


def claim(kind, problem, proof):
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem, "proof": proof}
    return {**out, "sha256": check.digest(problem)}


def spn(factor, weights):
    return {"method": "spn", "factor": factor, "weights": weights}


def cover(*items):
    return {"method": "cover", "items": [list(item) for item in items]}


def number(value, field=ROOT2):
    """The claim that a number is not negative."""
    return claim("copositive", asked([[value]], field), spn([[0]], [0]))


def positive(value, field=ROOT2):
    """The claim that a number is positive: (1) would violate −value."""
    negative = [str(-Fraction(c)) for c in value] if isinstance(value, list) else str(-Fraction(value))
    return claim("not copositive", asked([[negative]], field), {"point": [1]})


def near(k, sign):
    """sign·(√2 − its k-th convergent)."""
    return [str(-sign * convergent(k)), sign]


C = convergent(100)
EDGE = asked([[1, LESS], [LESS, 2]])  # (x − √2 y)²
TREE = (["vector", []], ["vector", [1]], ["vector", [ROOT, 1]], ["vector", [1]])
FALLING = asked([[1, LESS], [LESS, 1]])  # 1 < √2
COUNTED = asked([[2, ROOT], [ROOT, 1]])
# 1 and 2 are apart, 1 + 9 ≤ 2·5: no support holds both, though the vector for (0, 1) leaves a negative entry at 2
APART = asked([[1, [0, "-1/4"], -3], [[0, "-1/4"], 1, 5], [-3, 5, 9]])
SHORT = [str(5 - convergent(151)), 1]  # of 5, by 1e-115
LESS_APART = asked([[1, [0, "-1/4"], -3], [[0, "-1/4"], 1, SHORT], [-3, SHORT, 9]])
APART_TREE = (["vector", []], ["vector", [1]], ["vector", [1, [0, "1/4"]]], ["vector", [3, 1]], ["vector", [1]],
              ["vector", [1]])  # fmt: skip
HONEST = [
    claim("copositive", EDGE, spn([[1], [LESS]], [1])), claim("copositive", EDGE, cover(*TREE)),
    claim("copositive", EDGE, spn([[ROOT], [-2]], ["1/2"])),
    # √2·(x − y)², with a weight of the field, and something left over
    claim("copositive", asked([[ROOT, LESS], [LESS, [1, 1]]]), spn([[1], [-1]], [ROOT])),
    claim("copositive", asked([[1, LESS], [LESS, 2]], REDUCIBLE), cover(*TREE)),
    claim("copositive", asked([[1, LESS], [LESS, 2]], THRICE), cover(*TREE)),
    claim("copositive", asked([[1, ROOT], [ROOT, 2]], MINUS), spn([[1], [ROOT]], [1])),
    claim("copositive", asked([[1, LESS], [LESS, 2]], WIDE), cover(*TREE)),
    claim("copositive", APART, cover(*APART_TREE)),
    claim("copositive", asked([[1, [0, "-1/2"]], [[0, "-1/2"], 1]]),
          cover(["vector", []], ["vector", [1]], ["vector", [1, 1]], ["vector", [1]])),
    claim("copositive", asked([[4, ROOT], [ROOT, 4]]), {"method": "below", "matrix": [[4, "7/5"], ["7/5", 4]],
          "copositive": {"method": "spn", "factor": [[0], [0]], "bits": 0}}),
    claim("copositive", asked([[1, [0, 5]], [[0, 5], 1]]), spn([[0], [0]], [1])),
    number([], {"polynomial": [-3, 2], "interval": [1, 2]}),
    positive(["1/3"], {"polynomial": [-3, 2], "interval": [1, 2]}),
    claim("not copositive", FALLING, {"point": [1, 1]}), claim("not copositive", FALLING, {"point": ["1/2", "1/2"]}),
    claim("strictly copositive", COUNTED, {"margin": "1/2", "copositive": {"method": "below",
          "matrix": [["3/2", 0], [0, "1/2"]], "copositive": {"method": "spn", "factor": [[0], [0]], "bits": 0}}}),
    claim("strictly copositive", asked([[ROOT]]), {"margin": "14/10", "copositive": spn([[0]], [0])}),
    claim("not strictly copositive", EDGE, {"point": [ROOT, 1]}),
    claim("not strictly copositive", FALLING, {"point": [1, 1]}),
    claim("completely positive", asked([[1, ROOT], [ROOT, 2]]), {"factor": [[1], [ROOT]], "weights": [1]}),
    claim("completely positive", asked([[2, ROOT], [ROOT, [0, 2]]]), {"factor": [[0], [0]], "weights": [0]}),
    claim("not completely positive", asked([[2, LESS], [LESS, 2]]), {"separator": [[0, 1], [1, 0]],
          "copositive": {"method": "spn", "factor": [[0], [0]], "bits": 0}}),
    # 1 − 2 cos(π/7) + 2 cos(2π/7) − 2 cos(3π/7) = 0 with cos 2t = 2c² − 1, cos 3t = 4c³ − 3c = …, as a polynomial in c
    number([0, 0, 0], COSINE), positive([-1, 0, 2], COSINE), positive([0, 1], COSINE),
    *(number(near(k, 1 if k % 2 == 0 else -1), field) for k in (3, 40, 200, 201) for field in (ROOT2, WIDE)),
    *(positive(near(k, 1 if k % 2 == 0 else -1), field) for k in (200, 201) for field in (REDUCIBLE, THRICE)),
    positive([0, 0, 0, 1], QUARTIC), positive([-5, 0, 1, 2], QUARTIC), positive([7, 0, 0, "-3"], QUARTIC),
    # (x² − 1)(2x² + 1) at 1
    *(number([c, 0, -c], {"polynomial": [-1, 0, -1, 0, 2], "interval": ["1/2", 2]}) for c in (1, -1)),
]  # fmt: skip

ROWS = {
    "needs a positive degree and a leading": [
        number(1, {"polynomial": [3], "interval": [0, 1]}), number(1, {"polynomial": [-2, 1, 0], "interval": [1, 3]}),
    ],
    "polynomial must be a list of at most 65": [number(1, {"polynomial": [-2, *[0] * 64, 1], "interval": [1, 2]})],
    "interval must have 2 items": [number(1, {"polynomial": [-2, 0, 1], "interval": [1, 2, 3]})],
    "field needs the keys": [number(1, {"polynomial": [-2, 0, 1]})],
    "polynomial must hold integers": [number(1, {"polynomial": [-2, 0, "1/2"], "interval": [1, 5]})],
    "does not change its sign on": [
        *(number(1, {"polynomial": [-2, 0, 1], "interval": ends}) for ends in ([2, 3], [1, 1], [-2, 2])),
        number(1, {"polynomial": [2, 0, 1], "interval": [-1, 1]}),
        number(1, {"polynomial": [4, -4, 1], "interval": [1, 3]}),
        # a root at an end may belong to another number
        number(1, {"polynomial": [0, -1, 0, 1], "interval": [0, "1/2"]}),
        number(1, {"polynomial": [0, -1, 0, 1], "interval": ["1/2", 1]}),
    ],
    "does not hold exactly one root": [
        number(1, {"polynomial": [-2, 0, 1], "interval": [2, 1]}),
        number(1, {"polynomial": [0, -1, 0, 1], "interval": [-2, 2]}),  # −1, 0 and 1
        number(1, {"polynomial": [-6, 11, -6, 1], "interval": [0, 4]}),  # 1, 2 and 3
        # 1 twice and 2: two different roots with one change of sign
        number(1, {"polynomial": [-2, 5, -4, 1], "interval": [0, 3]}),
    ],
    "must have at least one row": [claim("copositive", asked([]), spn([], []))],
    "matrix must have 2 items": [claim("not copositive", asked([[1, ROOT], [ROOT]]), {"point": [1, 1]})],
    "matrix must be a list of at most 2": [number([0, 0, 1])],
    "written alike on both sides": [
        claim("not copositive", asked([[1, LESS], [ROOT, 1]]), {"point": [1, 1]}),
        claim("not copositive", asked([[1, 0], [LESS, 1]]), {"point": [1, 1]}),
    ],
    "method of a copositivity proof over": [
        claim("copositive", EDGE, {"method": "level"}), claim("copositive", EDGE, []), claim("copositive", EDGE, {}),
    ],
    "below must have the order": [
        claim("copositive", EDGE, {"method": "below", "matrix": [[1]], "copositive": {"method": "spn"}}),
    ],
    "below has a larger entry": [
        claim("copositive", FALLING, {"method": "below", "matrix": rows, "copositive":
              {"method": "spn", "factor": [[1], [-1]], "bits": 0}})
        for rows in ([[1, -1], [-1, 1]], [[2, "-3/2"], ["-3/2", 1]])
    ],
    "the remainder is not diagonally dominant": [
        claim("copositive", asked([[0, LESS], [LESS, 0]]), {"method": "below", "matrix": [[0, -2], [-2, 0]],
              "copositive": {"method": "spn", "factor": [[0], [0]], "bits": 0}}),
        claim("copositive", FALLING, spn([[1], [LESS]], [1])), claim("copositive", FALLING, spn([[0], [0]], [1])),
        claim("copositive", asked([[1, ["-1/1000", -1]], [["-1/1000", -1], 2]]), spn([[1], [LESS]], [1])),
        # below 0 by 1e-115
        claim("copositive", asked([[1, near(151, 1)], [near(151, 1), 0]]), spn([[1], [0]], [1])),
        claim("completely positive", asked([[1, ROOT], [ROOT, 1]]), {"factor": [[0], [0]], "weights": [0]}),
        *(number(near(k, -1 if k % 2 == 0 else 1), field) for k in (0, 3, 40, 200, 201)
          for field in (ROOT2, REDUCIBLE, THRICE, WIDE)),
        number([0, -1], COSINE), number([1, 0, -2], COSINE), number([5, 0, -1, -2], QUARTIC), number(ROOT, MINUS),
        number("-1/3"),
        claim("strictly copositive", asked([[ROOT]]), {"margin": "15/10", "copositive": spn([[0]], [0])}),
    ],
    "a weight of the factor is negative": [
        claim("copositive", FALLING, spn([[1, 1], [1, -1]], ["1/2", LESS])),
        claim("copositive", asked([[LESS]]), spn([[1]], [LESS])),
        claim("completely positive", asked([[1, ROOT], [ROOT, 0]]), {"factor": [[1, 0], [ROOT, 1]],
              "weights": [1, -2]}),
    ],
    "factor must have 2 items": [claim("copositive", EDGE, spn([[1]], [1]))],
    "factor must have 1 items": [claim("copositive", EDGE, spn([[1, 1], [1, 1]], [1]))],
    "a cover over a number field has no parts": [
        claim("copositive", EDGE, cover(["part", {"factor": [[1], [1]], "bits": 0}])),
    ],
    "a covering vector needs a positive": [
        claim("copositive", asked([[LESS]]), cover(["vector", []], ["vector", [LESS]])),
        claim("copositive", EDGE, cover(*TREE[:2], ["vector", [[-2, 1], 0]], TREE[3])),
    ],
    "does not cover its own": [
        claim("copositive", asked([[LESS]]), cover(["vector", []], ["vector", [1]])),
        claim("copositive", FALLING, cover(*TREE[:2], ["vector", [1, 1]], TREE[3])),
        # a rational vector near the kernel: (Mu)_1 = 2 − √2·u is a little negative
        claim("copositive", EDGE, cover(*TREE[:2], ["vector", [str(convergent(151)), 1]], TREE[3])),
    ],
    "vector must have 3 items": [claim("copositive", LESS_APART, cover(*APART_TREE))],
    "the tree ends before": [claim("copositive", EDGE, cover(*TREE[:3])), claim("copositive", EDGE, cover(TREE[0]))],
    "the tree has items left over": [claim("copositive", EDGE, cover(*TREE, TREE[1]))],
    "a direction needs": [
        claim("copositive", asked([[1, LESS], [LESS, 3]]), cover(*TREE[:2], ["direction", [1, -1]], TREE[3])),
        claim("copositive", EDGE, cover(*TREE[:2], ["direction", [ROOT, LESS]], TREE[3])),
        claim("copositive", EDGE, cover(*TREE[:2], ["direction", [ROOT, 1]], TREE[3])),
        claim("copositive", EDGE, cover(*TREE[:2], ["direction", [0, 0]], TREE[3])),
    ],
    "x'Mx is not negative": [
        claim("not copositive", EDGE, {"point": [1, 1]}), claim("not copositive", EDGE, {"point": [0, 0]}),
        claim("not copositive", EDGE, {"point": [str(convergent(100)), 1]}),
        *(positive(near(k, -1 if k % 2 == 0 else 1), field) for k in (0, 3, 40, 200, 201) for field in (ROOT2, THRICE)),
        positive(0), positive([0, 0]), positive([0, -1], COSINE), positive(ROOT, MINUS),
        positive([-7, 0, 0, 3], QUARTIC),
    ],
    "point must be an integer or a string": [claim("not copositive", FALLING, {"point": [ROOT, ROOT]})],
    "the point has a negative entry": [
        claim("not copositive", asked([[1, ROOT], [ROOT, 1]]), {"point": [1, -1]}),
    ],
    "the margin must be positive": [
        claim("strictly copositive", EDGE, {"margin": 0, "copositive": spn([[1], [LESS]], [1])}),
        claim("strictly copositive", FALLING, {"margin": -1, "copositive": spn([[0], [0]], [1])}),
    ],
    "margin must be an integer or a string": [
        claim("strictly copositive", asked([[ROOT]]), {"margin": ROOT, "copositive": spn([[0]], [0])}),
    ],
    "must be nonnegative and not zero": [
        claim("not strictly copositive", asked([[1, ROOT], [ROOT, 2]]), {"point": [ROOT, -1]}),
        claim("not strictly copositive", EDGE, {"point": [0, [0, 0]]}),
    ],
    "x'Mx is positive": [
        claim("not strictly copositive", EDGE, {"point": [1, 1]}),
        claim("not strictly copositive", EDGE, {"point": [str(convergent(150)), 1]}),
        claim("not strictly copositive", asked([[1, LESS], [LESS, 2]], MINUS), {"point": [1, 1]}),
    ],
    "the factor and the remainder must be nonnegative": [
        claim("completely positive", EDGE, {"factor": [[1], [LESS]], "weights": [1]}),
        claim("completely positive", EDGE, {"factor": [[0], [0]], "weights": [0]}),
        claim("completely positive", asked([[1, near(150, -1)], [near(150, -1), 1]]),
              {"factor": [[0], [0]], "weights": [0]}),
    ],
    "<H, M> is not negative": [
        claim("not completely positive", asked([[2, ROOT], [ROOT, 2]]), {"separator": [[0, 1], [1, 0]],
              "copositive": {"method": "spn", "factor": [[0], [0]], "bits": 0}}),
        # <H, M> = 4 − 2√2·c for a c that is less than √2 by 1e-76
        claim("not completely positive", asked([[2, ROOT], [ROOT, 1]]),
              {"separator": [[1, str(-C)], [str(-C), 2]],
               "copositive": {"method": "spn", "factor": [[C.denominator], [-C.numerator]], "bits": 0,
                              "weights": [str(Fraction(1, C.denominator**2))]}}),
    ],
    "the separator must have the order": [
        claim("not completely positive", EDGE, {"separator": [[1]], "copositive": {"method": "spn"}}),
    ],
    "too much work for a certificate": [
        number(1, {"polynomial": [-(10**1400), *[0] * 63, 7], "interval": [0, 10**1400]}),
    ],
}  # fmt: skip
