"""Quadratic programs from other people's files, exactly: one file of code for a format."""
