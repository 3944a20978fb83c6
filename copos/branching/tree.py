"""The tree of cuts: what is known of every cell, the bound that follows, and its file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down, written
from copos.checker import check_reading
from copos.normal import times
from copos.support.files import replacing
from copos.support.looks import one_line

Vector = NDArray[Any]
FORMAT, VERSION = "copos tree of cuts", 2


@one_line
@dataclass(eq=False)
class Node:
    """A cell.

    Attributes
    ----------
    parent : its index, −1 for the root
    side : of the parent's cut on which the cell lies, +1, −1 or (a third one) 0; 0 for the root, too
    claimed : the solver's value, or that of the parent where it is higher
    lower : bound proved in this cell itself, or None
    proof : leaf of the certificate that proves it
    assumes : does the proof use what the program assumes of an optimal atom?
    reason : how the proof came about, or why there is none
    forms : (count, dim) forms to cut by, while the cell has no children
    cut : (dim,) form by which the cell was cut
    children : indices of the sides +1, −1 and, where there are three, 0
    seconds : CPU time
    """

    parent: int
    side: int
    claimed: float
    lower: Fraction | None
    proof: dict[str, Any] | None
    assumes: bool
    reason: str
    forms: Vector
    cut: Vector | None = None
    children: tuple[int, ...] | None = None
    seconds: float = 0.0


@one_line
@dataclass(eq=False)
class Tree:
    """Cells, parents before children; the first is K.

    `proved` and `claimed` are the bounds of every cell by itself or, if that is better, by all of its parts.
    """

    nodes: list[Node] = field(default_factory=list)
    proved: list[float] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)
    _above: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def width(self) -> int:
        """Number of coordinates of a cut."""
        node = self.nodes[0]
        return node.forms.shape[1] if node.cut is None else len(node.cut)

    def path(self, at: int) -> list[tuple[int, Vector]]:
        """(side, cut) from K down to the cell."""
        out = []
        while (node := self.nodes[at]).parent >= 0:
            cut = self.nodes[node.parent].cut
            assert cut is not None
            out.append((node.side, cut))
            at = node.parent
        return out[::-1]

    def bounds(self) -> list[Fraction | None]:
        """The proved bound of every cell: by itself or, if that is better, by all of its parts."""
        out = [node.lower for node in self.nodes]
        for at in range(len(out) - 1, -1, -1):
            children = self.nodes[at].children
            if children is not None:
                parts = [out[k] for k in children]
                if None not in parts:
                    least = min(parts)  # type: ignore[type-var]
                    out[at] = least if out[at] is None else max(out[at], least)  # type: ignore[type-var]
        return out

    def above(self, at: int) -> float:
        """The proved bound of a cell by itself or by a cell that holds it, rounded down."""
        return self._above[at]

    def leaves(self) -> list[int]:
        """Cells without parts."""
        return [at for at, node in enumerate(self.nodes) if node.children is None]

    def add(self, node: Node) -> int:
        """A new cell; it counts once its parent names it as a part."""
        at = len(self.nodes)
        own = as_float(node.lower)
        self.nodes.append(node)
        self._above.append(max(own, self._above[node.parent]) if node.parent >= 0 else own)
        self.proved.append(own)
        self.claimed.append(node.claimed)
        return at

    def split(self, at: int, cut: Vector, parts: Sequence[Node]) -> tuple[int, ...]:
        """Cut a leaf into its sides."""
        node = self.nodes[at]
        children = tuple(map(self.add, parts))
        node.cut, node.children, node.forms = cut, children, node.forms[:0]
        self._raise(at)
        return children

    def _raise(self, at: int) -> None:
        """Bounds of a cell and of those that hold it, from their parts."""
        while at >= 0:
            node = self.nodes[at]
            if node.children is not None:
                for known, own in ((self.proved, as_float(node.lower)), (self.claimed, node.claimed)):
                    known[at] = max(own, min(known[k] for k in node.children))
            at = node.parent

    def copy(self) -> Tree:
        """A tree that can grow without changing this one."""
        return Tree.of([replace(node) for node in self.nodes])

    def times(self, power: int) -> Tree:
        """The cells with claims and bounds times 2^power; their proofs stay as they are."""
        if not power:
            return self.copy()
        unit = Fraction(2) ** power
        lower = [None if node.lower is None else node.lower * unit for node in self.nodes]
        return Tree.of([replace(node, claimed=times(node.claimed, power), lower=bound)
                        for node, bound in zip(self.nodes, lower, strict=True)])  # fmt: skip

    @classmethod
    def of(cls, nodes: list[Node]) -> Tree:
        """The tree of these cells."""
        tree = cls()
        for node in nodes:
            tree.add(node)
        for at in range(len(nodes) - 1, -1, -1):
            if nodes[at].children is not None:
                tree._raise(at)
        return tree

    def proof(self, inner: Callable[[int], dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
        """The certificate's list in preorder, and whether a leaf uses what the program states.

        `inner(at)` is the item of a cell that was cut. A part whose own proof is at least as good as those of its
        cells is a leaf.
        """
        bounds, out, assumes, stack = self.bounds(), [], False, [0]
        while stack:
            node = self.nodes[at := stack.pop()]
            if node.children is None or node.lower == bounds[at]:
                assert node.proof is not None
                out.append(node.proof)
                assumes |= node.assumes
                continue
            out.append(inner(at))
            stack += reversed(node.children)
        return out, assumes

    def save(self, path: str | Path, about: dict[str, Any]) -> None:
        """Write the tree with a header as JSON; an interruption leaves no half-written file."""
        nodes = [
            {"parent": n.parent, "side": n.side, "claimed": _plain(n.claimed),
             "lower": None if n.lower is None else written(n.lower), "proof": n.proof, "stated": n.assumes,
             "reason": n.reason, "forms": n.forms.tolist(), "cut": None if n.cut is None else n.cut.tolist(),
             "children": n.children, "seconds": n.seconds}
            for n in self.nodes
        ]  # fmt: skip
        with replacing(path, "w", "utf-8") as handle:
            json.dump({"format": FORMAT, "version": VERSION, **about, "nodes": nodes}, handle, allow_nan=False)

    @classmethod
    def load(cls, path: str | Path) -> tuple[Tree, dict[str, Any]]:
        """The tree in a file and its header.

        Raises
        ------
        ValueError
            If the file is not one that `save` wrote.
        """
        try:
            if not Path(path).is_file():
                raise ValueError("it is no file")
            if Path(path).stat().st_size > check_reading.TEXT:
                raise ValueError(f"a tree has at most {check_reading.TEXT} bytes")
            d = json.loads(Path(path).read_text(encoding="utf-8"))
            if d.pop("format") != FORMAT or d.pop("version") != VERSION:
                raise ValueError(f"expected the format {FORMAT!r}, version {VERSION}")
            nodes = [_node(n) for n in d.pop("nodes")]
            for at, n in enumerate(nodes):
                if not (-1 <= n.parent < max(at, 0) if at else n.parent == -1):
                    raise ValueError(f"cell {at} has no parent before it")
                if n.children is None:
                    continue
                if any(not at < k < len(nodes) or nodes[k].parent != at for k in n.children):
                    raise ValueError(f"the parts of cell {at} are not among the cells after it")
                if [nodes[k].side for k in n.children] not in ([1, -1], [1, -1, 0]):
                    raise ValueError(f"the parts of cell {at} are not its sides")
            if not nodes:
                raise ValueError("the tree has no cell")
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise ValueError(f"{path} does not hold a tree of cuts: {error}") from None
        return cls.of(nodes), d


def _node(n: dict[str, Any]) -> Node:
    lower = n["lower"]
    return Node(
        int(n["parent"]), int(n["side"]), _number(n["claimed"]), None if lower is None else Fraction(lower),
        n["proof"], bool(n["stated"]), str(n["reason"]), np.array(n["forms"], dtype=float),
        None if n["cut"] is None else np.array(n["cut"], dtype=float),
        None if n["children"] is None else tuple(map(int, n["children"])), float(n["seconds"]),
    )  # fmt: skip


def _plain(value: float) -> float | str:
    """A float as JSON, which has no infinity."""
    return value if np.isfinite(value) else str(value)


def _number(value: Any) -> float:
    out = float(value)
    if np.isnan(out):
        raise ValueError("a claim is not a number")
    return out


def as_float(value: Fraction | None) -> float:
    """The largest double below, −inf for None."""
    return -np.inf if value is None else rounded_down(value)
