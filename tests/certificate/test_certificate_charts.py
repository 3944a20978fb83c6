"""Proofs of levels in other coordinates: what is proved, which cones the checker knows as images, and which not."""

import copy
import json
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import copos
from copos import CompletelyPositiveProgram, NonNegative, PositiveSemidefinite, SecondOrder
from copos.arithmetic.rationals import written
from copos.certificate import Certificate
from copos.certificate.problem import program_problem
from copos.checker import check
from copos.checker.check_charts import CHARTS, factors, pulled_back
from copos.checker.check_reading import Rejected, Unreadable
from copos.solvers import Status

SOS, DP = "nishijima-nakata-sos", "nishijima-nakata-dp"
HORN = np.array([[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1.0]])
ROTATED = np.array([[1, -1, 1, 0, 2], [-1, 1, -1, 2, 0], [1, -1, 1, 0, -2], [0, 2, 0, 0, 0], [2, 0, -2, 0, 4.0]])
LORENTZ = np.array([[8, -2, -7, -5, -5], [-2, 4, 2, 8, 3], [-7, 2, 10, -2, -5], [-5, 8, -2, 4, 6], [-5, 3, -5, 6, 6.0]])
BOTH = NonNegative(2) * SecondOrder(3) * SecondOrder(2, "quadratic")


def base(cone, M, c=None):
    """min <M, Y>, <cc', Y> = 1."""
    cone = cone if c is None else cone.with_unit(c)
    return CompletelyPositiveProgram(cone, M, [(np.outer(cone.unit, cone.unit), 1.0)])


def symmetric(n, seed=0):
    M = np.random.default_rng(seed).standard_normal((n, n))
    return M + M.T


def several():
    """Two second-order cones, two equations, and x_0t = x_1t at the atoms for the head t of the second cone."""
    n = BOTH.dim
    E = np.zeros((n, n))
    E[0, 5] = E[5, 0] = 1
    E[1, 5] = E[5, 1] = -1
    equations = [(np.outer(BOTH.unit, BOTH.unit), 1.0), (np.diag([1, 2, 1, 0.5, 0.5, 1, 0.25]), 0.75)]
    return CompletelyPositiveProgram(BOTH, symmetric(n), equations, [E])


def binary():
    """x_j² = x_0x_j: the atoms are whole multiples of points of {0, 1}²; 3 rows depend on others."""
    E = np.zeros((2, 3, 3))
    E[[0, 1], [0, 1], [0, 1]] = 1
    E[0, 0, 2] = E[0, 2, 0] = E[1, 1, 2] = E[1, 2, 1] = -0.5
    C = np.array([[1.0, 3, -2], [3, 2, -2], [-2, -2, 0]])
    return CompletelyPositiveProgram(NonNegative(3), C, [(np.diag([0, 0, 1.0]), 1.0)], list(E))


PROGRAMS = {
    "orthant": base(NonNegative(5), HORN),
    "rotated Horn": base(NonNegative(3) * SecondOrder(2), ROTATED, [1, 1, 1, 2, 0]),
    "R+^2 x L^3": base(NonNegative(2) * SecondOrder(3), LORENTZ, [1, 1, 2, 0, 0]),
    "matrices": base(PositiveSemidefinite(2) * NonNegative(1), symmetric(4, 1)),
    "several": several(),
    "binary": binary(),
}
LEVELS = [
    *((name, SOS, level) for name in PROGRAMS for level in (0, 1)), ("orthant", SOS, 2),
    *((name, DP, level) for name in PROGRAMS if name not in ("matrices", "binary") for level in (0, 1)),
    ("binary", DP, 1),
]  # fmt: skip
# where docs and literature say what the level is
VALUES = {
    ("orthant", SOS, 0): 2 / 5**0.5 - 1, ("orthant", SOS, 1): 0.0, ("orthant", DP, 0): -1.0, ("orthant", DP, 1): -1 / 3,
    ("rotated Horn", SOS, 0): 2 / 5**0.5 - 1, ("rotated Horn", SOS, 1): 0.0, ("rotated Horn", DP, 0): -1.0,
    ("rotated Horn", DP, 1): -1 / 3, ("R+^2 x L^3", SOS, 0): -1.153585, ("R+^2 x L^3", DP, 0): -7.0355339,
}  # fmt: skip


@pytest.mark.parametrize(("name", "family", "level"), LEVELS)
def test_levels_in_other_coordinates_are_proved(name, family, level):
    program = PROGRAMS[name]
    linear = family == DP and {part.kind for part in program.cone.parts} == {"nonnegative"}
    bound = copos.lower_bound(program, level, family, "clarabel" if linear else None)  # else a method of its own
    assert bound.proved, bound.reason
    document = json.loads(json.dumps(bound.certificate.document()))
    verdict = check.check(document, program_problem(program))
    assert verdict.proved, verdict.reason
    assert document["proof"]["chart"] == ("squares" if family == SOS else "frames")
    scale = max(1.0, np.abs(program.C.rows.data).max())
    # the claim is a solver's, to 1e-8
    assert bound.claimed - 1e-6 * scale <= bound.lower <= bound.claimed + 1e-7 * scale
    if (name, family, level) in VALUES:
        assert bound.lower == pytest.approx(VALUES[name, family, level], abs=1e-6)
    higher = copy.deepcopy(document)
    higher["proof"]["value"] = written(bound.exact + Fraction(1, 10**9))
    assert not check.check(higher).proved


@pytest.mark.parametrize("gram", ["sdd", "dd"])
@pytest.mark.parametrize("family", [SOS, DP])
def test_smaller_gram_cones_and_any_reductions_are_proved(family, gram):
    for reductions in (tuple(copos.hierarchy.REDUCTIONS), ("sign",), ()):
        bound = copos.lower_bound(PROGRAMS["several"], 0, family, gram=gram, reductions=reductions)
        assert bound.proved and bound.lower == pytest.approx(bound.claimed, abs=1e-6)


@pytest.mark.parametrize("family", [SOS, DP])
def test_a_tolerance_is_met_by_the_proof(family):
    bound = copos.lower_bound(PROGRAMS["R+^2 x L^3"], 0, family, tolerance=1e-4)
    assert bound.proved and bound.claimed - bound.lower <= 1.1e-4 * abs(bound.claimed)


@pytest.mark.parametrize("family", [SOS, DP])
def test_infeasible_programs_are_proved_infeasible(family):
    cone = NonNegative(1) * SecondOrder(3)
    equations = [(np.outer(cone.unit, cone.unit), 1.0), (np.eye(4), 2.5)]  # x'x ≤ 2e(x)² on K
    program = CompletelyPositiveProgram(cone, np.eye(4), equations)
    bound = copos.lower_bound(program, 1, family)
    assert bound.status is Status.INFEASIBLE and bound.proved and bound.lower == np.inf
    assert bound.certificate.kind == "infeasible" and bound.certificate.verify(program).proved


def test_unbounded_levels_are_left_unproved():
    """Only x_0 is in an equation, and the objective does not bound the others: no multiplier bounds their moments."""
    C = np.array([[1.0, 1, 0], [1, 0, 0], [0, 0, 0]])
    program = CompletelyPositiveProgram(NonNegative(1) * SecondOrder(2), C, [(np.diag([1.0, 0, 0]), 1.0)])
    for family in (SOS, DP):
        bound = copos.lower_bound(program, 1, family)
        assert not bound.proved and bound.lower == -np.inf and "no strictly feasible dual point" in bound.reason


# --- the checker's own reading of a cone -------------------------------------------------------------------------


def problem(cone, seed=3):
    return program_problem(base(cone, np.rint(4 * symmetric(cone.dim, seed))))


def renamed(plain, order):
    """The problem with variable v called order[v]."""
    out = copy.deepcopy(plain)
    for block in out["blocks"]:
        block["entries"] = [[i, j, order[v], c] for i, j, v, c in block["entries"]]
    for form in (out["objective"], *out["generators"], *out["vanishing"], *(e["form"] for e in out["equations"])):
        form[:] = [[*sorted((order[i], order[j])), c] for i, j, c in form]
    out["unit"] = [[order[v], c] for v, c in out["unit"]]
    return out


def points(chart, p, rng, count=20):
    """Random rational z of the chart's domain."""
    spheres = [form for form in p.vanishing if {len(key) for key in form} == {2}]
    for _ in range(count):
        z = [Fraction(int(v), 3) for v in rng.integers(-6, 7, p.dim)]
        if chart == "frames":
            q = len(p.positive)
            z[:q] = map(abs, z[:q])
            z[q] = Fraction(1)
            for form in spheres:
                tail = sorted(a for (a, _), c in form.items() if c == -1)
                v = [Fraction(int(c)) for c in rng.integers(-3, 4, len(tail))]
                size = sum(c * c for c in v)
                # (1, 0, …) reflected along v, or −(1, 0, …)
                for k, a in enumerate(tail):
                    first = Fraction(int(k == 0))
                    z[a] = first - 2 * v[k] * v[0] / size if size else -first
            assert not any(check.identity.evaluate(form, z) for form in spheres)
        yield z


@pytest.mark.parametrize("order", [None, [6, 2, 5, 0, 3, 1, 4]])
@pytest.mark.parametrize(("chart", "cone"), [
    ("squares", BOTH), ("frames", BOTH), ("squares", PositiveSemidefinite(3) * NonNegative(1)),
    ("squares", PositiveSemidefinite(2) * SecondOrder(3) * NonNegative(1)), ("frames", SecondOrder(7)),
])  # fmt: skip
def test_a_chart_maps_into_the_cone_and_pulls_forms_back(chart, cone, order):
    """φ(z) ∈ K exactly, and every form of the pulled back program has the value that it has at φ(z)."""
    plain = problem(cone)
    p = check.identity.program(renamed(plain, order) if order else plain)
    q = pulled_back(p, chart)
    phi, _ = CHARTS[chart](p, factors(p))
    moved = set()
    for z in points(chart, q, np.random.default_rng(0)):
        x = [check.identity.evaluate(form, z) for form in phi]
        assert check.programs.atom(p, [written(c) for c in x]) == x
        moved |= {v for v, c in enumerate(x) if c}
        for form, back in [(p.objective, q.objective), (p.unit, q.unit), (p.equations[0][0], q.equations[0][0])]:
            assert check.identity.evaluate(back, z) == check.identity.evaluate(form, x)
    assert moved == set(range(p.dim))


@pytest.mark.parametrize("chart", ["squares", "frames"])
def test_every_point_of_the_cone_has_coordinates(chart):
    """Roots and frames of random points of R_+ × L³ and L², in floating point."""
    cone = NonNegative(1) * SecondOrder(3) * SecondOrder(2, "quadratic")
    p = check.identity.program(problem(cone))
    phi, q = CHARTS[chart](p, factors(p))
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = cone.sample(rng)
        ray, parts = x[0], (x[1:4], x[4:])
        high, low = ([y[0] + sign * np.linalg.norm(y[1:]) for y in parts] for sign in (1, -1))
        v = [y[1:] / np.linalg.norm(y[1:]) for y in parts]
        if chart == "squares":
            a, b = ([np.sqrt(max(c, 0)) for c in side] for side in (high, low))
            z = [np.sqrt(ray), *(c for k in (0, 1) for c in ((a[k] + b[k]) / 2, *((a[k] - b[k]) / 2 * v[k])))]
        else:
            z = [ray, high[0] / 2, low[0] / 2, high[1] / 2, low[1] / 2, 1.0, *v[0], *v[1]]
        assert len(z) == q.dim
        z = [Fraction(float(c)) for c in z]
        assert np.allclose([float(check.identity.evaluate(form, z)) for form in phi], x)


def altered(**changes):
    """Plain data of a small program on R_+ × L^3 with some keys replaced."""
    return {**problem(NonNegative(1) * SecondOrder(3)), **changes}


ARROW = program_problem(base(SecondOrder(3), np.eye(3)))["blocks"][0]["entries"]
J = [[1, 1, 1], [2, 2, -1], [3, 3, -1]]


def blocks(*rows):
    return [{"order": order, "entries": entries} for order, entries in rows]


def shifted(entries, by=1, swap=None):
    return [[i, j, v + by if swap is None else swap.get(v, v + by), c] for i, j, v, c in entries]


RAY = (1, [[0, 0, 0, 1]])
TAIL = [(1, [[0, 0, 2, 1]]), (1, [[0, 0, 3, 1]])]
WRONG = {
    "a free variable": altered(blocks=blocks((3, shifted(ARROW)))),
    "a nonpositive variable": altered(blocks=blocks((1, [[0, 0, 0, -1]]), (3, shifted(ARROW)))),
    "a sum": altered(blocks=blocks((1, [[0, 0, 0, 1], [0, 0, 1, 1]]), (3, shifted(ARROW)))),
    "a variable in two cones": altered(blocks=blocks((1, [[0, 0, 1, 1]]), (3, shifted(ARROW)))),
    "a variable twice": altered(blocks=blocks(RAY, RAY, (3, shifted(ARROW)))),
    "an arrow with a wider angle": altered(
        blocks=blocks(RAY, (3, [[i, j, v + 1, 2 if i < j else 1] for i, j, v, _ in ARROW]))),
    "an arrow with two heads": altered(
        blocks=blocks(RAY, (3, [[i, j, 0 if i == j == 2 else v + 1, c] for i, j, v, c in ARROW]))),
    "an arrow without an end": altered(blocks=blocks(RAY, (3, shifted(ARROW)[:-1]))),
    "an arrow with its tail twice": altered(
        blocks=blocks(RAY, (3, shifted(ARROW, swap={2: 2})))),
    "a wide generator": altered(blocks=blocks(RAY, (1, [[0, 0, 1, 1]])),
                                generators=[[[1, 1, 1], [2, 2, -2], [3, 3, -1]]]),
    "a generator with a product": altered(blocks=blocks(RAY, (1, [[0, 0, 1, 1]])),
                                          generators=[[*J, [0, 1, 1]]]),
    "a generator without its sheet": altered(blocks=blocks(RAY), generators=[J]),
    "a generator with another head": altered(generators=[[[0, 0, 1], [2, 2, -1], [3, 3, -1]]]),
    "two generators of one head": altered(generators=[J, J]),
    "a cone and a cut": altered(blocks=blocks(RAY, (3, shifted(ARROW)), (1, [[0, 0, 0, 1], [0, 0, 1, -1]]))),
    "a matrix with a hole": altered(blocks=blocks((2, [[0, 0, 0, 1], [1, 1, 1, 1]]), *TAIL), generators=[]),
    "a matrix with a tie": altered(
        blocks=blocks((2, [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1]]), *TAIL), generators=[]),
    "a stretched matrix": altered(
        blocks=blocks((2, [[0, 0, 0, 1], [0, 1, 1, 2], [1, 1, 2, 1]]), TAIL[1]), generators=[]),
    "a stated inequality": altered(stated=[[[0, 1]]]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "chart"), list(product(WRONG, ["squares", "frames"])))
def test_cones_that_are_no_image_are_rejected(name, chart):
    with pytest.raises(Rejected, match="no chart is known|a chart knows the cone only"):
        pulled_back(check.identity.program(WRONG[name]), chart)


def test_cones_without_frames_and_unknown_charts_are_rejected():
    matrices = check.identity.program(problem(PositiveSemidefinite(2)))
    assert pulled_back(matrices, "squares").dim == 3
    with pytest.raises(Rejected, match="frames"):
        pulled_back(matrices, "frames")
    tilted = check.identity.program(altered(unit=[[0, 1], [1, 2], [2, 1]]))
    assert pulled_back(tilted, "squares").unit_degree == 2
    with pytest.raises(Rejected, match="direction"):
        pulled_back(tilted, "frames")
    for chart in ("circles", None, ["squares"], 1):
        with pytest.raises(Unreadable, match="chart must be one of"):
            pulled_back(matrices, chart)


@pytest.mark.parametrize("family", [SOS, DP])
def test_a_proof_counts_in_its_own_chart_and_on_its_own_cone_only(family):
    """The numbers that prove a bound on R_+ × L³ prove nothing on a larger cone, nor in the other chart."""
    program = base(NonNegative(1) * SecondOrder(3), symmetric(4, 5))
    document = copos.lower_bound(program, 0, family).certificate.document()
    assert check.check(document).proved
    other = copy.deepcopy(document)
    other["proof"]["chart"] = {"squares": "frames", "frames": "squares"}[document["proof"]["chart"]]
    assert not check.check(other).proved
    del other["proof"]["chart"]
    assert not check.check(other).proved
    for name, wrong in WRONG.items():
        other = copy.deepcopy(document)
        cone = {key: wrong[key] for key in ("blocks", "generators", "stated") if key in wrong}
        other["problem"] = {**other["problem"], **cone}
        other["sha256"] = check.digest(other["problem"])
        verdict = check.check(other)
        assert not verdict.proved and verdict.reason, name


def test_a_form_is_copositive_by_hand():
    """On L² the form t² − u² is (z_0² − z_1²)², and 4λ_+λ_- modulo v² = 1; t² − 1.25u² is not copositive."""
    square = {"rows": [[0, 0], [1, 1]], "gram": {"factor": [[1], [-1]]}}
    frames = {"terms": [], "multipliers": [[0, 0, 0, 1], [0, 0, 1, -2], [0, 1, 1, 1]], "chart": "frames"}
    for proof in ({"terms": [square], "multipliers": [], "chart": "squares"}, frames):
        for u, proved in ((-1.0, True), (-1.25, False), (2.0, proof is not frames)):
            problem = CompletelyPositiveProgram(SecondOrder(2), np.diag([1.0, u]))
            certificate = Certificate("copositive", program_problem(problem), {"level": 0, **proof})
            assert certificate.verify().proved == proved, (proof["chart"], u, certificate.verify())


def test_the_exchange_of_a_frame_is_written_out():
    """All products of weights are terms of their own: the checker knows nothing of the exchange of v and −v."""
    program = base(SecondOrder(3), symmetric(3, 2))
    proof = copos.lower_bound(program, 1, DP).certificate.proof
    powers = sorted(tuple(term["blocks"]) for term in proof["terms"])
    assert powers == [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1)]
    exchanged = copy.deepcopy(proof)
    exchanged["terms"] = [term for term in exchanged["terms"] if term["blocks"] != [1, 1, 1]]
    certificate = copos.lower_bound(program, 1, DP).certificate
    assert not replace(certificate, proof=exchanged).verify().proved
