"""Forgeries about graphs and quadratic programs: questions that are none, and answers to other questions."""

from copos.checker.check_data import Data
from copos.checker.check_graphs import QUESTIONS as GRAPHS
from copos.checker.check_quadratic import QUESTIONS as QUADRATIC

EDGE = {"type": "stability number", "graph": {"rows": [[2, 1], [1, 2]]}, "edges": "weighed"}
SIMPLEX = {"type": "standard quadratic", "Q": {"rows": [[1, 2], [2, 1]]}}
BINARY = {"type": "binary quadratic", "Q": {"rows": [[1, 2], [2, 1]]}, "c": {"rows": [[0, 1]]}, "A": {"rows": [[5, 3]]},
          "b": {"rows": [[8]]}, "binary": [0, 1], "upper": [1, 1], "complementary": [], "equations": "slice",
          "free": [0, 1]}  # fmt: skip
RANK = {"type": "rank constrained", "C": {"rows": [[1, 0], [0, 2]]}, "A1": {"rows": [[1, 0], [0, 1]]},
        "b": {"rows": [[1]]}, "rank": 1, "strengthen": [], "free": [0, 1, 2, 4, 5]}  # fmt: skip


def made(question, **changes):
    """A function that makes the program of a question with some keys changed; None takes a key away."""
    asked = {key: value for key, value in {**question, **changes}.items() if value is not None}
    return lambda: {**GRAPHS, **QUADRATIC}[asked["type"]](asked, Data(None))


def said(question, kind, value=0):
    return lambda: made(question)().say(kind, value)


def graph(*rows):
    return made(EDGE, graph={"rows": [list(row) for row in rows]})


HONEST = [made(q) for q in (EDGE, SIMPLEX, BINARY, RANK, {**EDGE, "edges": "vanishing", "multiplier": [1, "1/2"]},
                            {**EDGE, "type": "clique number", "graph": {"rows": [[1, 0]]}})]  # fmt: skip
ROWS = {
    # check_graphs.py, and the same rule in check_quadratic.py
    "a multiplier has positive weights": [
        made(EDGE, multiplier=[1, 0]), made(EDGE, multiplier=["-1/2", 1]), made(SIMPLEX, multiplier=[0, 1]),
    ],
    "edges must be 'weighed' or 'vanishing'": [made(EDGE, edges="none"), made(EDGE, edges=0)],
    "says nothing about": [
        said(EDGE, "infeasible"), said(EDGE, "copositive"), said(EDGE, "lower bound", None),
        said(SIMPLEX, "copositive"), said(BINARY, "upper bound", None),
    ],
    "a graph is the row": [graph([2, 2], [1, 2]), graph([2, 0], [1, 2]), graph([2, 1, 0], [1, 2, 0]), graph([1])],
    "weights of a graph's vertices are one row": [
        made(EDGE, weights={"rows": [[1, 2, 3]]}), made(EDGE, weights={"rows": [[1, 0]]}),
        made(EDGE, weights={"rows": [[1, 2], [1, 2]]}),
    ],
    "the number of vertices must be": [graph([0, 0]), graph([3001, 0]), graph(["1/2", 0])],
    "are in order, each one once": [
        graph([2, 1], [2, 1]), graph([2, 1], [1, 1]), graph([2, 2], [1, 2], [1, 2]), graph([3, 2], [1, 3], [1, 2]),
    ],
    "vertex must be an integer": [graph([2, 1], [1, 3]), graph([2, 1], [0, 1]), graph([2, 1], ["1/2", 1])],
    # check_quadratic.py
    "binary must be an integer from 0 to 1": [made(BINARY, binary=[0, 2]), made(BINARY, binary=[-1])],
    "pair must be an integer from 0 to 1": [made(BINARY, complementary=[[0, 2]])],
    "the binaries are listed in order": [made(BINARY, binary=[1, 0]), made(BINARY, binary=[0, 0])],
    "the upper bound of a binary is 1": [made(BINARY, upper=[1, 2]), made(BINARY, upper=[None, 1])],
    "equations must be 'slice'": [
        made(BINARY, equations="cut"), made(BINARY, equations="cut", free=None), made(BINARY, equations="squared"),
        made(BINARY, free=None),
        made(BINARY, A=None, b=None), made(BINARY, equations=[]),
    ],
    "the matrices of the equations are A1": [made(RANK, A1=None, A2=RANK["A1"]), made(RANK, A01=RANK["A1"])],
    "strengthen may hold": [made(RANK, strengthen=["anything"]), made(RANK, strengthen="projection")],
    "must be a square matrix": [
        made(SIMPLEX, Q={"rows": [[1, 2]]}), made(BINARY, Q={"rows": [[1], [2]]}), made(RANK, A1={"rows": [[1]]}),
    ],
    "must have . rows": [
        made(BINARY, c={"rows": [[1]]}), made(BINARY, c={"rows": [[1, 2], [3, 4]]}),
        made(BINARY, b={"rows": [[8], [8]]}), made(BINARY, A={"rows": [[5, 3], [5, 3]]}),
        made(BINARY, A={"rows": [[5, 3, 1]]}), made(RANK, b={"rows": [[1, 2]]}),
    ],
    "is a direction, no feasible point": [
        lambda: made(BINARY)().points([(1, [0, 1])]), lambda: made(RANK)().points([(1, [0] * 5)]),
    ],
}  # fmt: skip
