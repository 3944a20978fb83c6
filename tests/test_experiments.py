"""The experiments run, and what they write says what they found."""

import csv

import pytest

from experiments import linnerud


def test_linnerud_writes_a_table_and_a_picture(tmp_path, monkeypatch):
    cheap = [r for r in linnerud.RUNGS if r.lift == "projection" or r.strengthen == ("whiten", "bounded", "balanced")]
    monkeypatch.setattr(linnerud, "RUNGS", tuple(r for r in cheap if not (r.lift == "factor" and r.level)))
    monkeypatch.setattr(linnerud, "NETWORKS", ((3, 1, 3), (3, 2, 3)))
    linnerud.main(tmp_path)
    with open(tmp_path / "linnerud.csv", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 6 and all(row["verified"] == "True" for row in rows)
    for row in rows:
        assert float(row["proved"]) <= float(row["closed_form"])
        assert float(row["proved"]) == pytest.approx(float(row["closed_form"]), rel=1e-5)
    assert (tmp_path / "linnerud.png").read_bytes().startswith(b"\x89PNG")
