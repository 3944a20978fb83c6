"""Weighted rank-one approximation: where random starts of local search end, and the proved bracket."""

import matplotlib.pyplot as plt
import numpy as np

import copos
from copos.reformulation.linear_network.exact_loss import Tables
from copos.reformulation.linear_network.low_rank import LowRankLoss
from copos.support.plots import PROVED

rng = np.random.default_rng(3)
Y, weights = rng.standard_normal((3, 3)), 10 ** rng.uniform(-2, 1, (3, 3))
loss = LowRankLoss.of(Tables(np.eye(3), Y, weights))
ends = np.sort([loss.value(loss.polish(rng.standard_normal((3, 3)), 1)) for _ in range(100)])
program = copos.linear_network(np.eye(3), Y, [3, 1, 3], lift="projection", weights=weights)
figure, axis = plt.subplots(figsize=(8, 3.4), layout="constrained")
axis.plot(np.arange(1, 101), ends, ".", color="C1", label="ends of 100 random starts, sorted")
for level in (0, 1):
    bound = copos.lower_bound(program, level)
    axis.axhline(bound.lower, color=PROVED, linestyle=("--", "-")[level], label=f"proved at level {level}")
axis.set_xlabel("start")
axis.set_ylabel("loss")
axis.legend()
