"""The completely positive program of a given ReLU network: atoms, levels, signs of neurons, the checker's program."""

from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.branching.branch import branch_and_bound
from copos.certificate.problem import program_problem
from copos.checker import check_identity, check_relu_program
from copos.checker.check_data import Data
from copos.checker.check_questions import agree

ABS = ([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
BOX = ([-1.0], [2.0])


def drawn(seed, widths, whole=False):
    rng = np.random.default_rng(seed)
    weights = [2 * rng.standard_normal((b, a)) for a, b in zip(widths, widths[1:], strict=False)]
    biases = [rng.standard_normal(n) for n in widths[1:]]
    return ([np.rint(W) for W in weights], [np.rint(b) for b in biases]) if whole else (weights, biases)


@pytest.mark.parametrize("radius", [None, 0.5])
def test_points_of_the_region_are_atoms(radius):
    rng = np.random.default_rng(0)
    weights, biases = drawn(1, (2, 3, 4, 2))
    ends = ([0.25, -0.5], [1.0, 0.5]) if radius is None else ([0.25, -0.5], None)
    program = copos.relu_verification(weights, biases, *ends, [1.0, -1.0], 0.5, radius=radius)
    for _ in range(5):
        away = rng.uniform(-0.3, 0.3, 2)
        x = np.array(ends[0]) + (np.abs(away) if radius is None else away)
        z = x
        for k, (W, b) in enumerate(zip(weights, biases, strict=True)):
            z = W @ (np.maximum(z, 0) if k else z) + b
        atom = program.atom(x)
        assert program.value(atom) == pytest.approx(z[0] - z[1] + 0.5)
        assert program.infeasibility(atom) < 1e-9
        exact = program.exact_atom(x)
        assert all(isinstance(v, Fraction) for v in exact) and np.allclose([float(v) for v in exact], atom)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("radius", [None, "2/3"])
def test_the_checker_makes_the_same_program(seed, radius):
    weights, biases = drawn(seed, (2, 4, 3, 1))
    ends = ([-1, "1/3"], ["1/7", 1]) if radius is None else ([-1, "1/3"], None)
    program = copos.relu_verification(weights, biases, *ends, ["1/3"], "0.1", radius=radius)
    made = check_relu_program.verification(dict(program.question), Data(None)).program
    agree(check_identity.program(program_problem(program)), made)


def test_level_zero_contains_the_triangles():
    weights, biases = drawn(2, (2, 3, 3, 1))
    box = (-np.ones(2), np.ones(2))
    found = copos.bracket(copos.relu_verification(weights, biases, *box, [1.0]))
    verdict = copos.relu_verdict(weights, biases, *box, [1.0], tolerance=1e-9)
    triangles = next(row.lower for row in verdict.bounds if row.method == "linear program")
    assert found.proved and triangles - 1e-6 <= found.lower <= verdict.upper
    assert verdict.lower <= found.upper and found.upper_certificate is not None
    said = found.certificate.verify()
    assert said.proved and "min c'f(x) + offset over the box, f the ReLU network with layers of 2-3-3-1" in said.claim


def test_signs_of_neurons_close_what_the_level_leaves():
    weights, biases = drawn(22, (2, 3, 3, 1), whole=True)
    program = copos.relu_verification(weights, biases, [-1, -1], [1, 1], [1])
    level = copos.lower_bound(program)
    assert level.proved and level.lower < -96
    found = branch_and_bound(program, tolerance=1e-5)
    assert found.closed and found.proved and found.upper == -94.0
    decided = [item["either"] for item in found.certificate.proof["tree"] if "either" in item]
    assert decided and all(len(first) == 1 and len(second) > 1 for first, second in decided)
    assert found.certificate.verify(program).proved


def test_a_region_without_open_neurons_is_a_linear_program():
    program = copos.relu_verification(*ABS, [1.0], [2.0], [1.0])
    found = copos.bracket(program)
    assert len(program.vanishing) == 0 and found.proved and found.lower == pytest.approx(1.0, abs=1e-6)


def test_another_network_is_another_question():
    certificate = copos.bracket(copos.relu_verification(*ABS, *BOX, [-1.0])).certificate
    other = copos.relu_verification([[[1.0], [-1.0]], [[1.0, 0.5]]], ABS[1], *BOX, [-1.0])
    assert certificate.verify(copos.relu_verification(*ABS, *BOX, [-1.0])).proved
    assert not certificate.verify(other).proved
    moved = {**certificate.question, "offset": 1}
    assert not copos.verify({**certificate.document(), "question": moved}).proved


def test_a_point_of_another_space_is_refused():
    with pytest.raises(ValueError, match="a point of R\\^1"):
        copos.relu_verification(*ABS, *BOX, [1.0]).atom([1.0, 2.0])
