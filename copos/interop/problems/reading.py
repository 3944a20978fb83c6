"""Quadratic programs from files, by the ending of the file's name, and from models, by the package that made them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from copos.interop.problems import (
    arrays,
    binary,
    boxqp,
    cvxpy_model,
    gurobi_model,
    lp,
    mps,
    nl,
    ortools_model,
    pyomo_model,
    qplib,
)
from copos.reformulation.quadratic.value import QuadraticProgram

BYTES = 500 * 2**20  # of a file
READERS: dict[str, Callable[[Path], QuadraticProgram]] = {
    ".qplib": qplib.read,
    ".lp": lp.read,
    ".mps": mps.read,
    ".qps": mps.read,
    ".nl": nl.read,
    ".in": boxqp.read,
    **dict.fromkeys((".mc", ".rud", ".rudy"), binary.read_cut),
    **dict.fromkeys((".sparse", ".bq", ".bqp"), binary.read_matrix_entries),
    ".qubo": binary.read_qubo,
    ".npz": arrays.read_named,
}
# the package of a model's class ↦ its reader
MODELS: dict[str, Callable[[Any], QuadraticProgram]] = {
    "cvxpy": cvxpy_model.read,
    "gurobipy": gurobi_model.read,
    "ortools": ortools_model.read,
    "pyomo": pyomo_model.read,
}


def read_problem(
    source: Any, over: str | None = None, maximize: bool = False, kind: str | None = None
) -> QuadraticProgram:
    r"""The quadratic program that a file or a model states; numbers in text as they are written: 0.1 is 1/10.

    Parameters
    ----------
    source : a `cvxpy.Problem`, a `gurobipy.Model`, a Pyomo model, a model of OR-Tools, whose floats mean their dyadic
        values; or the path of a file ending in .qplib, .lp, .mps, .qps, .nl, .in (BoxQP), .mc, .rud, .rudy (max-cut),
        .sparse, .bq, .bqp, .qubo (quadratic programs in binaries) or .npz (named arrays)
    over : "simplex", "binary" or "box": the file holds one matrix M instead (.npy, .npz, .csv, .txt, .mtx), and the
        program is min x'Mx over that set
    maximize : with `over`, max x'Mx
    kind : read the file as if its name ended so, "mc" for g05_60.3

    Raises
    ------
    ValueError
        If the file is missing, of another kind, or not what it should be (the message names the file and the line), or
        if the model is not quadratic.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "square.lp"
    >>> _ = path.write_text("max\n q: x + [ - 2 x ^2 ] / 2\nst\n c: x - y <= 0.1\nend\n")
    >>> problem = read_problem(path)
    >>> problem.objective.pairs, problem.constraints[0].form.constant
    ({(0, 0): -1}, Fraction(-1, 10))
    """
    if not isinstance(source, (str, Path)):
        package = type(source).__module__.split(".")[0]
        plain = over is None and kind is None and not maximize
        if plain and isinstance(source, QuadraticProgram):
            return source
        if not plain or package not in MODELS:
            raise ValueError(f"expected a file or a model of {', '.join(MODELS)}, got a {type(source).__name__}; "
                             "over, maximize and kind are for files")  # fmt: skip
        return MODELS[package](source)
    name = str(source)
    try:
        if over is not None and kind is not None:
            raise ValueError("over is for a matrix, kind for a file that states a whole program; expected one")
        if over is not None and is_readable(name) and not name.lower().endswith(".npz"):
            raise ValueError("states a whole program; over= (--over) is for a matrix")
        if over is not None:
            return arrays.read_over(name, over, maximize)
        if maximize:
            raise ValueError("maximize is for a matrix, whose set over= says; the file says it itself")
        return _reader(Path(name), kind)(Path(name))
    except (ValueError, OSError) as error:
        text = str(error)
        raise ValueError(text if text.startswith(name) else f"{name}: {text}") from None


def is_readable(path: str) -> bool:
    """Does the name of a file end as one of a quadratic program does?

    >>> is_readable("model.LP"), is_readable("proof.json")
    (True, False)
    """
    return path.lower().endswith(tuple(READERS))


def _reader(file: Path, kind: str | None) -> Callable[[Path], QuadraticProgram]:
    if "\0" in str(file) or not file.is_file():
        is_folder = "\0" not in str(file) and file.is_dir()
        raise ValueError("is a folder, expected a file" if is_folder else "there is no such file")
    suffix = file.suffix.lower() if kind is None else f".{kind.lower().lstrip('.')}"
    if suffix not in READERS:
        if kind is not None:
            raise ValueError(f"kind must be one of {', '.join(READERS)}, got {kind!r}")
        if suffix in arrays.MATRICES:
            raise ValueError(f"holds a matrix; say over which set (over=, --over): {', '.join(arrays.SETS)}")
        raise ValueError(f"expected a file ending in {', '.join(READERS)}, got {suffix or 'no ending'!r}; say its kind "
                         "otherwise")  # fmt: skip
    if file.stat().st_size > BYTES:
        raise ValueError(f"has {file.stat().st_size} bytes; expected at most {BYTES}")
    return READERS[suffix]
