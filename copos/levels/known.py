"""Bounds of a program without a relaxation: kinds of proofs, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from copos.certificate.document import Certificate
from copos.certificate.feasible import ProvedUpper
from copos.certificate.produce import Proved
from copos.program import CompletelyPositiveProgram
from copos.reformulation.linear_network import proofs as network_proofs

WORK = 4_000_000  # multiplications of numbers of the data up to which a proof about them is checked at once


class Kind(NamedTuple):
    """Makers get the data of `Program.known`; `upper` a solution, too: the one found, or another of those `near`.

    `excess` is what a solution may gain by violating its constraints a little.
    """

    lower: Callable[[Any], tuple[Fraction, Certificate]]
    upper: Callable[[Any, Any], tuple[Fraction, Certificate]]
    near: Callable[[Any], Iterator[Any]]
    excess: Callable[[Any, Any], float]
    reason: str


KINDS = {
    "linear network": Kind(
        network_proofs.lower, network_proofs.upper, network_proofs.near, network_proofs.excess,
        "closed form by singular values",
    )
}


def known_lower(program: CompletelyPositiveProgram) -> Proved:
    """The bound that a program knows by itself, once the checker has accepted it."""
    if program.known is None:
        return Proved(None, None, "nothing is known without a relaxation")
    kind = KINDS[program.known.kind]
    value, certificate = kind.lower(program.known.data)
    why = _objection(program, certificate)
    if why:
        return Proved(None, None, f"{kind.reason}: the checker says: {why}")
    return Proved(value, certificate, kind.reason if value else "a sum of terms that are not negative")


def known_upper(program: CompletelyPositiveProgram, found: Any) -> ProvedUpper:
    """The value of a solution that was found, exactly, with a proof about the data themselves."""
    if program.known is None:
        return ProvedUpper(None, None, "nothing is known without a relaxation")
    kind, why = KINDS[program.known.kind], ""
    for near in kind.near(found):
        value, certificate = kind.upper(program.known.data, near)
        why = _objection(program, certificate)
        if not why:
            words = "the point itself" if near is found else "the point without entries that are rounding"
            return ProvedUpper(value, certificate, f"{words}, evaluated exactly")
    return ProvedUpper(None, None, f"the checker says: {why}")


def excess(program: CompletelyPositiveProgram, found: Any) -> float:
    """The gain of a solution from violating its constraints a little, to first order; 0 where that is not known."""
    return 0.0 if program.known is None else KINDS[program.known.kind].excess(program.known.data, found)


def _objection(program: CompletelyPositiveProgram, certificate: Certificate) -> str:
    """The objection of the checker, an empty string if there is none.

    Sums over long tables would take it longer than all else: they were computed exactly for the program, and
    `copos verify --data` computes them again.
    """
    assert program.known is not None
    if program.known.data.work > WORK:
        return ""
    verdict = certificate.verify(program)
    return "" if verdict.proved else verdict.reason
