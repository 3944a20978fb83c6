"""SDPA's sparse format: exact round trips, other people's readers, refusals."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from copos import NonNegative, SecondOrder, standard_quadratic
from copos.conic import Cones, ConicForm
from copos.hierarchy import relax
from copos.instances import MATRICES
from copos.interop.sdpa import read_sdpa, write_sdpa
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve
from tests.contracts import EVERY_KIND


def random_form(seed, cones=EVERY_KIND, variables=6):
    rng = np.random.default_rng(seed)
    shape = cones.rows, variables
    A = sp.csr_array(np.where(rng.random(shape) < 0.4, rng.standard_normal(shape), 0.0))
    b = rng.standard_normal(cones.rows) * 10.0 ** rng.integers(-30, 30, cones.rows)
    return ConicForm(rng.standard_normal(variables), A, b, cones, float(rng.standard_normal()))


def same(a, b):
    return (
        a.cones == b.cones
        and a.offset == b.offset
        and np.array_equal(a.c, b.c)
        and np.array_equal(a.b, b.b)
        and a.A.shape == b.A.shape
        and (a.A != b.A).nnz == 0
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_round_trip_is_exact_for_any_numbers_and_cones(tmp_path_factory, seed):
    path = tmp_path_factory.mktemp("sdpa") / "form.dat-s"
    form = random_form(seed)
    write_sdpa(form, path, title="a title")
    assert same(read_sdpa(path), form)


@pytest.mark.parametrize(
    ("family", "gram", "level"), [("parrilo", "sdp", 1), ("parrilo", "sdd", 0), ("pena-vera-zuluaga", "dd", 1)]
)
def test_round_trip_of_levels(tmp_path, family, gram, level):
    cone = NonNegative(2) * SecondOrder(3)
    program = CompletelyPositiveProgram(cone, np.eye(5), [(np.outer(cone.unit, cone.unit), 1.0)])
    form = relax(program, level, family, gram=gram).form
    write_sdpa(form, tmp_path / "level.dat-s")
    assert same(read_sdpa(tmp_path / "level.dat-s"), form)


def plain_reader(path):
    """Blocks F_0 … F_m as dense matrices, by the format's definition alone."""
    lines = [line for line in path.read_text().splitlines() if line[0] not in '"*']
    m, _, sizes = int(lines[0]), int(lines[1]), [int(word) for word in lines[2].split()]
    F = [[np.zeros((abs(n), abs(n))) for n in sizes] for _ in range(m + 1)]
    for line in lines[4:]:
        k, block, i, j = (int(word) for word in line.split()[:4])
        F[k][block - 1][i - 1, j - 1] = F[k][block - 1][j - 1, i - 1] = float(line.split()[4])
    return np.array([float(word) for word in lines[3].split()]), F


def test_what_is_written_means_what_the_form_means(tmp_path):
    """x is feasible for the form iff Σ x_i F_i − F_0 ⪰ 0, and by as much."""
    rng = np.random.default_rng(0)
    cones = Cones(1, 2, (3,), (2, 3))
    form = random_form(1, cones, 4)
    write_sdpa(form, tmp_path / "form.dat-s")
    c, F = plain_reader(tmp_path / "form.dat-s")
    assert np.array_equal(c, form.c)
    for _ in range(5):
        x = rng.standard_normal(4)
        s = form.b - form.A @ x
        blocks = [sum(x[i] * F[i + 1][b] for i in range(4)) - F[0][b] for b in range(len(F[0]))]
        parts = [s[rows] for _, _, rows in cones.slices()]
        eigenvalues = [np.linalg.eigvalsh(block)[0] for block in blocks]
        assert eigenvalues[0] == pytest.approx(-abs(parts[0][0]))
        assert eigenvalues[1] == pytest.approx(parts[1].min())
        assert eigenvalues[2] == pytest.approx(parts[2][0] - np.linalg.norm(parts[2][1:]))
        assert blocks[3] == pytest.approx(np.array([[parts[3][0], parts[3][1] / np.sqrt(2)],
                                                    [parts[3][1] / np.sqrt(2), parts[3][2]]]))  # fmt: skip


@pytest.mark.parametrize(("name", "level", "gram"), [("horn", 0, "sdp"), ("horn", 1, "sdp"), ("horn", 1, "sdd")])
def test_sdpa_itself_reads_it_and_finds_the_same_value(tmp_path, name, level, gram):
    sdpap = pytest.importorskip("sdpap")
    form = relax(standard_quadratic(MATRICES[name].matrix), level, gram=gram).form
    path = tmp_path / "level.dat-s"
    write_sdpa(form, path)
    A, b, c, K, J = sdpap.importsdpa(str(path))
    _, _, info, _, _ = sdpap.solve(A, b, c, K, J, {"print": "no"})
    ours = solve(form, "clarabel").value
    # it minimises −F_0•Y; equations as pairs of inequalities leave no interior, which costs SDPA digits
    assert -info["primalObj"] == pytest.approx(ours - form.offset, abs=2e-5)


def test_a_foreign_file_is_read(tmp_path):
    """Truss-like layout: punctuation, comments, diagonal blocks in the middle, an entry below the diagonal."""
    path = tmp_path / "theirs.dat-s"
    path.write_text('"Example\n* another\n 2 =mdim\n 3 =nblocks\n {2, -2, 1}\n{1.0,\n 2.0}\n'
                    "0 1 2 1 1.0\n1 1 1 1 1.0\n2 1 2 2 1.0\n1,2,1,1,3\n2 2 2 2 1e0\n2 3 1 1 0.5\n")  # fmt: skip
    form = read_sdpa(path)
    assert form.cones == Cones(0, 2, (), (2, 1)) and form.c.tolist() == [1.0, 2.0]
    # min x + 2y, xy ≥ 1: 2√2
    assert solve(form, "clarabel").value == pytest.approx(2 * np.sqrt(2), abs=1e-6)


GOOD = "1\n2\n2 -1\n1.0\n0 1 1 2 1\n1 1 1 1 1\n1 1 2 2 1\n1 2 1 1 1\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected lines with"),
        (GOOD.replace("1\n2\n2 -1", "x\n2\n2 -1"), "number of variables"),
        (GOOD.replace("2 -1", "2"), "2 sizes of blocks"),
        (GOOD.replace("2 -1", "2 0"), "none of them 0"),
        (GOOD.replace("1.0", "1.0 2.0"), "1 numbers for c, got 2"),
        (GOOD + "1 2 1\n", "five numbers"),
        (GOOD + "2 1 1 1 1\n", "entry 2 1 1 1 1 is outside"),
        (GOOD + "1 2 1 2 1\n", "outside"),
        (GOOD + "1 1 1 1 1\n", "given twice"),
        (GOOD + "1 1 1 2 nan\n", "not finite"),
        (GOOD + "1 1 1 2 one\n", "expected numbers"),
        ('"copos {"zero": 1}\n' + GOOD, "does not describe cones"),
        ('"copos {"zero": 0, "nonnegative": 2, "second_order": [], "psd": [2], "offset": 0}\n' + GOOD,
         "blocks of sizes"),
        ('"copos {"zero": 0, "nonnegative": 0, "second_order": [3], "psd": [], "offset": 0}\n'
         "1\n1\n3\n1\n1 1 2 3 1\n", "outside its arrow"),
        ('"copos {"zero": 1, "nonnegative": 0, "second_order": [], "psd": [], "offset": 0}\n'
         "1\n1\n-2\n1\n1 1 1 1 1\n1 1 2 2 1\n", "disagree"),
    ],
)  # fmt: skip
def test_bad_files_are_refused(tmp_path, text, words):
    path = tmp_path / "bad.dat-s"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        read_sdpa(path)


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="not a readable text file"):
        read_sdpa(tmp_path / "nowhere.dat-s")
    with pytest.raises(ValueError, match="needs a variable"):
        write_sdpa(ConicForm([], np.zeros((1, 0)), [1.0], Cones(0, 1)), tmp_path / "none.dat-s")
    assert not list(tmp_path.iterdir())
