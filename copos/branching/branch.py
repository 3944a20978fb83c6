"""Branch and bound: cut the cone into cells, bound every cell by a level, refine where the bound is lowest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from copos.branching.equations import require_single
from copos.branching.node import CellSettings
from copos.branching.result import Branching, Report
from copos.branching.rules import RULES
from copos.branching.search import Limits, Search
from copos.branching.simplices import EDGES, TESTS
from copos.branching.singular import RULES as SINGULAR
from copos.hierarchy.families import family as family_row
from copos.levels.local_rounds import local_size
from copos.levels.warm_start import Solved
from copos.program import CompletelyPositiveProgram, Recovered
from copos.support import options as options_of
from copos.support.choices import Cells, Family, Gram, Solver
from copos.support.given import within_doubles
from copos.support.names import one_of, require_no_slip
from copos.support.progress import progress_line
from copos.support.threads import on_one_blas_thread

__all__ = ["Branching", "Report", "branch_and_bound"]

RULE_NAMES = {"cuts": tuple(RULES), "simplices": tuple(EDGES), "singular": tuple(SINGULAR)}  # the first is the default


@on_one_blas_thread
@within_doubles("the data")
def branch_and_bound(
    program: CompletelyPositiveProgram,
    level: int = 0,
    family: Family = "parrilo",
    *,
    tolerance: float = 1e-4,
    absolute: float | None = None,
    max_nodes: int = 1000,
    time_limit: float | None = None,
    cells: Cells = "cuts",
    rule: str | None = None,
    test: str = "spn",
    executor: Executor | None = None,
    width: int = 1,
    progress: bool = False,
    callback: Callable[[Report], Any] | None = None,
    resume: str | Path | Branching | None = None,
    state: str | Path | None = None,
    save_every: float = 60.0,
    solver: Solver | None = None,
    gram: Gram = "sdp",
    certify: bool = True,
    found: Recovered | None = None,
    local: int = 0,
    start: Solved | None = None,
    **options: Any,
) -> Branching:
    """Min <C, Y> over Y ∈ CP(K) = Σ CP(K_c), the cells K_c cut from K by hyperplanes: the least bound of a cell.

    Whenever it stops (at the tolerance, a limit, `callback` or Ctrl-C), the result is a valid bracket.

    Parameters
    ----------
    program : one equation with a right-hand side b_0 > 0 and A_0 plainly nonnegative on K (as x_0² = 1), the rest
        vanishing forms; `copos.branching.equations` says what to do with more equations
    level, family, gram, solver, options : of the relaxation of every cell, as for `copos.lower_bound`; not the families
        that need a product of cones
    tolerance, absolute : stop when upper − lower ≤ max(tolerance·|upper|, absolute); by default `absolute` is
        tolerance/10⁴, at least 1e-9, times the scale of the data
    max_nodes, time_limit : cells in all, and wall seconds of this call
    cells : "cuts" by hyperplanes, for any cone; "simplices", for the orthant: level 0 on the cone of n vectors; or
        "singular", for squared losses over matrices of bounded rank (the lifts "minors" and "factor-moments" of
        `copos.linear_network`): ratios of singular values and directions of singular vectors. `level`, `family` and
        `gram` are of cuts only
    rule : how a cell is divided, a name in `copos.branching.rules.RULES` ("decisions" by default), for simplices in
        `copos.branching.simplices.EDGES` ("covariance" by default), for singular vectors in
        `copos.branching.singular.RULES` ("mass" by default)
    test : for simplices, a name in `copos.branching.simplices.TESTS`
    executor : any `concurrent.futures.Executor`; the result does not depend on it
    width : cells that are cut at a time; all their parts are evaluated together
    progress : show a line that says where the search stands
    callback : called with a `Report` after every step; stops the search by returning True
    resume : a file written by `state` or `Branching.save`, or a `Branching`, about the same program
    state, save_every : file to which the search is saved every so many seconds and at its end; where it cannot be
        written there is a `copos.support.files.NotWrittenWarning`, and the result all the same
    certify : prove the bound of every cell; without it `lower` is −inf and `claimed` guides the search
    found : a feasible solution that is known already
    local : bound every cell by its local level, as for `lower_bound`: 3, 4 or 5 coordinates, 0 for none
    start : `Bound.solved` of the local level of the program itself, asked for with `keep`

    Raises
    ------
    ValueError
        If the minimum over cells would not be a bound for this program, an option is unknown, or the file is about
        another program.

    References
    ----------
    [BundfussDuer2009], [SponselBundfussDuer2012]

    Examples
    --------
    >>> import copos
    >>> program = copos.standard_quadratic(np.eye(5) + np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0))
    >>> result = branch_and_bound(program)                       # level 0 alone gives 1/√5
    >>> result.closed, round(result.upper, 6), result.certificate.verify(program).proved
    (True, 0.5, True)
    """
    require_no_slip(options, branch_and_bound)
    options_of.require_kind(program, "program", CompletelyPositiveProgram, hint="copos.bracket bounds other kinds")
    if cells not in RULE_NAMES:
        raise ValueError(f"unknown cells {cells!r}; {one_of(cells, RULE_NAMES)}")
    rules = RULE_NAMES[cells]
    rule = rules[0] if rule is None else rule
    if rule not in rules:
        raise ValueError(f"unknown rule {rule!r} for {cells}; {one_of(rule, rules)}")
    if test not in TESTS:
        raise ValueError(f"unknown test {test!r}; {one_of(test, TESTS)}")
    local = local_size(program, level, family, gram, local)
    if local and cells != "cuts":
        raise ValueError(f"cells={cells!r} have no local levels: those need cells='cuts'")
    settings = CellSettings(
        level, family, gram, solver, certify, local=local, options=options, rule=rule, cells=cells, test=test
    )
    tolerance = options_of.tolerance(tolerance)
    time_limit = options_of.seconds(time_limit)
    max_nodes, width = options_of.count(max_nodes, "max_nodes", 1), options_of.count(width, "width", 1)
    if family_row(family).parts is not None:
        raise ValueError(f"family {family!r} needs a product of cones, and a cell that a hyperplane cuts off is none")
    if cells != "singular":  # whose cells are of matrices, not of the cone
        require_single(program)
    elif solver not in (None, "splitting"):
        raise ValueError(f"cells of singular vectors are solved by 'splitting', not by {solver!r}")
    search = Search(program, settings, tolerance, absolute, executor, found, start)
    search.start(resume)
    limits = Limits(max_nodes, np.inf if time_limit is None else time_limit, width)
    with progress_line(progress, program.name, Report.words) as show:
        watchers = [f for f in (show, callback) if f is not None]
        reason = search.run(limits, watchers, state, save_every)
    if state is not None:
        search.save(state)
    return search.result(reason)
