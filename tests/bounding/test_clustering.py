"""k-means: bounds against all partitions of few points, links, ugly scales, published values, early stops."""

import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.bounding.clustering import case
from copos.reformulation.clustering.points import Points

SEVEN = np.array([[0, 0], [0, 1], [1, 0], [8, 8], [8, 9], [9, 8], [0, 9]])


def partitions(n, k):
    """Labels 0, 1, … in the order of first points, every partition into k clusters once."""
    labels = [0] * n

    def below(i, used):
        if i == n:
            if used == k:
                yield np.array(labels)
            return
        for c in range(min(used + 1, k)):
            labels[i] = c
            yield from below(i + 1, max(used, c + 1))

    yield from below(0, 0)


def least(points):
    return min((points.cost(labels) for labels in partitions(len(points.X), points.clusters) if points.kept(labels)),
               default=None)  # fmt: skip


KINDS = {
    "normal": lambda rng, n: rng.normal(size=(n, 2)),
    "integers with repeated points": lambda rng, n: rng.integers(0, 3, size=(n, 2)).astype(float),
    "columns of unequal sizes": lambda rng, n: rng.normal(size=(n, 3)) * 10.0 ** np.array([-8, 0, 8]),
    "far from the origin": lambda rng, n: rng.normal(size=(n, 1)) + 1e6,
    "tiny": lambda rng, n: 1e-150 * rng.normal(size=(n, 2)),
    "huge": lambda rng, n: 1e150 * rng.normal(size=(n, 2)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("linked", [False, True])
def test_bounds_against_all_partitions(kind, linked):
    rng = np.random.default_rng(len(kind) + linked)
    n = int(rng.integers(5, 8))
    k = int(rng.integers(2, 4))
    links = {"must_link": [(0, 3)], "cannot_link": [(0, 1), (1, 2)]} if linked else {}
    X = KINDS[kind](rng, n)
    found = copos.k_means(X, k, tolerance=1e-6, **links)
    best = least(Points.of(X, k, **links))
    assert Fraction(found.lower) <= best <= Fraction(found.upper)
    assert found.closed and found.proved and found.verify().proved
    assert found.upper_certificate.verify(found.points.asked, found.points.tables).proved
    assert found.points.kept(found.labels) and len(np.unique(found.labels)) == k


def test_larger_inequalities_close_what_pairs_and_triangles_leave(monkeypatch):
    """Points of a grid, where pairs and triangles alone need cases."""
    rng = np.random.default_rng(74)
    rng.integers(8, 14), rng.integers(2, 6)
    X = rng.integers(0, 4, size=(9, 2)).astype(float)
    found = copos.k_means(X, 5, tolerance=1e-6)
    assert found.cells == 1 and found.closed and found.verify().proved
    assert Fraction(found.lower) <= least(found.points) <= Fraction(found.upper)
    sizes = {len({v for a, b, _ in form for v in (a, b)}) for form in found.certificate.proof["cases"][0]["generators"]}
    assert max(sizes) > 3
    monkeypatch.setattr(case, "LARGEST", 2)
    assert copos.k_means(X, 5, tolerance=1e-6).cells > 1


@pytest.mark.parametrize(("seed", "n"), [(158, 9), (183, 11)])
def test_a_gap_of_the_root_is_closed_by_cases(seed, n):
    """Points of a grid with many partitions that are nearly as good as the best."""
    rng = np.random.default_rng(seed)
    rng.integers(8, 12), rng.integers(2, 6)  # as the number of points was drawn
    found = copos.k_means(rng.integers(0, 4, size=(n, 2)).astype(float), 5, tolerance=1e-6)
    best = least(found.points)
    assert found.cells > 1 and found.closed and found.verify().proved
    assert Fraction(found.lower) <= best <= Fraction(found.upper)


def test_the_verdict_on_labels():
    judged = copos.certify_clustering(SEVEN, list("aaabbbc"))
    assert judged.excess < 1e-4 and judged.verdict.startswith("this clustering is at most")
    worse = copos.certify_clustering(SEVEN, [0, 0, 1, 1, 1, 1, 2])
    assert worse.upper < worse.given and "not optimal" in worse.verdict and worse.excess > 1
    assert copos.certify_clustering(SEVEN, [0, 1, 2, 3, 4, 5, 6]).excess == 0


def test_a_fitted_estimator_is_taken():
    cluster = pytest.importorskip("sklearn.cluster")
    fitted = cluster.KMeans(3, n_init=5, random_state=0).fit(SEVEN)
    judged = copos.certify_clustering(SEVEN, fitted)
    assert judged.given == pytest.approx(fitted.inertia_) and judged.closed


def test_estimators_that_have_no_labels_or_noise_are_refused():
    cluster = pytest.importorskip("sklearn.cluster")
    with pytest.raises(ValueError, match="KMeans is not fitted, or has no labels_"):
        copos.certify_clustering(SEVEN, cluster.KMeans(3))
    with pytest.raises(ValueError, match="DBSCAN calls 7 points noise"):
        copos.certify_clustering(SEVEN, cluster.DBSCAN(eps=0.1).fit(SEVEN))


def test_any_labels_that_are_told_apart_will_do():
    verdict = copos.certify_clustering(SEVEN, [0, 0, 0, 1, 1, 1, 2]).verdict
    small = np.array([0, 0, 0, 5, 5, 5, 7], dtype="u1")
    for labels in ([9, 9, 9, -1, -1, -1, 10**30], list("cccaaab"), small):
        assert copos.certify_clustering(SEVEN, labels).verdict == verdict


def test_a_partition_of_cost_zero_is_the_best():
    judged = copos.certify_clustering([[0], [0], [1], [1]], [0, 1, 0, 1])
    assert judged.verdict == "this clustering is not optimal: a partition with 0 < 1 is known"
    early = copos.certify_clustering(SEVEN, [0, 0, 0, 1, 1, 1, 2], time_limit=0)
    assert early.verdict.startswith("nothing is proved of this clustering: the time was up")


def test_links_are_taken_from_any_list_of_pairs():
    plain = copos.k_means(SEVEN, 3, must_link=[(0, 6)])
    assert copos.k_means(SEVEN, 3, must_link={(0, 6)}, cannot_link=None).upper == plain.upper
    assert copos.k_means(SEVEN, 3, must_link=(pair for pair in [(6, 0)])).upper == plain.upper


def test_what_is_known_early_is_returned():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(20, 2))
    none = copos.k_means(X, 3, time_limit=0)
    assert none.lower == 0 and none.proved and not none.closed and "time was up" in none.reason
    stopped = copos.k_means(X, 3, callback=lambda found: True)
    assert stopped.proved and 0 < stopped.lower <= stopped.upper and "callback" in stopped.reason


def test_rounds_that_took_all_the_time_are_proved_nevertheless(monkeypatch):
    """A clock that jumps by half a minute when the first round is over: the proof still has its share."""
    X = np.random.default_rng(5).normal(size=(25, 2))
    groups = Points.of(X, 3).groups()
    upper = float(groups.points.cost(np.arange(25) % 3))
    jumped = [0.0]
    clock = time.perf_counter
    monkeypatch.setattr(case.time, "perf_counter", lambda: clock() + jumped[0])
    solve = case.solve

    def once(*arguments, **options):
        answer = solve(*arguments, **options)
        jumped[0] = 30.0
        return answer

    monkeypatch.setattr(case, "solve", once)
    found = case.case(groups, upper, upper, 10.0)
    assert found.lower > 0 and "level 0" in found.reason and found.leaf


def test_a_round_that_does_not_fit_is_not_begun(monkeypatch):
    """Rounds of forty seconds: of a hundred, two fit, and the third would end late."""
    X = np.random.default_rng(5).normal(size=(25, 2))
    groups = Points.of(X, 3).groups()
    solve, clock, jumped = case.solve, time.perf_counter, [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + jumped[0])

    def slow(*arguments, **options):
        jumped[0] += 40.0
        return solve(*arguments, **options)

    monkeypatch.setattr(case, "solve", slow)
    assert case.case(groups, 100.0, np.inf, 1e6).lower > 0 and jumped[0] > 80.0
    jumped[0] = 0.0
    found = case.case(groups, 100.0, np.inf, 100.0)
    assert jumped[0] == 80.0 and found.lower > 0


def test_the_best_round_is_proved_where_the_last_one_is_poor(monkeypatch):
    X = np.random.default_rng(6).normal(size=(12, 2))
    groups = Points.of(X, 3).groups()
    whole = case.case(groups, 100.0, np.inf, 60.0)
    solve, calls = case.solve, []

    def poor(*arguments, **options):
        calls.append(1)
        answer = solve(*arguments, **options)
        return answer if len(calls) == 1 else replace(answer, z=0 * answer.z)

    monkeypatch.setattr(case, "solve", poor)
    found = case.case(groups, 100.0, np.inf, 60.0)
    assert len(calls) > 1 and 0.5 * whole.lower < found.lower <= whole.lower


def test_a_proof_is_about_the_table():
    found = copos.k_means(SEVEN, 3)
    other = SEVEN.copy()
    other[0, 0] = 1
    assert copos.verify(found.certificate, data={"X": SEVEN.tolist()}).proved
    assert not copos.verify(found.certificate, data={"X": other.tolist()}).proved
    assert not found.certificate.verify(Points.of(SEVEN, 2).asked).proved


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[0.0, np.nan]], 1), "not finite"), (([], 1), "a point in every row"), ((SEVEN, 0), "from 1 to the number"),
        ((SEVEN, 8), "from 1 to the number"), ((SEVEN, 2.0), "integer"), ((SEVEN, True), "integer"),
        (([["a"]], 1), "X"), (([[1j]], 1), "complex"),
        ((SEVEN, 2, [(0, 0)]), "two different row numbers"), ((SEVEN, 2, [(0, 7)]), "two different row numbers"),
        ((SEVEN, 2, [0, 1]), "pairs of row numbers"),
        ((SEVEN, 2, [(0, 1), (2,)]), "pairs of row numbers"), ((SEVEN, 2, [(0, 1)], [(1, 0)]), "contradict"),
        ((SEVEN, 7, [(0, 1)]), "too few for 7 clusters"),
        ((SEVEN, 2, (), [(0, 1), (1, 2), (0, 2)]), "rows 0, 1, 2: no partition"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_words(arguments, words):
    X, k, *links = arguments
    with pytest.raises(ValueError, match=words):
        copos.k_means(X, k, **dict(zip(("must_link", "cannot_link"), links, strict=False)))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1], "7 rows"), ([0.5] * 7, "integer or a name"), ([[0] * 7], "integer or a name"),
        ([], "integer or a name"),
        ([None, 1, 1, 1, 1, 1, 1], "row 0 has None"), (np.array([1, np.nan] * 3 + [1], dtype=object), "row 1 has nan"),
        (np.ma.array([0] * 7, mask=[0] * 6 + [1]), "row 6 has none"),
        (np.array([[1], [2, 3]] * 3 + [[4]], dtype=object), "row 0 has"),
    ],
)  # fmt: skip
def test_bad_labels_are_refused(labels, words):
    with pytest.raises(ValueError, match=words):
        copos.certify_clustering(SEVEN, labels)
