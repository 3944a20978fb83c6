"""Problems, proofs and documents in few words, for tests of the checker."""

from copos.checker import check


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
