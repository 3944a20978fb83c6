"""Build the wheel and the sdist, and use each in an environment that holds only what it asks for: `make dist`.

What is asked of both: pip brings no optional package, the programs of the README give what it says, the shell commands
run, a proof is accepted and a mutated one rejected.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
import venv
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
README = """
import doctest, sys
failed, tried = doctest.testfile(sys.argv[1], module_relative=False)
import copos.bounding.bounds
failed += doctest.run_docstring_examples(copos.bounding.bounds.lower_bound, vars(copos.bounding.bounds)) or 0
assert tried > 5 and not failed, (tried, failed)
print(copos.__file__)
"""
DATA = """
import numpy as np
rng = np.random.default_rng(0)
np.save("X.npy", rng.standard_normal((3, 20)))
np.savetxt("Y.csv", rng.standard_normal((2, 20)), delimiter=",")
"""


def run(*command: str | Path, status: int = 0, cwd: Path | None = None) -> str:
    """Standard output of a command that must end with the status."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode != status:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}, not {status}\n{done.stdout}{done.stderr}")
    return done.stdout


def distributions(folder: Path) -> tuple[Path, Path]:
    """(wheel, sdist); the wheel is built from the sdist."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    run(sys.executable, "-m", "twine", "check", "--strict", *folder.iterdir())
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def faults(wheel: Path) -> list[str]:
    """What is wrong with the contents of a wheel."""
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    experiments = sorted(path.name for path in (ROOT / "experiments").glob("*.py"))
    there = sorted(Path(name).name for name in names if "experiments/" in name)
    outside = [name for name in names if not name.startswith(("copos/", "copos-"))]
    licence = [name for name in names if name.endswith("licenses/LICENSE")]
    source = {str(path.relative_to(ROOT)) for path in (ROOT / "copos").rglob("*") if path.suffix in (".py", ".json")}
    found = [f"{name} is outside the package" for name in outside]
    found += [f"{name} is missing" for name in sorted({*source, "copos/py.typed"} - set(names))]
    found += [f"experiments are {there}"] * (there != experiments)
    return found + [f"licence files {licence}"] * (len(licence) != 1)


def core() -> set[str]:
    """Names of the required packages and of what they require."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting, seen = [Requirement(text) for text in project["dependencies"]], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        try:
            waiting += [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            sys.exit(f"{name} is required but not installed here")
    return seen


def used(distribution: Path, folder: Path) -> None:
    """Install a distribution without extras and use it."""
    venv.create(folder, with_pip=True)
    python, copos, here = folder / "bin" / "python", folder / "bin" / "copos", folder / "here"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", distribution)
    listed = json.loads(run(python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"))
    more = {canonicalize_name(each["name"]) for each in listed} - core() - {"copos", "pip", "setuptools"}
    if more:
        sys.exit(f"{distribution.name} also brought {', '.join(sorted(more))}")
    here.mkdir()
    origin = run(python, "-W", "error", "-c", README, ROOT / "README.md", cwd=here)
    if str(folder) not in origin:
        sys.exit(f"copos was imported from {origin}")
    run(python, "-c", DATA, cwd=here)
    sizes = ("--widths", "3,1,2", "--lift", "projection", "--certificate", "proof.json")
    run(copos, "bound", "linear-network", "X.npy", "Y.csv", *sizes, cwd=here)
    run(copos, "verify", "proof.json", cwd=here)
    proof = (here / "proof.json").read_text(encoding="utf-8")
    (here / "mutated.json").write_text(proof.replace("7", "8", 40), encoding="utf-8")
    run(copos, "verify", "mutated.json", status=1, cwd=here)
    (here / "psd.txt").write_text("1 -1 1\n-1 1 -1\n1 -1 1\n", encoding="utf-8")
    run(copos, "copositive", "psd.txt", cwd=here)
    run(copos, "experiment", "--help", cwd=here)
    names = run(copos, "experiment", cwd=here)
    if not all(path.stem in names for path in (ROOT / "experiments").glob("[a-z]*.py")):
        sys.exit(f"copos experiment lists only\n{names}")


def main() -> None:
    """Build, look, install twice, use twice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel, sdist = distributions(ROOT / "dist")
        wrong = faults(wheel)
        if wrong:
            sys.exit("\n".join(wrong))
        for distribution in (wheel, sdist):
            used(distribution, folder / distribution.suffix.strip("."))
            print(f"{distribution.name}: installed alone, used, proofs checked")


if __name__ == "__main__":
    main()
