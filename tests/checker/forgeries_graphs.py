"""Forgeries about graphs: numbers, trees of stable sets, matrices, cuts, partitions and assignments."""

from copos.checker import check
from copos.checker.check_data import Data
from copos.checker.check_partitions import QUESTIONS

PATH = [[3, 2], [1, 2], [2, 3]]  # 1 − 2 − 3: α = 2, ω = 2, χ = 2, χ̄ = 2
EDGE = [[2, 1], [1, 2]]
APART = [[2, 0]]
TRIANGLE = [[3, 3], [1, 2], [1, 3], [2, 3]]
SQUARE = [[4, 4], [1, 2], [1, 4], [2, 3], [3, 4]]
PENTAGON = [[5, 5], [1, 2], [1, 5], [2, 3], [3, 4], [4, 5]]
END = ["end", 0]


def number(what, kind, rows, value, weights=None, **proof):
    """A certificate about a number of a graph."""
    problem = {"type": "graph number", "number": what, "graph": {"rows": rows}}
    if weights is not None:
        problem["weights"] = {"rows": [weights]}
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": f"{kind} bound", "problem": problem}
    return {**out, "proof": {"value": value, **proof}, "sha256": check.digest(problem)}


def alpha(rows, value, *items, weights=None):
    """α ≤ value by a tree."""
    return number("stability number", "upper", rows, value, weights, tree=[list(item) for item in items])


def omega(rows, value, *items, **more):
    return number("clique number", "upper", rows, value, tree=[list(item) for item in items], **more)


def found(what, rows, value, *vertices, weights=None):
    return number(what, "lower", rows, value, weights, set=list(vertices))


def cover(what, rows, value, *classes, weights=None):
    return number(what, "upper", rows, value, weights, classes=[list(C) for C in classes])


def matrix(rows, value, factor, weights=None, what="schrijver", bits=0):
    return number(what, "upper", rows, value, weights, factor=factor, bits=bits)


def below(what, rows, value, factor, weights=None):
    return number(what, "lower", rows, value, weights, factor=factor, bits=0)


CUT = {"type": "max cut", "edges": {"rows": [[3, 2, 0], [1, 2, 1], [2, 3, "1/2"]]}}
PARTS = {"type": "graph partition", "edges": {"rows": [[4, 2, 0], [1, 2, 1], [3, 4, 2]]}, "sizes": [2, 2],
         "free": [0, 1, 2]}  # fmt: skip
THREE = {"type": "graph partition", "edges": {"rows": [[3, 1, 0], [1, 2, 1]]}, "sizes": [1, 1, 1]}
COSTS = {"type": "quadratic assignment", "A": {"rows": [[0, 1], [1, 0]]}, "B": {"rows": [[0, 3], [3, 0]]},
         "free": [0, 1]}  # fmt: skip


def made(question, **changes):
    """A function that makes the program of a question with some keys changed; None takes a key away."""
    asked = {key: value for key, value in {**question, **changes}.items() if value is not None}
    return lambda: QUESTIONS[asked["type"]](asked, Data(None))


HONEST = [
    alpha(PATH, 2, ("cliques", [[1, 0, 1], [1, 2]]), END),
    alpha(PATH, 2, ("dominated", [[1, 0]]), ("cliques", [[1, 0], [1, 2]]), END),
    alpha(PATH, 2, ("twins", [[2, 0]]), ("cliques", [[1, 0, 1], [1, 0]]), END),
    alpha(PATH, 3, ("folds", [1]), ("cliques", [[1, 0]]), END, weights=[2, 2, 1]),
    alpha(PATH, 2, ("loose", [1]), ("parts", [[1, 0], [1, 2]]), ("cliques", [[1, 0]]), END, ("cliques", [[1, 2]]), END),
    alpha(EDGE, 1, ("branch", [0, 1]), END, END, END),
    alpha(APART, 2, ("matrix", {"factor": [[1], [-1]], "bits": 0})),
    alpha(APART, "2/3", ("matrix", {"factor": [[1], [-1]], "bits": 0}), weights=["1/3", "1/3"]),
    alpha([[1, 0]], 0, ("matrix", {"factor": [], "bits": 0}), weights=[0]),
    alpha(PENTAGON, 2, ("branch", [0]), ("cliques", [[1, 2, 3]]), END, ("cliques", [[1, 1, 2], [1, 3, 4]]), END),
    omega(TRIANGLE, 3, ("cliques", [[1, 0], [1, 1], [1, 2]]), END), omega(PATH, 2, END, peeled=[0, 2, 1]),
    found("stability number", PATH, 2, 0, 2), found("clique number", PATH, 2, 0, 1),
    found("stability number", PATH, 5, 1, weights=[1, 5, 1]), found("stability number", PATH, 0),
    cover("clique cover number", PATH, 2, [1, 0, 1], [1, 2]), cover("chromatic number", PATH, 2, [1, 0, 2], [1, 1]),
    cover("clique cover number", PATH, "3/2", ["1/2", 0, 1], [1, 2], weights=["1/2", "1/2", 1]),
    matrix(APART, 2, [[1], [-1]]), matrix(APART, 2, [[1], [-1]], what="lovasz"),
    matrix(APART, 2, [[1], [-1]], what="szegedy"), matrix(EDGE, 1, [[0], [0]]),
    matrix(APART, 3, [[1, 1], [-1, -1]]), matrix(EDGE, 3, [[1, 1], [-1, -1]], what="lovasz"),
    below("clique cover number", APART, 2, [[1], [1]]), below("chromatic number", EDGE, 2, [[1], [1]]),
    below("clique cover number", PATH, 2, [[2], [0], [1]]),
    below("clique cover number", PATH, 2, [[2], [0], [1]], [1, 1, 1]),
    matrix([[1, 0]], 0, [], weights=[0]), cover("clique cover number", EDGE, 1, [0, 0], [1, 0, 1]),
    matrix(EDGE, 1, [[0], [0]], what="szegedy"), matrix(APART, 3, [[2, 2], [-2, -2]], bits=1),
    alpha(PATH, 2, ("cliques", [[0, 0], ["1/2", 0, 1], ["1/2", 0, 1], [1, 2]]), END),
    alpha(TRIANGLE, 1, ("loose", [0, 1, 2]), END),
    found("chromatic number", TRIANGLE, 3, 0, 1, 2), found("clique cover number", PATH, 2, 0, 2),
    found("clique cover number", PATH, 5, 1, weights=[1, 5, 1]), found("chromatic number", EDGE, "3/2", 0, 1,
                                                                      weights=["1/2", 1]),
    below("clique cover number", EDGE, 1, [[1], [1]]), below("clique cover number", [[1, 0]], 0, [], weights=[0]),
]  # fmt: skip
ACCEPTED = [
    made(CUT), made(PARTS), made(PARTS, sizes=[1, 3], free=[0, 1, 2, 3]), made(COSTS),
    made(COSTS, automorphisms=[[1, 0]], first=0, free=[0]), made(COSTS, automorphisms=[[1, 0]], first=1, free=[0]),
    made(COSTS, C={"rows": [[1, 0], [0, "1/2"]]}),
]  # fmt: skip
ROWS = {
    # check_graph_numbers.py
    "the number of a graph is one of": [
        number("girth", "lower", PATH, 1, set=[0]), number(3, "lower", PATH, 1, set=[]),
        number(["girth"], "lower", PATH, 1, set=[]),
    ],
    "weights of the vertices are one row": [
        found("stability number", PATH, 2, 0, 2, weights=[1, 1]),
        found("stability number", PATH, 1, 0, 2, weights=[1, -1, 1]),
        {**found("stability number", PATH, 1, 0), **(lambda p: {"problem": p, "sha256": check.digest(p)})(
            {"type": "graph number", "number": "stability number", "graph": {"rows": PATH},
             "weights": {"rows": [[1, 1, 1], [1, 1, 1]]}})},
    ],
    "the complement of a graph is made of at most": [omega([[3001, 0]], 1, END)],
    "the matrix is zero where the weights are not": [below("clique cover number", EDGE, 0, [[0], [0]])],
    "that is peeled off might be in a heavier clique": [
        omega(EDGE, 1, END, peeled=[0, 1]), omega(APART, 1, END, peeled=[0, 0]),
        omega(PATH, 2, ("cliques", [[1, 0], [1, 2]]), END, peeled=[1]),
    ],
    "the proof gives 3, not 2$": [
        matrix(APART, 2, [[1], [0]]), matrix(APART, 2, [[1], [0]], what="szegedy"),
        matrix(APART, 2, [[2, 2], [-2, -2]], bits=1),
    ],
    "the proof gives 0, not 1$": [below("clique cover number", [[1, 0]], 1, [], weights=[0])],
    "vertex must be an integer": [found("stability number", PATH, 1, 3), cover("clique cover number", EDGE, 1, [1, 2])],
    "the proof gives 2, not 1$": [matrix(APART, 1, [[1], [-1]]), matrix(EDGE, 1, [[1], [-1]])],
    # G_12 = −2 is more than what is needed: N ≥ 0 for ϑ' (t = 3), and not for ϑ; likewise on the edges for ϑ⁺
    "the proof gives 4, not 3$": [matrix(APART, 3, [[1, 1], [-1, -1]], what="lovasz"),
                                  matrix(EDGE, 3, [[1, 1], [-1, -1]], what="szegedy")],
    "a lower bound on ϑ is not among what is proved": [below("lovasz", EDGE, 1, [[1], [1]])],
    "the proof gives 1, not 2$": [below("clique cover number", EDGE, 2, [[1], [1]]),
                                  below("chromatic number", APART, 2, [[1], [1]])],
    "the proof gives 3/2, not 2$": [below("clique cover number", PATH, 2, [[1], [0], [1]], weights=["1/2", 1, 1])],
    r"proof needs the keys \['set', 'value'\]": [below("stability number", EDGE, 1, [[1], [1]])],
    "a set has different vertices": [found("stability number", PATH, 2, 0, 0)],
    "the set is no stable set": [found("stability number", PATH, 2, 0, 1),
                                 found("clique cover number", PATH, 2, 0, 1)],
    "the set is no clique": [found("clique number", PATH, 2, 0, 2), found("chromatic number", PATH, 2, 0, 2)],
    "the set weighs less than the value": [
        found("stability number", PATH, 3, 0, 2), found("clique number", PATH, 1),
        found("chromatic number", TRIANGLE, 3, 0, 1), found("clique cover number", APART, 2, 0),
        found("stability number", PATH, "5/2", 0, 2, weights=[1, 9, "4/3"]),
    ],
    "a class is a list of its multiplier": [cover("clique cover number", EDGE, 1, [1]),
                                            number("chromatic number", "upper", EDGE, 1, classes=[3])],
    "so are multipliers": [cover("clique cover number", PENTAGON, "5/2", *[["1/2", i, (i + 1) % 5] for i in range(5)])],
    "a class is no clique": [cover("clique cover number", APART, 1, [1, 0, 1]),
                             cover("clique cover number", PATH, 1, [1, 0, 1, 2]),
                             cover("clique cover number", EDGE, 0, [-1, 0], [1, 0, 1], [1, 0])],
    "a class is no stable set": [cover("chromatic number", EDGE, 1, [1, 0, 1])],
    "a vertex is not covered": [cover("clique cover number", EDGE, 1, [1, 0]),
                                cover("clique cover number", EDGE, 1, [1, 0, 1], weights=[1, 2])],
    "the classes are more than the value": [cover("clique cover number", EDGE, 1, [1, 0], [1, 1])],
    # check_graph_tree.py
    "names a vertex that is not there": [
        alpha(EDGE, 0, ("cliques", [[1, 2]]), END), alpha(EDGE, 1, ("cliques", [[1, 0], [1, 0]]), END),
        alpha(EDGE, 0, ("branch", [True]), END, END), alpha(EDGE, 0, ("cliques", [[1, 0]]), END, weights=[0, 1]),
    ],
    "a pair has two different vertices": [alpha([[1, 0]], 0, ("twins", [[0, 0]]), END)],
    "a clique is a list of its multiplier": [alpha(EDGE, 1, ("cliques", [[1]]), END), alpha(EDGE, 1, ("cliques", [1]))],
    "the vertices of a clique are not all adjacent": [
        alpha(APART, 1, ("cliques", [[1, 0, 1]]), END), alpha(PATH, 1, ("cliques", [[1, 0, 1, 2]]), END),
        alpha(EDGE, 1, ("cliques", [[1, 0, 0, 1]]), END),
    ],
    "the multiplier of a clique is negative": [
        alpha(APART, 1, ("cliques", [[-1, 0], [2, 0], [1, 1]]), END)],
    "dominated by a neighbour": [
        alpha(APART, 1, ("dominated", [[0, 1]]), ("cliques", [[1, 1]]), END),
        alpha(PATH, 1, ("dominated", [[0, 1]]), ("cliques", [[1, 1, 2]]), END),
    ],
    "dominated by one that weighs as much": [
        alpha(EDGE, 1, ("dominated", [[0, 1]]), ("cliques", [[1, 1]]), END, weights=[2, 1])],
    "twins have the same neighbours": [alpha(PATH, 1, ("twins", [[0, 1]]), ("cliques", [[1, 1, 2], [1, 1]]), END)],
    "a fold has two neighbours": [alpha(EDGE, 1, ("folds", [0]), END), alpha([[4, 3], [1, 2], [1, 3], [1, 4]], 2,
                                                                            ("folds", [0]))],
    "the neighbours of a fold are not adjacent": [alpha(TRIANGLE, 1, ("folds", [0]), END)],
    "the weight of a fold is between": [
        alpha(PATH, 1, ("folds", [1]), END, weights=[2, 1, 2]),
        alpha(PATH, 1, ("folds", [1]), END, weights=[1, 1, 2]), alpha(PATH, 2, ("folds", [1]), END, weights=[1, 3, 1]),
    ],
    "that is left out might weigh more": [
        alpha(APART, 1, ("loose", [0, 1]), END), alpha(PATH, 1, ("loose", [0, 1, 2]), END),
        alpha(EDGE, 0, ("loose", [0, 1]), END),
    ],
    "a part is a list of its value": [alpha(APART, 2, ("parts", [[2]])), alpha(APART, 2, ("parts", [2]))],
    "an edge leads out of a part": [
        alpha(EDGE, 1, ("parts", [[1, 0], [0, 1]]), ("cliques", [[1, 0]]), END, ("cliques", [[1, 1]]), END),
        alpha(APART, 1, ("parts", [[1, 0], [0, 0, 1]]), ("cliques", [[1, 0]]), END),
        alpha([[4, 3], [1, 2], [2, 3], [3, 4]], 2, ("parts", [[1, 0, 1], [1, 2, 3]]), ("cliques", [[1, 0, 1]]), END,
              ("cliques", [[1, 2, 3]]), END),
    ],
    "the parts are not the whole graph": [alpha(APART, 1, ("parts", [[1, 0]]), ("cliques", [[1, 0]]), END)],
    "the values of the parts are more than what is left": [
        alpha(APART, 1, ("parts", [[1, 0], [1, 1]]), ("cliques", [[1, 0]]), END, ("cliques", [[1, 1]]), END)],
    "a branch has different vertices": [
        alpha(EDGE, 1, ("branch", [0, 0]), END, END), alpha(EDGE, 1, ("branch", []), END)],
    "the matrix gives 2, more than is left, 1$": [alpha(APART, 1, ("matrix", {"factor": [[1], [-1]], "bits": 0}))],
    "the matrix gives 2/3, more than is left, 1/2$": [
        alpha(APART, "1/2", ("matrix", {"factor": [[1], [-1]], "bits": 0}), weights=["1/3", "1/3"])],
    "vertices are left over, or less than nothing": [
        alpha(EDGE, 1, END), alpha(EDGE, 0, ("branch", [0, 1]), END, END, END),
        alpha(APART, 1, ("cliques", [[1, 0], [1, 1]]), END),
        alpha(EDGE, 0, ("branch", [0]), END, ("cliques", [[0, 1]]), END),
        alpha([[1, 0]], -1, ("matrix", {"factor": [], "bits": 0}), weights=[0]),
    ],
    "the tree ends before": [alpha(EDGE, 1), alpha(EDGE, 1, ("branch", [0]), END)],
    "an item of a tree is one of": [alpha(EDGE, 1, ("trust", [])), alpha(EDGE, 1, (1, [])),
                                      alpha(EDGE, 1, ([], []))],
    "the tree has items left over": [alpha(EDGE, 1, ("cliques", [[1, 0, 1]]), END, END)],
    "a tree has at most": [lambda: _many()],
    # check_partitions.py
    "the sizes of two or more parts": [made(PARTS, sizes=[4]), made(PARTS, sizes=[1, 2])],
    "a partition has at most": [made(PARTS, edges={"rows": [[60, 0, 0]]}, sizes=[1] * 60)],
    "an assignment has at most": [made(COSTS, A={"rows": [[0] * 61] * 61}, B={"rows": [[0] * 61] * 61})],
    "automorphisms and the first facility go together": [made(COSTS, first=0), made(COSTS, automorphisms=[[1, 0]])],
    "automorphisms of B say nothing of the costs": [
        made(COSTS, first=0, automorphisms=[[1, 0]], C={"rows": [[1, 0], [0, 1]]})],
    "an automorphism is a permutation": [made(COSTS, first=0, automorphisms=[[0, 0]])],
    "facility must be an integer": [made(COSTS, first=2, automorphisms=[[1, 0]])],
    "a permutation is no automorphism": [
        made(COSTS, first=0, automorphisms=[[1, 0]], B={"rows": [[0, 3], [2, 0]]})],
    "weighted edges are the row": [made(CUT, edges={"rows": [[3, 1], [1, 2]]}),
                                   made(CUT, edges={"rows": [[3, 1, 1], [1, 2, 1]]})],
}  # fmt: skip


def _many():
    """A tree of more states than are read."""
    from copos.checker import check_graph_tree as trees

    before, trees.NODES = trees.NODES, 2
    try:
        said = check.check(alpha(EDGE, 1, ("branch", [0, 1]), END, END, END))
    finally:
        trees.NODES = before
    raise (check.Unreadable if not said.readable else check.Rejected)(said.reason)
