"""`copos export`."""

import numpy as np
import pytest
from click.testing import CliRunner

from copos.commands.cli import main
from copos.conic import ConicForm
from copos.hierarchy import relax
from copos.instances.graphs import cycle
from copos.interop.sdpa import read_sdpa
from copos.reformulation.stability_number import stability_number


def run(*arguments):
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


@pytest.mark.parametrize(("ending", "read"), [(".dat-s", read_sdpa), (".npz", ConicForm.load)])
def test_a_level_is_written(tmp_path, ending, read):
    np.save(tmp_path / "graph.npy", cycle(5))
    target = tmp_path / f"level{ending}"
    done = run("stability-number", tmp_path / "graph.npy", target, "--level", 1, "--gram", "dd")
    assert done.exit_code == 0 and done.output.startswith(f"level{ending}: ")
    form, expected = read(target), relax(stability_number(cycle(5)), 1, gram="dd").form
    assert form.cones == expected.cones and (form.A != expected.A).nnz == 0 and np.array_equal(form.b, expected.b)


def test_bad_input_has_status_2_and_leaves_nothing(tmp_path):
    np.save(tmp_path / "graph.npy", cycle(5))
    for arguments, words in (
        (("stability-number", tmp_path / "graph.npy", tmp_path / "out.txt"), "ends in .dat-s or .npz"),
        (("standard-quadratic", tmp_path / "nowhere.csv", tmp_path / "out.npz"), "no such file"),
        (("stability-number", tmp_path / "graph.npy", tmp_path / "out.npz", "--level", -1), "integer"),
    ):
        done = run(*arguments)
        assert done.exit_code == 2 and words in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["graph.npy"]
