"""Identities that hold on average over a group of permutations of the variables.

Let every generator of a group 𝒢 map the form F and the multiplier e to themselves, and the blocks, the generators of
the cone and the vanishing forms to each other. Then 𝒢 maps atoms to atoms, and the average over 𝒢 of a polynomial that
is nonnegative at the atoms is so, too. The average of e^level·F is itself. So it is enough that

    e(x)^level · F(x)    and    Σ_s <G_s, U_s' B_s(x) U_s>  +  Σ_j q_j(x) · E_j(x)  +  rest(x),     rest(x) ≥ 0 on K,

have the same average, which means: for every orbit of monomials the same sum of coefficients. Whether two monomials
are in one orbit is decided by moving one variable of each to a fixed point r of its orbit and comparing the others
under the generators that fix r. If these generate less than the stabiliser of r, fewer monomials are seen to be
equivalent, and less is proved.

A linear form λ with E_j = c·λ² vanishes at every atom as E_j does; `linear` lists such forms, numbered after the E_j.
Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Rejected, Unreadable  # type: ignore[no-redef]

Permutation = list[int]


def nonnegative(p: identity.Program, form: identity.Polynomial, proof: dict[str, Any]) -> int:
    """Reject unless the identity proves, on average, e^level·form ≥ 0 on the atoms; returns the level."""
    s = read.fields(proof["symmetry"], "symmetry", "generators", "linear")
    generators = [permutation(g, p.dim) for g in read.items(s["generators"], "generators of a group")]
    invariant(p, form, generators)
    orbits = Orbits(p.dim, generators)
    level = read.whole(proof["level"], "level", 0, read.LEVEL)
    q = p._replace(vanishing=[*p.vanishing, *roots(p, s.get("linear", []))])
    # F is invariant, so one factor e may be replaced by a form with the same average
    left, _ = identity.rest(q, form, level, proof["terms"], proof["multipliers"], orbits.gathered(p.unit))
    identity.absorbed(q, orbits.gathered(left), level, proof)
    return level


def permutation(value: Any, dim: int) -> Permutation:
    """A permutation of the variables: variable v goes to value[v]."""
    g = read.items(value, "generator of a group", dim)
    if sorted(read.whole(v, "image of a variable", 0, dim - 1) for v in g) != list(range(dim)):
        raise Unreadable("a generator of a group must be a permutation")
    return g


def moved(p: identity.Polynomial, g: Permutation) -> identity.Polynomial:
    """The polynomial with every x_v replaced by x_g(v)."""
    read.spend(read.EXPANDED * len(p), "a polynomial under a permutation")
    return {tuple(sorted([g[v] for v in key])): c for key, c in p.items()}


def invariant(p: identity.Program, form: identity.Polynomial, generators: list[Permutation]) -> None:
    """Reject unless the permutations leave F and e alone and map what describes the atoms to itself."""
    for g in generators:
        if moved(form, g) != form:
            raise Rejected("a generator of the group does not leave C − Σ y_i A_i alone")
        if moved(p.unit, g) != p.unit:
            raise Rejected("a generator of the group does not leave the multiplier e alone")
    # a permutation is one-to-one: what it maps into a finite set of its kind it maps onto it
    parts: dict[str, list[tuple[Any, dict[Any, identity.Polynomial]]]] = {
        "blocks": [(order, {key: dict(e) for key, e in block.items()})
                   for order, block in zip(p.orders, p.blocks, strict=True)],
        "generators of the cone": [(None, {None: form}) for form in p.generators],
        "vanishing forms": [(None, {None: form}) for form in p.vanishing],
    }  # fmt: skip
    for what, tables in parts.items():
        known = {(order, table(entries)) for order, entries in tables}
        for g in generators:
            if any((order, table(entries, g)) not in known for order, entries in tables):
                raise Rejected(f"a generator of the group does not map the {what} to each other")


def table(entries: dict[Any, identity.Polynomial], g: Permutation | None = None) -> frozenset[Any]:
    """A table of polynomials as a value that can be compared, under a permutation if there is one."""
    return frozenset((key, frozenset((moved(e, g) if g else e).items())) for key, e in entries.items())


def roots(p: identity.Program, value: Any) -> Iterable[identity.Polynomial]:
    """Linear forms λ with E_j = c·λ²."""
    for item in read.items(value, "linear forms"):
        j, form = read.items(item, "linear form", 2)
        E = p.vanishing[read.whole(j, "vanishing form", 0, len(p.vanishing) - 1)]
        root = identity.polynomial(form, "linear form", p.dim, 1)
        square = {key: c for key, c in identity.product(root, root).items() if c}
        if set(E) != set(square) or len({Fraction(c) / square[key] for key, c in E.items()}) > 1:
            raise Rejected("a vanishing form is no multiple of the square of the linear form beside it")
        yield root


class Orbits:
    """Orbits of monomials under a group of permutations, seen as far as the listed generators show them."""

    def __init__(self, dim: int, generators: list[Permutation]) -> None:
        self.dim, self.generators = dim, generators
        self.root = [-1] * dim  # of the orbit of every variable
        self.step: dict[int, tuple[int, int]] = {}  # the variable before, and the generator that leads from it
        for r in range(dim):
            if self.root[r] >= 0:
                continue
            self.root[r], layer = r, [r]
            while layer:
                following = []
                for v in layer:
                    for k, g in enumerate(generators):
                        if self.root[g[v]] < 0:
                            self.root[g[v]], self.step[g[v]] = r, (v, k)
                            following.append(g[v])
                layer = following
        read.spend(dim * (1 + len(generators)), "the orbits of the variables")
        self.back = [sorted(range(dim), key=g.__getitem__) for g in generators]  # inverses
        self.down: dict[int, Permutation] = {r: list(range(dim)) for r in set(self.root)}
        self.fixing = {r: [g for g in generators if g[r] == r] for r in self.down}
        self.known: dict[int, dict[tuple[int, ...], tuple[int, ...]]] = {r: {} for r in self.down}

    def to_root(self, v: int) -> Permutation:
        """An element of the group that maps a variable to the root of its orbit."""
        path = []
        while v not in self.down:
            path.append(v)
            v = self.step[v][0]
        for w in reversed(path):
            before, k = self.step[w]
            read.spend(read.EXPANDED * self.dim, "an element of the group")
            u, back = self.down[before], self.back[k]
            self.down[w] = [u[i] for i in back]
        return self.down[path[0] if path else v]

    def among(self, root: int, others: tuple[int, ...]) -> tuple[int, ...]:
        """The first member seen of the orbit of a monomial under the generators that fix the root."""
        known, fixing = self.known[root], self.fixing[root]
        if others not in known:
            known[others], layer = others, [others]
            while layer:
                following = []
                for key in layer:
                    for g in fixing:
                        image = tuple(sorted([g[v] for v in key]))
                        if image not in known:
                            known[image] = others
                            following.append(image)
                read.spend(read.EXPANDED * len(layer) * (1 + len(fixing)), "an orbit of monomials")
                layer = following
        return known[others]

    def of(self, key: identity.Monomial) -> identity.Monomial:
        """A monomial of the orbit, the same one for monomials that are seen to be in one orbit."""
        found = []
        for k, v in enumerate(key):
            if k and v == key[k - 1]:
                continue
            u = self.to_root(v)
            rest = self.among(self.root[v], tuple(sorted([u[w] for w in key[:k] + key[k + 1 :]])))
            found.append((self.root[v], *rest))
        return tuple(sorted(min(found)))

    def gathered(self, p: identity.Polynomial) -> identity.Polynomial:
        """A polynomial with the same average: the sum of the coefficients of every orbit at one of its monomials."""
        read.spend(read.EXPANDED * len(p), "the orbits of a polynomial")
        out: identity.Polynomial = {}
        for key, c in p.items():
            name = self.of(key)
            out[name] = out.get(name, 0) + c
        return {key: c for key, c in out.items() if c}
