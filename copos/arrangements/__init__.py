"""ReLU networks trained over the cells of an arrangement of hyperplanes: pricing, columns, proofs."""
