"""copos: copositive and completely positive programming with bounds that are proved.

Nothing is imported before it is used: public names and rooms are looked up in the table `__init__.pyi`, which type
checkers read, too, so that `import copos` costs nothing and optional packages stay optional.
"""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec


def _table() -> tuple[dict[str, str], tuple[str, ...]]:
    """Public name ↦ the module that it is imported from; rooms and nouns that are attributes of the package."""
    text = __spec__.loader.get_data(f"{__path__[0]}/__init__.pyi")  # type: ignore[union-attr]
    found = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
    homes = {alias.name: node.module for node in found if node.module for alias in node.names}
    return homes, tuple(alias.name for node in found if not node.module for alias in node.names)


HOMES, ROOMS = _table()
__all__ = sorted(HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    """A public name or a room, imported when it is first asked for; the installed version."""
    if name == "__version__":
        from importlib.metadata import version

        return version("copos")
    if name in ROOMS:
        return import_module(f"copos.{name}")
    if name not in HOMES:
        from copos.support.names import meant

        hint = "" if name.startswith("_") else meant(name, __dir__())
        raise AttributeError(f"module 'copos' has no attribute {name!r}{'; ' if hint else ''}{hint}".rstrip())
    try:
        found = getattr(import_module(HOMES[name]), name)
    except ModuleNotFoundError as error:
        from copos.support.missing import stand_in

        return stand_in(name, error)  # not kept: the extra may be installed later
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, *ROOMS, "__version__"]


class _OldPaths:
    """Finds modules of version 0.1 under their old paths, when all other finders have failed."""

    @staticmethod
    def find_spec(fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of a moved module, or None."""
        if not fullname.startswith("copos."):
            return None
        from copos.support.moved import spec

        return spec(fullname)


if not any(getattr(finder, "__name__", "") == "_OldPaths" for finder in sys.meta_path):
    sys.meta_path.append(_OldPaths)
