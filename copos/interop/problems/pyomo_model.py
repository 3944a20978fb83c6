"""Models of Pyomo, by way of the .nl file that Pyomo writes of them: exact in the numbers of that file."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from copos.interop.problems import nl
from copos.reformulation.quadratic.value import QuadraticProgram


def read(model: Any) -> QuadraticProgram:
    """The program that a Pyomo model states, with its names.

    Raises
    ------
    ValueError
        If it is not quadratic, or Pyomo cannot write it.
    """
    errors = import_module("pyomo.common.errors")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.nl"
        try:
            model.write(str(file), format="nl", io_options={"symbolic_solver_labels": True})
        except (errors.PyomoException, ValueError, RuntimeError) as error:
            raise ValueError(f"Pyomo does not write the model: {error}") from None
        return nl.read(file)
