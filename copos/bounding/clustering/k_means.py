"""k-means with a proof: a partition, and a lower bound on the within-cluster sum of squares of all partitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from copos.bounding.clustering.result import Clustering
from copos.bounding.clustering.tree import Tree
from copos.reformulation.clustering.points import Labels, Points
from copos.support.given import within_doubles
from copos.support.threads import on_one_blas_thread


@on_one_blas_thread
@within_doubles("the data")
def k_means(
    X: ArrayLike,
    clusters: int,
    *,
    must_link: Any = (),
    cannot_link: Any = (),
    tolerance: float = 1e-4,
    time_limit: float | None = None,
    seed: int = 0,
    progress: bool = False,
    callback: Callable[[Clustering], Any] | None = None,
) -> Clustering:
    """min Σ_c Σ_{i in c} |x_i − mean(c)|² over all partitions of the rows of X into k clusters, bracketed with proof.

    The relaxation of [PengWei2007] with inequalities that hold at all atoms of the partitions' cone: pairs and
    triangles [PiccialliSudosoWiegele2022], and larger ones [DezaLaurent1997]. Where a gap is left, two points are
    together or apart, and each case is bounded.

    Parameters
    ----------
    X : (n, d) points, one a row, n ≤ 3000; Fractions and Decimals are kept exactly, floats mean their dyadic values
    clusters : k, the number of clusters
    must_link, cannot_link : pairs of row numbers that are in one cluster, or in different ones
    tolerance : relative gap at which the work ends
    time_limit : seconds after which it ends with what is proved
    seed : of the starts of the local search
    progress : show a line with both bounds on the terminal
    callback : called with the `Clustering` so far; a true answer ends the work

    Returns
    -------
    Clustering
        Also on Ctrl-C, once something is known.

    Raises
    ------
    ValueError
        For points that are not finite numbers, a number of clusters that is none, or links that contradict each other.

    References
    ----------
    [PengWei2007], [PiccialliSudosoWiegele2022], [DezaLaurent1997]

    Examples
    --------
    >>> X = [[0, 0], [0, 1], [1, 0], [8, 8], [8, 9], [9, 8], [0, 9]]
    >>> found = k_means(X, 3)
    >>> found.labels.tolist(), round(found.upper, 4), found.closed, found.verify().proved
    ([0, 0, 0, 1, 1, 1, 2], 2.6667, True, True)
    """
    points = Points.of(X, clusters, must_link, cannot_link)
    return Tree(points, None, tolerance, time_limit, seed).run(progress, callback)


@on_one_blas_thread
@within_doubles("the data")
def certify_clustering(
    X: ArrayLike,
    labels: Any,
    *,
    must_link: Any = (),
    cannot_link: Any = (),
    tolerance: float = 1e-4,
    time_limit: float | None = None,
    seed: int = 0,
    progress: bool = False,
    callback: Callable[[Clustering], Any] | None = None,
) -> Clustering:
    """How far a clustering is from the optimum of `k_means`, proved: `excess` and `verdict` of the result.

    Parameters
    ----------
    X : (n, d) points, one a row
    labels : (n,) a label for every point, an integer or a name, or a fitted scikit-learn estimator with `labels_`,
        none of them noise; k is the number of labels in use

    Other parameters, the result and what is raised are those of `k_means`; ValueError also for labels that are missing
    or that do not keep the links.

    Examples
    --------
    >>> X = [[0.0], [1.0], [5.0], [6.0], [10.0], [11.0]]
    >>> found = certify_clustering(X, [0, 0, 1, 1, 2, 2])
    >>> found.proved, found.excess < 1e-4
    (True, True)
    >>> found = certify_clustering(X, [0, 0, 0, 1, 1, 1])
    >>> found.verdict
    'this clustering is not optimal: a partition with 26.5 < 28 is known; it is at most 5.7 % above the optimum'
    """
    given = _labels(labels)
    points = Points.of(X, len(np.unique(given)), must_link, cannot_link)
    if len(given) != len(points.X):
        raise ValueError(f"labels needs a label for each of the {len(points.X)} rows of X, got {len(given)}")
    if not points.kept(given):
        raise ValueError("the labels do not keep the pairs of must_link and cannot_link")
    return Tree(points, given, tolerance, time_limit, seed).run(progress, callback)


def _labels(given: Any) -> Labels:
    """Labels 0, 1, … in the order of their first points."""
    estimator = hasattr(given, "get_params")
    if estimator and not hasattr(given, "labels_"):
        raise ValueError(f"{type(given).__name__} is not fitted, or has no labels_, one for every point")
    found = getattr(given, "labels_", given)
    array = np.asarray(found)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "biuUSO":
        shown = " ".join(str(given)[:60].split())
        raise ValueError(f"labels must be an integer or a name for every point, got {shown}")
    missing = np.ma.getmaskarray(found) if isinstance(found, np.ma.MaskedArray) else np.zeros(len(array), dtype=bool)
    number: dict[Any, int] = {}
    out = []
    for row, label in enumerate(array.tolist()):
        if not isinstance(label, int | str | bytes) or missing[row]:  # None, NaN, NA or a list
            shown = "none" if missing[row] else repr(label)[:60]
            raise ValueError(f"labels must be an integer or a name for every point; row {row} has {shown}")
        out.append(number.setdefault(label, len(number)))
    if estimator and -1 in number:
        noise = int((array == -1).sum())
        raise ValueError(f"{type(given).__name__} calls {noise} points noise (label -1), which is no cluster; leave "
                         "them out of X and of the labels")  # fmt: skip
    return np.array(out)
