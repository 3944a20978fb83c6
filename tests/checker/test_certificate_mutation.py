"""Every field of small certificates of every kind altered in every way: what is still accepted must be true.

A kind is one row of `TRUTHS`; a small instance is one row of `small()`.
"""

import copy
import itertools
import json
import math
import re
import time
from fractions import Fraction

import numpy as np
import pytest

from copos import CompletelyPositiveProgram, NonNegative, SecondOrder, is_copositive
from copos.certificate import Certificate
from copos.certificate.produce import certify_lower_bound
from copos.checker import check
from copos.hierarchy import relax
from copos.solvers import solve
from tests.certificate.test_certificate_branched import signs
from tests.checker.forgeries_boxes import RAY
from tests.checker.test_certificate_check import CASES, changed, get, places


def simplex(level, family):
    """The minimum of 2x² − 2xy + 3y² on x + y = 1 is 5/7."""
    program = CompletelyPositiveProgram(NonNegative(2), np.array([[2.0, -1.0], [-1.0, 3.0]]), [(np.ones((2, 2)), 1.0)])
    relaxation = relax(program, level, family)
    return certify_lower_bound(program, relaxation, solve(relaxation.form)).certificate


def lorentz(level, family):
    """The minimum of 2t² − 2tu + 3u² on L² at t = 1 is 5/3."""
    C = np.array([[2.0, -1.0], [-1.0, 3.0]])
    program = CompletelyPositiveProgram(SecondOrder(2), C, [(np.diag([1.0, 0.0]), 1.0)])
    relaxation = relax(program, level, family)
    return certify_lower_bound(program, relaxation, solve(relaxation.form)).certificate


def small():
    """Certificates with few enough numbers to alter all of them."""
    out = {name: CASES[name] for name in CASES if not name.startswith(("lower", "spn"))}
    out["spn"] = Certificate.of(
        "copositive", [[2, -1], [-1, 2]], {"method": "spn", "factor": [[5, 0], [-3, 4]], "bits": 2}
    )
    out["lower 0"], out["lower 1"] = simplex(0, "parrilo"), simplex(1, "parrilo")
    out["lower lp"] = simplex(1, "de-klerk-pasechnik")
    out["lower psd"] = CASES["lower psd"]
    out["lower tree"] = signs()
    out["strict"] = is_copositive([[2, -1], [-1, "3/2"]], strict=True).certificate
    out["not strict"] = is_copositive([[1, -2], [-2, 4]], strict=True).certificate
    tangent = SecondOrder(3).slice([[1, -1, 0]])
    out["cone face"] = is_copositive([[0, 0, 1], [0, 0, 0], [1, 0, 0]], cone=tangent).certificate
    wedge, lorentz2 = NonNegative(3).slice([[1, -1, -1]]), SecondOrder(3)
    for name, M, K in (("rays", [[2, 0, 0], [0, -1, 1], [0, 1, -1]], wedge), ("S", np.diag([2, -1, -2]), lorentz2)):
        out[f"cone {name}"] = is_copositive(M, cone=K).certificate
        out[f"cone {name} strict"] = is_copositive(np.array(M) + np.eye(3, dtype=int), strict=True, cone=K).certificate
        out[f"cone {name} not"] = is_copositive(-np.array(M), cone=K).certificate
        out[f"cone {name} not strict"] = is_copositive(np.diag([1, -1, -1]), strict=True, cone=K).certificate
    out["lower squares"], out["lower frames"] = (lorentz(0, f"nishijima-nakata-{name}") for name in ("sos", "dp"))
    out["unbounded"] = Certificate("unbounded", RAY | {"names": ["u", "v"]}, {"curve": [[0, 1], [0, 2]]})
    return out


SMALL = small()


def atoms(problem):
    """(x'Cx, <C, Y> if some multiple Y of xx' meets the equations) at small integer points of K."""
    p = check.identity.program(problem)
    for x in itertools.product(range(-2, 4), repeat=p.dim):
        try:
            check.programs.atom(p, list(x))
        except (check.Rejected, check.Unreadable):
            continue
        value, ratio = check.identity.evaluate(p.objective, list(x)), None
        sizes = [(check.identity.evaluate(A, list(x)), b) for A, b in p.equations]
        weight = next((Fraction(b) / size for size, b in sizes if size), Fraction(0))
        if weight >= 0 and all(weight * size == b for size, b in sizes):
            ratio = weight * value
        yield value, ratio


def copositive(rows):
    """Order 2 and 5 only: no small integer point x ≥ 0 has x'Mx < 0."""
    M = [[Fraction(v) for v in row] for row in rows]
    points = itertools.product(range(4), repeat=len(M))
    return all(sum(a * b * M[i][j] for i, a in enumerate(x) for j, b in enumerate(x)) >= 0 for x in points)


def on_cone(problem):
    """x'Mx at small integer points u ≠ 0 of K, in its coordinates."""
    p = check.cones.question(problem)
    for u in itertools.product(range(-3, 4), repeat=p.dim):
        try:
            check.cones.point(p, {"point": list(u)})
        except (check.Rejected, check.Unreadable):
            continue
        if any(u):
            yield check.identity.evaluate(p.objective, list(u))


def strictly(rows):
    """Order 2: a, c > 0 and b ≥ 0 or b² < ac."""
    (a, b), (_, c) = ([Fraction(v) for v in row] for row in rows)
    return a > 0 and c > 0 and (b >= 0 or b * b < a * c)


def doubly_nonnegative(rows):
    """Completely positive of order ≤ 4."""
    M = [[Fraction(v) for v in row] for row in rows]
    return min(v for row in M for v in row) >= 0 and check.matrices.semidefinite(M)  # type: ignore[arg-type]


def falls(document):
    """The curve at two points far away: feasible, and the second is better by far."""
    asked = check.boxes.question(document["problem"], check.questions.Data(None))
    curve = [[Fraction(c) for c in row] for row in document["proof"]["curve"]]
    values = []
    for far in (10**5000, 10**9000):
        t = far * math.lcm(*(c.denominator for row in curve for c in row))
        x = [sum((c * t**d for d, c in enumerate(row)), Fraction(0)) for row in curve]
        for (whole, low, high), v in zip(asked.variables, x, strict=True):
            assert (low is None or v >= low) and (high is None or v <= high) and not (whole and v.denominator > 1)
        for relation, form in asked.constraints:
            value = check.identity.evaluate(form, [1, *x])
            assert value == 0 if not relation else relation * value >= 0
        values.append(asked.sign * check.identity.evaluate(asked.objective, [1, *x]))
    return values[1] < values[0] - 10**1000


TRUTHS = {
    "lower bound": lambda d: all(r is None or Fraction(d["proof"]["value"]) <= r for _, r in atoms(d["problem"])),
    "upper bound": lambda d: any(r is not None and r <= Fraction(d["proof"]["value"]) for _, r in atoms(d["problem"])),
    "infeasible": lambda d: all(r is None for _, r in atoms(d["problem"])),
    "copositive": lambda d: (
        copositive(d["problem"]["rows"])
        if d["problem"]["type"] == "matrix"
        else all(v >= 0 for v in on_cone(d["problem"]))
        if d["problem"]["type"] == check.ON_CONE
        else all(v >= 0 for v, _ in atoms(d["problem"]))
    ),
    "not copositive": lambda d: d["problem"]["type"] != "matrix" or not copositive(d["problem"]["rows"]),
    "strictly copositive": lambda d: (
        strictly(d["problem"]["rows"])
        if d["problem"]["type"] == "matrix"
        else all(v > 0 for v in on_cone(d["problem"]))
    ),
    "not strictly copositive": lambda d: d["problem"]["type"] != "matrix" or not strictly(d["problem"]["rows"]),
    "unbounded": falls,
    "completely positive": lambda d: doubly_nonnegative(d["problem"]["rows"]),
    "not completely positive": lambda d: not doubly_nonnegative(d["problem"]["rows"]),
}


def nudged(old):
    """Other numbers in the place of a number."""
    if type(old) is int:
        return [old + 1, old - 1, -old, 2 * old, 0, 10**1400, f"{3 * old + 1}/3"]
    if type(old) is str and re.fullmatch(r"-?\d+(/\d+)?", old):
        value = Fraction(old)
        return [str(v) for v in (value + 1, value - 1, -value, 2 * value, value + Fraction(1, 10**6))]
    return []


def shuffled(old):
    """A list with items dropped, doubled or swapped."""
    if type(old) is not list or not old:
        return []
    return [old[1:], old[:-1], [*old, old[-1]], old[::-1], [*old[1:], old[0]], []]


JUNK = (None, True, 0.5, "x", "1/0", {"a": 1}, "9" * 10**5, [[[1]]], 10**9000)


def test_every_kind_has_a_truth_and_a_small_instance():
    assert set(TRUTHS) == set(check.KINDS) == {c.kind for c in SMALL.values()}


@pytest.mark.parametrize("name", SMALL)
def test_every_mutation_that_is_accepted_is_true(name):
    document = SMALL[name].document()
    assert check.check(document).proved and TRUTHS[document["kind"]](document)
    start, tried = time.process_time(), 0
    for path in [list(p) for p in places(document)][1:]:
        old = get(document, path)
        for new in (*nudged(old), *shuffled(old)):
            if new == old:
                continue
            mutant = changed(document, path, new)
            if path[0] == "problem":
                assert not check.check(mutant).proved, "the hash says that the problem was altered"
                try:
                    mutant["sha256"] = check.digest(mutant["problem"])
                except check.Unreadable:
                    continue
            tried += 1
            if check.check(mutant).proved:
                assert TRUTHS[mutant["kind"]](mutant), (path, str(new)[:40])
        for new in JUNK:
            assert not check.check(changed(document, path, new)).proved or path[-1] == "name", (path, str(new)[:20])
    assert tried > 20 and time.process_time() - start < 30


@pytest.mark.parametrize("name", SMALL)
def test_truncated_files_and_deep_nesting_are_unreadable(name, tmp_path):
    text = json.dumps(SMALL[name].document())
    path = tmp_path / "c.json"
    for cut in np.linspace(0, len(text) - 1, 25).astype(int).tolist():
        path.write_text(text[:cut])
        assert not check.check_file(str(path)).readable
    deep: list = []
    for _ in range(20_000):
        deep = [deep]
    document = copy.copy(SMALL[name].document())
    document["proof"] = deep
    assert not check.check(document).proved
