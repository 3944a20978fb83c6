"""Survivors against their explanations, and the page that says so."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.mutants.session import Answer

EXPLAINED = Path(__file__).parent / "explained.toml"
HEAD = """# Mutants of the checker

`make mutants` alters the checker in one place at a time: a comparison, an operator, a number, a negation, `and`/`or`,
`any`/`all`, `min`/`max`, a `raise`. Forgeries, their honest twins, small certificates of every kind and tests of single
pieces are judged again with each of them. A mutant is *noticed* if one of them fails; one that *survives* has to be
explained in `tests/mutants/explained.toml`, or the command fails. What counts the work of a document is not altered,
nor are the words of refusals. This page is written by the command.
"""


def explained() -> dict[str, dict[str, str]]:
    """File ↦ name of a mutant ↦ why it may survive."""
    table = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))
    reasons = table.pop("reasons", {})
    return {file: {key: reasons.get(why, why) for key, why in rows.items()} for file, rows in table.items()}


class Result(NamedTuple):
    """What a run found."""

    answers: list[Answer]
    reasons: dict[str, dict[str, str]]

    @classmethod
    def of(cls, answers: Iterable[Answer], reasons: dict[str, dict[str, str]]) -> Result:
        """Answers in the order of the files."""
        return cls(sorted(answers, key=lambda a: (a.file, a.line)), reasons)

    @property
    def survivors(self) -> list[Answer]:
        """Mutants that nobody noticed."""
        return [a for a in self.answers if not a.noticed]

    @property
    def unexplained(self) -> list[Answer]:
        """Survivors without an explanation."""
        return [a for a in self.survivors if a.key not in self.reasons.get(a.file, {})]

    @property
    def idle(self) -> list[str]:
        """Explanations of what is noticed, or is no mutant any more, in the files that were looked at."""
        alive, files = {(a.file, a.key) for a in self.survivors}, {a.file for a in self.answers}
        return [f"{file}: {key}" for file, rows in self.reasons.items() if file in files
                for key in rows if (file, key) not in alive]  # fmt: skip

    @property
    def complete(self) -> bool:
        """Is every survivor explained, and every explanation needed?"""
        return not self.unexplained and not self.idle

    def summary(self) -> str:
        """What to do, and the numbers."""
        out = [f"idle explanation: {words}" for words in self.idle]
        out += [f"not explained: {a.file}:{a.line}: {a.key}  [{a.asked} asked]" for a in self.unexplained]
        noticed = len(self.answers) - len(self.survivors)
        out.append(f"{len(self.answers)} mutants, {noticed} noticed, {len(self.survivors)} survive, "
                   f"{len(self.unexplained)} of them not explained, {len(self.idle)} idle explanations")  # fmt: skip
        return "\n".join(out)

    def page(self) -> str:
        """Markdown: a table by file, then the survivors of each with their reasons."""
        files = sorted({a.file for a in self.answers})
        rows = [(file, [a for a in self.answers if a.file == file]) for file in files]
        out = [HEAD, "| file | mutants | noticed | survivors explained | not explained |", "|---|--:|--:|--:|--:|"]
        for file, answers in [*rows, ("all", self.answers)]:
            alive = [a for a in answers if not a.noticed]
            open_ = [a for a in alive if a in self.unexplained]
            numbers = len(answers), len(answers) - len(alive), len(alive) - len(open_), len(open_)
            out.append(f"| `{file}` | {' | '.join(map(str, numbers))} |")
        for file, answers in rows:
            alive = [a for a in answers if not a.noticed]
            if not alive:
                continue
            out += ["", f"## {file}", ""]
            why: dict[str, list[str]] = {}
            for a in alive:
                why.setdefault(self.reasons.get(file, {}).get(a.key, "**not explained**"), []).append(a.key)
            for reason, keys in why.items():
                out += [f"* {reason}", *(f"    * `` {key} ``" for key in keys)]
        return "\n".join(out) + "\n"
