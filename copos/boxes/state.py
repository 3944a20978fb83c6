"""A search over boxes as a file, and how it goes on: the proof so far says which boxes there are, and what is known.

Nothing in a file is believed: boxes are made from the splits as the checker makes them, and bounds are computed anew
from the multipliers. What is not in it, where the boxes are to be split, is found again when it is needed.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from copos.arithmetic.rationals import rational, written
from copos.boxes.bounded import Node
from copos.boxes.leaf import judged
from copos.boxes.tree import Tree
from copos.checker import check_boxes, check_reading, check_tightening, check_tree
from copos.checker.check import digest
from copos.checker.check_reading import Rejected, Unreadable
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.support.files import NotWrittenWarning, replacing

FORMAT, VERSION = "copos tree of boxes", 1
KEYS = "split steps empty constraints products gaps squares contradiction"


def save(path: str | Path, problem: QuadraticProgram, trees: Sequence[Tree], point: Sequence[Any] | None) -> None:
    """Write the trees and the best point; where that fails, a warning, because the search itself is worth more."""
    at = None if point is None else [written(rational(v)) for v in point]
    document = {"format": FORMAT, "version": VERSION, "sha256": digest(problem.plain_problem()), "point": at,
                "parts": [tree.proof() for tree in trees if tree.nodes]}  # fmt: skip
    try:
        with replacing(path, "w", "utf-8") as handle:
            json.dump(document, handle, allow_nan=False)
    except OSError as error:
        warnings.warn(f"the search was not saved to {path}: {error}", NotWrittenWarning, stacklevel=3)


def load(path: Any, problem: QuadraticProgram) -> dict[str, Any] | None:
    """The document of a file; None where it holds something else than a search over boxes.

    Raises
    ------
    ValueError
        If it is about another problem, or no such document.
    """
    try:
        if Path(path).stat().st_size > check_reading.TEXT:
            return None
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, RecursionError):
        return None  # the reader of the other kind of search says what is wrong
    if type(document) is not dict or document.get("format") != FORMAT:
        return None
    if document.get("version") != VERSION or type(document.get("parts")) is not list:
        raise ValueError(f"{path} does not hold a tree of boxes: expected the format {FORMAT!r}, version {VERSION}")
    if document.get("sha256") != digest(problem.plain_problem()):
        raise ValueError("the search to resume is about another program")
    return document


def part_of(document: Mapping[str, Any], variables: Sequence[int]) -> tuple[Any, Fraction | None] | None:
    """(tree, cutoff) of the part in these variables; None where the document has none."""
    for part in document["parts"]:
        if type(part) is dict and "tree" in part and part.get("variables") == list(variables):
            try:
                return part["tree"], None if "cutoff" not in part else Fraction(part["cutoff"])
            except (ValueError, TypeError, ZeroDivisionError):
                raise ValueError("the search to resume has a cutoff that is no number") from None
    return None


def taken_up(tree: Tree, items: Any) -> None:
    """The boxes of a tree in preorder, with bounds that are computed anew.

    Raises
    ------
    ValueError
        If they are no tree of this problem.
    """
    asked, nodes, waiting = tree.question.asked, list[Node](), list[tuple[int, int]]()

    def cells(variables: Any, item: Any) -> list[Any]:
        item = check_reading.fields(item, "item", "", KEYS)
        steps = [(k, j) for k, j in check_reading.items(item.get("steps", []), "steps")]
        cell = check_tightening.tightened(asked._replace(variables=variables), item.get("steps", []), [])
        node = Node(tuple((low, high) for _, low, high in cell.variables), steps)
        if waiting:
            parent, side = waiting.pop()
            first = nodes[parent].parts or (0, 0)
            nodes[parent].parts = (first[0], len(nodes)) if side else (len(nodes), 0)
        nodes.append(node)
        if "split" in item:
            found = check_boxes.sides(cell.variables, item["split"])
            j, v = item["split"]
            node.split, node.box = (j, rational(Fraction(v))), ()
            waiting.extend([(len(nodes) - 1, 1), (len(nodes) - 1, 0)])
            return found
        if "empty" in item:
            node.empty = check_reading.whole(item["empty"], "empty", 0, len(variables) - 1)
            low, high = node.box[node.empty]
            if low is None or high is None or low <= high:
                raise Rejected("a cell that is called empty is not")
        else:
            node.leaf = judged(cell, {key: value for key, value in item.items() if key != "steps"})
            node.blank = True
        return []

    try:
        with check_reading.budget(items):
            check_tree.walk(asked.variables, items, cells)
    except (Rejected, Unreadable, TypeError, RecursionError) as error:
        raise ValueError(f"the search to resume is no tree of boxes of this problem: {error}") from None
    tree.nodes = nodes
    tree.heap = sorted((float(node.value), at) for at, node in enumerate(nodes)
                       if node.parts is None and node.value < np.inf)  # fmt: skip


def point_of(document: Mapping[str, Any], n: int) -> tuple[Fraction, ...] | None:
    """The point that was known, None without one."""
    try:
        given = document.get("point")
        point = None if given is None else tuple(Fraction(v) for v in given)
    except (ValueError, TypeError, ZeroDivisionError):
        raise ValueError("the search to resume has a point that is none") from None
    return point if point is None or len(point) == n else None
