"""Programs in normal form: powers of two taken out of coordinates, equations, right-hand sides and objective."""

from copos.normal.form import NormalForm, normal_form
from copos.normal.scaled import times

__all__ = ["NormalForm", "normal_form", "times"]
