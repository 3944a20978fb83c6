"""The schema of certificates: it knows every kind and every problem, and what it accepts has the keys of one."""

import json
from pathlib import Path

import pytest

from copos import checker
from copos.checker import check
from tests.checker import test_forgeries as forgeries
from tests.checker.building import GOOD
from tests.checker.test_certificate_check import changed
from tests.checker.test_certificate_fuzz import MORE
from tests.checker.test_certificate_mutation import SMALL

TEXT = (Path(checker.__file__).parent / "schema.json").read_text(encoding="utf-8")
SCHEMA = json.loads(TEXT)


def documents():
    """Accepted certificates, as they are read from a file."""
    found = [*forgeries.honest(), *(c.document() for c in SMALL.values()), *MORE.values()]
    return [json.loads(json.dumps(document)) for document in found]


@pytest.fixture(scope="module")
def validator():
    """Of the schema."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


def test_no_name_is_defined_twice():
    def unique(pairs):
        names = [name for name, _ in pairs]
        assert len(set(names)) == len(names), names
        return dict(pairs)

    json.loads(TEXT, object_pairs_hook=unique)


def test_kinds_and_problems_are_those_of_the_checker():
    assert set(SCHEMA["properties"]["kind"]["enum"]) == set(check.KINDS)
    named = [SCHEMA["$defs"][entry["$ref"].rpartition("/")[2]] for entry in SCHEMA["properties"]["problem"]["oneOf"]]
    assert {entry["properties"]["type"]["const"] for entry in named} == {*check.PROBLEMS, *check.TABLES}
    assert SCHEMA["properties"]["format"]["const"] == check.FORMAT
    assert SCHEMA["properties"]["version"]["const"] == check.VERSION


def test_every_kind_of_every_problem_has_a_certificate_that_fits(validator):
    seen = set()
    for document in documents():
        assert not [error.message for error in validator.iter_errors(document)], document["kind"]
        seen.add((document["kind"], document["problem"]["type"]))
    assert seen == {(kind, problem) for kind, problems in check.KINDS.items() for problem in problems}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "true"), (("version",), 2), (("sha256",), "0"), (("problem", "type"), "polynomial"),
        (("problem", "rows", 0, 0), 0.5), (("problem", "rows", 0, 0), "1.5"), (("problem", "more"), 1), (("trust",), 1),
        (("proof",), []), (("proof", "chart"), "polar"), (("question",), {}),
    ],
)  # fmt: skip
def test_what_is_no_certificate_does_not_fit(validator, path, value):
    assert validator.is_valid(GOOD)
    assert not validator.is_valid(changed(GOOD, path, value))
    for key in SCHEMA["required"]:
        assert not validator.is_valid({k: v for k, v in GOOD.items() if k != key})
