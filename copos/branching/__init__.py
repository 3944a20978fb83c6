"""Branch and bound over conic partitions: K = ∪ K_c, CP(K) = Σ CP(K_c)."""
