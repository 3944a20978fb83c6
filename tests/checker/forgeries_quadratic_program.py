"""Forgeries about quadratic programs in a user's variables: questions that are none, bounds that do not follow."""

import copos
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


def tables(problem):
    """A proof about one problem, shown as one about another."""

    def verdict():
        found = copos.bracket(copos.quadratic_program([[1]], [-1], bounds=(0, 2), names=["x"]))
        said = check.check(found.certificate.document(), problem)
        raise (check.Rejected if said.readable else check.Unreadable)(said.reason)

    return verdict


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
OTHER = {
    "type": "quadratic program",
    "names": ["x"],
    "variables": BOX,
    "min": {"rows": [[0, 0, 0], [0, 1, -1], [1, 1, 1]]},
}
HONEST = [
    made(MIXED), made(PLAIN), made(MIXED, steps=[[2, 2], [0, 1]], implied=[]),
    made(PLAIN, variables=variables([1, 1, "1/2", 1, 4])), made(PLAIN, variables=variables([0, 0, 0, 1, 4])),
    made(PLAIN, variables=variables([0, 1, 4, 1, 4])), made(PLAIN, variables=variables([0, 1, 5, 1, 4])),
    made(MIXED, implied=[0], variables=variables([0, 1, -1, 1, 1], [1, 1, 0, 1, 5], [0, 0, 0, 0, 0])),
]  # fmt: skip
ROWS = {
    # check_quadratic_program.py
    "the coordinates that are kept are stated": [made(MIXED, free=None), made(PLAIN, free=[0, 1])],
    "a certificate of kind .* says nothing about a quadratic program": [said("copositive"), said("lower bound", None)],
    "is a direction, no feasible point": [lambda: made(PLAIN)().points([(1, [0, 1])])],
    "is a min or a max": [made(PLAIN, min=None), made(PLAIN, max=PLAIN["min"])],
    "names are different texts": [
        made(MIXED, names=["x", "x", "z"]), made(PLAIN, names=[""]), made(PLAIN, names=[1]),
        made(PLAIN, names=["x" * 201]),
    ],
    "relations must be one row": [
        made(MIXED, relations={"rows": [[-1, 0, 2]]}), made(MIXED, relations=variables([1], [0])),
    ],
    "the problem to compare with holds no tables": [tables({**OTHER, "variables": 3})],
    "is about another problem": [tables({**OTHER, "names": ["y"]}), tables({**OTHER, "min": None, "max": OTHER["min"]}),
                                 tables({**OTHER, "min": {"sha256": "0" * 64}})],
    "which was not given": [unseen()],
    "given is not the table": [tables({**OTHER, "min": {"rows": [[0, 0, 0], [0, 1, -2], [1, 1, 1]]}})],
    "an integer needs both bounds": [made(PLAIN, variables=variables([1, 1, 0, 0, 0]))],
    "an integer has at most": [made(PLAIN, variables=variables([1, 1, 0, 1, 2**30]))],
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
        made(MIXED, steps=[[0, 0]], constraints={"rows": [[0, 0, 0, f"1/{3**1500}"], [0, 0, 1, f"1/{7**1000}"],
                                                          [1, 0, 0, 0], [2, 0, 0, 0]]}),
    ],
    "that the bounds do not imply": [made(MIXED, implied=[0]), made(MIXED, implied=[1]), made(MIXED, implied=[2])],
    "constraint of a step must be": [made(MIXED, steps=[[3, 0]]), made(PLAIN, steps=[[0, 0]])],
    "variable of a step must be": [made(MIXED, steps=[[0, 3]])],
    "implied constraint must be": [made(MIXED, implied=[3])],
}  # fmt: skip
