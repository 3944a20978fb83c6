"""Local forms that several cells use, once for the whole tree.

A form that a cell proves from the blocks of K alone, and not from its own sides, is proved for all of K. Cells inherit
forms, so most of what the leaves of a tree would repeat is of this kind.
"""

from __future__ import annotations

import json
from typing import Any

Item = dict[str, Any]


def hoisted(tree: list[Item], blocks: int, generators: int) -> tuple[list[Item], list[Item]]:
    """(forms of K, the tree whose leaves name them).

    Parameters
    ----------
    tree : items of a certificate; the local forms of a leaf are numbered from `generators` on
    blocks, generators : how many the program has

    Examples
    --------
    >>> form = {"form": [[0, 1, 1]], "variables": [0, 1], "level": 0, "terms": [], "multipliers": []}
    >>> leaf = {"y": [1], "terms": [{"generators": [2], "rows": [[]]}], "local": [form]}
    >>> shared, (one, two) = hoisted([leaf, dict(leaf)], 5, 2)
    >>> shared == [form], one["terms"][0]["generators"], "local" in two
    (True, [2], False)
    """
    shared: dict[str, int] = {}
    forms: list[Item] = []
    for item in tree:
        for form in item.get("local", ()):
            key = json.dumps(form, sort_keys=True)
            if _of_the_whole(form, blocks) and key not in shared:
                shared[key] = len(forms)
                forms.append(form)
    return forms, [_renumbered(item, shared, generators) if "local" in item else item for item in tree]


def _of_the_whole(form: Item, blocks: int) -> bool:
    """Does the identity use blocks of K only?"""
    used = [k for term in form["terms"] for k in term.get("blocks", ())]
    used += [k for term in form["terms"] for row in term.get("products", ()) for k in row[:-1]]
    return all(k < blocks for k in used)


def _renumbered(leaf: Item, shared: dict[str, int], generators: int) -> Item:
    """A leaf that names shared forms, and holds the others."""
    place, own = {}, []
    for k, form in enumerate(leaf["local"]):
        at = shared.get(json.dumps(form, sort_keys=True))
        if at is None:
            at = len(shared) + len(own)
            own.append(form)
        place[generators + k] = generators + at
    terms = [{**term, "generators": [place.get(g, g) for g in term["generators"]]} if "generators" in term else term
             for term in leaf["terms"]]  # fmt: skip
    out = {key: value for key, value in leaf.items() if key != "local"} | {"terms": terms}
    return out | ({"local": own} if own else {})
