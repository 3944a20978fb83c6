"""What holds of a ReLU network on a box or a ball, proved: c'f(x) + offset ≥ 0, or a point where it is negative."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down, rounded_up, written
from copos.bounding.bounds import bracket
from copos.certificate import Certificate, Verdict
from copos.reformulation.relu_given import GivenNetwork, given_network
from copos.reformulation.relu_points import low_point
from copos.reformulation.relu_verification import program_of
from copos.relu.ranges import Ranges
from copos.relu.tree import Tree
from copos.support import options
from copos.support.interrupts import deferred
from copos.support.looks import html_table, short
from copos.support.threads import on_one_blas_thread

LARGE = 600  # hidden neurons: of more the ranges come from one backward pass, not from linear programs
UNIT = 1e-9  # of the objective's unit: a gap that is closed where the minimum is 0


class Row(NamedTuple):
    """A lower bound by one method: its name, the bound, is it proved, seconds of wall time."""

    method: str
    lower: float
    proved: bool
    seconds: float


@dataclass(frozen=True, eq=False)
class ReLUVerdict:
    """lower ≤ min c'f(x) + offset ≤ upper over the region, and the answer to "is it ≥ 0 everywhere?".

    Attributes
    ----------
    verdict : "proved" (lower ≥ 0), "counterexample" (upper < 0 at `point`), or "open"
    lower, upper : rounded outward; the bound is proved, the upper one is the value at `point`, computed exactly
    point : (n_0,) the best point of the region that is known, as doubles
    certificate, point_certificate : proofs about the network; `.save(path)`, then `copos verify`
    bounds : lower bounds by method: intervals, the linear program before any sign is decided, levels, the tree
    nodes, undecided : of the tree, and hidden neurons whose range has 0 inside
    closed : is the gap within the tolerance? Where none was given: is there a verdict?
    reason : why the search ended
    network : what was asked
    """

    verdict: str
    lower: float
    upper: float
    point: NDArray[np.float64]
    certificate: Certificate | None
    point_certificate: Certificate | None
    bounds: tuple[Row, ...]
    nodes: int
    undecided: int
    closed: bool
    reason: str
    network: GivenNetwork

    @property
    def gap(self) -> float:
        """Upper − lower."""
        return self.upper - self.lower

    @property
    def proved(self) -> bool:
        """Is there a proof of the lower bound?"""
        return self.certificate is not None

    def verify(self) -> Verdict:
        """Check the proof of the lower bound against the network, in exact arithmetic."""
        if self.certificate is None:
            return Verdict(False, "", f"there is no proof: {self.reason}")
        return self.certificate.verify(self.network.plain, self.network.tables)

    def table(self) -> str:
        """The lower bounds by method, one a line."""
        lines = [f"{'method':<16} {'lower bound':>16} {'proved':>7} {'seconds':>8}"]
        lines += [f"{r.method:<16} {r.lower:>16.9g} {'yes' if r.proved else 'no':>7} {r.seconds:>8.2f}"
                  for r in self.bounds]  # fmt: skip
        return "\n".join(lines)

    def _shown(self) -> list[tuple[str, Any]]:
        names = ("verdict", "lower", "upper", "nodes", "undecided", "closed", "reason")
        return [(name, getattr(self, name)) for name in names]

    def __repr__(self) -> str:
        return f"ReLUVerdict({', '.join(f'{name}={short(v)}' for name, v in self._shown())})"

    def _repr_html_(self) -> str:
        return html_table("ReLUVerdict", self._shown())


@on_one_blas_thread
def relu_verdict(
    weights: Sequence[Any], biases: Sequence[Any], lower: Any, upper: Any, c: Any, offset: Any = 0.0, *,
    radius: Any = None, tolerance: float | None = None, time_limit: float | None = None, max_nodes: int = 50_000,
    levels: Sequence[int] = (), seed: int = 0,
) -> ReLUVerdict:  # fmt: skip
    """Is c'f(x) + offset ≥ 0 on the region, f(x) = W_L max(… max(W_1 x + b_1, 0) …, 0) + b_L? Proved, or a point.

    Parameters
    ----------
    weights, biases : W_k (n_k, n_{k−1}) and b_k (n_k,); floats mean their dyadic values, text and Fractions themselves
    lower, upper : (n_0,) the box, or a number for all inputs
    c : (n_L,) of the outputs
    offset : a number
    radius : the region is the ball |x − lower| ≤ radius instead, and `upper` is None
    tolerance : go on until upper − lower ≤ tolerance·|upper|; None: until there is a verdict
    time_limit : seconds of wall time of the search; proving what was found takes as long again at most
    max_nodes : of the tree
    levels : levels of the completely positive program (`copos.relu_verification`) whose bounds stand in the table, too
    seed : of the search for points

    Returns
    -------
    ReLUVerdict
        Its certificate is about the weights as they are: `copos verify proof.json --network network.npz`. Ctrl-C ends
        the search of the tree, and what was found is proved.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or the region is empty.

    References
    ----------
    [Ehlers2017], [BunelEtAl2018], [BrownEtAl2022]

    Examples
    --------
    >>> W, b = [[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]]      # f(x) = |x|
    >>> relu_verdict(W, b, [-1.0], [2.0], [1.0]).verdict
    'proved'
    >>> found = relu_verdict(W, b, [-1.0], [2.0], [-1.0], 1.5)           # 1.5 − |x| on [−1, 2]
    >>> found.verdict, found.point.tolist(), found.upper
    ('counterexample', [2.0], -0.5)
    """
    begin = time.perf_counter()
    network = given_network(weights, biases, lower, upper, c, offset, radius)
    limit = options.seconds(time_limit)
    small = None if tolerance is None else options.tolerance(tolerance)
    count, seed = options.count(max_nodes, "max_nodes", 1), options.count(seed, "seed")

    def left() -> float:
        return np.inf if limit is None else limit - (time.perf_counter() - begin)

    low = network.interval_bounds[0]
    rows = [Row("intervals", rounded_down(low), True, time.perf_counter() - begin)]
    ranges = Ranges(network)
    ranges.work(left, sum(network.widths[1:-1]) <= LARGE)
    tree = Tree(ranges, *low_point(network, seed))
    unit = UNIT * 2.0**tree.unit

    def enough(a: float, b: float) -> bool:
        if small is None:
            return a >= 0 or (b < 0 and network.value(network.inside(tree.point)) < 0)
        return b - a <= max(small * abs(b), min(small, 1.0) * unit)

    tree.grow(lambda a, b: True, lambda: np.inf, 1)
    root, _ = tree.prove(-np.inf)
    assert root is not None
    rows.append(Row("linear program", rounded_down(root), True, time.perf_counter() - begin))
    reason = _grown(tree, enough, left, count)
    value, certificate = proved(network, tree)
    exact = network.inside(tree.point)
    at = network.value(exact)
    if small is None and at >= 0 and value is not None and -tree.doubt <= value < 0:
        # of leaves that are 0 up to rounding the exact slopes may come with more signs
        reason = _grown(tree, lambda a, b: a >= tree.doubt or b < 0, left, count)
        value, certificate = proved(network, tree)
        exact = network.inside(tree.point)
        at = network.value(exact)
    attained = Certificate("upper bound", network.plain, {"value": written(at), "point": [written(v) for v in exact]})
    verdict = "counterexample" if at < 0 else "proved" if value is not None and value >= 0 else "open"
    ends = -np.inf if value is None else rounded_down(value), rounded_up(at)
    rows.append(Row("tree", ends[0], value is not None, time.perf_counter() - begin))
    closed = verdict != "open" if small is None else bool(enough(*ends))
    rows[2:2] = [_level(network, level) for level in levels]
    undecided = sum(l < 0 < u for layer in ranges.of for l, u in layer)
    return ReLUVerdict(verdict, *ends, np.array([float(v) for v in exact]), certificate, attained, tuple(rows),
                       len(tree.nodes), undecided, closed, reason, network)  # fmt: skip


def _grown(tree: Tree, enough: Callable[[float, float], bool], left: Callable[[], float], count: int) -> str:
    """Decide signs; Ctrl-C ends the search between two nodes, and what was found is proved."""
    reason = "interrupted"
    with suppress(KeyboardInterrupt), deferred() as pressed:
        reason = tree.grow(enough, lambda: -1.0 if pressed() else left(), count)
        if pressed():
            reason = "interrupted"
    return reason


def proved(network: GivenNetwork, tree: Tree) -> tuple[Fraction | None, Certificate | None]:
    """The bound that the checker accepts, with its certificate."""
    value, proof = tree.prove(0.0)
    certificate = Certificate("lower bound", network.plain, proof)
    if value is None or not certificate.verify(None, network.tables).proved:
        return None, None
    return value, certificate


def _level(network: GivenNetwork, level: int) -> Row:
    """The bound of a level of the completely positive program."""
    begin = time.perf_counter()
    found = bracket(program_of(network), level=level)
    return Row(f"level {level}", found.lower, found.proved, time.perf_counter() - begin)
