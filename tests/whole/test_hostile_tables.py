"""Tables and matrices in text that are wrong, or look wrong: each is read right, or refused with the place in words."""

import numpy as np
import pytest

from copos.interop.files import read_matrix
from tests.whole.hostile import BOM, COORDINATE, EXACT, FLOAT, SYMMETRIC, market, put, run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# tables: copositive or not where they are read (0 or 1), or line, cell and reason
TABLES = [
    ("byte-order mark", BOM + b"2,-1\n-1,2\n", 0, ""),
    ("byte-order mark before names", BOM + b"a,b\n2,1\n1,2\n", 0, ""),
    ("UTF-16 of a spreadsheet", "a\tb\n2\t1\n1\t2\n".encode("utf-16"), 0, ""),
    ("names", "height,weight\n2,1\n1,2\n", 0, ""),
    ("quoted names", '"height, cm";"weight"\n2;1\n1;2\n', 0, ""),
    ("names that begin with digits", "1stFlrSF,LotArea\n2,1\n1,2\n", 0, ""),
    ("semicolons", "2;1\n1;2\n", 0, ""),
    ("tabs", "2\t1\n1\t2\n", 0, ""),
    ("blanks", "  2   1\n1 2\n", 0, ""),
    ("commas and blanks", "2, 1\n1 , 2\n", 0, ""),
    ("carriage returns and line feeds", "a,b\r\n2,1\r\n1,2\r\n", 0, ""),
    ("carriage returns", "2,1\r1,2\r", 0, ""),
    ("no last line feed", "2,1\n1,2", 0, ""),
    ("comments", "# made by hand\n2,1\n% and more\n1,2\n", 0, ""),
    ("blank lines", "\n2,1\n\n1,2\n\n\n", 0, ""),
    ("quoted numbers", '"2","1"\n"1","2"\n', 0, ""),
    ("signs, points, exponents", "+2.,-.1e1\n-1E0,2e+00\n", 0, ""),
    ("a header of numbers is data", "1,2\n2,1\n", 0, ""),
    ("one number", "-3\n", None, ""),
    ("empty", b"", 2, "is empty"),
    ("only comments", "# nothing\n", 2, "is empty"),
    ("only names", "a,b\n", 2, "has no numbers"),
    ("NA in the first line", "1,NA\n2,3\n", 2, "line 1, cell 2: 'NA' is a missing value"),
    ("NA later", "1,2\n2,NA\n", 2, "line 2, cell 2: 'NA' is a missing value"),
    ("NaN", "1,nan\nnan,2\n", 2, "line 1, cell 2: 'nan' is a missing value"),
    ("infinity", "1,inf\ninf,2\n", 2, "line 1, cell 2: 'inf' is not finite"),
    ("a spreadsheet's #N/A is no comment", "#N/A,1\n1,2\n", 2, "line 1, cell 1: '#N/A' is a missing value"),
    ("a spreadsheet's #DIV/0! is no comment", "1,2\n#DIV/0!,1\n", 2, "line 2, cell 1: '#DIV/0!' is no number"),
    ("blank cell", "1,\n2,3\n", 2, "line 1, cell 2: '' is a missing value"),
    ("blank cell between", "1,,2\n2,3,4\n4,5,6\n", 2, "line 1, cell 2"),
    ("blank cells of a line", "1,2\n,\n", 2, "line 2, cell 1: '' is a missing value"),
    ("tabs alone are blank cells", "1\t2\n\t\n", 2, "line 2, cell 1: '' is a missing value"),
    ("delimiter at the end", "1,2,\n2,3,\n", 2, "line 1, cell 3"),
    ("index column of a data frame", ",a,b\n0,1,2\n1,2,1\n", 2, "line 1, cell 1: '' is a missing value"),
    ("names of rows", "a,b,c\nr1,1,2\nr2,2,1\n", 2, "line 2, cell 1: 'r1' is no number"),
    ("typo", "1,2o\n2,3\n", 2, "line 1, cell 2: '2o' is no number"),
    ("typo alone in the first line", "2o\n1\n", 2, "line 1, cell 1: '2o' is no number"),
    ("names and a number", "a,2001\n1,2\n", 2, "a header line has names in all its cells"),
    ("names twice", "a,b\na,b\n1,2\n", 2, "line 2, cell 1: 'a' is no number"),
    ("thousands separator", '"1,234",5\n5,6\n', 2, "line 1, cell 1: '1,234' has a comma or a blank inside"),
    ("thousands apart by blanks", "1 234;5\n5;6\n", 2, "line 1, cell 1: '1 234' has a comma or a blank inside"),
    ("decimal comma", "1,5;2,5\n2,5;3,5\n", 2, "line 1, cell 1: '1,5' has a comma"),
    ("underscore", "1_000,2\n2,3\n", 2, "line 1, cell 1: '1_000' is no number"),
    ("hexadecimal", "0x10,2\n2,3\n", 2, "line 1, cell 1: '0x10' is no number"),
    ("full-width digit", "１,2\n2,3\n", 2, "line 1, cell 1"),
    ("unit", "1kg,2\n2,3\n", 2, "line 1, cell 1: '1kg' is no number"),
    ("currency", "$1,2\n2,3\n", 2, "line 1, cell 1: '$1' is no number"),
    ("per cent", "1%,2\n2,3\n", 2, "line 1, cell 1: '1%' is no number"),
    ("date", "2020-01-01,2\n2,3\n", 2, "line 1, cell 1: '2020-01-01' is no number"),
    ("complex", "1+2j,2\n2,3\n", 2, "line 1, cell 1: '1+2j' is no number"),
    ("truth", "TRUE,FALSE\n1,2\n", 2, "line 1, cell 1: 'TRUE' is no number"),
    ("formula", "=1+1,2\n2,3\n", 2, "line 1, cell 1: '=1+1' is no number"),
    ("division by zero", "1/0,2\n2,3\n", 2, "line 1, cell 1: '1/0'"),
    ("too short a line", "1,2\n3\n", 2, "line 2: has 1 cells, the first row has 2"),
    ("too long a line", "1,2\n3,4,5\n", 2, "line 2: has 3 cells, the first row has 2"),
    ("more names than numbers", "a,b,c\n1,2\n2,1\n", 2, "line 2: has 2 cells, the header has 3"),
    ("two delimiters", "1,2\n2;1\n", 2, "line 2: has 1 cells"),
    ("quote without end", '"1,2\n3,4\n', 2, "line"),
    ("Latin-1", "caf\u00e9,b\n1,2\n".encode("latin-1"), 2, "line 1: byte 0xE9 is not UTF-8 text"),
    ("zero byte", b"1,2\n2,\x001\n", 2, "line 2: holds a zero byte"),
    ("UTF-16 without its mark", "1,2\n2,1\n".encode("utf-16-le"), 2, "holds a zero byte"),
    ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0", 2, "is not UTF-8"),
    ("long number", "1," + "9" * 5000 + "\n2,3\n", 2, "has 5000 characters"),
    ("long text", "1," + "x" * 200_000 + "\n", 2, "line 1"),
    ("many cells", "1," * 5000 + "1\n2\n", 2, "line 2: has 1 cells, the first row has 5001"),
    ("one column, a line blank between", "y\n1\n\n2\n", 2, "line 3: is blank"),
    ("one column, a line blank after the name", "y\n\n1\n2\n", 2, "line 2: is blank"),
]  # fmt: skip


@pytest.mark.parametrize("command", [EXACT, FLOAT], ids=["exactly", "as doubles"])
@pytest.mark.parametrize(("content", "status", "message"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES])
def test_tables(folder, content, status, message, command):
    put(folder, "M.csv", content)
    result = run(*command, "M.csv")
    if status == 2:
        assert result.exit_code == 2 and "M.csv" in result.output and message in result.output, result.output
    else:  # all of them are copositive but one
        assert result.exit_code == ((1 if status is None else 0) if command == EXACT else 0), result.output


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0.1,1/3\n1e400,2\n", [["1/10", "1/3"], [str(10**400), "2"]]),
        ("y\n.5\n", [["1/2"]]),
        (b"%%MatrixMarket matrix array real general\n1 2\n0.1\n1e-400\n", [["1/10", f"1/{10**400}"]]),
    ],
)
def test_numbers_as_written(folder, content, expected):
    name = "M.mtx" if str(content).startswith("b'%%") else "M.csv"
    put(folder, name, content)
    assert [[str(v) for v in row] for row in read_matrix(name, exact=True).tolist()] == expected
    with pytest.raises(ValueError, match="beyond the range|fraction") if "400" in str(content) else np.errstate():
        assert read_matrix(name).tolist() == [[0.5]]


def test_missing_cells_are_read_only_where_that_is_asked_for(folder):
    put(folder, "Y.csv", "a,b,c\n1,NA,\nnan,-,?\n")
    assert np.array_equal(read_matrix("Y.csv", missing=True), [[1] + [np.nan] * 2, [np.nan] * 3], equal_nan=True)
    put(folder, "Y.csv", "1,2o\n")
    with pytest.raises(ValueError, match="line 1, cell 2"):
        read_matrix("Y.csv", missing=True)


FILES = [
    # Matrix Market
    ("m.mtx", market(SYMMETRIC, "2 2 3", "1 1 2", "2 1 -1", "2 2 2"), 0, ""),
    ("m.mtx", market(SYMMETRIC, "2 2 3", "1 1 2", "1 2 -1", "2 2 2"), 0, ""),
    ("m.mtx", market("array integer symmetric", "2 2", "2", "-1", "2"), 0, ""),
    ("m.mtx", market("coordinate pattern symmetric", "% a comment", "", "2 2 1", "2 1"), 0, ""),
    ("m.mtx", market(SYMMETRIC, "2 2 4", "1 1 1", "1 2 2", "2 1 7", "2 2 5"), 2, "line 5: entry (2, 1), or its mirror"),
    ("m.mtx", market(COORDINATE, "2 2 3", "1 1 1", "2 2 1", "1 1 5"), 2, "was given in line 3 already"),
    ("m.mtx", market(COORDINATE, "2 2 3", "1 1 1", "2 2 1"), 2, "announces 3 entries and has 2"),
    ("m.mtx", market(COORDINATE, "2 2 1", "1 1 1", "2 2 1"), 2, "announces 1 entries and has 2"),
    ("m.mtx", market(COORDINATE, "2 2 1", "1 1"), 2, "line 3: expected row, column and value"),
    ("m.mtx", market(COORDINATE, "2 2 1", "3 1 1"), 2, "line 3: entry (3, 1) is outside a 2 × 2 matrix"),
    ("m.mtx", market(COORDINATE, "2 2 1", "0 1 1"), 2, "line 3: entry (0, 1) is outside"),
    ("m.mtx", market(COORDINATE, "2 2 1", "1.5 1 1"), 2, "line 3: expected row, column and value"),
    ("m.mtx", market(COORDINATE, "2 2 1", "1 1 x"), 2, "line 3: 'x' is no number"),
    ("m.mtx", market(COORDINATE, "2 2 1", "1 1 nan"), 2, "line 3: 'nan'"),
    ("m.mtx", market(COORDINATE, "2 2"), 2, "line 2: expected a line with the sizes"),
    ("m.mtx", market(COORDINATE), 2, "line 2: expected a line with the sizes"),
    ("m.mtx", market(COORDINATE, "-2 2 0"), 2, "line 2: expected a line with the sizes"),
    ("m.mtx", market("coordinate integer general", "1 1 1", "1 1 1.5"), 2, "line 3: '1.5' is not an integer"),
    ("m.mtx", market("coordinate complex hermitian", "1 1 1", "1 1 1 0"), 2, "got coordinate complex"),
    ("m.mtx", market("coordinate real skew-symmetric", "2 2 1", "2 1 1"), 2, "got skew-symmetric"),
    ("m.mtx", market(SYMMETRIC, "2 3 1", "1 1 1"), 2, "square as it is symmetric"),
    ("m.mtx", market("array real general", "2 2", "1", "2", "3"), 2, "expected 4 entries, got 3"),
    ("m.mtx", market("array pattern general", "2 2"), 2, "a pattern has no array"),
    ("m.mtx", "2 2\n1 0\n0 1\n", 2, "line 1: expected '%%MatrixMarket"),
    ("m.mtx", b"", 2, "line 1: expected '%%MatrixMarket"),
    # other endings, no files
    ("m.xlsx", b"PK", 2, "expected a file ending in .npy"),
    ("m", b"1", 2, "expected a file ending in .npy"),
]


@pytest.mark.parametrize("command", [EXACT, FLOAT], ids=["exactly", "as doubles"])
@pytest.mark.parametrize(("name", "content", "status", "message"), FILES)
def test_other_files(folder, name, content, status, message, command):
    put(folder, name, content)
    result = run(*command, name)
    # the pattern, x'Mx = 2ab, has the minimum 0, which no level of it may prove
    assert result.exit_code == status or (status == 0 and "pattern" in str(content) and command == FLOAT), result.output
    assert message in result.output
