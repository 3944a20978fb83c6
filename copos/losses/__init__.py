"""Convex losses and their conic rows."""
