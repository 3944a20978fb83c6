"""Tests; `contracts` holds what every member of a kind must satisfy."""
