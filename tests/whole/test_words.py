"""One notion, one word: in signatures, in the text of the package and in the manual; old names are taken, and warn."""

import importlib
import inspect
import pkgutil
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import copos
from copos import solvers
from copos.certificate.produce import certify_lower_bound
from copos.conic import Cones, ConicForm
from copos.hierarchy import relax
from copos.polynomial.low_rank import Effort
from copos.program import Recovered
from copos.support.renamed import renamed

ROOT = Path(copos.__file__).parent.parent
OLD_KEYWORDS = {"tol", "ray_tol", "max_time", "maxtime", "verbose", "noted", "stated"}
# who may use one: scikit-learn and cvxpy have words of their own; the checker names what stands in certificates
KEEP = {"tol": {"copos.interop.cross_validated", "copos.interop.estimators", "copos.interop.estimator_base",
                "copos.interop.low_rank_regressor"},
        "verbose": {"copos.interop.cvxpy_solve"}}  # fmt: skip

# word ↦ the files that may have it, because certificates and saved files keep it or because they accept it
ALIASES = {"docs/glossary.md"}
OLD_WORDS = {
    r"roads?": set(),
    r"doors?": set(),
    r"dear(er|est)?": set(),
    r"whole numbers?": set(),
    r"max_time": ALIASES | {"copos/polynomial/program.py", "copos/interop/estimators.py",
                            "copos/interop/low_rank_regressor.py"},
    r"weighed": ALIASES | {"copos/checker/check_graphs.py", "copos/reformulation/stability_number.py",
                           "copos/commands/programs.py", "docs/certificates.md"},
    r"stated": ALIASES | {"copos/program.py", "copos/branching/node.py", "copos/branching/tree.py",
                          "copos/bounding/quadratic_parts.py",
                          "docs/certificates.md", "docs/mutants.md"},
    r"(feasible|best|better) objects?|objects? (that|was|is|are) found": set(),
}  # fmt: skip
PLACES = {r"stated": ("copos/checker/", "copos/certificate/")}  # rooms that write or read the key


def functions():
    """(module, name, function) of everything that the package defines."""
    for info in pkgutil.walk_packages(copos.__path__, "copos."):
        if info.name == "copos.__main__":
            continue
        try:
            module = importlib.import_module(info.name)
        except ImportError:  # an optional package that is not installed
            continue
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != info.name:
                continue
            members = vars(value).items() if inspect.isclass(value) else [("", value)]
            for member, part in members:
                part = getattr(part, "__func__", part)
                if inspect.isfunction(part):
                    yield info.name, f"{name}.{member}".rstrip("."), part


def test_no_function_has_an_old_keyword():
    found, progress, seen = [], [], 0
    for module, name, function in functions():
        seen += 1
        for keyword, parameter in inspect.signature(function).parameters.items():
            if keyword in OLD_KEYWORDS and module not in KEEP.get(keyword, ()) and ".checker." not in module:
                found.append((module, name, keyword))
            if keyword == "progress" and isinstance(parameter.default, (bool, type(None))):
                progress.append((module, name, parameter.default))
    assert seen > 1000 and not found
    public = [row for row in progress if row[0] in ("copos.bounding.bounds", "copos.branching.branch",
                                                    "copos.decision.copositivity") and "_" != row[1][0]]  # fmt: skip
    assert len(public) == 4 and {default for *_, default in public} == {False}


@pytest.mark.parametrize("word", OLD_WORDS)
def test_old_words_are_gone(word):
    pattern = re.compile(rf"(?<![\w./-])({word})(?![\w/-])", re.IGNORECASE)
    found = {}
    for path in [*(ROOT / "copos").rglob("*.py"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
        name = path.relative_to(ROOT).as_posix()
        if name not in OLD_WORDS[word] and not name.startswith(PLACES.get(word, ("-",))):
            hits = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if pattern.search(line)]
            found |= {name: hits} if hits else {}
    assert not found


def test_docstrings_say_what_is_returned_and_keep_their_formulas():
    """`x'Mx` with a large first letter is another formula, and "What …" is a question."""
    swapped = re.compile(r"([A-Z])'[A-Z]+([a-z])")
    wrong = []
    for module, name, function in functions():
        text = (function.__doc__ or "").strip()
        match = swapped.match(text)
        if text.startswith(("What ", "A'b.")) or (match and match[1].lower() == match[2]):
            wrong.append((module, name, text[:60]))
    assert not wrong


def program():
    return copos.standard_quadratic([[1.0, 0.2], [0.2, 2.0]])


FORM = ConicForm([1.0], [[-1.0], [-1.0]], [-2.0, -3.0], Cones(nonnegative=2))
C5 = np.roll(np.eye(5, dtype=int), 1, axis=0) + np.roll(np.eye(5, dtype=int), -1, axis=0)


def training():
    X = np.random.default_rng(0).standard_normal((20, 2))
    return copos.polynomial_network(X, X[:, 0] * X[:, 1], beta_ratio=0.3)


def certified(**keywords):
    level = relax(program())
    return certify_lower_bound(program(), level, solvers.solve(level.form), **keywords)


OLD_CALLS = {
    "lower_bound": (lambda **k: copos.lower_bound(program(), solver="splitting", **k).lower,
                    {"tol": 1e-6}, {"tolerance": 1e-6}),
    "solve": (lambda **k: solvers.solve(FORM, "splitting", **k).x, {"tol": 1e-9}, {"tolerance": 1e-9}),
    "solve, rays": (lambda **k: solvers.solve(FORM, "splitting", **k).x, {"ray_tol": 1e-9}, {"ray_tolerance": 1e-9}),
    "train": (lambda **k: training().train(**k).lower, {"tol": 1e-4, "max_time": 50.0},
              {"tolerance": 1e-4, "time_limit": 50.0}),
    "path": (lambda **k: training().path([0.5], **k)[0].lower, {"tol": 1e-4}, {"tolerance": 1e-4}),
    "Effort": (Effort, {"verbose": True}, {"progress": True}),
    "Recovered": (lambda **k: Recovered(value=1.0, atom=None, **k).solution, {"object": 7}, {"solution": 7}),
    "certify_lower_bound": (lambda **k: certified(**k).lower, {"stated": [[1, 1]]}, {"assumed_forms": [[1, 1]]}),
    "CompletelyPositiveProgram": (lambda **k: program().changed(**k).assumed_forms, {"stated": [[1, 1]]},
                                  {"assumed_forms": [[1, 1]]}),
    "stability_number": (lambda **k: copos.stability_number(C5, **k).question["edges"], {"edges": "weighed"},
                         {"edges": "weighted"}),
    "clique_number": (lambda **k: copos.clique_number(C5, **k).question["edges"], {"edges": "weighed"},
                      {"edges": "weighted"}),
    "is_copositive": (lambda **k: copos.is_copositive([[1]], **k).answer, {"progress": print}, {"callback": print}),
    "minimum_on_simplex": (lambda **k: copos.minimum_on_simplex([[1]], **k).value, {"progress": print},
                           {"callback": print}),
}  # fmt: skip


@pytest.mark.parametrize("name", OLD_CALLS)
def test_old_names_do_the_same_and_warn_where_they_are_used(name):
    call, old, new = OLD_CALLS[name]
    with pytest.warns(DeprecationWarning, match="is now .* will go in version 0.3") as caught:
        before = call(**old)
    assert len([w for w in caught if w.category is DeprecationWarning]) == len(old)
    assert {Path(w.filename).name for w in caught} == {"test_words.py"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(before, call(**new))


@pytest.mark.parametrize("name", ["lower_bound", "solve", "train", "Effort", "Recovered", "certify_lower_bound",
                                  "CompletelyPositiveProgram", "is_copositive"])  # fmt: skip
def test_an_old_name_beside_its_new_one_is_refused(name):
    call, old, new = OLD_CALLS[name]
    first, second = next(iter(old)), next(iter(new))
    with pytest.raises(TypeError, match=f"{first}.*{second}"):
        call(**(old | new))


def test_signatures_show_the_new_names_only():
    assert "tolerance" in inspect.signature(copos.lower_bound).parameters
    assert "tol" not in inspect.signature(copos.lower_bound).parameters
    with pytest.raises(TypeError, match="'old'.*'new'"):
        renamed(old="new")(lambda new: new)(1, old=2)


def test_old_attributes_are_read():
    with pytest.warns(DeprecationWarning, match="Recovered.object is now Recovered.solution"):
        assert Recovered("x", 1.0, np.ones(1)).object == "x"
    with pytest.warns(DeprecationWarning, match="CompletelyPositiveProgram.stated"):
        assert program().stated is None


def test_estimators_take_old_parameters():
    base = pytest.importorskip("sklearn.base")
    with pytest.warns(DeprecationWarning) as caught:
        model = copos.LowRankRegressor(tolerance=1e-3, max_time=5.0)
    assert len(caught) == 2 and (model.tol, model.time_limit) == (1e-3, 5.0)
    with pytest.warns(DeprecationWarning):
        model.set_params(max_time=7.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        twin = base.clone(model)
    assert twin.time_limit == 7.0 and not {"tolerance", "max_time"} & set(twin.get_params())
    with pytest.raises(TypeError, match="'max_time'.*'time_limit'"):
        copos.PolynomialNetworkRegressor(max_time=1.0, time_limit=1.0)


def test_the_command_line_takes_the_old_spelling(tmp_path):
    from click.testing import CliRunner

    from copos.commands.programs import stability_number

    np.save(tmp_path / "g.npy", C5)
    old = CliRunner().invoke(stability_number, [str(tmp_path / "g.npy"), "--edges", "weighed", "--json"])
    assert "--edges weighed is now --edges weighted" in old.stderr
    new = CliRunner().invoke(stability_number, [str(tmp_path / "g.npy"), "--edges", "weighted", "--json"])
    assert "is now" not in new.stderr and '"number_lower": 2' in new.stdout and '"number_lower": 2' in old.stdout
