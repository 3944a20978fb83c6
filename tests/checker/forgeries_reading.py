"""Forgeries of documents: files that are no JSON, values of other types, sizes and lengths beyond the limits."""

from tests.checker.building import (
    CONE,
    GOOD,
    HALF,
    MATRICES,
    ONE,
    SIMPLEX,
    copositive,
    deep,
    form,
    gram,
    lower,
    matrix,
    program,
    simplices,
    spn,
    upper,
)

ROWS = {
    # check_reading.py
    "nested more than 100 deep": [{**GOOD, "proof": deep(200)}, (GOOD, deep(200)), {**GOOD, "proof": deep(10**5)}],
    "too much work for a certificate": [
        copositive(program(1, objective=ONE), terms=[{"rows": [[0]] * 3000, "gram": {"factor": [[1]] * 3000}}]),
        copositive(program(60, objective=ONE), level=12),
        upper(program(1, [{"order": 3000, "entries": []}], equations=[(ONE, 1)]), 0, (1, [1])),
    ],
    "a number has at most 2100 digits, got": ['{"format": 1' + "0" * 2100 + "}"],
    'numbers are integers or strings "p/q", got': ['{"format": 1.5}', '{"format": NaN}', '{"format": 1e400}'],
    "a key appears twice": ['{"format": 1, "format": 1}'],
    "the document is nested too deeply": ["[" * 10**6],
    "not JSON": ["", "{", '{"a"}', "\x00"],
    "must be an object": [[], None, 1, True, lower(HALF, 0, [0]) | {"proof": []}, upper(HALF, 0) | {"proof": None}],
    "needs the keys": [
        {}, {k: v for k, v in GOOD.items() if k != "proof"}, GOOD | {"trust": 1},
        simplices(program(1, objective=ONE), 0, {"y": [], "factors": [[1]]}),
    ],
    "must be a list of at most": [{**GOOD, "proof": {"point": "11"}}, {**GOOD, "proof": {"point": {"0": 1}}}],
    "must have 2 items": [{**GOOD, "proof": {"point": [1]}}],
    "must be an integer from": [
        lower(HALF, 0, [0], 13), lower(HALF, 0, [0], 10**30), lower(HALF, 0, [0], -1), lower(HALF, 0, [0], True),
        copositive(program(10**6, [], [], [])), copositive({**CONE, "blocks": [{"order": 3001, "entries": []}]}),
        copositive({**CONE, "blocks": [{"order": 2, "entries": [[1, 0, 0, 1]]}]}),
        copositive({**CONE, "blocks": [{"order": 2, "entries": [[0, 2, 0, 1]]}]}),
        copositive({**CONE, "blocks": [{"order": 2, "entries": [[0, 0, 3, 1]]}]}),
        gram(factor=[[1], [1]], defect=[[2, 0, 0]]),
        copositive(program(objective=form((0, 2, 1)))), copositive(program(objective=form((0, -1, 1)))),
        spn([[1]], [[1]], -1), spn([[1]], [[1]], 7001), copositive(program(objective=ONE), scales=[0, 1]),
        copositive(program(objective=form((0, 0, -1)), vanishing=[ONE]), multipliers=[[-1, 1]]),
        simplices(SIMPLEX, 1, {"split": [0, 1, 1, 0]}, {"y": [1]}, {"y": ["1/2"]}),
        simplices(SIMPLEX, 1, {"split": [0, 1, -1, 1]}, {"y": [1]}, {"y": ["1/2"]}),
        copositive(MATRICES, terms=[{"blocks": [-1], "rows": [[0, 0]], "gram": {"factor": [[1]]}}], level=1),
    ],
    "a number has at most 2100 digits$": [{**GOOD, "proof": {"point": [10**2200, 1]}}],
    'must be an integer or a string "p/q"': [
        {**GOOD, "proof": {"point": [v, 1]}} for v in (None, True, 0.5, "x", "1.5", "1/-2", "+1", "١", " 1", "1/2/3",
            "9" * 10**5)
    ],
    "zero denominator or more than 2100 digits": [
        {**GOOD, "proof": {"point": [v, 1]}} for v in ("1/0", "1/00", "9" * 2102, "1/" + "9" * 2102)
    ],
    "must hold integers of at most": [
        spn([[1]], [["1"]]), spn([[1]], [[True]]), spn([[1]], [[1.0]]), spn([[1]], [[10**2200]]),
    ],
    "must have at least one row": [copositive(matrix(), method="spn", factor=[], bits=0)],
    "must be symmetric": [spn([[1, 2], [3, 1]], [[0], [0]]), spn([[1, "1/2"], ["1/3", 1]], [[0], [0]])],
}  # fmt: skip
