"""Branch and bound: closed gaps against known optima, sound refusals, any stop valid, any executor the same."""

import json
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

import copos
from copos import CompletelyPositiveProgram, NonNegative
from copos.branching.branch import branch_and_bound
from copos.branching.equations import averaged_out, on_atoms
from copos.branching.node import CellSettings, Task, bare, evaluate
from copos.branching.rules import RULES
from copos.branching.search import Search
from copos.branching.tree import Node, Tree
from copos.checker.check_decisions import Side
from copos.levels.bound import Bound
from tests.cases import cycle, weighted


def pentagon():
    return copos.standard_quadratic(cycle(5))


@pytest.fixture(scope="module")
def closed():
    return branch_and_bound(pentagon())


def knapsack():
    """Σ a_j x_j = 13 over six binaries: level 0 leaves a gap, and some cells are empty."""
    Q = np.random.default_rng(2).integers(-9, 10, (6, 6))
    a = np.array([2, 3, 5, 7, 4, 6])
    points = (np.arange(64)[:, None] >> np.arange(6)) & 1
    points = points[points @ a == 13]
    optimum = np.einsum("ki,ij,kj->k", points, Q + Q.T, points).min()
    return copos.binary_quadratic(Q + Q.T, A=a[None].astype(float), b=[13.0]), float(optimum)


def test_pentagon_closes(closed):
    """Level 0 is 1/√5, the minimum is 1/α = ½."""
    assert closed.tree.nodes[0].claimed == pytest.approx(1 / np.sqrt(5), abs=1e-6)
    assert closed.closed and closed.proved and 0.5 - 0.5e-4 <= closed.lower <= 0.5
    assert closed.upper == pytest.approx(0.5, abs=1e-9)
    assert closed.certificate.verify(pentagon()).proved
    assert "≥" in closed.certificate.verify(pentagon()).claim


def test_the_bracket_is_a_bound(closed):
    bound = closed.bound
    assert isinstance(bound, Bound) and bound.cells == closed.nodes == len(closed.tree)
    for name in ("lower", "upper", "claimed", "gap", "proved", "exact", "found", "closed", "certificate",
                 "upper_certificate", "reason"):  # fmt: skip
        assert getattr(closed, name) is getattr(bound, name) or getattr(closed, name) == getattr(bound, name)
    assert f"lower={bound.lower:.9g}" in repr(bound) and bound.exact == Fraction(bound.certificate.proof["value"])


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"variance"}))
def test_every_rule_closes(rule):
    result = branch_and_bound(pentagon(), rule=rule, tolerance=1e-2, width=4)
    assert result.closed and 0.5 * (1 - 1e-2) <= result.lower <= 0.5


def test_wide_weights_close_to_the_optimum():
    """Level 0 is 0.622815; level 1 and multistart search agree on 0.635426."""
    program = weighted(3, 3, "wide", 1)
    result = branch_and_bound(program)
    assert result.closed and result.lower == pytest.approx(0.635426, abs=1e-4) and result.nodes <= 9
    assert result.lower <= result.upper
    assert result.certificate.verify(program).proved


def test_missing_entry_within_a_box():
    """Masked 3×3 rank 1 with |W_21| ≤ 10: level 0 is 0.142, the optimum 0.15207 has that entry inside."""
    program = weighted(2, 3, "mask", 1)
    missing = 7  # row by row; the only weight that is zero
    e = np.eye(program.cone.ambient)
    boxed = program.cone.restrict(10 * e[0] - e[1 + missing]).restrict(10 * e[0] + e[1 + missing])
    result = branch_and_bound(program.changed(cone=boxed), tolerance=3e-4)
    assert result.tree.nodes[0].claimed < 0.145
    assert result.closed and result.proved and result.lower == pytest.approx(0.15207, abs=5e-5)


def test_without_a_bound_on_the_missing_entry_the_claim_closes_and_nothing_is_proved():
    result = branch_and_bound(weighted(2, 3, "mask", 1), certify=False, tolerance=3e-4)
    assert result.closed and result.claimed == pytest.approx(0.15207, abs=5e-5)
    assert result.lower == -np.inf and result.certificate is None and "no proof was asked for" in result.reason


def test_empty_cells_are_closed_by_proof():
    program, optimum = knapsack()
    result = branch_and_bound(program)
    empty = [node for node in result.tree.nodes if node.claimed == np.inf]
    assert empty and all(node.lower is not None for node in empty)
    assert result.closed and optimum - 1e-4 * abs(optimum) <= result.lower <= optimum == pytest.approx(result.upper)
    assert result.certificate.verify(program).proved


def test_an_infeasible_program_is_proved_infeasible():
    E = np.ones((2, 2))
    program = on_atoms(CompletelyPositiveProgram(NonNegative(2), E, [(E, 1.0), (np.eye(2), 2.0)]))
    result = branch_and_bound(program, max_nodes=3)
    assert result.lower == np.inf and result.certificate.kind == "infeasible" and result.proved
    assert result.exact is None and result.upper == np.inf
    assert result.certificate.verify(program).proved


def test_stopped_at_any_time_the_bracket_is_valid():
    brackets = []
    for stop in (1, 3, 7):
        result = branch_and_bound(pentagon(), max_nodes=stop)
        assert result.nodes <= stop and not result.closed and result.certificate.verify(pentagon()).proved
        brackets.append(result.lower)
    assert brackets == sorted(brackets) and brackets[0] < brackets[-1] < 0.5
    seen = []
    result = branch_and_bound(pentagon(), callback=lambda report: seen.append(report) or len(seen) == 2)
    assert result.nodes == 3 and result.reason == "stopped by the callback"
    assert [report.nodes for report in seen] == [1, 3] and seen[0].lower <= seen[1].lower
    assert branch_and_bound(pentagon(), time_limit=0.0).nodes == 1


def test_an_interruption_returns_what_is_known():
    def interrupt(report):
        if report.nodes > 4:
            raise KeyboardInterrupt

    result = branch_and_bound(pentagon(), callback=interrupt)
    assert result.reason == "interrupted" and result.proved and result.certificate.verify(pentagon()).proved


def test_resumed_search_ends_like_an_uninterrupted_one(tmp_path, closed):
    path = tmp_path / "search.json"
    first = branch_and_bound(pentagon(), max_nodes=5, state=path)
    second = branch_and_bound(pentagon(), resume=path)
    assert first.nodes == 5 and second.exact == closed.exact and second.nodes == closed.nodes
    assert [n.parent for n in second.tree.nodes] == [n.parent for n in closed.tree.nodes]
    third = branch_and_bound(pentagon(), resume=first, max_nodes=7)
    assert third.nodes == 7 and first.nodes == 5  # the tree resumed from is left as it was
    with pytest.raises(ValueError, match="another program"):
        branch_and_bound(copos.standard_quadratic(cycle(7)), resume=path)
    text = path.read_text()
    for bad in ("", "[]", "{}", text[: len(text) // 2], text.replace('"parent": 0', '"parent": 9', 1),
                text.replace('"children": [1, 2]', '"children": [0, 2]', 1)):  # fmt: skip
        path.write_text(bad)
        with pytest.raises(ValueError, match="does not hold a tree"):
            branch_and_bound(pentagon(), resume=path)
    json.loads(text)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_the_executor_does_not_change_the_result(kind, closed):
    # forked workers deadlock after solver threads have run, so processes are spawned
    pool = (ThreadPoolExecutor(2) if kind == "threads"
            else ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")))  # fmt: skip
    with pool:
        result = branch_and_bound(pentagon(), executor=pool)
    assert result.exact == closed.exact and result.nodes == closed.nodes
    assert result.certificate.proof == closed.certificate.proof


@pytest.mark.parametrize("program", [pentagon(), knapsack()[0], weighted(3, 3, "wide", 1)], ids=repr)
def test_what_workers_get_can_be_sent(program):
    sent = pickle.loads(pickle.dumps(bare(program)))
    here, there = (evaluate(Task(p, (), CellSettings(), 1.0)) for p in (program, sent))
    assert here.lower == there.lower is not None


def test_several_equations_are_refused_with_the_way_out():
    E, D = np.ones((3, 3)), np.diag([1.0, 2.0, 3.0])
    several = CompletelyPositiveProgram(NonNegative(3), D, [(E, 1.0), (D, 0.7)])
    with pytest.raises(ValueError, match="on_atoms.*averaged_out"):
        branch_and_bound(several)
    with pytest.raises(ValueError, match="b_0 > 0"):
        branch_and_bound(CompletelyPositiveProgram(NonNegative(3), D, [(E, -1.0)]))
    with pytest.raises(ValueError, match="plainly nonnegative"):
        branch_and_bound(CompletelyPositiveProgram(NonNegative(3), D, [(E - 2 * np.eye(3), 1.0)]))
    with pytest.raises(ValueError, match="unknown rule"):
        branch_and_bound(pentagon(), rule="widest")
    with pytest.raises(ValueError, match="indices"):
        on_atoms(several, [0])


def test_minimum_over_cells_is_no_bound_for_several_equations():
    """Why they are refused: cell by cell the second equation is too strong."""
    E, D = np.ones((2, 2)), np.diag([1.0, 0.0])
    # half (1, 0) and half (0, 1): <E, Y> = 1, <D, Y> = ½; but x_1² ≥ 0.81 (x_1 + x_2)² where x_1 ≥ 9x_2
    cell = CompletelyPositiveProgram(NonNegative(2).restrict([1.0, -9.0]), np.eye(2), [(E, 1.0), (D, 0.5)])
    assert copos.lower_bound(cell).lower == np.inf
    assert copos.lower_bound(CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(E, 1.0), (D, 0.5)])).claimed < 1


def test_averaged_out_is_a_bound_and_tight_for_the_best_multipliers():
    rng = np.random.default_rng(0)
    Q, A = rng.integers(-5, 6, (4, 4)), rng.integers(0, 6, (4, 4))
    program = CompletelyPositiveProgram(NonNegative(4), Q + Q.T, [(np.ones((4, 4)), 1.0), (A + A.T, 3.0)])
    value = copos.lower_bound(program).claimed  # order 4: level 0 is exact
    best = branch_and_bound(averaged_out(program), max_nodes=9)
    assert best.lower <= value + 1e-6 and best.lower == pytest.approx(value, abs=1e-4)
    other = branch_and_bound(averaged_out(program, [0.0, 0.5]), max_nodes=9)
    assert other.lower <= value + 1e-9


def test_equations_that_hold_at_atoms_become_vanishing_forms():
    """x_j² = x_0x_j for every atom, handed in as equations on average."""
    program, optimum = knapsack()
    A, b = program.equations
    as_equations = replace(
        program,
        equations=(copos.program.Forms.stack([A, program.vanishing]), np.r_[b, np.zeros(len(program.vanishing))]),
        vanishing=copos.program.Forms.none(A.dim),
    )
    result = branch_and_bound(on_atoms(as_equations), max_nodes=5)
    assert len(on_atoms(as_equations).vanishing) == len(program.vanishing)
    assert result.lower <= optimum


def test_progress_is_shown(capsys):
    branch_and_bound(pentagon(), max_nodes=3, progress=True)
    assert "3 cells" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(2))
def test_random_standard_quadratic_programs_are_bracketed(seed):
    rng = np.random.default_rng(seed)
    Q = rng.integers(-9, 10, (6, 6))
    program = copos.standard_quadratic(Q + Q.T)
    truth = float(copos.minimum_on_simplex(Q + Q.T).value)
    result = branch_and_bound(program, max_nodes=60)
    assert result.lower <= truth + 1e-12 and result.upper >= truth - 1e-9
    assert result.closed


def test_parts_of_a_cell_start_from_its_answer():
    """The start is used where the splitting solver works, leads to the same bound, and saves iterations."""
    program, how = bare(pentagon()), CellSettings(solver="splitting", certify=False)
    cut = Side(cuts=({0: 1, 1: -1},))
    whole = evaluate(Task(program, (), how, 1.0))
    cold, warm = (evaluate(Task(program, (cut,), how, 1.0, near)) for near in (None, whole.solution))
    assert warm.claimed == pytest.approx(cold.claimed, abs=1e-6)
    assert warm.solution.iterations < cold.solution.iterations
    interior = evaluate(Task(program, (), replace(how, solver="clarabel"), 1.0))
    assert interior.solution is None, "an interior point method cannot use it"


@pytest.mark.parametrize("ratio", [-2.0, 0.0, 0.5, 3.0])
def test_equations_on_atoms_subtract_their_share_of_the_first(ratio):
    """x_1² = ratio·x_0² at every atom: the form A_1 − ratio·A_0, sign included."""
    A = [(np.diag([2.0, 0.0]), 2.0), (np.diag([0.0, 1.0]), ratio)]
    moved = on_atoms(CompletelyPositiveProgram(NonNegative(2), np.eye(2), A))
    assert np.array_equal(np.asarray(moved.vanishing.matrix(0)), np.diag([-ratio, 1.0]))
    assert len(moved.equations[1]) == 1


@pytest.mark.parametrize(("own", "parts", "best"), [(5, (3, 4), 5), (2, (3, 4), 3), (None, (3, 4), 3), (1, (None, 4),
    1), (None, (2, None), None)])  # fmt: skip
def test_a_cell_keeps_the_better_of_its_own_bound_and_that_of_its_parts(own, parts, best):
    def node(parent, side, lower):
        value = None if lower is None else Fraction(lower)
        return Node(parent, side, 0.0, value, None, False, "", np.zeros((0, 1)))

    tree = Tree([replace(node(-1, 0, own), children=(1, 2)), node(0, 1, parts[0]), node(0, -1, parts[1])])
    assert tree.bounds() == [best, *parts]


@pytest.mark.parametrize(("certify", "forms", "lower", "claimed", "cutoff", "answer"), [
    (True, 1, 1, 2.0, 3.0, True), (True, 1, 3, 3.5, 3.0, False), (True, 1, 4, 4.0, 3.0, False),
    (True, 1, None, 2.0, 3.0, True), (True, 1, None, 3.0, 3.0, False), (True, 1, 1, 5.0, 3.0, True),
    (True, 0, 1, 2.0, 3.0, False), (False, 1, None, 2.0, 3.0, True), (False, 1, None, 3.0, 3.0, False),
    (False, 1, 1, 2.0, 3.0, True), (False, 0, 1, 2.0, 3.0, False), (False, 1, 5, 2.0, 3.0, True),
])  # fmt: skip
def test_a_cell_is_open_where_a_cut_would_help(certify, forms, lower, claimed, cutoff, answer):
    """Not without forms, not where what counts (proved, or claimed) suffices, not where a proof is merely missing."""
    node = Node(-1, 0, claimed, None if lower is None else Fraction(lower), None, False, "", np.zeros((forms, 1)))
    search = SimpleNamespace(tree=Tree.of([node]), settings=SimpleNamespace(certify=certify), cutoff=cutoff)
    assert Search.is_open(search, 0) is answer  # type: ignore[arg-type]


def test_leaves_that_are_closed_are_not_cut():
    """Of three leaves in the heap only the open one is taken, whatever its place."""
    nodes = [Node(-1, 0, c, Fraction(low), None, False, "", np.zeros((1, 1))) for c, low in ((1, 1), (5, 5), (2, 2))]
    search = SimpleNamespace(tree=Tree.of(nodes), settings=SimpleNamespace(certify=True), cutoff=2.0,
                             heap=[(1.0, 1.0, 0), (2.0, 2.0, 2), (5.0, 5.0, 1)])  # fmt: skip
    search.is_open = lambda at: Search.is_open(search, at)  # type: ignore[arg-type]
    assert Search.take(search, 3) == [0] and not search.heap  # type: ignore[arg-type]
