"""A system of constraints as the warehouse has it: a row a term."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from bounds.solver import Constraint, System


def system_of(terms: Iterable[Sequence[Any]], until: float = math.inf) -> System:
    """Return the system of terms as `int_bound_terms` has them.

    Args:
        terms: id and assumption of the constraint, variable, whether it is whole and whether it is
            signed, coefficient, low and high. A variable can stand twice in a constraint.
        until: when the solver is to end.

    """
    constraints: dict[str, Constraint] = {}
    sums: dict[str, dict[str, Fraction]] = {}
    whole, signed = set(), set()
    assumed: dict[str, str] = {}
    for name, assumption, variable, is_whole, is_signed, coefficient, *ends in terms:
        own = sums.setdefault(name, {})
        own[variable] = own.get(variable, Fraction(0)) + Fraction(coefficient)
        low, high = (None if end is None else Fraction(end) for end in ends)
        constraints[name] = Constraint(own, low, high)
        if assumption:
            assumed[name] = assumption
        if is_whole:
            whole.add(variable)
        if is_signed:
            signed.add(variable)
    return System(constraints, whole, assumed, signed, until)


def without(system: System, assumption: str) -> System:
    """Return a system without the constraints that are an assumption."""
    kept = {k: c for k, c in system.constraints.items() if system.assumed.get(k) != assumption}
    names = {name for each in kept.values() for name in each.terms}
    return System(kept, names & {*system.whole}, system.assumed, system.signed, system.until)
