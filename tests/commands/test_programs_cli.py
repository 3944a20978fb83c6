"""The commands of the programs."""

import json
import signal

import numpy as np
import pytest
from click.testing import CliRunner

import copos
from copos.certificate import Certificate
from copos.commands.cli import main
from copos.commands.programs import stability_number, standard_quadratic
from copos.instances import MATRICES
from copos.instances.graphs import cycle
from copos.interop.tables import tables_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("c7.npy", cycle(7))
    (tmp_path / "c5.col").write_text("p edge 5 5\n" + "".join(f"e {k + 1} {(k + 1) % 5 + 1}\n" for k in range(5)))
    np.savetxt("Q.csv", MATRICES["population genetics"].matrix, delimiter=",")
    return tmp_path


def run(command, *arguments):
    return CliRunner().invoke(command, arguments)


def test_stability_number_of_a_dimacs_file(folder):
    answer = json.loads(run(stability_number, "c5.col", "--json", "--certificate", "proof.json").output)
    assert answer["number_lower"] == 2 and answer["number_upper"] == pytest.approx(np.sqrt(5), abs=1e-5)
    assert len(answer["vertices"]) == 2 and set(answer["vertices"]) <= {1, 2, 3, 4, 5}
    assert answer["proved"] and (folder / "proof.json").exists()
    shown = run(stability_number, "c5.col", "--level", "1")
    assert shown.exit_code == 0 and "stability number ≤" in shown.output


def test_a_level_that_bounds_nothing(folder):
    answer = json.loads(run(stability_number, "c7.npy", "--family", "de-klerk-pasechnik", "--json").output)
    assert answer["number_lower"] == 3 and answer["number_upper"] is None
    shown = run(stability_number, "c7.npy", "--family", "de-klerk-pasechnik")
    assert shown.exit_code == 4 and "bounds nothing" in shown.output


def test_gram_kinds_and_edges(folder):
    answer = json.loads(run(stability_number, "c5.col", "--gram", "dd", "--level", "1", "--json").output)
    assert answer["number_upper"] == pytest.approx(2.5, abs=1e-6) and answer["gram"] == "dd"
    answer = json.loads(run(stability_number, "c5.col", "--edges", "vanishing", "--level", "1", "--json").output)
    assert answer["number_upper"] == pytest.approx(2, abs=1e-5)


def test_cliques(folder):
    answer = json.loads(run(stability_number, "c7.npy", "--clique", "--level", "1", "--json").output)
    assert answer["number_lower"] == 2 <= answer["number_upper"] < 3
    assert "clique number ≤" in run(stability_number, "c7.npy", "--clique").output


def test_standard_quadratic(folder):
    answer = json.loads(run(standard_quadratic, "Q.csv", "--json").output)
    assert answer["claimed"] == pytest.approx(-49 / 3, abs=1e-5) and answer["upper"] == pytest.approx(-49 / 3)
    assert run(standard_quadratic, "Q.csv").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [("missing.col",), ("c5.col", "--level", "-1"), ("Q.csv",), ("c5.col", "--certificate", "no/where")]
)
def test_bad_input_ends_with_two(folder, arguments):
    result = run(stability_number, *arguments)
    assert result.exit_code == 2 and "Error" in result.output and not isinstance(result.exception, ValueError)


def test_proofs_say_what_was_asked_of_the_files(folder):
    run(stability_number, "c5.col", "--certificate", "proof.json")
    verdict = Certificate.load("proof.json").verify(data=tables_of(graph="c5.col"))
    assert verdict.claim.startswith("α(G) ≤ 2 for the graph G with 5 vertices and 5 edges")
    (folder / "half.csv").write_text("0.1,1/3\n1/3,2\n")  # decimals and fractions as written
    assert run(standard_quadratic, "half.csv", "--certificate", "half.json").exit_code == 0
    certificate = Certificate.load("half.json")
    assert certificate.question["Q"] == {"rows": [["1/10", "1/3"], ["1/3", 2]]}
    assert certificate.verify(data=tables_of(Q="half.csv")).claim.startswith("min x'Qx ≥ 0.09999")
    (folder / "half.csv").write_text("0.1,1/3\n1/3,3\n")
    assert "the Q given is not the table" in certificate.verify(data=tables_of(Q="half.csv")).reason


def interrupting(monkeypatch):
    """Ctrl-C when a solution is looked for, after the proof."""

    def press(*args):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("copos.levels.level._with_solution", press)


@pytest.mark.parametrize("limit", [[], ["--time-limit", "60"]])
@pytest.mark.parametrize("command", [["stability-number"], ["bound", "standard-quadratic"]])
def test_ctrl_c_prints_what_is_proved(command, limit, tmp_path, monkeypatch):
    path, proof = tmp_path / "A.csv", tmp_path / "proof.json"
    np.savetxt(path, np.roll(np.eye(5), 1, axis=0) + np.roll(np.eye(5), -1, axis=0), fmt="%d", delimiter=",")
    interrupting(monkeypatch)
    result = CliRunner().invoke(main, [*command, str(path), "--json", "--certificate", str(proof), *limit])
    assert result.exit_code == 130
    answer = json.loads(result.stdout)
    assert answer["proved"] and answer["upper"] is None and "interrupted" in answer["reason"]
    assert copos.verify(proof).proved


def test_a_time_limit_gives_the_same_level(tmp_path):
    path = tmp_path / "Q.csv"
    np.savetxt(path, np.eye(3), delimiter=",")
    answers = [
        json.loads(CliRunner().invoke(main, ["bound", "standard-quadratic", str(path), "--json", *limit]).stdout)
        for limit in ([], ["--time-limit", "60"])
    ]
    assert answers[0]["level"] == answers[1]["level"] == 0 and answers[0]["lower"] == answers[1]["lower"]
