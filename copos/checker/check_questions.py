"""What was asked, from the data themselves: the program is made anew here and compared with the one that is proved.

A certificate may hold a question, for instance a kind of network with its inputs and targets. Its program was made by
the package in whatever way; this file makes the program that the question stands for with code of its own, in rational
arithmetic, and rejects the certificate unless both agree in every coefficient. Then the claim is about the data.

Tables stand in the question, or only their SHA-256 does; the tables are then given when the certificate is checked.
Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

try:
    from copos.checker import check_graphs as graphs
    from copos.checker import check_identity as identity
    from copos.checker import check_lifts as lifts
    from copos.checker import check_partitions as partitions
    from copos.checker import check_quadratic as quadratic
    from copos.checker import check_quadratic_program as programs
    from copos.checker import check_reading as read
    from copos.checker import check_relu_program as relu
    from copos.checker.check_data import Data, Missing, Rebuilt, digest
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_graphs as graphs  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_lifts as lifts  # type: ignore[no-redef]
    import check_partitions as partitions  # type: ignore[no-redef]
    import check_quadratic as quadratic  # type: ignore[no-redef]
    import check_quadratic_program as programs  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_relu_program as relu  # type: ignore[no-redef]
    from check_data import Data, Missing, Rebuilt, digest  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

__all__ = ["QUESTIONS", "Data", "Missing", "Rebuilt", "agree", "answered", "digest"]


def agree(p: identity.Program, q: identity.Program, stated: Sequence[Mapping[int, Number]] = ()) -> None:
    """Reject unless the program that is proved, p, is the one of the question, q.

    What p states of an optimal point, beyond its cone, must be among what was shown of it.
    """
    extra = _blocks(p)[len(p.blocks) - p.stated :]
    shown = [(1, {(0, 0): {(v,): c for v, c in row.items()}}) for row in stated]
    if any(block not in shown for block in extra):
        raise Rejected("the proof uses an inequality that the question does not imply")
    p = p._replace(blocks=p.blocks[: len(p.blocks) - p.stated], orders=p.orders[: len(p.orders) - p.stated])
    parts = {
        "dimension": (p.dim, q.dim),
        "blocks": (_blocks(p), _blocks(q)),
        "quadratic generators": (_forms(p.generators), _forms(q.generators)),
        "multiplier": (p.unit, q.unit),
        "objective": (p.objective, q.objective),
        "equations": ([(_plain(A), b) for A, b in p.equations], [(_plain(A), b) for A, b in q.equations]),
        "vanishing forms": (_forms(p.vanishing), _forms(q.vanishing)),
    }
    for what, (mine, theirs) in parts.items():
        if mine != theirs:
            raise Rejected(f"the {what} of the program are not those of the question")


def _plain(form: identity.Polynomial) -> dict[Any, Number]:
    return {key: c for key, c in form.items() if c}


def _forms(forms: list[identity.Polynomial]) -> list[dict[Any, Number]]:
    return [_plain(form) for form in forms]


def _blocks(p: identity.Program) -> list[tuple[int, dict[Any, dict[Any, Number]]]]:
    return [(order, {key: dict(entry) for key, entry in block.items() if entry})
            for order, block in zip(p.orders, p.blocks, strict=True)]  # fmt: skip


def answered(
    question: Any, p: identity.Program, kind: str, value: Number | None, given: Any, proof: Any = None
) -> tuple[str, tuple[str, ...]]:
    """The claim in the words of a question, and what that assumes; Rejected if the program is another one."""
    name = question.get("type") if type(question) is dict else None
    if type(name) is not str or name not in QUESTIONS:
        raise Unreadable(f"a question has a type, one of {sorted(QUESTIONS)}")
    data = Data(given)
    made = QUESTIONS[name](question, data)
    data.all_used()
    agree(p, made.program, made.stated or [])
    claim = made.say(kind, value)
    if kind == "upper bound" and made.points is not None:
        claim += f": {made.points([_point(atom) for atom in proof['atoms']])}"
    return f"{claim} [{'; '.join(data.named)}]", made.assumed


def _point(atom: Any) -> tuple[Number, list[Number]]:
    """A weight and a point that the checker has accepted."""
    return read.number(atom["weight"], "weight"), read.vector(atom["point"], "point")


QUESTIONS: dict[str, Callable[[dict[str, Any], Data], Rebuilt]] = {
    **graphs.QUESTIONS, **quadratic.QUESTIONS, **programs.QUESTIONS, **lifts.QUESTIONS,
    **partitions.QUESTIONS, **relu.QUESTIONS,
}  # fmt: skip
