"""The pentagon with a largest stable set, and what each level proves about its size."""

import matplotlib.pyplot as plt
import numpy as np

import copos
from copos.instances.graphs import cycle
from copos.support.plots import TRUTH, graph_with_set

C5 = cycle(5)
program = copos.stability_number(C5)
found = copos.bracket(program).found.solution
families = ("de-klerk-pasechnik", "pena-vera-zuluaga", "parrilo")
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
graph_with_set(C5, found, left)
for family in families:
    levels = range(6) if family == "de-klerk-pasechnik" else range(3)
    bounds = [program.interpret(copos.lower_bound(program, level, family).lower) for level in levels]
    finite = [(level, bound) for level, bound in zip(levels, bounds, strict=True) if np.isfinite(bound)]
    size = 3 * (len(families) - families.index(family))  # two families agree here: both remain visible
    right.plot(*zip(*finite, strict=True), "o-", label=family, markersize=3 + size, linewidth=size / 2)
right.axhline(2, color=TRUTH, linewidth=1)
right.set_xlabel("level")
right.set_ylabel("proved bound on α")
right.legend()
