"""Levels in the algebra of a permutation group: orbits for moments, modules for blocks, and proofs by averaging."""
