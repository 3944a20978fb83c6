"""Numbers mean the same at every entrance: exactly what was given, or a refusal that names the entry."""

import os
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.checker import check
from tests.whole.hostile import require_refusal

THIRD, LONG = Fraction(1, 3), np.array([[2, 1], [1, 2]], dtype=np.longdouble) / 3
wide = pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long doubles are doubles here")
DECISIONS = {"copositive": copos.is_copositive, "completely positive": copos.is_completely_positive,
             "minimum": copos.minimum_on_simplex, "rank": copos.cp_rank}  # fmt: skip


class Frame:
    """A table that is no array: iterating over it gives the names of its columns."""

    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return iter(["12", "34"])

    def to_numpy(self):
        return np.array(self.rows)


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
@pytest.mark.parametrize("value", [
    np.ma.array(np.eye(2), mask=[[0, 1], [1, 0]]), 1j * np.eye(2), np.zeros((2, 2), "M8[s]"), np.array(1.0), 5, None,
    [[1, 2], [2]], [[]], np.zeros((1, 1, 1)), [["1e-99999999"]], [[Decimal("1e99999999")]], [["one"]], [[np.nan]],
], ids=repr)  # fmt: skip
def test_a_decision_refuses_what_is_no_matrix_of_numbers(decide, value):
    require_refusal(decide, {}, "M", value)


@pytest.mark.parametrize("table", [
    Frame([[2.0, 1.0], [1.0, 2.0]]), np.ma.array([[2.0, 1.0], [1.0, 2.0]]), np.matrix("2 1; 1 2"),
])  # fmt: skip
def test_a_decision_takes_tables(table):
    assert copos.minimum_on_simplex(table).value == Fraction(3, 2)
    assert copos.is_copositive(table).certificate.verify(table).proved


@wide
def test_long_doubles_mean_what_they_say():
    top = Fraction(*LONG[0, 0].as_integer_ratio())
    assert top != Fraction(float(LONG[0, 0]))
    assert copos.minimum_on_simplex(LONG[:1, :1]).value == top
    for number in (LONG[:1, :1], [[top]]):
        bound = copos.bracket(copos.standard_quadratic(number))
        assert bound.lower <= top <= bound.upper
        assert Fraction(bound.upper_certificate.proof["value"]) == top


ONE = {"X": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], "y": [1.0, 2.0, 0.0]}
PROVED = {
    "ReLU training": (copos.train_relu_network, {**ONE, "beta": 0.5}),
    "quartic": (copos.train_quartic_network, {**ONE, "beta": 0.5, "activation": [1.0, 0.0, 1.0, 0.0, 0.0]}),
    "quantised": (copos.train_quantised_network, {**ONE, "beta": 0.5}),
    "polynomial": (copos.polynomial_network, {**ONE, "beta": 0.5}),
    "decayed": (copos.convex_decay_bound, {**ONE, "beta": 0.5}),
    "ReLU": (lambda y, **k: copos.relu_network(Y=y, **k), {**ONE, "beta": 0.5}),
}


@pytest.mark.parametrize("entrance", PROVED)
def test_a_proof_about_doubles_refuses_other_numbers(entrance):
    """The certificate holds the doubles, so it would be one about other data."""
    function, arguments = PROVED[entrance]
    others = [THIRD, Decimal("0.1")] + ([LONG[0, 0]] if LONG.dtype.itemsize > 8 else [])
    for number in others:
        require_refusal(function, arguments, "X", [[number, 0], [0, 1], [1, 1]])
        require_refusal(function, arguments, "y", [number, 2, 0])
        require_refusal(function, arguments, "beta", number)
    halves = [[Fraction(1, 2), 0], [0, Decimal("1.25")], [1, 1]]
    function(**{**arguments, "X": halves, "beta": Fraction(1, 2)})  # doubles hold these


def test_tables_to_verify_against_are_read_like_data():
    rows = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [8.0, 8.0]]
    found = copos.k_means(rows, 2)
    for table in (rows, np.array(rows), np.asfortranarray(rows), Frame(rows), np.ma.array(rows), np.array(rows, "f4")):
        assert copos.verify(found.certificate, data={"X": table}).proved
    assert not copos.verify(found.certificate, data={"X": [1.0, 2.0]}).proved
    for odd in (1j * np.array(rows), np.ma.array(rows, mask=np.eye(4, 2)), [[1, 2], [3]], [["x"]], [[np.inf]], None):
        require_refusal(copos.verify, {"certificate": found.certificate}, "data", {"X": odd})


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices")
def test_what_never_ends_is_no_certificate(tmp_path):
    pipe = tmp_path / "proof.json"
    os.mkfifo(pipe)
    (tmp_path / "zeros.json").symlink_to("/dev/zero")
    start = time.process_time()
    for path in (pipe, tmp_path / "zeros.json", tmp_path):
        said = check.check_file(str(path))
        assert not said.readable and "regular file" in said.reason
    assert time.process_time() - start < 0.5
