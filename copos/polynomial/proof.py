"""From a multiplier in floating point to a lower bound in exact arithmetic.

ν is rounded to integers N/2^bits inside the domain of the conjugate, balanced exactly where the intercept is free,
and S = Σν_iM_i is formed exactly. For λ > λ_max of its upper block the matrix βE + δJ ∓ sS, δ = sλ + (slack)/2, is
definite by a margin as soon as s leaves some slack; a Cholesky factor in floating point, rounded, then leaves a
remainder that is diagonally dominant. The checker decides; if it refuses, s leaves more slack.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import written
from copos.certificate.document import Certificate
from copos.checker import check_polynomial
from copos.checker import check_polynomial as checker
from copos.checker.check_losses import Losses, conjugate
from copos.checker.check_polynomial import Question
from copos.checker.check_reading import Rejected, Unreadable
from copos.losses.convex import LOSSES
from copos.polynomial import sphere
from copos.polynomial.exact import Whole
from copos.polynomial.exact_data import exact_data, nearest
from copos.polynomial.features import Convolution
from copos.polynomial.frames import sight
from copos.polynomial.multiplier_forms import forms, rounded_forms
from copos.polynomial.normal_equations import lifted_rows
from copos.polynomial.problem import TrainingProblem, once
from copos.polynomial.rounding import PRECISION, balanced, rounded
from copos.polynomial.scaling import scaled
from copos.support.looks import one_line

Array = NDArray[np.float64]
EPS = float(np.finfo(float).eps)
GOOD = 1e-10  # relative violation that refinement aims at
SHORT, FAR = 1e-7, 1.01  # relative gap, and violation of the constraint, from which there is any
STEPS = 40  # of refinement, the most
ENTRIES, WORK = 2e7, 1e10  # of the lifted rows, beyond which there is none
TAME = 4.0  # rounding of S beside that of a factor, up to which doubles will do
INLINE = 20_000  # entries of X and Y that a certificate holds; of more it names the SHA-256


@one_line
@dataclass(frozen=True, eq=False)
class NetworkProof:
    """`lower` ≤ loss + βΣ|α| of every network of the program, accepted by the checker."""

    program: TrainingProblem
    lower: Fraction
    proof: dict[str, Any]

    @cached_property
    def certificate(self) -> Certificate:
        """The document for `copos verify`; large data are named by their SHA-256."""
        problem = plain_problem(self.program)
        small = self.program.samples.size + self.program.Y.size <= INLINE
        return Certificate("lower bound", problem if small else check_polynomial.condensed(problem), self.proof)


def plain_problem(program: TrainingProblem) -> dict[str, Any]:
    """The problem of type "polynomial network", with its data."""
    n, classes = len(program.Y), LOSSES[program.loss_name].labels == "one-hot"
    Y = program.Y.argmax(1)[:, None] if classes else program.Y
    tables = {"X": program.samples.reshape(n, -1), "Y": Y}
    if not np.all(program.weights == 1):
        tables["weights"] = program.weights[:, None]
    out: dict[str, Any] = {
        "type": "polynomial network", "loss": program.loss_name, "activation": [written(v) for v in program.activation],
        "beta": written(program.beta), "intercept": program.intercept,
        **{name: {"rows": [[written(v) for v in row] for row in table.tolist()]} for name, table in tables.items()},
    }  # fmt: skip
    if classes:
        out["classes"] = program.Y.shape[1]
    parameter = LOSSES[program.loss_name].parameter
    if parameter is not None:
        out["parameter"] = written(parameter[1] if program.loss_parameter is None else float(program.loss_parameter))
    architecture = program.architecture
    if isinstance(architecture, Convolution):
        shape = program.samples.shape[1:]
        out["architecture"] = {
            "shape": [*map(int, shape), *([1] if len(shape) == architecture.axes else [])],
            "patch": [*map(int, architecture.size)], "stride": int(architecture.stride),
            "padding": int(architecture.padding),
            "pool": architecture.pool if isinstance(architecture.pool, str) else int(architecture.pool),
        }  # fmt: skip
    if architecture.constant:
        out["constant"] = written(float(architecture.constant))
    if program.standardised is not None:
        shift, scale = program.standardised
        numbers = {"shift": shift, "scale": scale}
        out["standardised"] = {key: [written(v) for v in part.tolist()] for key, part in numbers.items()}
    return out


@once
def question(program: TrainingProblem) -> Any:
    """The problem as the checker reads it, without writing and reading a file."""
    def number(value: float) -> Any:
        short = written(value)
        return Fraction(short) if isinstance(short, str) else short

    data, n = exact_data(program), len(program.Y)
    up, unit = max(-data.bits, 0), 1 << max(data.bits, 0)
    pools = [[[[v << up for v in row] for row in rows[i * data.patches : (i + 1) * data.patches]] for i in range(n)]
             for rows in (pool.tolist() for pool in data.pools)]  # fmt: skip
    row = LOSSES[program.loss_name]
    parameter = 0.0 if row.parameter is None else row.parameter[1]
    if program.loss_parameter is not None:
        parameter = float(program.loss_parameter)
    losses = Losses(program.loss_name, number(parameter), [[number(v) for v in row] for row in program.Y.tolist()],
                    [number(v) for v in program.weights.tolist()])  # fmt: skip
    return Question(
        pools, unit, [number(v) for v in data.scale.tolist()], losses, tuple(number(v) for v in program.activation),
        number(program.beta), program.intercept,
    )  # fmt: skip


@np.errstate(over="ignore", invalid="ignore")  # what is beyond the doubles proves nothing
def prove(program: TrainingProblem, N: Array | None, objective: float = 0.0) -> NetworkProof:
    """The best bound that the multiplier N (n, T) proves after scaling; 0 if it proves nothing.

    Where it falls short of a known objective because the constraint is violated by far, which happens when rounding of
    the data outweighs β, the multiplier is moved onto the constraint in exact arithmetic.
    """
    trivial = NetworkProof(program, Fraction(0), {"value": 0})
    if N is None or not N.any() or not np.isfinite(N).all():
        return trivial
    M, at = rounded(program, N)
    if not M.any():
        return trivial
    S, error = rounded_forms(program, M, at)
    best = _scaled_proof(program, M, at, S, error) if error <= TAME * (S.shape[2] + 2) ** 2 * EPS else None
    if best is None:
        S = forms(program, M, at)
        if not np.isfinite(S).all():
            return trivial
        best = _scaled_proof(program, M, at, S) or trivial
    if objective - float(best.lower) > SHORT * objective and _sphere(program, S)[0].max() > FAR:
        moved = refined(program, M, at, S)
        other = _scaled_proof(program, *moved, forms(program, *moved)) if moved is not None else None
        best = other if other is not None and other.lower > best.lower else best
    return best


def _scaled_proof(
    program: TrainingProblem, M: Whole, at: int, S: Array, error: float = 0.0
) -> NetworkProof | None:
    """The bound of sM/2^at at the best s, with as much slack as a rounded factor and the error of S need.

    S is in units of β. With an error it is tried once: integers do better than more slack.
    """
    worst, extremes = _sphere(program, S)
    k, frames = S.shape[2], sight(program).frames
    # what the rounding of a Cholesky factor may leave
    share = 4.0 * (k + 2) ** 2 * EPS * max(1.0, float(np.abs(S).max()) / max(1.0, float(worst.max()))) + 4 * error
    nu, whole_rows, doubles, about = nearest(M, at), M.tolist(), True, None
    while share < 1:
        limit = [(1 - share) / w if w > 0 else np.inf for w in worst]
        s = _scales(program, nu, limit)
        pairs = _factors(program, S, extremes, s)
        if pairs is not None:
            try:
                unit = [Fraction(v) * (Fraction(2) ** -at) for v in s]
                about = _conjugate(program, nu, s) if doubles else None
                value = _short(about or conjugate(question(program).losses, whole_rows, unit))
                if value <= 0:
                    return None
                proof = {"value": _written(value), "multiplier": whole_rows, "bits": at,
                         "scale": [_written(Fraction(v)) for v in s], "spheres": pairs}  # fmt: skip
                if frames is not None:
                    proof["frames"] = frames
                checker.lower_bound(question(program), proof)
                return NetworkProof(program, value, proof)
            except Rejected:
                pass
            except Unreadable:  # too large for the checker
                return None
            if about:  # its value may be the reason
                doubles = False
                continue
        if error:
            return None
        share *= 32
    return None


def _conjugate(program: TrainingProblem, nu: Array, s: list[float]) -> Fraction | None:
    """Entropies in doubles and a little below, of which many logarithms are spared; None for the other losses."""
    if program.loss_name not in ("logistic", "multinomial"):
        return None
    value = scaled(program).loss.dual(scaled(program).multiplier(nu) * np.array(s), 1.0)[1]
    return Fraction(value) * Fraction(2) ** scaled(program).o * (1 - Fraction(1, 1 << 40))


def refined(program: TrainingProblem, M: Whole, at: int, S: Array) -> tuple[Whole, int] | None:
    """(M′, bits) near M/2^bits with S reduced to the size of β: least-norm steps, their residuals formed exactly."""
    lift = sight(program).lift
    G, n = lift.patches.shape[:2]
    if G * n * lift.order**2 > ENTRIES or n * (G * lift.order**2) ** 2 > WORK:
        return None
    rows = np.concatenate(list(lifted_rows(lift)), axis=1)
    if program.intercept:
        rows = np.column_stack([rows, np.ones(n)])
    norm = np.linalg.norm(rows, axis=0)
    rows = rows / np.where(norm > 0, norm, 1.0)
    try:
        U, sigma, W = np.linalg.svd(rows, full_matrices=False)
    except np.linalg.LinAlgError:
        return None
    keep = sigma > 1e-15 * sigma[0]
    step = (U[:, keep] / sigma[keep]) @ W[keep]  # least-norm solution of rows' Δ = r
    M, T = M.astype(object), M.shape[1]
    shift = scaled(program).o - scaled(program).h
    unit = shift + scaled(program).E
    worst = np.maximum(_sphere(program, S)[0], 1.0)
    goal, last = S / worst[None, :, None, None], np.inf
    for _ in range(STEPS):
        r = np.ldexp(program.beta * (goal - S), -unit)
        right = np.concatenate([svec.svec(r[g]) for g in range(G)], axis=1)  # (T, G·size)
        if program.intercept:
            right = np.column_stack([right, np.zeros(T)])
        move = np.ldexp((step @ (right / np.where(norm > 0, norm, 1.0)).T), shift)
        if not np.isfinite(move).all() or not move.any():
            break
        fine = PRECISION - int(np.frexp(np.abs(move).max())[1])
        if fine > at:
            M, at = M << (fine - at), fine
        M = M + (np.array([int(v) for v in np.rint(np.ldexp(move, fine)).ravel()], dtype=object).reshape(M.shape)
                 << (at - fine))  # fmt: skip
        if program.intercept:
            for t in range(T):
                balanced(M[:, t])
        S = forms(program, M, at)
        if not np.isfinite(S).all():
            return None
        reached = float(_sphere(program, S)[0].max())
        if reached <= 1 + GOOD or not reached < 0.1 * last:
            break
        last = reached
    return M, at


def _written(value: Fraction) -> int | str:
    return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _short(value: Fraction) -> Fraction:
    """At most 80 significant bits of it, rounded down."""
    shift = value.numerator.bit_length() - value.denominator.bit_length() - 80
    unit = Fraction(2) ** shift
    return (value // unit) * unit


# ---- the constraint ---------------------------------------------------------------------------------------------


def _sphere(program: TrainingProblem, S: Array) -> tuple[Array, Array]:
    """The largest bound of every output, and (bound, multiplier) of every pool, output and sign."""
    G, T, k, _ = S.shape
    flat = S.reshape(G * T, k, k)
    if program.activation.lifted:
        found = sphere.extremes(flat[:, :-1, :-1], flat[:, :-1, -1], flat[:, -1, -1])
    else:
        found = sphere.extremes(flat, np.zeros((G * T, k)), np.zeros(G * T))
    pairs = np.stack([np.stack([e.bound, e.multiplier], -1) for e in found], 1).reshape(G, T, 2, 2)
    worst = pairs[..., 0].max(axis=(0, 2))
    return (worst if program.loss.separable else np.full(T, worst.max())), pairs


def _scales(program: TrainingProblem, nu: Array, limit: list[float]) -> list[float]:
    """The best s ≤ limit of every output; one for all where the loss couples them."""
    loss, nu, T = scaled(program).loss, scaled(program).multiplier(nu), nu.shape[1]
    if not loss.separable:
        return [loss.dual(nu, min(limit))[0]] * T
    return [loss.output(t).dual(nu[:, t : t + 1], limit[t])[0] for t in range(T)]


def _factors(program: TrainingProblem, S: Array, extremes: Array, s: list[float]) -> list[Any] | None:
    """δ and a rounded factor for every pool, output and sign; None where a matrix is not definite."""
    scale = sight(program).scale
    if sight(program).frames is not None:  # of the last coordinate the checker asks that δ ≥ 0
        S = np.delete(np.delete(S, len(scale), 2), len(scale), 3)
    G, T, k, _ = S.shape
    lifted, (unit, e) = program.activation.lifted, np.frexp(program.beta)
    e, unit = (int(e), float(unit)) if e % 2 == 0 else (int(e) + 1, 0.5 * float(unit))  # β = 2^e·unit, e even
    scale = np.append(scale, 1.0) if lifted else scale
    units = np.frexp(scale)[1] - 1
    out: list[Any] = []
    for g in range(G):
        out.append([])
        for t in range(T):
            pair = []
            for side, sign in enumerate((1.0, -1.0)):
                bound, lam = s[t] * extremes[g, t, side]
                slack = 1.0 - bound
                K, delta = -sign * s[t] * S[g, t], 0.0
                if lifted:
                    delta = lam + 0.5 * slack
                    K = K + np.diag(np.append(np.full(k - 1, delta), 1.0 - delta))
                else:
                    K = K + np.eye(k)
                try:
                    L = np.linalg.cholesky(K - 0.2 * slack * np.eye(k))
                except np.linalg.LinAlgError:
                    return None
                L *= np.sqrt(unit)
                f = 54 - int(np.frexp(np.abs(L).max())[1]) - int(units.min())
                B = np.rint(np.ldexp(L * scale[:, None], f))
                up = max(0, e // 2 - f)
                triangle = [[int(v) << up for v in row[: i + 1]] for i, row in enumerate(B)]
                entry: dict[str, Any] = {"factor": triangle, "bits": f - e // 2 + up}
                if lifted:
                    entry["delta"] = _written(Fraction(delta) * Fraction(program.beta))
                if units.any():
                    entry["units"] = units.tolist()
                pair.append(entry)
            out[-1].append(pair)
    return out
