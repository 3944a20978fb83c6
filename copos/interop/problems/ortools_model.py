"""Models of OR-Tools: MathOpt, the linear solver's and model_builder's, and CP-SAT's linear and product constraints.

Each is read from the protocol buffer that it exports. Floats are exact; CP-SAT has integers only.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from copos.arithmetic.rationals import Rational
from copos.interop.problems.builder import Builder, Terms, between, named
from copos.interop.problems.doubles import exact, side
from copos.interop.problems.polynomial import Polynomial
from copos.reformulation.quadratic.value import QuadraticProgram

FAR = 2**62  # bounds of CP-SAT from which on there is none


def read(model: Any) -> QuadraticProgram:
    """The program of a `mathopt.Model`, `model_builder.Model`, `pywraplp.Solver` or `cp_model.CpModel`.

    Raises
    ------
    ValueError
        If it has other constraints than linear and quadratic ones.
    """
    if hasattr(model, "export_model"):
        return _math_opt(model.export_model())
    if hasattr(model, "export_to_proto"):
        return _linear(model.export_to_proto())
    if hasattr(model, "ExportModelToProto"):
        proto = import_module("ortools.linear_solver.linear_solver_pb2").MPModelProto()
        model.ExportModelToProto(proto)
        return _linear(proto)
    if hasattr(model, "Proto") or hasattr(model, "proto"):
        return _sat(model.proto if hasattr(model, "proto") else model.Proto())
    raise ValueError(f"expected a model of MathOpt, model_builder, pywraplp or CP-SAT, got a {type(model).__name__}")


def _math_opt(proto: Any) -> QuadraticProgram:
    for name in ("second_order_cone_constraints", "sos1_constraints", "sos2_constraints", "indicator_constraints",
                 "auxiliary_objectives"):  # fmt: skip
        if len(getattr(proto, name, ())):
            raise ValueError(f"the model has {name.replace('_', ' ')}, which are not read")
    out, given = Builder(), proto.variables
    place = {key: k for k, key in enumerate(given.ids)}
    names = named(given.names or [""] * len(place))
    _variables(out, zip(names, given.lower_bounds, given.upper_bounds, given.integers, strict=True))
    out.sense = "max" if proto.objective.maximize else "min"
    f = proto.objective
    out.objective = Terms(_pairs(f.quadratic_coefficients, place), _linear_terms(f.linear_coefficients, place),
                          exact(f.offset, "the offset"))  # fmt: skip
    rows = proto.linear_constraints
    terms = {key: Terms() for key in rows.ids}
    entries = proto.linear_constraint_matrix
    for row, column, v in zip(entries.row_ids, entries.column_ids, entries.coefficients, strict=True):
        terms[row].linear.append((place[column], exact(v, "a coefficient")))
    names = list(rows.names) or [f"c{key}" for key in rows.ids]
    for key, name, low, high in zip(rows.ids, names, rows.lower_bounds, rows.upper_bounds, strict=True):
        out.row(name, terms[key], side(low, name, -1), side(high, name, 1))
    for key, row in sorted(proto.quadratic_constraints.items()):
        name = row.name or f"q{key}"
        form = Terms(_pairs(row.quadratic_terms, place), _linear_terms(row.linear_terms, place))
        out.row(name, form, side(row.lower_bound, name, -1), side(row.upper_bound, name, 1))
    return out.done(proto.name)


def _linear(proto: Any) -> QuadraticProgram:
    """An MPModelProto, of pywraplp and model_builder."""
    if len(getattr(proto, "general_constraint", ())):
        raise ValueError("the model has general constraints, which are not read")
    out = Builder()
    names = named(v.name for v in proto.variable)
    _variables(out, ((name, v.lower_bound, v.upper_bound, v.is_integer)
                     for name, v in zip(names, proto.variable, strict=True)))  # fmt: skip
    out.sense = "max" if proto.maximize else "min"
    linear = [(k, exact(v.objective_coefficient, v.name)) for k, v in enumerate(proto.variable)]
    out.objective = Terms([], linear, exact(proto.objective_offset, "the offset"))
    square = getattr(proto, "quadratic_objective", None)
    if square is not None and len(square.coefficient):
        places = zip(square.qvar1_index, square.qvar2_index, square.coefficient, strict=True)
        out.objective.pairs = [(i, j, exact(v, "a coefficient")) for i, j, v in places]
    for k, row in enumerate(proto.constraint):
        name = row.name or f"c{k}"
        terms = [(j, exact(v, name)) for j, v in zip(row.var_index, row.coefficient, strict=True)]
        out.row(name, Terms([], terms), side(row.lower_bound, name, -1), side(row.upper_bound, name, 1))
    return out.done(proto.name)


def _sat(proto: Any) -> QuadraticProgram:
    """A CpModelProto: domains that are intervals, linear constraints, products of two expressions."""
    out = Builder()
    for name, v in zip(named(v.name for v in proto.variables), proto.variables, strict=True):
        if len(v.domain) != 2:
            raise ValueError(f"the domain of {name} is no interval")
        x = out.variables[out.place(name)]
        x.lower, x.upper = (None if abs(w) >= FAR else int(w) for w in v.domain)
        x.integer = True
    for k, row in enumerate(proto.constraints):
        name = row.name or f"c{k}"
        kind = _kind(row)
        if len(row.enforcement_literal) or kind not in ("linear", "int_prod"):
            what = "an enforcement literal" if len(row.enforcement_literal) else kind
            raise ValueError(f"the constraint {name} has {what}; expected linear constraints and products")
        if kind == "int_prod":
            if len(row.int_prod.exprs) != 2:
                count = len(row.int_prod.exprs)
                raise ValueError(f"the constraint {name} is a product of {count} factors; expected two")
            a, b = (_affine(e) for e in row.int_prod.exprs)
            out.row(name, a.times(b).add(_affine(row.int_prod.target), -1).terms(), 0, 0)
            continue
        if len(row.linear.domain) != 2:
            raise ValueError(f"the constraint {name} has a domain that is no interval")
        low, high = (None if abs(w) >= FAR else int(w) for w in row.linear.domain)
        terms = Terms([], [(int(j), int(v)) for j, v in zip(row.linear.vars, row.linear.coeffs, strict=True)])
        out.constraints.extend(between(name, terms, low, high))
    _sat_objective(out, proto)
    return out.done(proto.name)


def _sat_objective(out: Builder, proto: Any) -> None:
    """Scaling · (Σ c_j x_j + offset); a maximum is a minimum with a negative scaling."""
    f = proto.floating_point_objective
    if len(f.vars):
        out.sense = "max" if f.maximize else "min"
        linear = [(int(j), exact(v, "a coefficient")) for j, v in zip(f.vars, f.coeffs, strict=True)]
        out.objective = Terms([], linear, exact(f.offset, "the offset"))
        return
    f = proto.objective
    scale: Rational = exact(f.scaling_factor, "the scaling") or 1
    out.sense = "max" if scale < 0 else "min"
    linear = [(int(j), scale * int(v)) for j, v in zip(f.vars, f.coeffs, strict=True)]
    out.objective = Terms([], linear, scale * exact(f.offset, "the offset"))


def _affine(expression: Any) -> Polynomial:
    out = Polynomial(int(expression.offset))
    for j, v in zip(expression.vars, expression.coeffs, strict=True):
        out.add(Polynomial.variable(int(j), int(v)))
    return out


def _kind(row: Any) -> str:
    """Which constraint of CP-SAT it is, in its newer wrapper and in the older protocol buffer."""
    if hasattr(row, "WhichOneof"):
        return row.WhichOneof("constraint") or "nothing"
    found = (name.removeprefix("has_") for name in dir(row) if name.startswith("has_"))
    return next((name for name in found if getattr(row, f"has_{name}")()), "nothing")


def _variables(out: Builder, rows: Any) -> None:
    for name, low, high, integer in rows:
        x = out.variables[out.place(name)]
        x.lower, x.upper, x.integer = side(low, name, -1), side(high, name, 1), bool(integer)


def _linear_terms(terms: Any, place: dict[int, int]) -> list[tuple[int, Rational]]:
    return [(place[key], exact(v, "a coefficient")) for key, v in zip(terms.ids, terms.values, strict=True)]


def _pairs(terms: Any, place: dict[int, int]) -> list[tuple[int, int, Rational]]:
    rows = zip(terms.row_ids, terms.column_ids, terms.coefficients, strict=True)
    return [(place[i], place[j], exact(v, "a coefficient")) for i, j, v in rows]
