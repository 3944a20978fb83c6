"""Forgeries about data: networks with their tables, questions, and cones that the checker makes anew."""

from copos.checker import check, check_cones, check_data, check_networks, check_questions
from copos.checker.check_identity import program as read_program

TABLE = {"rows": [[1]]}
LINE = {"type": "linear network", "widths": [1, 1], "loss": "squared", "X": TABLE, "Y": TABLE}
# f = (w − 1)² ≥ 1 − t with [[1, 1], [1, t]] ⪰ 0 for t = 1
PROOF = {"value": 0, "t": 1, "C": [[]], "C_bits": 0, "factor": [[1], [1]], "bits": 0, "scales": [0, 0]}
TWO = {**LINE, "widths": [2, 1], "X": {"rows": [[1, 0], [2, 0]]}, "Y": {"rows": [[1, 1]]}}  # x_1 = 2x_0, f ≥ 1
KEPT = {**PROOF, "value": 1, "kept": [0], "combination": [[2]]}
MINUS = {"type": "matrix", "rows": [[-1]]}
PLAIN = {"type": "program", "name": "", "dim": 1, "blocks": [], "generators": [], "unit": [[0, 1]], "objective": [],
         "equations": [], "vanishing": []}  # fmt: skip
BIG = 10**1400


def network(problem=None, proof=None, **changes):
    """A document about (w − 1)², or about another network."""
    problem = LINE if problem is None else problem
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": "lower bound", "problem": problem}
    return {**out, "sha256": check.digest(problem), "proof": PROOF if proof is None else proof, **changes}


def line(**changes):
    return network({**LINE, **changes})


def forged(**changes):
    return network(None, {**PROOF, **changes})


def small(unit, **more):
    problem = {"type": "program", "name": "", "dim": 1, "blocks": [], "generators": [], "unit": unit, "objective": [],
               "equations": [], "vanishing": [], **more}  # fmt: skip
    return read_program(problem)


def asked(question):
    return lambda: check_questions.answered(question, small([]), "lower bound", 0, None)


# ¼(z − 3)² where (z − 1)² is asked for: their difference is at least −4/3
MOVED = {"sample_weight": ["1/4"], "targets": [[3]], "t": "9/4", "factor": [[1], [3]], "bits": 2}
HALF = {"t": "5/8", "factor": [[5], [3]], "bits": 4, "value": "3/8"}  # of 2w² − 2w + 1
# the target of an error without weight
FREE = {**LINE, "X": {"rows": [[1, 1]]}, "Y": {"rows": [[1, 5]]}, "weights": {"rows": [[1, 0]]}}
HONEST = [network(), forged(**MOVED, value="-4/3"), network({**LINE, "ridge": 1}, {**PROOF, **HALF}),
          network(FREE, {**PROOF, "sample_weight": [1, 0], "targets": [[1, 7]]}),
          network(TWO, KEPT), network({**LINE, "intercept": False}),
          network({**LINE, "ridge": 1}, {"value": "1/2", "layers": [[["1/2"]]]}, kind="upper bound"),
          network({**LINE, "constraints": [{"entries": [[0, 0, 1]], "low": 1, "high": 1}]}, {"value": 0,
              "layers": [[[1]]]},
                  kind="upper bound")]  # fmt: skip
ROWS = {
    # check.py
    "holds no question about data": [
        (network(MINUS, {"point": [1]}, kind="not copositive"), None, {"X": [[1]]}),
    ],
    "this proof is about none": [network(question={"type": "nothing"}), network(question=None)],
    "was not given": [network({**LINE, "X": {"sha256": "0" * 64, "shape": [1, 1]}})],
    # check_cones.py
    "described by 'arrow' or 'quadratic'": [lambda: check_cones.second_order(3, "round")],
    "a cone has at most 100000 coordinates": [lambda: check_cones.free(100001)],
    "are places of the cone's own": [
        lambda: check_cones.sliced(check_cones.free(2), [{0: 1, 1: 1}], [2]),
        lambda: check_cones.sliced(check_cones.free(3), [{0: 1, 1: 1}], [2, 1]),
        lambda: check_cones.sliced(check_cones.free(3), [{0: 1, 1: 1}], [1, 1]),
        lambda: check_cones.sliced(check_cones.free(2), [{0: 1, 1: 1}], [True]),
    ],
    "do not determine its other coordinates": [
        lambda: check_cones.sliced(check_cones.free(3), [{0: 1, 1: 1}], [2]),
        lambda: check_cones.sliced(check_cones.free(3), [{0: 1, 1: 1}], [0, 1]),
    ],
    # check_data.py
    "X needs its rows or their sha256": [line(X={}), line(X={"rows": [[1]], "sha256": "0"})],
    "X must have a row and a column": [line(X={"rows": []}), line(X={"rows": [[]]})],
    "the X given is not the table": [
        (network(), None, {"X": rows}) for rows in ([[2]], [[1, 1]], [[1], []], [[1], [2, 3]], [], [[]], [1], 5)
    ],
    # Ax = b is not A'x = b
    "the A given is not the table": [
        lambda: check_data.Data({"A": [[1, 3], [2, 4]]}).table("A", {"rows": [[1, 2], [3, 4]]}),
    ],
    "does not have the shape": [(network({**LINE, "X": {"sha256": check_data.digest([[1]]), "shape": [1, 2]}}), None,
                                 {"X": [[1]]})],
    "the question has no data named": [(network(), None, {"Z": [[1]]})],
    "a table is not plain JSON": [(network(), None, {"X": [[{1, 2}]]}), lambda: check_data.digest(float("nan"))],
    # check_networks.py
    "expected the type 'linear network'": [
        lambda: check_networks.asked({**LINE, "type": "network"}, check_data.Data(None)),
    ],
    "the widths do not fit": [
        line(widths=[1]), line(widths=[2, 1]), line(widths=[1, 2]), line(X={"rows": [[1, 2]]}), line(Y={"rows": [[1,
            2]]}),
    ],
    "the loss is one of": [line(loss="cubic"), line(loss=[]), line(loss="huber"), line(delta=1), line(loss="absolute",
        delta=1)],
    "weights must have the shape": [line(weights={"rows": [[1, 1]]}), line(weights={"rows": [[1], [1]]})],
    "must be one row of": [
        line(sample_weight={"rows": [[1, 1]]}), line(sample_weight={"rows": [[1], [1]]}),
            line(output_weight={"rows": [[1, 1]]}),
    ],
    "must not be negative, and delta": [
        line(ridge=-1), line(weight_decay="-1/2"), line(weights={"rows": [[-1]]}), line(sample_weight={"rows": [[-1]]}),
        line(output_weight={"rows": [[-1]]}), line(loss="huber", delta=0), line(loss="huber", delta=-1),
    ],
    "intercept must be true or false": [line(intercept=1)],
    "an output without weighted samples": [lambda: check_networks.quadratic([[1]], [[1]], [0], True)],
    "a loss is not negative proves no value": [network(None, {"value": "1/1000000"}), network(None, {"value": 1})],
    "too large a common denominator": [
        network({**LINE, "X": {"rows": [[f"1/{BIG + k}" for k in range(40)]]}, "Y": {"rows": [[1] * 40]}}),
    ],
    "less than the value that it states": [
        # (z − 1)² ≥ ½z² − 1, and ¼(z − 3)² takes ⅓·4 of it
        forged(sample_weight=["1/2"], targets=[[0]], t=0, factor=[[0], [0]], value="-999999/1000000"),
        forged(sample_weight=["1/4"], targets=[[3]], t=9, factor=[[1], [3]], bits=2, value="-3/2"),
        forged(**MOVED, value=1), forged(value=1), forged(value="1/1000000"), network(TWO, {**KEPT,
        "value": 2})],
    "the closed form is about squared losses": [line(loss="absolute"), line(loss="huber", delta=1)],
    "no error has a positive weight": [
        line(output_weight={"rows": [[0]]}), network(None, {**PROOF, "sample_weight": [0]}),
    ],
    "violates a constraint on W": [
        network({**LINE, "constraints": [{"entries": [[0, 0, 1]], **bounds}]}, {"value": 0, "layers": [[[1]]]},
            kind="upper bound")
        for bounds in ({"low": "1000001/1000000", "high": None}, {"low": None, "high": "999999/1000000"})
    ],
    "the network has the value": [
        network(None, {"value": "1/1000000", "layers": [[["1002/1000"]]]}, kind="upper bound"),
        network({**LINE, "ridge": 1}, {"value": "999999/1000000", "layers": [[[1]]]}, kind="upper bound"),
        network({**LINE, "weight_decay": 2}, {"value": "999999/1000000", "layers": [[[1]]]}, kind="upper bound"),
    ],
    "the product of the layers has too many digits": [
        network({**LINE, "widths": [1] * 17}, {"value": 1, "layers": [[[f"{BIG}/{BIG - 1}"]]] * 16},
                kind="upper bound"),
    ],
    "that a loss is not negative proves no value": [network(proof={"value": v}) for v in (1, "1/1000000")],
    "t must not be negative": [forged(t=-1, C=[[2]], factor=[[1], [1]])],
    "weights of the errors are not products": [line(weights={"rows": [[1]]})],
    "a weight of the closed form is negative": [forged(sample_weight=[-1]), forged(output_weight=[-1])],
    "weighs an error more than the question": [
        forged(sample_weight=["1000001/1000000"]), forged(output_weight=[2]),
        network({**LINE, "ridge": 1}, {**PROOF, "sample_weight": [2]}),
        network({**LINE, "ridge": 1}, {**PROOF, "sample_weight": ["2000001/1000000"], "targets": [[1]]}),
    ],
    "an intercept goes with the targets of the question": [
        network({**LINE, "intercept": True}, {**PROOF, "targets": [[1]]}),
    ],
    "a ridge is a part of the errors only where X is": [
        network({**LINE, "ridge": 1, "X": {"rows": [[2]]}}, {**PROOF, "targets": [[1]]}),
        network({**TWO, "ridge": 1}, {**KEPT, "targets": [[1, 1]]}),
    ],
    "a target is moved where the closed form weighs its error in full": [
        forged(targets=[[2]]), forged(targets=[["1000001/1000000"]]),
        network({**LINE, "ridge": 1}, {**PROOF, "sample_weight": [2], "targets": [[1]]}),  # y is 1/2 there
    ],
    "must be listed once, in order": [
        network(TWO, {**KEPT, "kept": [0, 0]}), network(TWO, {**KEPT, "kept": [1, 0]}),
    ],
    "is not the combination of the inputs": [network(TWO, {**KEPT, "combination": [[1]]})],
    "the matrix of the closed form is not shown": [
        forged(**HALF), forged(**HALF, targets=[[1]]),
        forged(t=0, value=1), forged(t="1/2", value="1/2"), forged(factor=[[1], [-1]]),
        forged(factor=[[2], [2]], bits=0), forged(scales=[1, 0]),
    ],
    "a loss is not negative proves no value above 0": [network(None, {"value": 1})],
    # check_questions.py
    "of the program are not those of the question": [
        lambda: check_questions.agree(small([]), small([[0, 1]])),
    ],
    "the proof uses an inequality that the question does not imply": [
        lambda: check_questions.agree(small([[0, 1]], stated=[[[0, 1]]]), small([[0, 1]])),
        lambda: check_questions.agree(small([[0, 1]], stated=[[[0, 1]]]), small([[0, 1]]), [{0: 2}]),
    ],
    "a question is made into a program": [network(question={"type": "standard quadratic"})],
    "a question has a type, one": [
        network(PLAIN, {"level": 0, "terms": [], "multipliers": []}, kind="copositive", question=question)
        for question in ({"type": "nothing"}, [], {"type": []}, None)
    ],
    "a question has a type": [asked({"type": "nothing"}), asked([]), asked({"type": []}), asked(None)],
}  # fmt: skip
