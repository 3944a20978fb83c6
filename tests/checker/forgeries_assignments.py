"""Forgeries about trees of assignments: cells that leave places out, leaves that say more than costs do."""

from tests.checker.forgeries_boxes import doc

# flows on a path of three places: 18, with the largest flow between neighbours
PATH = {"type": "quadratic assignment", "A": {"rows": [[0, 5, 1], [5, 0, 2], [1, 2, 0]]},
        "B": {"rows": [[0, 1, 2], [1, 0, 1], [2, 1, 0]]}}  # fmt: skip
# with costs of places, and flows in one direction: 1·1 + 3 + 2 = 6 at the places in their order
ONEWAY = {"type": "quadratic assignment", "A": {"rows": [[1, 1], [0, 2]]}, "B": {"rows": [[2, 1], [7, 1]]},
          "C": {"rows": [[1, 9], [9, 0]]}}  # fmt: skip
TURN = [2, 1, 0]
# 10 and 22 are multiples of 5 and 11, thus of 1; 4 − 1, 4 − 7 of 3, and 4 of 4; 3 + 1 + 2 and 3 + 1 + 8 of 6
SIGNED, MIXED = ({"type": "quadratic assignment", "A": {"rows": [[p, 0], [0, p]]}, "B": {"rows": [[q, 0], [0, q]]},
                  "C": {"rows": [[c, d], [d, c]]}} for p, q, c, d in ((2, 2, 1, 7), (3, 1, 2, 8)))  # fmt: skip


def linear(u, v, alpha=None, beta=None, bits=0):
    m = len(u)
    zero = [[[0] * m] * m] * m
    given = {"alpha": alpha or zero, "beta": beta or zero, "u": u, "v": v, "bits": bits}
    return {"linear": given}


def lower(value, *tree, problem=PATH):
    return doc("lower bound", problem, value=value, tree=list(tree))


def attained(value, *p, problem=PATH):
    return doc("upper bound", problem, value=value, permutation=list(p))


def cost(problem, p):
    """Of facility i at p_i."""
    A, B = problem["A"]["rows"], problem["B"]["rows"]
    C = problem.get("C", {"rows": [[0] * len(A)] * len(A)})["rows"]
    n = range(len(A))
    return sum(A[i][j] * B[p[i]][p[j]] for i in n for j in n) + sum(C[i][p[i]] for i in n)


def last(problem, *at):
    """A leaf with one facility left: its costs there."""
    A, B = problem["A"]["rows"], problem["B"]["rows"]
    n = len(A)
    (i,) = set(range(n)) - {j for j, _ in at}
    (k,) = set(range(n)) - {l for _, l in at}
    own = A[i][i] * B[k][k] + (problem["C"]["rows"][i][k] if "C" in problem else 0)
    return linear([own + sum(A[i][j] * B[k][l] + A[j][i] * B[l][k] for j, l in at)], [0])


# facility 1 at the places 0, 1, 2, then facility 0 at both that are left
FULL = [{"facility": 1}, *(item for k in range(3) for item in (
    {"facility": 0}, *(last(PATH, (1, k), (0, l)) for l in range(3) if l != k)))]  # fmt: skip
END = [{"facility": 2}, *(item for k in range(3) for item in (
    {"facility": 0}, *(last(PATH, (2, k), (0, l)) for l in range(3) if l != k)))]  # fmt: skip
HALF = [{"facility": 1, "automorphisms": [TURN]}, *FULL[1:7]]
# facility 1 in the middle, where the turn keeps it
QUARTER = [*HALF[:4], {"facility": 0, "automorphisms": [TURN]}, HALF[5]]
# w = 2 A_ij B_kl ≥ α + β + α + β: rows of A against the nearest places; costs of 0 at places
ALPHA = [[[5 * (j == 1) * (i == 0) + 5 * (i == 1) * (j == 0) + (j + i == 2) * (i != 1) + 2 * (i + j == 3)
           for j in range(3)] for _ in range(3)] for i in range(3)]  # fmt: skip
DOUBLE = [[[2 * v for v in row] for row in rows] for rows in ALPHA]
# the pair (0 at 0, 1 at 1) costs 1, (0 at 1, 1 at 0) costs 7, by each of the four duals that may say so
ONE, SEVEN = [[0, 1], [0, 7]], [[7, 0], [1, 0]]
NONE = [[0, 0], [0, 0]]
WAYS = [
    linear([4, 2], [0, 0], alpha=[ONE, NONE]), linear([4, 2], [0, 0], beta=[[[0, 1], [7, 0]], NONE]),
    linear([3, 3], [0, 0], alpha=[NONE, SEVEN]), linear([3, 3], [0, 0], beta=[NONE, [[0, 7], [1, 0]]]),
    # what is no dual of a pair is not looked at
    linear([4, 0], [0, 2], alpha=[[[90, 1], [-90, 7]], [[0, 90], [0, 90]]], beta=[[[90, 0], [0, 90]]] * 2),
]  # fmt: skip


def more(k, unit=1):
    """One of the ways with a dual for the pairs that is larger by one."""
    given = {key: value for key, value in WAYS[k]["linear"].items()}
    key = "alpha" if any(any(row) for rows in given["alpha"] for row in rows) else "beta"
    given[key] = [[[v + unit * (v in (1, 7)) for v in row] for row in rows] for rows in given[key]]
    given["u"] = [v + unit * (i == k // 2) for i, v in enumerate(given["u"])]
    return {"linear": given}


def with_factor(u, v, factor, alpha=None, bits=0):
    return {**linear(u, v, alpha, bits=bits), "factor": factor}


# of ONEWAY with G_00 = 10: s − G_aa − 2G_0a = 9, 7, 10, 10 at the places, w − 2G_ab = −3 and 5, thus 6 again
FACTOR = [[-3, 1], [1, -1], [0, 1], [0, 1], [2, 0]]


def taken_off(u, v=(0, 0), pairs=(-3, 5), bits=0):
    """With duals of both pairs; over 2^bits."""
    F = [row * 2**bits for row in FACTOR]
    return with_factor(list(u), list(v), F, [[[0, pairs[0]], [0, pairs[1]]], NONE], bits)


# 2, and 1, 9, 1 and 3 more at the places
SLOPE = taken_off([5, 9], [0, -2])
# all of the path in one leaf, with two columns of F
TIGHT = {**linear([8, 10, 5], [0, -2, -2], [
    [[0, 6, 3], [0, 5, 1], [0, 8, 4]], [[7, 0, 5], [6, 0, 3], [10, 0, 8]], [[4, 4, 0], [1, 3, 0], [3, 5, 0]]], [
    [[0, -2, 0], [0, 0, 0], [0, -2, 0]], [[0, -2, 0], [-2, 0, 0], [0, -5, 0]], [[0, -3, 0], [0, 0, 0], [0, -2, 0]]]),
    "factor": [[1, 0], [-1, 0], [0, 0], [1, -1], [-1, -1], [-1, 0], [1, -1], [-1, 1], [0, 1], [1, 0]]}  # fmt: skip
# the middle is taken: 10 at both ends for facility 0, 4 for facility 2, and 4 for the pair
MIDDLE = linear([14, 4], [0, 0], [[[0, 4], [0, 4]], NONE])
# facility 0 is in the middle: 10 for facility 1, 2 for facility 2, and 8 for the pair
CENTRE = linear([18, 2], [0, 0], [[[0, 8], [0, 8]], NONE])
ALIKE = {"facilities": [0, 1, 2], "locations": TURN}
# flows and distances change places
SWAPPED = {**PATH, "A": PATH["B"], "B": PATH["A"]}
BESIDE = [{"location": 1}, *(item for i in range(3) for item in (
    {"location": 0}, *(last(SWAPPED, (i, 1), (j, 0)) for j in range(3) if j != i)))]  # fmt: skip
LIKE = {"facilities": TURN, "locations": [0, 1, 2]}


def lift(value, **more):
    """Of one facility at one place: u_1 = u_0, and its costs are all of it."""
    proof = {"value": value, "y": [value], "level": 0, "terms": [], "multipliers": []}
    return {"question": {"free": [0], **more}, "proof": proof}


HONEST = [
    lower(18, *FULL), lower(18, *END), lower(18, *HALF),
    lower(18, *QUARTER), lower(16, linear([6, 7, 3], [0] * 3, ALPHA)),
    lower(16, linear([12, 14, 6], [0] * 3, DOUBLE, bits=1)), lower(16, linear([6, 7, 2], [0] * 3, ALPHA)),
    lower(10, linear([2, 2, 1], [0] * 3, [[[v // 2 for v in row] for row in rows] for rows in ALPHA], bits=-1)),
    lower(0, linear([0] * 3, [0] * 3)), lower(-4, linear([-1] * 3, [0] * 3)),
    lower(6, {"facility": 0}, last(ONEWAY, (0, 0)), last(ONEWAY, (0, 1)), problem=ONEWAY),
    lower(6, {"facility": 0}, lift(3), lift(13), problem=ONEWAY),
    # the last facility has its place before the lift, and the lift's objective is 0
    lower(6, {"facility": 0}, {"question": {"steps": [[0, 0]]}, "proof": lift(0)["proof"]}, lift(13), problem=ONEWAY),
    *[lower(6, way, problem=ONEWAY) for way in WAYS],
    lower(18, *HALF, problem={**PATH, "automorphisms": [TURN], "first": 1}),
    lower(6, taken_off([6, 10]), problem=ONEWAY), lower(6, taken_off([12, 20], pairs=(-6, 10), bits=1), problem=ONEWAY),
    lower(6, {"facility": 0, "closed": [1], "leaf": SLOPE}, last(ONEWAY, (0, 0)), problem=ONEWAY),
    lower(6, {"location": 1, "closed": [0], "leaf": SLOPE}, last(ONEWAY, (1, 1)), problem=ONEWAY),
    lower(5, {"location": 1, "closed": [1], "leaf": SLOPE}, last(ONEWAY, (0, 1)), problem=ONEWAY),
    lower(18, TIGHT),
    lower(18, {"facility": 0}, {"facility": 1}, last(PATH, (0, 0), (1, 1)), last(PATH, (0, 0), (1, 2)),
          {"facility": 1, "closed": [0, 2], "leaf": CENTRE}, {"facility": 1}, last(PATH, (0, 2), (1, 0)),
          last(PATH, (0, 2), (1, 1))),
    lower(6, {"facility": 0, "closed": [0, 1], "leaf": taken_off([6, 10])}, problem=ONEWAY),
    lower(18, *HALF[:4], {"facility": 2, "closed": [0, 2], "leaf": MIDDLE}),
    lower(18, *HALF[:4], {"location": 2, "closed": [2, 0], "leaf": MIDDLE}),
    lower(18, *HALF[:4], {"facility": 0, "automorphisms": [TURN], "closed": [0], "leaf": MIDDLE}),
    lower(18, *FULL[:7], ALIKE), lower(18, FULL[0], ALIKE, *FULL[4:]),
    lower(18, *BESIDE, problem=SWAPPED), lower(18, *BESIDE[:7], LIKE, problem=SWAPPED),
    lower(18, {"location": 1, "automorphisms": [TURN]}, *BESIDE[1:7], problem=SWAPPED),
    attained(18, 0, 1, 2), attained(19, 2, 1, 0), attained(20, 1, 0, 2), attained(6, 0, 1, problem=ONEWAY),
    attained(30, 1, 0, problem=ONEWAY),
]  # fmt: skip
LARGE = [[0] * 61] * 61
ROWS = {
    "an assignment has at most 60": [lower(0, {"facility": 0}, problem={
        "type": "quadratic assignment", "A": {"rows": LARGE}, "B": {"rows": LARGE}})],
    "two facilities are at the same location": [attained(99, 0, 1, 1)],
    "the assignment costs": [attained(17, 0, 1, 2), attained(19, 1, 0, 2), attained(5, 0, 1, problem=ONEWAY),
                             attained(29, 1, 0, problem=ONEWAY)],
    "permutation must have": [attained(99, 0, 1)], "location must be": [attained(99, 0, 1, 3)],
    "a facility is placed twice": [lower(18, {"facility": 1}, *[{"facility": 1}] * 3)],
    "facility must be an integer": [lower(18, {"facility": 3})],
    "a location is placed twice": [lower(18, {"location": 1}, *[{"location": 1}] * 3, problem=SWAPPED)],
    "location must be an integer": [lower(18, {"location": 3})],
    "automorphisms say nothing of the costs C": [
        lower(6, {"facility": 0, "automorphisms": [[0, 1]]}, lift(3), lift(13), problem=ONEWAY),
        lower(6, {"facility": 0}, last(ONEWAY, (0, 0)), {"facilities": [0, 1], "locations": [0, 1]}, problem=ONEWAY)],
    "an automorphism moves what is placed": [
        lower(18, FULL[0], {"facility": 0, "automorphisms": [TURN]}, *FULL[2:]),
        lower(18, BESIDE[0], {"location": 0, "automorphisms": [TURN]}, *BESIDE[2:], problem=SWAPPED)],
    "a permutation is no automorphism": [
        lower(18, {"facility": 1, "automorphisms": [[1, 0, 2]]}, *FULL[1:7]),
        lower(18, {"location": 1, "automorphisms": [TURN]}, *BESIDE[1:7]),
        lower(18, {"facility": 1, "automorphisms": [TURN]}, *FULL[1:7], problem=SWAPPED),
        lower(18, *FULL[:7], LIKE), lower(18, *BESIDE[:7], ALIKE, problem=SWAPPED)],
    # each of two is the other one, a cell is itself, all is like itself, and what is a leaf already has no parts
    "an automorphism takes a cell to none that the tree treats": [
        lower(99, FULL[0], ALIKE, *FULL[4:7], ALIKE), lower(99, ALIKE), lower(99, *FULL[:4], ALIKE, *FULL[7:]),
        lower(99, FULL[0], {"facilities": [0, 1, 2], "locations": [0, 1, 2]}, *FULL[4:]),
        lower(99, *FULL[:8], {"facilities": [0, 1, 2], "locations": [0, 1, 2]}, FULL[9])],
    "a place that is closed is none that is left": [
        lower(18, *HALF[:4], {"facility": 2, "closed": [0, 1], "leaf": MIDDLE}, HALF[5]),
        lower(18, *HALF[:4], {"facility": 2, "closed": [0, 0], "leaf": MIDDLE}, HALF[5]),
        lower(18, *HALF[:4], {"facility": 0, "automorphisms": [TURN], "closed": [2], "leaf": MIDDLE}, HALF[5])],
    "place must be an integer": [
        lower(6, {"facility": 0, "closed": [k], "leaf": SLOPE}, last(ONEWAY, (0, 0)), problem=ONEWAY) for k in (2, -1)],
    "closed must be a list of at most 2": [
        lower(6, {"facility": 0, "closed": [0, 1, 1], "leaf": SLOPE}, problem=ONEWAY)],
    "factor must have 5": [
        lower(6, with_factor([3, 2], [0, 0], FACTOR[:4]), problem=ONEWAY)],
    "an automorphism is a permutation": [lower(18, {"facility": 1, "automorphisms": [[1, 1, 1]]}, *FULL[1:])],
    "the proof gives 18, not": [lower(19, *FULL), lower("37/2", *HALF)],
    "the proof gives 10, not 12": [lower(12, linear([5, 5], [0, 0]), problem=p) for p in (SIGNED, MIXED)],
    "the proof gives 16, not 17": [lower(17, linear([6, 7, 3], [0] * 3, ALPHA))],
    "the proof gives 6, not 7": [lower(7, {"facility": 0}, last(ONEWAY, (0, 0)), last(ONEWAY, (0, 1)), problem=ONEWAY),
                                 lower(7, {"facility": 0}, lift(3), lift(13), problem=ONEWAY),
                                 lower(7, taken_off([6, 10]), problem=ONEWAY),
                                 lower(7, {"facility": 0, "closed": [0], "leaf": taken_off([6, 10])},
                                       last(ONEWAY, (0, 1)), problem=ONEWAY)],
    "the proof gives 18, not 20": [lower(20, {"facility": 0, "closed": [0, 1, 2], "leaf": TIGHT})],
    "the proof gives 5, not 6": [lower(6, {"location": 1, "closed": [1], "leaf": SLOPE}, last(ONEWAY, (0, 1)),
                                       problem=ONEWAY)],
    "the proof gives 3, not 6": [lower(6, {"facility": 1, "closed": [0], "leaf": SLOPE}, last(ONEWAY, (1, 1)),
                                       problem=ONEWAY)],
    "a place costs less": [lower(18, linear([6, 7, 4], [0] * 3, ALPHA)), lower(18, linear([6, 7, 3], [0, 0, 1], ALPHA)),
                           lower(18, linear([12, 14, 7], [0] * 3, ALPHA, bits=1)),
                           *[lower(7, linear([u, v], [0, 0], alpha=[ONE, NONE]), problem=ONEWAY)
                             for u, v in ((5, 2), (4, 3))],
                           *[lower(7, taken_off(u, v), problem=ONEWAY)
                             for u, v in (([7, 10], [0, 0]), ([6, 11], [0, 0]), ([6, 10], [1, 0]), ([0, 10], [0, 7]))],
                           lower(7, {"facility": 0, "closed": [0, 1], "leaf": taken_off([7, 10])}, problem=ONEWAY),
                           # a facility with itself is no pair
                           lower(8, linear([6, 2], [0, 0], alpha=[[[90, 1], [90, 7]], NONE]), problem=ONEWAY),
                           lower(8, linear([6, 2], [0, 0], beta=[[[90, 1], [7, 90]], NONE]), problem=ONEWAY)],
    "a pair costs less": [lower(18, linear([12, 14, 6], [0] * 3, DOUBLE)),
                          *[lower(8, more(k), problem=ONEWAY) for k in range(4)],
                          lower(7, taken_off([7, 10], pairs=(-2, 5)), problem=ONEWAY),
                          lower(6, taken_off([6, 10], pairs=(-3, 6)), problem=ONEWAY)],
    "the tree ends before every cell": [lower(18, *FULL[:-1]), lower(18, *HALF[:-1]), lower(18, *HALF[:4])],
    "the tree has items left over": [lower(18, *FULL, FULL[-1]), lower(18, *HALF, HALF[-1])],
    "the identity does not hold": [lower(7, {"facility": 0}, lift(4), lift(13), problem=ONEWAY),
                                   lower(7, {"facility": 0}, lift(3), lift(21), problem=ONEWAY)],
    "question of a leaf needs": [lower(6, {"facility": 0}, lift(3, first=0), lift(13), problem=ONEWAY)],
    "leaf needs the keys": [lower(0, {}), lower(0, {**linear([0] * 3, [0] * 3), "proof": 0})],
    "leaf must be an object": [lower(0, 3)],
    "inner node needs the keys": [lower(18, {**FULL[0], "linear": 0}, *FULL[1:]),
                                  lower(18, {**FULL[0], "location": 0}, *FULL[1:]),
                                  lower(18, {**FULL[0], "leaf": MIDDLE}, *FULL[1:]),
                                  lower(18, {**FULL[0], "closed": []}, *FULL[1:])],
    "alpha must have 3 items": [lower(0, linear([0] * 3, [0] * 3, alpha=[[[0] * 3] * 3] * 2))],
    "beta must be an integer": [lower(0, linear([0] * 3, [0] * 3, beta=[[["1/2"] * 3] * 3] * 3))],
    "u must have 3 items": [lower(0, linear([0] * 2, [0] * 3, alpha=[[[0] * 3] * 3] * 3, beta=[[[0] * 3] * 3] * 3))],
    "bits must be an integer": [lower(0, linear([0] * 3, [0] * 3, bits=2_401))],
}  # fmt: skip
