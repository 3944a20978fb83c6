"""Forgeries about polynomial networks: multipliers outside of their domains, bounds on the sphere that do not hold."""

from copos.checker import check

# min ½(α − 1)² + ½|α| with σ(s) = s² at u = ±1 is 3/8, at α = 1/2: ν = −1/2 and |ν| ≤ β
QUADRATIC = {"type": "polynomial network", "X": {"rows": [[1]]}, "Y": {"rows": [[1]]}, "loss": "squared",
             "activation": [1, 0, 0], "beta": "1/2", "intercept": False}  # fmt: skip
ZERO = {"factor": [[0]], "bits": 0}
PROOF = {"value": "3/8", "multiplier": [[-1]], "bits": 1, "scale": [1], "spheres": [[[ZERO, ZERO]]]}
# the same with σ(s) = s, where [[δ, ν/2], [ν/2, β − δ]] ⪰ 0 for δ = 1/4
LINEAR = {**QUADRATIC, "activation": [0, 1, 0]}
EDGES = [{"factor": [[1], [s, 0]], "bits": 1, "delta": "1/4"} for s in (1, -1)]
# two samples, two classes: at f = 0 the loss is 2 log 2
CLASSES = {**QUADRATIC, "X": {"rows": [[1], [1]]}, "Y": {"rows": [[0], [1]]}, "loss": "multinomial", "classes": 2}
EVEN = {"value": "13/10", "multiplier": [[-1, 1], [1, -1]], "bits": 1, "scale": [1, 1], "spheres": [[[ZERO] * 2] * 2]}
SIGNS = {**QUADRATIC, "loss": "logistic"}  # log(1 + exp(−α)) + |α|/2 ≥ log 2
ROOM = {"shape": [2, 1], "patch": [1], "stride": 1, "padding": 0, "pool": "global"}
WINDOWS = {**QUADRATIC, "X": {"rows": [[1, 1]]}, "architecture": ROOM}
# fewer samples than features: σ(5z) on the one direction that the sample sees
SLANTED = {**QUADRATIC, "X": {"rows": [[3, 4]]}, "beta": "25/2"}
FRAMED = {**PROOF, "frames": [[[1]]]}
# σ(s) = s² − 2 is −1 along the sample and −2 across it, where β = 1/2 is too little for ν = −1/2
ACROSS = {**QUADRATIC, "X": {"rows": [[1, 0]]}, "activation": [1, 0, -2]}
UNSEEN = {**FRAMED, "spheres": [[[ZERO, {"factor": [[1]], "bits": 0}]]]}
# first layers of signs: v = (u, 1), and Diag(δ) ∓ S ⪰ 0 for S = diag(−1/2, 0)
CUBE = {**QUADRATIC, "first_layer": "signs"}
FLAT = [{"diagonal": [v, 0], "factor": [[0], [0, 0]], "bits": 0} for v in ("-1/2", "1/2")]
DIAGONAL = {**PROOF, "spheres": [[FLAT]]}
EACH = {**PROOF, "spheres": [[["all", "all"]]]}
# σ(s) = s² + s is 12, 6, 0 and 2 at the four sign vectors u for x = (1, 2)
FOUR = {**CUBE, "X": {"rows": [[1, 2]]}, "activation": [1, 1, 0], "beta": 6}
# σ(s) = s + 1 is 2 and 0: S = −[[0, 1/4], [1/4, 1/2]], and Diag(δ) ∓ S = [[1/4, ±1/4], [±1/4, 1/4]]
TWO = {**CUBE, "activation": [0, 1, 1], "beta": 1}
SLOPES = [{"diagonal": ["1/4", v], "factor": [[2], [s, 0]], "bits": 2} for v, s in (("-1/4", 2), ("3/4", -2))]
# α(x + δ)² within ½ of x = ½: inputs 0 and 1, where the loss at 0 is ½ whatever α is
BALL = {**QUADRATIC, "X": {"rows": [["1/2"]]}, "radius": "1/2"}
INPUTS = {"points": [[0], [1]], "owners": [0, 0], "weights": ["1/2", "1/2"]}
WORST = {**PROOF, "value": "499999/1000000", "multiplier": [[-1], [-1]], "inputs": INPUTS}
# two samples, (½, 0) of weight 2, and their inputs in another order
BALLS = {**BALL, "X": {"rows": [["1/2", 0], [3, "2/3"]]}, "Y": {"rows": [[1], [0]]}, "weights": {"rows": [[2], [1]]}}
OWNED = {"points": [[3, "7/6"], ["4/5", "2/5"]], "owners": [1, 0], "weights": [1, 2]}
APART = {**PROOF, "value": "2/5", "multiplier": [[0], [-1]], "inputs": OWNED,
         "spheres": [[[{"factor": [[0], [0, 0]], "bits": 0}] * 2]]}  # fmt: skip


def network(problem=None, proof=None, **changes):
    """A document about a problem with some keys changed; None takes a key away."""
    problem = {**(QUADRATIC if problem is None else problem), **changes}
    problem = {key: value for key, value in problem.items() if value is not None}
    out = {"format": check.FORMAT, "version": check.VERSION, "kind": "lower bound", "problem": problem}
    return {**out, "sha256": check.digest(problem), "proof": PROOF if proof is None else proof}


def forged(problem=None, proof=None, **changes):
    """A document with some keys of the proof changed."""
    return network(problem, {**(PROOF if proof is None else proof), **changes})


def room(**changes):
    return network(WINDOWS, architecture={**ROOM, **changes})


def ball(**changes):
    return network(BALL, {**WORST, "inputs": {**INPUTS, **changes}})


LINES = {**PROOF, "spheres": [[EDGES]]}
HONEST = [
    network(), network(LINEAR, LINES), network(CLASSES, EVEN), network(WINDOWS), network(WINDOWS, {"value": 0}),
    network(SIGNS, {**PROOF, "value": "69/100"}), network(weights={"rows": [[1]]}),
    network(standardised={"shift": [0], "scale": [1]}), network(loss="huber", parameter="1/2"),
    forged(spheres=[[[{"factor": [[1]], "bits": 0, "units": [3]}, ZERO]]]),
    network({**CLASSES, "intercept": True}, EVEN), network(loss="absolute", proof={**PROOF, "value": "1/2"}),
    network(loss="hinge", proof={**PROOF, "value": "1/2"}), network(loss="squared_hinge"),
    # δ = −1/2, which the sample's own direction allows, and δ = 0
    network(activation=[1, 0, -2], proof={**PROOF, "spheres": [[[ZERO, {"factor": [[1]], "bits": 0}]]]}),
    network({**ACROSS, "activation": [1, 0, -1]}, FRAMED),
    network(SLANTED, FRAMED), network(SLANTED, {**FRAMED, "frames": [[[-3]]]}), forged(frames=[None]),
    network(SLANTED, FRAMED, X={"rows": [["3/2", 2]]}, beta="25/8"), network(proof=FRAMED),
    network({**SLANTED, "X": {"rows": [[3, 4], [0, 0], [3, 4]]}, "Y": {"rows": [[1], [0], [1]]}, "beta": 25},
            {**FRAMED, "multiplier": [[-1], [0], [-1]], "value": "3/4"}),
    network(SLANTED, FRAMED, standardised={"shift": [0, 0], "scale": ["1/2", "1/2"]}, beta=50),
    network(SLANTED, FRAMED, standardised={"shift": [0, 0], "scale": [3, 3]}, beta="1388888888888889/1000000000000000"),
    network({**SLANTED, "activation": [0, 1, 0], "beta": "41/16"},
            {**FRAMED, "spheres": [[[{"factor": [[20], [5 * s, 0]], "bits": 2, "delta": 1} for s in (1, -1)]]]}),
    network(CUBE, DIAGONAL), network(CUBE, EACH), network(FOUR, EACH), network(TWO, EACH),
    network(TWO, {**PROOF, "spheres": [[SLOPES]]}),
    network(CUBE, DIAGONAL, X={"rows": [[3]]}, standardised={"shift": [0], "scale": [3]}),
    network(FOUR, EACH, X={"rows": [[3, 10]]}, standardised={"shift": [0, 0], "scale": [3, 5]}),
    network(BALL, WORST), network(BALL, {"value": 0}), network(BALLS, APART), network(BALL, WORST, radius=1),
    ball(points=[["1/1000000"], ["999999/1000000"]]),
    network(BALL, {**WORST, "value": "7/16", "inputs": {**INPUTS, "weights": ["1/3", "2/3"]}}),
    network({**BALL, "loss": "logistic"}, {**WORST, "value": "69/100", "bits": 2}),
]  # fmt: skip

ROWS = {
    "X, Y and weights must have a row for every sample": [
        network(Y={"rows": [[1], [1]]}), network(weights={"rows": [[1], [1]]}), network(weights={"rows": [[1, 1]]}),
        network(CLASSES, EVEN, Y={"rows": [[0, 1], [1, 0]]}),
    ],
    "first_layer is signs": [network(first_layer="sphere"), network(CUBE, DIAGONAL, first_layer=[])],
    "a radius is positive": [
        network(BALL, WORST, radius=0), network(BALL, WORST, radius="-1/2"), network(BALL, WORST, constant=1),
        network(BALL, WORST, standardised={"shift": [0], "scale": [1]}), network(BALL, WORST, first_layer="signs"),
        network({**WINDOWS, "radius": 1}, WORST),
    ],
    "a proof of inputs has at least one": [ball(points=[], owners=[], weights=[])],
    "a weight of an input is not positive": [ball(weights=["1/2", 0]), ball(weights=["-1/2", 1])],
    "outside of the ball": [
        ball(points=[["-1/1000000"], [1]]), ball(points=[[0], ["1000001/1000000"]]),
        network(BALL, WORST, radius="499999/1000000"), network(BALL, WORST, X={"rows": [["501/1000"]]}),
        network(BALLS, {**APART, "inputs": {**OWNED, "owners": [0, 1]}}),
        network(BALLS, {**APART, "inputs": {**OWNED, "points": [[3, "7/6"], ["4/5", "401/1000"]]}}),
        network(BALLS, {**APART, "inputs": {**OWNED, "points": [["3001/1000", "7/6"], ["4/5", "2/5"]]}}),
    ],
    "add up to more than its own": [
        ball(weights=["1/2", "500001/1000000"]), ball(weights=[1, 1]),
        network(BALL, WORST, weights={"rows": [["999999/1000000"]]}),
        network(BALLS, {**APART, "inputs": {**OWNED, "weights": ["1000001/1000000", 1]}}),
        network(BALLS, {**APART, "inputs": {**OWNED, "weights": ["1/2", "20001/10000"]}}),
    ],
    "proof needs the keys": [network(BALL, PROOF), network(proof={**PROOF, "inputs": INPUTS})],
    "inputs needs the keys": [
        network(BALL, {**WORST, "inputs": {k: v for k, v in INPUTS.items() if k != "weights"}}), ball(more=1),
    ],
    "owner must be an integer": [ball(owners=[0, 1]), ball(owners=[-1, 0]), ball(owners=["0", 0])],
    "points must have 2 items": [ball(points=[[0]]), ball(points=[[0], [1], [1]])],
    "point must have 1 items": [ball(points=[[0], [1, 0]])],
    "weights must have 2 items": [ball(weights=[1])],
    "the proof gives 1/2, not 500001": [network(BALL, {**WORST, "value": "500001/1000000"})],
    "frames are about neurons on the sphere": [network(CUBE, {**DIAGONAL, "frames": [[[1]]]})],
    "does not hold for all u of signs": [
        network(FOUR, EACH, beta="5999999/1000000"), network(CUBE, EACH, beta="499999/1000000"),
        network(TWO, EACH, beta="999999/1000000"), network(FOUR, EACH, activation=[1, -1, 0], beta="599/100"),
        network(FOUR, EACH, X={"rows": [[3, 10]]}, standardised={"shift": [0, 0], "scale": [3, 4]}),
    ],
    "adds up to more than β": [
        network(CUBE, DIAGONAL, beta="499999/1000000"), network(TWO, {**PROOF, "spheres": [[SLOPES]]}, beta="99/100"),
    ],
    "classes belongs to the multinomial": [network(classes=2), network(CLASSES, EVEN, classes=None)],
    "class must be an integer": [network(CLASSES, EVEN, classes=1), network(CLASSES, EVEN, Y={"rows": [[-1], [1]]})],
    "weights and beta are positive": [
        network(beta=0), network(beta=-1), network(weights={"rows": [[0]]}), network(weights={"rows": [["-1/2"]]}),
        network(intercept=1), network(intercept=[]),
    ],
    "scales are positive": [network(standardised={"shift": [0], "scale": [v]}) for v in (0, -1)],
    "patches need one shift and one scale": [
        network(WINDOWS, standardised={"shift": [0, 1], "scale": [1, 1]}),
        network(WINDOWS, standardised={"shift": [0, 0], "scale": [1, 2]}),
    ],
    "loss must be one of": [network(loss="cubic"), network(loss=[]), network(loss=1)],
    "parameter belongs to the losses": [network(parameter=1), network(loss="huber"), network(loss="quantile")],
    "parameter of the loss is out of its range": [
        network(loss="huber", parameter=0), *[network(loss="quantile", parameter=p) for p in (0, 1, "-1/2")],
    ],
    "the loss expects targets": [
        network(loss=name, Y={"rows": [[0]]}) for name in ("hinge", "squared_hinge", "logistic")
    ],
    "a sample has one or two axes": [room(shape=[2]), room(shape=[2, 1, 1, 1])],
    "the patches do not fit": [room(shape=[3, 1]), room(shape=[1, 1]), room(patch=[3])],
    "the pools do not fit": [room(patch=[2], pool=2)],
    # the bound
    "the proof gives 3/8, not 47/125": [forged(value="376/1000")],
    "the proof gives 0, not 1$": [network(proof={"value": 1})],
    "the proof gives 1/4, not 3/8": [network(weights={"rows": [["1/2"]]})],
    "a scale is negative": [forged(scale=[-1], multiplier=[[1]])],
    "does not sum to zero, as a free intercept": [
        network(intercept=True), network({**CLASSES, "intercept": True}, {**EVEN, "multiplier": [[-1, 1], [-1, 1]]}),
    ],
    "outside of the domain": [
        *[forged({**QUADRATIC, "loss": "absolute"}, multiplier=[[v]]) for v in (-3, 3)],
        network(loss="absolute", weights={"rows": [["1/4"]]}),
        network(loss="huber", parameter="1/3"), network(loss="quantile", parameter="1/3"),
        forged({**QUADRATIC, "loss": "quantile", "parameter": "2/3"}, multiplier=[[1]]),
        *[forged({**QUADRATIC, "loss": "hinge"}, multiplier=[[v]]) for v in (1, -3)],
        network(loss="hinge", Y={"rows": [[-1]]}), network(loss="squared_hinge", Y={"rows": [[-1]]}),
        forged({**QUADRATIC, "loss": "squared_hinge"}, multiplier=[[1]]),
        forged(SIGNS, multiplier=[[1]]), forged(SIGNS, multiplier=[[-3]]), network(SIGNS, Y={"rows": [[-1]]}),
        forged(CLASSES, EVEN, multiplier=[[1, -1], [1, -1]]), forged(CLASSES, EVEN, multiplier=[[-3, 3], [1, -1]]),
    ],
    "a row of the multiplier does not sum to zero": [forged(CLASSES, EVEN, multiplier=[[-1, 0], [1, -1]])],
    "needs one scale for all outputs": [forged(CLASSES, EVEN, scale=[1, "1/2"])],
    "a frame is not invertible": [
        network(SLANTED, {**FRAMED, "frames": [[[0]]]}),
        network({**SLANTED, "X": {"rows": [[3, 4], [4, -3]]}, "Y": {"rows": [[1], [1]]}},
                {**FRAMED, "multiplier": [[-1], [-1]], "frames": [[[1], [1, 0]]]}),
    ],
    "samples that are all zero": [network(proof={**FRAMED, "frames": [[]]}, X={"rows": [[0]]})],
    "outside of the row space": [network(ACROSS, UNSEEN)],
    "≤ β is not shown": [
        network(SLANTED, FRAMED, beta="12499999/1000000"), network(SLANTED, FRAMED, X={"rows": [[3, "41/10"]]}),
        network({**ACROSS, "activation": [1, 0, 0]}, UNSEEN, beta="49/100"),
        network(SLANTED, FRAMED, standardised={"shift": [0, 0], "scale": [3, 3]}, beta="25/18"),  # 1/9 is rounded up
        network({**SLANTED, "X": {"rows": [[3, 4], [3, 4]]}, "Y": {"rows": [[1], [1]]}},  # equal samples add up
                {**FRAMED, "multiplier": [[-1], [-1]]}),
        network(CUBE, {**PROOF, "spheres": [[[{**FLAT[0], "diagonal": ["-3/4", 0]}, FLAT[1]]]]}),
        network(CUBE, {**PROOF, "spheres": [[FLAT[::-1]]]}), network(TWO, {**PROOF, "spheres": [[SLOPES[::-1]]]}),
        network(CUBE, DIAGONAL, X={"rows": [[3]]}, standardised={"shift": [0], "scale": [2]}, beta=9),
        network(beta="499999/1000000"), forged(multiplier=[[-2]]), forged(bits=0), forged(scale=[2]),
        network(X={"rows": [["1000001/1000000"]]}), network(activation=[2, 0, 0]), network(activation=[-2, 0, 0]),
        network(activation=[1, 0, "1/2"]), network(standardised={"shift": [0], "scale": ["1/2"]}),
        network(standardised={"shift": [-1], "scale": [1]}),
        forged(spheres=[[[ZERO, {"factor": [[1]], "bits": 0}]]]),
        forged(LINEAR, spheres=[[[{"factor": [[0], [0, 0]], "bits": 0}] * 2]]),
        network(LINEAR, LINES, beta="499999/1000000"),
        forged(LINEAR, spheres=[[EDGES[::-1]]]), forged(LINEAR, spheres=[[[{**e, "delta": 1} for e in EDGES]]]),
        forged(LINEAR, spheres=[[[{**e, "delta": 0} for e in EDGES]]]),
        # the average over two patches, of which one is larger
        network(WINDOWS, X={"rows": [[1, 2]]}),
        # with the constant 1 the sphere has u_0 + u_1 = √2
        forged({**QUADRATIC, "constant": 1}, spheres=[[[{"factor": [[0], [0, 0]], "bits": 0}] * 2]]),
    ],
}  # fmt: skip
