"""Inputs in balls: what they cost, in exact arithmetic, beside the samples that own them; and their work."""

from fractions import Fraction

import numpy as np
import pytest

from copos.checker import check, check_reading
from copos.checker.check_losses import Losses
from copos.checker.check_reading import Rejected, Unreadable
from copos.checker.check_robust import inputs
from tests.checker.forgeries_polynomial import BALL, BALLS, WORST, network
from tests.checker.test_certificate_truths import plain, rational


def given(points, owners, weights):
    return {"points": [[plain(v) for v in row] for row in points], "owners": owners,
            "weights": [plain(w) for w in weights]}  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_the_boundary_of_a_ball_belongs_to_it(seed):
    """Pythagorean moves of length 5t: the radius 5t allows them, a little less does not."""
    rng = np.random.default_rng(seed)
    n, unit, t = 3, int(rng.integers(1, 9)), abs(rational(rng)) + Fraction(1, 7)
    samples = rng.integers(-9, 9, size=(n, 2)).tolist()
    owners = rng.integers(n, size=5).tolist()
    points = [[Fraction(a, unit) + s * t * 3, Fraction(b, unit) - 4 * t]
              for s, (a, b) in ((int(rng.choice([-1, 1])), samples[o]) for o in owners)]  # fmt: skip
    own = [Fraction(owners.count(i)) / 3 + (not owners.count(i)) for i in range(n)]
    losses = Losses("squared", 0, [[v] for v in range(n)], own)
    whole, common, at = inputs(samples, unit, losses, 5 * t, given(points, owners, [Fraction(1, 3)] * 5))
    assert [[Fraction(v, common) for v in row] for row in whole] == points
    assert at == Losses("squared", 0, [[o] for o in owners], [Fraction(1, 3)] * 5)
    with pytest.raises(Rejected, match="outside of the ball"):
        inputs(samples, unit, losses, 5 * t * (1 - Fraction(1, 10**9)), given(points, owners, [Fraction(1, 3)] * 5))
    with pytest.raises(Rejected, match="more than its own"):
        more = [Fraction(1, 3)] * 4 + [Fraction(1, 3) + Fraction(1, 10**9)]
        inputs(samples, unit, losses, 5 * t, given(points, owners, more))


def test_the_claim_speaks_of_the_samples_and_of_the_radius():
    said = check.check(network(BALLS, {"value": 0})).claim
    assert said.startswith("Σ w_i ½(f − y)² at the worst inputs within 1/2 of the samples + 1/2 Σ|α_j| ≥ 0")
    assert "on 2 samples" in said and "worst" not in check.check(network()).claim
    assert "on 1 samples" in check.check(network(BALL, WORST)).claim


def work(samples, points, bits):
    """Whether so many units are enough."""

    def enough(units):
        token = check_reading._LEFT.set([units])
        try:
            weights = [Fraction(1, (1 << bits) + 1)] * points
            inputs([[0]] * samples, 1, Losses("squared", 0, [[0]] * samples, [points] * samples), 1,
                   given([[0]] * points, [0] * points, weights))  # fmt: skip
        except Unreadable as refusal:
            assert "inputs in balls: too much work" in str(refusal)
            return False
        finally:
            check_reading._LEFT.reset(token)
        return True

    return enough


@pytest.mark.parametrize(("samples", "points", "bits", "units"), [
    (1, 1, 0, 6), (1, 10, 0, 42), (10, 1, 0, 24), (1, 1, 600, 36), (3, 2, 300, 28),
])  # fmt: skip
def test_work_is_counted(samples, points, bits, units):
    enough = work(samples, points, bits)
    assert enough(units) and not enough(units - 1)
