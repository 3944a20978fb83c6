"""Forgeries about programs and matrices: identities, trees, charts, multipliers, factors, scalings, broken files."""

from tests.checker.building import (
    BALL,
    BIG,
    BINARY,
    CONE,
    CROSS,
    GOOD,
    HALF,
    MATRICES,
    NEARLY,
    NEGATIVE,
    ONE,
    SCALING,
    SIMPLEX,
    SUM,
    TWO,
    USED,
    arrow,
    copositive,
    cover,
    doc,
    form,
    gram,
    identity,
    leaf,
    local,
    lorentz,
    lower,
    matrix,
    multiplier,
    program,
    psd,
    ray,
    simplices,
    spn,
    tree,
    upper,
)

# the refusal (a pattern) ↦ certificates; a tuple has the problem and the data asked about, too; a string is the text of
# a file; a function is called, for what documents do not reach
ROWS = {
    # check.py
    "not plain JSON": [{**GOOD, "problem": {1.5: 2, "a": float("nan")}}, {**GOOD, "problem": {"type": {1, 2}}}],
    "a dual proof speaks": [{"format": "copos dual proof"}],
    "expected format": [{**GOOD, "version": 2}, {**GOOD, "version": True}, {**GOOD, "format": "copos"}],
    "kind must be one of": [{**GOOD, "kind": "true"}, {**GOOD, "kind": 1}],
    "does not have the hash": [
        {**GOOD, "problem": matrix([1, 2], [2, 1])}, {**GOOD, "sha256": "0" * 64}, {**GOOD, "sha256": None},
    ],
    "about another problem": [(GOOD, matrix([1, 2], [2, 1])), (GOOD, {})],
    "is about a problem of type": [
        doc("lower bound", NEGATIVE, {}), doc("completely positive", SIMPLEX, {}), doc("copositive", {"type": [1]}, {}),
        doc("copositive", [], {}), doc("copositive", None, {}), doc("copositive", {"type": "polynomial"}, {}),
    ],
    "rounded must be true": [doc("lower bound", HALF, {**lower(HALF, 1, ["1/2"])["proof"], "rounded": 1})],
    "the proof gives 1/2, not 1$": [lower(HALF, 1, ["1/2"]), lower(HALF, 1, ["1/2"], rounded=True)],
    "the proof gives 1/2, not 0.5… ": [lower(HALF, "4503599627370497/9007199254740992", ["1/2"])],
    "rounding needs x_0² = 1 as the only equation": [
        lower(program(1, objective=form((0, 0, 1)), equations=[(ONE, "1/2")]), 1, [1], rounded=True),
        lower(program(1, objective=form((0, 0, 1)), equations=[(form((0, 0, 2)), 1)]), 1, ["1/2"], rounded=True),
        lower(program(1, objective=form((0, 0, 1)), equations=[(ONE, 1), (ONE, 1)]), 1, ["1/4", "1/4"], rounded=True),
        lower(program(1, objective=form((0, 0, 1))), 0, [], rounded=True),
    ],
    "rounding needs x_0² = 1 and an objective": [
        lower(program(1, equations=[(ONE, 1)]), 1, [0], rounded=True),
        lower(program(objective=form((0, 1, 1)), equations=[(form((0, 1, 1)), 1)]), 1, ["1/2"], rounded=True),
    ],
    "rounding needs x_j² = x_0x_j": [
        # min x_1² − x_0x_1, x_0² = 1, is −1/4
        lower(program(objective=form((0, 0, 1), (1, 1, 1), (0, 1, -1)), equations=[(ONE, 1)]), 1, ["1/2"], rounded=True,
              terms=[{"rows": [[0], [1]], "gram": {"factor": [[1], [-1]], "weights": ["1/2"]}}]),
        *[lower(program(objective=form((1, 1, 1)), equations=[(ONE, 1)], vanishing=[E]), 1, [0], rounded=True)
          for E in (form((1, 1, 2), (0, 1, -1)), form((1, 1, 1), (0, 1, -1), (0, 0, 1)), form((0, 0, 1), (0, 1, -1)))],
        # x_1x_2 = x_0x_1 says nothing of x_1 where x_2 = x_0: the minimum is 3/4
        lower(program(3, objective=form((0, 0, 1), (1, 1, 1), (0, 1, -1)), equations=[(ONE, 1)],
                      vanishing=[form((1, 2, 1), (0, 1, -1))]), 1, ["3/4"], rounded=True,
              terms=[{"rows": [[0], [1]], "gram": {"factor": [[1], [-2]], "weights": ["1/4"]}}]),
    ],
    "rounding needs x_j² = x_0x_j for every": [
        # 2x_1² − x_0x_1 − x_0² = 0 at x_1 = x_0 and at x_1 = −x_0/2: the minimum of x_1² is 1/4
        lower(program(2, ray(0), [[0, 1]], form((1, 1, 1)), [(ONE, 1)], [form((1, 1, 2), (0, 1, -1), (0, 0, -1))]), 1,
            ["1/16"],
              multipliers=[[0, "1/8"]], rounded=True),
    ],
    "b'y is not positive": [
        doc("infeasible", program(equations=[(SUM, 1)]), {"y": [0], **identity()}),
        doc("infeasible", program(equations=[(SUM, 1)]), {"y": [-1], **identity()}),
    ],
    "a problem without equations": [
        copositive(program(objective=ONE, equations=[(ONE, 0)])),
        doc("not copositive", program(1, objective=form((0, 0, -1)), equations=[(ONE, 0)]), {"point": [1]}),
    ],
    "violates a vanishing form": [
        upper(program(objective=form((0, 1, -1)), equations=[(SUM, 4)], vanishing=[form((0, 1, 1))]), -1, (1, [1, 1])),
        # <E, Y> = 0 for the mixture, E = x_1² − x_0x_1, but 2 and −1/4 at its atoms: Y is in no level's cone
        upper(program(objective=form((0, 1, -1)), equations=[(ONE, 9)], vanishing=[BINARY]), -12,
              (1, [1, 2]), (8, [1, "1/2"])),
        upper(program(objective=form((0, 1, -1)), equations=[(ONE, 1)], vanishing=[BINARY]), -1, (1, [1, 1]),
              (0, [1, 2])),  # at an atom of weight 0
    ],
    "a weight is negative": [
        upper(SIMPLEX, 0, (2, [1, 0]), (-1, [0, 1])),
        upper(SIMPLEX, "1/4", (1, [1, 0]), ("-1/2", [0, 1]), ("1/2", [0, 1]), ("-1/16", [2, 2]), ("1/4", [2, 0])),
    ],
    "an equation does not hold exactly": [
        upper(SIMPLEX, 0, (1, [0, 0])), upper(SIMPLEX, "1/4", ("1/2", [1, 0])), upper(SIMPLEX, 0),
        # the sum of squares is met by the mixture, the square of the sum by neither it nor its atoms; and the reverse
        upper(program(objective=form((0, 0, 1)), equations=[(form((0, 0, 1), (1, 1, 1)), 1), (SUM, 2)]), 0,
              ("1/2", [0, 1]), ("1/2", [1, 0])),
        upper(TWO, 0, ("1/2", [0, 1]), ("1/2", [0, "999999/1000000"])),
    ],
    "block 1 of the cone is not": [  # Y = [[1, 0], [0, 1]] is completely positive; these atoms of it are not in K
        upper(program(objective=form((0, 0, 1), (0, 1, -2)), equations=[(form((0, 0, 1), (1, 1, 1)), 2)]), 1,
              ("1/2", [1, 1]), ("1/2", [1, -1])),
    ],
    "the objective is 1, above 1/2": [upper(SIMPLEX, "1/2", (1, [1, 0]))],
    "the form is not negative": [
        doc("not copositive", program(objective=form((0, 0, 1), (0, 1, -2), (1, 1, 1))), {"point": [1, 1]})
    ],
    "at most 268435456 bytes": ["long file"],
    "cannot be read": ["no file", b"\xff\xfe{}"],
    "not a regular file": ["folder"],
    # check_tree.py, check_branched.py
    "the tree ends before every cell": [
        tree(CROSS, 0, {"cut": [[1, 1]]}, leaf([0])), tree(CROSS, 0),
        simplices(SIMPLEX, 1, {"split": [0, 1, 1, 1]}, {"y": ["1/2"]}), simplices(SIMPLEX, 5),
    ],
    "at most 2000 cuts": [tree(CROSS, 0, *[{"cut": [[1, 1]]}] * 2001, leaf([0]))],
    "the tree has items left over": [
        tree(SIMPLEX, 0, leaf([0]), leaf([0])), simplices(SIMPLEX, 0, {"y": [0]}, {"y": [0]}),
    ],
    "different multipliers of equation 0": [
        # C = A = x_0² − x_1² has no sign; y = 0 where x_0 ≥ x_1, y = 1 elsewhere: "<A, Y> ≥ 0" where it is −1
        tree(program(objective=lorentz(0, 1), equations=[(lorentz(0, 1), -1)]), 0, {"cut": [[0, 1], [1, -1]]},
             leaf([0], terms=[{"blocks": [2, v], "rows": [[0, 0]], "gram": {"factor": [[1]]}} for v in (0, 1)]),
                 leaf([1]))
    ],
    "different multipliers of equation 0, whose": [
        # A = x_0² − 5/2 x_0x_1 + x_1² = a² + 3/2 a x_1 with a = x_0 − 2x_1, and −1/2 at (1, 1)
        tree(program(objective=NEARLY, equations=[(NEARLY, "-1/2")]), 0, {"cut": [[0, 1], [1, -2]]},
             leaf([0], terms=[{"blocks": [2, 2], "rows": [[0, 0]], "gram": {"factor": [[1]]}},
                              {"blocks": [2, 1], "rows": [[0, 0]], "gram": {"factor": [[1]], "weights": ["3/2"]}}]),
                                  leaf([1]))
    ],
    "simplices cover the orthant": [simplices(CROSS, 0, {"y": [0]})],
    "an edge has two vertices": [simplices(SIMPLEX, 1, {"split": [0, 0, 1, 1]}, {"y": [1]}, {"y": [1]})],
    "a vertex has too many digits": [
        simplices(SIMPLEX, 0, {"split": [0, 1, 1, 2**6999 - 1]}, {"split": [0, 1, 2**6999 - 2, 1]})
    ],
    "the identity does not hold: what is left": [
        lower(SIMPLEX, "2/3", ["2/3"]),
        tree(CROSS, 0, {"cut": [[1, 1]]}, leaf([0]), leaf([0])),  # x_0x_1 < 0 where x_1 < 0
        tree(CROSS, 0, {"cut": [[1, -1]]}, leaf([0]), leaf([0])),
        # a cut that cuts nothing, and one that is made twice
        tree(CROSS, 0, {"cut": []}, leaf([0]), leaf([0])),
        tree(CROSS, 0, {"cut": [[1, 1], [1, -1]]}, leaf([0]), leaf([0])),
        tree(CROSS, 0, {"cut": [[1, 1]]}, {"cut": [[1, 1]]}, leaf([0]), leaf([0]), leaf([0])),
        gram(factor=[[0], [0]]),
        gram(factor=[[1], [1]]),
        gram(factor=[[2], [2]], bits=1),
        copositive(program(blocks=ray(0), objective=form((0, 1, 1)))),
        copositive(program(blocks=[*ray(0), {"order": 1, "entries": [[0, 0, 1, -1]]}], objective=form((0, 1, 1)))),
        copositive(program(blocks=[*ray(0), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, 1]]}], objective=form((0,
            1, 1)))),
        copositive(program(objective=form((0, 0, 1), (1, 1, 1), (0, 1, "-2000001/1000000")))),
        copositive(program(objective=form((0, 0, 1), (1, 1, 1), (0, 1, -3))), scales=[2, 2]),
        copositive(program(objective=form((0, 0, -1)), vanishing=[form((0, 1, 1))]), multipliers=[[0, 1]]),
        doc("infeasible", program(equations=[(SUM, 1)]), {"y": [1], **identity()}),
        copositive(NEGATIVE, method="level", level=1, weights=[1, 1], terms=[]),
    ],
    "monomial of odd degree is left": [
        # x_0F = −x_1E for F = −x_1(x_0 + x_1) and E = x_0(x_0 + x_1), which has x_1 outside of S = {0}: F(0, 1) = −1
        lower(program(objective=form((0, 1, -1), (1, 1, -1)), equations=[(form((0, 0, 1), (1, 1, 1)), 1)],
                      vanishing=[form((0, 0, 1), (0, 1, 1))]), 0, [0],
              terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 1, -1), (1, 1, -1)), 0, level=1, multipliers=[[0, 1, -1]])]),
        # a generator of K that has x_1 outside of S = {0}
        lower(program(generators=[form((0, 0, 1), (1, 1, -1))], objective=form((0, 0, 1), (1, 1, -1)),
                      equations=[(ONE, 1)]), 0, [0],
              terms=[{"generators": [1], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 0, 1), (1, 1, -1)), 0, level=1,
                           terms=[{"blocks": [0], "generators": [0], "rows": [[0]], "gram": {"factor": [[1]]}}])]),
        # the block x_1 ≥ 0 has a variable outside of S = {0}
        lower(SIMPLEX, 1, [1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 1, -2)), 0, level=1, terms=[{"products": [[0, 0, 1, 5]]}])]),
        # −x_1² ≥ 0 where x_0 > 0 and x_0x_1 = 0; but with S = {0} nothing says that x_1 is 0 where x_0 is not
        lower(program(3, objective=form((1, 1, -1)), equations=[(form((0, 0, 1), (1, 1, 1), (2, 2, 1)), 1)],
                      vanishing=[form((0, 1, 1))]), 0, [0],
              terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((1, 1, -1)), 0, level=1, multipliers=[[0, 1, -1]])]),
        # x_1³ has no sign; nor has x_0x_1²·(−1) with x_0 ≥ 0 alone, since nothing of odd degree bounds |x_1|³
        copositive(program(blocks=ray(0), objective=form((1, 1, -1))), level=1),
        copositive(program(blocks=ray(0), unit=[[1, 1]], objective=form((1, 1, 1))), level=1),
    ],
    # check_charts.py
    "chart must be one of": [copositive(CONE, chart="polar"), copositive(CONE, chart=[])],
    "a chart knows the cone only": [copositive(program(1, objective=ONE, stated=[[[0, 1]]]), chart="squares")],
    "depends on the direction v": [copositive({**CONE, "unit": [[0, 2], [1, 1]]}, chart="frames", level=1)],
    "a generator is not t² − |u|²": [
        copositive({**CONE, "generators": [g]}, chart="squares")
        for g in (form((0, 0, 1), (1, 1, -2)), form((0, 0, 2), (1, 1, -1)), form((0, 1, 1)), form((0, 0, -1), (1, 1,
            -1)))
    ],
    "has the head of another cone": [copositive({**CONE, "generators": [lorentz(0, 1)]}, chart="squares")],
    "is no variable ≥ 0, second-order": [
        copositive({**CONE, "generators": [], "blocks": [b]}, chart="squares")
        for b in ({"order": 1, "entries": [[0, 0, 0, -1]]}, {"order": 1, "entries": []}, psd(2, 0, 1, 1),
                  {"order": 2, "entries": [[0, 0, 0, 1], [0, 1, 1, 2], [1, 1, 2, 1]]},
                  {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, 1]]})
    ],
    "every variable exactly once": [
        copositive({**CONE, "generators": [], "blocks": ray(0, 1)}, chart="squares"),
        copositive({**CONE, "generators": [], "blocks": ray(0, 1, 2, 0)}, chart="squares"),
        copositive({**CONE, "generators": [lorentz(0, 1)], "blocks": ray(1, 2)}, chart="squares"),
    ],
    "no frames with finitely many": [copositive(MATRICES, chart="frames")],
    # check_identity.py
    "the common denominator is too large": [
        copositive(program(objective=[[0, 0, f"1/{BIG + k}"] for k in range(1)] + [[0, 1, f"1/{BIG + 2 * k + 1}"]
                                     for k in range(40)])),
    ],
    "a weight of a product is negative": [
        copositive(program(objective=form((0, 1, -1))), terms=[{"products": [[0, 1, -1]]}]),
    ],
    "a product has a block that is a matrix": [copositive(MATRICES, terms=[{"products": [[0, 0, 1]]}])],
    # a local form that is not nonnegative, one that no level has proved, one with the multiplier of other variables
    "the identity does not hold: what is left over": [
        lower(SIMPLEX, 1, [1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 1, -2)), 0, 1)]),
        tree(SIMPLEX, 1, leaf([1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
                              local=[local(form((0, 1, -2)), 0, 1)])),
        doc("lower bound", SIMPLEX, {"value": 1, "local": [local(form((0, 1, -2)), 0, 1)], "tree": [
            leaf([1], terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}])]}),
    ],
    # a local form that needs itself, the next one, the form of another leaf, or the cut of a leaf beside the tree
    "generator must be an integer from 0 to -1": [
        lower(SIMPLEX, 1, [1], terms=USED, local=[local(form((0, 1, -2)), 0, 1, terms=USED)]),
        lower(SIMPLEX, 1, [1], terms=USED, local=[
            local(form((0, 1, -2)), 0, 1, terms=[{**USED[0], "generators": [1]}]),
            local(form((0, 1, -2)), 0, 1, terms=USED)]),
        tree(CROSS, 0, {"cut": [[1, 1]]}, leaf([0], terms=USED, local=[local(form((0, 1, 1)), 0, 1)]),
             leaf([0], terms=USED)),
    ],
    "block must be an integer from 0 to 0": [
        doc("lower bound", CROSS, {
            "value": 0, "local": [local(form((0, 1, 1)), 0, 1, terms=[{"products": [[0, 1, 1]]}])],
            "tree": [{"cut": [[1, 1]]}, leaf([0], terms=USED), leaf([0], terms=USED)],
        }),
    ],
    "the multiplier e is empty: a level": [
        lower(SIMPLEX, 1, [1], local=[local(form((0, 1, 1)), level=1)]),
    ],
    "a weight of a Gram matrix": [gram(factor=[[1, 1], [1, -1]], weights=[3, -2])],
    "the defect of a Gram matrix is not": [
        gram(factor=[[0], [0]], defect=[[0, 0, 1], [1, 1, 1], [1, 0, 2]]),
        gram(factor=[[0], [0]], defect=[[0, 0, 2], [1, 1, 1], [1, 0, 2]]),
        gram(factor=[[0], [0]], defect=[[0, 0, 1], [1, 1, 2], [1, 0, 2]]),
        gram(factor=[[0], [0]], defect=[[0, 0, -1], [1, 1, 1]]),
        gram(factor=[[0], [0]], defect=[[0, 0, 1], [1, 1, 1], [1, 0, -2]]),
    ],
    "the degree of a term is not": [
        copositive(CONE, terms=[{"blocks": [0], "rows": [[0]], "gram": {"factor": [[1]]}}]),
        copositive(CONE, terms=[{"generators": [0], "blocks": [0], "rows": [[0]], "gram": {"factor": [[1]]}}], level=0),
        copositive(CONE, terms=[{"generators": [0, 0], "rows": [[0]], "gram": {"factor": [[1]]}}], level=0),
    ],
    "a term has no columns": [copositive(CONE, terms=[{"rows": [], "gram": {"factor": []}}])],
    "scales must have 2 items": [copositive(program(objective=ONE), scales=[1])],
    # check_matrix.py
    "a weight of the factor is negative": [spn(NEGATIVE["rows"], [[1, 1], [1, -1]], weights=[-1, 2])],
    "the remainder is not diagonally dominant": [
        spn(NEGATIVE["rows"], [[0], [0]]), spn(NEGATIVE["rows"], [[1], [-1]]), spn([[-1]], [[0]]),
        spn([[4, -6], [-6, 4]], [[2], [-2]], 1), spn([[1, "-1000001/1000000"], ["-1000001/1000000", 1]], [[0], [0]]),
        doc("completely positive", matrix([1, 2], [2, 1]), {"factor": [[0], [0]], "bits": 0}),
        doc("completely positive", matrix([2, 3], [3, 2]), {"factor": [[1], [1]], "bits": 0}),
        cover(NEGATIVE["rows"], ["vector", []], ["part", {"factor": [[0], [0]], "bits": 0}], ["vector", [1]]),
        simplices(SIMPLEX, 1, {"y": [1]}),
        simplices(SIMPLEX, "3/4", {"split": [0, 1, 1, 1]}, {"y": ["3/4"]}, {"y": ["3/4"]}),
    ],
    "the weights of the multiplier must": [
        copositive(matrix([-1, 0], [0, 1]), method="level", level=1, weights=[-1, 1], terms=[]),
        copositive(matrix([-1]), method="level", level=1, weights=[0], terms=[]),
    ],
    "is spn, level or cover": [copositive(NEGATIVE, method="trust"), doc("copositive", NEGATIVE, None)],
    "the tree ends before every": [cover(NEGATIVE["rows"], ["vector", []]), cover([[-1]])],
    "a covering vector needs a positive": [
        cover(NEGATIVE["rows"], ["vector", []], ["vector", [0]], ["vector", [1]]),
        cover([[-1]], ["vector", []], ["vector", [-1]]),
    ],
    "does not cover its own support": [cover([[-1]], ["vector", []], ["vector", [1]], ["vector", [1]])],
    "a direction needs Σd = 0": [
        cover([[-1]], ["vector", []], ["direction", [1]]),
        cover([[-1]], ["vector", []], ["direction", [0]]),
        cover([[2, -3], [-3, 2]], ["vector", []], ["vector", [1]], ["direction", [1, -1]], ["vector", [1]]),
        cover([[2, -3], [-3, 2]], ["vector", []], ["vector", [1]], ["direction", [1, 1]], ["vector", [1]]),
    ],
    "an item of a cover is a vector": [cover([[-1]], ["trust", []])],
    "the tree has items left": [cover([[1]], ["vector", []], ["vector", [1]], ["vector", [1]])],
    "the point has a negative entry": [doc("not copositive", matrix([1, 2], [2, 1]), {"point": [1, -1]})],
    "x'Mx is not negative": [doc("not copositive", matrix([1, -1], [-1, 1]), {"point": [1, 1]})],
    "the factor and the remainder must be": [
        doc("completely positive", matrix([1, -1], [-1, 1]), {"factor": [[1], [-1]], "bits": 0}),
        doc("completely positive", matrix([1, -1], [-1, 1]), {"factor": [[0], [0]], "bits": 0}),
    ],
    "the separator must have the order": [
        doc("not completely positive", matrix([1]), {"separator": [[1, 0], [0, 1]], "copositive": {}})
    ],
    "<H, M> is not negative": [
        doc("not completely positive", matrix([1, 1], [1, 1]),
            {"separator": [[1, -1], [-1, 1]], "copositive": {"method": "spn", "factor": [[1], [-1]], "bits": 0}})
    ],
    # check_multiplier.py
    "the multiplier e is empty": [
        # 0 = 0 "proves" 5 where the minimum is 1/2
        lower({**SIMPLEX, "unit": []}, 5, [5], 1), multiplier([[0, 0]]),
    ],
    "e is negative somewhere on a second-order": [
        multiplier([[0, 1], [1, "-5/4"]], [arrow(0, 1)], generators=[lorentz(0, 1)], objective=[]),
        multiplier([[1, 1]], [arrow(0, 1)], generators=[lorentz(0, 1)], objective=[]),
        multiplier([[0, -5], [1, 4]], [arrow(0, 1)], generators=[lorentz(0, 1)], objective=[]),
    ],
    "e is negative somewhere on a cone of matrices": [
        multiplier([[0, 1], [1, "5/2"], [2, 1]], [psd(2, 0, 1, 2)], 3, objective=[]), multiplier([[1, 1]], [psd(2, 0,
            1, 2)], 3, objective=[]),
    ],
    "e is not seen to be nonnegative": [
        # e = −x_0 − x_1: then e·(−x_0²) ≥ 0 is plain
        multiplier([[0, -1], [1, -1]], objective=form((0, 0, -1), (0, 1, -1))), multiplier([[0, 1], [1, -1]],
            objective=[]),
        multiplier([[0, 1]], [], objective=[]), multiplier([[0, 2], [1, 1]], [], generators=[lorentz(0, 1)],
            objective=[]),
        # x_0 ≥ 0 and x_0 + x_1 ≥ 0, and e = x_1
        multiplier([[1, 1]], [*ray(0), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, 1]]}], objective=[]),
    ],
    "violates an inequality that the problem states": [
        upper(program(blocks=[], objective=form((0, 1, 1)), equations=[(form((0, 0, 1), (1, 1, 1)), 1)],
                      stated=[[[0, 1]], [[1, 1]]]), "-1/2", ("1/2", x)) for x in ([1, -1], [-1, 1])
    ],
    "block 0 of the cone is not positive": [
        doc("not copositive", {**MATRICES, "objective": form((0, 2, 1))}, {"point": [1, 0, -1]}),
        doc("not copositive", {**MATRICES, "objective": form((1, 1, -1))}, {"point": [1, 2, 1]}),
        doc("not copositive", {**MATRICES, "objective": form((1, 1, -1))}, {"point": [0, 1, 1]}),
        upper(CROSS, "-1/2", ("1/2", [-1, 1])),
        lower(SIMPLEX, 0, [0], 1, inside=[-1, 3]),
    ],
    "violates a generator of the cone": [
        doc("not copositive", {**CONE, "blocks": ray(0)}, {"point": [1, 2, 0]}),
    ],
    "vanishes at atoms x ≠ 0 where": [
        # <x_1², Y> = 1 holds for Y = e_1e_1', where e = x_0 vanishes and the objective is no part of the claim
        doc("infeasible", program(blocks=ray(0), unit=[[0, 1]], objective=form((1, 1, 1)),
            equations=[(form((1, 1, 1)), 1)], vanishing=[form((0, 1, 1))]),
            {"y": [1], **identity(1, multipliers=[[0, 1, -1]])}),
        lower(BALL, 0, [0], 1, multipliers=[[0, 1, -1]]),
        # x_2² − x_1² is −1 at (0, 1, 0), which lies in the cell whose proof is of level 1
        tree({**BALL, "blocks": ray(0, 1, 2), "objective": lorentz(2, 1)}, 0, {"cut": [[1, 1], [2, -1]]},
             leaf([0], 1, multipliers=[[0, 1, -1], [1, 2, 1]]),
             leaf([0], terms=[{"blocks": [3, v], "rows": [[0, 0]], "gram": {"factor": [[1]]}} for v in (1, 2)])),
        # x_0x_1 = 0, and −x_1² is −1 where e = x_0 is 0: so in both cells
        tree(program(blocks=ray(0), unit=[[0, 1]], objective=form((1, 1, -1)),
                     equations=[(form((0, 0, 1), (1, 1, 1)), 1)], vanishing=[form((0, 1, 1))]), 0,
             {"cut": [[1, 1]]}, *[leaf([0], 1, multipliers=[[0, 1, -1]])] * 2),
        # e = x_0 says nothing of the face x_0 = 0 of the orthant where x_0x_1 = 0
        copositive(program(unit=[[0, 1]], objective=form((1, 1, -1)), vanishing=[form((0, 1, 1))]), level=1,
                   multipliers=[[0, 1, -1]]),
    ],
    # check_scaling.py
    "a block of order 1 has no or 1 exponents": [lower(SIMPLEX, 0, [0], scaling={**SCALING, "blocks": [[0, 0, 0],
        [0]]})],
    "begin with that of the block": [lower(SIMPLEX, 0, [0], scaling={**SCALING, "blocks": [[], [0]]})],
}  # fmt: skip
