"""ReLU networks that are given: linear relaxations, slopes, and the tree of the signs of their neurons."""
