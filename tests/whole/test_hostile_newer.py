"""Hostile arguments and clumsy command lines of quadratic programs, clusterings, graphs, assignments and estimators.

`CALLS` as in `test_hostile_calls`: a function with arguments that it takes, and the values that it refuses in words.
`COMMANDS` has clumsy command lines: status, and a piece of what is said. Nothing prints a traceback or takes long.
"""

import time

import numpy as np
import pytest
from click.testing import CliRunner

import copos
from copos.commands.cli import main
from tests.whole.hostile import require_refusal
from tests.whole.test_hostile_calls import HOSTILE

NAN, INF = float("nan"), float("inf")
I2, X = [[2, 0], [0, 2]], [[0.0, 0.0], [0.0, 1.0], [5.0, 5.0], [5.0, 6.0]]
C5 = np.array([[int((i - j) % 5 in (1, 4)) for i in range(5)] for j in range(5)])
PROGRAM = copos.quadratic_program(I2, c=[1, 1], bounds=(-1, 1))
FLOW = [[0, 1, 2], [1, 0, 3], [2, 3, 0]]
TABLES = {"inputs": np.arange(12.0).reshape(6, 2) % 5, "y": np.arange(6.0)}

SQUARE = [[[NAN, 0], [0, 1]], [[INF, 0], [0, 1]], [[1, 2]], [1, 2], "ab", [[1, 2], [3]], [[1j, 0], [0, 1]],
          np.zeros((2, 2, 2)), [["a", "b"], ["c", "d"]]]  # fmt: skip
POINTS = [[[NAN, 0.0]] * 4, [[INF, 0.0]] * 4, "ab", None, [[1, 2], [3]], [], 5, [["a", "b"]] * 4, np.zeros((2, 2, 2))]
SECONDS, SHARE = HOSTILE["seconds"], HOSTILE["tolerance"]
GRAPH = [np.ones((2, 3)), [[0, 2], [1, 0]], [[NAN, 0], [0, 0]], "no such file.clq", 5, None, [[0, 1j], [1j, 0]]]
CALLS = {
    "quadratic_program": (copos.quadratic_program,
        dict(Q=I2, c=[1, 1], A_ub=[[1, 1]], b_ub=[1], A_eq=[[1, -1]], b_eq=[0], bounds=(0, 1), integrality=[0, 1],
             sense="min", names=["u", "v"], quadratic=[(I2, None, 1, "<=")], constant=0),
        dict(Q=SQUARE, c=[[NAN, 1], [1, 2, 3], "ab", [1j, 1], [INF, 0]], A_ub=[[[1, 2, 3]], [[NAN, 1]], "ab"],
             b_ub=[[1, 2], [NAN], "ab", None], A_eq=[[[INF, 1]], [[1]]], b_eq=[[1, 2], None],
             bounds=[(0, NAN), [(0, 1)] * 3, "ab", 5, (0, 1, 2)], integrality=[[0, 2], [1, 1, 1], "ab", [0.5, 0]],
             sense=["most", "", 3, None], names=[["u"], ["u", "u"], 5], constant=[NAN, "x", INF, None],
             quadratic=[[(I2, None, 1, "~")], [(I2, None, NAN, "<=")], [5], [([[1]], None, 1, "<=")]])),
    "bracket": (copos.bracket, dict(program=PROGRAM, tolerance=1e-6, time_limit=5.0, max_cells=3),
        dict(program=["ab", None, 5, I2], tolerance=SHARE, time_limit=SECONDS, max_cells=[0, *HOSTILE["count"]])),
    "at_most": (copos.at_most, dict(problem=PROGRAM, k=1, over=["x0"]),
        dict(problem=[5, None, I2], k=[-1, 1.5, NAN, "x", None], over=[["nope"], 5])),
    "k_means": (copos.k_means, dict(X=X, clusters=2, must_link=[(0, 1)], cannot_link=[(0, 2)], tolerance=1e-3,
                                    time_limit=5.0),
        dict(X=POINTS, clusters=[0, -1, 5, 1.5, NAN, "2", None, [2]], must_link=[[(0, 9)], [(0, 0, 1)], 5, [(0, 1.5)]],
             cannot_link=[[(0, 1)], [(-1, 9)], "ab"], tolerance=SHARE, time_limit=SECONDS)),
    "certify_clustering": (copos.certify_clustering, dict(X=X, labels=[0, 0, 1, 1]),
        dict(X=POINTS[:4], labels=[[0, 0, 1], "abcd", None, 5, [[0, 0], [1, 1]], [0, NAN, 1, 1]])),
    "theta": (copos.theta, dict(graph=C5, variant="lovasz", weights=[1] * 5, tolerance=1e-6, time_limit=5.0),
        dict(graph=GRAPH, variant=["nope", "", 3, None], weights=[[1] * 4, [-1, 1, 1, 1, 1], [0] * 5, [NAN] * 5, "w"],
             tolerance=SHARE, time_limit=SECONDS)),
    "maximum_stable_set": (copos.maximum_stable_set, dict(graph=C5, weights=[1] * 5, time_limit=5.0, states=10),
        dict(graph=GRAPH, weights=[[1] * 4, [-1, 1, 1, 1, 1], ["x"] * 5, [INF] * 5], time_limit=SECONDS,
             states=HOSTILE["count"])),
    "chromatic_number": (copos.chromatic_number, dict(graph=C5, time_limit=5.0),
        dict(graph=GRAPH, time_limit=SECONDS)),
    "clique_cover_number": (copos.clique_cover_number, dict(graph=C5, time_limit=5.0),
        dict(graph=GRAPH, time_limit=SECONDS)),
    "max_cut": (copos.max_cut, dict(graph=C5), dict(graph=[np.ones((2, 3)), [[0, 2], [1, 0]], 5, None])),
    "graph_partition": (copos.graph_partition, dict(graph=C5, sizes=[2, 3]),
        dict(sizes=[[2, 2], [5], [0, 5], [-1, 6], [2.5, 2.5], "ab", None, 5])),
    "quadratic_assignment": (copos.quadratic_assignment, dict(A=FLOW, B=FLOW, C=FLOW),
        dict(A=[*SQUARE, None, [[0]]], B=[[[0, 1], [1, 0]], "ab", None, 5], C=[[[1, 2]], "ab", [[NAN] * 3] * 3])),
    "is_completely_positive": (copos.is_completely_positive, dict(M=I2, tolerance=1e-9, time_limit=5.0),
        dict(tolerance=[NAN, -1, "x", INF], time_limit=SECONDS)),
    "LowRankRegressor": (lambda X, Y, **how: copos.LowRankRegressor(time_limit=5.0, **how).fit(X, Y),
        dict(X=TABLES["inputs"], Y=TABLES["inputs"], rank=1, alpha=0.0),
        dict(X=[[[NAN, 1.0]] * 6, "ab", [["a", "b"]] * 6], Y=[[[NAN, 1.0]] * 6, [[1.0, 2.0]] * 5], rank=[0, -1, 1.5, "x"],  # noqa: E501
             alpha=[-1.0, NAN, "x"])),
    "PolynomialNetworkRegressor": (lambda X, y, **how: copos.PolynomialNetworkRegressor(**how).fit(X, y),
        dict(X=TABLES["inputs"], y=TABLES["y"], beta=0.1, activation="quadratic"),
        dict(X=[[[NAN, 1.0]] * 6, "ab"], y=[[NAN] * 6, [1.0] * 5], beta=[-1.0, NAN, 0.0, "x"], activation=["nope", 3])),
    "read_problem": (lambda path: copos.read_problem(path) if path else 1, dict(path=""),
        dict(path=["absent.lp", "absent.xyz", 5, None.__class__])),
}  # fmt: skip
ROWS = [(name, argument, k) for name, (_, _, bad) in CALLS.items() for argument in bad for k in range(len(bad[argument]))]  # noqa: E501


@pytest.mark.parametrize("name", CALLS)
def test_the_calls_are_right_as_they_are(name):
    function, arguments, _ = CALLS[name]
    assert function(**arguments) is not None


@pytest.mark.parametrize(("name", "argument", "k"), ROWS)
def test_a_hostile_argument_is_refused_in_words(name, argument, k):
    function, arguments, bad = CALLS[name]
    require_refusal(function, arguments, argument, bad[argument][k], (ValueError, TypeError, OSError),
                    name.endswith("Regressor"))  # fmt: skip


@pytest.mark.parametrize("junk", [5, None, ["a"], b"{}", {}, "no such file", {"kind": []}, {"kind": "lower bound"}])
def test_junk_is_no_certificate(junk):
    verdict = copos.verify(junk)
    assert not verdict.proved and not verdict.readable and len(verdict.reason) > 10


FILES = {
    "I.csv": "2,1\n1,2\n", "W.csv": "1,2,3\n2,3,4\n", "P.csv": "0,0\n0,1\n5,5\n5,6\n", "L.csv": "0\n0\n1\n1\n",
    "short.csv": "0\n0\n1\n", "links.csv": "1,2\n", "far.csv": "1,9\n", "words.csv": "a,b\nc,d\n", "empty.csv": "",
    "F.csv": "0,1,2\n1,0,3\n2,3,0\n", "g.dimacs": "p edge 3 2\ne 1 2\ne 2 3\n", "bad.dimacs": "p edge 3 2\ne 1 7\n",
    "bad.lp": "minimize\n obj: x +\nsubject to\n", "ok.lp": "minimize\n obj: x\nsubject to\n c: x >= 1\nend\n",
    "bad.mps": "NAME\nROWS\n Q  obj\n", "proof.json": '{"kind": "lower bound"}', "list.json": "[1, 2]", "study.py": "1/0\n",  # noqa: E501
    "pairs.csv": "from,to\nann,bob\nbob,cat\n", "men.csv": "name,age,pulse\nann,30,60\nbob,40,70\ncat,50,80\n",
}  # fmt: skip
COMMANDS = [
    ("solve absent.lp", 2, "absent.lp"),
    ("solve bad.lp", 2, "bad.lp"),
    ("solve bad.mps", 2, "bad.mps"),
    ("solve empty.csv --over box", 2, "empty.csv"),
    ("solve words.csv --over box", 2, "words.csv"),
    ("solve W.csv --over simplex", 2, "square"),
    ("solve I.csv", 2, "--over"),
    ("solve I.csv --over nope", 2, "nope"),
    ("solve ok.lp --over box", 2, "--over"),
    ("solve ok.lp --tolerance -1", 2, "tolerance"),
    ("solve ok.lp --tolerance nan", 2, "finite"),
    ("solve ok.lp --max-cells 0", 2, "max-cells"),
    ("solve ok.lp --certificate ok.lp", 2, "same file"),
    ("solve ok.lp", 0, "lower bound: 1"),
    ("k-means", 2, "Missing argument"),
    ("k-means P.csv", 2, "--clusters"),
    ("k-means P.csv --clusters 0", 2, "clusters"),
    ("k-means P.csv --clusters 5", 2, "5"),
    ("k-means P.csv --clusters two", 2, "two"),
    ("k-means P.csv --clusters 2 --labels L.csv", 2, "--labels"),
    ("k-means P.csv --labels short.csv", 2, "label"),
    ("k-means P.csv --labels P.csv", 2, "label"),
    ("k-means P.csv --clusters 2 --must-link far.csv", 2, "from 1 to 4, got 9"),
    ("k-means P.csv --clusters 2 --must-link links.csv --cannot-link links.csv", 2, "link"),
    ("k-means words.csv --clusters 2", 2, "words.csv"),
    ("k-means empty.csv --clusters 1", 2, "empty.csv"),
    ("k-means absent.csv --clusters 2", 2, "absent.csv"),
    ("k-means P.csv --clusters 2 --certificate P.csv", 2, "same file"),
    ("k-means P.csv --labels L.csv", 0, "optim"),
    ("theta absent.dimacs", 2, "absent.dimacs"),
    ("theta bad.dimacs", 2, "bad.dimacs"),
    ("theta W.csv", 2, "square"),
    ("stability pairs.csv", 2, "a list with an edge in each line ends in .edges"),
    ("max-cut links.csv", 2, "a list with an edge in each line ends in .edges"),
    ("chromatic words.csv", 2, "ends in .edges"),
    ("theta g.dimacs --variant nope", 2, "nope"),
    ("theta g.dimacs --weights short.csv", 0, "weighted"),
    ("theta g.dimacs --weights L.csv", 2, "weight"),
    ("theta g.dimacs --time-limit -1", 2, "Invalid value"),
    ("theta g.dimacs --certificate g.dimacs", 2, "same file"),
    ("stability bad.dimacs", 2, "bad.dimacs"),
    ("stability g.dimacs --states -1", 2, "states"),
    ("stability g.dimacs --weights words.csv", 2, "words.csv"),
    ("stability g.dimacs --certificate p.json --shown p.json", 2, "same file"),
    ("clique empty.csv", 2, "empty.csv"),
    ("chromatic W.csv", 2, "square"),
    ("clique-cover absent.g6", 2, "absent.g6"),
    ("max-cut bad.dimacs", 2, "bad.dimacs"),
    ("max-cut W.csv", 2, "square"),
    ("partition g.dimacs", 2, "--sizes"),
    ("partition g.dimacs --sizes 1,1", 2, "3"),
    ("partition g.dimacs --sizes x", 2, "x"),
    ("assignment F.csv", 2, "Missing argument"),
    ("assignment F.csv I.csv", 2, "3"),
    ("assignment F.csv W.csv", 2, "square"),
    ("assignment F.csv F.csv --costs I.csv", 2, "C"),
    ("assignment F.csv absent.csv", 2, "absent.csv"),
    ("verify proof.json", 2, "unreadable"),
    ("verify list.json", 2, "unreadable"),
    ("verify empty.csv", 2, "unreadable"),
    ("verify proof.json --data", 2, "--data"),
    ("verify proof.json P.csv", 2, "--data"),
    ("verify proof.json --graph g.dimacs --matrix I.csv", 2, "one of"),
    ("verify proof.json --problem absent.lp", 2, "absent.lp"),
    ("verify proof.json --over box", 2, "--problem"),
    ("verify proof.json --targets a --data P.csv I.csv", 2, "one table"),
    ("experiment study.py", 2, "study.py:1: ZeroDivisionError"),
    ("experiment nope", 2, "nope"),
    ("experiment levels --set nope", 2, "nope"),
    ("experiment levels --jobs 0", 2, "jobs"),
    ("experiment levels --time-limit 0", 2, "time-limit"),
    ("bound linear-network men.csv --targets pulse --widths 2,1,1", 2, "name"),
    ("bound linear-network men.csv --targets puls --widths 1,1,1", 2, "pulse"),
    ("bound linear-network men.csv --targets pulse --inputs age --widths 2,1,1", 2, "layer"),
    ("bound linear-network men.csv --targets pulse,pulse --widths 1,1,2", 2, "pulse"),
    ("bound linear-network men.csv --widths 1,1,1", 2, "--targets"),
    ("bound linear-network I.csv I.csv --widths 2,0,2", 2, "width"),
    ("bound linear-network I.csv I.csv --widths 2", 2, "width"),
    ("bound linear-network - - --widths 2,1,2", 2, "standard input"),
    ("completely-positive I.csv --tolerance nan", 2, "tolerance"),
    ("completely-positive I.csv --seed x", 2, "seed"),
    ("export standard-quadratic W.csv o.npz", 2, "square"),
    ("export nope I.csv o.npz", 2, "nope"),
]


@pytest.mark.parametrize(("line", "status", "said"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_a_clumsy_command_line_is_answered_in_words(line, status, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    start = time.process_time()
    result = CliRunner().invoke(main, line.split())
    assert time.process_time() - start < 3.0
    assert result.exit_code == status and said in result.output, result.output
    assert "Traceback" not in result.output
    assert status != 2 or {path.name: path.read_text() for path in tmp_path.iterdir()} == FILES


def test_there_are_enough_rows():
    assert len(ROWS) + len(COMMANDS) >= 150
