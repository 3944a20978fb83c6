"""Trees in preorder: every cell has an item, which cuts it into cells, whose items follow, or is a leaf.

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

try:
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Rejected, Unreadable  # type: ignore[no-redef]

DEPTH = 2_000  # cuts on a path
Cell = TypeVar("Cell")


def walk(first: Cell, tree: Any, cells: Callable[[Cell, Any], Sequence[Cell]]) -> None:
    """Reject unless every cell has its item.

    `cells(cell, item)` says into which cells an item cuts a cell, in the order of their items, and none for a leaf,
    which it has checked.
    """
    forest([first], tree, cells)


def forest(first: Sequence[Cell], trees: Any, cells: Callable[[Cell, Any], Sequence[Cell]]) -> None:
    """The same for several trees, one after the other in one list."""
    stack = [(cell, 0) for cell in reversed(first)]
    for item in read.items(trees, "tree"):
        if not stack:
            raise Rejected("the tree has items left over")
        cell, depth = stack.pop()
        if depth > DEPTH:
            raise Unreadable(f"a path has at most {DEPTH} cuts")
        stack += [(part, depth + 1) for part in reversed(cells(cell, item))]
    if stack:
        raise Rejected("the tree ends before every cell is treated")
