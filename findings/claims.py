"""The claims of the page of findings: what was asked, what was known, what is not covered.

No number is typed here that a table holds; lines of published tables stand in `published.toml` with their source.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from findings import second, second_matrices


@dataclass(frozen=True)
class Line:
    """A line of a published table, as it stands there, and where."""

    source: str
    text: str


@dataclass(frozen=True)
class Claim:
    """One section of the page.

    Attributes
    ----------
    experiment : its name; the table is NAME-SET.csv
    which : the set that the page shows
    title, asked, known, open : sentences
    again : checks the table a second time, by other means; returns what was done, raises AssertionError
    method : what `again` does, in words
    """

    experiment: str
    which: str
    title: str
    asked: str
    known: str
    open: str
    again: Callable[[list[dict[str, object]]], str]
    method: str

    @property
    def published(self) -> tuple[Line, ...]:
        """Lines of published tables that stand beside."""
        return tuple(Line(**line) for line in LINES.get(self.experiment, ()))


LINES = tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))
CLAIMS = (
    Claim(
        "records", "full", "Bounds in the algebra of a group",
        "How far does level 1 of the hierarchy get on large problems with symmetry, if it is solved in the algebra of "
        "their group and proved in integers?",
        "tai256c is the largest open instance of QAPLIB. Its best bounds in print come from branching on a doubly "
        "nonnegative relaxation. *With splits* and a number of rounds means that inequalities (t − k)(t − k − 1) ≥ 0 "
        "for whole combinations t of the variables are added. For cliques of Paley graphs there are a closed form and "
        "a linear program on the neighbours of a point. In the table *code*, *triples* and *constant* are A(n, d) and "
        "A(n, d, w), and *scheme* n w d is the graph on the words of n bits (w = 0) or on the w-sets of n things, "
        "adjacent at distance d.",
        "Gvozdenović, Laurent and Vallentin (2009) computed a block-diagonal hierarchy in floating point for Paley "
        "graphs up to 809; their values are not compared here. The bounds of codes by triples are those of Schrijver "
        "(2005), whose own table could not be read: beside them stands Brouwer's table, which later work with "
        "quadruples has improved but for A(28, 8) ≤ 32151. Level 2 of tai256c is out of reach here, and was "
        "not needed.",
        second.records,
        "every certificate is read back by the checker, which shares no code with the solver, on tori of 4 × 4 points "
        "the minimum over all subsets is found by enumeration, and the bound by triples of words is written again",
    ),
    Claim(
        "completion", "full", "Completion on a published distribution",
        "What can be proved of the best rank-r completion of a table, and how often do local searches miss it?",
        "Bertsimas, Cory-Wright, Lo and Pauphilet (arXiv 2305.12292, p = 2, γ = 80) give gaps, geometric means of "
        "upper / lower − 1, at the root with semidefinite programs on 2 × 2 minors, and after an hour of disjunctive "
        "branching; the lines of their tables stand below.",
        "Their tables are not at hand: others are drawn from their distribution, five of a kind. Cells are drawn again "
        "until every row and column has one, where theirs begin with a permutation. Other sizes and ranks.",
        second.completion,
        "L-BFGS from 100 other starts with a gradient of its own ends nowhere below a proved bound",
    ),
    Claim(
        "landscape", "full", "Where local search misses rank one",
        "How often does alternating least squares miss the optimum of rank-one completion, by the share of cells that "
        "is seen, noise and ridge?",
        "That alternating minimisation finds the optimum is proved for random tables with enough cells (Jain, "
        "Netrapalli and Sanghavi 2013); a miss is told from an optimum where the optimum is proved.",
        "Gaussian tables of order up to 10. Starts are Gaussian, too; those that use the data were not tried.",
        second.completion,
        "L-BFGS from 100 other starts with a gradient of its own ends nowhere below a proved bound",
    ),
    Claim(
        "weights", "full", "Where local search misses under weights",
        "How often does alternating least squares miss the optimum of weighted approximation, by the spread of the "
        "weights, size and rank?",
        "With equal weights the singular vectors are optimal; with others the problem is NP-hard already at rank one "
        "(Gillis and Glineur 2011), so that a miss is told from an optimum where the optimum is proved.",
        "Gaussian tables of order up to 8 (rank one) and 5 (rank two). Starts are Gaussian, too.",
        second.weights,
        "with equal weights the bound is compared with the closed form by singular values; with others, L-BFGS from "
        "100 starts ends nowhere below it",
    ),
    Claim(
        "ladder", "full", "Which lift is exact where",
        "On small weighted tables, which rung of the ladder of lifts proves the optimum, as the weights spread?",
        "Prakhya and Yurtsever prove that the lift over R_+ × S^n_+ × S^n_+ × S^n_+ is exact as a completely positive "
        "program; here its relaxations are asked.",
        "Gaussian tables of order 2 to 4, levels 0 and 1. Level 1 of the faithful lift is not among them: it did not "
        "end within an hour at order 2, on a busy machine.",
        second.ladder,
        "with equal weights the bound is compared with the closed form by singular values; with others, L-BFGS from "
        "100 starts ends nowhere below it",
    ),
    Claim(
        "clusters", "full", "How often KMeans is optimal",
        "How often does scikit-learn's KMeans, as it comes (one run from k-means++), end at an optimal clustering?",
        "Runs end in local optima; which of them is the optimum is known where it is proved. Exact methods for k-means "
        "have long solved tables of this size; scikit-learn's defaults are not what they measure.",
        "Tables of up to 569 rows. Runs with n_init above 1, which miss less often. Certificates about the two tables "
        "of 500 rows and more name the table by its hash, and are not in the manifest.",
        second.clusters,
        "SciPy's kmeans2 from 1,000 starts ends nowhere below a proved bound",
    ),
    Claim(
        "descent", "full", "Descent on polynomial networks",
        "How far from the proved optimum do SGD, Adam and L-BFGS end on tables that scikit-learn ships, and does it "
        "matter for the test score?",
        "Training such a network with its directions on the sphere is a semidefinite program (Bartan and Pilanci "
        "2021), so a distance from the optimum can be measured.",
        "600 steps each. Learning rates were not tuned for each table. Networks are as wide as the optimum needs; "
        "wider ones were not tried.",
        second.descent,
        "the convex program of two tables, written again in cvxpy and solved by Clarabel, has the same optimum",
    ),
    Claim(
        "relu_descent", "full", "Descent on ReLU networks",
        "How far from the proved optimum do SGD, Adam and L-BFGS end on ReLU networks with two inputs, on tables that "
        "scikit-learn ships?",
        "Training such a network with weight decay is a convex program over the cells of an arrangement (Pilanci and "
        "Ergen 2020); with two inputs there are as many cells as twice the samples.",
        "Two inputs, one output, no bias; 600 steps each, 50 neurons. Learning rates were not tuned for each table.",
        second.relu_descent,
        "the residuals of the network that is claimed optimal, scaled until no direction of 100,000 on the circle "
        "violates the constraint of the dual, give a lower bound in doubles",
    ),
    Claim(
        "decay", "full", "Where the convex bound is tight under weight decay",
        "With squared weight decay, which leaves a nonconvex problem for activations with a linear term, where do the "
        "convex bound and the levels of the lift prove a network optimal?",
        "For ReLU networks squared decay is the sum of |α| over directions on the sphere. For quadratic activations it "
        "is not, so that the convex program is a bound only.",
        "Six samples in one or two dimensions, one or two neurons.",
        second.decay,
        "L-BFGS from 100 other starts, with gradients by differences, ends nowhere below a proved bound",
    ),
    Claim(
        "roots", "full", "What the doubly nonnegative bound leaves",
        "On quadratic programs over boxes and simplices, how often is the doubly nonnegative bound exact, and what "
        "closes the rest?",
        "The bound is known to be strong on boxes; on the simplex it is θ' of Schrijver for the programs of Motzkin "
        "and Straus.",
        "Instances are drawn from the published distributions. Boxes of at most 50 variables, graphs of at most 30 "
        "vertices.",
        second.roots,
        "the largest clique is found by enumeration, and boxes of 20 variables are solved by HiGHS as mixed-integer "
        "programs on their first-order conditions",
    ),
    Claim(
        "gaps", "full", "Root gaps beside those in print",
        "On instances and constructions of the literature, what do level 0, local levels and level 1 leave at the "
        "root, beside the gaps in print?",
        "For the boxes of Vandenbussche and Nemhauser and of Burer a public repository, which is not refereed, gives "
        "the gap of semidefinite, McCormick and triangle inequalities, and finds that whatever else holds for the "
        "moments of three coordinates adds hardly anything. For the copositive construction of Bomze, Peng, Qiu and "
        "Yıldırım (arXiv 2406.01239) their repository gives doubly nonnegative bounds of −0.075 to −0.104 (column "
        "optimal_val_D1B) where the optimum without a limit on the support is 0.",
        "Boxes of 90 variables and more; level 1 on boxes. The matrices of the construction come from random numbers "
        "of our own, and the published bounds are those of the program with a limit on the support, the largest one.",
        second_matrices.gaps,
        "no bound is above the optimum that the authors of the boxes give, and level 0 of small programs is written "
        "again, in the variables themselves, and solved by Clarabel",
    ),
    Claim(
        "smallest", "full", "The smallest doubly nonnegative matrix that is not completely positive",
        "How small can an integer matrix be that is doubly nonnegative and not completely positive, by order, then by "
        "trace?",
        "Order four is not enough (Maxfield and Minc 1962). B(3) = [[1,1,0,0,1], [1,2,1,0,0], [0,1,2,1,0], "
        "[0,0,1,1,1], [1,0,0,1,3]], of trace 9, is an example from the literature.",
        "Order six and more. The instances of this package leave no other question about doubly nonnegative matrices "
        "open: their families are decided for every parameter, and the one condition that rests on numbers, when a "
        "scaled Horn matrix is in level 1, is about copositive matrices.",
        second_matrices.smallest,
        "semidefiniteness is decided by principal minors, and complete positivity refuted by the scaled Horn matrix, "
        "through the copositivity of a Hadamard product, support by support",
    ),
)  # fmt: skip
