"""Heavy stable sets by iterated local search on lists of neighbours [AndradeResendeWerneck2012].

A step forces vertices into the set, drops their neighbours in it, and takes what has become free, heavy vertices with
few neighbours first. A step that does not lose is kept, others now and then.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

Neighbours = dict[int, set[int]]
STEPS = 4_000
RETURN = 300  # steps without a better set after which the search goes back to the best one


def heavy_set(
    near: Neighbours, w: Mapping[int, float], enough: float | None = None, steps: int = STEPS,
    until: float = float("inf"), seed: int = 0,
) -> set[int]:  # fmt: skip
    """A maximal stable set, the heaviest that is found in so many steps, or one of the weight that is enough.

    >>> heavy_set({0: {1}, 1: {0, 2}, 2: {1}}, {0: 1, 1: 1, 2: 1})
    {0, 2}
    """
    rng = random.Random(seed)
    vertices = sorted(near)
    inside = greedy(near, w)
    tight = {v: len(near[v] & inside) for v in vertices}
    now = best = sum(w[v] for v in inside)
    found, since = set(inside), 0
    for step in range(steps if vertices else 0):
        if (enough is not None and best >= enough) or (not step % 64 and time.perf_counter() > until):
            break
        before: list[tuple[int, bool]] = []
        for v in _forced(rng, vertices, inside, tight):
            now += _insert(v, near, w, inside, tight, before)
        now += _fill(rng, near, w, inside, tight, before)
        if now > best:
            best, found, since = now, set(inside), 0
            continue
        since += 1
        lost = sum(w[v] if added else -w[v] for v, added in before)
        if lost < 0 and rng.random() > 1 / (1 + min(50, -lost * 20 * len(found) // best) * 4):
            now -= lost
            for v, added in reversed(before):
                (_remove if added else _add)(v, near, inside, tight)
        if since >= RETURN:
            since = 0
            for v in [*inside - found]:
                _remove(v, near, inside, tight)
            for v in found - inside:
                _add(v, near, inside, tight)
            now = best
    return found


def greedy(near: Neighbours, w: Mapping[int, float]) -> set[int]:
    """A maximal stable set: the heaviest vertex for its neighbours that are left, again and again."""
    left = {v: set(others) for v, others in near.items()}
    queue = [(-w[v] / (len(left[v]) + 1), v) for v in left]
    heapify(queue)
    out = set()
    while queue:
        key, v = heappop(queue)
        if v not in left or key != -w[v] / (len(left[v]) + 1):
            continue
        out.add(v)
        touched = set()
        for u in [*left[v], v]:
            for j in left.pop(u):
                if j in left:
                    left[j].discard(u)
                    touched.add(j)
        for j in touched & left.keys():
            heappush(queue, (-w[j] / (len(left[j]) + 1), j))
    return out


def taken_in_order(near: Neighbours, order: Iterable[int]) -> set[int]:
    """A maximal stable set: each vertex in turn that no earlier one is adjacent to.

    >>> sorted(taken_in_order({0: {1}, 1: {0, 2}, 2: {1}}, [2, 1, 0]))
    [0, 2]
    """
    out, gone = set[int](), set[int]()
    for v in order:
        if v not in gone:
            out.add(v)
            gone |= near[v]
    return out


def _forced(rng: random.Random, vertices: list[int], inside: set[int], tight: dict[int, int]) -> list[int]:
    """One vertex outside, of several at random the one with the fewest neighbours inside; seldom two."""
    out = []
    for _ in range(2 if rng.random() < 0.1 else 1):
        drawn = [v for v in rng.choices(vertices, k=6) if v not in inside]
        if drawn:
            out.append(min(drawn, key=lambda v: tight[v]))
    return list(dict.fromkeys(out))


def _insert(
    v: int, near: Neighbours, w: Mapping[int, float], inside: set[int], tight: dict[int, int],
    before: list[tuple[int, bool]],
) -> float:  # fmt: skip
    """Put v in, its neighbours out; the gain."""
    gain = w[v]
    for j in near[v] & inside:
        _remove(j, near, inside, tight)
        before.append((j, False))
        gain -= w[j]
    if v in inside:
        return gain - w[v]
    _add(v, near, inside, tight)
    before.append((v, True))
    return gain


def _fill(
    rng: random.Random, near: Neighbours, w: Mapping[int, float], inside: set[int], tight: dict[int, int],
    before: list[tuple[int, bool]],
) -> float:  # fmt: skip
    """Take free vertices near those that left, the heavy ones first; the gain."""
    touched = {j for v, added in before if not added for j in (*near[v], v)}
    free = [v for v in touched if not tight[v] and v not in inside]
    rng.shuffle(free)
    free.sort(key=lambda v: -w[v])
    gain = 0
    for v in free:
        if not tight[v]:
            _add(v, near, inside, tight)
            before.append((v, True))
            gain += w[v]
    return gain


def _add(v: int, near: Neighbours, inside: set[int], tight: dict[int, int]) -> None:
    inside.add(v)
    for j in near[v]:
        tight[j] += 1


def _remove(v: int, near: Neighbours, inside: set[int], tight: dict[int, int]) -> None:
    inside.discard(v)
    for j in near[v]:
        tight[j] -= 1
