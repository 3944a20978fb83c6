"""Cones inside CP(K), which give upper bounds: of the cells of a partition, of measures, by pricing."""

from copos.inner.bound import inner_bound

__all__ = ["inner_bound"]
