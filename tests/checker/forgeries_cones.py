"""Forgeries about matrices on cones, and strict claims."""

from copos.checker import check

RAY = {"order": 1, "entries": [[0, 0, 0, 1]]}
ORTHANT = {"basis": [[0, 0, 1], [1, 1, 1]], "dim": 2, "generators": [], "unit": [[0, 1], [1, 1]],
           "blocks": [RAY, {"order": 1, "entries": [[0, 0, 1, 1]]}]}  # fmt: skip
PLANE = {**ORTHANT, "blocks": [RAY]}  # x_0 ≥ 0
MATRICES = {"basis": [[k, k, 1] for k in range(3)], "dim": 3, "generators": [], "unit": [[0, 1], [2, 1]],
            "blocks": [{"order": 2, "entries": [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 2, 1]]}]}  # fmt: skip
FLAT = {"basis": [[0, 0, 1], [1, 1, 1]], "dim": 2, "generators": [[[1, 1, -1]]], "unit": [[0, 1]], "blocks": [RAY]}
BLOCK = {"basis": [[0, 0, 1], [1, 1, 1]], "dim": 2, "generators": [], "unit": [[0, 1]],
         "blocks": [{"order": 2, "entries": [[0, 0, 0, 1], [0, 1, 1, 1]]}]}  # fmt: skip
NEGATIVE = [[1, -2], [-2, 1]]  # −2 at (1, 1)
ZERO = [[0, 0], [0, 0]]


def claim(kind, problem, proof):
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem, "proof": proof}
    return {**out, "sha256": check.digest(problem)}


def asked(rows, cone=ORTHANT):
    return {"type": check.ON_CONE, "rows": rows, "cone": cone}


def matrix(rows):
    return {"type": "matrix", "rows": rows}


def identity(**more):
    return {"method": "identity", "level": 0, "terms": [], "multipliers": [], **more}


def rays(*R, copositive=None):
    return {"method": "rays", "rays": [list(r) for r in R], "copositive": copositive}


def spn(n):
    return {"method": "spn", "factor": [[0]] * n, "bits": 0}


def face(columns, **at):
    return {"method": "face", "columns": columns, **at}


HONEST = [
    claim("copositive", asked([[1, 1], [1, 0]]), rays([1, 0], [0, 1], copositive=spn(2))),
    claim("copositive", asked(ZERO), identity()),
    claim("copositive", asked([[1, 0], [0, 0]], PLANE), rays([1, 0], [0, 1], [0, -1], copositive=spn(3))),
    claim("copositive", asked([[0, 1], [1, 0]], FLAT), face([[1, 0]], generator=0)),
    claim("copositive", asked([[0, 1], [1, 0]], BLOCK), face([[1, 0]], block=0)),
    claim("not copositive", asked(NEGATIVE), {"point": [1, 1]}),
    claim("strictly copositive", asked([[2, 0], [0, 2]]),
          {"margin": 1, "copositive": rays([1, 0], [0, 1], copositive=spn(2))}),
    claim("not strictly copositive", asked(ZERO), {"point": [1, 0]}),
    claim("strictly copositive", matrix([[2, 1], [1, 2]]), {"margin": 1, "copositive": spn(2)}),
    claim("not strictly copositive", matrix([[1, -1], [-1, 1]]), {"point": [1, 1]}),
]  # fmt: skip

ROWS = {
    # check_cone.py
    "an entry of the basis is given twice": [
        claim("copositive", asked(ZERO, {**ORTHANT, "basis": [[0, 0, 1], [0, 0, 1]]}), identity())
    ],
    # x = u_0: the point u = (0, 1) is no x ≠ 0
    "the columns of the basis are dependent": [
        claim("not strictly copositive", asked([[1]], {**ORTHANT, "basis": [[0, 0, 1]]}), {"point": [0, 1]}),
        claim("not strictly copositive", asked([[1]], {**ORTHANT, "basis": [[0, 0, 1], [0, 1, 1]]}),
              {"point": [0, 0]}),
    ],
    "the margin must be positive": [
        # x_0² is copositive and vanishes at (0, 1)
        claim("strictly copositive", asked(ZERO), {"margin": 0, "copositive": identity()}),
        claim("strictly copositive", asked(NEGATIVE), {"margin": -2, "copositive": rays([1, 0], [0, 1],
              copositive=spn(2))}),
        claim("strictly copositive", matrix(ZERO), {"margin": 0, "copositive": spn(2)}),
        claim("strictly copositive", matrix(NEGATIVE), {"margin": -2, "copositive": spn(2)}),
    ],
    "the form is not negative at the point": [
        claim("not copositive", asked([[1, 0], [0, 1]]), {"point": [1, 1]}),
        claim("not copositive", asked(ZERO), {"point": [1, 1]}),
    ],
    "the form is positive at the point, or the point is zero": [
        claim("not strictly copositive", asked([[1, 0], [0, 1]]), {"point": [1, 1]}),
        claim("not strictly copositive", asked([[1, 0], [0, 1]]), {"point": [0, 0]}),
    ],
    "block 1 of the cone is not positive semidefinite at the point": [
        claim("not copositive", asked([[1, 2], [2, 1]]), {"point": [1, -1]}),
        claim("not strictly copositive", asked([[1, 1], [1, 1]]), {"point": [1, -1]}),
    ],
    "the bound is negative": [claim("copositive", asked([[-1, -1], [-1, -1]]), identity(bound=-1))],
    "what is left over is not nonnegative": [
        claim("copositive", asked([[-1, 0], [0, 1]]), identity()),
        claim("strictly copositive", asked([[0, 1], [1, 1]]), {"margin": "1/2", "copositive": identity()}),
    ],
    "the method of a proof on a cone is": [
        claim("copositive", asked(NEGATIVE), {"method": "trust"}), claim("copositive", asked(NEGATIVE), None)
    ],
    "without rays there is nothing to prove": [
        claim("copositive", asked([[-1]], {**ORTHANT, "basis": [[0, 0, 1]], "dim": 1, "unit": [],
              "blocks": [RAY, {"order": 1, "entries": [[0, 0, 0, -1]]}]}), rays(copositive=spn(1)))
    ],
    "an extreme ray of the cone is missing": [
        claim("copositive", asked([[1, 0], [0, -1]]), rays([1, 0], copositive=spn(1))),
        claim("copositive", asked(NEGATIVE), rays([1, 0], [0, -1], copositive=spn(2))),
        # the line x_0 = 0 in one direction only
        claim("copositive", asked([[1, 1], [1, 0]], PLANE), rays([1, 0], [0, 1], copositive=spn(2))),
        # a semidefinite block has no rays
        claim("copositive", asked([[1, 0, 0], [0, -1, 0], [0, 0, 1]], MATRICES),
              rays([1, 0, 0], [0, 0, 1], copositive=spn(2))),
    ],
    "a face needs a generator or a block": [
        claim("copositive", asked([[-1, 0], [0, 1]], FLAT), face([[0, 1]])),
        claim("copositive", asked([[0, 1], [1, 0]], FLAT), face([[1, 0]], generator=0, block=0)),
    ],
    "the block of a face has order two": [claim("copositive", asked(ZERO, FLAT), face([[1, 0]], block=0))],
    "the form of the face is positive somewhere": [
        # X_00X_11 − X_01² does not vanish on all of the semidefinite matrices
        claim("copositive", asked([[1, 0, 0], [0, -1, 0], [0, 0, 1]], MATRICES), face([], block=0))
    ],
    "the columns do not span the face": [
        claim("copositive", asked([[-1, 0], [0, 1]], FLAT), face([], generator=0)),
        claim("copositive", asked([[-1, 0], [0, 1]], FLAT), face([[0, 1]], generator=0)),
    ],
    "the form is not positive semidefinite on the face": [
        claim("copositive", asked([[-1, 0], [0, 1]], FLAT), face([[1, 0]], generator=0))
    ],
    # check_strict.py
    "the point must be nonnegative and not zero": [
        claim("not strictly copositive", matrix([[1, 1], [1, 1]]), {"point": [1, -1]}),
        claim("not strictly copositive", matrix([[1, 1], [1, 1]]), {"point": [0, 0]}),
    ],
    "x'Mx is positive": [claim("not strictly copositive", matrix([[1, 0], [0, 1]]), {"point": [1, 0]})],
}  # fmt: skip
