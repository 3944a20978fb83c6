"""copos: copositive and completely positive programming with bounds that are proved."""

from copos.bound import Bound, bracket, lower_bound, upper_bound
from copos.certificate import Certificate, Verdict, verify
from copos.cones import Cone, Free, NonNegative, PositiveSemidefinite, SecondOrder
from copos.program import CompletelyPositiveProgram
from copos.reformulation.linear_network import linear_network, svd_value
from copos.reformulation.low_rank import LinearNetwork

__all__ = [
    "Bound",
    "Certificate",
    "CompletelyPositiveProgram",
    "Cone",
    "Free",
    "LinearNetwork",
    "NonNegative",
    "PositiveSemidefinite",
    "SecondOrder",
    "Verdict",
    "bracket",
    "linear_network",
    "lower_bound",
    "svd_value",
    "upper_bound",
    "verify",
]
