"""A row for every rule of the checker: a certificate that breaks it, alone and in the smallest way, and the refusal.

Most rows are false claims that a checker without the rule would accept. `test_every_refusal_has_a_row` finds each
`raise Rejected` and `raise Unreadable` in the checker's files and fails for a line that no row reaches.
"""

import ast
import json
import re
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from copos.checker import check, check_reading
from tests.checker import (
    forgeries_boxes,
    forgeries_clustering,
    forgeries_cones,
    forgeries_data,
    forgeries_decisions,
    forgeries_graphs,
    forgeries_moments,
    forgeries_networks,
    forgeries_polynomial,
    forgeries_quadratic,
    forgeries_quadratic_program,
    forgeries_relu,
    forgeries_singular,
    forgeries_symmetry,
    forgeries_tightening,
)

FILES = sorted(Path(check.__file__).parent.glob("check*.py"))


def form(*terms):
    """[[i, j, c], …] from (i, j, c)."""
    return [list(t) for t in terms]


def ray(*variables):
    """Blocks x_v ≥ 0."""
    return [{"order": 1, "entries": [[0, 0, v, 1]]} for v in variables]


def psd(order, *variables):
    """A block whose upper triangle is these variables, column by column."""
    places = [(i, j) for j in range(order) for i in range(j + 1)]
    return {"order": order, "entries": [[i, j, v, 1] for (i, j), v in zip(places, variables, strict=True)]}


def arrow(*variables):
    """[[t, u'], [u, tI]] ⪰ 0."""
    t, *u = variables
    entries = [[k, k, t, 1] for k in range(len(variables))] + [[0, k + 1, v, 1] for k, v in enumerate(u)]
    return {"order": len(variables), "entries": entries}


def lorentz(*variables):
    """The form t² − |u|²."""
    return [[v, v, 1 if k == 0 else -1] for k, v in enumerate(variables)]


def program(dim=2, blocks=None, unit=None, objective=(), equations=(), vanishing=(), generators=(), **more):
    """A problem of type "program": x ≥ 0, e = Σ x_v unless said otherwise."""
    return {
        "type": "program", "name": "", "dim": dim, "blocks": ray(*range(dim)) if blocks is None else blocks,
        "generators": list(generators), "unit": [[v, 1] for v in range(dim)] if unit is None else unit,
        "objective": list(objective), "equations": [{"form": f, "value": b} for f, b in equations],
        "vanishing": list(vanishing), **more,
    }  # fmt: skip


def matrix(*rows):
    return {"type": "matrix", "rows": [list(row) for row in rows]}


def doc(kind, problem, proof, **changes):
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem, "proof": proof}
    return {**out, "sha256": check.digest(problem), **changes}


def identity(level=0, terms=(), multipliers=(), **more):
    return {"level": level, "terms": list(terms), "multipliers": list(multipliers), **more}


def lower(problem, value, y, level=0, terms=(), multipliers=(), **more):
    return doc("lower bound", problem, {"value": value, "y": y, **identity(level, terms, multipliers, **more)})


def copositive(problem, **proof):
    return doc("copositive", problem, proof if problem["type"] == "matrix" else {**identity(), **proof})


def spn(rows, factor, bits=0, **more):
    return copositive(matrix(*rows), method="spn", factor=factor, bits=bits, **more)


def cover(rows, *items):
    return copositive(matrix(*rows), method="cover", items=[list(item) for item in items])


def local(shape, *variables, **more):
    return {"form": shape, "variables": list(variables), **identity(**more)}


def upper(problem, value, *atoms):
    return doc("upper bound", problem, {"value": value, "atoms": [{"weight": w, "point": x} for w, x in atoms]})


def tree(problem, value, *items):
    return doc("lower bound", problem, {"value": value, "tree": list(items)})


def simplices(problem, value, *items):
    return doc("lower bound", problem, {"value": value, "simplices": list(items)})


def leaf(y, level=0, terms=(), multipliers=(), **more):
    return {"y": y, **identity(level, terms, multipliers, **more)}


# --- small problems -------------------------------------------------------------------------------------------------

ONE = form((0, 0, 1))  # x_0²
SUM = form((0, 0, 1), (0, 1, 2), (1, 1, 1))  # (x_0 + x_1)²
SIMPLEX = program(objective=form((0, 0, 1), (1, 1, 1)), equations=[(SUM, 1)])  # min x_0² + x_1² is 1/2
HALF = program(1, objective=form((0, 0, "1/2")), equations=[(ONE, 1)])  # min x_0²/2 is 1/2
TWO = program(objective=form((0, 0, 1)), equations=[(SUM, 1), (form((0, 0, 1), (1, 1, 1)), "3/4")])
BINARY = form((1, 1, 1), (0, 1, -1))  # x_1² = x_0x_1
CROSS = program(objective=form((0, 1, 1)), blocks=ray(0), equations=[(form((0, 0, 1), (1, 1, 1)), 1)])  # min is −1/2
BALL = program(3, blocks=[*ray(0)], unit=[[0, 1]], objective=form((1, 1, -1)),
               equations=[(form((0, 0, 1), (1, 1, 1), (2, 2, 1)), 1)], vanishing=[form((0, 1, 1)), form((0, 2,
                   1))])  # fmt: skip
CONE = program(3, blocks=[arrow(0, 1, 2)], generators=[lorentz(0, 1, 2)], unit=[[0, 1]], objective=form((1, 1, -1)))
MATRICES = program(3, blocks=[psd(2, 0, 1, 2)], unit=[[0, 1], [2, 1]], objective=form((1, 1, -1)))
# x = 2x', the same program over again
SCALING = {"coordinates": [1, 1], "objective": 2, "value": -2, "equations": [2], "vanishing": [], "generators": [],
    "unit": 0,
           "blocks": [[1], [1]]}  # fmt: skip
GOOD = doc("not copositive", matrix([1, -2], [-2, 1]), {"point": [1, 1]})
NEGATIVE = matrix([1, -2], [-2, 1])  # x'Mx = −2 at (1, 1)
NEARLY = form((0, 0, 1), (0, 1, "-5/2"), (1, 1, 1))
PAYS = form((0, 0, 1), (0, 1, 4), (1, 1, 1))  # −2 at (1, −1)
BIG = 10**1400


def deep(n):
    out = []
    for _ in range(n):
        out = [out]
    return out


def gram(problem=None, **parts):
    """A form that is −2 at (1, −1), "proved" by one term with this Gram matrix."""
    problem = problem or program(blocks=ray(0), objective=PAYS)
    return copositive(problem, terms=[{"rows": [[0], [1]], "gram": parts}])


def multiplier(unit, blocks=None, dim=2, generators=(), objective=((0, 0, -1),)):
    """Level 1 of −x_0² where the identity, without the rule about e, would be plainly true or is not reached."""
    problem = program(dim, blocks, unit, [list(t) for t in objective], generators=generators)
    return copositive(problem, level=1)


USED = [{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}]  # the first generator, once

# the refusal (a pattern) ↦ certificates; a tuple has the problem and the data asked about, too; a string is the text of
# a file; a function is called, for what documents do not reach
ROWS = {
    # check.py
    "not plain JSON": [{**GOOD, "problem": {1.5: 2, "a": float("nan")}}, {**GOOD, "problem": {"type": {1, 2}}}],
    "a dual proof speaks": [{"format": "copos dual proof"}],
    "expected format": [{**GOOD, "version": 2}, {**GOOD, "version": True}, {**GOOD, "format": "copos"}],
    "kind must be one of": [{**GOOD, "kind": "true"}, {**GOOD, "kind": 1}],
    "does not have the hash": [
        {**GOOD, "problem": matrix([1, 2], [2, 1])}, {**GOOD, "sha256": "0" * 64}, {**GOOD, "sha256": None},
    ],
    "about another problem": [(GOOD, matrix([1, 2], [2, 1])), (GOOD, {})],
    "is about a problem of type": [
        doc("lower bound", NEGATIVE, {}), doc("completely positive", SIMPLEX, {}), doc("copositive", {"type": [1]}, {}),
        doc("copositive", [], {}), doc("copositive", None, {}), doc("copositive", {"type": "polynomial"}, {}),
    ],
    "rounded must be true": [doc("lower bound", HALF, {**lower(HALF, 1, ["1/2"])["proof"], "rounded": 1})],
    "the proof gives 1/2, not 1$": [lower(HALF, 1, ["1/2"]), lower(HALF, 1, ["1/2"], rounded=True)],
    "the proof gives 1/2, not 0.5… ": [lower(HALF, "4503599627370497/9007199254740992", ["1/2"])],
    "rounding needs x_0² = 1 as the only equation": [
        lower(program(1, objective=form((0, 0, 1)), equations=[(ONE, "1/2")]), 1, [1], rounded=True),
        lower(program(1, objective=form((0, 0, 1)), equations=[(form((0, 0, 2)), 1)]), 1, ["1/2"], rounded=True),
        lower(program(1, objective=form((0, 0, 1)), equations=[(ONE, 1), (ONE, 1)]), 1, ["1/4", "1/4"], rounded=True),
        lower(program(1, objective=form((0, 0, 1))), 0, [], rounded=True),
    ],
    "rounding needs x_0² = 1 and an objective": [
        lower(program(1, equations=[(ONE, 1)]), 1, [0], rounded=True),
        lower(program(objective=form((0, 1, 1)), equations=[(form((0, 1, 1)), 1)]), 1, ["1/2"], rounded=True),
    ],
    "rounding needs x_j² = x_0x_j": [
        # min x_1² − x_0x_1, x_0² = 1, is −1/4
        lower(program(objective=form((0, 0, 1), (1, 1, 1), (0, 1, -1)), equations=[(ONE, 1)]), 1, ["1/2"], rounded=True,
              terms=[{"rows": [[0], [1]], "gram": {"factor": [[1], [-1]], "weights": ["1/2"]}}]),
        *[lower(program(objective=form((1, 1, 1)), equations=[(ONE, 1)], vanishing=[E]), 1, [0], rounded=True)
          for E in (form((1, 1, 2), (0, 1, -1)), form((1, 1, 1), (0, 1, -1), (0, 0, 1)), form((0, 0, 1), (0, 1, -1)))],
        # x_1x_2 = x_0x_1 says nothing of x_1 where x_2 = x_0: the minimum is 3/4
        lower(program(3, objective=form((0, 0, 1), (1, 1, 1), (0, 1, -1)), equations=[(ONE, 1)],
                      vanishing=[form((1, 2, 1), (0, 1, -1))]), 1, ["3/4"], rounded=True,
              terms=[{"rows": [[0], [1]], "gram": {"factor": [[1], [-2]], "weights": ["1/4"]}}]),
    ],
    "rounding needs x_j² = x_0x_j for every": [
        # 2x_1² − x_0x_1 − x_0² = 0 at x_1 = x_0 and at x_1 = −x_0/2: the minimum of x_1² is 1/4
        lower(program(2, ray(0), [[0, 1]], form((1, 1, 1)), [(ONE, 1)], [form((1, 1, 2), (0, 1, -1), (0, 0, -1))]), 1,
            ["1/16"],
              multipliers=[[0, "1/8"]], rounded=True),
    ],
    "b'y is not positive": [
        doc("infeasible", program(equations=[(SUM, 1)]), {"y": [0], **identity()}),
        doc("infeasible", program(equations=[(SUM, 1)]), {"y": [-1], **identity()}),
    ],
    "a problem without equations": [
        copositive(program(objective=ONE, equations=[(ONE, 0)])),
        doc("not copositive", program(1, objective=form((0, 0, -1)), equations=[(ONE, 0)]), {"point": [1]}),
    ],
    "violates a vanishing form": [
        upper(program(objective=form((0, 1, -1)), equations=[(SUM, 4)], vanishing=[form((0, 1, 1))]), -1, (1, [1, 1])),
        # <E, Y> = 0 for the mixture, E = x_1² − x_0x_1, but 2 and −1/4 at its atoms: Y is in no level's cone
        upper(program(objective=form((0, 1, -1)), equations=[(ONE, 9)], vanishing=[BINARY]), -12,
              (1, [1, 2]), (8, [1, "1/2"])),
        upper(program(objective=form((0, 1, -1)), equations=[(ONE, 1)], vanishing=[BINARY]), -1, (1, [1, 1]),
              (0, [1, 2])),  # at an atom of weight 0
    ],
    "a weight is negative": [
        upper(SIMPLEX, 0, (2, [1, 0]), (-1, [0, 1])),
        upper(SIMPLEX, "1/4", (1, [1, 0]), ("-1/2", [0, 1]), ("1/2", [0, 1]), ("-1/16", [2, 2]), ("1/4", [2, 0])),
    ],
    "an equation does not hold exactly": [
        upper(SIMPLEX, 0, (1, [0, 0])), upper(SIMPLEX, "1/4", ("1/2", [1, 0])), upper(SIMPLEX, 0),
        # the sum of squares is met by the mixture, the square of the sum by neither it nor its atoms; and the reverse
        upper(program(objective=form((0, 0, 1)), equations=[(form((0, 0, 1), (1, 1, 1)), 1), (SUM, 2)]), 0,
              ("1/2", [0, 1]), ("1/2", [1, 0])),
        upper(TWO, 0, ("1/2", [0, 1]), ("1/2", [0, "999999/1000000"])),
    ],
    "block 1 of the cone is not": [  # Y = [[1, 0], [0, 1]] is completely positive; these atoms of it are not in K
        upper(program(objective=form((0, 0, 1), (0, 1, -2)), equations=[(form((0, 0, 1), (1, 1, 1)), 2)]), 1,
              ("1/2", [1, 1]), ("1/2", [1, -1])),
    ],
    "the objective is 1, above 1/2": [upper(SIMPLEX, "1/2", (1, [1, 0]))],
    "the form is not negative": [
        doc("not copositive", program(objective=form((0, 0, 1), (0, 1, -2), (1, 1, 1))), {"point": [1, 1]})
    ],
    "at most 268435456 bytes": ["long file"],
    "cannot be read": ["no file", b"\xff\xfe{}"],
    # check_branched.py
    "the tree ends before every cell": [
        tree(CROSS, 0, {"cut": [[1, 1]]}, leaf([0])), tree(CROSS, 0),
        simplices(SIMPLEX, 1, {"split": [0, 1, 1, 1]}, {"y": ["1/2"]}), simplices(SIMPLEX, 5),
    ],
    "at most 2000 sides": [tree(CROSS, 0, *[{"cut": [[1, 1]]}] * 2001, leaf([0]))],
    "the tree has items left over": [
        tree(SIMPLEX, 0, leaf([0]), leaf([0])), simplices(SIMPLEX, 0, {"y": [0]}, {"y": [0]}),
    ],
    "different multipliers of equation 0": [
        # C = A = x_0² − x_1² has no sign; y = 0 where x_0 ≥ x_1, y = 1 elsewhere: "<A, Y> ≥ 0" where it is −1
        tree(program(objective=lorentz(0, 1), equations=[(lorentz(0, 1), -1)]), 0, {"cut": [[0, 1], [1, -1]]},
             leaf([0], terms=[{"blocks": [2, v], "rows": [[0, 0]], "gram": {"factor": [[1]]}} for v in (0, 1)]),
                 leaf([1]))
    ],
    "different multipliers of equation 0, whose": [
        # A = x_0² − 5/2 x_0x_1 + x_1² = a² + 3/2 a x_1 with a = x_0 − 2x_1, and −1/2 at (1, 1)
        tree(program(objective=NEARLY, equations=[(NEARLY, "-1/2")]), 0, {"cut": [[0, 1], [1, -2]]},
             leaf([0], terms=[{"blocks": [2, 2], "rows": [[0, 0]], "gram": {"factor": [[1]]}},
                              {"blocks": [2, 1], "rows": [[0, 0]], "gram": {"factor": [[1]], "weights": ["3/2"]}}]),
                                  leaf([1]))
    ],
    "simplices cover the orthant": [simplices(CROSS, 0, {"y": [0]})],
    "an edge has two vertices": [simplices(SIMPLEX, 1, {"split": [0, 0, 1, 1]}, {"y": [1]}, {"y": [1]})],
    "a vertex has too many digits": [
        simplices(SIMPLEX, 0, {"split": [0, 1, 1, 2**4999 - 1]}, {"split": [0, 1, 2**4999 - 2, 1]})
    ],
    "the identity does not hold: what is left": [
        lower(SIMPLEX, "2/3", ["2/3"]),
        tree(CROSS, 0, {"cut": [[1, 1]]}, leaf([0]), leaf([0])),  # x_0x_1 < 0 where x_1 < 0
        tree(CROSS, 0, {"cut": [[1, -1]]}, leaf([0]), leaf([0])),
        # a cut that cuts nothing, and one that is made twice
        tree(CROSS, 0, {"cut": []}, leaf([0]), leaf([0])),
        tree(CROSS, 0, {"cut": [[1, 1], [1, -1]]}, leaf([0]), leaf([0])),
        tree(CROSS, 0, {"cut": [[1, 1]]}, {"cut": [[1, 1]]}, leaf([0]), leaf([0]), leaf([0])),
        gram(factor=[[0], [0]]),
        gram(factor=[[1], [1]]),
        gram(factor=[[2], [2]], bits=1),
        copositive(program(blocks=ray(0), objective=form((0, 1, 1)))),
        copositive(program(blocks=[*ray(0), {"order": 1, "entries": [[0, 0, 1, -1]]}], objective=form((0, 1, 1)))),
        copositive(program(blocks=[*ray(0), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, 1]]}], objective=form((0,
            1, 1)))),
        copositive(program(objective=form((0, 0, 1), (1, 1, 1), (0, 1, "-2000001/1000000")))),
        copositive(program(objective=form((0, 0, 1), (1, 1, 1), (0, 1, -3))), scales=[2, 2]),
        copositive(program(objective=form((0, 0, -1)), vanishing=[form((0, 1, 1))]), multipliers=[[0, 1]]),
        doc("infeasible", program(equations=[(SUM, 1)]), {"y": [1], **identity()}),
        copositive(NEGATIVE, method="level", level=1, weights=[1, 1], terms=[]),
    ],
    "monomial of odd degree is left": [
        # x_0F = −x_1E for F = −x_1(x_0 + x_1) and E = x_0(x_0 + x_1), which has x_1 outside of S = {0}: F(0, 1) = −1
        lower(program(objective=form((0, 1, -1), (1, 1, -1)), equations=[(form((0, 0, 1), (1, 1, 1)), 1)],
                      vanishing=[form((0, 0, 1), (0, 1, 1))]), 0, [0],
              terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 1, -1), (1, 1, -1)), 0, level=1, multipliers=[[0, 1, -1]])]),
        # a generator of K that has x_1 outside of S = {0}
        lower(program(generators=[form((0, 0, 1), (1, 1, -1))], objective=form((0, 0, 1), (1, 1, -1)),
                      equations=[(ONE, 1)]), 0, [0],
              terms=[{"generators": [1], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 0, 1), (1, 1, -1)), 0, level=1,
                           terms=[{"blocks": [0], "generators": [0], "rows": [[0]], "gram": {"factor": [[1]]}}])]),
        # the block x_1 ≥ 0 has a variable outside of S = {0}
        lower(SIMPLEX, 1, [1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 1, -2)), 0, level=1, terms=[{"products": [[0, 0, 1, 5]]}])]),
        # −x_1² ≥ 0 where x_0 > 0 and x_0x_1 = 0; but with S = {0} nothing says that x_1 is 0 where x_0 is not
        lower(program(3, objective=form((1, 1, -1)), equations=[(form((0, 0, 1), (1, 1, 1), (2, 2, 1)), 1)],
                      vanishing=[form((0, 1, 1))]), 0, [0],
              terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((1, 1, -1)), 0, level=1, multipliers=[[0, 1, -1]])]),
        # x_1³ has no sign; nor has x_0x_1²·(−1) with x_0 ≥ 0 alone, since nothing of odd degree bounds |x_1|³
        copositive(program(blocks=ray(0), objective=form((1, 1, -1))), level=1),
        copositive(program(blocks=ray(0), unit=[[1, 1]], objective=form((1, 1, 1))), level=1),
    ],
    # check_charts.py
    "chart must be one of": [copositive(CONE, chart="polar"), copositive(CONE, chart=[])],
    "a chart knows the cone only": [copositive(program(1, objective=ONE, stated=[[[0, 1]]]), chart="squares")],
    "depends on the direction v": [copositive({**CONE, "unit": [[0, 2], [1, 1]]}, chart="frames", level=1)],
    "a generator is not t² − |u|²": [
        copositive({**CONE, "generators": [g]}, chart="squares")
        for g in (form((0, 0, 1), (1, 1, -2)), form((0, 0, 2), (1, 1, -1)), form((0, 1, 1)), form((0, 0, -1), (1, 1,
            -1)))
    ],
    "has the head of another cone": [copositive({**CONE, "generators": [lorentz(0, 1)]}, chart="squares")],
    "is no variable ≥ 0, second-order": [
        copositive({**CONE, "generators": [], "blocks": [b]}, chart="squares")
        for b in ({"order": 1, "entries": [[0, 0, 0, -1]]}, {"order": 1, "entries": []}, psd(2, 0, 1, 1),
                  {"order": 2, "entries": [[0, 0, 0, 1], [0, 1, 1, 2], [1, 1, 2, 1]]},
                  {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, 1]]})
    ],
    "every variable exactly once": [
        copositive({**CONE, "generators": [], "blocks": ray(0, 1)}, chart="squares"),
        copositive({**CONE, "generators": [], "blocks": ray(0, 1, 2, 0)}, chart="squares"),
        copositive({**CONE, "generators": [lorentz(0, 1)], "blocks": ray(1, 2)}, chart="squares"),
    ],
    "no frames with finitely many": [copositive(MATRICES, chart="frames")],
    # check_identity.py
    "the common denominator is too large": [
        copositive(program(objective=[[0, 0, f"1/{BIG + k}"] for k in range(1)] + [[0, 1, f"1/{BIG + 2 * k + 1}"]
                                     for k in range(40)])),
    ],
    "a weight of a product is negative": [
        copositive(program(objective=form((0, 1, -1))), terms=[{"products": [[0, 1, -1]]}]),
    ],
    "a product has a block that is a matrix": [copositive(MATRICES, terms=[{"products": [[0, 0, 1]]}])],
    # a local form that is not nonnegative, one that no level has proved, one with the multiplier of other variables
    "the identity does not hold: what is left over": [
        lower(SIMPLEX, 1, [1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 1, -2)), 0, 1)]),
        tree(SIMPLEX, 1, leaf([1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
                              local=[local(form((0, 1, -2)), 0, 1)])),
        doc("lower bound", SIMPLEX, {"value": 1, "local": [local(form((0, 1, -2)), 0, 1)], "tree": [
            leaf([1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}])]}),
    ],
    # a local form that needs itself, the next one, the form of another leaf, or the cut of a leaf beside the tree
    "generator must be an integer from 0 to -1": [
        lower(SIMPLEX, 1, [1], terms=USED, local=[local(form((0, 1, -2)), 0, 1, terms=USED)]),
        lower(SIMPLEX, 1, [1], terms=USED, local=[
            local(form((0, 1, -2)), 0, 1, terms=[{**USED[0], "generators": [1]}]),
            local(form((0, 1, -2)), 0, 1, terms=USED)]),
        tree(CROSS, 0, {"cut": [[1, 1]]}, leaf([0], terms=USED, local=[local(form((0, 1, 1)), 0, 1)]),
             leaf([0], terms=USED)),
    ],
    "block must be an integer from 0 to 0": [
        doc("lower bound", CROSS, {
            "value": 0, "local": [local(form((0, 1, 1)), 0, 1, terms=[{"products": [[0, 1, 1]]}])],
            "tree": [{"cut": [[1, 1]]}, leaf([0], terms=USED), leaf([0], terms=USED)],
        }),
    ],
    "the multiplier e is empty: a level": [
        lower(SIMPLEX, 1, [1], local=[local(form((0, 1, 1)), level=1)]),
    ],
    "a weight of a Gram matrix": [gram(factor=[[1, 1], [1, -1]], weights=[3, -2])],
    "the defect of a Gram matrix is not": [
        gram(factor=[[0], [0]], defect=[[0, 0, 1], [1, 1, 1], [1, 0, 2]]),
        gram(factor=[[0], [0]], defect=[[0, 0, 2], [1, 1, 1], [1, 0, 2]]),
        gram(factor=[[0], [0]], defect=[[0, 0, 1], [1, 1, 2], [1, 0, 2]]),
        gram(factor=[[0], [0]], defect=[[0, 0, -1], [1, 1, 1]]),
        gram(factor=[[0], [0]], defect=[[0, 0, 1], [1, 1, 1], [1, 0, -2]]),
    ],
    "the degree of a term is not": [
        copositive(CONE, terms=[{"blocks": [0], "rows": [[0]], "gram": {"factor": [[1]]}}]),
        copositive(CONE, terms=[{"generators": [0], "blocks": [0], "rows": [[0]], "gram": {"factor": [[1]]}}], level=0),
        copositive(CONE, terms=[{"generators": [0, 0], "rows": [[0]], "gram": {"factor": [[1]]}}], level=0),
    ],
    "a term has no columns": [copositive(CONE, terms=[{"rows": [], "gram": {"factor": []}}])],
    "scales must have 2 items": [copositive(program(objective=ONE), scales=[1])],
    # check_matrix.py
    "a weight of the factor is negative": [spn(NEGATIVE["rows"], [[1, 1], [1, -1]], weights=[-1, 2])],
    "the remainder is not diagonally dominant": [
        spn(NEGATIVE["rows"], [[0], [0]]), spn(NEGATIVE["rows"], [[1], [-1]]), spn([[-1]], [[0]]),
        spn([[4, -6], [-6, 4]], [[2], [-2]], 1), spn([[1, "-1000001/1000000"], ["-1000001/1000000", 1]], [[0], [0]]),
        doc("completely positive", matrix([1, 2], [2, 1]), {"factor": [[0], [0]], "bits": 0}),
        doc("completely positive", matrix([2, 3], [3, 2]), {"factor": [[1], [1]], "bits": 0}),
        cover(NEGATIVE["rows"], ["vector", []], ["part", {"factor": [[0], [0]], "bits": 0}], ["vector", [1]]),
        simplices(SIMPLEX, 1, {"y": [1]}),
        simplices(SIMPLEX, "3/4", {"split": [0, 1, 1, 1]}, {"y": ["3/4"]}, {"y": ["3/4"]}),
    ],
    "the weights of the multiplier must": [
        copositive(matrix([-1, 0], [0, 1]), method="level", level=1, weights=[-1, 1], terms=[]),
        copositive(matrix([-1]), method="level", level=1, weights=[0], terms=[]),
    ],
    "is spn, level or cover": [copositive(NEGATIVE, method="trust"), doc("copositive", NEGATIVE, None)],
    "the cover ends before": [cover(NEGATIVE["rows"], ["vector", []]), cover([[-1]])],
    "a covering vector needs a positive": [
        cover(NEGATIVE["rows"], ["vector", []], ["vector", [0]], ["vector", [1]]),
        cover([[-1]], ["vector", []], ["vector", [-1]]),
    ],
    "does not cover its own support": [cover([[-1]], ["vector", []], ["vector", [1]], ["vector", [1]])],
    "a direction needs Σd = 0": [
        cover([[-1]], ["vector", []], ["direction", [1]]),
        cover([[-1]], ["vector", []], ["direction", [0]]),
        cover([[2, -3], [-3, 2]], ["vector", []], ["vector", [1]], ["direction", [1, -1]], ["vector", [1]]),
        cover([[2, -3], [-3, 2]], ["vector", []], ["vector", [1]], ["direction", [1, 1]], ["vector", [1]]),
    ],
    "an item of a cover is a vector": [cover([[-1]], ["trust", []])],
    "the cover has items left over": [cover([[1]], ["vector", []], ["vector", [1]], ["vector", [1]])],
    "the point has a negative entry": [doc("not copositive", matrix([1, 2], [2, 1]), {"point": [1, -1]})],
    "x'Mx is not negative": [doc("not copositive", matrix([1, -1], [-1, 1]), {"point": [1, 1]})],
    "the factor and the remainder must be": [
        doc("completely positive", matrix([1, -1], [-1, 1]), {"factor": [[1], [-1]], "bits": 0}),
        doc("completely positive", matrix([1, -1], [-1, 1]), {"factor": [[0], [0]], "bits": 0}),
    ],
    "the separator must have the order": [
        doc("not completely positive", matrix([1]), {"separator": [[1, 0], [0, 1]], "copositive": {}})
    ],
    "<H, M> is not negative": [
        doc("not completely positive", matrix([1, 1], [1, 1]),
            {"separator": [[1, -1], [-1, 1]], "copositive": {"method": "spn", "factor": [[1], [-1]], "bits": 0}})
    ],
    # check_multiplier.py
    "the multiplier e is empty": [
        # 0 = 0 "proves" 5 where the minimum is 1/2
        lower({**SIMPLEX, "unit": []}, 5, [5], 1), multiplier([[0, 0]]),
    ],
    "e is negative somewhere on a second-order": [
        multiplier([[0, 1], [1, "-5/4"]], [arrow(0, 1)], generators=[lorentz(0, 1)], objective=[]),
        multiplier([[1, 1]], [arrow(0, 1)], generators=[lorentz(0, 1)], objective=[]),
        multiplier([[0, -5], [1, 4]], [arrow(0, 1)], generators=[lorentz(0, 1)], objective=[]),
    ],
    "e is negative somewhere on a cone of matrices": [
        multiplier([[0, 1], [1, "5/2"], [2, 1]], [psd(2, 0, 1, 2)], 3, objective=[]), multiplier([[1, 1]], [psd(2, 0,
            1, 2)], 3, objective=[]),
    ],
    "e is not seen to be nonnegative": [
        # e = −x_0 − x_1: then e·(−x_0²) ≥ 0 is plain
        multiplier([[0, -1], [1, -1]], objective=form((0, 0, -1), (0, 1, -1))), multiplier([[0, 1], [1, -1]],
            objective=[]),
        multiplier([[0, 1]], [], objective=[]), multiplier([[0, 2], [1, 1]], [], generators=[lorentz(0, 1)],
            objective=[]),
        # x_0 ≥ 0 and x_0 + x_1 ≥ 0, and e = x_1
        multiplier([[1, 1]], [*ray(0), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, 1]]}], objective=[]),
    ],
    "violates an inequality that the problem states": [
        upper(program(blocks=[], objective=form((0, 1, 1)), equations=[(form((0, 0, 1), (1, 1, 1)), 1)],
                      stated=[[[0, 1]], [[1, 1]]]), "-1/2", ("1/2", x)) for x in ([1, -1], [-1, 1])
    ],
    "block 0 of the cone is not positive": [
        doc("not copositive", {**MATRICES, "objective": form((0, 2, 1))}, {"point": [1, 0, -1]}),
        doc("not copositive", {**MATRICES, "objective": form((1, 1, -1))}, {"point": [1, 2, 1]}),
        doc("not copositive", {**MATRICES, "objective": form((1, 1, -1))}, {"point": [0, 1, 1]}),
        upper(CROSS, "-1/2", ("1/2", [-1, 1])),
        lower(SIMPLEX, 0, [0], 1, inside=[-1, 3]),
    ],
    "violates a generator of the cone": [
        doc("not copositive", {**CONE, "blocks": ray(0)}, {"point": [1, 2, 0]}),
    ],
    "vanishes at atoms x ≠ 0 where": [
        # <x_1², Y> = 1 holds for Y = e_1e_1', where e = x_0 vanishes and the objective is no part of the claim
        doc("infeasible", program(blocks=ray(0), unit=[[0, 1]], objective=form((1, 1, 1)),
            equations=[(form((1, 1, 1)), 1)], vanishing=[form((0, 1, 1))]),
            {"y": [1], **identity(1, multipliers=[[0, 1, -1]])}),
        lower(BALL, 0, [0], 1, multipliers=[[0, 1, -1]]),
        # x_2² − x_1² is −1 at (0, 1, 0), which lies in the cell whose proof is of level 1
        tree({**BALL, "blocks": ray(0, 1, 2), "objective": lorentz(2, 1)}, 0, {"cut": [[1, 1], [2, -1]]},
             leaf([0], 1, multipliers=[[0, 1, -1], [1, 2, 1]]),
             leaf([0], terms=[{"blocks": [3, v], "rows": [[0, 0]], "gram": {"factor": [[1]]}} for v in (1, 2)])),
        # x_0x_1 = 0, and −x_1² is −1 where e = x_0 is 0: so in both cells
        tree(program(blocks=ray(0), unit=[[0, 1]], objective=form((1, 1, -1)),
                     equations=[(form((0, 0, 1), (1, 1, 1)), 1)], vanishing=[form((0, 1, 1))]), 0,
             {"cut": [[1, 1]]}, *[leaf([0], 1, multipliers=[[0, 1, -1]])] * 2),
        # e = x_0 says nothing of the face x_0 = 0 of the orthant where x_0x_1 = 0
        copositive(program(unit=[[0, 1]], objective=form((1, 1, -1)), vanishing=[form((0, 1, 1))]), level=1,
                   multipliers=[[0, 1, -1]]),
    ],
    # check_scaling.py
    "a block of order 1 has no or 1 exponents": [lower(SIMPLEX, 0, [0], scaling={**SCALING, "blocks": [[0, 0, 0],
        [0]]})],
    "begin with that of the block": [lower(SIMPLEX, 0, [0], scaling={**SCALING, "blocks": [[], [0]]})],
    # check_reading.py
    "nested more than 100 deep": [{**GOOD, "proof": deep(200)}, (GOOD, deep(200)), {**GOOD, "proof": deep(10**5)}],
    "too much work for a certificate": [
        copositive(program(1, objective=ONE), terms=[{"rows": [[0]] * 3000, "gram": {"factor": [[1]] * 3000}}]),
        copositive(program(60, objective=ONE), level=12),
        upper(program(1, [{"order": 3000, "entries": []}], equations=[(ONE, 1)]), 0, (1, [1])),
    ],
    "a number has at most 1500 digits, got": ['{"format": 1' + "0" * 1500 + "}"],
    'numbers are integers or strings "p/q", got': ['{"format": 1.5}', '{"format": NaN}', '{"format": 1e400}'],
    "a key appears twice": ['{"format": 1, "format": 1}'],
    "the document is nested too deeply": ["[" * 10**6],
    "not JSON": ["", "{", '{"a"}', "\x00"],
    "must be an object": [[], None, 1, True, lower(HALF, 0, [0]) | {"proof": []}, upper(HALF, 0) | {"proof": None}],
    "needs the keys": [
        {}, {k: v for k, v in GOOD.items() if k != "proof"}, GOOD | {"trust": 1},
        simplices(program(1, objective=ONE), 0, {"y": [], "factors": [[1]]}),
    ],
    "must be a list of at most": [{**GOOD, "proof": {"point": "11"}}, {**GOOD, "proof": {"point": {"0": 1}}}],
    "must have 2 items": [{**GOOD, "proof": {"point": [1]}}],
    "must be an integer from": [
        lower(HALF, 0, [0], 13), lower(HALF, 0, [0], 10**30), lower(HALF, 0, [0], -1), lower(HALF, 0, [0], True),
        copositive(program(10**6, [], [], [])), copositive({**CONE, "blocks": [{"order": 3001, "entries": []}]}),
        copositive({**CONE, "blocks": [{"order": 2, "entries": [[1, 0, 0, 1]]}]}),
        copositive({**CONE, "blocks": [{"order": 2, "entries": [[0, 2, 0, 1]]}]}),
        copositive({**CONE, "blocks": [{"order": 2, "entries": [[0, 0, 3, 1]]}]}),
        gram(factor=[[1], [1]], defect=[[2, 0, 0]]),
        copositive(program(objective=form((0, 2, 1)))), copositive(program(objective=form((0, -1, 1)))),
        spn([[1]], [[1]], -1), spn([[1]], [[1]], 5001), copositive(program(objective=ONE), scales=[0, 1]),
        copositive(program(objective=form((0, 0, -1)), vanishing=[ONE]), multipliers=[[-1, 1]]),
        simplices(SIMPLEX, 1, {"split": [0, 1, 1, 0]}, {"y": [1]}, {"y": ["1/2"]}),
        simplices(SIMPLEX, 1, {"split": [0, 1, -1, 1]}, {"y": [1]}, {"y": ["1/2"]}),
        copositive(MATRICES, terms=[{"blocks": [-1], "rows": [[0, 0]], "gram": {"factor": [[1]]}}], level=1),
    ],
    "a number has at most 1500 digits$": [{**GOOD, "proof": {"point": [10**1600, 1]}}],
    'must be an integer or a string "p/q"': [
        {**GOOD, "proof": {"point": [v, 1]}} for v in (None, True, 0.5, "x", "1.5", "1/-2", "+1", "١", " 1", "1/2/3",
            "9" * 10**5)
    ],
    "zero denominator or more than 1500 digits": [
        {**GOOD, "proof": {"point": [v, 1]}} for v in ("1/0", "1/00", "9" * 1502, "1/" + "9" * 1502)
    ],
    "must hold integers of at most": [
        spn([[1]], [["1"]]), spn([[1]], [[True]]), spn([[1]], [[1.0]]), spn([[1]], [[10**1600]]),
    ],
    "must have at least one row": [copositive(matrix(), method="spn", factor=[], bits=0)],
    "must be symmetric": [spn([[1, 2], [3, 1]], [[0], [0]]), spn([[1, "1/2"], ["1/3", 1]], [[0], [0]])],
}  # fmt: skip


def verdict(row, folder):
    """What the checker says of a row."""
    problem = data = None
    if callable(row):
        try:
            return check.Verdict(True, str(row()))
        except (check_reading.Rejected, check_reading.Unreadable) as error:
            return check.Verdict(False, "", str(error))
    if isinstance(row, tuple):
        row, problem, data = (*row, None)[:3]
    if not isinstance(row, (str, bytes)):
        return check.check(row, problem, data)
    path = folder / "c.json"
    path.unlink(missing_ok=True)
    if row == "long file":  # sparse: nothing is written, and nothing must be read
        with path.open("wb") as handle:
            handle.truncate(check_reading.TEXT + 1)
    elif row != "no file":
        path.write_bytes(row if isinstance(row, bytes) else row.encode())
    return check.check_file(str(path))


for table in (
    forgeries_data, forgeries_decisions, forgeries_graphs, forgeries_quadratic, forgeries_quadratic_program,
    forgeries_cones, forgeries_networks, forgeries_polynomial, forgeries_moments, forgeries_symmetry,
    forgeries_singular, forgeries_tightening, forgeries_clustering, forgeries_boxes,
    forgeries_relu,
):  # fmt: skip
    # a refusal that several kinds of problem share has rows in several tables
    ROWS |= {words: [*ROWS.get(words, []), *rows] for words, rows in table.ROWS.items()}
CASES = [(words, k) for words, rows in ROWS.items() for k in range(len(rows))]


@pytest.mark.parametrize(("words", "k"), CASES)
def test_a_forgery_is_refused_for_its_reason(words, k, tmp_path):
    said = verdict(ROWS[words][k], tmp_path)
    assert not said.proved and not said.claim
    assert re.search(words, said.reason), said.reason


def refusals(path):
    """The line of every `raise Rejected` and `raise Unreadable`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if getattr(node.exc.func, "id", "") in ("Rejected", "Unreadable"):
                yield node.lineno


def reached(folder):
    """(file, line) of everything in the checker that the rows run through."""
    names, seen = {str(p) for p in FILES}, set()

    def local(frame, event, _):
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def trace(frame, event, _):
        return local if frame.f_code.co_filename in names else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for words, k in CASES:
            verdict(ROWS[words][k], folder)
        with pytest.raises(check_reading.Unreadable):
            check_reading.parse(_Long())
    finally:
        sys.settrace(before)
    return seen


class _Long(str):
    """A text that says to be longer than a certificate may be."""

    def __len__(self):
        return check_reading.TEXT + 1


def test_every_refusal_has_a_row(tmp_path):
    seen = reached(tmp_path)
    missing = [f"{p.name}:{line}" for p in FILES for line in refusals(p) if (str(p), line) not in seen]
    assert not missing
    assert sum(len(list(refusals(p))) for p in FILES) > 80


def honest():
    """What the rows alter, where it is true: a refusal of everything would pass the rows, too."""
    square = {"rows": [[0], [1]], "gram": {"factor": [[1], [-1]]}}
    return [
        GOOD, lower(HALF, "1/2", ["1/2"]), lower(SIMPLEX, "1/2", ["1/2"], terms=[square | {"gram": {"factor": [[1],
            [-1]], "weights": ["1/2"]}}]),
        lower(SIMPLEX, "1/2", ["1/2"], scaling=SCALING), lower(SIMPLEX, "1/4", ["1/4"], 1, scaling={**SCALING,
            "unit": 1}),
        upper(SIMPLEX, "1/2", ("1/4", [1, 1])), upper(SIMPLEX, 1, (1, [1, 0])),
        lower(program(objective=form((1, 1, 1)), equations=[(ONE, "1")], vanishing=[BINARY]), 0, ["-1/2"],
            rounded=True),
        tree({**CROSS, "objective": form((0, 1, 1), (0, 0, 1), (1, 1, 1))}, 0, {"cut": [[1, 1]]}, leaf([0]), leaf([0])),
        # the blocks are x_0, the cut, and what is stated
        tree(program(3, ray(0), [[0, 1]], form((0, 1, 1), (0, 2, 1), (0, 0, 1), (1, 1, 1)), stated=[[[2, 1]]]), 0,
            {"cut": [[1, 1]]},
             *[leaf([], terms=[{"blocks": [2, 0], "rows": [[0, 0]], "gram": {"factor": [[1]]}}])] * 2),
        simplices(SIMPLEX, "1/4", {"split": [0, 1, 1, 1]}, {"y": ["1/4"]}, {"y": ["1/4"]}),
        cover([[1]], ["vector", []], ["vector", [1]]), lower(BALL, -1, [-1], 1), lower(SIMPLEX, 0, [0], 1),
        lower(SIMPLEX, 0, [0], 1, inside=[1, 3]),
        doc("infeasible", program(equations=[(SUM, -1)]), {"y": [-1], **identity()}),
        copositive({**CONE, "objective": lorentz(0, 1, 2)}, terms=[{"generators": [0], "rows": [[]],
            "gram": {"factor": [[1]]}}]),
        doc("completely positive", matrix([2, 1], [1, 2]), {"factor": [[0], [0]], "bits": 0}),
        # (x_0 + x_1)(x_0² − x_1²) = (x_0 − x_1)(x_0 + x_1)², by a block that has all variables of S
        lower(program(blocks=[*ray(0, 1), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, -1]]}],
                      objective=form((0, 0, 1), (1, 1, -1)), equations=[(SUM, 1)]), 0, [0],
              terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 0, 1), (1, 1, -1)), 0, 1, level=1,
                           terms=[{"products": [[2, 0, 0, 1], [2, 0, 1, 2], [2, 1, 1, 1]]}])]),
        *forgeries_data.HONEST,
        *forgeries_decisions.HONEST,
        *forgeries_moments.HONEST,
        *forgeries_singular.HONEST,
        *forgeries_cones.HONEST,
        *forgeries_networks.HONEST,
        *forgeries_polynomial.HONEST,
        *forgeries_symmetry.HONEST,
        *forgeries_boxes.HONEST,
        *forgeries_tightening.HONEST,
        *forgeries_clustering.HONEST,
        forgeries_quadratic_program.document(),
        *forgeries_quadratic_program.OTHERS,
        *forgeries_graphs.HONEST,
        *forgeries_relu.HONEST,
    ]  # fmt: skip


def test_the_honest_twins_are_accepted():
    for document in honest():
        said = check.check(document)
        assert said.proved, (said.reason, json.dumps(document)[:300])


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6])
def test_what_is_assumed_stands_first(count):
    """Up to three inequalities in words, then their number; in `assumptions`, too."""
    stated = [[[0, 1], [1, -k]] for k in range(1, count + 1)]
    problem = program(objective=form((0, 0, 1)), **({"stated": stated} if count else {}))
    said = check.check(copositive(problem))
    assert said.proved and len(said.assumptions) == (count > 0)
    assert said.claim.startswith("assuming that some optimal atom satisfies x_0 − x_1 ≥ 0" if count else "<C, Y> ≥ 0")
    if count:
        (words,) = said.assumptions
        assert words in said.claim and words.count(" ≥ 0") == min(count, 3)
        assert (f" and {count - 3} more" in words) == (count > 3) and ("more" in words) == (count > 3)
    assert "the problem in the certificate" in said.claim
    assert "the problem given" in check.check(copositive(problem), problem).claim


@pytest.mark.parametrize(("unit", "words"), [
    ([[0, 1], [1, 1]], "x_0 + x_1"), ([[0, "1/2"]], "1/2 x_0"), ([[v, v + 1] for v in range(6)], "x_0 + 2 x_1 + 3 x_2"),
    ([[v, 1] for v in range(7)], "+ x_5 + … (7 terms)"),
])  # fmt: skip
def test_the_multiplier_is_named(unit, words):
    said = check.check(copositive(program(7, unit=unit, objective=form((0, 0, 1))), level=1))
    assert said.proved and f"{words}, and also where" in said.claim.replace(" + 4 x_3 + 5 x_4 + 6 x_5", "")
    assert ("…" in said.claim.split("sha256")[0]) == (len(unit) > 6)
    assert "multiplier" not in check.check(copositive(program(7, unit=unit, objective=form((0, 0, 1))))).claim


@pytest.mark.parametrize("k", range(len(forgeries_networks.ACCEPTED)))
def test_lifts_with_honest_cuts_and_coordinates_are_made(k):
    program = forgeries_networks.ACCEPTED[k]().program
    assert program.equations == [({(0, 0): 1}, 1)]


@pytest.mark.parametrize("power", [-1500, -1030, -300, -60, 60, 300])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_said_of_a_bound_follows_from_it(power, sign):
    """A lower bound is rounded down, an upper bound up, wherever its number is not written out."""
    value = sign * Fraction(2, 3) * Fraction(2) ** power
    least, most = (check_reading.show(value, way).split("…")[0] for way in (-1, 1))
    if "closer to 0" not in least:
        assert Fraction(least) < value < Fraction(most)
        assert Fraction(most) - Fraction(least) <= abs(value) / 10**10


def test_a_table_of_samples_may_be_given_either_way_and_the_claim_says_which():
    square = {"rows": [[1, 2], [3, 4]]}
    document = forgeries_data.network({**forgeries_data.TWO, "X": square}, {"value": 0})
    same, turned = (check.check(document, None, {"X": X}) for X in ([[1, 2], [3, 4]], [[1, 3], [2, 4]]))
    assert same.proved and "transpose" not in same.claim
    assert turned.proved and "X (the transpose of the table given, sha256" in turned.claim


@pytest.mark.parametrize(("x", "words"), [
    ([1, 8, 8], "{2, 3}"), ([8, 0, 0], "{1}"), ([3, 3, 3], "by a point"), ([0, 8, 8], "{2, 3}"),
])  # fmt: skip
def test_a_stable_set_is_shown_only_if_it_is_as_large_as_claimed(x, words):
    """The star 1 − 2, 1 − 3: at (1, 1, 1)/3 the form is 7/9, so α ≥ 2, and the first vertex meets both others."""
    star = {**forgeries_quadratic.EDGE, "graph": {"rows": [[3, 2], [1, 2], [1, 3]]}}
    made = forgeries_quadratic.made(star)()
    assert words in made.points([(Fraction(1, sum(x) ** 2), x)])
