"""The claims of the page of findings: what was asked, what was known, what is not covered.

No number is typed here that a table holds; lines of published tables are quoted with their source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from findings import second


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
    published : lines of published tables that stand beside
    again : checks the table a second time, by other means; returns what was done, raises AssertionError
    method : what `again` does, in words
    """

    experiment: str
    which: str
    title: str
    asked: str
    known: str
    open: str
    published: tuple[Line, ...]
    again: Callable[[list[dict[str, object]]], str]
    method: str


CLAIMS = (
    Claim(
        "records", "full", "Bounds in the algebra of a group",
        "How far does level 1 of the hierarchy get on large problems with symmetry, if it is solved in the algebra of "
        "their group and proved in integers?",
        "tai256c is the largest open instance of QAPLIB. Its best bounds in print come from branching on a doubly "
        "nonnegative relaxation. For cliques of Paley graphs there are a closed form and a "
        "linear program on the neighbours of a point.",
        "Gvozdenović, Laurent and Vallentin (2009) computed a block-diagonal hierarchy in floating point for Paley "
        "graphs up to 809; their values are not compared here. Level 2 of tai256c is out of reach here.",
        (
            Line("FujiiKimKojimaMittelmannShinano2024, abstract",
                 "a new LB with 1.25% gap is successfully obtained, and computing an LB with 1.0% gap is shown to be "
                 "still quite difficult"),
            Line("MagsinoMixonParshall2019, table 1 (p, ω, closed form, linear program, with nonnegativity)",
                 "61 | 5 | 6.0000 | 5.9009 | 5.8886"),
            Line("MagsinoMixonParshall2019, table 1", "281 | 7 | 12.3427 | 11.9023 | 11.8916"),
        ),
        second.records,
        "every certificate is read back by the checker, which shares no code with the solver, and on tori of 4 × 4 "
        "points the minimum over all subsets is found by enumeration",
    ),
    Claim(
        "completion", "full", "Completion on a published distribution",
        "What can be proved of the best rank-r completion of a table, and how often do local searches miss it?",
        "Bertsimas, Cory-Wright, Lo and Pauphilet (arXiv 2305.12292, p = 2, γ = 80) give relative gaps at the root and "
        "after an hour of disjunctive branching, with semidefinite programs on 2 × 2 minors; the numbers stand beside.",
        "Their tables are not at hand: others are drawn from their distribution. Other sizes and ranks.",
        (),
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
        (),
        second.completion,
        "L-BFGS from 100 other starts with a gradient of its own ends nowhere below a proved bound",
    ),
    Claim(
        "ladder", "full", "Which lift is exact where",
        "On small weighted tables, which rung of the ladder of lifts proves the optimum, as the weights spread?",
        "Prakhya and Yurtsever prove that the lift over R_+ × S^n_+ × S^n_+ × S^n_+ is exact as a completely positive "
        "program; here its relaxations are asked.",
        "Gaussian tables of order 2 to 4, levels 0 and 1. Level 1 of the faithful lift is not among them: it did not "
        "end within an hour at order 2, on a busy machine.",
        (),
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
        (),
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
        (),
        second.descent,
        "the convex program of two tables, written again in cvxpy and solved by Clarabel, has the same optimum",
    ),
    Claim(
        "decay", "full", "Where the convex bound is tight under weight decay",
        "With squared weight decay, which leaves a nonconvex problem for activations with a linear term, where do the "
        "convex bound and the levels of the lift prove a network optimal?",
        "For ReLU networks squared decay is the sum of |α| over directions on the sphere. For quadratic activations it "
        "is not, so that the convex program is a bound only.",
        "Six samples in one or two dimensions, one or two neurons.",
        (),
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
        (),
        second.roots,
        "the largest clique is found by enumeration, and boxes of 20 variables are solved by HiGHS as mixed-integer "
        "programs on their first-order conditions",
    ),
)  # fmt: skip
