"""The file of a bound: JSON with every number exact, its certificates inside, and what it says checked on reading.

Numbers are integers and "p/q"; ±∞ and NaN are text. A file says nothing that its certificates do not prove: the lower
bound that is read is at most the value of its certificate, which the checker accepts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from copos.arithmetic.rationals import rounded_up, written
from copos.certificate.document import Certificate
from copos.certificate.dual_proof import FORMAT as DUAL
from copos.certificate.dual_proof import DualProof
from copos.checker import check_reading as read_json
from copos.conic import Status
from copos.program import Mixture, Recovered
from copos.support.files import replacing

FORMAT, VERSION = "copos bound", 1
TEXTS, FLAGS = ("reason", "family", "gram", "solver", "upper_reason"), ("proved", "closed")
COUNTS = ("moments", "blocks", "largest", "cells")
FLOATS = ("lower", "claimed", "upper", "build_seconds", "solve_seconds", "proof_seconds")
OTHERS = ("level", "status", "found", "certificate", "exact", "upper_certificate")
ENDS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def save(bound: Any, path: str | Path) -> None:
    """Write a bound; an interruption leaves no half-written file.

    Raises
    ------
    ValueError
        If its lower bound has no certificate of its own, as those that a search shows on its way.
    """
    _require_supported(bound.lower, bound.exact, bound.certificate)
    plain = {name: getattr(bound, name) for name in (*TEXTS, *FLAGS)}
    plain |= {name: int(getattr(bound, name)) for name in COUNTS}
    plain |= {name: _float(getattr(bound, name)) for name in FLOATS}
    plain |= {
        "level": bound.level,
        "status": None if bound.status is None else bound.status.value,
        "exact": None if bound.exact is None else written(bound.exact),
        "certificate": None if bound.certificate is None else bound.certificate.document(),
        "upper_certificate": None if bound.upper_certificate is None else bound.upper_certificate.document(),
        "found": None if bound.found is None else _found(bound.found),
    }
    text = json.dumps({"format": FORMAT, "version": VERSION, "bound": plain}, separators=(",", ":"), allow_nan=False)
    with replacing(path, "w", encoding="utf-8") as handle:
        handle.write(text + "\n")


def load(path: str | Path, program: Any = None) -> dict[str, Any]:
    """The fields of the bound in a file, whose certificates have been checked (about the program, if there is one).

    Raises
    ------
    ValueError
        If the file is no bound of this version, or a certificate does not prove what the file says.
    """
    try:
        if Path(path).stat().st_size > read_json.TEXT:
            raise read_json.Unreadable(f"a file of a bound has at most {read_json.TEXT} bytes")
        document = read_json.parse(Path(path).read_text(encoding="utf-8"))
        outer = read_json.fields(document, "a bound", "format version bound")
        if (outer["format"], outer["version"]) != (FORMAT, VERSION):
            raise read_json.Unreadable(f"expected format {FORMAT!r}, version {VERSION}")
        names = " ".join((*TEXTS, *FLAGS, *COUNTS, *FLOATS, *OTHERS))
        out = _values(read_json.fields(outer["bound"], "the bound", names))
        _require_proved(out, program)
    except (read_json.Unreadable, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    return out


def frame(bound: Any) -> Any:
    """The plain fields of a bound as a data frame of one row."""
    try:
        import pandas as pd  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ImportError("a data frame needs pandas: pip install pandas") from None
    kept = [f.name for f in fields(bound) if f.name not in ("solved", "found", "certificate", "upper_certificate")]
    row = {name: getattr(bound, name) for name in kept} | {"gap": bound.gap}
    return pd.DataFrame([row | {"status": None if bound.status is None else bound.status.value}])


def _values(d: dict[str, Any]) -> dict[str, Any]:
    """The plain fields as the values of a bound; raises Unreadable."""
    for kind, names in ((str, TEXTS), (bool, FLAGS)):
        for name in names:
            if type(d[name]) is not kind:
                raise read_json.Unreadable(f"{name} must be {'text' if kind is str else 'true or false'}")
    counts = {name: read_json.whole(d[name], name, 0, 10**15) for name in COUNTS}
    statuses = {status.value: status for status in Status}
    if d["status"] is not None and (type(d["status"]) is not str or d["status"] not in statuses):
        raise read_json.Unreadable(f"status must be one of {', '.join(statuses)}")
    certificate, upper = d["certificate"], d["upper_certificate"]
    return d | counts | {name: _read_float(d[name], name) for name in FLOATS} | {
        "level": None if d["level"] is None else read_json.whole(d["level"], "level", 0, 10**6),
        "status": None if d["status"] is None else statuses[d["status"]],
        "exact": None if d["exact"] is None else Fraction(read_json.number(d["exact"], "exact")),
        "found": None if d["found"] is None else _read_found(d["found"]),
        "certificate": None if certificate is None else _certificate(certificate),
        "upper_certificate": None if upper is None else Certificate.read(upper),
    }  # fmt: skip


def _certificate(document: Any) -> Certificate | DualProof:
    is_dual = type(document) is dict and document.get("format") == DUAL
    return DualProof.read(document) if is_dual else Certificate.read(document)


def _require_supported(lower: float, exact: Fraction | None, certificate: Any) -> None:
    """Refuse a lower bound that its certificate, if right, does not prove."""
    if lower == -np.inf:
        return
    if certificate is None:
        raise ValueError("the lower bound has no certificate")
    if isinstance(certificate, DualProof):
        return
    infeasible = certificate.kind == "infeasible"
    if not infeasible and certificate.kind != "lower bound":
        raise ValueError(f"a certificate of kind {certificate.kind!r} proves no lower bound")
    value = None if infeasible else Fraction(read_json.number(certificate.proof.get("value"), "value"))
    if exact != value or (value is not None and not Fraction(lower if np.isfinite(lower) else 2**2000) <= value):
        raise ValueError("the lower bound is not the value of its certificate")


def _require_proved(d: dict[str, Any], program: Any) -> None:
    """Raise ValueError unless the checker accepts what the fields say is proved."""
    proof, upper = d["certificate"], d["upper_certificate"]
    try:
        _require_supported(d["lower"], d["exact"], proof)
    except AttributeError:
        raise ValueError("the certificate's proof must be an object") from None
    if d["proved"] != (proof is not None):
        raise ValueError("proved must be true if and only if there is a certificate")
    if isinstance(proof, DualProof) and program is None:
        raise ValueError("the proof is about a program with a convex loss; give it, load(path, program)")
    for what, certificate in (("lower", proof), ("upper", upper)):
        verdict = None if certificate is None else certificate.verify(program)
        if verdict is not None and not verdict.proved:
            raise ValueError(f"the certificate of the {what} bound is not accepted: {verdict.reason}")
    if isinstance(proof, DualProof) and (d["exact"] != proof.value(program) or d["lower"] > d["exact"]):
        raise ValueError("the lower bound is not the value of its certificate")
    if upper is not None:
        if upper.kind != "upper bound":
            raise ValueError(f"a certificate of kind {upper.kind!r} proves no upper bound")
        if d["upper"] < rounded_up(Fraction(upper.proof["value"])):
            raise ValueError("the upper bound is less than the value of its certificate")


def _found(found: Recovered) -> dict[str, Any]:
    """Value, point and, where it is a table or labels, the solution itself."""
    point, solution = found.mixture, None
    if isinstance(found.solution, np.ndarray):
        solution = {"shape": list(found.solution.shape), "entries": [_float(v) for v in found.solution.ravel()]}
    elif isinstance(found.solution, tuple) and all(_is_label(v) for v in found.solution):
        solution = {"labels": [v if isinstance(v, str) else int(v) for v in found.solution]}
    atoms = [[_float(v) for v in row] for row in point.atoms]
    weights = [_float(v) for v in point.weights] if isinstance(found.atom, Mixture) else None
    return {"value": _float(found.value), "solution": solution, "weights": weights, "atoms": atoms}


def _read_found(value: Any) -> Recovered:
    d = read_json.fields(value, "found", "value solution weights atoms")
    rows = [read_json.items(row, "an atom") for row in read_json.items(d["atoms"], "atoms")]
    atoms = [[_entry(v, "an atom") for v in row] for row in rows]
    if not atoms or len({len(row) for row in atoms}) > 1:
        raise read_json.Unreadable("atoms must be rows of one length")
    kind = object if any(isinstance(v, Fraction) for row in atoms for v in row) else float
    point: Any = np.array(atoms, dtype=kind)
    if d["weights"] is None:
        point = point[0]
    else:
        weights: Any = [_entry(v, "a weight") for v in read_json.items(d["weights"], "weights")]
        point = Mixture(weights, point)
    solution = None if d["solution"] is None else _solution(d["solution"])
    return Recovered(solution, _read_float(d["value"], "value"), point)


def _solution(value: Any) -> Any:
    if type(value) is dict and "labels" in value:
        labels = read_json.items(read_json.fields(value, "solution", "labels")["labels"], "labels")
        if not all(type(v) in (int, str) for v in labels):
            raise read_json.Unreadable("labels must be integers or text")
        return tuple(labels)
    d = read_json.fields(value, "solution", "shape entries")
    shape = [read_json.whole(k, "shape", 0, 10**9) for k in read_json.items(d["shape"], "shape", most=8)]
    entries = [_read_float(v, "an entry") for v in read_json.items(d["entries"], "entries", math.prod(shape))]
    return np.array(entries, dtype=float).reshape(shape)


def _is_label(value: Hashable) -> bool:
    return isinstance(value, (str, int, np.integer)) and not isinstance(value, bool)


def _float(value: Any) -> int | str:
    """A number exactly, ±∞ and NaN as text."""
    if isinstance(value, (float, np.floating)) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return written(value)


def _entry(value: Any, what: str) -> float | Fraction:
    """A number, as a double where it is one."""
    if type(value) is str and value in ENDS:
        return ENDS[value]
    number = Fraction(read_json.number(value, what))
    try:
        return float(number) if Fraction(float(number)) == number else number
    except OverflowError:
        return number


def _read_float(value: Any, what: str) -> float:
    number = _entry(value, what)
    if isinstance(number, Fraction):
        raise read_json.Unreadable(f"{what} must be a double")
    return number
