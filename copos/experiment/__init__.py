"""Questions asked over a grid of cases: rows in an append-only table, a picture, a paragraph made from the table."""

from copos.experiment.question import Experiment, find, grid, known
from copos.experiment.rows import of_bound
from copos.experiment.run import Outcome, run
from copos.experiment.table import Table

__all__ = ["Experiment", "Outcome", "Table", "find", "grid", "known", "of_bound", "run"]
