"""Quadratic programs in files: each format states its program exactly, and what is wrong is said with its line."""

import random
import re
from fractions import Fraction

import highspy
import numpy as np
import pytest
import scipy.sparse as sp
from click.testing import CliRunner

from copos import read_problem
from copos.commands.cli import main
from tests.interop.problem_files import VALID, wrong_files

WRONG_FILES = list(wrong_files())
SMALL = ("x", "y"), "min", {(0, 1): 1}, {0: Fraction(-1, 10)}, (0, -2), (1, 3), (False, True)
BINARY = {
    ".mc": ("max", {(0, 1): -2, (1, 2): 1, (2, 3): -4, (0, 3): -2}, {0: 2, 1: Fraction(1, 2), 2: Fraction(3, 2), 3: 3}),
    ".sparse": ("min", {(0, 0): -2, (0, 1): 2, (1, 2): Fraction(-1, 5), (2, 2): 1}, {}),
    ".qubo": ("min", {(0, 0): -2, (0, 1): 1, (1, 2): Fraction(-1, 10), (2, 2): 1}, {}),
}  # fmt: skip


def put(folder, ending, content):
    path = folder / f"problem{ending}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def plain(problem):
    """What a program says, whatever the order of variables and constraints."""
    names = problem.names

    def form(f):
        pairs = sorted((*sorted((names[i], names[j])), v) for (i, j), v in f.pairs.items())
        return str((pairs, sorted((names[i], v) for i, v in f.linear.items()), f.constant))

    variables = {name: (low, top, whole) for name, low, top, whole
                 in zip(names, problem.lower, problem.upper, problem.integer, strict=True)}  # fmt: skip
    rows = sorted((form(c.form), c.relation) for c in problem.constraints)
    return problem.sense, form(problem.objective), variables, rows


@pytest.mark.parametrize("ending", [".qplib", ".lp", ".mps", ".nl"])
def test_four_formats_state_the_same_program(tmp_path, ending):
    problem = read_problem(put(tmp_path, ending, VALID[ending]))
    names, sense, pairs, linear, lower, upper, integer = SMALL
    assert problem.names == (names if ending != ".nl" else ("v0", "v1"))
    assert (problem.sense, problem.objective.pairs, problem.objective.linear) == (sense, pairs, linear)
    assert (problem.lower, problem.upper, problem.integer) == (lower, upper, integer)
    (row,) = problem.constraints
    assert (row.form.linear, row.form.constant, row.relation) == ({0: 1, 1: 1}, Fraction(-3, 2), "<=")


@pytest.mark.parametrize("ending", BINARY)
def test_formats_of_binary_programs(tmp_path, ending):
    problem = read_problem(put(tmp_path, ending, VALID[ending]))
    assert (problem.sense, problem.objective.pairs, problem.objective.linear) == BINARY[ending]
    assert set(problem.lower) == {0} and set(problem.upper) == {1} and all(problem.integer)


def test_the_value_of_a_cut_is_the_weight_of_its_edges(tmp_path):
    problem = read_problem(put(tmp_path, ".mc", VALID[".mc"]))
    edges = {(1, 2): 1, (2, 3): Fraction(-1, 2), (3, 4): 2, (1, 4): 1}
    for k in range(16):
        side = [(k >> j) & 1 for j in range(4)]
        assert problem.value(side) == sum(w for (i, j), w in edges.items() if side[i - 1] != side[j - 1])


def test_boxqp_is_a_maximum_with_a_half(tmp_path):
    problem = read_problem(put(tmp_path, ".in", VALID[".in"]))
    assert problem.sense == "max" and problem.lower == (0, 0) and problem.upper == (1, 1)
    assert problem.value([1, 2]) == Fraction(3, 2) - 2 + 1 - Fraction(3, 2) + 4


@pytest.mark.parametrize("ending, what, content, message", WRONG_FILES, ids=[", ".join(row[:2]) for row in WRONG_FILES])
def test_a_wrong_file_is_refused_with_its_line(tmp_path, ending, what, content, message):
    path, proof = put(tmp_path, ending, content), tmp_path / "proof.json"
    over = ["--over", "box"] if ending == ".mtx" else []
    result = CliRunner().invoke(main, ["solve", str(path), "--certificate", str(proof), *over])
    assert result.exit_code == 2 and not proof.exists() and "Traceback" not in result.output
    assert message in result.output and path.name in result.output, result.output


def mangled(text, rng):
    """A file with a few random edits of lines, words and characters."""
    for _ in range(rng.randint(1, 3)):
        lines, kind = text.split("\n"), rng.randint(0, 5)
        at = rng.randrange(len(lines))
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, rng.choice(lines))
        elif kind == 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        text = "\n".join(lines)
        words = list(re.finditer(r"\S+", text))
        if kind == 3 and words:
            word = rng.choice(words)
            new = rng.choice(["nan", "inf", "-1", "1e400", "9" * 20, "0", "x", "[", "]", "1/0", ""])
            text = text[: word.start()] + new + text[word.end() :]
        elif kind == 4 and text:
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice("0123456789.-+eE/:<>=[] xy#*\"\x00\x0b\u2028é\t") + text[at + 1 :]
        elif kind == 5:
            text = text[: rng.randrange(len(text) + 1)]
    return text


@pytest.mark.parametrize("ending", VALID)
def test_random_edits_end_in_a_program_or_a_message_with_a_line(tmp_path, ending):
    rng, refused = random.Random(7), 0
    for _ in range(150):
        path = put(tmp_path, ending, mangled(VALID[ending], rng))
        try:
            read_problem(path, "box" if ending == ".mtx" else None)
        except ValueError as error:
            assert str(error).startswith(str(path)) and ("line" in str(error) or ending == ".mtx"), str(error)
            refused += 1
    assert refused > 60


LP = [  # what, body, the text of the same program in the plainest words
    ("constant, brackets without blanks", "max\n f: 2x + [x^2+4x*y]/2 - 3\nst\n c: x + y <= 1\nend",
     "max\n f: 2 x + [ x ^2 + 4 x * y ] / 2 - 3\nst\n c: x + y <= 1\nend"),
    ("relations turned and doubled", "min\n x + y\nst\n a: 1 =< x + y\n b: x - y => -1\n c: 3 >= x\nend",
     "min\n f: x + y\nst\n a: x + y >= 1\n b: x - y >= -1\n c: x <= 3\nend"),
    ("range", "min\n x\nst\n c: -1 <= x - y <= 4\nend", "min\n x\nst\n c: x - y >= -1\n c2: x - y <= 4\nend"),
    ("terms add up", "min\n x + x - 3 y + 2 x\nst\n c: x + y + x >= 1\nend",
     "min\n 4 x - 3 y\nst\n c: 2 x + y >= 1\nend"),
    ("signs", "min\n - - x + + y - + 2 z\nend", "min\n x + y - 2 z\nend"),
    ("infinities", "min\n x+y+z\nbounds\n -inf <= x <= +infinity\n y >= -1e30\n z <= 1e20\nend",
     "min\n x+y+z\nbounds\n x free\n y free\nend"),
    ("several on a line", "Minimize obj: x + y Subject\nend", None),
    ("binary", "min\n x\nbounds\n x <= 5\nbinaries\n x\nend", "min\n x\nbounds\n x <= 1\ngenerals\n x\nend"),
    ("comments, cases", "\\ a\nMAXIMIZE\n x \\ b\nSUBJECT   TO\n c: x <= 1\nEND\n\n", "max\n x\nst\n c: x <= 1\nend"),
    ("names with brackets", "min\n x[1,2] + y(3) * 0\nend", None),
    ("empty sections", "min\n x\nst\nbounds\nbin\ngen\nsemi\nend", "min\n x\nend"),
    ("numbers at the ends of names", "min\n 3 e1 + 2 e\nend", "min\n 2 e + 3 e1\nend"),
]  # fmt: skip


@pytest.mark.parametrize("what, text, same", LP, ids=[row[0] for row in LP])
def test_habits_of_lp_files(tmp_path, what, text, same):
    path = put(tmp_path, ".lp", text)
    if same is None:
        with pytest.raises(ValueError, match="line"):
            read_problem(path)
        return
    assert plain(read_problem(path)) == plain(read_problem(put(tmp_path, ".lp", same)))


def test_a_number_means_what_is_written(tmp_path):
    text = "min\n 0.1 x + 0.3000000000000000000001 y + 1e-3 z\nend"
    assert read_problem(put(tmp_path, ".lp", text)).objective.linear == {
        0: Fraction(1, 10), 1: Fraction(3 * 10**21 + 1, 10**22), 2: Fraction(1, 1000)}  # fmt: skip
    mps = VALID[".mps"].replace("-0.1", "1/3")
    assert read_problem(put(tmp_path, ".mps", mps)).objective.linear == {0: Fraction(1, 3)}


RANGES = [("L", 3, 2, (1, 3)), ("L", 3, -2, (1, 3)), ("G", 3, 2, (3, 5)), ("G", 3, -2, (3, 5)), ("E", 3, 2, (3, 5)),
          ("E", 3, -2, (1, 3))]  # fmt: skip


@pytest.mark.parametrize("kind, right, width, bounds", RANGES)
def test_ranges_of_mps_rows(tmp_path, kind, right, width, bounds):
    text = f"NAME\nROWS\n N f\n {kind} c\nCOLUMNS\n x f 1 c 1\nRHS\n R c {right} f -7\nRANGES\n R c {width}\nENDATA\n"
    problem = read_problem(put(tmp_path, ".mps", text))
    assert [(c.relation, -c.form.constant) for c in problem.constraints] == [(">=", bounds[0]), ("<=", bounds[1])]
    assert problem.objective.constant == 7
    assert plain(problem) == plain(rewritten(tmp_path, ".mps"))
    assert plain(problem) == plain(read_problem(put(tmp_path, ".mps", text.replace(" R c", " c"))))  # no name of a set


@pytest.mark.parametrize("section, entries", [
    ("QUADOBJ", " x x 3\n x y -1.5\n"), ("QSECTION f", " x x 3\n y x -1.5\n"),
    ("QMATRIX", " x x 3\n x y -1.5\n y x -1.5\n"),
])  # fmt: skip
def test_quadratic_sections_of_mps_files(tmp_path, section, entries):
    text = f"NAME\nROWS\n N f\n L c\nCOLUMNS\n x f 1 c 1\n y c 1\nRHS\n R c 4\n{section}\n{entries}ENDATA\n"
    problem = read_problem(put(tmp_path, ".mps", text))
    assert problem.objective.pairs == {(0, 0): Fraction(3, 2), (0, 1): Fraction(-3, 2)}  # ½x'Qx
    if not section.startswith("QSECTION"):  # HiGHS wants the entries of one triangle in an order of its own
        assert plain(problem) == plain(rewritten(tmp_path, ".mps"))
    rows = f"{text.split(section)[0]}QCMATRIX c\n x x 3\n x y -1.5\n y x -1.5\nENDATA\n"
    curved = read_problem(put(tmp_path, ".mps", rows)).constraints[0]
    assert curved.form.pairs == {(0, 0): 3, (0, 1): -3} and curved.form.linear == {0: 1, 1: 1}  # x'Qx


def rewritten(folder, ending):
    """The file read and written by HiGHS, and read."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(folder / f"problem{ending}")) == highspy.HighsStatus.kOk
    assert highs.writeModel(str(folder / f"again{ending}")) != highspy.HighsStatus.kError
    return read_problem(folder / f"again{ending}")


def highs_model(rng):
    """A random quadratic program as HiGHS has it: every column has a cost, as its writer loses kinds of others."""
    n, m = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    values = np.array([-3, -1.5, -0.25, 0.5, 1, 2, 7.125])
    lp, model = highspy.HighsLp(), highspy.HighsModel()
    lp.num_col_, lp.num_row_ = n, m
    lp.col_names_, lp.row_names_ = [f"x{j}" for j in range(n)], [f"r{k}" for k in range(m)]
    lp.col_cost_ = rng.choice(values, n)
    lp.col_lower_ = rng.choice([0, -4, -highspy.kHighsInf, 1], n)
    lp.col_upper_ = rng.choice([5, highspy.kHighsInf, 1], n)
    lp.integrality_ = [highspy.HighsVarType.kInteger if k else highspy.HighsVarType.kContinuous
                       for k in rng.integers(0, 2, n)]  # fmt: skip
    sides = [(-highspy.kHighsInf, 2), (1, highspy.kHighsInf), (1, 1), (-1, 4)]
    lp.row_lower_, lp.row_upper_ = map(np.array, zip(*(sides[k] for k in rng.integers(0, 4, m)), strict=True))
    lp.offset_ = float(rng.choice(values))
    lp.sense_ = rng.choice([highspy.ObjSense.kMinimize, highspy.ObjSense.kMaximize])
    A = sp.csc_array(rng.choice(values, (m, n)) * (rng.random((m, n)) < 0.7))
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = A.indptr, A.indices, A.data
    Q = sp.csc_array(np.tril(rng.choice(values, (n, n)) * (rng.random((n, n)) < 0.5)))
    Q.eliminate_zeros()
    Q.sort_indices()
    hessian = model.hessian_
    hessian.dim_, hessian.start_, hessian.index_, hessian.value_ = n, Q.indptr, Q.indices, Q.data
    hessian.format_ = highspy.HessianFormat.kTriangular
    model.lp_ = lp
    return model, (lp, A.toarray(), Q.toarray())


@pytest.mark.parametrize("ending", [".lp", ".mps"])
def test_files_that_highs_writes(tmp_path, ending):
    rng = np.random.default_rng(5)
    for _ in range(20):
        model, (lp, A, Q) = highs_model(rng)
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.passModel(model)
        assert highs.writeModel(str(tmp_path / f"written{ending}")) != highspy.HighsStatus.kError
        found = read_problem(tmp_path / f"written{ending}")
        n = len(lp.col_names_)
        place = [found.names.index(name) for name in lp.col_names_]
        sense = "min" if lp.sense_ == highspy.ObjSense.kMinimize else "max"
        assert found.n == n and found.sense == sense and found.objective.constant == lp.offset_
        whole = [t == highspy.HighsVarType.kInteger for t in lp.integrality_]
        assert [found.integer[k] for k in place] == whole
        for low, top, k in zip(lp.col_lower_, lp.col_upper_, place, strict=True):
            assert found.lower[k] == (None if low == -highspy.kHighsInf else low)
            assert found.upper[k] == (None if top == highspy.kHighsInf else top)
        for _ in range(3):
            x = rng.integers(-3, 4, n).tolist()
            at = [0] * n
            for k, v in zip(place, x, strict=True):
                at[k] = v
            half = sum(Q[i, j] * x[i] * x[j] * (0.5 if i == j else 1) for i in range(n) for j in range(i + 1))
            assert found.value(at) == half + np.dot(lp.col_cost_, x) + lp.offset_
            rows = [(c.relation, c.form.value(at)) for c in found.constraints]
            expected = []
            for value, low, top in zip(A @ x, lp.row_lower_, lp.row_upper_, strict=True):
                if low == top:
                    expected.append(("=", value - low))
                    continue
                expected += [(">=", value - low)] * (low > -highspy.kHighsInf)
                expected += [("<=", value - top)] * (top < highspy.kHighsInf)
            assert sorted(rows) == sorted(expected)


def test_qplib_is_read_as_pyqplib_reads_it(tmp_path):
    pyqplib = pytest.importorskip("pyqplib")
    text = VALID[".qplib"].replace("2 # names of variables\n1 x\n2 y\n", "0\n")
    theirs, ours = pyqplib.read_problem(str(put(tmp_path, ".qplib", text))), read_problem(tmp_path / "problem.qplib")
    for x in ([0, 0], [1, 2], [-3, 5]):
        assert float(ours.value(x)) == pytest.approx(theirs.obj_val(np.array(x, dtype=float)))
    assert [float(v) for v in ours.upper] == theirs.var_ub.tolist()


def test_what_is_no_such_file(tmp_path):
    (tmp_path / "table.csv").write_text("1,2\n2,1\n")
    (tmp_path / "folder.lp").mkdir()
    for name, message in (("none.lp", "no such file"), ("folder.lp", "is a folder"),
                          ("table.csv", "holds a matrix; say over which set"), ("x\0.lp", "no such file")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            read_problem(tmp_path / name)
    (tmp_path / "model.gms").write_text("x")
    with pytest.raises(ValueError, match="expected a file ending in .qplib"):
        read_problem(tmp_path / "model.gms")
    with pytest.raises(ValueError, match="expected a file or a model of cvxpy, gurobipy, ortools, pyomo, got a dict"):
        read_problem({})


QPLIB = """! the layout with explanations after the values
EXAMPLE mixed
QMQ # kinds
Maximize
3 variables
1 constraint
2 entries of the objective
1 1 2.0   2 lines, row, column and value
3 2 -1.0  |
-0.2 default
1 other
2 -0.4D0 its index and value
0.5 constant
1 entry of constraints
1 2 1 4 constraint, row, column and value
1 linear term
1 3 1.0
1.79769313486232E+308 infinity
-1.79769313486232E+308 left
0
3.0 right
0
0.0 lower
0
1.79769313486232E+308 upper
1
2 2.0
0 kind
1
3 2 the third is binary
0
0
0
0
0
0
0
0
"""


def test_qplib_with_explanations_and_what_an_entry_means(tmp_path):
    problem = read_problem(put(tmp_path, ".qplib", QPLIB))
    assert problem.name == "EXAMPLE" and problem.sense == "max" and problem.names == ("x1", "x2", "x3")
    # half of every entry that is given, of products as of squares
    assert problem.objective.pairs == {(0, 0): 1, (1, 2): Fraction(-1, 2)}
    assert problem.objective.linear == {0: Fraction(-1, 5), 1: Fraction(-2, 5), 2: Fraction(-1, 5)}
    (row,) = problem.constraints
    assert row.form.pairs == {(0, 1): 2} and row.form.linear == {2: 1}
    assert (row.relation, row.form.constant) == ("<=", -3)
    assert problem.lower == (0, 0, 0) and problem.upper == (None, 2, 1) and problem.integer == (False, False, True)
