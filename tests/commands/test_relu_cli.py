"""`copos relu-verify`."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from copos.commands.cli import main


@pytest.fixture
def network(tmp_path):
    """f(x) = |x|."""
    path = tmp_path / "net.npz"
    np.savez(path, W1=[[1.0], [-1.0]], b1=[0.0, 0.0], W2=[[1.0, 1.0]], b2=[0.0])
    return path


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_a_proof_is_written_and_verified_against_the_file(network, tmp_path):
    proof = tmp_path / "proof.json"
    done = run("relu-verify", network, "--lower", -1, "--upper", 2, "--certificate", proof)
    assert done.exit_code == 0 and "proved" in done.stdout and "linear program" in done.stdout
    assert run("verify", proof, "--network", network).exit_code == 0
    np.savez(network, W1=[[1.0], [-1.0]], b1=[0.0, 0.0], W2=[[1.0, 1.5]], b2=[0.0])
    assert run("verify", proof, "--network", network).exit_code == 1


def test_a_counterexample_is_shown_with_its_proof(network, tmp_path):
    proof, box = tmp_path / "proof.json", tmp_path / "upper.csv"
    box.write_text("2\n")
    done = run("relu-verify", network, "--lower", -1, "--upper", box, "--c", -1, "--offset", "3/2", "--json",
               "--certificate", proof)  # fmt: skip
    said = json.loads(done.stdout)
    assert done.exit_code == 1 and said["verdict"] == "counterexample" and said["point"] == [2.0]
    assert said["upper"] == -0.5 and said["bounds"][0]["method"] == "intervals"
    checked = run("verify", proof, "--network", network)
    assert checked.exit_code == 0 and "≤ -1/2" in checked.stdout


def test_balls_and_levels(network):
    done = run("relu-verify", network, "--lower", "1/2", "--radius", "3/2", "--tolerance", 1e-6, "--levels", 0)
    assert done.exit_code == 0 and "level 0" in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--lower", 0), "--upper, or --radius"), (("--lower", "0,1", "--upper", 1), "--lower has 2 numbers"),
        (("--lower", "x", "--upper", 1), "expected a number"), (("--lower", 2, "--upper", 1), "the box is empty"),
        (("--lower", 0, "--upper", 1, "--offset", "1/0"), "--offset: expected a number"),
    ],
)
def test_what_is_wrong_is_said(options, words, network):
    done = run("relu-verify", network, *options)
    assert done.exit_code == 2 and words in done.output


def test_outputs_need_coefficients(tmp_path):
    path = tmp_path / "two.npz"
    np.savez(path, W1=[[1.0], [2.0]], b1=[0.0, 0.0])
    done = run("relu-verify", path, "--lower", 0, "--upper", 1)
    assert done.exit_code == 2 and "2 outputs" in done.output
    assert run("relu-verify", path, "--lower", 0, "--upper", 1, "--c", "-1,1").exit_code == 0
