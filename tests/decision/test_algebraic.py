"""Matrices of algebraic numbers: right answers on the boundary and beside it, with evidence that is accepted."""

import json
import random
from fractions import Fraction
from itertools import combinations

import pytest

import copos
from copos.arithmetic import algebraic_matrix, exact, ordered_field
from copos.arithmetic.algebraic_matrix import algebraic
from copos.arithmetic.number_field import NumberField, cosines
from copos.certificate import Certificate
from copos.decision import algebraic_factor
from copos.instances import extreme
from tests import matrix_zoo as zoo

ROOT = NumberField([-2, 0, 1], (1, 2)).root
COS = cosines(7)
ROOT7 = NumberField.cosine(7).root
TINY = Fraction(1, 10**12)
FIELDS = [NumberField([-2, 0, 1], (1, 2)), NumberField([-1, -1, 1], (1, 2)), NumberField.cosine(7),
          NumberField([1, 0, -10, 0, 1], (3, 4)), NumberField([6, -2, -3, 1], (1, 2)),
          NumberField([1, -4, -4, 8], ("9/10", 1))]  # fmt: skip


def shifted(M, c, diagonal=True):
    return [[v + c * (i == j or not diagonal) for j, v in enumerate(row)] for i, row in enumerate(M)]


def scaled(M, d):
    return [[v * a * b for v, b in zip(row, d, strict=True)] for row, a in zip(M, d, strict=True)]


def decided(M, answer, strict=False):
    found = copos.is_copositive(M, strict=strict)
    assert found.answer is answer, found.reason
    said = found.certificate.verify(M)
    assert said.proved, said.reason
    if answer is False:
        x = found.witness
        value = sum(a * b * M[i][j] for i, a in enumerate(x) for j, b in enumerate(x))
        assert min(x) >= 0 and any(x) and (value <= 0 if strict else value < 0)
    return found


def gram(*rays):
    n = len(rays[0])
    return [[sum(b[i] * b[j] for b in rays) for j in range(n)] for i in range(n)]


HEPTAGON = [[COS[2 * (i - j) % 14] for j in range(7)] for i in range(7)]  # rank two
BOUNDARY = {
    "two by two": [[1, -ROOT], [-ROOT, 2]],
    "Horn times a root": [[ROOT * v for v in row] for row in zoo.HORN],
    "Horn scaled": scaled(zoo.HORN, [1, ROOT, 1 + ROOT, 2 - ROOT, Fraction(1, 3)]),
    "Hildebrand": extreme.algebraic_hildebrand([1, 1, 1, 1, 1], 7),
    "Hildebrand, other angles": extreme.algebraic_hildebrand([1, 2, 3, 1, 2], 11),
    "Hildebrand scaled": scaled(extreme.algebraic_hildebrand([2, 1, 1, 1, 1], 7), [1, COS[1], 2, COS[2], 1 + COS[3]]),
    "Gram matrix of a heptagon": HEPTAGON,
    "a huge unit": [[v * 2**200 for v in row] for row in extreme.algebraic_hildebrand([1, 1, 1, 1, 1], 6)],
    "a tiny unit": [[v * Fraction(1, 3**90) for v in row] for row in zoo.scaled(zoo.HORN, [1, 1, ROOT, 1, 1])],
}


@pytest.mark.parametrize("name", BOUNDARY)
def test_the_boundary_is_decided_and_both_its_sides(name):
    M = BOUNDARY[name]
    largest = max(abs(v) for row in M for v in row)
    unit = Fraction(2) ** algebraic_matrix.unit(algebraic(M))
    assert unit / 4 <= largest <= 4 * unit
    decided(M, True)
    found = decided(M, False, strict=True)
    assert "algebraic coordinates" in found.reason or name == "Horn times a root"
    decided(shifted(M, TINY * unit), True, strict=True)
    decided(shifted(M, -TINY * unit), False)
    decided(shifted(M, Fraction(unit, 10**30)), True)
    decided(shifted(M, -Fraction(unit, 10**30)), False)


def least(M):
    """The minimum on the simplex by all supports, of rational entries that are right to 1e-120."""
    n = len(M)
    H, scale = exact.integral([[v.below(400) for v in row] for row in algebraic(M)])
    values = []
    for k in range(1, n + 1):
        for I in combinations(range(n), k):
            found = exact.stationary(H, I)
            if isinstance(found, exact.Stationary) and min(found.x) >= 0:
                values.append(Fraction(found.value, scale * sum(found.x)))
    return min(values)


def drawn(rng):
    """A matrix, on the boundary half of the time: M − vE with v its minimum, found in the field."""
    F, n = rng.choice(FIELDS), rng.randint(2, 4)
    e = [F([Fraction(rng.randint(-4, 4), rng.choice([1, 2, 3])) for _ in range(2)]) for _ in range(n * n)]
    M = [[e[min(i, j) * n + max(i, j)] + 6 * (i == j) for j in range(n)] for i in range(n)]
    if rng.random() < 0.5:
        return M
    values = []
    for k in range(1, n + 1):
        for I in combinations(range(n), k):
            found = ordered_field.stationary(M, I)
            if isinstance(found, exact.Stationary) and min(found.x) >= 0:
                values.append(found.value / sum(found.x))
    c = rng.choice([0, 0, TINY, -TINY])
    return [[v - min(values) + c for v in row] for row in M]


@pytest.mark.parametrize("seed", range(12))
def test_random_matrices_against_all_supports(seed):
    M = drawn(random.Random(seed))
    value = least(M)
    edge = abs(value) < Fraction(1, 10**60)
    decided(M, edge or value > 0)
    found = decided(M, not edge and value > 0, strict=True)
    if found.answer:
        assert 0 < found.margin <= value


def test_the_same_matrix_over_another_polynomial():
    """(x² − 2)(x − 3) and (x² − 2)³ at √2 say the same as x² − 2."""
    for polynomial in ([6, -2, -3, 1], [-8, 0, 12, 0, -6, 0, 1]):
        r = NumberField(polynomial, (1, 2)).root
        decided([[1, -r], [-r, 2]], True)
        decided([[1, -r], [-r, 2]], False, strict=True)
        decided([[1, -r], [-r, 2 - TINY]], False)


def test_certificates_are_saved_and_speak_of_their_matrix(tmp_path):
    M = BOUNDARY["Hildebrand"]
    found = copos.is_copositive(M)
    found.certificate.save(tmp_path / "proof.json")
    again = Certificate.load(tmp_path / "proof.json")
    assert again.verify(M).proved and copos.verify(tmp_path / "proof.json").proved
    assert "α^3" in again.verify().claim and found.decided[0][1] == M[0][1]
    assert not again.verify(shifted(M, TINY)).proved
    text = json.loads((tmp_path / "proof.json").read_text())
    assert text["problem"]["field"]["polynomial"] == [1, -2, -1, 1]


def test_what_is_asked_otherwise_is_refused():
    M = BOUNDARY["two by two"]
    for ask in (lambda: copos.is_copositive(M, tolerance=1e-3), lambda: copos.is_completely_positive(M, tolerance=0),
                lambda: copos.is_copositive(M, cone=copos.SecondOrder(2))):  # fmt: skip
        with pytest.raises(ValueError, match="needs a matrix of rational numbers"):
            ask()
    with pytest.raises(ValueError, match="exactly symmetric"):
        copos.is_copositive([[1, ROOT], [-ROOT, 1]])
    with pytest.raises(ValueError, match="square"):
        copos.is_copositive([[1, ROOT]])
    with pytest.raises(ValueError, match="finite numbers"):
        copos.is_copositive([[1, ROOT], [ROOT, float("nan")]])
    with pytest.raises(ValueError, match="finite numbers"):
        copos.minimum_on_simplex(M)
    late = copos.is_copositive(BOUNDARY["Hildebrand"], time_limit=1e-9)
    assert late.answer is None and "time limit" in late.reason


def factored(M, answer=True):
    found = copos.is_completely_positive(M)
    assert found.answer is answer, found.reason
    said = found.certificate.verify(M)
    assert said.proved, said.reason
    if answer:
        n = len(M)
        assert all(sum(w * b[i] * b[j] for w, b in found.factor) == M[i][j] for i in range(n) for j in range(n))
        assert all(w >= 0 and min(b) >= 0 for w, b in found.factor)
        assert found.cp_rank[0] <= found.cp_rank[1] == len(found.factor)
    else:
        H = found.separator
        assert sum(h * m for a, b in zip(H, M, strict=True) for h, m in zip(a, b, strict=True)) < 0
    return found


FACTORED = {
    "one ray": gram([1, ROOT, 2 - ROOT]),
    "three rays": gram([1, ROOT, 0, 1], [0, 1, ROOT, 1], [ROOT, 0, 1, 1]),
    "four rays": gram([1, ROOT, 0, 1, 2], [0, 1, ROOT, 1, 0], [ROOT, 0, 1, 1, 1], [1, 1, 1, ROOT + 2, ROOT * 2]),
    "inside": [[3, ROOT, 1], [ROOT, 3, ROOT], [1, ROOT, 3]],
    "inside, not dominant": shifted(gram([1, ROOT, 3, 1], [2, 1, ROOT, 1], [ROOT, 5, 1, 1]), TINY * 10**9),
    "a path, tight": [[1, ROOT, 0], [ROOT, 4, ROOT], [0, ROOT, 1]],
    "a square, tight": [[2 * ROOT if i == j else ROOT * ((i + j) % 2) for j in range(4)] for i in range(4)],
    "a square, slack": [[3, ROOT, 0, ROOT], [ROOT, 3, ROOT, 0], [0, ROOT, 3, ROOT], [ROOT, 0, ROOT, 3]],
    "order four with a zero": gram([1, ROOT, 0, 3], [0, 1, ROOT, 2], [0, 2, 1, 1], [1, 3, 0, ROOT]),
    "dominant": [[ROOT * 2, ROOT, ROOT], [ROOT, ROOT + 1, 1], [ROOT, 1, 1 + ROOT]],
    "rational after all": [[ROOT * ROOT, 1], [1, 1]],
}


@pytest.mark.parametrize("name", FACTORED)
def test_factors_in_the_field(name):
    factored(FACTORED[name])


def test_outside_of_the_cone():
    pentagon = [[5, 3, 0, 0, 3], [3, 5, 3, 0, 0], [0, 3, 5, 3, 0], [0, 0, 3, 5, 3], [3, 0, 0, 3, 5]]
    factored(scaled(pentagon, [1, ROOT, 1, 2, 1 + ROOT]), False)
    factored(shifted(FACTORED["three rays"], -TINY), False)
    factored([[1, -ROOT], [-ROOT, 9]], False)
    factored([[v + 1 for v in row] for row in HEPTAGON], False)
    factored(shifted([[10**6 * v for v in row] for row in FACTORED["three rays"]], -TINY), False)  # 1e-18 of an entry
    M = FACTORED["a path, tight"]
    factored([[M[0][0] - TINY, *M[0][1:]], *M[1:]], False)


def test_just_outside_of_a_face_of_irrational_rays():
    """M = Σ uu' over the zeros u of an extreme T, with an entry less: a rational matrix near T separates."""
    T = BOUNDARY["Hildebrand"]
    rays = [[ROOT7 if j == (i + 1) % 5 else 1 if j in (i, (i + 2) % 5) else 0 for j in range(5)] for i in range(5)]
    M = gram(*rays)
    assert all(sum(u[i] * u[j] * T[i][j] for i in range(5) for j in range(5)) == 0 for u in rays)
    M[0][0] -= TINY * 1000
    assert factored(M, False).certificate.kind == "not completely positive"


def test_rational_matrices_on_both_sides():
    M = algebraic([[1, ROOT, 0], [ROOT, 3, Fraction(1, 3)], [0, Fraction(1, 3), ROOT]])
    for side in (-1, 1):
        for bits in (3, 30):
            H = algebraic_factor.near(M, bits, side)
            R = [[side * (h - m) for h, m in zip(a, b, strict=True)] for a, b in zip(H, M, strict=True)]
            assert all(min(row) >= 0 and 2 * row[i] >= sum(row) for i, row in enumerate(R))
            assert max(v for row in R for v in row) <= Fraction(8, 2**bits)
            assert H[0][2] == 0 and H[1][2] == Fraction(1, 3)
