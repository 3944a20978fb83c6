"""Proofs over a tree of cuts: accepted as they are, rejected with anything of substance changed."""

import copy
import json

import numpy as np
import pytest

import copos
from copos import CompletelyPositiveProgram, NonNegative
from copos.branching.branch import branch_and_bound
from copos.certificate import Certificate, verify
from copos.checker.check import check
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
    deep = [*[{"cut": [[0, 1]]}] * 3000, leaf([0])]
    verdict = Certificate.of("lower bound", program, {"value": 0, "tree": deep}).verify()
    assert not verdict.proved and not verdict.readable and "cuts" in verdict.reason


@pytest.fixture(scope="module")
def simplices():
    return branch_and_bound(copos.standard_quadratic(cycle(5)), cells="simplices", tolerance=1e-2).certificate


def test_simplices_by_hand():
    """C = (2x_1 − x_2)²: on the cone of (1, 2), (0, 1) it is λ_2², on that of (1, 0), (1, 2) it is 4λ_1²."""
    program = CompletelyPositiveProgram(NonNegative(2), [[4.0, -2.0], [-2.0, 1.0]], [(np.ones((2, 2)), 1.0)])
    tree = [{"split": [0, 1, 1, 2]}, {"y": [0]}, {"y": [0]}]
    assert Certificate.of("lower bound", program, {"value": 0, "simplices": tree}).verify().proved
    for value, y in ((1, 1), (0, "1/100"), (0, -1)):
        wrong = [tree[0], {"y": [y]}, {"y": [0]}]
        assert not Certificate.of("lower bound", program, {"value": value, "simplices": wrong}).verify().proved
    # without the split, or with another one, a diagonal does not dominate
    other = [{"split": [0, 1, 1, 9]}, *tree[1:]]
    assert not Certificate.of("lower bound", program, {"value": 0, "simplices": other}).verify().proved
    assert not Certificate.of("lower bound", program, {"value": 0, "simplices": [{"y": [0]}]}).verify().proved


def test_simplices_cover_the_orthant_only():
    """The same tree on R² would say that x_1² + 4x_1x_2 + x_2² ≥ 0 everywhere."""
    form, tree = [[1.0, 2.0], [2.0, 1.0]], [{"split": [0, 1, 1, 1]}, {"y": [0]}, {"y": [0]}]
    orthant = CompletelyPositiveProgram(NonNegative(2), form, [(np.eye(2), 1.0)])
    assert Certificate.of("lower bound", orthant, {"value": 0, "simplices": tree}).verify().proved
    plane = CompletelyPositiveProgram(NonNegative(1) * copos.Free(1), form, [(np.eye(2), 1.0)])
    verdict = Certificate.of("lower bound", plane, {"value": 0, "simplices": tree}).verify()
    assert not verdict.proved and "nonnegative" in verdict.reason


def test_multipliers_of_vanishing_forms_are_used():
    """x_1x_2 = 0: −x_1x_2 ≥ 0 with the multiplier −½, and with no other sign."""
    E = [[0.0, 1.0], [1.0, 0.0]]
    program = CompletelyPositiveProgram(NonNegative(2), -np.array(E), [(np.ones((2, 2)), 1.0)], [E])
    for z, proved in ((-1, True), (0, False), ("-1/2", False)):
        proof = {"value": 0, "simplices": [{"y": [0], "z": [z]}]}
        assert Certificate.of("lower bound", program, proof).verify().proved == proved


def test_false_changes_of_simplices_are_rejected(simplices):
    tree = simplices.proof["simplices"]
    leaves = [k for k, item in enumerate(tree) if "split" not in item]
    splits = [k for k, item in enumerate(tree) if "split" in item]
    bad = {"higher": lambda p: p.update(value="51/100"), "rounded": lambda p: p.update(rounded=True, value=1)}
    for k in leaves:
        bad[f"leaf {k} missing"] = lambda p, k=k: p["simplices"].pop(k)
        bad[f"leaf {k} twice"] = lambda p, k=k: p["simplices"].insert(k, p["simplices"][k])
        bad[f"leaf {k} claims more"] = lambda p, k=k: p["simplices"][k].update(y=[1])
        bad[f"leaf {k} unknown key"] = lambda p, k=k: p["simplices"][k].update(level=0)
        bad[f"leaf {k} z"] = lambda p, k=k: p["simplices"][k].update(z=[1])
        if "factor" in tree[k]:
            bad[f"leaf {k} bits"] = lambda p, k=k: p["simplices"][k].update(bits=p["simplices"][k]["bits"] - 1)
    for k in splits:
        i, j, p, q = tree[k]["split"]
        for name, split in (("one vertex", [i, i, p, q]), ("no weight", [i, j, 0, q]), ("outside", [i, j, -p, q]),
                            ("no such vertex", [i, 5, p, q]), ("short", [i, j, p])):  # fmt: skip
            bad[f"split {k} {name}"] = lambda p, k=k, split=split: p["simplices"][k].update(split=split)
        bad[f"split {k} missing"] = lambda p, k=k: p["simplices"].pop(k)
    assert check(simplices.document()).proved and len(splits) >= 1 and len(bad) > 15
    for name, edit in bad.items():
        assert not changed(simplices, edit).proved, name
