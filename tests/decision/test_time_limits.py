"""A search ends when its time is over, in the middle of numbers of thousands of bits, too."""

from __future__ import annotations

import time
from fractions import Fraction

from copos.arithmetic import exact
from copos.certificate import Certificate
from copos.decision import cover_tree
from copos.instances import extreme


def test_a_chunk_is_left_when_the_time_is_over(monkeypatch):
    """Nodes on integers are asked for the time one by one, and what was left is not called treated."""
    A, _ = exact.integral(extreme.circulant_zeros(13, extreme.evenly_spaced(13, Fraction(2, 7), Fraction(1, 8))))
    asked = []

    def slow(support):
        asked.append(support)
        search.deadline = time.monotonic() - 1
        return plain(support)

    search = cover_tree.Search(A)
    plain = search.stationary
    monkeypatch.setattr(search, "stationary", slow)
    found = search.run(time.monotonic() + 1000)
    assert isinstance(found, cover_tree.Unfinished) and len(asked) == 1 and found.waiting > 0
    monkeypatch.setattr(search, "stationary", plain)
    again = search.run(None)
    assert isinstance(again, cover_tree.Cover)
    assert Certificate.of("copositive", A, again.proof()).verify().proved


def test_no_proof_of_a_part_is_begun_when_the_time_is_over():
    """Exact eliminations of order a hundred take seconds each; the nodes that they would close stay open."""
    A = [[6 * int(i == j) - 1 for j in range(8)] for i in range(8)]
    asked = []

    def part(T):
        asked.append(T)
        search.deadline = time.monotonic() - 1

    search = cover_tree.Search(A, part)
    found = search.run(time.monotonic() + 1000)
    assert isinstance(found, cover_tree.Unfinished) and found.waiting >= 1 and len(asked) == 1
