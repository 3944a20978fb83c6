"""`copos k-means`: a partition of the rows of a table, and how far from the optimum it can be."""

from __future__ import annotations

import time
from typing import Any

import click
import numpy as np

from copos.bounding.clustering.k_means import certify_clustering
from copos.bounding.clustering.k_means import k_means as clustering
from copos.bounding.clustering.result import Clustering
from copos.commands.ending import (
    INTERRUPTED,
    NO_PROOF,
    UNDECIDED,
    YES,
    deliver,
    echo_json,
    interruptions,
    on_terminal,
)
from copos.commands.shared import BadInput, CommaList, Number, bad_input, require_outputs, save_certificate
from copos.interop.files import read_exact_matrix
from copos.interop.named_columns import read_columns


@click.command("k-means")
@click.argument("table", metavar="TABLE")
@click.option("--columns", type=CommaList(str), help="Columns of TABLE by their names, which the first line has.")
@click.option("--clusters", type=click.IntRange(min=1), help="Number of clusters; with --labels that of the labels.")
@click.option("--labels", metavar="FILE", help="A clustering to be judged: an integer for every row of TABLE.")
@click.option("--must-link", metavar="FILE", help="Pairs of rows, counted from 1, that stay in one cluster.")
@click.option("--cannot-link", metavar="FILE", help="Pairs of rows, counted from 1, that are in different clusters.")
@click.option("--tolerance", type=Number(min=0), default=1e-4, show_default=True, help="Relative gap to stop at.")
@click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time of the search.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the local search.")
@click.option("--certificate", metavar="FILE", help="Write the proof of the bound to FILE (.json).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def k_means(
    table: str, columns: tuple[str, ...] | None, clusters: int | None, labels: str | None, must_link: str | None,
    cannot_link: str | None, certificate: str | None, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """The least within-cluster sum of squares over all partitions of the rows of TABLE, bracketed with a proof.

    \b
    copos k-means points.csv --clusters 3 --certificate proof.json
    copos verify proof.json --data points.csv
    copos k-means shops.csv --columns area,rent --clusters 3
    copos k-means points.csv --labels labels.csv

    TABLE is a .csv, .txt, .npy, .npz or .mtx file with a point in every row; numbers in text mean what they say. Exit
    status 0 if the gap is within the tolerance, and proved; 3 if a gap is left; 4 if no bound is proved.
    """  # noqa: D301
    if (clusters is None) == (labels is None):
        raise BadInput("expected the number of --clusters, or the --labels of a clustering")
    require_outputs((table, labels, must_link, cannot_link), certificate=certificate)
    start = time.perf_counter()
    with bad_input(), interruptions() as interrupted:
        X: Any = _points(table, columns)
        options["must_link"], options["cannot_link"] = _pairs(must_link, len(X)), _pairs(cannot_link, len(X))
        options["progress"] = on_terminal(as_json)
        if clusters is not None:
            found = clustering(X, clusters, **options)
        else:
            assert labels is not None
            found = certify_clustering(X, _labels(labels), **options)
    status = INTERRUPTED if interrupted() else status_of(found)
    seconds = time.perf_counter() - start
    deliver(
        status,
        lambda: echo_json(plain(found, table, seconds)) if as_json else show(found, table, seconds),
        (certificate, save_certificate(found)),
    )


def _points(table: str, columns: tuple[str, ...] | None) -> Any:
    """The points as Fractions."""
    if columns is not None:
        return read_columns(table, columns)
    try:
        return read_exact_matrix(table)
    except ValueError as error:
        more = "; --columns NAME,NAME reads some columns only" if "is no number" in str(error) else ""
        raise ValueError(f"{error}{more}") from None


def _integers(path: str) -> list[list[int]]:
    """The rows of a file of integers."""
    rows = read_exact_matrix(path)
    for i, row in enumerate(rows, 1):
        for v in row:
            if v.denominator != 1:
                raise ValueError(f"{path}: row {i} has {v}; expected integers")
    return [[int(v) for v in row] for row in rows]


def _pairs(path: str | None, points: int) -> list[list[int]]:
    """Pairs of rows counted from 0."""
    if path is None:
        return []
    rows = _integers(path)
    if len(rows[0]) != 2:
        raise ValueError(f"{path}: expected two row numbers in every line, got {len(rows[0])}")
    for v in (v for row in rows for v in row if not 1 <= v <= points):
        raise ValueError(f"{path}: rows of the table are counted from 1 to {points}, got {v}")
    return [[i - 1, j - 1] for i, j in rows]


def _labels(path: str) -> list[int]:
    """A label for every point, in a row or a column."""
    rows = _integers(path)
    if min(len(rows), len(rows[0])) != 1:
        raise ValueError(f"{path}: expected one label for every point, got {len(rows)} rows of {len(rows[0])}")
    return [v for row in rows for v in row]


def status_of(found: Clustering) -> int:
    """The exit status of a result."""
    if not found.proved:
        return NO_PROOF
    return YES if found.closed else UNDECIDED


def plain(found: Clustering, file: str, seconds: float) -> dict[str, Any]:
    """The result as JSON values."""
    return {
        "file": file, "points": len(found.labels), "clusters": found.points.clusters, "lower": found.lower,
        "upper": found.upper, "gap": found.gap, "given": found.given, "closed": found.closed, "proved": found.proved,
        "verdict": found.verdict, "labels": found.labels.tolist(), "centers": found.centers.tolist(),
        "cells": found.cells, "reason": found.reason, "seconds": seconds,
    }  # fmt: skip


def show(found: Clustering, file: str, seconds: float) -> None:
    """The result for a reader."""
    n, d = found.points.X.shape
    sizes = ", ".join(str(s) for s in np.bincount(found.labels))
    click.echo(f"{file}: {n} points in {d} dimensions, {found.points.clusters} clusters of {sizes} points")
    click.echo(f"lower bound: {found.lower:.10g} ({'proved' if found.proved else 'not proved'}; {found.reason})")
    click.echo(f"upper bound: {found.upper:.10g} (a partition, exactly)")
    click.echo(found.verdict)
    click.echo(f"seconds: {seconds:.2f}")
