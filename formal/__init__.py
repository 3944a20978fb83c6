"""The formal checker: its proofs, its build, and the comparison with the Python checker."""
