"""Forms on second-order and semidefinite cones, separable states, and levels that are infinite."""

import numpy as np
import pytest
from click.testing import CliRunner

import copos
from copos import NonNegative, PositiveSemidefinite
from copos.commands.cli import main
from copos.conic import Status
from copos.inner.bound import inner_bound
from copos.instances import CONE_FORMS
from copos.instances.cones import hermitian, isotropic, on_diagonals, trace_form
from copos.instances.graphs import cycle
from copos.instances.matrices import horn
from tests.contracts import largest_shift

ROWS = [(record, *key) for record in CONE_FORMS.values() for key in record.values]


@pytest.mark.parametrize(("record", "family", "level"), ROWS, ids=str)
def test_values_of_levels(record, family, level):
    bound = copos.lower_bound(record.program, level, family, certify=False)
    assert bound.claimed == pytest.approx(record.values[family, level], abs=1e-5)
    assert bound.claimed <= record.minimum + 1e-6


@pytest.mark.parametrize("record", CONE_FORMS.values(), ids=str)
def test_minima_from_inside(record):
    assert inner_bound(record.program).upper == pytest.approx(record.minimum, abs=1e-6)


@pytest.mark.parametrize("scale", [0.0, 0.2])
def test_forms_of_the_diagonal(scale):
    """diag(X)'M diag(X) is copositive on S^n_+ iff M is on R_+^n, and level 0 has the same value on both."""
    M = horn()[:4, :4] + scale * np.eye(4)
    on_matrices = largest_shift(PositiveSemidefinite(4), on_diagonals(M), 0, "parrilo")
    assert on_matrices == pytest.approx(largest_shift(NonNegative(4), M, 0, "parrilo"), abs=1e-6)


def test_the_trace_form_turns_at_one():
    for n in (2, 3):
        for t in (0.9, 1.0, 1.1):
            value = largest_shift(PositiveSemidefinite(n), trace_form(n, t), 0, "parrilo")
            assert value == pytest.approx(min(1 - t, 1 - t / n), abs=1e-6)


@pytest.mark.parametrize("d", [2, 3])
def test_isotropic_states_are_separable_up_to_one_over_d_plus_one(d):
    """The level is the transposition criterion, exact for these states [HorodeckiHorodecki1999]."""
    bound = copos.lower_bound(isotropic(d), 0, certify=False)
    assert -bound.claimed == pytest.approx(1 / (d + 1), abs=1e-5)
    inside = copos.lower_bound(isotropic(d, 1 / (d + 1) - 1e-3), 0, certify=False)
    outside = copos.lower_bound(isotropic(d, 1 / (d + 1) + 1e-2), 0, certify=False)
    assert inside.status is Status.OPTIMAL and inside.claimed == pytest.approx(0, abs=1e-6)
    assert outside.status is Status.INFEASIBLE and outside.claimed == np.inf


def test_hermitian_matrices():
    cone, rng = hermitian(3), np.random.default_rng(0)
    assert cone.dim == 9
    F = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))
    H = F @ F.conj().T
    real = np.block([[H.real, -H.imag], [H.imag, H.real]])
    a, b = copos.arithmetic.svec.triangle(6)
    assert cone.contains(real[a, b]) and not cone.contains(-real[a, b])
    real[0, 3] = real[3, 0] = 1.0  # the imaginary part has no diagonal
    assert not cone.contains(real[a, b])


def test_infinite_levels_are_values():
    """At LP levels below α − 1 the program in X_ij = 0 is unbounded, the one in 1/α has the value 0: the bound is ∞."""
    for level, expected in ((0, np.inf), (1, np.inf), (2, 6.0)):
        weighted = copos.stability_number(cycle(7))
        bound = copos.lower_bound(weighted, level, "de-klerk-pasechnik")
        assert weighted.interpret(bound.lower) == pytest.approx(expected, rel=1e-6) and bound.proved
    program = copos.stability_number(cycle(7), "vanishing")
    vanishing = copos.lower_bound(program, 0, "nishijima-nakata-dp", certify=False)
    assert vanishing.status is Status.UNBOUNDED and vanishing.claimed == -np.inf


def test_infinite_levels_in_the_shell(tmp_path):
    path = tmp_path / "c7.col"
    edges = [f"e {i + 1} {(i + 1) % 7 + 1}" for i in range(7)]
    path.write_text("p edge 7 7\n" + "\n".join(edges) + "\n")
    answer = CliRunner().invoke(main, ["stability-number", str(path), "--family", "de-klerk-pasechnik", "--level", "1"])
    assert answer.exit_code == 4, answer.output  # no proof that bounds anything
    assert "inf" in answer.output
