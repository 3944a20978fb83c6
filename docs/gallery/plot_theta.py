"""
Lovász's number of cycles
=========================

:math:`α`, :math:`ϑ` and the fractional bound :math:`n/2` of odd cycles: :math:`ϑ` is proved, the set is there.
"""

import matplotlib.pyplot as plt
import networkx as nx

import copos

orders = range(5, 16, 2)
theta = [copos.theta(nx.cycle_graph(n)).value for n in orders]
alpha = [copos.maximum_stable_set(nx.cycle_graph(n)).lower for n in orders]
figure, axis = plt.subplots(figsize=(6, 4))
axis.plot(orders, [n / 2 for n in orders], ":", color="grey", label="n/2")
axis.plot(orders, theta, "o-", color="#0072b2", label="ϑ, proved")
axis.plot(orders, alpha, "s", color="#d55e00", label="α")
axis.set_xlabel("order of the cycle")
axis.legend()
plt.show()
