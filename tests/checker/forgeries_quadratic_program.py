"""Forgeries about quadratic programs in a user's variables: questions that are none, bounds that do not follow."""

from copos.checker import check
from copos.checker.check_data import Data, digest
from copos.checker.check_quadratic_program import QUESTIONS

# max x² − y + z, x in [−1, 2], y an integer in [0, 5], z free, x + y ≤ 6, x − z = 0, x² + z² ≤ 9
MIXED = {
    "type": "quadratic program", "names": ["x", "y", "z"],
    "max": {"rows": [[0, 0, 0], [0, 2, -1], [0, 3, 1], [1, 1, 1]]},
    "variables": {"rows": [[0, 1, -1, 1, 2], [1, 1, 0, 1, 5], [0, 0, 0, 0, 0]]},
    "relations": {"rows": [[-1, 0, -1]]},
    "constraints": {"rows": [[0, 0, 0, -6], [0, 0, 1, 1], [0, 0, 2, 1], [1, 0, 0, 0], [1, 0, 1, 1], [1, 0, 3, -1],
                             [2, 0, 0, -9], [2, 1, 1, 1], [2, 3, 3, 1]]},
    "free": [0, 1, 2, 3, 4],
}  # fmt: skip
# min x over x ≥ 0
PLAIN = {"type": "quadratic program", "names": ["x"], "min": {"rows": [[0, 0, 0], [0, 1, 1]]},
         "variables": {"rows": [[0, 1, 0, 0, 0]]}}  # fmt: skip


def made(question, **changes):
    """A function that makes the program of a question with some keys changed; None takes a key away."""
    asked = {key: value for key, value in {**question, **changes}.items() if value is not None}
    return lambda: QUESTIONS["quadratic program"](asked, Data(None))


def variables(*rows):
    return {"rows": [list(row) for row in rows]}


def form(*rows):
    return made(PLAIN, min={"rows": [list(row) for row in rows]})


def said(kind, value=0):
    return lambda: made(PLAIN)().say(kind, value)


def unseen():
    """min 1 ≥ 1, shown as a bound of min x, x ≥ 0: the question and the problem given name their tables by hashes."""
    question = {**PLAIN} | {name: {"sha256": digest(PLAIN[name]["rows"])} for name in ("min", "variables")}
    one = [[0, 0, 1]]
    problem = {"type": "program", "name": "", "dim": 1, "blocks": [{"order": 1, "entries": [[0, 0, 0, 1]]}],
               "generators": [], "unit": [[0, 1]], "objective": one, "equations": [{"form": one, "value": 1}],
               "vanishing": []}  # fmt: skip
    proof = {"value": 1, "y": [1], "level": 0, "terms": [], "multipliers": []}
    document = {"format": check.FORMAT, "version": check.VERSION, "kind": "lower bound", "problem": problem,
                "proof": proof, "sha256": check.digest(problem), "question": question}  # fmt: skip
    return document, question


BOX = variables([0, 1, 0, 1, 2])
# min x² − x over 0 ≤ x ≤ 2 is −¼: with x = 2u, 4u² − 2u + ¼ = (2u − ½)²
SMALL = {
    "type": "quadratic program", "names": ["x"], "variables": BOX, "min": {"rows": [[0, 0, 0], [0, 1, -1], [1, 1, 1]]},
}  # fmt: skip
PROGRAM = {
    "type": "program", "name": "", "dim": 2, "generators": [], "unit": [[0, 1]], "objective": [[0, 1, -2], [1, 1, 4]],
    "blocks": [{"order": 1, "entries": entries} for entries in ([[0, 0, 0, 1]], [[0, 0, 1, 1]],
                                                                [[0, 0, 0, 1], [0, 0, 1, -1]])],
    "equations": [{"form": [[0, 0, 1]], "value": 1}], "vanishing": [],
}  # fmt: skip
PROOF = {"value": "-1/4", "y": ["-1/4"], "level": 0, "multipliers": [],
         "terms": [{"rows": [[0], [1]], "gram": {"factor": [[1], [-4]], "bits": 1}}]}  # fmt: skip


def document(question=SMALL, kind="lower bound", problem=PROGRAM, proof=PROOF):
    """A proof with its question; None leaves the question out."""
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem,
           "sha256": check.digest(problem), "proof": proof}  # fmt: skip
    return {**out, **({} if question is None else {"question": question})}


def compared(question=SMALL, **changes):
    """The bound, shown as one about a problem with other entries; None takes an entry away."""
    return document(question), {key: value for key, value in {**SMALL, **changes}.items() if value is not None}


def hashed(name, **more):
    """A table by its hash."""
    return {"sha256": digest(SMALL[name]["rows"]), **more}


ANY = {"sha256": digest([[0, 0, -7]])}  # of a table that nobody gives


def rays(*forms):
    """Blocks of order one from [(variable, coefficient), …]."""
    return [{"order": 1, "entries": [[0, 0, v, c] for v, c in form]} for form in forms]


def altered(question, **changes):
    """A question with other entries; None takes an entry away."""
    return {key: value for key, value in {**question, **changes}.items() if value is not None}


# max x over the integers 0 ≤ x ≤ 3, x ≤ 5/2 is 2: x = u_1 + u_2 with bits u, and 1 − u_b ≥ 0
WHOLE = {
    "type": "quadratic program", "names": ["x"], "max": {"rows": [[0, 0, 0], [0, 1, 1]]},
    "variables": variables([1, 1, 0, 1, 3]), "relations": {"rows": [[-1]]},
    "constraints": {"rows": [[0, 0, 0, "-5/2"], [0, 0, 1, 1]]}, "steps": [[0, 0]], "implied": [0],
}  # fmt: skip
CUT = [(0, 1), (1, -1)]
BITS = {
    **PROGRAM, "dim": 3, "objective": [[0, 1, -1], [0, 2, -1]],
    "blocks": rays([(0, 1)], [(1, 1)], [(2, 1)], CUT, [(0, 1), (2, -1)]),
    "vanishing": [[[b, b, 1], [0, b, -1]] for b in (1, 2)],
}  # fmt: skip
MOST = {"value": -2, "y": [-2], "level": 0, "multipliers": [], "terms": [{"products": [[0, 3, 1], [0, 4, 1]]}]}
# x ≥ 7/2 instead, and the first step leaves 4 ≤ x ≤ 3: x = 4 + u and −1 − u ≥ 0
NONE = altered(WHOLE, relations={"rows": [[1]]}, constraints={"rows": [[0, 0, 0, "-7/2"], [0, 0, 1, 1]]}, implied=None)
EMPTY = {**PROGRAM, "objective": [[0, 1, -1]],
         "blocks": rays([(0, 1)], [(1, 1)], [(0, -1), (1, -1)], [(0, "1/2"), (1, 1)])}  # fmt: skip
NOTHING = {"y": [1], "level": 0, "multipliers": [], "terms": [{"products": [[0, 2, 1], [0, 1, 1]]}]}


def most(proof=None, problem=None, **changes):
    """The bound over integers with other entries of its proof, its program, or its question."""
    return document(altered(WHOLE, **changes), "lower bound", {**BITS, **(problem or {})}, {**MOST, **(proof or {})})


def least(value, *atoms, **changes):
    """Points (weight, u) of the program over integers."""
    proof = {"value": value, "atoms": [{"weight": w, "point": u} for w, u in atoms]}
    return document(altered(WHOLE, **changes), "upper bound", BITS, proof)


def nothing(**changes):
    return document(altered(NONE, **changes), "infeasible", EMPTY, NOTHING)


def form_rows(*rows):
    return {"rows": [list(row) for row in rows]}


# x_1 = Σ x_k/p_k at a point whose coordinates are fractions 1/q_k: Python refuses to write its first one
LONG = altered(PLAIN, names=["a", "b", "c", "d"], min=form_rows([0, 0, 0]), variables=variables(*[[0, 1, 0, 0, 0]] * 4),
               relations=form_rows([0]), free=[0, 2, 3, 4],
               constraints=form_rows([0, 0, 0, 0], [0, 0, 1, -1],
                                     *([0, 0, k, f"1/{10**1400 + 2 * k}"] for k in (2, 3, 4))))  # fmt: skip
WIDE = {**PROGRAM, "dim": 4, "objective": [],
        "blocks": rays([(0, 1)], [(k, f"1/{10**1400 + 2 * k + 2}") for k in (1, 2, 3)],
                       *([(k, 1)] for k in (1, 2, 3)))}  # fmt: skip
POINT = {"value": 0, "atoms": [{"weight": 1, "point": [1, *(f"1/{10**1400 + k}" for k in (9, 11, 13))]}]}
HONEST = [
    made(MIXED), made(PLAIN), made(MIXED, steps=[[2, 2], [0, 1]], implied=[]),
    made(PLAIN, variables=variables([1, 1, "1/2", 1, 4])), made(PLAIN, variables=variables([0, 0, 0, 1, 4])),
    made(PLAIN, variables=variables([0, 1, 4, 1, 4])), made(PLAIN, variables=variables([0, 1, 5, 1, 4])),
    made(MIXED, implied=[0], variables=variables([0, 1, -1, 1, 1], [1, 1, 0, 1, 5], [0, 0, 0, 0, 0])),
    made(PLAIN, names=["x" * 200]), made(PLAIN, variables=variables([1, 1, 2**30, 1, 2**31 - 1])),
    made(MIXED, relations=None, constraints=None, free=None),
]  # fmt: skip
OTHERS = [  # true, each for a reason that a rule might overlook
    most(), least(-2, (1, [1, 1, 1])), nothing(), document(LONG, "upper bound", WIDE, POINT),
    most(variables=variables([1, 1, 0, 0, 0])), most(variables=variables([1, 1, "-1/2", 1, "7/2"])),
    most(implied=[0, 0]), most(steps=[[0, 0], [0, 0]]), most(max=None, min=form_rows([0, 0, 7], [0, 1, -1])),
    least(-2, ("1/8", [2, 2, 2]), ("1/2", [1, 1, 1])), least(-1, ("1/2", [1, 1, 1]), ("1/2", [1, 0, 0])),
]
PROVED = [
    document(), compared(), compared(min=hashed("min")), compared(variables=hashed("variables", shape=[1, 5])),
    compared({**SMALL, "min": hashed("min")}), compared({**SMALL, "min": hashed("min")}, variables=hashed("variables")),
]
ROWS = {
    # claims that are false, about the integers
    "of the program are not those of the question": [
        most(max=None, min=WHOLE["max"]), most(max=form_rows([0, 0, 0], [0, 1, 2])),
        most(max=form_rows([0, 0, 0], [1, 1, 1])), most(max=form_rows([0, 0, 0], [0, 1, -1])),
        most(constraints=form_rows([0, 0, 0, "-7/2"], [0, 0, 1, 1])), most(relations=form_rows([1])),
        most(constraints=form_rows([0, 0, 0, "-5/2"], [0, 0, 1, -1])), most(steps=None, implied=None),
        most(variables=variables([0, 1, 0, 1, 3])), most(variables=variables([1, 1, 1, 1, 3])),
        most(variables=variables([1, 1, -1, 1, 3])),
        most(names=["x", "y"], variables=variables([1, 1, 0, 1, 3], [0, 1, 0, 0, 0])),
        most(problem={"vanishing": []}), most(problem={"vanishing": [*BITS["vanishing"], [[1, 2, 1]]]}),
        most({"value": -1}, {"equations": [{"form": [[0, 0, 1]], "value": "1/2"}]}), most(problem={"unit": [[0, 2]]}),
        most({"value": "-3/2", "y": ["-3/2"]}, {"blocks": [*BITS["blocks"][:3], *rays([(0, "1/2"), (1, -1)]),
                                                           BITS["blocks"][4]]}),
        most({"value": "-3/2", "y": ["-3/2"]}, {"blocks": [*BITS["blocks"][:3], *rays([(0, 1), (0, "-1/2"), (1, -1)]),
                                                           BITS["blocks"][4]]}),
        nothing(constraints=form_rows([0, 0, 0, "-5/2"], [0, 0, 1, 1])), nothing(steps=None),
        nothing(constraints=form_rows([0, 0, 0, -3], [0, 0, 1, 1])), nothing(variables=variables([1, 1, 0, 1, 4])),
    ],
    "uses an inequality that the question does not imply": [
        most({"value": -1, "y": [-1], "terms": [{"products": [[0, 5, 1]]}]}, {"stated": [[[0, 1], [1, -1], [2, -1]]]}),
    ],
    "block must be an integer from 0 to 4": [
        most({"terms": [{"products": [[0, 3, 1], [k, 4, 1]]}]}) for k in ([], [[]], {}, True, -5, 5, "0")
    ],
    "the proof gives -2": [most({"value": "-1999999/1000000"}), most({"value": -1, "rounded": True})],
    "the point violates a vanishing form": [least(-2, (1, [1, 1, "1/2"])), least("-3/2", (1, [1, 1, "1/2"]))],
    "of the cone is not positive semidefinite at the point": [
        least(-2, (1, [1, 1, 0]), (1, [0, 1, 0])), least(-2, (1, [-1, -1, -1])), least(-2, (1, [1, 2, 0])),
    ],
    "a weight is negative": [least(-2, (2, [1, 1, 1]), (-1, [1, 0, 0]))],
    "an equation does not hold exactly": [least(-2, (2, [1, 1, 1])), least(-2)],
    "the objective is -1, above -2": [least(-2, (1, [1, 1, 0]))],
    "b'y is not positive": [document(WHOLE, "infeasible", BITS, {key: v for key, v in MOST.items() if key != "value"})],
    # check_quadratic_program.py
    "the coordinates that are kept are stated": [
        most(free=[0, 1, 2]), made(MIXED, free=None), made(PLAIN, free=[0, 1]),
    ],
    "a certificate of kind .* says nothing about a quadratic program": [said("copositive"), said("lower bound", None)],
    "is a direction, no feasible point": [
        least(-2, (1, [1, 1, 1]), (0, [0, 0, 0])), lambda: made(PLAIN)().points([(1, [0, 1])]),
    ],
    "is a min or a max": [made(PLAIN, min=None), made(PLAIN, max=PLAIN["min"])],
    "a name occurs twice": [made(MIXED, names=["x", "x", "z"]), made(MIXED, names=["x", "y", "x"])],
    # a name with a line break would write a claim of its own
    "names are printable texts": [
        made(PLAIN, names=["x\nproved: the objective is ≥ 7"]), made(PLAIN, names=["x\u202e7"]),
        made(MIXED, names=["x", "", "z"]), made(PLAIN, names=[""]),
        made(PLAIN, names=[1]), made(PLAIN, names=["x" * 201]),
    ],
    "relations must be one row": [
        made(MIXED, relations={"rows": [[-1, 0, 2]]}), made(MIXED, relations=variables([1], [0])),
    ],
    "(relations|constraints) must be an object": [made(MIXED, relations=None), made(MIXED, constraints=None)],
    "constraints must be an integer from 0 to 2": [
        made(MIXED, constraints={"rows": [*MIXED["constraints"]["rows"], [k, 0, 0, 1]]}) for k in (3, 4, -1)
    ],
    "variables must be an object": [compared(variables=3), compared({**SMALL, "variables": 3}, variables=ANY)],
    "min needs its rows or their sha256": [compared(min={}), compared({**SMALL, "min": {}}, min=ANY)],
    "the certificate is about another problem": [
        compared(names=["y"]), compared(min=None, max=SMALL["min"]), compared(min=ANY), compared(type="program"),
        compared({**SMALL, "min": hashed("min")}, min=ANY), compared(None), compared({**SMALL, "type": "other"}),
        compared([]), (document(), [1]), (document(), "quadratic program"),
        compared(min={"rows": [[0, 0, 0], [0, 1, -2], [1, 1, 1]]}), compared(variables=variables([0, 1, 0, 1, 3])),
        compared(relations=variables([1]), constraints={"rows": [[0, 0, 0, -3], [0, 0, 1, 1]]}),  # x ≥ 3
    ],
    # the question might be about any table, and what was given would be compared with nothing
    "is about the table min, which was not given": [
        compared({**SMALL, "min": ANY}, min=ANY), (document({**SMALL, "min": ANY}), None, {}),
    ],
    "is about the table variables, which was not given": [
        unseen(),
        (document({**SMALL, "variables": ANY}), None, {"min": [[0, 0, 0], [0, 1, -5]]}),
    ],
    "the variables given is not the table": [
        (document(), SMALL, {"variables": [[0, 1, 0, 1, 3]]}), (document(), None, {"variables": [[0, 1, 0, 1, 3]]}),
    ],
    "the question has no data named": [(document(), SMALL, {"A": [[1]]}), (document(), None, {"A": [[1]]})],
    "an integer needs both bounds": [made(PLAIN, variables=variables([1, *row])) for row in ([1, 0, 0, 0],
                                                                                          [0, 0, 1, 4])],
    "an integer has at most": [
        made(PLAIN, variables=variables([1, 1, 0, 1, 2**30])), made(PLAIN, variables=variables([1, 1, -(2**29), 1,
                                                                                               2**29])),
    ],
    "are places of the cone's own": [made(MIXED, free=[*range(5)] * 3), made(MIXED, free=[0, 1, 2, 3, 9])],
    "a row of variables is": [
        made(PLAIN, variables=variables([0, 1, 0])), made(PLAIN, variables=variables([2, 1, 0, 0, 0])),
        made(PLAIN, variables=variables([0, 1, 0, "1/2", 0])),
    ],
    "a row has the wrong length": [form([0, 0, 0, 1]), form([0, 0])],
    "a place .* occurs once": [form([0, 0, 0], [1, 0, 1]), form([0, 0, 0], [0, 1, 1], [0, 1, 1])],
    "a form begins with its constant": [form([0, 1, 1], [0, 0, 3])],
    "a form has no row": [made(MIXED, relations={"rows": [[-1, 0, -1, 1]]})],
    # check_tightening.py
    "a bound has too many digits": [
        made(MIXED, steps=[[0, 0]], constraints={"rows": [[0, 0, 0, f"1/{3**2500}"], [0, 0, 1, f"1/{7**1500}"],
                                                          [1, 0, 0, 0], [2, 0, 0, 0]]}),
    ],
    "that the bounds do not imply": [
        most(steps=None), most(relations=form_rows([0])), nothing(implied=[0]),
        made(MIXED, implied=[0]), made(MIXED, implied=[1]), made(MIXED, implied=[2]),
    ],
    "constraint of a step must be": [made(MIXED, steps=[[3, 0]]), made(PLAIN, steps=[[0, 0]])],
    "variable of a step must be": [made(MIXED, steps=[[0, 3]])],
    "implied constraint must be": [made(MIXED, implied=[3])],
}  # fmt: skip
