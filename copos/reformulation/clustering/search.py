"""Partitions with small sums of squares: Lloyd's steps from many starts at once, then moves of single groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.reformulation.clustering.points import Groups, Labels

Matrix = NDArray[np.float64]
STARTS, KEPT, STEPS = 60, 6, 100
SMALL = 1e-12  # a move that gains less, relative to all there is, is none


class Search:
    """Partitions of the groups of a problem, in floating point; `rng` makes the starts."""

    def __init__(self, groups: Groups, rng: np.random.Generator) -> None:
        self.groups, self.k, self.rng = groups, groups.points.clusters, rng
        self.m = groups.sizes.astype(float)
        X = groups.points.floats
        X = X - X.mean(axis=0)
        size = float(np.abs(X).max()) or 1.0
        sums = np.zeros((groups.count, X.shape[1]))
        np.add.at(sums, groups.of, X / size)
        self.centers = sums / self.m[:, None]
        self.apart = np.zeros((groups.count, groups.count), dtype=bool)
        for g, h in groups.apart:
            self.apart[g, h] = self.apart[h, g] = True
        self.total = float(self.m @ (self.centers**2).sum(axis=1)) or 1.0

    def best(self, Y: Matrix | None = None) -> Labels | None:
        """Labels of the points for the best partition found, near a matrix Y of the relaxation too; None without one.

        >>> from copos.reformulation.clustering.points import Points
        >>> Search(Points.of([[0.0], [1.0], [9.0], [10.0]], 2).groups(), np.random.default_rng(0)).best().tolist()
        [0, 0, 1, 1]
        """
        candidates = [self._lloyd(self.centers, STARTS)]
        if Y is not None:
            candidates = [self._split(Y), self._lloyd(Y @ (self.m[:, None] * self.centers), STARTS), *candidates]
        best, least = None, np.inf
        for labels in self._cheapest(np.unique(np.concatenate(candidates), axis=0)):
            moved = self._moved(labels)
            if (cost := self.cost(moved)) < least:
                best, least = moved, cost
        if best is None:
            return None
        number: dict[int, int] = {}
        return np.array([number.setdefault(int(c), len(number)) for c in best[self.groups.of]])

    def _cheapest(self, candidates: Labels) -> list[Labels]:
        """The few best of the candidates, changed where they do not keep what they must."""
        kept = [labels for each in candidates if (labels := self._allowed(each)) is not None]
        return sorted(kept, key=self.cost)[: KEPT if not self.apart.any() else STARTS]

    def _split(self, Y: Matrix) -> Labels:
        """(1, groups) the clusters of a Y that is nearly a partition: a group and all that are mostly with it."""
        labels, d = np.full(len(Y), -1), np.diag(Y)
        for g in np.argsort(-d, kind="stable"):
            if labels[g] < 0:
                labels[(labels < 0) & (2 * Y[g] > np.minimum(d[g], d))] = labels.max() + 1
        return np.minimum(labels, self.k - 1)[None]

    def cost(self, labels: Labels) -> float:
        """The sum of squares of the groups' centers."""
        one = np.eye(self.k)[labels]
        M = np.maximum(self.m @ one, 1.0)
        means = (one * self.m[:, None]).T @ self.centers / M[:, None]
        return float(self.m @ ((self.centers - means[labels]) ** 2).sum(axis=1))

    def _lloyd(self, C: Matrix, starts: int) -> Labels:
        """(starts, groups) labels after Lloyd's steps on points C from the starts of [ArthurVassilvitskii2007]."""
        n, k, rows = len(C), self.k, np.arange(starts)
        square = (C**2).sum(axis=1)

        def distances(means: Matrix) -> Matrix:
            return np.maximum(square[None, :, None] - 2 * np.einsum("gd,skd->sgk", C, means)
                              + (means**2).sum(axis=2)[:, None, :], 0.0)  # fmt: skip

        means = np.zeros((starts, k, C.shape[1]))
        means[:, 0] = C[self.rng.choice(n, starts, p=self.m / self.m.sum())]
        nearest = distances(means[:, :1])[:, :, 0]
        for c in range(1, k):
            weight = np.cumsum(self.m * nearest + 1e-300, axis=1)
            at = (weight < self.rng.random((starts, 1)) * weight[:, -1:]).sum(axis=1)
            means[:, c] = C[np.minimum(at, n - 1)]
            nearest = np.minimum(nearest, distances(means[:, c : c + 1])[:, :, 0])
        labels = np.full((starts, n), -1)
        for _ in range(STEPS):
            new = distances(means).argmin(axis=2)
            if (new == labels).all():
                break
            labels = new
            one = np.zeros((starts, n, k))
            one[rows[:, None], np.arange(n), labels] = self.m
            M = one.sum(axis=1)
            moved = np.einsum("sgk,gd->skd", one, C) / np.maximum(M, 1.0)[:, :, None]
            means = np.where(M[:, :, None] > 0, moved, means)
        return labels

    def _allowed(self, labels: Labels) -> Labels | None:
        """Labels near given ones with k clusters and without groups that are apart in one; None if that fails."""
        labels = labels.copy()
        if self.apart.any():
            colored = self._colored(labels)
            if colored is None:
                return None
            labels = colored
        for c in np.flatnonzero(np.bincount(labels, minlength=self.k) == 0):
            spread = self._distances(labels)[np.arange(len(labels)), labels] * self.m
            spread[np.bincount(labels, minlength=self.k)[labels] == 1] = -1.0
            labels[int(spread.argmax())] = c
        return labels

    def _colored(self, labels: Labels) -> Labels | None:
        """One group after the other into the nearest cluster that has none of its opponents."""
        D = self._distances(labels)
        out = np.full(len(labels), -1)
        blocked = np.zeros((len(labels), self.k), dtype=bool)
        left = np.ones(len(labels), dtype=bool)
        for _ in range(len(labels)):
            # the group with the fewest clusters left, then with the most opponents
            free = np.where(left, (~blocked).sum(axis=1) * (len(left) + 1) - self.apart.sum(axis=1), np.inf)
            g = int(free.argmin())
            if blocked[g].all():
                return None
            c = int(np.where(blocked[g], np.inf, D[g]).argmin())
            out[g], left[g] = c, False
            blocked[self.apart[g], c] = True
        return out

    def _distances(self, labels: Labels) -> Matrix:
        """(groups, k) squared distances to the means of the clusters; of an empty one, to the mean of all."""
        one = np.eye(self.k)[labels] * self.m[:, None]
        means = one.T @ self.centers / np.maximum(one.sum(axis=0), 1.0)[:, None]
        return ((self.centers[:, None] - means[None]) ** 2).sum(axis=2)

    def _moved(self, labels: Labels) -> Labels:
        """Move the group that gains most to another cluster [HartiganWong1979], while one gains."""
        labels, m, at = labels.copy(), self.m, np.arange(len(labels))
        for _ in range(20 * len(labels)):
            D, one = self._distances(labels), np.eye(self.k)[labels]
            M = m @ one
            here = M[labels]
            gain = np.where(here > m, here * m / np.maximum(here - m, 0.5) * D[at, labels], -np.inf)
            cost = M[None] * m[:, None] / (M[None] + m[:, None]) * D
            cost[at, labels] = np.inf
            if self.apart.any():
                cost[(self.apart @ one) > 0] = np.inf
            change = cost - gain[:, None]
            g, c = np.unravel_index(int(change.argmin()), change.shape)
            if not change[g, c] < -SMALL * self.total:
                break
            labels[g] = c
        return labels
