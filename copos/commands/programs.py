"""`copos stability-number` and `copos bound standard-quadratic`."""

from __future__ import annotations

import math
from typing import Any

import click

from copos.bounding.bounds import bracket
from copos.commands.ending import INTERRUPTED, NO_PROOF, Terminal, deliver, echo_json, interruptions, on_terminal, say
from copos.commands.graphs import read
from copos.commands.shared import (
    Number,
    bad_input,
    label,
    plain,
    require_outputs,
    save_certificate,
    show,
    status_of_bound,
    table,
    together,
)
from copos.commands.standard_input import as_option
from copos.hierarchy import FAMILIES, GRAMS
from copos.interop.files import read_matrix
from copos.interop.tables import GRAPHS
from copos.levels.bound import Bound
from copos.program import CompletelyPositiveProgram
from copos.reformulation.stability_number import EDGES, clique_number
from copos.reformulation.stability_number import stability_number as stability_program
from copos.reformulation.standard_quadratic import standard_quadratic as standard_program
from copos.solvers import SOLVERS

# options that say which level, how it is solved and where the proof goes
level_options = together(
    click.option("--level", type=int, default=0, show_default=True, help="Level of the hierarchy."),
    click.option("--family", type=click.Choice(list(FAMILIES)), default="parrilo", show_default=True),
    click.option("--gram", type=click.Choice(list(GRAMS)), default="sdp", show_default=True,
                 help="Semidefinite, scaled diagonally dominant or diagonally dominant Gram matrices."),
    click.option("--solver", type=click.Choice(list(SOLVERS)), help="By default chosen from the size."),
    click.option("--time-limit", type=Number(min=0, min_open=True), help="Seconds after which to stop."),
    click.option("--certificate", metavar="FILE", help="Write the proof of the bound to FILE (.json)."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)  # fmt: skip


class Edges(click.Choice):
    """A key of `EDGES`; the spelling of version 0.1 is taken, with a warning on standard error."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert."""
        if value == "weighed":
            say("--edges weighed is now --edges weighted; the old name will go in version 0.3")
            value = "weighted"
        return super().convert(value, param, ctx)


@click.command("stability-number")
@click.argument("graph", metavar="GRAPH")
@as_option(GRAPHS, "dimacs")
@click.option("--edges", type=Edges(list(EDGES)), default="weighted", show_default=True,
              help="; ".join(f"{name}: {meaning}" for name, meaning in EDGES.items()))  # fmt: skip
@click.option("--clique", is_flag=True, help="The clique number: stable sets of the complement.")
@level_options
def stability_number(
    graph: str, kind: str | None, edges: Any, clique: bool, level: int, family: Any, gram: Any, solver: Any,
    time_limit: float | None, certificate: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Bounds on the largest number of vertices of GRAPH without an edge between them; or, with --clique, with all.

    GRAPH is a DIMACS file ('p edge n m', 'e i j'), or an adjacency matrix in a .npy, .npz, .csv, .txt or .mtx file,
    or - for standard input, with --as.
    """
    require_outputs((graph,), certificate=certificate)
    with bad_input():
        program = (clique_number if clique else stability_program)(read(graph, kind=kind), edges)
    how = {"level": level, "family": family, "solver": solver, "gram": gram}
    result, interrupted = _one_level(program, time_limit, progress=on_terminal(as_json), **how)
    assert program.interpret is not None
    nothing = not math.isfinite(program.interpret(result.lower))  # a proof that says nothing of the number
    deliver(
        INTERRUPTED if interrupted else NO_PROOF if nothing else status_of_bound(result),
        lambda: _show_number(result, program, clique, as_json),
        (certificate, save_certificate(result)),
    )


def _one_level(program: CompletelyPositiveProgram, time_limit: float | None, **how: Any) -> tuple[Bound, bool]:
    """The bracket of one level, as far as it came in the time; and whether Ctrl-C stopped it."""
    limits = {} if time_limit is None else {"time_limit": time_limit, "max_level": how["level"], "branch": False}
    with bad_input(), interruptions() as interrupted:
        result = bracket(program, **how, **limits)
    return result, interrupted()


def _near(value: float) -> float:
    """The integer that a float is up to rounding; the float, of weights that are none."""
    return round(value) if abs(value - round(value)) < 1e-7 else value


def _show_number(result: Bound, program: CompletelyPositiveProgram, clique: bool, as_json: bool) -> None:
    assert program.interpret is not None
    # a lower bound on the value of the program is an upper bound on the stability number, and the other way round
    bounds = {
        "number_lower": 0 if result.found is None else _near(program.interpret(result.upper)),
        "number_upper": program.interpret(result.lower),
        "number_upper_claimed": program.interpret(result.claimed),
        "vertices": [] if result.found is None else [label(v) for v in result.found.solution],
    }
    if as_json:
        echo_json(bounds | plain(result, program.name))
        return
    out = table(result, program.name)
    upper = bounds["number_upper"]
    whole = f"so at most {math.floor(upper)}" if math.isfinite(upper) else "this level bounds nothing"
    out.add_section()
    number, kind = ("clique number", "clique") if clique else ("stability number", "stable set")
    out.add_row(f"{number} ≥", str(bounds["number_lower"]), f"{kind} {bounds['vertices']}")
    proof, claimed = "proved" if result.proved else "not proved", bounds["number_upper_claimed"]
    out.add_row(f"{number} ≤", f"{upper:.10g}", f"{proof}, {whole}; claimed {claimed:.10g}")
    Terminal().print(out)


@click.command("standard-quadratic")
@click.argument("q", metavar="Q")
@level_options
def standard_quadratic(
    q: str, level: int, family: Any, gram: Any, solver: Any, time_limit: float | None, certificate: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Bounds on min x'Qx over x ≥ 0, x_1 + … + x_n = 1.

    Q is a symmetric matrix in a .npy, .npz, .csv, .txt or .mtx file; - is one in text on standard input.
    """
    require_outputs((q,), certificate=certificate)
    with bad_input():
        program = standard_program(read_matrix(q, exact=True))
    how = {"level": level, "family": family, "solver": solver, "gram": gram}
    result, interrupted = _one_level(program, time_limit, progress=on_terminal(as_json), **how)
    deliver(
        INTERRUPTED if interrupted else status_of_bound(result),
        lambda: show(result, program.name, as_json),
        (certificate, save_certificate(result)),
    )
