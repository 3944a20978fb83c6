"""copos: copositive and completely positive programming with bounds that are proved.

Nothing is imported before it is used: the names below are looked up in a table, so that `import copos` costs
nothing and optional packages stay optional.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copos.bounding.bounds import bracket, lower_bound, upper_bound
    from copos.bounding.quadratic_bracket import QuadraticBracket
    from copos.branching.branch import Branching, branch_and_bound
    from copos.certificate import Certificate, Verdict, verify
    from copos.cones import Cone, Free, NonNegative, PositiveSemidefinite, SecondOrder
    from copos.decision.complete_positivity import CompletePositivity, cp_rank_lower_bound, is_completely_positive
    from copos.decision.copositivity import Decision, SimplexMinimum, is_copositive, minimum_on_simplex
    from copos.inner.bound import inner_bound
    from copos.interop.estimators import PolynomialNetworkClassifier, PolynomialNetworkRegressor
    from copos.interop.low_rank_regressor import LowRankRegressor
    from copos.interop.matrix_completion import MatrixCompletion
    from copos.interop.problems.reading import read_problem
    from copos.levels.bound import Bound
    from copos.polynomial.decay_bound import convex_decay_bound
    from copos.polynomial.decayed import DecayedNetwork
    from copos.polynomial.features import Convolution, Dense
    from copos.polynomial.network import PolynomialNetwork
    from copos.polynomial.program import certify_network, polynomial_network
    from copos.program import CompletelyPositiveProgram
    from copos.reformulation.binary_quadratic import binary_quadratic
    from copos.reformulation.decayed_network import decayed_network
    from copos.reformulation.linear_network.low_rank import LinearNetwork
    from copos.reformulation.linear_network.matrix_constraints import MatrixConstraints
    from copos.reformulation.linear_network.problem import Loss
    from copos.reformulation.linear_network.program import linear_network, svd_value
    from copos.reformulation.quadratic.given import quadratic_program
    from copos.reformulation.quadratic.value import QuadraticProgram
    from copos.reformulation.rank_constrained import rank_constrained
    from copos.reformulation.relu_network import relu_network
    from copos.reformulation.relu_recovery import ReLUNetwork
    from copos.reformulation.stability_number import clique_number, stability_number
    from copos.reformulation.standard_quadratic import standard_quadratic
    from copos.regularized import RegularizedProgram

# public name ↦ the module that it is imported from
HOMES = {
    "Bound": "copos.levels.bound",
    "Branching": "copos.branching.branch",
    "Certificate": "copos.certificate",
    "CompletePositivity": "copos.decision.complete_positivity",
    "CompletelyPositiveProgram": "copos.program",
    "Cone": "copos.cones",
    "Convolution": "copos.polynomial.features",
    "DecayedNetwork": "copos.polynomial.decayed",
    "Decision": "copos.decision.copositivity",
    "Dense": "copos.polynomial.features",
    "Free": "copos.cones",
    "LinearNetwork": "copos.reformulation.linear_network.low_rank",
    "Loss": "copos.reformulation.linear_network.problem",
    "LowRankRegressor": "copos.interop.low_rank_regressor",
    "MatrixCompletion": "copos.interop.matrix_completion",
    "MatrixConstraints": "copos.reformulation.linear_network.matrix_constraints",
    "NonNegative": "copos.cones",
    "PolynomialNetwork": "copos.polynomial.network",
    "PolynomialNetworkClassifier": "copos.interop.estimators",
    "PolynomialNetworkRegressor": "copos.interop.estimators",
    "PositiveSemidefinite": "copos.cones",
    "QuadraticBracket": "copos.bounding.quadratic_bracket",
    "QuadraticProgram": "copos.reformulation.quadratic.value",
    "ReLUNetwork": "copos.reformulation.relu_recovery",
    "RegularizedProgram": "copos.regularized",
    "SecondOrder": "copos.cones",
    "SimplexMinimum": "copos.decision.copositivity",
    "Verdict": "copos.certificate",
    "binary_quadratic": "copos.reformulation.binary_quadratic",
    "bracket": "copos.bounding.bounds",
    "branch_and_bound": "copos.branching.branch",
    "certify_network": "copos.polynomial.program",
    "clique_number": "copos.reformulation.stability_number",
    "convex_decay_bound": "copos.polynomial.decay_bound",
    "cp_rank_lower_bound": "copos.decision.complete_positivity",
    "decayed_network": "copos.reformulation.decayed_network",
    "inner_bound": "copos.inner.bound",
    "is_completely_positive": "copos.decision.complete_positivity",
    "is_copositive": "copos.decision.copositivity",
    "linear_network": "copos.reformulation.linear_network.program",
    "lower_bound": "copos.bounding.bounds",
    "minimum_on_simplex": "copos.decision.copositivity",
    "polynomial_network": "copos.polynomial.program",
    "quadratic_program": "copos.reformulation.quadratic.given",
    "rank_constrained": "copos.reformulation.rank_constrained",
    "read_problem": "copos.interop.problems.reading",
    "relu_network": "copos.reformulation.relu_network",
    "stability_number": "copos.reformulation.stability_number",
    "standard_quadratic": "copos.reformulation.standard_quadratic",
    "svd_value": "copos.reformulation.linear_network.program",
    "upper_bound": "copos.bounding.bounds",
    "verify": "copos.certificate",
}

__all__ = [
    "Bound",
    "Branching",
    "Certificate",
    "CompletePositivity",
    "CompletelyPositiveProgram",
    "Cone",
    "Convolution",
    "DecayedNetwork",
    "Decision",
    "Dense",
    "Free",
    "LinearNetwork",
    "Loss",
    "LowRankRegressor",
    "MatrixCompletion",
    "MatrixConstraints",
    "NonNegative",
    "PolynomialNetwork",
    "PolynomialNetworkClassifier",
    "PolynomialNetworkRegressor",
    "PositiveSemidefinite",
    "QuadraticBracket",
    "QuadraticProgram",
    "ReLUNetwork",
    "RegularizedProgram",
    "SecondOrder",
    "SimplexMinimum",
    "Verdict",
    "binary_quadratic",
    "bracket",
    "branch_and_bound",
    "certify_network",
    "clique_number",
    "convex_decay_bound",
    "cp_rank_lower_bound",
    "decayed_network",
    "inner_bound",
    "is_completely_positive",
    "is_copositive",
    "linear_network",
    "lower_bound",
    "minimum_on_simplex",
    "polynomial_network",
    "quadratic_program",
    "rank_constrained",
    "read_problem",
    "relu_network",
    "stability_number",
    "standard_quadratic",
    "svd_value",
    "upper_bound",
    "verify",
]


# rooms and nouns that are attributes of the package
ROOMS = (
    "branching", "certificate", "cones", "conic", "decision", "experiment", "forms", "hierarchy", "inner", "instances",
    "interop", "levels", "losses", "polynomial", "program", "reformulation", "regularized", "solvers", "support",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """A public name or a room, imported when it is first asked for; the installed version."""
    if name == "__version__":
        from importlib.metadata import version

        return version("copos")
    if name in ROOMS:
        return import_module(f"copos.{name}")
    if name not in HOMES:
        from copos.support.names import meant

        hint = "" if name.startswith("_") else meant(name, __dir__())
        raise AttributeError(f"module 'copos' has no attribute {name!r}{'; ' if hint else ''}{hint}".rstrip())
    try:
        found = getattr(import_module(HOMES[name]), name)
    except ModuleNotFoundError as error:
        from copos.support.missing import stand_in

        return stand_in(name, error)  # not kept: the extra may be installed later
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, *ROOMS, "__version__"]


class _OldPaths:
    """Finds modules of version 0.1 under their old paths, when all other finders have failed."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> Any:
        """The spec of a moved module, or None."""
        if not fullname.startswith("copos."):
            return None
        from copos.support.moved import spec

        return spec(fullname)


if not any(getattr(finder, "__name__", "") == "_OldPaths" for finder in sys.meta_path):
    sys.meta_path.append(_OldPaths)
