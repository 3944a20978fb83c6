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


def test_columns_of_a_table_with_names(tmp_path):
    shops, proof = tmp_path / "shops.csv", tmp_path / "proof.json"
    rows = [f'"S {k}, north",{k % 2 * 90},{k}.5,NA' for k in range(5)]
    shops.write_text("\n".join(["shop,area m2,rent,visitors", *rows]))
    refused = run(shops, "--clusters", 2)
    assert refused.exit_code == 2
    assert "'S 0, north' is no number" in refused.output and "--columns NAME" in refused.output
    done = run(shops, "--clusters", 2, "--columns", "area m2,rent", "--certificate", proof, "--json")
    assert done.exit_code == 0 and json.loads(done.stdout)["labels"] == [0, 1, 0, 1, 0]
    asked = ["verify", str(proof), "--data", str(shops), "--columns"]
    assert CliRunner().invoke(main, [*asked, "area m2,rent"]).exit_code == 0
    assert CliRunner().invoke(main, [*asked, "rent,area m2"]).exit_code == 1
    assert CliRunner().invoke(main, [*asked, "rent", "--targets", "rent"]).exit_code == 2
    wrongs = {"rnt": "did you mean 'rent'", "visitors": "is missing", "rent,rent": "asked for twice"}
    for columns, words in wrongs.items():
        wrong = run(shops, "--clusters", 2, "--columns", columns)
        assert wrong.exit_code == 2 and words in wrong.output
