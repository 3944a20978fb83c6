"""Quadratic programs box by box, in their own variables: relaxations of a box, their proofs, and the tree of boxes."""
