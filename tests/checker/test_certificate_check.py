"""The checker: the primitive against brute rational arithmetic, every kind accepted, every mutation judged."""

import copy
import json
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import copos.checker.check as check_module
from copos import CompletelyPositiveProgram, NonNegative, PositiveSemidefinite
from copos.certificate import Certificate, verify
from copos.certificate.produce import certify_lower_bound
from copos.checker.check import check
from copos.checker.check_matrix import semidefinite
from copos.hierarchy import relax
from copos.solvers import solve

HORN = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]
SHIFTED = [[2 * (i == j) + v for j, v in enumerate(row)] for i, row in enumerate(HORN)]  # 2I + Horn is SPN


def factor(M, bits=40, hold=1e-9):
    F = np.linalg.cholesky(np.array(M, dtype=float) - hold * np.eye(len(M)))
    return [[int(v) for v in row] for row in np.rint(np.ldexp(F, bits)).tolist()]


def lower_bound(n=4, level=1, family="parrilo"):
    rng = np.random.default_rng(n + level)
    Q = rng.integers(-9, 10, (n, n))
    program = CompletelyPositiveProgram(NonNegative(n), Q + Q.T, [(np.ones((n, n)), 1.0)])
    relaxation = relax(program, level, family)
    return certify_lower_bound(program, relaxation, solve(relaxation.form, "clarabel")).certificate


def psd_program():
    """min <C, X X'> over X ⪰ 0 with tr X = 1 on average: x_0 ≥ 0, X ∈ S²_+."""
    cone = PositiveSemidefinite(2)
    e = np.array([1.0, 0.0, 1.0])
    return CompletelyPositiveProgram(cone, np.diag([1.0, 3.0, 2.0]), [(np.outer(e, e), 1.0)])


def certificates():
    """One accepted certificate of every kind and method, and its problem."""
    out = {}
    P = np.array(SHIFTED)
    out["spn"] = Certificate.of(
        "copositive", P + 2 * (np.array(HORN) > 0), {"method": "spn", "factor": factor(P + 0 * P), "bits": 40}
    )
    # (x1 + x2)(x1 − x2)² ≥ 0
    square = {"factor": [[1], [-1]], "bits": 0}
    terms = [{"blocks": [k], "rows": [[0, 0], [0, 1]], "gram": square} for k in (0, 1)]
    out["level"] = Certificate.of(
        "copositive", [[1, -1], [-1, 1]], {"method": "level", "level": 1, "weights": [1, 1], "terms": terms}
    )
    items = [["vector", []], ["vector", [1]], ["vector", [1]]]
    out["cover"] = Certificate.of("copositive", [[1, 2], [2, 1]], {"method": "cover", "items": items})
    out["negative"] = Certificate.of("not copositive", [[1, -2], [-2, 3]], {"point": [2, 1]})
    B = [[1, 0], [1, 1]]
    out["cp"] = Certificate.of("completely positive", [[2, 1], [1, 3]], {"factor": B, "bits": 0})
    separator = {"separator": [[1, -1], [-1, 1]], "copositive": out["level"].proof}
    out["not cp"] = Certificate.of("not completely positive", [[1, 2], [2, 1]], separator)
    out["lower 0"] = lower_bound(level=0)
    out["lower 1"] = lower_bound(level=1)
    out["lower lp"] = lower_bound(level=1, family="de-klerk-pasechnik")
    program = psd_program()
    atoms = [{"weight": 1, "point": ["1/2", 0, "1/2"]}]
    out["upper"] = Certificate.of("upper bound", program, {"value": "3/4", "atoms": atoms})
    relaxation = relax(program)
    out["lower psd"] = certify_lower_bound(program, relaxation, solve(relaxation.form, "clarabel")).certificate
    # <E, Y> = −1 with Y completely positive
    none = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), -1.0)])
    proof = {"y": [-1], "level": 0, "terms": [], "multipliers": []}
    out["infeasible"] = Certificate.of("infeasible", none, proof)
    form = CompletelyPositiveProgram(NonNegative(2), np.array([[1.0, 0.0], [0.0, 2.0]]))
    out["form"] = Certificate.of("copositive", form, {"level": 0, "terms": [], "multipliers": []})
    bad = CompletelyPositiveProgram(PositiveSemidefinite(2), -np.eye(3))
    out["form not"] = Certificate.of("not copositive", bad, {"point": [1, 0, 1]})
    return out


CASES = certificates()


@pytest.mark.parametrize("name", CASES)
def test_every_kind_is_accepted_also_from_a_file(name, tmp_path):
    certificate = CASES[name]
    assert certificate.verify().proved, certificate.verify()
    path = tmp_path / "c.json"
    certificate.save(path)
    assert verify(path).proved
    assert verify(path, certificate.problem).proved
    assert Certificate.load(path).verify().proved
    other = next(c for c in CASES.values() if c.problem != certificate.problem)
    assert not verify(path, other.problem).proved


def places(value, path=()):
    """Paths of everything in a document."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def get(value, path):
    for key in path:
        value = value[key]
    return value


def changed(document, path, new):
    out = copy.deepcopy(document)
    get(out, path[:-1])[path[-1]] = new
    return out


@pytest.mark.parametrize("name", CASES)
def test_mutated_types_sizes_and_missing_parts_are_rejected(name):
    document = CASES[name].document()
    deep = []
    for _ in range(500):
        deep = [deep]
    start = time.process_time()
    paths = list(places(document))[1:]
    rng = np.random.default_rng(0)
    if len(paths) > 150:
        paths = [paths[i] for i in sorted(rng.choice(len(paths), 150, replace=False))]
    for path in paths:
        for new in (None, True, 0.5, "x", "1/0", deep, {"a": 1}, 10**9000, "9" * 10**5, [[[1]]]):
            if path[0] == "about":
                continue
            assert not check(changed(document, path, new)).proved, (path, str(new)[:20])
        dropped = copy.deepcopy(document)
        parent = get(dropped, path[:-1])
        if isinstance(parent, dict) and path[-1] not in ("basis", "scales", "bits", "generators", "blocks"):
            del parent[path[-1]]
            assert not check(dropped).proved, path
    assert time.process_time() - start < 15


@pytest.mark.parametrize("name", CASES)
def test_changed_problem_needs_a_changed_proof(name):
    """A change of the problem alone is caught by the hash, and the user's own problem by comparison."""
    document = CASES[name].document()
    for path in list(places(document["problem"]))[1:60]:
        old = get(document["problem"], path)
        if type(old) is int:
            assert not check(changed(document, ("problem", *path), old + 1)).proved


def truth_of_lower_bound(document):
    """Exact minimum over the simplex of a 4×4 matrix, by all supports (rational)."""
    objective, n = document["problem"]["objective"], document["problem"]["dim"]
    M = [[Fraction(0)] * n for _ in range(n)]
    for i, j, c in objective:
        M[i][j] = M[j][i] = Fraction(c) / (1 if i == j else 2)
    best = min(M[i][i] for i in range(n))
    for mask in range(1, 1 << n):
        S = [i for i in range(n) if mask >> i & 1]
        A = [[float(M[i][j]) for j in S] for i in S]
        try:
            v = np.linalg.solve(A, np.ones(len(S)))
        except np.linalg.LinAlgError:
            continue
        if (v / v.sum() > 0).all():
            best = min(best, Fraction(1 / v.sum()).limit_denominator(10**6))
    return best


@pytest.mark.parametrize("name", ["lower 0", "lower 1", "lower lp"])
def test_numeric_mutations_of_a_lower_bound_never_prove_a_false_claim(name):
    document = CASES[name].document()
    truth = truth_of_lower_bound(document)
    value = Fraction(document["proof"]["value"])
    assert value <= truth + Fraction(1, 10**9)
    assert not check(changed(document, ("proof", "value"), str(value + Fraction(1, 10**6)))).proved
    rng = np.random.default_rng(1)
    numbers = [p for p in places(document["proof"]) if type(get(document["proof"], p)) is int]
    accepted = 0
    for at in rng.choice(len(numbers), min(200, len(numbers)), replace=False):
        path = ("proof", *numbers[at])
        old = get(document, path)
        for new in (-old, 2 * old, old + (1 << 60), 0):
            if new != old:
                verdict = check(changed(document, path, new))
                accepted += verdict.proved
                assert not verdict.proved or value <= truth + Fraction(1, 10**9)
    big = changed(document, ("proof", "y", 0), str(Fraction(document["proof"]["y"][0]) + 1))
    assert not check(changed(big, ("proof", "value"), str(value + 1))).proved


def test_false_matrix_claims_are_rejected():
    for name, field in (("spn", "bits"), ("cp", "bits")):
        document = CASES[name].document()
        twice = 2 * document["proof"]["factor"][0][0]
        assert not check(changed(document, ("proof", "factor", 0, 0), twice)).proved, (name, field)
    document = CASES["level"].document()
    for new in ([1, -1], [0, 1], [1]):
        assert not check(changed(document, ("proof", "weights"), new)).proved
    document = CASES["cover"].document()
    for items in ([["vector", []]], [*document["proof"]["items"], ["vector", [1]]], [["vector", []], ["vector", [-1]]]):
        assert not check(changed(document, ("proof", "items"), items)).proved
    assert not check(Certificate.of("copositive", [[1, -2], [-2, 1]], document["proof"]).document()).proved
    assert not check(changed(CASES["negative"].document(), ("proof", "point"), [-2, 1])).proved
    assert not check(changed(CASES["negative"].document(), ("proof", "point"), [1, 0])).proved
    assert not check(changed(CASES["upper"].document(), ("proof", "value"), "1/2")).proved
    assert not check(changed(CASES["upper"].document(), ("proof", "atoms", 0, "point"), ["1/2", 1, "1/2"])).proved
    assert not check(changed(CASES["upper"].document(), ("proof", "atoms", 0, "weight"), 2)).proved
    assert not check(changed(CASES["infeasible"].document(), ("proof", "y", 0), 1)).proved


def test_primitive_agrees_with_rational_arithmetic():
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(300):
        n, k = int(rng.integers(1, 5)), int(rng.integers(0, 4))
        B = rng.integers(-3, 4, (n, n)).tolist()
        R = rng.integers(-3, 4, (n, n))
        R = np.tril(R) + np.tril(R, -1).T + np.diag(rng.integers(0, 8, n))
        M = [[sum(Fraction(a * b, 4**k) for a, b in zip(B[i], B[j], strict=True)) + Fraction(int(R[i, j]))
              for j in range(n)] for i in range(n)]  # fmt: skip
        truth = all(R[i, i] >= sum(max(0, -R[i, j]) for j in range(n) if j != i) for i in range(n))
        proof = {"method": "spn", "factor": B, "bits": k}
        assert Certificate.of("copositive", M, proof).verify().proved == truth
        seen.add(truth)
    assert seen == {True, False}


def test_exact_semidefiniteness():
    rng = np.random.default_rng(6)
    for _ in range(300):
        n = int(rng.integers(1, 6))
        F = rng.integers(-3, 4, (n, int(rng.integers(1, n + 1))))
        M = F @ F.T
        assert semidefinite(M.tolist())
        v = rng.integers(-2, 3, n)
        N = M * 7 - (M @ v)[:, None] * (M @ v)[None, :] // 1
        smallest = np.linalg.eigvalsh(N.astype(float))[0]
        if abs(smallest) > 1e-6:
            assert semidefinite(N.tolist()) == (smallest > 0)


def test_files_that_are_no_certificates(tmp_path):
    good = json.dumps(CASES["lower 1"].document())
    texts = ["", "[" * 10**6, "{}", "NaN", good[: len(good) // 2], good.replace(": 1,", ": 1.0,", 1), '{"a":1,"a":2}',
             '{"format": 1' + "0" * 10**7 + "}", good.replace('"version": 1', '"version": 2'), "\x00"]  # fmt: skip
    for text in texts:
        path = tmp_path / "bad.json"
        path.write_text(text)
        start = time.process_time()
        verdict = verify(path)
        assert not verdict.proved and not verdict.readable and verdict.reason, text[:30]
        assert time.process_time() - start < 2
    assert not verify(tmp_path / "absent.json").readable


def test_checker_runs_without_the_package(tmp_path):
    """Copied into one folder, the checker's files run in an isolated interpreter without site-packages."""
    for source in Path(check_module.__file__).parent.glob("check*.py"):
        (tmp_path / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    for name, path in (("good", tmp_path / "good.json"), ("bad", tmp_path / "bad.json")):
        document = CASES["lower 1"].document()
        if name == "bad":
            document = changed(document, ("proof", "value"), 100)
        path.write_text(json.dumps(document))
        # -S: no site-packages, so neither numpy nor python-flint
        command = [sys.executable, "-S", str(tmp_path / "check.py"), str(path)]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == (0 if name == "good" else 1), run.stderr
        assert run.stdout.startswith("proved" if name == "good" else "not proved")
