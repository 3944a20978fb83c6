"""Orbits of monomials as the checker sees them, against all images one by one."""

from fractions import Fraction
from itertools import combinations_with_replacement

import pytest

from copos.checker import check, check_reading, check_symmetry
from tests.checker import forgeries_symmetry as rows

# generators, each with those of the stabilisers of the least points of its orbits
GROUPS = {
    "nothing": (4, []),
    "rotations": (5, [[1, 2, 3, 4, 0]]),
    "pentagon": (5, [[1, 2, 3, 4, 0], [0, 4, 3, 2, 1]]),
    "all of four": (4, [[1, 2, 3, 0], [1, 0, 2, 3], [0, 2, 3, 1], [0, 2, 1, 3]]),
    "two orbits": (5, [[1, 0, 3, 4, 2], [0, 1, 2, 4, 3], [1, 0, 2, 3, 4], [0, 1, 3, 4, 2]]),
    "a fixed point": (4, [[0, 2, 3, 1], [0, 1, 3, 2]]),
}


def images(key, generators):
    """The orbit of a monomial."""
    seen, todo = {key}, [key]
    while todo:
        key = todo.pop()
        for g in generators:
            image = tuple(sorted(g[v] for v in key))
            if image not in seen:
                seen.add(image)
                todo.append(image)
    return seen


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", GROUPS)
def test_orbits_are_all_images(name, degree):
    dim, generators = GROUPS[name]
    orbits = check_symmetry.Orbits(dim, generators)
    keys = list(combinations_with_replacement(range(dim), degree)) if degree else []
    for key in keys:
        named = orbits.of(key)
        assert named in images(key, generators)
        assert {other for other in keys if orbits.of(other) == named} == images(key, generators)


def test_without_the_stabiliser_less_is_seen_and_nothing_wrong():
    """The rotations and one reflection that moves the root: the pairs besides the root are not exchanged."""
    generators = [[1, 2, 3, 4, 0], [4, 3, 2, 1, 0]]
    orbits, seen = check_symmetry.Orbits(5, generators), set()
    for key in combinations_with_replacement(range(5), 3):
        assert orbits.of(key) in images(key, generators)
        seen.add(orbits.of(key))
    assert len(seen) > len({min(images(key, generators)) for key in combinations_with_replacement(range(5), 3)})


def test_elements_of_a_transversal_lead_to_the_root():
    for v in range(5):  # the last variable first, and all that lead to it
        orbits = check_symmetry.Orbits(*GROUPS["two orbits"])
        u = orbits.to_root(v)
        assert u[v] == orbits.root[v] == (0 if v < 2 else 2) and sorted(u) == list(range(5))
        turned = check_symmetry.Orbits(*GROUPS["rotations"]).to_root(v)
        assert turned == [(w - v) % 5 for w in range(5)]


def test_what_is_gathered_has_the_same_average():
    orbits = check_symmetry.Orbits(*GROUPS["pentagon"])
    p = {(0, 0, 1): 3, (2, 3, 3): -1, (4, 4, 4): Fraction(1, 2), (0, 1, 2): 1, (1, 2, 3): -1}
    gathered = orbits.gathered(p)
    assert sum(gathered.values()) == sum(p.values()) and len(gathered) == 2
    assert {c for key, c in gathered.items() if len(set(key)) == 2} == {2}


@pytest.mark.parametrize("k", [k for k, d in enumerate(rows.HONEST) if d["proof"]["terms"]])
def test_a_larger_value_is_refused(k):
    document = rows.HONEST[k]
    proof = document["proof"]
    larger = str(Fraction(proof["value"]) + Fraction(1, 10**6))
    assert check.check(document).proved
    y = [larger, *proof["y"][1:]] if proof["y"] else []
    assert not check.check({**document, "proof": {**proof, "value": larger, "y": y}}).proved
    assert not check.check({**document, "proof": {**proof, "value": larger}}).proved


def test_work_on_a_group_is_counted(monkeypatch):
    """Elements of the group, images of monomials, and monomials that are looked up."""
    monkeypatch.setattr(check_reading, "WORK", 20_000)
    turn, swap = [*range(1, 100), 0], [0, *range(2, 100), 1]
    with check_reading.budget([]), pytest.raises(check_reading.Unreadable, match="an element of the group"):
        check_symmetry.Orbits(100, [turn]).of((99, 99))
    with check_reading.budget([]), pytest.raises(check_reading.Unreadable, match="an orbit of monomials"):
        check_symmetry.Orbits(100, [swap, [0, 2, 1, *range(3, 100)]]).of((0, 1, 2))
    with check_reading.budget([]), pytest.raises(check_reading.Unreadable, match="the orbits of a polynomial"):
        check_symmetry.Orbits(100, []).gathered({(i, j): 1 for j in range(100) for i in range(100)})
    with check_reading.budget([]), pytest.raises(check_reading.Unreadable, match="the orbits of the variables"):
        check_symmetry.Orbits(100, [turn] * 300)
    with check_reading.budget([]), pytest.raises(check_reading.Unreadable, match="under a permutation"):
        check_symmetry.moved({(i,): 1 for i in range(6_000)}, list(range(6_000)))
