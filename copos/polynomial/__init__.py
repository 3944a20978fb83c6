"""Two-layer networks with a polynomial activation, trained to proved global optimality.

    f(x) = Σ_j α_j σ(x'u_j),   σ(z) = az² + bz + c,   ‖u_j‖₂ = 1,        min  loss(f(X), y) + β Σ|α_j|

The activation is a quadratic form in v = (u, 1), so the network is linear in Σ α_j v_j v_j' and the training problem
is a semidefinite program. The files: `program` (for users) over `problem` (the data), `features` (patches, pools),
`scaling` and `units` (powers of two), `lifted` (responses of a factor), `sphere` (the extremes of a quadratic on the
sphere), `dual` (the dual point), `train`, `low_rank`, `newton`, `interior_point`, `descend` and `intercept` (the
methods), `fit` (from a program to a network with its proof), `above` and `proof` (both bounds in exact arithmetic),
`network` (what is returned), `conic` (for general solvers), `decayed` and `decay_bound` (weight decay).
"""
