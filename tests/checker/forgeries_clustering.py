"""Forgeries about k-means: bounds above the optimum, identities of other programs, trees that leave partitions out."""

from copos.checker import check

# points 0, 1, 3 on a line into two clusters: {0, 1}, {3} costs 1/2, the others 2 and 9/2
POINTS = {"type": "k-means", "X": {"rows": [[0], [1], [3]]}, "clusters": 2}
ORDERED = {**POINTS, "cannot_link": [[0, 1]]}
SEVEN = {**POINTS, "X": {"rows": [[k] for k in range(7)]}}


def clustering(kind, proof, problem=POINTS, **changes):
    """A certificate about points."""
    problem = {**problem, **changes}
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem}
    return {**out, "sha256": check.digest(problem), "proof": proof}


def case(y, terms=(), generators=(), **more):
    """A leaf."""
    return {"y": y, "terms": list(terms), "multipliers": [], "generators": list(generators), **more}


def lower(value, *cases, problem=POINTS, **changes):
    return clustering("lower bound", {"value": value, "cases": list(cases)}, problem, **changes)


def upper(value, labels, problem=POINTS, **changes):
    return clustering("upper bound", {"value": value, "labels": labels}, problem, **changes)


def use(k, bits=0):
    """The generator k, times 1/4^bits."""
    return {"generators": [k], "rows": [[]], "gram": {"factor": [[1]], "bits": bits}}


# C − Σ y A = 8 x_0x_2 + 3 x_1x_2, and (x_0 − x_1)²/4 + … for another y
HALF = case(["1/2", "1/2", "1/2", "-1/2"])
PAIRS = [[[0, 0, 1], [0, 1, -1]], [[1, 1, 1], [0, 1, -1]]]
BY_PAIRS = case(["3/4", "3/4", 1, -1], [use(0, 1), use(1, 1)], PAIRS)
# no triangle inequality: it is −1 at (1, 1, 1)
WRONG = [[0, 0, 1], [1, 2, 1], [0, 1, -2], [0, 2, -1]]
TRIANGLE = [[0, 0, 1], [1, 2, 1], [0, 1, -1], [0, 2, -1]]
# the form of y = (1, 1, 1, 0), which would be a bound of 3
WHOLE = [[0, 0, -1], [1, 1, -1], [2, 2, -1], [0, 1, -1], [0, 2, 7], [1, 2, 2]]
NOTHING = case([0, 0, 0, 0])
GROUPS = case([0, 0, 0])  # for two groups: what they cost by themselves
# three points that are apart: Y is diagonal, with the trace 3
APART = case([1, 1, 1, -1], infeasible=True) | {"multipliers": [[0, -2], [1, -2], [2, -2]]}
FAR = {"cannot_link": [[0, 1], [0, 2], [1, 2]]}

HALVES = {"rows": [[0], ["1/2"], ["3/2"]]}

HONEST = [
    upper("14/3", [0, 0, 0], clusters=1), lower(0, case([0] * 8, [], [[[k, k, 1] for k in range(6)]]), problem=SEVEN),
    lower(0, {}), lower("1/2", {}, must_link=[[0, 1]]), lower("1/2", {"pair": [0, 1]}, {}, HALF),
    lower("1/2", HALF), lower("1/2", BY_PAIRS), lower(0, NOTHING), lower(-1, case([0] * 4, [], [TRIANGLE])),
    lower("1/2", {"pair": [0, 1]}, GROUPS, HALF), lower("1/2", {"pair": [1, 0]}, GROUPS, HALF),
    lower("1/2", {"pair": [0, 1]}, {"impossible": "links"}, HALF, problem=ORDERED),
    lower("1/2", {"pair": [1, 2]}, {"impossible": "few groups"}, GROUPS, must_link=[[0, 1]]),
    lower(1000, APART, **FAR), lower(1000, {"impossible": "apart", "points": [2, 0, 1]}, **FAR),
    lower("1/2", GROUPS, must_link=[[0, 1]]),
    lower(2, {"pair": [0, 2]}, {"impossible": "few groups"}, GROUPS, must_link=[[1, 2]]),
    lower("1/8", case(["1/8", "1/8", "1/8", "-1/8"]), X=HALVES),
    upper("1/2", [0, 0, 1]), upper("1/2", [1, 1, 0]), upper(1, [0, 0, 1]), upper(2, [0, 1, 1], ORDERED),
    upper("9/2", [0, 1, 0], must_link=[[0, 2]]),
]  # fmt: skip
ROWS = {
    "at most 3000 points can be checked": [upper(0, [0] * 3001, clusters=1, X={"rows": [[0]] * 3001})],
    "a point with itself": [lower(0, NOTHING, must_link=[[1, 1]]), lower(0, {"pair": [2, 2]}, NOTHING, NOTHING)],
    "a case of the proof gives": [
        lower("501/1000", HALF), lower("501/1000", BY_PAIRS), lower("3/2", {"pair": [1, 2]}, GROUPS, HALF),
        lower("1/1000", NOTHING), lower("1/1000", {}), lower("501/1000", {}, must_link=[[0, 1]]),
        lower(2, GROUPS, must_link=[[0, 1]]),
    ],
    "there are more cases than the pairs make": [
        lower("1/2", HALF, HALF), lower(0, {"pair": [0, 1]}, GROUPS, HALF, HALF),
    ],
    "a case is missing": [
        lower(2, {"pair": [1, 2]}, GROUPS), lower(2),
        lower(2, {"pair": [1, 2]}, {"pair": [0, 1]}, {"impossible": "few groups"}),
    ],
    "a case that is called impossible is not seen to be so": [
        lower(9, {"impossible": "links"}), lower(9, {"impossible": "few groups"}), lower(9, {"impossible": "trust"}),
        lower(9, {"impossible": []}), lower(9, {"impossible": "links"}, must_link=[[0, 1]]),
        lower(9, {"impossible": "few groups"}, must_link=[[0, 1]]), lower(9, {"impossible": "links"}, problem=ORDERED),
        lower(9, {"impossible": "few groups"}, problem=ORDERED), lower(9, {"impossible": "apart"}, **FAR),
        lower(9, {"impossible": "apart", "points": [0, 1]}, problem=ORDERED),
        lower(9, {"impossible": "apart", "points": [0, 1, 2]}, problem=ORDERED),
        lower(9, {"impossible": "apart", "points": [0, 1, 0]}, problem=ORDERED),
    ],
    "two points of a case are together and apart": [
        lower(9, GROUPS, problem=ORDERED, must_link=[[0, 1]]), lower(9, {}, problem=ORDERED, must_link=[[0, 1]]),
        lower(9, {"pair": [0, 1]}, GROUPS, HALF, problem=ORDERED),
    ],
    "a generator is negative at a vector of zeros and ones": [
        lower(3, case([1, 1, 1, 0], [use(0)], [WHOLE])), lower("1/2", case(HALF["y"], [], [WRONG])),
        lower("1/2", case(HALF["y"], [], [[[0, 0, -1]]])), lower("1/2", case(HALF["y"], [], [[[0, 1, -1]]])),
        lower("1/2", case(HALF["y"], [], [PAIRS[0], [[0, 0, 1], [1, 1, -1]]])),
    ],
    "a generator has at most 6 variables": [
        lower(0, case([0] * 8, [], [[[k, k, 1] for k in range(7)]]), problem=SEVEN),
    ],
    "infeasible must be true or false": [
        lower(0, NOTHING | {"infeasible": 1}), lower(9, NOTHING | {"infeasible": "no"}),
    ],
    "b'y is not positive": [
        lower(9, NOTHING | {"infeasible": True}), lower(9, case([0, 0, 0, -1], infeasible=True)),
        lower(9, case([1, 1, 1, "-3/2"], infeasible=True) | {"multipliers": APART["multipliers"]}, **FAR),
    ],
    "the identity does not hold": [
        lower(3, case([1, 1, 1, 0])), lower(9, case([9, 0, 0, 0])), lower(9, case([1, 1, 1, -1], infeasible=True)),
        lower(1, case(["1/2", "1/2", "1/2", "-1/4"])), lower("1/2", case(HALF["y"], [use(0)], PAIRS)),
        lower(2, case([0, 2, 0]), must_link=[[0, 1]]),
    ],
    "a cluster is empty": [upper(5, [0, 0, 0]), upper(5, [1, 1, 1])],
    "the labels do not keep the pairs together and apart": [
        upper("1/2", [0, 0, 1], ORDERED), upper("1/2", [0, 0, 1], must_link=[[1, 2]]),
    ],
    "must_link must be": [lower(0, NOTHING, must_link=[[0, 3]]), lower(0, NOTHING, must_link=[[-1, 0]])],
    "point must be": [
        lower(9, {"impossible": "apart", "points": [0, 1, 3]}, **FAR),
        lower(9, {"impossible": "apart", "points": [0, 1, -1]}, **FAR),
    ],
    "label must be": [upper(5, [0, 1, 2]), upper(5, [0, 1, -1]), upper(5, [0, 1, 3])],
    "case must be": [lower(0, 5), lower(0, [])],
    "the partition costs": [
        upper("1/9", [0, 0, 1], X=HALVES), upper("499/1000", [0, 0, 1]),
        upper("1/2", [0, 1, 1]), upper("1/2", [0, 1, 0]),
    ],
}  # fmt: skip
