"""Proved lower bounds: right on random programs of many kinds, tight after interior-point solves, honest otherwise."""

import itertools
import time

import numpy as np
import pytest

from copos import CompletelyPositiveProgram, NonNegative, standard_quadratic
from copos.arithmetic import svec
from copos.certificate import central_path, dual, produce
from copos.certificate.produce import Aim, certify_lower_bound
from copos.certificate.writer import Margins
from copos.checker.check import check, digest
from copos.conic import Status
from copos.hierarchy import relax
from copos.reformulation.linear_network.program import linear_network, svd_value
from copos.solvers import solve


def proved(program, level=0, family="parrilo", solver="clarabel", assumed_forms=None, **options):
    relaxation = relax(program, level, family)
    solution = solve(relaxation.form, solver, **options)
    out = certify_lower_bound(program, relaxation, solution, assumed_forms=assumed_forms)
    assert out.lower is None or out.certificate.verify(program if assumed_forms is None else None).proved
    return out, solution


@pytest.mark.parametrize(("level", "family"), [(0, "parrilo"), (1, "parrilo"), (1, "de-klerk-pasechnik")])
def test_loss_after_interior_point_is_small(level, family):
    for seed in range(4):
        Q = np.random.default_rng(seed).standard_normal((8, 8))
        program = CompletelyPositiveProgram(NonNegative(8), Q + Q.T, [(np.ones((8, 8)), 1.0)])
        out, solution = proved(program, level, family)
        assert float(out.lower) >= solution.dual_value - 3e-8 * np.abs(Q + Q.T).max()


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize(("lift", "strengthen"), [("projection", ()), ("factor", ("bounded", "balanced"))])
def test_network_bound_is_proved_below_the_svd_value(rank, lift, strengthen):
    D = np.diag([0.5, 0.75, 1.0])
    out, _ = proved(linear_network(np.eye(3), D, [3, rank, 3], lift=lift, strengthen=strengthen), solver=None)
    exact = svd_value(np.eye(3), D, rank)
    assert exact - 1e-4 <= float(out.lower) <= exact


def test_a_dual_that_loses_much_is_centred_first():
    """Unwhitened weights over three orders of magnitude: before centring, the proof cost 1e-7 of the scale."""
    rng = np.random.default_rng(3)
    Y = rng.standard_normal((3, 3))
    weights = 10 ** rng.uniform(-2, 1, (3, 3))
    program = linear_network(np.eye(3), Y, [3, 1, 3], lift="projection", weights=weights)
    relaxation = relax(program)
    solution = solve(relaxation.form, "clarabel")
    crude = certify_lower_bound(program, relaxation, solution, margins=Margins(centre=False))
    sharp = certify_lower_bound(program, relaxation, solution)
    scale = float(np.abs(program.C.rows.data).max())
    assert sharp.certificate.verify(program).proved and sharp.lower > crude.lower
    assert float(sharp.lower) >= solution.dual_value - 2e-8 * scale
    assert "better-centred" in sharp.reason


@pytest.mark.parametrize(("lift", "loss"), [("factor", 1e-7), ("factor bounded", 1e-8)])
def test_factor_lift_loses_little(lift, loss):
    """The optimum is 1/4. Without "bounded" the proof uses the assumed bound on the trace, which the solver lacked."""
    name, *strengthen = lift.split()
    program = linear_network(np.eye(2), np.diag([0.5, 1.0]), [2, 1, 2], name, strengthen)
    relaxation = relax(program)
    solution = solve(relaxation.form, "clarabel")
    crude = certify_lower_bound(program, relaxation, solution, margins=Margins(centre=False))
    sharp = certify_lower_bound(program, relaxation, solution)
    assert sharp.certificate.verify().proved
    assert crude.lower <= sharp.lower <= 0.25
    # a dual that the solver itself calls inaccurate (some processors round Clarabel there) may cost its error once more
    wrong = 0.0 if solution.status is Status.OPTIMAL else 2 * max(0.25 - solution.dual_value, 0.0)
    assert 0.25 - float(sharp.lower) <= loss + wrong


def test_pair_starts_centred_and_its_scaling_maps_slack_to_gram():
    program = linear_network(np.eye(2), np.diag([0.5, 1.0]), [2, 1, 2], "projection")
    relaxation = relax(program)
    solution = solve(relaxation.form, "clarabel")
    start = dual.recover(dual.Identity.of(relaxation), relaxation, solution)
    path = central_path._Path(start, relaxation)
    pair = path.start(relaxation.moment_values(solution.x))
    blocks = list(zip(path.matrices(pair.b), path.matrices(pair.g), strict=True))
    mu = float(pair.b @ pair.g) / path.rows
    assert max(np.abs(B @ G - mu * np.eye(len(B))).max() for B, G in blocks) < 1e-12 * max(1.0, mu)
    scaling = central_path._Scaling(path, pair)
    assert np.abs(scaling.both(pair.b) - pair.g).max() < 1e-11
    moved, length = path.step(pair, scaling)
    assert 0 < length <= 1 and moved.b @ moved.g < pair.b @ pair.g
    assert path.short(moved) <= (1 - length) * path.short(pair) + 1e-9  # a full step leads onto the identity


def test_moment_matrix_alone_proves_least_squares():
    """P and Q do not occur in the loss, so their rows of the slack are zero and need no Gram entry."""
    X, Y = np.random.default_rng(1).standard_normal((2, 3, 8))
    program = linear_network(X, Y, [3, 1, 3], "factor")
    out, _ = proved(program, 0, "moment", solver=None)
    value = svd_value(X, Y, 3)
    assert value - 1e-9 <= float(out.lower) <= value + 1e-13
    weights = np.ones((3, 8))
    weights[0] = 0  # a whole output is missing: its row of W occurs nowhere
    out, _ = proved(linear_network(X, Y, [3, 1, 3], "factor", weights=weights), 0, "moment", solver=None)
    assert float(out.lower) == pytest.approx(svd_value(X, Y[1:], 3), abs=1e-9)


def test_odd_level_on_a_matrix_cone_is_proved_exactly():
    """Level 1 of the compact lift, where facial reduction dropped rows; weighted 3×3 of rank 1, optimum 0.63543."""
    rng = np.random.default_rng(3)
    Y = rng.standard_normal((3, 3))
    weights = 10 ** rng.uniform(-2, 1, (3, 3))
    program = linear_network(np.eye(3), Y, [3, 1, 3], lift="projection", weights=weights)
    out, _ = proved(program, 1, solver="splitting")
    assert 0.6354 <= float(out.lower) <= 0.635433


def test_unbounded_lift_has_no_proof_unless_the_model_states_a_bound():
    D = np.diag([0.5, 0.75, 1.0])
    program = linear_network(np.eye(3), D, [3, 1, 3], lift="factor")
    out, _ = proved(program, assumed_forms=())
    assert out.lower is None and "bounds all moments" in out.reason
    rho = np.zeros(program.cone.ambient)
    rho[0], rho[1 + svec.position(np.arange(6), np.arange(6))] = 5.0, -1.0
    out, _ = proved(program, assumed_forms=[rho])
    assert 0.8 <= float(out.lower) <= 0.8125
    assert "assumed for an optimal atom" in out.reason
    assert not out.certificate.verify(program).proved, "the program states another ρ"
    out, _ = proved(program)
    verdict = out.certificate.verify(program)
    # the statement follows from the table, as the checker sees: nothing is assumed
    assert verdict.proved and not verdict.assumptions and verdict.claim.startswith("every linear network")


def binary_program(C):
    """min x'Cx, x ∈ {0,1}^8, as an order-17 lift with slacks: (x_j + s_j − x_0)² = 0 leaves no Slater point."""
    n = len(C)
    N = 2 * n + 1
    full = np.zeros((N, N))
    full[1 : n + 1, 1 : n + 1] = C
    E = []
    for j in range(n):
        v, binary = np.zeros(N), np.zeros((N, N))
        v[[0, 1 + j, 1 + n + j]] = -1.0, 1.0, 1.0
        binary[1 + j, 1 + j], binary[0, 1 + j], binary[1 + j, 0] = 2.0, -1.0, -1.0
        E += [np.outer(v, v), binary]
    one = np.zeros((N, N))
    one[0, 0] = 1.0
    return CompletelyPositiveProgram(NonNegative(N).with_unit(np.eye(N)[0]), full, [(one, 1.0)], E)


def test_binary_program_claim_is_false_and_the_proof_rounds_to_the_optimum():
    upper = np.triu(np.random.default_rng(1176).integers(-9, 10, (8, 8)))
    C = upper + np.triu(upper, 1).T
    values = [int(np.array(x) @ C @ np.array(x)) for x in itertools.product((0, 1), repeat=8)]
    assert min(values) == -107
    out, solution = proved(binary_program(C))
    assert solution.dual_value > -107, "the solver's claim is above the optimum"
    assert out.lower == -107
    assert out.certificate.proof["rounded"] is True
    # the same numbers without the binary equations do not round
    document = out.certificate.document()
    document["problem"] = {**document["problem"], "vanishing": document["problem"]["vanishing"][::2]}
    document["sha256"] = digest(document["problem"])
    assert not check(document).proved


def test_a_bound_below_the_least_is_not_written():
    program = CompletelyPositiveProgram(NonNegative(3), np.eye(3), [(np.ones((3, 3)), 1.0)])
    relaxation = relax(program)
    solution, seen = solve(relaxation.form, "splitting", tolerance=1e-5), []
    out = certify_lower_bound(program, relaxation, solution, aim=Aim(cutoff=0.34, on_skipped=seen.append))
    assert out.lower is None and 0.333 <= max(seen) <= 1 / 3 + 1e-12
    out = certify_lower_bound(program, relaxation, solution, aim=Aim(cutoff=0.333, on_skipped=seen.append))
    assert 0.333 <= out.lower <= 1 / 3 and len(seen) == 1


@pytest.mark.parametrize("cost", [1e-3, 1e-14])
def test_a_dual_is_lowered_by_what_it_may_cost(cost):
    program = linear_network(np.eye(2), [[1.0, 2.0], [0.3, -1.0]], [2, 1, 2], lift="projection")
    relaxation = relax(program)
    solution = solve(relaxation.form, "splitting", tolerance=1e-6)
    out = certify_lower_bound(program, relaxation, solution, aim=Aim(cutoff=solution.dual_value - cost))
    if cost < 1e-6:  # the solver's dual is not that near
        assert out.lower is None
    else:
        assert solution.dual_value - cost <= float(out.lower) <= svd_value(np.eye(2), [[1.0, 2.0], [0.3, -1.0]], 1)


@pytest.mark.parametrize("seconds", [np.inf, 0.15])
def test_no_proof_is_begun_that_takes_longer_than_is_left(monkeypatch, seconds):
    program = standard_quadratic([[1, 0], [0, 1]])
    relaxation = relax(program, 0)
    solution = solve(relaxation.form, "clarabel")
    asked = []

    def refused(writer, candidate, how, rounded):
        asked.append(how)
        time.sleep(0.1)
        return produce.Proved(None, None, how)

    monkeypatch.setattr(produce, "_written", refused)
    aim = produce.Aim(deadline=time.perf_counter() + seconds)
    found = produce.certify_lower_bound(program, relaxation, solution, aim=aim)
    assert found.lower is None and (found.reason == produce.LATE) == (seconds < np.inf)
    assert len(asked) == 1 if seconds < np.inf else len(asked) > 2
