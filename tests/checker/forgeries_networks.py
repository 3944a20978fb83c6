"""Forgeries about lifts of linear networks: cuts that leave out every optimal network, coordinates that are none."""

from copos.checker import check, check_lifts
from copos.checker.check_data import Data

LINE = {"type": "linear network", "widths": [1, 1], "loss": "squared", "X": {"rows": [[1]]}, "Y": {"rows": [[1]]}}
DEEP = {**LINE, "widths": [1, 1, 1]}
# min (w_0 + 2w_1 − 1)² over one output and two inputs, the second twice the first
TWO = {**LINE, "widths": [2, 1], "X": {"rows": [[1], [2]]}}
PLANE = {**LINE, "widths": [2, 2], "X": {"rows": [[1, 0], [0, 1]]}, "Y": {"rows": [[1, 0], [0, 2]]}}
PRIME = 2**61 - 1


def asked(network=None, lift="factor", strengthen=(), **more):
    """A question about (w − 1)², or about another network, and how it is lifted."""
    network = LINE if network is None else network
    how = {"lift": lift, "strengthen": list(strengthen), "free": [], **more}
    return {"type": "lifted linear network", "network": network, "how": how}


def made(network=None, lift="factor", strengthen=(), **more):
    """A function that makes the program of such a question."""
    return lambda: check_lifts.rebuilt(asked(network, lift, strengthen, **more), Data(None))


def line(lift="factor", strengthen=(), bound=None, **network):
    """(w − 1)² with some keys of the network changed; with a cut tr Z ≤ bound."""
    more = {} if bound is None else {"bound": bound, "strengthen": ["bounded"]}
    return made({**LINE, **network}, **{"lift": lift, "strengthen": strengthen, **more})


def limits(low, high, j=0):
    return {"entries": [[0, j, 1]], "low": low, "high": high}


def written(form):
    return [[*key, str(c)] for key, c in form.items()]


def document(question, value, y, stated=(), **proof):
    """A lower bound on the program that a question is made into, and on the question."""
    p = check_lifts.rebuilt(question, Data(None)).program
    blocks = [{"order": n, "entries": [[i, j, v, str(c)] for (i, j), e in b.items() if i <= j for (v,), c in e]}
              for n, b in zip(p.orders, p.blocks, strict=True)]  # fmt: skip
    problem = {"type": "program", "name": "", "dim": p.dim, "blocks": blocks, "unit": written(p.unit),
               "generators": [written(g) for g in p.generators], "objective": written(p.objective),
               "equations": [{"form": written(A), "value": b} for A, b in p.equations],
               "vanishing": [written(E) for E in p.vanishing]} | ({"stated": list(stated)} if stated else {})
    proof = {"value": value, "y": y, "level": 0, "terms": [], "multipliers": [], **proof}
    return {"format": check.FORMAT, "version": check.VERSION, "kind": "lower bound", "problem": problem,
            "sha256": check.digest(problem), "proof": proof, "question": question}


SQUARE = [{"rows": [[0], [2]], "gram": {"factor": [[1], [-1]]}}]  # (x_0 − w)², with the whole of the loss in it
TRUE = document(asked(), 0, [0], terms=SQUARE)
HONEST = [TRUE]
ACCEPTED = [
    line(bound=2), line(bound=0, Y={"rows": [[0]]}), line(bound=4, ridge=1),
    line(bound=4, loss="absolute"), line(bound=4, loss="huber", delta=1), line(bound=2, constraints=[limits(-1, 1)]),
    line(bound=5, constraints=[limits(-1, 9)]), line(bound=2, constraints=[limits(0, None)]),
    made(DEEP | {"weight_decay": 2}, strengthen=["bounded"], bound=2), made(TWO, kept=[0], combination=[[2]]),
    made(TWO, strengthen=["bounded"], bound=2), made(TWO, strengthen=["minors"]),
    line(bound=4, constraints=[limits(2, 2)]),
    made({**TWO, "X": {"rows": [[0], [0]]}}, kept=[], combination=[[], []], strengthen=["bounded"], bound=0),
    made({**LINE, "loss": "absolute"}, total=1), made({**LINE, "loss": "huber", "delta": 2}, total="1/4"),
    made({**LINE, "widths": [1, 1, 1, 1], "weight_decay": 2}, decay="1/3"),
    made(PLANE, outputs=[["3/5", "4/5"], ["-4/5", "3/5"]], inputs=[[1, 1], [0, 1]]),
    *[made(PLANE, lift=lift, strengthen=["whiten"]) for lift in check_lifts.SIDES],
    made(TWO, lift="minors"), made({**PLANE, "widths": [2, 1, 2]}, lift="minors", strengthen=["whiten"]),
]  # fmt: skip

ROWS = {
    # check_lifts.py
    "a lift is one of": [line(lift="trust"), line(lift=[]), line(lift=None)],
    "a lift has strengthenings of its own": [
        line(strengthen=["trust"]), line(strengthen=[[]]), line(lift="projection", strengthen=["bounded"]),
        line(lift="projection", strengthen=["projection"]), line(lift="minors", strengthen=["minors"]),
        line(lift="minors", strengthen=["bounded"], bound=2), line(lift="factor-moments", strengthen=["minors"]),
    ],
    "vanish for rank one only": [
        made(PLANE, strengthen=["minors"]), made(PLANE, lift="projection", strengthen=["minors"]),
        made({**PLANE, "widths": [2, 3, 2]}, strengthen=["minors"]), made(PLANE, lift="minors"),
        made({**PLANE, "widths": [2, 3, 2]}, lift="minors"),
    ],
    "a bounded lift states its bound": [line(strengthen=["bounded"]), made(strengthen=["bounded"], bound=None)],
    "tr Z is not shown to be bounded": [
        line(bound=-1), line(bound="1999999/1000000"), made(bound="1999999/1000000"),
        line(bound=0),  # Z = 0 leaves W = 0 only, of loss 1
        line(bound=0, loss="absolute"), line(bound="3999999/1000000", loss="absolute"), line(bound=0, ridge=1),
        line(bound="1999999/1000000", constraints=[limits(-1, 1)]),
        line(bound=8, constraints=[limits(-1, 9)], X={"rows": [[0]]}), line(bound=2, X={"rows": [["1/2"]]}),
        line(bound=4, loss="absolute", X={"rows": [["1/2"]]}), line(bound=9, X={"rows": [[0]]}),
        line(bound=9, loss="absolute", sample_weight={"rows": [[0]]}),
        line(bound=2, loss="absolute", output_weight={"rows": [[0]]}),
        # of the optimal w_0 + 2w_1 = 1 with w_0 ≥ 3 or in other coordinates
        made({**TWO, "constraints": [limits(None, 1)]}, strengthen=["bounded"], bound=9),
        made(inputs=[["1/9"]], strengthen=["bounded"], bound=9),
        made({**LINE, "ridge": 1}, inputs=[["1/9"]], strengthen=["bounded"], bound=9, assumed=1),
        made(DEEP | {"weight_decay": 2, "X": {"rows": [[0]]}, "Y": {"rows": [[3]]}}, strengthen=["bounded"], bound=8),
    ],
    "W = 0 does not satisfy": [
        line(bound=9, constraints=[limits(1, None)]), line(bound=9, constraints=[limits(None, -1)]),
        made({**LINE, "loss": "absolute", "constraints": [limits(1, None)]}, total=1),
        made({**LINE, "widths": [1] * 4, "weight_decay": 2, "constraints": [limits(1, None)]}, decay="1/3"),
    ],
    "the errors are not shown": [
        made({**LINE, "loss": "absolute"}, total="999999/1000000"),
        made({**LINE, "loss": "huber", "delta": 2}, total="249999/1000000"),
    ],
    "the decay is not shown": [
        made({**LINE, "widths": [1, 1, 1, 1], "weight_decay": 2}, decay="333333/1000000"),
    ],
    "weight decay is a function of the factors": [
        made(DEEP | {"weight_decay": 1}, lift="projection"), made(DEEP | {"weight_decay": 1}, lift="minors"),
    ],
    "the decay of one layer is a ridge": [line(weight_decay=1)],
    "other coordinates are for squared losses": [
        made({**LINE, "loss": "absolute"}, inputs=[[2]]), made({**LINE, "loss": "absolute"}, outputs=[[-1]]),
        made({**LINE, "constraints": [limits(0, 1)]}, inputs=[[-1]]),
        made({**TWO, "constraints": [limits(1, None)]}, kept=[0], combination=[[2]]),
    ],
    "inputs are left out only where": [
        made({**TWO, "ridge": 1}, kept=[0], combination=[[2]]),
        made({**TWO, "widths": [2, 1, 1], "weight_decay": 1}, kept=[0], combination=[[2]]),
    ],
    "is not the combination of the inputs": [
        made(TWO, kept=[0], combination=[[1]]), made(TWO, kept=[], combination=[[], []]),
        # a combination where the samples of the second output do not count
        made({**PLANE, "X": {"rows": [[1, 1], [1, 2]]}, "weights": {"rows": [[1, 0], [1, 1]]}}, kept=[0],
             combination=[[1]]),
    ],
    "coordinates of the inputs are not invertible": [
        made(inputs=[[0]]), made(PLANE, inputs=[[1, 2], [2, 4]]), made(inputs=[[f"1/{PRIME}"]]), made(inputs=[[PRIME]]),
    ],
    "weight decay needs orthogonal": [
        made(DEEP | {"weight_decay": 1}, inputs=[[2]]),
        made({**PLANE, "widths": [2, 2, 2], "weight_decay": 1}, inputs=[[1, 1], [0, 1]]),
    ],
    "outputs are rotated by orthogonal matrices": [
        made(outputs=[[2]]), made(outputs=[[0]]), made(PLANE, outputs=[[1, 1], [0, 1]]),
        made({**PLANE, "output_weight": {"rows": [[1, 2]]}}, outputs=[[0, 1], [1, 0]]),
    ],
    "a point with x_0 = 0 is no network": [lambda: made()().points([(1, [0] * 9)])],
    "an intercept belongs to the squared loss": [
        # without its intercept the loss is larger
        line(loss="absolute", intercept=True), line(loss="huber", delta=1, intercept=True),
    ],
    # check_questions.py
    "a question has a type": [
        {**TRUE, "question": {"type": "nothing"}}, {**TRUE, "question": []}, {**TRUE, "question": {"type": []}},
        {**TRUE, "question": None},
    ],
    "an inequality that the question does not imply": [
        document(asked(), 0, [0], [[[0, 1], [1, -1]]], terms=SQUARE),
        document(asked(bound=3), 0, [0], [[[0, 2], [1, -1], [3, -1]]], terms=SQUARE),
    ],
    "of the program are not those of the question": [
        {**TRUE, "question": asked({**LINE, **change})}
        for change in ({"Y": {"rows": [[2]]}}, {"ridge": 1}, {"X": {"rows": [[-1]]}},
                       {"widths": [1, 1, 1], "weight_decay": 1}, {"constraints": [limits(0, None)]},
                       {"loss": "absolute"})
    ],
}  # fmt: skip
