"""The files around the package agree with it: workflows, recipe, environment, image, templates."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.release_notes import main, notes, versions

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PYTHONS = [text.rsplit(" ", 1)[1] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)]
REQUIRED = {re.match(r"[\w-]+", text)[0]: text for text in PROJECT["dependencies"]}


def parsed(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def jobs():
    return {f"{path.stem}/{name}": job for path in WORKFLOWS for name, job in parsed(path)["jobs"].items()}


def test_there_are_tests_nightly_benchmarks_and_releases():
    assert {path.stem for path in WORKFLOWS} == {"tests", "nightly", "release"}
    matrix = jobs()["tests/test"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS and PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert {"tests/oldest", "tests/newest", "tests/alone", "tests/check", "nightly/benchmarks"} <= set(jobs())
    assert "schedule" in parsed(".github/workflows/nightly.yml")[True]  # YAML 1.1 reads the key `on` as true


@pytest.mark.parametrize("name", jobs())
def test_a_job_is_bounded_and_can_do_no_more_than_it_must(name):
    job = jobs()[name]
    assert 0 < job["timeout-minutes"] <= 240 and "runs-on" in job
    file = parsed(f".github/workflows/{name.split('/')[0]}.yml")
    assert file["permissions"] == {"contents": "read"}
    more = {"release/publish": {"id-token": "write"}, "release/announce": {"contents": "write"}}
    assert job.get("permissions") == more.get(name)
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v\d+)", step["uses"])
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", jobs())
def test_what_a_job_runs_is_there(name):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in (step["run"] for step in jobs()[name]["steps"] if "run" in step):
        assert "${{" not in line  # what others can set is never pasted into a command
        assert set(re.findall(r"\bmake ([\w-]+)", line)) <= targets
        extras = {extra for group in re.findall(r"\.\[([\w,]+)\]", line) for extra in group.split(",")}
        assert extras <= set(PROJECT["optional-dependencies"])
        for path in re.findall(r"python (\S+\.py)", line):
            assert (ROOT / path).is_file()
        for module in re.findall(r"python -m (benchmarks|experiments\S*)", line):
            assert (ROOT / module.replace(".", "/")).is_dir()


def test_a_release_is_published_without_a_password():
    job = jobs()["release/publish"]
    assert job["steps"][-1] == {"uses": "pypa/gh-action-pypi-publish@release/v1"}
    assert job["environment"]["name"] == "pypi" and job["needs"] == "build"
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")


def test_every_file_states_the_same_version(capsys):
    assert len(set(versions().values())) == 1, versions()
    main(f"v{PROJECT['version']}")
    assert capsys.readouterr().out == notes(PROJECT["version"]) and len(notes(PROJECT["version"])) > 1000
    with pytest.raises(SystemExit, match="v9.9.9 is not what these files say"):
        main("v9.9.9")


def test_conda_asks_for_what_pip_asks_for():
    recipe, environment = parsed("recipe/recipe.yaml"), parsed("environment.yml")
    run = {text.split()[0]: text.replace(" ", "") for text in recipe["requirements"]["run"]}
    assert {name: text for name, text in run.items() if name != "python"} == REQUIRED
    assert f">={recipe['context']['python_min']}" == PROJECT["requires-python"]
    asked = [text for text in environment["dependencies"] if isinstance(text, str)]
    assert set(REQUIRED.values()) <= set(asked) and f"python{PROJECT['requires-python']}" in asked
    assert recipe["about"]["license"] == PROJECT["license"] and recipe["about"]["summary"] == PROJECT["description"]
    name, target = recipe["build"]["python"]["entry_points"][0].split(" = ")
    assert PROJECT["scripts"] == {name: target}


@pytest.mark.parametrize("name", ["Dockerfile", "binder/postBuild"])
def test_images_install_extras_that_there_are(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    extras = re.search(r'"\.\[([\w,]+)\]"', text)[1].split(",")
    assert {"plot", "learn"} <= set(extras) <= set(PROJECT["optional-dependencies"])
    assert not {"cvxopt", "picos"} & set(extras)  # images are handed on; these are GPL


def test_the_image_runs_the_demo():
    demo = re.search(r"^demo:.*\n\t\$\(BIN\)/(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert f'CMD ["{demo.replace(" ", chr(34) + ", " + chr(34))}"]' in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda p: p.stem)
def test_templates_ask_for_what_is_needed_to_see_it_again(path):
    form = parsed(path)
    fields = {field["id"]: field for field in form["body"]}
    assert form["name"] and form["description"] and len(fields) == len(form["body"])
    assert any(field.get("validations", {}).get("required") for field in fields.values())
    assert path.stem == "wish" or "versions" in fields


def test_the_address_is_the_same_everywhere():
    urls = PROJECT["urls"]
    assert all(url.startswith((urls["Repository"], urls["Documentation"])) for url in urls.values())
    hosts = re.compile(r"(?:https://)?(?:[\w.-]*github\.com|mybinder\.org/v2/gh|[\w.-]+\.readthedocs\.io)[\w./-]*copos[\w.-]*")
    owner = urls["Repository"].removeprefix("https://github.com/")
    for path in [ROOT / "CITATION.cff", ROOT / "recipe/recipe.yaml", ROOT / "README.md", *(ROOT / "docs").rglob("*.*")]:
        if path.suffix in (".cff", ".yaml", ".md", ".py", ".ipynb") and "auto_gallery" not in path.parts:
            for found in hosts.findall(path.read_text(encoding="utf-8")):
                assert owner in found or found.startswith(urls["Documentation"]), (path.name, found)
    for name in ("CITATION.cff", "recipe/recipe.yaml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert urls["Repository"] in text and urls["Documentation"] in text, name
