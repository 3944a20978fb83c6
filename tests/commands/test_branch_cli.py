"""`copos branch`: exit status, files, going on."""

import json

import numpy as np
from click.testing import CliRunner

from copos.commands.cli import main
from tests.cases import cycle


def run(*arguments):
    return CliRunner().invoke(main, ["branch", "standard-quadratic", *map(str, arguments)])


def test_stops_saves_goes_on_and_is_verified(tmp_path):
    np.save(tmp_path / "q.npy", cycle(5))
    files = ("--state", tmp_path / "s.json", "--certificate", tmp_path / "c.json")
    first = run(tmp_path / "q.npy", *files, "--max-nodes", 3, "--json")
    assert first.exit_code == 3, first.output
    values = json.loads(first.output)
    assert values["cells"] == 3 and not values["closed"] and 0.44 < values["lower"] < 0.5
    second = run(tmp_path / "q.npy", *files)
    assert second.exit_code == 0 and "within the tolerance" in second.output
    verdict = CliRunner().invoke(main, ["verify", str(tmp_path / "c.json")])
    assert verdict.exit_code == 0 and "proved" in verdict.output


def test_bad_input(tmp_path):
    assert run(tmp_path / "absent.npy").exit_code == 2
    np.save(tmp_path / "q.npy", np.eye(2))
    result = run(tmp_path / "q.npy", "--rule", "variance")
    assert result.exit_code == 2 and "unknown rule" in result.output
    assert run(tmp_path / "q.npy", "--jobs", 0).exit_code == 2
