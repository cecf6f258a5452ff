"""Ask HiGHS for the least value of a number, what proves it, and values that attain it.

What HiGHS answers are floating-point numbers. They are turned into fractions and taken only if they
are exactly right: a wrong answer leaves a bound out, and never publishes one. All variables are at
least 0, but those that are signed. Multipliers prove a value if the constraints times their
multipliers, a positive one times the lower limit and a negative one times the upper limit, add up
to no more than the target, and to just as much of what is signed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from typing import Any

highspy: Any = import_module("highspy")  # its types would have arrays for lists

DENOMINATORS = (1, 12, 120, 1_000, 10_000, 100_000, 1_000_000)
# The time limit is of seconds for one answer.
OPTIONS = {"output_flag": False, "threads": 1, "time_limit": 10.0, "mip_rel_gap": 0.0}
CASES = 40  # for one end of a bound
SECONDS = 600  # for all systems
LARGEST = 10**12  # numerator or denominator: the proof multiplies several in whole numbers
CLOSE = 1e-6
UNPROVEN = "the solver's answer is not proven"
SCALE = ""  # the variable that all limits of a scaled system are multiplied by

Numbers = Mapping[str, Fraction]


class NotBoundedError(Exception):
    """There is no bound that could be proven; the text says why."""


class ContradictoryError(NotBoundedError):
    """No values satisfy all constraints."""


@dataclass
class Constraint:
    """A sum of coefficient times variable that lies between two limits; None is no limit."""

    terms: Numbers
    low: Fraction | None = Fraction(0)
    high: Fraction | None = Fraction(0)


@dataclass
class Case:
    """What is proven where some splits went one way.

    Attributes:
        path: of each split on the way, 0 for at most its limit and 1 for at least the next.
        value: sign x target is at least this; None if nothing is possible.
        multipliers: constraint, or `split:` and the path to a split -> number.
        values: what attains the value over real numbers.

    """

    path: str
    value: Fraction | None
    multipliers: Numbers
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass
class End:
    """The least or greatest value, the cases that prove it, what they split, who attains it.

    Attributes:
        splits: path -> a whole variable and its limit: at most that, or at least the next.
        witness: variable -> value; empty if none was found.

    """

    value: Fraction
    cases: list[Case]
    splits: dict[str, tuple[str, int]]
    witness: Numbers


class System:
    """The constraints of a population: variables in `whole` are whole numbers, not all others.

    Those in `signed` can be negative.
    """

    def __init__(
        self,
        constraints: Mapping[str, Constraint],
        whole: Iterable[str],
        assumed: Mapping[str, str],
        signed: Iterable[str] = (),
        until: float = math.inf,
    ) -> None:
        """Take the constraints by their id, the assumptions that some are, and when to end."""
        self.constraints = dict(constraints)
        self.signed = frozenset(signed)
        self.until = until
        self.whole = sorted(whole)
        self.assumed = assumed

    def bound(self, variable: str, divisor: str | None, sign: int, *, whole: bool = True) -> End:
        """Return the least (sign 1) or the greatest (-1) value of a variable, whole or not.

        The case that allows most is split until some values attain what it allows, or too often.

        Raises:
            NotBoundedError: there is none, or it could not be proven.

        """
        splits: dict[str, tuple[str, int]] = {}
        first = self._case(variable, divisor, sign, "", splits)
        cases = [first]
        while True:
            if time.monotonic() > self.until:
                raise NotBoundedError("the solver takes too long")
            possible = {_attainable(case, whole): case for case in cases if case.value is not None}
            if not possible:
                raise ContradictoryError("what is printed is contradictory")
            value, path = min(possible)
            case = possible[value, path]
            witness = self._witness(variable, divisor, sign, value, case, splits)
            split = self._split(divisor, case)
            if witness or split is None or len(cases) >= CASES:
                if first.value is not None and _attainable(first, whole)[0] == value:
                    # Splits that only helped to find a witness are no part of the proof.
                    cases, splits = [self._with_fewest(variable, divisor, sign, first, whole)], {}
                return End(sign * value, cases, splits, witness)
            splits[path] = split
            cases.remove(case)
            cases += [self._case(variable, divisor, sign, path + way, splits) for way in "01"]

    def _with_fewest(
        self, variable: str, divisor: str | None, sign: int, case: Case, whole: bool
    ) -> Case:
        """Prove the same with no assumption that can be done without."""
        kept, least = self.constraints, case.value
        for assumption in sorted(set(self.assumed.values())):
            fewer = {k: each for k, each in kept.items() if self.assumed.get(k) != assumption}
            if not case.multipliers.keys() <= fewer.keys():
                try:
                    system = System(fewer, self.whole, self.assumed, self.signed)
                    other = system._case(variable, divisor, sign, "", {})
                except NotBoundedError:
                    continue
                if other.value is None or least is None:
                    continue
                if (math.ceil(other.value) < math.ceil(least)) if whole else other.value < least:
                    continue
                case = other
            kept = fewer
        return case

    def _split(self, divisor: str | None, case: Case) -> tuple[str, int] | None:
        """Choose what is not whole: the divisor, or else the variable furthest from whole.

        Those come first that the proof is about.
        """
        distances = {name: abs(v - round(v)) for name in self.whole if (v := case.values[name])}
        distances = {name: each for name, each in distances.items() if each > CLOSE}
        if not distances:
            return None
        proof = [self.constraints[key].terms for key in case.multipliers if key in self.constraints]
        about = {name for terms in proof for name in terms}
        name = divisor
        if name not in distances:
            name = max(distances, key=lambda each: (each in about, distances[each]))
        return str(name), math.floor(case.values[str(name)])

    def _constraints(
        self, path: str, splits: Mapping[str, tuple[str, int]]
    ) -> dict[str, Constraint]:
        """Return the constraints, with the splits on the way."""
        found = dict(self.constraints)
        for position, way in enumerate(path):
            name, limit = splits[path[:position]]
            limits = (None, Fraction(limit)) if way == "0" else (Fraction(limit + 1), None)
            found[f"split:{path[:position]}"] = Constraint({name: Fraction(1)}, *limits)
        return found

    def _case(
        self,
        variable: str,
        divisor: str | None,
        sign: int,
        path: str,
        splits: Mapping[str, tuple[str, int]],
    ) -> Case:
        constraints = self._constraints(path, splits)
        try:
            if divisor is not None:
                return _mean(variable, divisor, sign, path, constraints, self.signed)
            target = {variable: Fraction(sign)}
            answer, multipliers = _ask(constraints, target, self.signed)
            value = _proven(target, constraints, multipliers, self.signed)
            return Case(path, value, multipliers, answer)
        except ContradictoryError:
            return _impossible(path, constraints, self.signed)

    def _witness(
        self,
        variable: str,
        divisor: str | None,
        sign: int,
        value: Fraction,
        case: Case,
        splits: Mapping[str, tuple[str, int]],
    ) -> Numbers:
        """Return values, whole where they must be, that satisfy all and attain the value."""
        constraints = self._constraints(case.path, splits)
        fixed = {}
        if divisor is not None:
            if abs(case.values[divisor] - round(case.values[divisor])) > CLOSE:
                return {}
            fixed[divisor] = Fraction(round(case.values[divisor]))
        try:
            target = {variable: Fraction(sign)}
            answer, _ = _ask(_fix(constraints, fixed), target, self.signed, self.whole)
            fixed = {name: Fraction(round(answer[name])) for name in self.whole}
            answer, _ = _ask(_fix(constraints, fixed), target, self.signed)
        except NotBoundedError:
            return {}
        for limit in DENOMINATORS:
            exact = {n: Fraction(v).limit_denominator(limit) for n, v in answer.items()}
            values = {n: v for n, v in {**exact, **fixed}.items() if v}
            divided = values.get(divisor, Fraction(0)) if divisor else Fraction(1)
            attains = divided > 0 and values.get(variable, 0) == sign * value * divided
            if attains and all(_holds(each, values) for each in self.constraints.values()):
                return values
        return {}


def _attainable(case: Case, whole: bool) -> tuple[Fraction, str]:
    """Return the least value that the case allows, and its path."""
    value = case.value or Fraction(0)
    return Fraction(math.ceil(value)) if whole else value, case.path


def _mean(
    variable: str,
    divisor: str,
    sign: int,
    path: str,
    constraints: Mapping[str, Constraint],
    signed: frozenset[str],
) -> Case:
    """Bound variable / divisor over real numbers, all scaled so that the divisor is 1."""
    scaled = {"divisor": Constraint({divisor: Fraction(1)}, Fraction(1), Fraction(1))}
    for key, each in constraints.items():
        for end, limit in (("low", each.low), ("high", each.high)):
            if limit is not None:
                limits = (Fraction(0), None) if end == "low" else (None, Fraction(0))
                scaled[f"{end} {key}"] = Constraint({**each.terms, SCALE: -limit}, *limits)
    answer, scaled_multipliers = _ask(scaled, {variable: Fraction(sign)}, signed)
    scale = answer.pop(SCALE)
    if scale < 1e-12:
        raise NotBoundedError("it can be of nobody")
    value = scaled_multipliers.pop("divisor", Fraction(0))
    multipliers: dict[str, Fraction] = {}
    for key, number in scaled_multipliers.items():
        name = key.split(" ", 1)[1]
        multipliers[name] = multipliers.get(name, Fraction(0)) + number
    target = {variable: Fraction(sign), divisor: -value}
    if _proven(target, constraints, multipliers, signed) < 0:
        raise NotBoundedError(UNPROVEN)
    return Case(path, value, multipliers, {n: v / scale for n, v in answer.items()})


def _impossible(path: str, constraints: Mapping[str, Constraint], signed: frozenset[str]) -> Case:
    """Prove a contradiction: that nothing is at least a positive number."""
    relaxed = {}
    for key, each in constraints.items():
        slack = {f"over {key}": Fraction(-1), f"under {key}": Fraction(1)}
        relaxed[key] = Constraint({**each.terms, **slack}, each.low, each.high)
    slacks = {name for each in relaxed.values() for name in list(each.terms)[-2:]}
    _, multipliers = _ask(relaxed, {name: Fraction(1) for name in sorted(slacks)}, signed)
    if _proven({}, constraints, multipliers, signed) <= 0:
        raise NotBoundedError(UNPROVEN)
    return Case(path, None, multipliers)


def _proven(
    target: Numbers,
    constraints: Mapping[str, Constraint],
    multipliers: Numbers,
    signed: frozenset[str],
) -> Fraction:
    """Return what multipliers prove the target to be at least.

    Raises:
        NotBoundedError: they prove nothing.

    """
    left, total = dict(target), Fraction(0)
    for key, multiplier in multipliers.items():
        limit = constraints[key].low if multiplier > 0 else constraints[key].high
        if limit is None:
            raise NotBoundedError(UNPROVEN)
        total += multiplier * limit
        for name, c in constraints[key].terms.items():
            left[name] = left.get(name, Fraction(0)) - multiplier * c
    if any(c < 0 or (c and name in signed) for name, c in left.items()):
        raise NotBoundedError(UNPROVEN)
    return total


def _holds(constraint: Constraint, values: Numbers) -> bool:
    total = sum(c * values.get(name, Fraction(0)) for name, c in constraint.terms.items())
    is_low = constraint.low is not None and total < constraint.low
    return not is_low and (constraint.high is None or total <= constraint.high)


def _fix(constraints: Mapping[str, Constraint], values: Numbers) -> dict[str, Constraint]:
    fixed = {f"fixed {n}": Constraint({n: Fraction(1)}, v, v) for n, v in values.items()}
    return {**constraints, **fixed}


def _ask(
    constraints: Mapping[str, Constraint],
    target: Numbers,
    signed: frozenset[str],
    whole: Iterable[str] = (),
) -> tuple[dict[str, float], dict[str, Fraction]]:
    """Minimise a sum with HiGHS: values and, if none need be whole, exact multipliers.

    Raises:
        ContradictoryError: no values satisfy the constraints.
        NotBoundedError: there is no minimum, or HiGHS does not find it.

    """
    names = sorted({name for each in constraints.values() for name in each.terms} | target.keys())
    columns = {name: position for position, name in enumerate(names)}
    solver = highspy.Highs()
    for option, value in OPTIONS.items():
        solver.setOptionValue(option, value)
    infinite = highspy.kHighsInf
    for name in names:
        least = -infinite if name in signed else 0.0
        solver.addCol(float(target.get(name, 0)), least, infinite, 0, [], [])
    for name in whole:
        solver.changeColIntegrality(columns[name], highspy.HighsVarType.kInteger)
    for each in constraints.values():
        low = -infinite if each.low is None else float(each.low)
        high = infinite if each.high is None else float(each.high)
        positions = [columns[name] for name in each.terms]
        solver.addRow(low, high, len(positions), positions, [float(c) for c in each.terms.values()])
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        solver.setOptionValue("presolve", "off")
        solver.run()
        status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise ContradictoryError("what is printed is contradictory")
    if status != highspy.HighsModelStatus.kOptimal:
        said = solver.modelStatusToString(status)
        raise NotBoundedError(f"the solver says: {said.lower()}")
    values = dict(zip(names, solver.getSolution().col_value, strict=True))
    if whole:
        return values, {}
    basis, basic = solver.getBasis(), highspy.HighsBasisStatus.kBasic
    rows = {k for k, s in zip(constraints, basis.row_status, strict=True) if s != basic}
    equations: dict[str, dict[str, Fraction]] = {
        name: {}
        for name, s in zip(names, basis.col_status, strict=True)
        if s == basic or name in signed
    }
    for key in sorted(rows):
        for name, c in constraints[key].terms.items():
            if name in equations:
                equations[name][key] = c
    return values, _solved([(terms, target.get(n, Fraction(0))) for n, terms in equations.items()])


def _solved(equations: Iterable[tuple[Numbers, Fraction]]) -> dict[str, Fraction]:
    """Solve linear equations exactly, one after the other; what is left open is 0."""
    pivots: list[tuple[str, dict[str, Fraction], Fraction]] = []
    for terms, right in equations:
        left = dict(terms)
        for name, known, known_right in pivots:
            if factor := left.pop(name, None):
                right -= factor * known_right
                for other, c in known.items():
                    left[other] = left.get(other, Fraction(0)) - factor * c
        left = {name: c for name, c in left.items() if c}
        if left:
            pivot = min(left)
            factor = left.pop(pivot)
            pivots.append((pivot, {n: c / factor for n, c in left.items()}, right / factor))
    found: dict[str, Fraction] = {}
    for name, known, right in reversed(pivots):
        value = right - sum((c * found.get(n, 0) for n, c in known.items()), Fraction(0))
        if value:
            found[name] = value
    return found
