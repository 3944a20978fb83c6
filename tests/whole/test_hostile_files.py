"""Files and command lines that are wrong, or look wrong: each is read right, or refused with the place in words.

A row: name, content, status, a piece of the message. Statuses: 0 yes or proved, 1 no, 2 bad input (`copos --help`).
"""

import io
import json
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from copos.commands.cli import main
from copos.conic import ConicForm
from copos.interop.files import read_matrix
from copos.interop.sdpa import read_sdpa
from tests.whole.hostile import BOM, BYTES, COORDINATE, SECONDS, market, put, run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def npy(shape, dtype="<f8", data=b"", magic=b"\x93NUMPY\x01\x00"):
    words = dtype if dtype.startswith("{") else str({"descr": dtype, "fortran_order": False, "shape": shape})
    return magic + len(words).to_bytes(2, "little") + words.encode() + data


def npz(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return out.getvalue()


def announcing(size):
    """An archive whose directory announces an array of so many bytes."""
    data = npz(a=npy((1, 1), data=bytes(8)))
    length = len(npy((1, 1), data=bytes(8)))
    return data.replace(length.to_bytes(4, "little"), size.to_bytes(4, "little"))


EIGHT = np.array([[2.0]]).tobytes()
ARRAYS = [
    ("a.npy", npy((1, 1), data=EIGHT), 0, ""),
    ("a.npy", npy((1,), data=EIGHT), 0, ""),
    ("a.npy", npy((1, 1), "|b1", b"\1"), 0, ""),
    ("a.npy", npy((1, 1), ">i2", b"\0\2"), 0, ""),
    ("a.npy", npy((10**5, 10**5), data=EIGHT), 2, "got an array of shape (100000, 100000)"),
    ("a.npy", npy((10**10,), data=EIGHT), 2, "got an array of shape (10000000000,)"),
    ("a.npy", npy((10**4, 10**4), data=EIGHT), 2, "announces an array of shape (10000, 10000), 800000000 bytes"),
    ("a.npy", npy((2, 2), data=EIGHT), 2, "32 bytes, and has 8"),
    ("a.npy", npy((1, 1), data=EIGHT * 2), 2, "8 bytes, and has 16"),
    ("a.npy", npy((-1, 1), data=EIGHT), 2, "got an array of shape (-1, 1)"),
    ("a.npy", npy((1, 1, 1), data=EIGHT), 2, "got an array of shape (1, 1, 1)"),
    ("a.npy", npy((), data=EIGHT), 2, "expected a matrix"),
    ("a.npy", npy((0, 0)), 2, "expected a matrix"),
    ("a.npy", npy((1, 1), "<c16", bytes(16)), 2, "expected real numbers, got dtype complex128"),
    ("a.npy", npy((1, 1), "|O", b"cos\nsystem\n(S'echo'\ntR."), 2, "expected real numbers, got dtype object"),
    ("a.npy", npy((1, 1), "<U4", bytes(16)), 2, "expected real numbers"),
    ("a.npy", npy((10**10,), "|S0"), 2, "expected real numbers"),
    ("a.npy", npy((1, 1), "<M8[D]", bytes(8)), 2, "expected real numbers"),
    ("a.npy", npy((1, 1), data=np.array([np.nan]).tobytes()), 2, "the entry [0, 0] is nan"),
    ("a.npy", npy((), "{'descr': '<f8', 'shape': (1,)}"), 2, "a.npy"),
    ("a.npy", npy((), "{" * 5000), 2, "a.npy"),
    ("a.npy", npy((), "{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (1,)}"), 2, "a.npy"),
    ("a.npy", npy((1, 1), data=EIGHT, magic=b"\x93NUMPY\x09\x00"), 2, "a.npy"),
    ("a.npy", b"\x93NUMPY", 2, "a.npy"),
    ("a.npy", b"\x80\x04\x95", 2, "a.npy"),
    ("a.npy", b"", 2, "a.npy"),
    ("a.npz", npz(a=npy((1, 1), data=EIGHT)), 0, ""),
    ("a.npz", npz(a=npy((10**5, 10**5), data=EIGHT)), 2, "got an array of shape (100000, 100000)"),
    ("a.npz", npz(a=npy((2, 2), data=EIGHT)), 2, "32 bytes, and has 8"),
    ("a.npz", npz(a=npy((1, 1), "|O", b"cos\nsystem\n(S'echo'\ntR.")), 2, "expected real numbers"),
    ("a.npz", announcing(2 * 10**9), 2, "announces 2000000000 bytes, more than its"),
    ("a.npz", npz(), 2, "holds nothing"),
    ("a.npz", npz(a=b"", b=b""), 2, "holds a, b; name one as"),
    ("a.npz", b"PK\x05\x06" + bytes(18), 2, "holds nothing"),
    ("a.npz", b"no archive", 2, "not a zip file"),
    ("a.npz", npz(a=npy((1, 1), data=EIGHT))[:-30], 2, "not a zip file"),
]


@pytest.mark.parametrize(("name", "content", "status", "message"), ARRAYS)
def test_arrays(folder, name, content, status, message):
    put(folder, name, content)
    result = run("copositive", name)
    assert result.exit_code == status and message in result.output, result.output


EDGE = "p edge 3 2\n"
GRAPHS = [
    ("p edge 3 2\ne 1 2\ne 2 3\n", 0, ""),
    ("c a path\np col 3 2\ne 1 2\ne 2 3\n", 0, ""),
    (BOM + b"p edge 3 2\ne 1 2\ne 2 3\n", 0, ""),
    ("p edge 3 2\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n", 0, ""),
    ("p edge 3 4\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n", 0, ""),
    ("p edge 3 0\n", 0, ""),
    ("p edge 4 5\ne 1 2\ne 2 3\n", 2, "5 edges announced, 2 found"),
    ("p edge 3 1\ne 1 2\ne 2 3\n", 2, "1 edges announced, 2 found"),
    (EDGE + "e 1 1\ne 2 3\n", 2, "line 2: the edge 1 1 is a loop"),
    (EDGE + "n 1 1\ne 1 2\ne 2 3\n", 0, ""),
    (EDGE + "n 1 -5\ne 1 2\ne 2 3\n", 2, "the weight of vertex 1 is -5"),
    (EDGE + "n 1 1/0\ne 1 2\ne 2 3\n", 2, "line 2: '1/0' is no number"),
    (EDGE + "n 4 1\ne 1 2\ne 2 3\n", 2, "line 2: the vertex 4 is outside 1 … 3"),
    (EDGE + "n 1 2\nn 1 2\n", 2, "line 3: the vertex 1"),
    (EDGE + "e 1 4\ne 2 3\n", 2, "line 2: edge 1 4 names a vertex outside 1 … 3"),
    (EDGE + "e 0 1\ne 2 3\n", 2, "line 2: edge 0 1 names a vertex outside 1 … 3"),
    (EDGE + "e 1 2 7\n", 2, "line 2: expected 'p edge n m' once"),
    (EDGE + "e 1\n", 2, "line 2"),
    (EDGE + "e 1 x\n", 2, "line 2"),
    (EDGE + "e 1 2.0\n", 2, "line 2"),
    (EDGE + "e -1 2\n", 2, "line 2"),
    (EDGE + "a 1 2\n", 2, "line 2"),
    (EDGE + EDGE, 2, "line 2"),
    ("e 1 2\n" + EDGE, 2, "line 1"),
    ("p edge 3\n", 2, "line 1"),
    ("p cnf 3 2\n", 2, "line 1"),
    ("p edge 0 0\n", 2, "line 1: announces 0 vertices"),
    ("p edge 10000000000 1\ne 1 2\n", 2, "line 1: announces 10000000000 vertices"),
    ("p edge 100000 1\ne 1 2\n", 2, "line 1: announces 100000 vertices"),
    ("p edge 3 " + "9" * 5000 + "\n", 2, "line 1"),
    ("", 2, "no line 'p edge n m'"),
    ("1 2\n2 3\n", 2, "line 1"),
    (b"\x00\xff\xfe", 2, "not the binary one"),
]


@pytest.mark.parametrize(("content", "status", "message"), GRAPHS)
def test_graphs(folder, content, status, message):
    put(folder, "g.col", content)
    result = run("stability-number", "g.col")
    assert result.exit_code == status and message in result.output, result.output
    if status == 0:
        assert "stability number ≥ │ 2" in result.output or "stability number ≥ │ 3" in result.output


NOTE = '"copos {"zero":%s,"nonnegative":%s,"second_order":[%s],"psd":[],"offset":%s}\n1\n1\n-2\n1\n0 1 1 1 1\n'
SDPA = [
    ("10000000000\n1\n2\n1\n", "expected the number of variables, from 1"),
    ("10000000\n1\n2\n1\n", "expected 10000000 numbers for c, got 1"),
    ("2.5\n1\n2\n1\n", "expected the number of variables"),
    ("1\n1\n1000000\n1\n0 1 1 1 1\n", "announces blocks with 500000500000 rows"),
    ("1\n10000000\n2\n1\n", "expected 10000000 sizes of blocks"),
    ("1\n1\n2.5\n1\n0 1 1 1 1\n", "expected 1 sizes of blocks, integers"),
    ("1\n1\n0\n1\n", "none of them 0"),
    ("1\n1\n2\n1_0\n0 1 1 1 1\n", "got '1_0', no number"),
    ("1\n1\n2\n1e999\n0 1 1 1 1\n", "not finite"),
    ("1\n1\n2\n1\n0 1 1 1 nan\n", "got 'nan', one that is not finite"),
    ("1\n1\n2\n1\n0 1 1 1\n", "expected entries of five numbers"),
    ("1\n1\n2\n1\n0 1.5 1 1 1\n", "expected numbers"),
    ("1\n1\n2\n1\n2 1 1 1 1\n", "is outside its matrix"),
    ("1\n1\n2\n1\n0 1 1 3 1\n", "is outside its matrix"),
    ("1\n1\n2\n1\n0 1 1 1 1\n0 1 1 1 2\n", "given twice"),
    ("2\n1\n2\n", "expected lines with the number of variables"),
    (NOTE % (10**10, 0, "", 0), "does not have blocks of sizes"),
    (NOTE % (0, 1, 10**10, 0), "does not have blocks of sizes"),
    (NOTE % (0, 2, "", "Infinity"), "not finite"),
    (NOTE % (-1, 2, "", 0), "does not"),
    ('"copos ' + "[" * 100_000 + "\n1\n1\n-2\n1\n0 1 1 1 1\n", "does not describe cones"),
    (b"\xff\x00", "not a readable text file"),
]


@pytest.mark.parametrize(("content", "message"), SDPA)
def test_sdpa(folder, content, message):
    put(folder, "p.dat-s", content)
    tracemalloc.start()
    begin = time.process_time()
    with pytest.raises(ValueError, match="p.dat-s") as refused:
        read_sdpa("p.dat-s")
    assert message in str(refused.value) and time.process_time() - begin < SECONDS
    assert tracemalloc.get_traced_memory()[1] < BYTES
    tracemalloc.stop()


FORM = {name: npy((1,), data=EIGHT) for name in ("c", "b", "data")} | {
    name: npy((), "<i8", bytes(8)) for name in ("offset", "zero")
}
FORM |= {"nonnegative": npy((), "<i8", b"\1" + bytes(7)), "second_order": npy((0,), "<i8"), "psd": npy((0,), "<i8")}
FORM |= {"shape": npy((2,), "<i8", (b"\1" + bytes(7)) * 2), "indices": npy((1,), "<i4", bytes(4)),
         "indptr": npy((2,), "<i4", bytes(4) + b"\1" + bytes(3))}  # fmt: skip
FORMS = [
    ({}, None),
    ({"c": npy((10**10,))}, "got an array of shape"),
    ({"c": npy((1,), "|O", b"cos\nsystem\n.")}, "expected real numbers"),
    ({"c": npy((1,), data=np.array([np.nan]).tobytes())}, "not finite"),
    ({"c": b""}, "form.npz"),
    ({"indices": npy((1,), "<i4", b"\7" + bytes(3))}, "form.npz"),
    ({"shape": npy((2,), "<i8", b"\xff" * 16)}, "form.npz"),
    ({"nonnegative": npy((), "<i8", b"\7" + bytes(7))}, "the cones have 7 rows"),
]


@pytest.mark.parametrize(("change", "message"), FORMS, ids=range(len(FORMS)))
def test_saved_conic_forms(folder, change, message):
    put(folder, "form.npz", npz(**FORM | change))
    if message is None:
        assert ConicForm.load("form.npz").shape == (1, 1)
        return
    with pytest.raises(ValueError, match="form.npz: not a conic form") as refused:
        ConicForm.load("form.npz")
    assert message in str(refused.value)


BROKEN = '{"format": "copos certificate", "version": 1, '
CERTIFICATES = [
    ("", "not JSON"), ("{", "not JSON"), ("[]", "must be an object"), ("null", "must be an object"), ("{}", "needs"),
    ("[" * 100_000, "nested too deeply"), ('{"a":' * 100_000, "nested too deeply"), (BROKEN + '"a": 1.5}', "got 1.5"),
    (BROKEN + '"a": NaN}', "got NaN"), (BROKEN + '"version": 1}', "twice"),
    (BROKEN + '"a": ' + "9" * 100_000 + "}", "digits"), (b"\xff\xfe", "decode"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), CERTIFICATES)
def test_certificates(folder, content, message):
    put(folder, "c.json", content)
    result = run("verify", "c.json")
    assert result.exit_code == 2 and message in result.output, result.output


COMMANDS = [
    ((), 2, "Usage"),
    (("no-such",), 2, "No such command"), (("stabilty", "x"), 2, "Did you mean 'stability'?"),
    (("copositive",), 2, "Missing argument"),
    (("copositive", "absent.csv"), 2, "absent.csv: no such file"),
    (("copositive", "."), 2, "is a folder"),
    (("copositive", "a\0b"), 2, "null byte"),
    (("copositive", "a" * 300 + ".csv"), 2, "a.csv"),
    (("copositive", "I.csv", "--time-limit", "0"), 2, "Invalid value"),
    (("copositive", "I.csv", "--time-limit", "nan"), 2, "expected a finite number"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--tolerance", "nan"), 2, "expected a finite"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--trace-bound", "inf"), 2, "a finite"),
    (("branch", "standard-quadratic", "I.csv", "--tolerance", "nan"), 2, "expected a finite number"),
    (("copositive", "I.csv", "--certificate", "/no/such/p.json"), 2, "/no/such/p.json"),
    (("copositive", "I.csv", "--certificate", "."), 2, "Is a directory"),
    (("copositive", "I.csv", "--certificate", ""), 2, "cannot be written"),
    (("copositive", "I.csv", "--certificate", "I.csv/p.json"), 2, "I.csv/p.json"),
    (("copositive", "I.csv", "--certificate", "b" * 300), 2, "File name too long"),
    (("copositive", "I.csv", "--certificate", "I.csv"), 2, "same file as an input"),
    (("copositive", "I.csv", "--certificate", "./I.csv"), 2, "same file as an input"),
    (("copositive", "I.csv", "--certificate", "p.json"), 0, "certificate: p.json"),
    (("copositive", "N.csv"), 1, "copositive: no"),
    (("copositive", "W.csv"), 2, "expected a square matrix"),
    (("copositive", "A.csv"), 2, "symmetric"),
    (("completely-positive", "I.csv", "--certificate", "/no/such/p.json"), 2, "/no/such/p.json"),
    (("completely-positive", "N.csv"), 1, "completely positive: no"),
    (("bound", "standard-quadratic", "I.csv", "--certificate", "/no/such/p.json"), 2, "/no/such/p.json"),
    (("bound", "standard-quadratic", "I.csv", "--certificate", "I.csv"), 2, "same file as an input"),
    (("bound", "standard-quadratic", "I.csv", "--level", "-1"), 2, "integer"),
    (("bound", "standard-quadratic", "I.csv", "--level", "1.5"), 2, "Invalid value"),
    (("bound", "standard-quadratic", "W.csv"), 2, "square"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--network", "/no/such/n.npz"), 2, "/no/such"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--network", "I.csv"), 2, "same file"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--network", "o", "--certificate", "o"), 2,
     "--certificate o is the same file as --network"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--check", "c.json", "--network", "n"), 2,
     "solves nothing"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--check", "absent.json"), 2, "no such file"),
    (("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--ridge", "nan"), 2, "ridge"),
    (("bound", "linear-network", "I.csv", "W.csv", "--widths", "2,1,2"), 2, "samples"),
    (("branch", "standard-quadratic", "I.csv", "--state", "/no/such/s.json"), 2, "/no/such/s.json"),
    (("branch", "standard-quadratic", "I.csv", "--state", "I.csv"), 2, "same file as an input"),
    (("branch", "standard-quadratic", "I.csv", "--state", "notes.txt"), 2, "does not hold a tree"),
    (("branch", "standard-quadratic", "I.csv", "--certificate", "/no/such/p.json"), 2, "/no/such/p.json"),
    (("stability-number", "I.csv"), 2, "zero diagonal"),
    (("stability-number", "absent.col"), 2, "no such file"),
    (("stability-number", "."), 2, "is a folder"),
    (("stability-number", "g.col", "--certificate", "g.col"), 2, "same file as an input"),
    (("export", "standard-quadratic", "I.csv", "o.txt"), 2, "expected a name that ends in"),
    (("export", "standard-quadratic", "I.csv", "/no/such/o.dat-s"), 2, "/no/such/o.dat-s"),
    (("verify", "absent.json"), 2, "no such file"),
    (("verify", "."), 2, "no such file"),
    (("verify", "/dev/zero"), 2, "no such file"),
    (("verify", "I.csv"), 2, "unreadable"),
    (("experiment", "absent.py"), 2, "no experiment"),
    (("experiment", "notes.py"), 2, "notes.py"),
    (("experiment", "levels", "--out", "I.csv"), 2, "I.csv"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), COMMANDS, ids=range(len(COMMANDS)))
def test_command_lines(folder, arguments, status, message):
    for name, content in {
        "I.csv": "2,1\n1,2\n", "N.csv": "1,-2\n-2,1\n", "W.csv": "1,2,3\n2,3,4\n", "A.csv": "1,2\n3,1\n",
        "notes.txt": "my notes", "notes.py": "my notes\n", "g.col": "p edge 3 2\ne 1 2\ne 2 3\n",
    }.items():  # fmt: skip
        put(folder, name, content)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = run(*arguments)
    assert result.exit_code == status and message in result.output, result.output
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.items() <= after.items() and (status != 2 or before == after)


def test_a_small_file_takes_no_memory(folder):
    """What announces 10¹⁰ numbers is refused before anything is allocated."""
    put(folder, "a.npy", npy((10**5, 10**5), data=EIGHT))
    put(folder, "a.npz", announcing(4 * 10**9))
    put(folder, "a.mtx", market(COORDINATE, "100000 100000 1", "1 1 1"))
    put(folder, "b.mtx", market("array real general", "3000 3000", "1"))
    tracemalloc.start()
    for name in ("a.npy", "a.npz", "a.mtx", "b.mtx"):
        for exact in (False, True):
            with pytest.raises(ValueError, match="announces|expected"):
                read_matrix(name, exact=exact)
    assert tracemalloc.get_traced_memory()[1] < BYTES
    tracemalloc.stop()


def test_json_is_json_on_every_terminal(folder):
    put(folder, "I.csv", "2,1\n1,2\n")
    for encoding in ("utf-8", "ascii", "cp1252"):
        result = CliRunner(charset=encoding).invoke(main, ["copositive", "I.csv", "--minimum", "--json"])
        assert result.exit_code == 0 and json.loads(result.stdout_bytes.decode(encoding))["answer"] is True
