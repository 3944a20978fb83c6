"""The table of public names, for Python and for type checkers: `copos/__init__.py` reads it when it is imported."""

# rooms and nouns that are attributes of the package
from . import (
    branching as branching,
    certificate as certificate,
    cones as cones,
    conic as conic,
    decision as decision,
    experiment as experiment,
    forms as forms,
    graphs as graphs,
    hierarchy as hierarchy,
    inner as inner,
    instances as instances,
    interop as interop,
    levels as levels,
    losses as losses,
    polynomial as polynomial,
    program as program,
    reformulation as reformulation,
    regularized as regularized,
    solvers as solvers,
    support as support,
)

# public names
from copos.arithmetic.number_field import NumberField as NumberField
from copos.arrangements.training import (
    TrainedReLUNetwork as TrainedReLUNetwork,
    train_relu_network as train_relu_network,
)
from copos.bounding.bounds import (
    bracket as bracket,
    lower_bound as lower_bound,
    upper_bound as upper_bound,
)
from copos.bounding.clustering.k_means import (
    certify_clustering as certify_clustering,
    k_means as k_means,
)
from copos.bounding.clustering.result import Clustering as Clustering
from copos.bounding.quadratic_bracket import QuadraticBracket as QuadraticBracket
from copos.branching.branch import (
    Branching as Branching,
    branch_and_bound as branch_and_bound,
)
from copos.certificate import (
    Certificate as Certificate,
    Verdict as Verdict,
    verify as verify,
)
from copos.cones import (
    Cone as Cone,
    Free as Free,
    NonNegative as NonNegative,
    PositiveSemidefinite as PositiveSemidefinite,
    SecondOrder as SecondOrder,
)
from copos.decision.complete_positivity import (
    CompletePositivity as CompletePositivity,
    cp_rank_lower_bound as cp_rank_lower_bound,
    is_completely_positive as is_completely_positive,
)
from copos.decision.cp_rank_bounds import (
    CPRank as CPRank,
    cp_rank as cp_rank,
)
from copos.decision.copositivity import (
    Decision as Decision,
    SimplexMinimum as SimplexMinimum,
    is_copositive as is_copositive,
    minimum_on_simplex as minimum_on_simplex,
)
from copos.inner.bound import inner_bound as inner_bound
from copos.interop.cross_validated import (
    PolynomialNetworkClassifierCV as PolynomialNetworkClassifierCV,
    PolynomialNetworkRegressorCV as PolynomialNetworkRegressorCV,
)
from copos.interop.estimators import (
    PolynomialNetworkClassifier as PolynomialNetworkClassifier,
    PolynomialNetworkRegressor as PolynomialNetworkRegressor,
)
from copos.interop.low_rank_regressor import LowRankRegressor as LowRankRegressor
from copos.interop.matrix_completion import MatrixCompletion as MatrixCompletion
from copos.interop.problems.reading import read_problem as read_problem
from copos.levels.bound import Bound as Bound
from copos.polynomial.boundary import BoundaryDistance as BoundaryDistance
from copos.polynomial.decay_bound import convex_decay_bound as convex_decay_bound
from copos.polynomial.decayed import DecayedNetwork as DecayedNetwork
from copos.polynomial.features import (
    Convolution as Convolution,
    Dense as Dense,
)
from copos.polynomial.network import PolynomialNetwork as PolynomialNetwork
from copos.polynomial.program import (
    certify_network as certify_network,
    polynomial_network as polynomial_network,
)
from copos.polynomial.quantised import (
    TrainedQuantisedNetwork as TrainedQuantisedNetwork,
    train_quantised_network as train_quantised_network,
)
from copos.polynomial.quartic import (
    TrainedQuarticNetwork as TrainedQuarticNetwork,
    train_quartic_network as train_quartic_network,
)
from copos.program import CompletelyPositiveProgram as CompletelyPositiveProgram
from copos.reformulation.binary_quadratic import binary_quadratic as binary_quadratic
from copos.polynomial.robust import (
    RobustNetwork as RobustNetwork,
    train_robust_network as train_robust_network,
)
from copos.reformulation.circulant_network import circulant_network as circulant_network
from copos.reformulation.decayed_network import decayed_network as decayed_network
from copos.reformulation.linear_network.bilinear import bilinear_network as bilinear_network
from copos.reformulation.linear_network.low_rank import LinearNetwork as LinearNetwork
from copos.reformulation.linear_network.matrix_constraints import MatrixConstraints as MatrixConstraints
from copos.reformulation.linear_network.parallel import parallel_linear_network as parallel_linear_network
from copos.reformulation.linear_network.problem import Loss as Loss
from copos.reformulation.linear_network.program import (
    linear_network as linear_network,
    svd_value as svd_value,
)
from copos.reformulation.quadratic.given import quadratic_program as quadratic_program
from copos.reformulation.quadratic.value import QuadraticProgram as QuadraticProgram
from copos.reformulation.rank_constrained import rank_constrained as rank_constrained
from copos.bounding.relu_verdict import ReLUVerdict as ReLUVerdict
from copos.bounding.relu_verdict import relu_verdict as relu_verdict
from copos.interop.relu_chain import ReLULayers as ReLULayers
from copos.interop.relu_models import relu_layers as relu_layers
from copos.interop.torch_modules import from_torch as from_torch
from copos.reformulation.relu_network import relu_network as relu_network
from copos.reformulation.relu_recovery import ReLUNetwork as ReLUNetwork
from copos.reformulation.relu_verification import relu_verification as relu_verification
from copos.reformulation.stability_number import (
    clique_number as clique_number,
    stability_number as stability_number,
)
from copos.reformulation.standard_quadratic import standard_quadratic as standard_quadratic
from copos.regularized import RegularizedProgram as RegularizedProgram

__version__: str
from copos.graphs.numbers import (
    GraphNumber as GraphNumber,
    maximum_clique as maximum_clique,
    maximum_stable_set as maximum_stable_set,
)
from copos.graphs.theta import (
    Theta as Theta,
    chromatic_number as chromatic_number,
    clique_cover_number as clique_cover_number,
    theta as theta,
)
from copos.reformulation.max_cut import (
    graph_partition as graph_partition,
    max_cut as max_cut,
)
from copos.reformulation.quadratic.cardinality import at_most as at_most
from copos.reformulation.quadratic_assignment import quadratic_assignment as quadratic_assignment
