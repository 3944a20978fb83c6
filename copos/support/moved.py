"""Modules that stand in another room than they did in version 0.1: the old path still works, with a warning."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

# old path ↦ new path, of what the manual named and of the checker
MOVED = {
    "copos.bound": "copos.levels.bound",
    "copos.branch": "copos.branching.branch",
    "copos.certificate.check": "copos.checker.check",
    "copos.certificate.check_branched": "copos.checker.check_branched",
    "copos.certificate.check_charts": "copos.checker.check_charts",
    "copos.certificate.check_combination": "copos.checker.check_combination",
    "copos.certificate.check_cone": "copos.checker.check_cone",
    "copos.certificate.check_cones": "copos.checker.check_cones",
    "copos.certificate.check_coordinates": "copos.checker.check_coordinates",
    "copos.certificate.check_data": "copos.checker.check_data",
    "copos.certificate.check_graphs": "copos.checker.check_graphs",
    "copos.certificate.check_identity": "copos.checker.check_identity",
    "copos.certificate.check_lift_bounds": "copos.checker.check_lift_bounds",
    "copos.certificate.check_lifts": "copos.checker.check_lifts",
    "copos.certificate.check_matrix": "copos.checker.check_matrix",
    "copos.certificate.check_multiplier": "copos.checker.check_multiplier",
    "copos.certificate.check_networks": "copos.checker.check_networks",
    "copos.certificate.check_polynomial": "copos.checker.check_polynomial",
    "copos.certificate.check_quadratic": "copos.checker.check_quadratic",
    "copos.certificate.check_questions": "copos.checker.check_questions",
    "copos.certificate.check_reading": "copos.checker.check_reading",
    "copos.certificate.check_scaling": "copos.checker.check_scaling",
    "copos.certificate.check_strict": "copos.checker.check_strict",
    "copos.cli": "copos.commands.cli",
    "copos.climb": "copos.bounding.climb",
    "copos.complete_positivity": "copos.decision.complete_positivity",
    "copos.copositivity": "copos.decision.copositivity",
    "copos.decay_bound": "copos.polynomial.decay_bound",
    "copos.executors": "copos.support.executors",
    "copos.files": "copos.support.files",
    "copos.hierarchy.measures": "copos.inner.measures",
    "copos.hierarchy.partition": "copos.inner.partition",
    "copos.monomials": "copos.arithmetic.monomials",
    "copos.plots": "copos.support.plots",
    "copos.polynomial.decomposition": "copos.arithmetic.decomposition",
    "copos.polynomial.loss_cone": "copos.losses.conic_rows",
    "copos.polynomial.losses": "copos.losses.convex",
    "copos.rationals": "copos.arithmetic.rationals",
    "copos.reformulation.graphs": "copos.graphs",
    "copos.reformulation.low_rank": "copos.reformulation.linear_network.low_rank",
    "copos.reformulation.matrix_constraints": "copos.reformulation.linear_network.matrix_constraints",
    "copos.reformulation.network_problem": "copos.reformulation.linear_network.problem",
    "copos.reformulation.polynomial_network": "copos.polynomial.program",
    "copos.reformulation.regularized": "copos.regularized",
    "copos.regularized_bound": "copos.levels.regularized",
    "copos.sanity": "copos.levels.sanity",
    "copos.solvers.checkpoints": "copos.solvers.splitting.checkpoints",
    "copos.stopping": "copos.levels.stopping",
    "copos.svec": "copos.arithmetic.svec",
    "copos.warm_start": "copos.levels.warm_start",
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
