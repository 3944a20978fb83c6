"""One table with named columns: what is read, what is left out, what is refused and in which words."""

from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.io import savemat

from copos.commands.cli import main
from copos.interop.files import read_matrix
from copos.interop.named_columns import read_samples

MEN = ',age,"height, cm",pulse,waist,name\n0,41,180,60,81,Ann\n1,38,175.5,NA,80,Bo\n2,50,169,71,,Cy\n3,22,181,55,79,D\n'
USED = {"targets": ["pulse", "waist"], "inputs": ["age", "height, cm"]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "men.csv").write_text(MEN, encoding="utf-8")
    return tmp_path


def run(*words, **more):
    return CliRunner().invoke(main, list(words), **more)


def test_columns_are_found_by_name_and_read_as_written():
    found = read_samples("men.csv", **USED)
    assert found.X.tolist()[1] == [38, Fraction(351, 2)] and found.Y.tolist()[3] == [55, 79]
    assert found.weights.tolist() == [[1, 1], [0, 1], [1, 0], [1, 1]] and found.index == ""


def test_an_index_is_left_out_unless_it_is_asked_for(folder):
    (folder / "t.csv").write_text("index,a,y\n5,1,2\n6,3,4\n", encoding="utf-8")
    assert read_samples("t.csv", ["y"]).inputs == ["a"]
    assert read_samples("t.csv", ["y"], ["index", "a"]).X.tolist() == [[5, 1], [6, 3]]
    assert read_samples("t.csv", ["y"], ["a"], weight="index").sample_weight == [5, 6]


REFUSED = {
    "no such column": (MEN, {"targets": ["puls"]}, "has no column 'puls'; did you mean 'pulse'?"),
    "no target": (MEN, {"targets": []}, "which columns are targets"),
    "text among the inputs": (MEN, {"targets": ["pulse"]}, "line 2, column 'name': 'Ann' is no number"),
    "a missing input": (MEN, {"targets": ["age"], "inputs": ["pulse"]}, "line 3, column 'pulse': is missing"),
    "a column twice": ("a,a,y\n1,2,3\n", {"targets": ["y"]}, "two columns 'a'"),
    "asked for twice": (MEN, {"targets": ["age"], "inputs": ["age"]}, "'age' is asked for twice"),
    "nothing but targets": ("y,z\n1,2\n", {"targets": ["y", "z"]}, "no columns but the targets"),
    "all is missing": ("a,y\n1,NA\n2,\n", {"targets": ["y"]}, "every cell of the targets is missing"),
    "no names": ("1,2\n3,4\n", {"targets": ["y"]}, "line 1: expected the names of the columns, got 1, 2"),
    "names only": ("a,y\n", {"targets": ["y"]}, "has no rows below its names"),
    "empty": ("", {"targets": ["y"]}, "is empty"),
    "ragged": ("a,y\n1,2\n3\n", {"targets": ["y"]}, "line 3: has 1 cells, the header has 2"),
    "thousands": ('a,y\n"1,000",2\n', {"targets": ["y"]}, "line 2, column 'a': '1,000' has a comma"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_with_line_and_column(case, folder):
    text, how, words = REFUSED[case]
    (folder / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        read_samples("t.csv", **how)
    assert words in str(caught.value) and str(caught.value).startswith("t.csv: ")


def test_a_bound_from_one_table_and_its_proof_against_that_table(folder):
    columns = ("--targets", "pulse,waist", "--inputs", "age", "--ridge", "1", "--widths", "1,1,2")
    done = run("bound", "linear-network", "-", *columns, "--certificate", "p.json", input=MEN)
    assert done.exit_code == 0 and "proved" in done.output, done.output
    about = ("--targets", "pulse,waist", "--inputs", "age")
    assert run("verify", "p.json", "--data", "men.csv", *about).exit_code == 0
    (folder / "men.csv").write_text(MEN.replace("41", "42"), encoding="utf-8")
    assert run("verify", "p.json", "--data", "men.csv", *about).exit_code == 1


COMMANDS = [
    (["men.csv", "--widths", "2,1,2"], "expected a second table Y, or --targets"),
    (["men.csv", "men.csv", "--widths", "2,1,2", "--inputs", "age"], "--inputs names columns"),
    (["-", "-", "--widths", "2,1,2"], "standard input (-) can be read once"),
    (["men.csv", "--targets", "waist", "--inputs", "age", "--widths", "3,1,1"], "1 inputs ('age'), but the first"),
    (["x.csv", "y.csv", "--samples-in-rows", "--widths", "2,1,1"], "x.csv has 3 rows and y.csv has 2"),
    (["x.csv", "x.csv", "--samples-in-rows", "--widths", "3,1,2"], "x.csv has 2 columns, but the layer of --widths"),
    (["x.csv", "x.csv", "--samples-in-rows", "--widths", "2,1,2", "--weights", "y.csv"], "y.csv has 2 rows and 1 col"),
]


@pytest.mark.parametrize(("words", "said"), COMMANDS)
def test_messages_are_about_the_tables_as_the_user_has_them(words, said, folder):
    (folder / "x.csv").write_text("1,2\n3,4\n5,7\n", encoding="utf-8")
    (folder / "y.csv").write_text("1\n2\n", encoding="utf-8")
    done = run("bound", "linear-network", *words)
    assert done.exit_code == 2 and said in " ".join(done.output.split()), done.output


def test_a_name_with_a_comma_stands_in_double_quotes(folder):
    (folder / "flats.csv").write_text('"area, m2",rooms,"rent, ""cold"""\n30,1,3\n50,2,6\n70,2,7\n', encoding="utf-8")
    wide = ["--targets", '"rent, ""cold"""', "--widths", "2,1,1"]
    certify = [*wide, "--certificate", "p.json"]
    done = run("bound", "linear-network", "flats.csv", *certify, "--inputs", '"area, m2", rooms')
    assert done.exit_code == 0, done.output
    assert run("verify", "p.json", "--data", "flats.csv", *wide[:2], "--inputs", 'rooms,"area, m2"').exit_code == 1
    assert run("verify", "p.json", "--data", "flats.csv", *wide[:2], "--inputs", '"area, m2",rooms').exit_code == 0
    slip = run("bound", "linear-network", "flats.csv", *wide, "--inputs", "area, m2,rooms")
    assert slip.exit_code == 2 and "a name with a comma stands in double quotes" in " ".join(slip.output.split())
    assert run("k-means", "flats.csv", "--clusters", "2", "--columns", '"area, m2"x').exit_code == 2


@pytest.mark.parametrize(("command", "text"), [("copositive", "1 0\n0 1\n"), ("completely-positive", "2 1\n1 2\n")])
def test_matrices_come_from_standard_input_too(command, text):
    assert run(command, "-", input=text).exit_code == 0


def test_matrices_of_matlab(folder):
    import scipy.sparse as sp

    M = np.array([[1.0, -2], [0.5, 4]])
    savemat("one.mat", {"M": M})
    savemat("two.mat", {"A": sp.csc_matrix(M), "B": np.array([[1 + 2j]]), "s": "text"})
    assert (read_matrix("one.mat") == M).all() and (read_matrix("two.mat:A") == M).all()
    for name, words in [("two.mat", "holds 3 variables"), ("two.mat:Z", "holds no 'Z'"), ("two.mat:B", "real numbers"),
                        ("two.mat:s", "class char")]:  # fmt: skip
        with pytest.raises(ValueError, match=words):
            read_matrix(name)
    for k, cut in enumerate((0, 50, 140, 180)):
        (folder / f"cut{k}.mat").write_bytes((folder / "one.mat").read_bytes()[:cut])
        with pytest.raises(ValueError, match=r"cut\d\.mat: "):
            read_matrix(f"cut{k}.mat")


def test_parquet_is_read_or_names_the_command(folder):
    (folder / "t.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(ValueError, match=r"pip install pyarrow|no readable \.parquet file"):
        read_samples("t.parquet", ["y"])
