"""Quadratic programs in arrays and sparse matrices: what NumPy and SciPy save, and what is none of it."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp
from click.testing import CliRunner

from copos import read_problem
from copos.commands.cli import main
from tests.interop.test_problem_files import put


def test_npz_of_named_arrays(tmp_path):
    path = tmp_path / "program.npz"
    np.savez(path, Q=[[0, 0.5], [0.5, 0]], c=[-0.125, 0], A_ub=[[1, 1]], b_ub=[1.5], lower=[0, -2], upper=[1, np.inf],
             integrality=[0, 1], constant=2.5, maximize=True)  # fmt: skip
    problem = read_problem(path)
    assert problem.sense == "max" and problem.value([1, 1]) == 1 - Fraction(1, 8) + Fraction(5, 2)
    assert problem.lower == (0, -2) and problem.upper == (1, None) and problem.integer == (False, True)


@pytest.mark.parametrize("kind", [sp.csr_array, sp.csc_array, sp.coo_array])
def test_matrices_that_scipy_saves(tmp_path, kind):
    M = np.array([[1.0, -2, 0], [0, 0.5, 3], [0, 0, -1]])
    sp.save_npz(tmp_path / "M.npz", kind(M))
    scipy.io.mmwrite(tmp_path / "M.mtx", kind(M))
    for name in ("M.npz", "M.mtx"):
        problem = read_problem(tmp_path / name, over="binary")
        assert problem.objective.pairs == {(0, 0): 1, (0, 1): -2, (1, 1): Fraction(1, 2), (1, 2): 3, (2, 2): -1}


def test_sets_of_a_matrix(tmp_path):
    path = put(tmp_path, ".csv", "0,1/3\n1/3,-1\n")
    box, binary, simplex = (read_problem(path, over=over, maximize=True) for over in ("box", "binary", "simplex"))
    assert box.upper == binary.upper == (1, 1) and not any(box.integer) and all(binary.integer)
    assert simplex.upper == (None, None) and simplex.constraints[0].form.value([1, 2]) == 2
    assert simplex.objective.pairs == {(0, 1): Fraction(2, 3), (1, 1): -1} and simplex.sense == "max"


NPZ = [
    ("no archive", lambda path: path.write_bytes(b"PK\x03\x04 and more"), "File is not a zip file"),
    ("empty", lambda path: path.write_bytes(b""), "File is not a zip file"),
    ("other names", lambda path: np.savez(path, X=np.eye(2)), "expected arrays with names among Q, c"),
    ("shapes", lambda path: np.savez(path, Q=np.eye(2), c=[1, 2, 3]), "c has shape"),
    ("not square", lambda path: np.savez(path, Q=np.ones((2, 3))), "Q has shape 2×3"),
    ("NaN", lambda path: np.savez(path, Q=[[np.nan]]), "Q"),
    ("objects", lambda path: np.savez(path, Q=np.array([[1, None]], dtype=object)), "expected real numbers, got dtype"),
    ("complex", lambda path: np.savez(path, Q=np.eye(2) * 1j), "expected real numbers, got dtype complex"),
    ("half a pair", lambda path: np.savez(path, Q=np.eye(2), A_ub=np.eye(2)), "A_ub and b_ub go together"),
    ("bounds", lambda path: np.savez(path, Q=np.eye(2), lower=[0]), "lower and upper have 1 and 2 entries"),
    ("integrality", lambda path: np.savez(path, Q=np.eye(2), integrality=[0, 2]), "integrality must be 0"),
    ("constant", lambda path: np.savez(path, Q=np.eye(2), constant=[1, 2]), "expected one number"),
]


@pytest.mark.parametrize("what, write, message", NPZ, ids=[row[0] for row in NPZ])
def test_wrong_archives(tmp_path, what, write, message):
    path = tmp_path / "program.npz"
    write(path)
    result = CliRunner().invoke(main, ["solve", str(path)])
    assert result.exit_code == 2 and message in result.output and "Traceback" not in result.output, result.output


SPARSE = {"shape": [2, 2], "data": [1.0, 2.0], "indices": [0, 1], "indptr": [0, 1, 2], "format": np.array(b"csr")}
WRONG_SPARSE = [
    ({"shape": [9**9, 9**9]}, "announces a sparse matrix"),
    ({"indices": [0, 5]}, "outside"),
    ({"indices": [0, -1]}, "outside"),
    ({"indptr": [0, 2]}, "indptr does not fit"),
    ({"indptr": [0, 2, 1]}, "indptr does not fit"),
    ({"indptr": [0, 1, 7]}, "indptr announces 7 entries"),
    ({"data": [1.0]}, "values of entries"),
    ({"data": [1.0, np.inf]}, "not finite"),
    ({"indices": [0, 0], "indptr": [0, 2, 2]}, "an entry twice"),
    ({"indices": [0.0, 1.0]}, "rows"),
]


@pytest.mark.parametrize("change, message", WRONG_SPARSE)
def test_wrong_sparse_matrices(tmp_path, change, message):
    np.savez(tmp_path / "M.npz", **SPARSE)
    assert read_problem(tmp_path / "M.npz", over="box").objective.pairs == {(0, 0): 1, (1, 1): 2}
    np.savez(tmp_path / "M.npz", **(SPARSE | change))
    with pytest.raises(ValueError, match=message):
        read_problem(tmp_path / "M.npz", over="box")
