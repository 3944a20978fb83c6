"""The package's own first-order solver, for thousands of variables in many sparse blocks.

Split A x + s = b, s ∈ K by the alternating direction method of multipliers with penalty ρ. One vector w carries the
state, since s = Π_K(w) and y = z/ρ = Π_{K*}(−w) are its two halves; an iteration is one step of an averaged operator,

    w ← w − α (A x + s − b),      x = argmin c'x + ρ/2 |A x + s − b + y|²   over the x with F x = f,

where F x = f are the rows of the zero cone: the x-step meets them, they are not split. Nor are the signs x_j ≥ 0 where
every other row holds a single variable, as in doubly nonnegative programs (`polyhedron`). Every returned s is in K and
every z in K* because they are projections; what stays open after finitely many steps is A x + s = b and A'z + c = 0.
[EcksteinBertsekas1992]
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from copos.conic import ConicForm, Solution, Status, Vector
from copos.solvers.answer import Unsupported, answer, failed
from copos.solvers.splitting.anderson import Anderson
from copos.solvers.splitting.arrays import Array, Device, Host, place
from copos.solvers.splitting.checkpoints import Checkpoints, Crossings
from copos.solvers.splitting.polyhedron import SignedStep
from copos.solvers.splitting.progress import Point, Progress
from copos.solvers.splitting.projections import Projection
from copos.solvers.splitting.rays import dual_ray, primal_ray
from copos.solvers.splitting.scaling import Scaled, scale
from copos.solvers.splitting.xstep import XStep
from copos.support.renamed import current
from copos.support.threads import on_one_blas_thread

METRIC = (50, 150, 300, 700)  # iterations after which the metric is matched to s and z; then it stays
CHECK = 10  # iterations between residuals
STRIDE = 5  # iterations between accelerated steps
FAR = 1.0  # accelerated steps longer than this share of 1 + |w| are not taken: plain steps would never walk back
RAY_CHECK = 50  # iterations between looks for a ray
DUAL_WEIGHT = 4.0  # the pair that is kept leans to small |A'z + c|: bounds are proved from z


@dataclass(frozen=True)
class Options:
    """Options of `solve`, which explains them."""

    tolerance: float = 1e-7
    max_iterations: int = 50_000
    time_limit: float = np.inf
    start: tuple[Vector, Vector, Vector] | None = None
    callback: Callable[[Progress], bool | None] | None = None
    ray_tolerance: float = 1e-7
    penalty: float = 1.0
    adaptive: bool = True
    relaxation: float = 1.6
    acceleration: int = 20
    judge: Callable[[Solution], float] | None = None
    cross: Callable[[Solution], tuple[Vector, Vector] | None] | None = None
    join: bool = True
    arrays: Any = "numpy"


RENAMED = {"tol": "tolerance", "ray_tol": "ray_tolerance"}  # options of version 0.1


@on_one_blas_thread
def solve(form: ConicForm, **options: Any) -> Solution:
    """Solve min c'x + offset, b − A x ∈ K by splitting.

    Parameters
    ----------
    form : ConicForm
    tolerance : relative tolerance of primal residual, dual residual and gap, Euclidean norms (see `Progress`)
    max_iterations, time_limit : limits; the best pair so far is returned with Status.LIMIT
    start : (x, s, z) of a neighbouring problem of the same shape
    callback : called with a `Progress` every few iterations; True stops
    judge : called with a `Solution` at few checkpoints, first when the residuals reach 1e-4; returns by which factor
        they must fall before it is worth asking again, or a number ≤ 1 to stop
    cross : called with a `Solution` at few checkpoints, first when the residuals reach 1e-3; a feasible (x, s) that it
        returns takes the place of the primal half
    join : meet signs of single variables in the x-step, where the variables are separate, instead of splitting them
    ray_tolerance : a ray is accepted when |A'z| ≤ ray_tolerance · (−b'z) (infeasible), or −A x is as near to K
        (unbounded)
    penalty, adaptive : initial ρ in scaled data, and whether the run may change it and the metric of the rows
    relaxation : α in (0, 2)
    acceleration : memory of Anderson acceleration, 0 for none
    arrays : where the iteration runs: "numpy"; another library of the array-API standard, "torch"; a device of it,
        "torch:cuda"; or an array that lives there. Data, `start`, callbacks and answers stay NumPy's

    Raises
    ------
    ValueError
        If an option is unknown, `start` does not fit the form, or there is no such device or no float64 on it.
    ImportError
        If the library of `arrays` is not installed.

    Examples
    --------
    >>> from copos.conic import Cones, ConicForm
    >>> form = ConicForm([1.0], [[-1.0], [-1.0]], [-2.0, -3.0], Cones(nonnegative=2))
    >>> round(solve(form).value, 5)
    3.0
    """
    options = current("solve", options, RENAMED)
    try:
        chosen = Options(**options)
    except TypeError as error:
        known = ", ".join(Options.__dataclass_fields__)
        raise Unsupported(f"splitting has the options {known}; got {', '.join(options)}") from error
    m, n = form.shape
    if chosen.start is not None and [len(v) for v in chosen.start] != [n, m, m]:
        lengths = [len(v) for v in chosen.start]
        raise Unsupported(f"start has lengths {lengths}, the form needs {[n, m, m]}")
    return _Run(form, chosen, place(chosen.arrays)).solve()


def _x_step(data: Scaled, arrays: Host | Device) -> XStep | SignedStep:
    """The linear half for scaled data on the CPU."""
    if len(data.signs.variables):
        squares = np.asarray(data.A.multiply(data.A).sum(axis=0)).ravel()
        return SignedStep(squares, data.F, data.signs.variables, arrays)
    return XStep(data.A, data.F, arrays)


def _norm(v: Array) -> float:
    return math.sqrt(float(v @ v))


class _Run:
    """One solve: scaled data, factorisation and the state w."""

    def __init__(self, form: ConicForm, options: Options, arrays: Host | Device) -> None:
        self.begin = time.perf_counter()
        self.form, self.options, self.arrays = form, options, arrays
        d = scale(form, options.join)
        self.projection = Projection(d.cones, arrays)
        self._use(d)
        self.rho = options.penalty
        self.w = arrays.put(np.zeros(len(d.b)))
        memory = options.acceleration
        self.anderson = Anderson(len(d.b), memory, arrays=arrays) if memory > 1 else None
        # where to return to, and the residual to stay below, if an accelerated step disappoints
        self.fallback: tuple[Array, float] | None = None
        self.calms, self.calm_until, self.changes = 0, 0, 0
        if options.start is not None:
            x, s, z = options.start
            zero = form.cones.zero
            self.w = arrays.put(d.row * s[d.split] / d.beta - z[d.split] / (d.gamma * d.row * self.rho))
            before = arrays.put(x / (d.beta * d.column)), arrays.put(z[:zero] / (d.gamma * d.equation * self.rho))
            self.xstep.start(*before)
            if options.adaptive:
                self._remeasure(*before)

    def _use(self, scaled: Scaled) -> None:
        """Bring scaled data to where the iteration runs."""
        self.scaled, self.data, self.xstep = scaled, scaled.on(self.arrays), _x_step(scaled, self.arrays)

    def solve(self) -> Solution:
        """Iterate until a tolerance, a ray or a limit is met."""
        o = self.options
        best: tuple[float, Point, Progress] | None = None
        before: Point | None = None
        ratios: list[float] = []
        checkpoints, crossings = Checkpoints(), Crossings()
        update_at = 2 * CHECK
        k = 0
        while True:
            k += 1
            point = self._evaluate()
            size = _norm(point.r)
            if not math.isfinite(size):
                return failed(self.form, "splitting", "iterates overflow", time.perf_counter() - self.begin)
            self._advance(point, size, k)
            seconds = time.perf_counter() - self.begin
            last = k >= o.max_iterations or seconds > o.time_limit
            if k % CHECK and not last:
                before = point  # one before the check, STRIDE divides CHECK: the step between is a plain one
                continue
            progress = point.progress(self.form, k, seconds)
            score = progress.primal + progress.gap + DUAL_WEIGHT * progress.dual
            if best is None or score < best[0]:
                best = (score, point, progress)
            if progress.largest <= o.tolerance and crossings.settled(k, progress.largest, o.tolerance):
                return self._answer(Status.OPTIMAL, point, progress, k, "")
            if o.judge is not None and checkpoints.due(k, progress.largest):
                shown = self._answer(Status.INACCURATE, point, progress, k, "")
                if checkpoints.passed(k, progress.largest, o.judge(shown)):
                    return replace(shown, status=Status.OPTIMAL, message=f"proved within tolerance; {shown.message}")
            if o.judge is not None and checkpoints.stuck(k, progress.primal, progress.dual, progress.gap):
                return self._answer(Status.LIMIT, best[1], best[2], k, "no further progress; ")
            stop = bool(o.callback(progress)) if o.callback else False
            if last or stop:
                why = "stopped by the callback; " if stop else "limit reached; "
                return self._answer(Status.LIMIT, best[1], best[2], k, why)
            if o.cross is not None and crossings.due(k, progress.largest):
                crossed = o.cross(self._answer(Status.INACCURATE, point, progress, k, ""))
                crossings.answered(k, progress.largest, crossed is not None)
                if crossed is not None:
                    self._cross(*crossed, point)
                    ratios, update_at, before = [], k + 3 * CHECK, None
                    continue
            if before is not None and k % RAY_CHECK == 0:
                ray = self._ray(before, point, k)
                if ray is not None:
                    return ray
            ratios.append(math.log(max(progress.primal, 1e-16) / max(progress.dual, 1e-16)))
            if o.adaptive and k >= max(update_at, self.calm_until):
                self._balance(point, float(np.exp(np.mean(ratios[-5:]))))
                # the wait grows geometrically, so ρ settles and the theory of a fixed ρ applies to the tail
                ratios, update_at = [], int(1.3 * k) + CHECK
            if o.adaptive and k in METRIC and k >= self.calm_until:
                self._remeasure(point.x, point.nu)
                ratios, update_at = [], max(update_at, k + 3 * CHECK)

    def _evaluate(self) -> Point:
        """Both halves of w, then the x that answers them."""
        d = self.data
        s, y = self.projection.split(self.w)
        x, nu = self.xstep(d.AT @ (d.b - s - y) - d.c / self.rho, d.f)
        return Point(x, s, y, nu, self.xstep.sign_multipliers, d.A @ x + s - d.b, self.rho, d)

    def _advance(self, point: Point, size: float, k: int) -> None:
        """w ← w − α r with |r| = size, or the accelerated point in its place."""
        if self.anderson is None or (k <= self.calm_until and self.fallback is None):
            self.w = self.w - self.options.relaxation * point.r
            return
        if self.fallback is not None:
            plain, bound = self.fallback
            self.fallback = None
            if size > bound:
                self.w = plain  # the memory stays: every pair in it was evaluated
                return
        step = -self.options.relaxation * point.r
        self.anderson.push(self.w, step)
        plain = self.w + step
        proposal = self.anderson.propose() if k % STRIDE == 0 else None
        if proposal is not None and _norm(proposal - plain) > FAR * (1 + _norm(plain)):
            proposal = None
        if proposal is not None:
            self.fallback = (plain, size)
        self.w = plain if proposal is None else proposal

    def _balance(self, point: Point, ratio: float) -> None:
        """Raise ρ when the primal residual lags, lower it when the dual one does; (s, z) stays where it is."""
        if 1 / 1.5 < ratio < 1.5:
            return
        reach = 4.0 ** (1 / (1 + self.changes / 4))  # shrinks, or ρ would run away where no pair exists
        factor = float(np.clip(np.sqrt(ratio), 1 / reach, reach))
        self.changes += 1
        s, y = self.projection.split(self.w)
        self.rho *= factor
        self.w = s - y / factor
        self.xstep.start(point.x, point.nu / factor)
        self._forget()

    def _remeasure(self, x: Array, nu: Array) -> None:
        """Change the metric to one in which s and z are alike; the pair itself stays where it is."""
        s, y = self.arrays.fetch(*self.projection.split(self.w))
        scaled, r = self.scaled.balanced(s, self.rho * y)
        self.w = self.arrays.put(r * s - y / r)
        self._use(scaled)
        self.xstep.start(x, nu)
        self._forget()

    def _cross(self, x: Vector, s: Vector, point: Point) -> None:
        """Put (x, s) in the place of the primal half of a point."""
        d, start = self.scaled, self.arrays.put
        self.w = start(d.row * s[d.split] / d.beta) - point.y
        self._remeasure(start(x / (d.beta * d.column)), point.nu)

    def _forget(self) -> None:
        """Empty the memory of the acceleration, because the iteration has changed."""
        self.fallback = None
        if self.anderson is not None:
            self.anderson.reset()

    def _ray(self, before: Point, now: Point, k: int) -> Solution | None:
        """Certificate near the last step, if there is one."""
        if before.rho != now.rho or before.data is not now.data:
            return None
        parts = self.data, self.projection, self.xstep
        dual, maybe = dual_ray(*parts, now.y - before.y, now.nu - before.nu, self.options.ray_tolerance)
        if dual is not None:
            ray = replace(now, y=dual[0], nu=dual[1], signs=dual[2], rho=1.0)
            return self._answer(Status.INFEASIBLE, ray, None, k, "ray found")
        primal, maybe_primal = primal_ray(*parts, now.x - before.x, self.options.ray_tolerance)
        if primal is not None:
            return self._answer(Status.UNBOUNDED, replace(now, x=primal), None, k, "ray found")
        if maybe or maybe_primal:
            self._calm(k)
        return None

    def _calm(self, k: int) -> None:
        """Pause acceleration and ρ for a while: only plain steps with one ρ converge to a ray. At most ten times."""
        if self.calms < 10:
            self.calms += 1
            self.calm_until = k + 4 * RAY_CHECK
            self._forget()

    def _answer(self, status: Status, p: Point, progress: Progress | None, k: int, message: str) -> Solution:
        """Back to the units of the form."""
        if progress is not None:
            message += f"residuals {progress.primal:.1e} {progress.dual:.1e}, gap {progress.gap:.1e}"
        return answer(
            self.form, "splitting", status, p.triple(self.form), iterations=k,
            seconds=time.perf_counter() - self.begin, message=message,
        )  # fmt: skip
