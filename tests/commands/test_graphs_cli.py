"""The commands of graphs, cuts, partitions and assignments: answers, proofs, and what is refused."""

import json

import networkx as nx
import numpy as np
import pytest
from click.testing import CliRunner

from copos.commands.cli import main

G = nx.petersen_graph()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nx.set_node_attributes(G, {v: 1 + v % 3 for v in G}, "value")
    nx.write_gml(G, "p.gml")
    nx.write_graph6(G, "p.g6")
    (tmp_path / "c5.col").write_text("p edge 5 5\nn 2 3\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 1 5\n")
    (tmp_path / "c5.mc").write_text("5 5\n1 2 1\n2 3 -2\n3 4 1\n4 5 1\n1 5 1/2\n")
    (tmp_path / "path.edges").write_text("1 2\n2 3\n")
    np.savetxt("w.csv", np.arange(10), fmt="%d")
    np.savetxt("A.csv", [[0, 5, 1], [5, 0, 2], [1, 2, 0]], delimiter=",", fmt="%d")
    np.savetxt("B.csv", [[0, 1, 2], [1, 0, 1], [2, 1, 0]], delimiter=",", fmt="%d")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def answer(*arguments):
    found = run(*arguments, "--json")
    return json.loads(found.output)


@pytest.mark.parametrize(("command", "file", "more", "lower", "upper"), [
    ("stability", "p.g6", (), 4, 4), ("stability", "p.gml", ("--weights", "value"), 9, 9),
    ("stability", "p.g6", ("--weights", "w.csv"), 20, 20), ("stability", "c5.col", (), 4, 4),
    ("clique", "p.g6", (), 2, 2), ("clique", "c5.col", (), 4, 4), ("chromatic", "c5.col", (), 3, 3),
    ("clique-cover", "p.g6", (), 4, 5), ("clique-cover", "c5.col", (), 3, 3),
])  # fmt: skip
def test_numbers_are_printed_and_their_proofs_are_about_the_file(folder, command, file, more, lower, upper):
    found = answer(command, file, *more, "--certificate", "proof.json", "--shown", "shown.json")
    assert (found["lower"], found["upper"], found["proved"]) == (lower, upper, True)
    for proof in ("proof.json", "shown.json"):
        for option in ("--problem", "--graph"):
            said = run("verify", proof, option, file, *more)
            assert said.exit_code == 0 and "proved" in said.output, said.output
        assert run("verify", proof, "--problem", "path.edges").exit_code == 1
        if command in ("stability", "clique") and file == "c5.col":  # the same graph without the weights
            assert run("verify", proof, "--problem", "c5.mc").exit_code == 1
    shown = run(command, file, *more)
    assert shown.exit_code == (0 if lower == upper else 3) and f"{found['symbol']}" in shown.output


def test_theta(folder):
    found = answer("theta", "p.g6", "--variant", "schrijver", "--certificate", "proof.json")
    assert found["bound"] == 4 and found["upper"] == pytest.approx(4, abs=1e-5) and found["proved"]
    assert "ϑ' ≤" in run("verify", "proof.json", "--problem", "p.gml").output
    assert "α ≤ 4" in run("theta", "p.g6").output
    assert run("theta", "p.g6", "--variant", "euler").exit_code == 2


@pytest.mark.parametrize(("arguments", "value", "data"), [
    (("max-cut", "p.g6"), 12, ("--problem", "p.gml")), (("max-cut", "c5.mc"), 3.5, ("--problem", "c5.mc")),
    (("partition", "p.g6", "--sizes", "5,5"), 5, ("--graph", "p.g6")),
    (("assignment", "A.csv", "B.csv"), 18, ("--data", "A.csv", "B.csv")),
])  # fmt: skip
def test_programs_are_proved_about_their_files(folder, arguments, value, data):
    found = answer(*arguments, "--certificate", "proof.json")
    assert found["lower"] == found["upper"] == value and found["proved"] and found["closed"]
    said = run("verify", "proof.json", *data)
    assert said.exit_code == 0 and ("every" in said.output), said.output
    wrong = ("--data", "B.csv", "A.csv") if data[0] == "--data" else ("--problem", "c5.col")
    assert run("verify", "proof.json", *wrong).exit_code == 1
    assert "lower bound" in run(*arguments).output


@pytest.mark.parametrize("arguments", [
    ("stability", "nothing.g6"), ("stability", "p.g6", "--weights", "mass"), ("max-cut", "A.csv"),
    ("stability", "c5.col", "--certificate", "c5.col"), ("partition", "p.g6", "--sizes", "3,4"),
    ("partition", "p.g6", "--sizes", "five"), ("assignment", "A.csv", "p.g6"), ("stability", "p.g6", "--states", "-1"),
    ("clique", "c5.col", "--time-limit", "0"),
])  # fmt: skip
def test_bad_input_ends_with_status_two(folder, arguments):
    if arguments[1] == "A.csv" and arguments[0] == "max-cut":
        np.savetxt("A.csv", [[0, 5], [4, 0]], delimiter=",")
    found = run(*arguments)
    assert found.exit_code == 2 and len(found.output) > 20, found.output


def test_other_tables_are_rejected(folder):
    run("stability", "p.gml", "--weights", "value", "--certificate", "proof.json")
    assert run("verify", "proof.json", "--problem", "p.gml").exit_code == 1  # which does not say which weights
    assert run("verify", "proof.json", "--problem", "p.gml", "--weights", "value").exit_code == 0
    assert run("verify", "proof.json", "--problem", "p.g6", "--weights", "w.csv").exit_code == 1
    assert run("verify", "proof.json", "--problem", "c5.col").exit_code == 1
