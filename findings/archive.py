"""An archive for deposition: tables, reports, pictures, certificates and the manifest; read back from nothing."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path

import copos
from copos.experiment.table import read
from findings.tables import manifest, sha256, stale

NAME = "findings.tar.gz"


class Broken(Exception):
    """What an archive does not hold up to."""


def pack(folder: Path) -> Path:
    """Pack a folder of tables with its certificates, and read the archive back.

    Raises
    ------
    Broken
        If a file is not what the manifest says, a certificate that it names is missing, or one is refused.
    """
    wrong = stale(folder)
    if wrong:
        raise Broken(f"{folder}: not as in the manifest: {', '.join(wrong)}")
    named = {name for facts in manifest(folder).values() for name in facts["certificates"]}
    missing = sorted(named - {path.name for path in certificates(folder)})
    if missing:
        raise Broken(f"{len(missing)} certificates that the manifest names are missing, {missing[0]} first; "
                     "`python -m findings build` makes them")  # fmt: skip
    out = folder.parent / NAME
    with tarfile.open(out, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                tar.add(path, f"findings/{path.name}")
        for path in certificates(folder):
            tar.add(path, f"findings/certificates/{path.name}")
    _read_back(out)
    return out


def certificates(folder: Path) -> list[Path]:
    """Files that the tables and the manifest name and that are there."""
    found = set()
    for name, facts in manifest(folder).items():
        paths = {Path(str(row.get("certificate"))) for row in read(folder / name)}
        found |= {path for path in paths if path.name in facts["certificates"] and path.is_file()}
    return sorted(found)


def _read_back(archive: Path) -> None:
    """Unpack into an empty folder; hashes, and every certificate by the checker alone."""
    with tempfile.TemporaryDirectory() as empty:
        with tarfile.open(archive) as tar:
            # written a moment ago, so that Python 3.11.0 to 3.11.3, which know no filters, may go without
            tar.extractall(empty, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        at = Path(empty) / "findings"
        wrong = stale(at)
        known = {name: value for facts in manifest(at).values() for name, value in facts["certificates"].items()}
        for path in sorted((at / "certificates").glob("*.json")):
            if known.get(path.name) != sha256(path):
                wrong.append(path.name)
            elif not copos.verify(path).proved:
                raise Broken(f"{path.name}: refused by the checker")
        if wrong:
            raise Broken(f"{archive}: not as in the manifest: {', '.join(wrong)}")
