"""Branch and bound over conic partitions: K = ∪ K_c, CP(K) = Σ CP(K_c)."""

from copos.branching.branch import Branching, Report, branch_and_bound

__all__ = ["Branching", "Report", "branch_and_bound"]
