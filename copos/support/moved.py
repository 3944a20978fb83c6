"""Modules that stand in another room than they did in version 0.1: the old path still works, with a warning."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

# old path ↦ new path, of what the manual named and of the checker
MOVED = {
    "copos.levels.bound": "copos.levels.bound",
    "copos.branching.branch": "copos.branching.branch",
    "copos.checker.check": "copos.checker.check",
    "copos.checker.check_branched": "copos.checker.check_branched",
    "copos.checker.check_charts": "copos.checker.check_charts",
    "copos.checker.check_combination": "copos.checker.check_combination",
    "copos.checker.check_cone": "copos.checker.check_cone",
    "copos.checker.check_cones": "copos.checker.check_cones",
    "copos.checker.check_coordinates": "copos.checker.check_coordinates",
    "copos.checker.check_data": "copos.checker.check_data",
    "copos.checker.check_graphs": "copos.checker.check_graphs",
    "copos.checker.check_identity": "copos.checker.check_identity",
    "copos.checker.check_lift_bounds": "copos.checker.check_lift_bounds",
    "copos.checker.check_lifts": "copos.checker.check_lifts",
    "copos.checker.check_matrix": "copos.checker.check_matrix",
    "copos.checker.check_multiplier": "copos.checker.check_multiplier",
    "copos.checker.check_networks": "copos.checker.check_networks",
    "copos.checker.check_polynomial": "copos.checker.check_polynomial",
    "copos.checker.check_quadratic": "copos.checker.check_quadratic",
    "copos.checker.check_questions": "copos.checker.check_questions",
    "copos.checker.check_reading": "copos.checker.check_reading",
    "copos.checker.check_scaling": "copos.checker.check_scaling",
    "copos.checker.check_strict": "copos.checker.check_strict",
    "copos.commands.cli": "copos.commands.cli",
    "copos.bounding.climb": "copos.bounding.climb",
    "copos.decision.complete_positivity": "copos.decision.complete_positivity",
    "copos.decision.copositivity": "copos.decision.copositivity",
    "copos.polynomial.decay_bound": "copos.polynomial.decay_bound",
    "copos.support.executors": "copos.support.executors",
    "copos.support.files": "copos.support.files",
    "copos.reformulation.graphs": "copos.reformulation.graphs",
    "copos.inner.measures": "copos.inner.measures",
    "copos.inner.partition": "copos.inner.partition",
    "copos.arithmetic.monomials": "copos.arithmetic.monomials",
    "copos.support.plots": "copos.support.plots",
    "copos.arithmetic.decomposition": "copos.arithmetic.decomposition",
    "copos.losses.conic_rows": "copos.losses.conic_rows",
    "copos.losses.convex": "copos.losses.convex",
    "copos.arithmetic.rationals": "copos.arithmetic.rationals",
    "copos.reformulation.linear_network.low_rank": "copos.reformulation.linear_network.low_rank",
    "copos.reformulation.linear_network.matrix_constraints": "copos.reformulation.linear_network.matrix_constraints",
    "copos.reformulation.linear_network.problem": "copos.reformulation.linear_network.problem",
    "copos.polynomial.program": "copos.polynomial.program",
    "copos.regularized": "copos.regularized",
    "copos.levels.regularized": "copos.levels.regularized",
    "copos.levels.sanity": "copos.levels.sanity",
    "copos.solvers.splitting.checkpoints": "copos.solvers.splitting.checkpoints",
    "copos.levels.stopping": "copos.levels.stopping",
    "copos.arithmetic.svec": "copos.arithmetic.svec",
    "copos.levels.warm_start": "copos.levels.warm_start",
}


class Alias:
    """A loader that gives the module of the new path in the place of the old one."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself, whose own spec the import system is about to replace."""
        module = import_module(MOVED[spec.name])
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to run; the module keeps its own spec."""
        module.__spec__ = self.spec


def spec(fullname: str) -> ModuleSpec | None:
    """A spec that leads to the new module, and a DeprecationWarning; None for any other path."""
    if fullname not in MOVED:
        return None
    words = f"{fullname} has moved to {MOVED[fullname]}; the old path will go in version 0.3"
    warnings.warn(words, DeprecationWarning, stacklevel=3)
    return ModuleSpec(fullname, cast(Any, Alias()))
