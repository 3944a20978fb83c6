"""Proof of a bound by a fixed multiplier: one certificate of copositivity per piece, and a conjugate in fractions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down, written
from copos.certificate.document import Certificate
from copos.checker.check import Verdict
from copos.regularized import RegularizedProgram
from copos.support.files import replacing
from copos.support.looks import one_line

FORMAT, VERSION = "copos dual proof", 1


@one_line
@dataclass(frozen=True, eq=False)
class DualProof:
    """Multiplier ν and, for every piece, a proved lower bound of min <C + Σν_iL_i, Y>, <C, Y> = 1.

    With the smallest of these bounds −ε, ν/(1 + ε) is feasible for the dual, and −ℓ* there is a lower bound for every
    solution of the program. `verify` rebuilds the pieces from the program and trusts nothing in here but ν.
    """

    nu: NDArray[np.float64]
    pieces: tuple[Certificate, ...]

    def value(self, program: RegularizedProgram) -> Fraction:
        """The bound that is proved if every piece's certificate is right."""
        worst = min(Fraction(c.proof["value"]) for c in self.pieces)
        if worst >= 1:  # Σν_iL_i is copositive by itself, so every multiple of ν is feasible
            return program.dual_value(self.nu, Fraction(2**60))
        return program.dual_value(self.nu, 1 / (1 - worst))

    def verify(self, program: RegularizedProgram) -> Verdict:
        """Check every piece against the program's own data and evaluate the conjugate, in exact arithmetic."""
        if len(self.pieces) != len(program.pieces):
            return Verdict(False, "", f"{len(self.pieces)} certificates for {len(program.pieces)} pieces")
        if self.nu.shape != program.loss.Y.shape:
            return Verdict(False, "", f"a multiplier of shape {self.nu.shape} for targets {program.loss.Y.shape}")
        for k, certificate in enumerate(self.pieces):
            if certificate.kind != "lower bound":
                return Verdict(False, "", f"piece {k}: a certificate of kind {certificate.kind!r}")
            try:
                fixed = program.fixed(k, self.nu)
            except ValueError as error:
                return Verdict(False, "", f"piece {k}: {error}")
            verdict = certificate.verify(fixed)
            if not verdict.proved:
                return Verdict(False, "", f"piece {k}: {verdict.reason}", verdict.readable)
        try:
            value = self.value(program)
        except ValueError as error:
            return Verdict(False, "", str(error))
        about = f"({program.name}, {len(self.pieces)} pieces)"
        return Verdict(True, f"the infimum is at least {rounded_down(value)!r} {about}")

    def document(self) -> dict[str, Any]:
        """The JSON document that is saved."""
        return {
            "format": FORMAT, "version": VERSION, "multiplier": [[written(v) for v in row] for row in self.nu.tolist()],
            "pieces": [certificate.document() for certificate in self.pieces],
        }  # fmt: skip

    def save(self, path: str | Path) -> None:
        """Write it as JSON."""
        with replacing(path, "w", encoding="utf-8") as handle:
            handle.write(json.dumps(self.document(), separators=(",", ":")) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> DualProof:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file is not such a proof.
        """
        try:
            return cls.read(json.loads(Path(path).read_text(encoding="utf-8")))
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValueError(f"{path}: not a dual proof ({error!r})") from None
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    @classmethod
    def read(cls, document: Any) -> DualProof:
        """The proof of a parsed document; raises ValueError for what is none."""
        try:
            if (document["format"], document["version"]) != (FORMAT, VERSION):
                raise ValueError(f"expected format {FORMAT!r}, version {VERSION}")
            nu = np.array([[float(Fraction(v)) for v in row] for row in document["multiplier"]])
            pieces = tuple(Certificate(c["kind"], c["problem"], c["proof"]) for c in document["pieces"])
        except (KeyError, TypeError, ArithmeticError) as error:
            raise ValueError(f"not a dual proof ({error!r})") from None
        return cls(nu, pieces)
