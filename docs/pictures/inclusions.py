"""Which approximation lies inside which: an arrow points from the smaller cone to the larger."""

import matplotlib.pyplot as plt

# name ↦ (column, row), columns are levels 0, 1, 2
NAMES = {"dd": r"DD$^{%d}$", "sdd": r"SDD$^{%d}$", "C": r"$C^{%d}$", "Q": r"$Q^{%d}$", "K": r"$K^{%d}$"}
ROWS = {"dd": 0.0, "sdd": 1.0, "C": 3.0, "Q": 2.4, "K": 1.7}
figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")


def arrow(start, end, **style):
    axis.annotate(
        "", end, start, arrowprops={"arrowstyle": "->", "shrinkA": 16, "shrinkB": 16, "color": "0.3", **style}
    )


for level in range(3):
    for name, text in NAMES.items():
        axis.text(2 * level, ROWS[name], text % level, ha="center", va="center", fontsize=14)
        if level:
            arrow((2 * level - 2, ROWS[name]), (2 * level, ROWS[name]))
    for one, two in (("dd", "sdd"), ("sdd", "K"), ("C", "Q"), ("Q", "K")):
        arrow((2 * level, ROWS[one]), (2 * level, ROWS[two]))
axis.text(6, 1.7, "COP", ha="center", va="center", fontsize=16)
for name in NAMES:
    arrow((4, ROWS[name]), (6, 1.7), linestyle="dotted")
axis.text(7.4, 1.7, "grid, vertices,\nmeasures: outside", ha="left", va="center", fontsize=11)
arrow((6, 1.7), (7.6, 1.7))
axis.set_xlim(-0.7, 9)
axis.set_ylim(-0.5, 3.5)
axis.set_axis_off()
