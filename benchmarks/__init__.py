"""Measurements, side by side in one run; slow, and never part of the tests."""
