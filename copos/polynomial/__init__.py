"""Two-layer networks with a polynomial activation, trained to proved global optimality.

    f(x) = Σ_j α_j σ(x'u_j),   σ(z) = az² + bz + c,   ‖u_j‖₂ = 1,        min  loss(f(X), y) + β Σ|α_j|

The activation is a quadratic form in v = (u, 1), so the network is linear in Σ α_j v_j v_j' and the training problem
is a semidefinite program. The files: `features` (patches, pools), `losses` (one table), `sphere` (the extremes of a
quadratic on the sphere), `dual` (the certificate), `lifted` (responses of a factor), `intercept`, `descend`, `newton`
and `train` (the method), `decomposition` (from a semidefinite matrix to neurons), `network` (what is returned), `fit`
(training and certificate of a program), `loss_cone` (a loss as conic rows) and `conic` (for general solvers).
"""
