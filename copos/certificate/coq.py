"""A small certificate as a file for Coq or Lean that proves its claim by an identity and squares alone.

x'Mx = Σ_k w_k (b_k'x)² + Σ_(i<j) s_ij (x_i ± x_j)² + Σ_i d_i x_i² + Σ_(i<j) n_ij x_i x_j, all coefficients ≥ 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

MOST = 12  # variables


def coq_source(kind: str, problem: Mapping[str, Any], proof: Mapping[str, Any]) -> str:
    """Coq source (the standard library's reals) that states and proves x'Mx ≥ 0 for x ≥ 0."""
    form, parts, n = _pieces(kind, problem, proof)
    names = " ".join(f"x{i}" for i in range(n))
    positive = " -> ".join(f"0 <= x{i}" for i in range(n))
    lines = ["Require Import Reals Lra.", "Open Scope R_scope.", "",
             f"Theorem copositive : forall {names} : R, {positive} -> 0 <= {form}.", "Proof.",
             f"  intros {names} {' '.join(f'h{i}' for i in range(n))}."]  # fmt: skip
    for k, (coefficient, what, signs) in enumerate(parts):
        shown = f"{what} * {what}" if signs is None else f"x{signs[0]} * x{signs[1]}"
        reason = f"Rle_0_sqr {what}" if signs is None else f"Rmult_le_pos _ _ h{signs[0]} h{signs[1]}"
        lines.append(f"  assert (p{k} : 0 <= {coefficient} * ({shown})).")
        lines.append(f"  {{ apply Rmult_le_pos; [lra|exact ({reason})]. }}")
    total = " + ".join(f"{c} * ({w} * {w})" if s is None else f"{c} * (x{s[0]} * x{s[1]})" for c, w, s in parts) or "0"
    lines += [f"  replace ({form}) with ({total}) by field.", "  lra.", "Qed."]
    return "\n".join(lines) + "\n"


def lean_source(kind: str, problem: Mapping[str, Any], proof: Mapping[str, Any]) -> str:
    """The same for Lean 4 with Mathlib: the squares and products are hints of `nlinarith`."""
    form, parts, n = _pieces(kind, problem, proof)
    names = " ".join(f"x{i}" for i in range(n))
    hypotheses = " ".join(f"(h{i} : 0 ≤ x{i})" for i in range(n))
    hints = [f"sq_nonneg ({w})" if s is None else f"mul_nonneg h{s[0]} h{s[1]}" for _, w, s in parts]
    return (f"import Mathlib\n\ntheorem copositive ({names} : ℝ) {hypotheses} :\n    0 ≤ {form} := by\n"
            f"  nlinarith [{', '.join(hints)}]\n")  # fmt: skip


Part = tuple[str, str, tuple[int, int] | None]


def _pieces(kind: str, problem: Mapping[str, Any], proof: Mapping[str, Any]) -> tuple[str, list[Part], int]:
    """The form x'Mx in words, and its parts (coefficient, linear form, or the pair of a product)."""
    if kind != "copositive" or problem["type"] != "matrix" or proof.get("method") != "spn":
        raise ValueError("a file for an assistant is made of a copositive matrix whose proof has the method spn")
    M = [[Fraction(v) for v in row] for row in problem["rows"]]
    n = len(M)
    if n > MOST:
        raise ValueError(f"a file for an assistant is about at most {MOST} variables, got {n}")
    B = proof["factor"]
    w = [Fraction(v) for v in proof.get("weights", [1] * len(B[0]))]
    scale = Fraction(1, 4 ** proof["bits"])
    parts: list[Part] = []
    for k, weight in enumerate(w):
        column = {i: B[i][k] for i in range(n) if B[i][k]}
        if weight and column:
            parts.append((_number(weight * scale), _linear(column), None))
    slack: list[Fraction] = []
    R = [[M[i][j] - scale * sum(c * B[i][k] * B[j][k] for k, c in enumerate(w)) for j in range(n)] for i in range(n)]
    for i in range(n):
        slack.append(R[i][i] - sum(max(Fraction(0), -R[i][j]) for j in range(n) if j != i))
        if slack[i]:
            parts.append((_number(slack[i]), _linear({i: 1}), None))
        for j in range(i):
            if R[i][j] < 0:
                parts.append((_number(-R[i][j]), _linear({i: 1, j: -1}), None))
            elif R[i][j] > 0:
                parts.append((_number(2 * R[i][j]), "", (j, i)))
    terms = [f"{_number(M[i][j] * (1 if i == j else 2))} * x{i} * x{j}"
             for i in range(n) for j in range(i, n) if M[i][j]]  # fmt: skip
    return " + ".join(terms) or "0", parts, n


def _number(value: Fraction) -> str:
    text = str(value.numerator) if value.denominator == 1 else f"{value.numerator} / {value.denominator}"
    return text if value >= 0 and value.denominator == 1 else f"({text})"


def _linear(form: dict[int, int]) -> str:
    return "(" + " + ".join(f"({c}) * x{i}" for i, c in form.items()) + ")"
