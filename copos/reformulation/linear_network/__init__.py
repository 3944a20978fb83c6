"""Training a deep linear network as a linear program over a generalized completely positive cone."""

from copos.reformulation.linear_network.program import linear_network, svd_value

__all__ = ["linear_network", "svd_value"]
