"""`copos k-means`."""

import json

import pytest
from click.testing import CliRunner

from copos.commands.cli import main

ROWS = "x,y\n0,0\n0,0.1\n1/3,0\n8,8\n8,9\n9,8\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(ROWS)
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["k-means", *map(str, arguments)])


def test_a_table_is_clustered_and_the_proof_verified(table, tmp_path):
    proof = tmp_path / "proof.json"
    done = run(table, "--clusters", 2, "--certificate", proof, "--json")
    said = json.loads(done.stdout)
    assert done.exit_code == 0 and said["proved"] and said["labels"] == [0, 0, 0, 1, 1, 1]
    checked = CliRunner().invoke(main, ["verify", str(proof), "--data", str(table)])
    assert checked.exit_code == 0 and "every partition of the 6 points into 2 clusters" in checked.stdout
    table.write_text(ROWS.replace("0.1", "0.2"))
    assert CliRunner().invoke(main, ["verify", str(proof), "--data", str(table)]).exit_code == 1


def test_labels_and_pairs_in_files(table, tmp_path):
    labels, pairs = tmp_path / "labels.txt", tmp_path / "pairs.csv"
    labels.write_text("1\n1\n1\n2\n2\n2\n")
    done = run(table, "--labels", labels)
    assert done.exit_code == 0 and "this clustering is at most" in done.stdout
    pairs.write_text("1,4\n")
    done = run(table, "--clusters", 2, "--must-link", pairs, "--json")
    said = json.loads(done.stdout)
    assert said["labels"][0] == said["labels"][3] and said["proved"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--clusters, or the --labels"), (("--clusters", 7), "from 1 to the number of points"),
        (("--clusters", 2, "--must-link", "zero.csv"), "counted from 1"),
        (("--clusters", 2, "--must-link", "half.csv"), "expected integers"),
        (("--clusters", 2, "--must-link", "three.csv"), "two row numbers"),
        (("--labels", "three.csv"), "each of the 6 rows"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(options, words, table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zero.csv").write_text("0,1\n")
    (tmp_path / "half.csv").write_text("0.5,1\n")
    (tmp_path / "three.csv").write_text("1,2,3\n")
    done = run(table, *options)
    assert done.exit_code == 2 and words in done.stderr
