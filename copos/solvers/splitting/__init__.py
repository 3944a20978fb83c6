"""The alternating direction method of multipliers for forms with many blocks."""

from copos.solvers.splitting.method import RENAMED, solve

__all__ = ["RENAMED", "solve"]
