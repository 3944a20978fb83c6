"""`-` is standard input for every command that reads one file; `--as` says what its name would."""

import io
import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from click.testing import CliRunner

from copos.commands.cli import COMMANDS, main
from copos.commands.standard_input import as_file

C5 = "p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 1 5\n"
CUT = "5 5\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n1 5 1\n"
Q = "1,-1\n-1,2\n"
LP = "max\n q: x + [ - 2 x ^2 ] / 2\nst\n c: x <= 1\nend\n"


def network():
    out = io.BytesIO()
    np.savez(out, W1=[[1.0], [-1.0]], b1=[0.0, 0.0], W2=[[1.0, 1.0]], b2=[0.0])
    return out.getvalue()


def run(arguments, text):
    return CliRunner().invoke(main, arguments.split(), input=text)


# arguments, standard input, a file of the same content whose name says the format
READ = [
    ("stability - --as dimacs", C5, "c5.col"), ("clique - --as dimacs", C5, "c5.col"),
    ("chromatic - --as dimacs", C5, "c5.col"), ("clique-cover - --as dimacs", C5, "c5.col"),
    ("theta - --as dimacs", C5, "c5.col"), ("max-cut - --as mc", CUT, "c5.mc"),
    ("partition - --as mc --sizes 2,3", CUT, "c5.mc"), ("stability-number - --as dimacs", C5, "c5.col"),
    ("stability - --as g6", nx.to_graph6_bytes(nx.petersen_graph()), "p.g6"),
    ("stability - --as csv", "0,1\n1,0\n", "edge.csv"), ("solve - --as lp", LP, "m.lp"),
    ("solve - --over simplex", Q, None), ("relu-verify - --as npz --lower -1 --upper 1", network(), "net.npz"),
    ("copositive -", Q, "Q.csv"), ("completely-positive -", Q, "Q.csv"), ("bound standard-quadratic -", Q, "Q.csv"),
    ("branch standard-quadratic -", Q, "Q.csv"), ("k-means - --clusters 1", Q, "Q.csv"),
    ("bound linear-network - --targets b --widths 1,1", "a,b\n1,2\n2,3\n", "T.csv"),
]  # fmt: skip
WITHOUT = {"verify", "export", "experiment", "assignment"}  # below; none reads one file; two files, of matrices as text


@pytest.mark.parametrize(("arguments", "text", "file"), READ, ids=[row[0] for row in READ])
def test_standard_input_is_read_as_the_file_is(arguments, text, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = run(arguments + " --json", text)
    assert found.exit_code in (0, 1, 3), found.output
    if file is None:
        return
    Path(file).write_bytes(text if isinstance(text, bytes) else text.encode())
    again = run(arguments.replace(" -", f" {file}", 1).split(" --as ")[0] + " "
                + " ".join(arguments.partition(" --as ")[2].split()[1:]) + " --json", "")  # fmt: skip
    assert again.exit_code == found.exit_code, again.output
    one, other = json.loads(found.output), json.loads(again.output)
    kept = [key for key in one if "seconds" not in key and key not in ("file", "bounds")]
    assert kept and {key: one[key] for key in kept} == {key: other[key] for key in kept}


def test_every_command_is_here():
    tried = {row[0].split(" -")[0].split()[-1] for row in READ}
    assert tried | WITHOUT == {name for group in COMMANDS.values() for name in group}


@pytest.mark.parametrize(("arguments", "known"), [
    ("stability -", "dimacs, g6"), ("clique -", "dimacs"), ("chromatic -", "dimacs"), ("clique-cover -", "dimacs"),
    ("theta -", "dimacs"), ("stability-number -", "dimacs"), ("max-cut -", "mc"), ("partition - --sizes 1,1", "mc"),
    ("export clique-number - out.npz", "dimacs"), ("solve -", "or --over for a matrix"),
    ("relu-verify - --lower 0 --upper 1", "npz, onnx"),
])  # fmt: skip
def test_what_is_missing_is_said(arguments, known, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = run(arguments, C5)
    assert refused.exit_code == 2 and "expected --as with one of" in refused.output and known in refused.output


def test_messages_name_what_was_given(tmp_path):
    refused = run("stability - --as dimacs", "p edge 2 1\ne 1 3\n")
    assert refused.exit_code == 2
    assert refused.output.strip() == "Error: standard input, line 2: edge 1 3 names a vertex outside 1 … 2"
    file = tmp_path / "graph"
    file.write_text("0 1\n")
    assert run(f"stability {file} --as g6", "").output.startswith(f"Error: {file}: line 1")
    assert "no such file" in run(f"stability {tmp_path / 'none'} --as g6", "").output


def test_as_reads_a_file_by_another_ending(tmp_path):
    file = tmp_path / "g05.0"
    file.write_text(CUT)
    assert json.loads(run(f"max-cut {file} --as mc --json", "").output)["upper"] == 4


def test_a_certificate_and_an_export_through_pipes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("export stability-number - out.dat-s --as dimacs", C5).exit_code == 0
    assert run("export stability-number - again.dat-s --as dimacs", C5).exit_code == 0
    assert Path("out.dat-s").read_text() == Path("again.dat-s").read_text()
    assert run("copositive - --certificate proof.json", "1,0\n0,1\n").exit_code == 0
    assert run("verify -", Path("proof.json").read_bytes()).output.endswith("proved\n")
    assert run("verify -", "{").exit_code == 2


def test_a_stream_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("copos.commands.standard_input.BYTES", 3)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"abcd")))
    with pytest.raises(ValueError, match="more than 3 bytes"), as_file("-", "lp", [".lp"]):
        pass
