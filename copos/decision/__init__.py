"""Machinery behind the exact decisions: rational algebra, local search, cover trees, factors, separators."""
