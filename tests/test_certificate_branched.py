"""Proofs over a tree of cuts: accepted as they are, rejected with anything of substance changed."""

import copy
import json

import numpy as np
import pytest

import copos
from copos import CompletelyPositiveProgram, NonNegative
from copos.branch import branch_and_bound
from copos.certificate import Certificate, verify
from copos.certificate.check import check
from tests.cases import cycle


def leaf(y, terms=()):
    return {"y": y, "level": 0, "terms": list(terms), "multipliers": []}


def square(blocks, factor=((1,),), weights=(1,)):
    return {"blocks": blocks, "rows": [[0, 0]], "gram": {"factor": [list(r) for r in factor], "weights": list(weights)}}


def signs():
    """C = (x_1 − x_2)² ≥ 0 is on either side of x_1 = x_2 the cut times itself."""
    program = CompletelyPositiveProgram(NonNegative(2), [[1.0, -1.0], [-1.0, 1.0]], [(np.ones((2, 2)), 1.0)])
    tree = [{"cut": [[0, 1], [1, -1]]}, leaf([0], [square([2, 2])]), leaf([0], [square([2, 2])])]
    return Certificate.of("lower bound", program, {"value": 0, "tree": tree})


@pytest.fixture(scope="module")
def found():
    return branch_and_bound(copos.standard_quadratic(cycle(5)), tolerance=2e-2).certificate


def changed(certificate, edit):
    document = copy.deepcopy(certificate.document())
    edit(document["proof"])
    return check(document)


def test_written_by_hand():
    assert signs().verify().proved
    assert "min <C, Y> ≥ 0" in signs().verify().claim


def test_the_cut_belongs_to_its_side():
    """x_1² − x_2² is (x_1 − x_2)(x_1 + x_2): nonnegative on one side only."""
    program = CompletelyPositiveProgram(NonNegative(2), [[1.0, 0.0], [0.0, -1.0]], [(np.ones((2, 2)), 1.0)])
    good = leaf([0], [square([2, 0]), square([2, 1])])
    tree = [{"cut": [[0, 1], [1, -1]]}, good, leaf([-1])]
    assert Certificate.of("lower bound", program, {"value": -1, "tree": tree}).verify().proved
    tree = [tree[0], tree[2], good]
    verdict = Certificate.of("lower bound", program, {"value": -1, "tree": tree}).verify()
    assert not verdict.proved and verdict.readable
    # and a cut is not known outside of its subtree
    tree = [{"cut": [[0, 1], [1, -1]]}, leaf([-1]), {"cut": [[0, 1]]}, leaf([-1]), leaf([-1], [square([4, 0])])]
    verdict = Certificate.of("lower bound", program, {"value": -1, "tree": tree}).verify()
    assert not verdict.proved and not verdict.readable  # there is no block 4


def test_multipliers_that_differ_need_a_nonnegative_form():
    """<A, Y> = Σ <A, Y_c> may be negative in one cell and large in another unless A ≥ 0 on K."""
    free = CompletelyPositiveProgram(NonNegative(2), [[1.0, 0.0], [0.0, 1.0]], [([[1.0, 0.0], [0.0, -1.0]], 1.0)])
    # on x_1 ≥ x_2 as on the other side C − yA has the diagonal (1 − y, 1 + y)
    tree = [{"cut": [[0, 1], [1, -1]]}, leaf([1]), leaf([1])]
    assert Certificate.of("lower bound", free, {"value": 1, "tree": tree}).verify().proved
    tree[2] = leaf([-1])
    verdict = Certificate.of("lower bound", free, {"value": -1, "tree": tree}).verify()
    assert not verdict.proved and "different multipliers" in verdict.reason
    # the same leaves are a proof where the form of the equation is nonnegative, with the least multiplier
    plain = CompletelyPositiveProgram(NonNegative(2), [[1.0, 0.0], [0.0, 1.0]], [([[1.0, 0.0], [0.0, 0.0]], 1.0)])
    for value, proved in ((-1, True), (1, False)):
        verdict = Certificate.of("lower bound", plain, {"value": value, "tree": tree}).verify()
        assert verdict.proved == proved


def test_a_search_writes_an_accepted_file(found, tmp_path):
    found.save(tmp_path / "tree.json")
    verdict = verify(tmp_path / "tree.json", copos.standard_quadratic(cycle(5)))
    assert verdict.proved and sum("cut" in item for item in found.proof["tree"]) >= 2
    other = verify(tmp_path / "tree.json", copos.standard_quadratic(cycle(7)))
    assert not other.proved
    assert json.loads((tmp_path / "tree.json").read_text())["kind"] == "lower bound"


def test_false_changes_are_rejected(found):
    tree = found.proof["tree"]
    leaves = [k for k, item in enumerate(tree) if "cut" not in item]
    cuts = [k for k, item in enumerate(tree) if "cut" in item]
    bad = {"higher": lambda p: p.update(value="51/100"), "rounded": lambda p: p.update(rounded=True, value=1)}
    for k in leaves:
        bad[f"leaf {k} missing"] = lambda p, k=k: p["tree"].pop(k)
        bad[f"leaf {k} twice"] = lambda p, k=k: p["tree"].insert(k, p["tree"][k])
        bad[f"leaf {k} claims more"] = lambda p, k=k: p["tree"][k].update(y=[1])
        bad[f"leaf {k} empty"] = lambda p, k=k: p["tree"][k].update(terms=[])
        bad[f"leaf {k} another level"] = lambda p, k=k: p["tree"][k].update(level=1)
        bad[f"leaf {k} unknown key"] = lambda p, k=k: p["tree"][k].update(value=0)
    for k in cuts:
        bad[f"cut {k} missing"] = lambda p, k=k: p["tree"].pop(k)
        bad[f"cut {k} unknown key"] = lambda p, k=k: p["tree"][k].update(side=1)
        bad[f"cut {k} of nothing"] = lambda p, k=k: p["tree"][k].update(cut=[[99, 1]])
        bad[f"cut {k} a float"] = lambda p, k=k: p["tree"][k].update(cut=[[0, 0.5]])
        bad[f"cut {k} the other way"] = lambda p, k=k: p["tree"][k].update(cut=[[0, -1]])
    bad["no tree"] = lambda p: p.update(tree=[])
    bad["a table"] = lambda p: p.update(tree={})
    bad["both"] = lambda p: p.update(y=[0])
    assert check(found.document()).proved and len(bad) > 20
    for name, edit in bad.items():
        assert not changed(found, edit).proved, name


def test_lower_claims_stay_true(found):
    assert changed(found, lambda p: p.update(value="1/3")).proved


def test_long_paths_do_not_recurse():
    """A thousand cuts along one path, each with a trivial proof beside it."""
    program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    tree = []
    for k in range(1000):
        tree += [{"cut": [[0, 1], [1, -k - 1]]}, leaf([0])]
    document = Certificate.of("lower bound", program, {"value": 0, "tree": [*tree, leaf([0])]})
    assert document.verify().proved
    deep = [{"cut": [[0, 1]]}] * 3000
    verdict = Certificate.of("lower bound", program, {"value": 0, "tree": deep}).verify()
    assert not verdict.proved and not verdict.readable and "cuts" in verdict.reason
