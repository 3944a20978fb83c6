"""Hostile arguments of networks that are trained or given, of codes, of estimators and of programs around them.

`CALLS` as in `test_hostile_calls`: a function with arguments that it takes, and the values that it refuses in words.
`FILES` are models in files that are wrong, for the functions and the commands that read them.
"""

from pathlib import Path

import numpy as np
import pytest

import copos
from copos.interop.polynomial_models import load_network
from copos.levels.schrijver import code_bound
from copos.polynomial.network import PolynomialNetwork
from tests.whole.hostile import require_refusal, run
from tests.whole.test_hostile_calls import HOSTILE, INF, NAN

# a model file that is wrong, and what is said of it
ARRAYS = dict(W1=np.ones((2, 1)), b1=np.zeros(2), W2=np.ones((1, 2)), b2=np.zeros(1))
MODELS = {
    "no file": (None, "no such file"),
    "no archive": (b"PK\3\4 but no more", "net.npz"),
    "empty": (b"", "net.npz"),
    "a table": (b"1,2\n", "net.npz"),
    "no arrays": ({}, "W1"),
    "no bias": ({"W1": np.ones((2, 1))}, "b1"),
    "layers that do not fit": (ARRAYS | {"W2": np.ones((1, 3))}, "3"),
    "a bias that does not fit": (ARRAYS | {"b1": np.zeros(5)}, "5"),
    "NaN": (ARRAYS | {"W1": np.array([[NAN], [1.0]])}, "W1"),
    "infinity": (ARRAYS | {"b2": np.array([INF])}, "b2"),
    "text": (ARRAYS | {"W1": np.array([["a"], ["b"]])}, "W1"),
    "complex": (ARRAYS | {"W1": np.array([[1j], [1.0]])}, "W1"),
    "a pickle": (ARRAYS | {"W1": np.array([[None], [{}]], dtype=object)}, "object"),
    "a vector": (ARRAYS | {"W1": np.ones(2)}, "W1"),
}
LINES = [  # of `copos relu-verify`, with a network of one input and one output
    ("net.npz", "--lower"), ("net.npz --lower -1", "--upper"), ("net.npz --lower 1 --upper -1", "empty"),
    ("net.npz --lower nan --upper 1", "lower"), ("net.npz --lower -1,-1 --upper 1", "2"),
    ("net.npz --lower -1 --upper x", "x"), ("net.npz --lower -1 --upper 1 --c 1,2", "2"),
    ("net.npz --lower -1 --upper 1 --tolerance -1", "tolerance"),
    ("net.npz --lower -1 --upper 1 --time-limit 0", "time"),
    ("absent.npz --lower -1 --upper 1", "absent.npz"), ("net.csv --lower -1 --upper 1", "net.csv"),
    ("net.npz --lower -1 --upper 1 --certificate net.npz", "same file"),
]  # fmt: skip
PROBLEMS = {  # of `copos solve`
    "words.lp": "no model at all\n",
    "cut.lp": "minimize\n obj: x\nsubject to\n c: x >=",
    "twice.lp": "max\n o: x\nmin\n o: x\nend\n",
    "nan.lp": "minimize\n obj: nan x\nsubject to\n c: x >= 1\nend\n",
    "cubic.lp": "minimize\n obj: [ x ^3 ] / 2\nend\n",
    "sos.lp": "minimize\n obj: x\nsubject to\n c: x + y >= 1\nsos\n s1: S1:: x:1 y:2\nend\n",
    "empty.lp": "",
    "cut.mps": "NAME t\nROWS\n N obj\nCOLUMNS\n x obj",
    "row.mps": "NAME t\nROWS\n N obj\nCOLUMNS\n    x  nope  1\nENDATA\n",
    "empty.qplib": "",
    "words.qplib": "one\ntwo\nthree\n",
    "kind.qplib": "p\nXYZ\nminimize\n",
    "empty.nl": "",
    "words.nl": "hello\n",
    "g3.nl": "g3 0 1 0\n 1 x 0\n",
    "zero.lp": "minimize\x00",
    "latin.lp": "minimize\n obj: x\nsubject to\n caf\udce9: x >= 1\nend\n",
}  # fmt: skip

X, y = [[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [1.0, 1.0]], [1.0, 2.0, 1.0, -1.0]
W, b = [[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]]
SEEN = [[1.0, NAN, 2.0], [2.0, 1.0, 4.0], [NAN, 3.0, 1.0]]
C5 = np.array([[int((i - j) % 5 in (1, 4)) for i in range(5)] for j in range(5)])
NET = PolynomialNetwork.from_weights(np.eye(2), [1.0, -1.0], activation="quadratic")
TWO = PolynomialNetwork.from_weights(np.eye(2), np.eye(2), activation="quadratic")
TABLE = np.arange(24.0).reshape(12, 2) % 5
LABELS = [0, 1, 2] * 4

SAMPLES = [[[NAN, 0.0]] * 4, [[INF, 0.0]] * 4, "ab", None, [[1, 2], [3]], [], 5, [["a", "b"]] * 4, np.zeros((2, 2, 2)),
           [[1j, 0]] * 4]  # fmt: skip
TARGETS = [[NAN] * 4, [INF] * 4, [1.0] * 3, "abcd", None, [["a"]] * 4, [1j] * 4, 5, [[1.0, 2.0]] * 4 + [[1.0]]]
SECONDS, SHARE, BETA = HOSTILE["seconds"], HOSTILE["tolerance"], HOSTILE["positive"]
BOX = [[NAN], [INF], [1, 2], "ab", None, [[1.0]], [1j], NAN, 1j]
CALLS = {
    "train_relu_network": (copos.train_relu_network,
        dict(X=X, y=y, beta=0.1, tolerance=1e-6, time_limit=5.0, max_nodes=9, seed=0),
        dict(X=[*SAMPLES, np.ones((4, 51))], y=TARGETS, beta=BETA, tolerance=SHARE, time_limit=SECONDS,
             max_nodes=[0, *HOSTILE["count"]], seed=[-1, 1.5, "x"])),
    "relu_verdict": (copos.relu_verdict,
        dict(weights=W, biases=b, lower=[-1], upper=[2], c=[1], offset=0, tolerance=1e-3, time_limit=5.0, max_nodes=9,
             levels=(), seed=0),
        dict(weights=[[], "ab", None, 5, [[[NAN], [1.0]], W[1]], [W[0], [[1.0]]], [W[0], [[1.0, "x"]]], [[1.0]]],
             biases=[[], None, 5, [[0.0, 0.0]], [[0.0], [0.0]], [[0.0, INF], [0.0]], [[0.0, 1j], [0.0]]],
             lower=[*BOX, [3]], upper=[*BOX, [-2]], c=[[NAN], [1, 2], "ab", None, [1j]],
             offset=[NAN, INF, "x", None, 1j], tolerance=SHARE, time_limit=SECONDS,
             max_nodes=[0, *HOSTILE["count"]], levels=[[-1], ["x"], 5, [1.5]], seed=[-1, 1.5, "x"])),
    "relu_verification": (copos.relu_verification, dict(weights=W, biases=b, lower=[-1], upper=[2], c=[1], offset=0),
        dict(weights=[[], None, [W[0], [[1.0]]]], biases=[[], [[0.0], [0.0]]], lower=[[NAN], [1, 2], [3]],
             upper=[[INF], None], c=[[NAN], [1, 2]], offset=[NAN, "x"])),
    "a ball of relu_verification": (copos.relu_verification,
        dict(weights=W, biases=b, lower=[-1], upper=None, c=[1], radius=1), dict(radius=[NAN, -1, "x", INF, 1j],
                                                                                 upper=[[2]])),
    "relu_network": (copos.relu_network, dict(X=X, Y=y, beta=0.1), dict(X=SAMPLES, Y=TARGETS, beta=BETA)),
    "decayed_network": (copos.decayed_network, dict(X=X, y=y, width=1, beta=0.1, activation="quadratic", starts=1),
        dict(X=SAMPLES, y=TARGETS, width=[0, -1, 1.5, "x", None], beta=BETA, activation=["nope", 3, [1.0], [NAN] * 3])),
    "convex_decay_bound": (copos.convex_decay_bound, dict(X=X, y=y, beta=0.1), dict(X=SAMPLES, y=TARGETS, beta=BETA)),
    "polynomial_network": (copos.polynomial_network, dict(X=X, y=y, beta=0.1, activation="quadratic"),
        dict(X=SAMPLES, y=TARGETS, beta=BETA, activation=["nope", 3, [1.0], [NAN] * 3])),
    "certify_network": (copos.certify_network, dict(network=NET, X=X, y=y, beta=0.1),
        dict(network=[None, 5, "net", W], X=[*SAMPLES, np.ones((4, 3))], y=TARGETS, beta=BETA)),
    "distance_to_boundary": (lambda **how: NET.distance_to_boundary(**how),
        dict(x=[1.0, 3.0], output=0, level=0.0),
        dict(x=[[NAN, 1], [1, 2, 3], "ab", None, [1j, 1], [[1.0, 3.0]] * 2, 5],
             output=[1, -2, 0.5, "x", (0, 1), (0, 0)], level=[NAN, INF, "x", None, 1j])),
    "distance between outputs": (lambda **how: TWO.distance_to_boundary([1.0, 3.0], **how), dict(output=(0, 1)),
        dict(output=[(0, 0), (0, 5), (0, 1, 1), "ab", (0, 0.5)])),
    "solution_set": (lambda **how: copos.polynomial_network(X, y, beta=0.1).solution_set(**how),
        dict(tolerance=1e-9, zero=1e-6, seed=0), dict(tolerance=SHARE, zero=[NAN, -1.0, "x"], seed=[-1, 1.5, "x"])),
    "from_weights": (PolynomialNetwork.from_weights, dict(first_layer=np.eye(2), second_layer=[1.0, -1.0]),
        dict(first_layer=[[[NAN, 1]], "ab", None, [[1, 2], [3]], []], second_layer=[[1.0], [NAN, 1], "ab", None, []])),
    "code_bound": (code_bound, dict(n=5, d=4, w=2), dict(n=[0, -1, 29, 2.5, "x", None, NAN, True, 10**30, 3],
        d=[0, 1, 6, 2.5, "x", None, 3, True], w=[0, 5, -1, 2.5, "x", True])),
    "clique_number": (copos.clique_number, dict(graph=C5, edges="weighted"), dict(graph=HOSTILE["graph"],
        edges=["nope", 3, ""])),
    "cp_rank_lower_bound": (copos.cp_rank_lower_bound, dict(M=np.eye(2)), dict(M=HOSTILE["symmetric"])),
    "cp_rank": (copos.cp_rank, dict(M=[["1/3", 0], [0, 1]], time_limit=5.0), dict(M=HOSTILE["symmetric"],
        time_limit=SECONDS)),
    "MatrixCompletion": (lambda X, **how: copos.MatrixCompletion(time_limit=5.0, **how).fit(X),
        dict(X=SEEN, rank=1, alpha=0.1, certify=False, tolerance=1e-2),
        dict(X=["ab", None, [[INF, 1.0]] * 2, [[NAN] * 2] * 2, [1.0, 2.0], [["a", "b"]] * 2], rank=[0, -1, 1.5, "x"],
             alpha=[-1.0, NAN, "x"], tolerance=[NAN, -1.0, "x"])),
    "MatrixConstraints.nonnegative": (copos.MatrixConstraints.nonnegative, dict(shape=(2, 2)),
        dict(shape=[(0, 2), (2,), "ab", None, 5, (2, -1), (1.5, 2)])),
    "MatrixConstraints.linear": (copos.MatrixConstraints.linear, dict(A=np.ones((1, 2, 2)), low=0, high=1),
        dict(A=[np.ones(2), "ab", None, [[[NAN, 1], [1, 1]]]], low=[NAN, "x", [1, 2], 3], high=[NAN, "x", -1])),
    "LinearNetwork": (lambda weights, x: copos.LinearNetwork(weights).predict(x),
        dict(weights=(np.eye(2), np.ones((1, 2))), x=[[1.0], [2.0]]),
        dict(weights=[(), (np.eye(2), np.eye(3)), (np.ones(2),)], x=["ab", None, [[NAN], [1]]])),
    "Loss": (copos.Loss, dict(kind="huber", delta=1.0), dict(kind=["nope", 3, None], delta=[0, -1, NAN, "x", None])),
    "Convolution": (copos.Convolution, dict(patch=2, stride=1, padding=0, pool=1),
        dict(patch=[0, -1, 1.5, "x", (1, 2, 3)],
        stride=[0, -1, 1.5], padding=[-1, 1.5], pool=[0, -1, "nope"])),
    "PolynomialNetworkClassifier": (lambda X, y, **how: copos.PolynomialNetworkClassifier(**how).fit(X, y),
        dict(X=TABLE, y=LABELS, beta=0.1, loss="logistic", time_limit=5.0),
        dict(X=[[[NAN, 1.0]] * 12, "ab"], y=[[0] * 12, [0, 1] * 5], beta=BETA, loss=["nope", 3], time_limit=SECONDS)),
    "PolynomialNetworkRegressorCV": (lambda X, y, **how: copos.PolynomialNetworkRegressorCV(**how).fit(X, y),
        dict(X=TABLE, y=np.arange(12.0), beta_ratios=[0.5, 0.1], cv=2),
        dict(X=[[[NAN, 1.0]] * 12], y=[[NAN] * 12, [1.0] * 5], beta_ratios=[[], [-1.0], [NAN], "ab", [0.0]],
             cv=[0, 1, "x"])),
}  # fmt: skip
ROWS = [(name, argument, k) for name, (_, _, bad) in CALLS.items() for argument in bad for k in range(len(bad[argument]))]  # noqa: E501
OF_SKLEARN = ("Classifier", "RegressorCV", "MatrixCompletion")  # checks tables, folds and scores by itself


@pytest.mark.parametrize("name", CALLS)
def test_the_calls_are_right_as_they_are(name):
    function, arguments, bad = CALLS[name]
    assert function(**arguments) is not None and set(bad) <= set(arguments)


@pytest.mark.parametrize(("name", "argument", "k"), ROWS)
def test_a_hostile_argument_is_refused_in_words(name, argument, k):
    function, arguments, bad = CALLS[name]
    require_refusal(function, arguments, argument, bad[argument][k], (ValueError, TypeError, OSError),
                    name.endswith(OF_SKLEARN))  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("read", [copos.relu_layers, load_network])
def test_a_model_in_a_file_that_is_wrong_is_refused_in_words(read, name, tmp_path):
    content, said = MODELS[name]
    path = tmp_path / "net.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.savez(path, **content, **({"activation": [1.0, 0.0, 0.0]} if read is load_network and content else {}))
    with pytest.raises(ValueError) as caught:
        read(path)
    assert said in str(caught.value) and "net.npz" in str(caught.value)
    result = run("relu-verify", path, "--lower", -1, "--upper", 1)
    assert result.exit_code == 2 and "Traceback" not in result.output


@pytest.mark.parametrize(("line", "said"), LINES)
def test_a_clumsy_question_about_a_network_is_refused_in_words(line, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("net.npz", **ARRAYS)
    Path("net.csv").write_text("1\n")
    result = run("relu-verify", *line.split())
    assert result.exit_code == 2 and said in result.output and "Traceback" not in result.output, result.output


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_model_of_a_program_that_is_wrong_is_refused_with_its_place(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(PROBLEMS[name].encode("utf-8", "surrogateescape"))
    result = run("solve", path)
    assert result.exit_code == 2 and name in result.output and "Traceback" not in result.output, result.output
    with pytest.raises(ValueError, match=name):
        copos.read_problem(path)
