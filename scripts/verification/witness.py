"""Whether an error in a number could be found out from the print at all.

It could not where whole numbers satisfy everything at once: all relations, with each number within
its rounding, and all constraints that bounds rest on. They are the witness, and checked exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

from bounds.solver import Constraint, NotBoundedError, System
from verification.engine import TERMS, YEARS_APART, Copies, makers
from warehouse.sheets import Sheet

UNDETECTABLE = "undetectable"
MODELS = ("int_relations", "int_bound_terms")
# Declared discrepancies aside. A number as printed is another variable than the one rounded to it.
CONSTRAINTS = f"""
with terms as (
    select
        terms.*,
        regexp_extract(relation_id, '_copy(\\d+)', 1)::integer as copy,
        coalesce(series_key, concat_ws(':', number_key, value_low, value_high)) as variable
    from ({TERMS}) as terms
    inner join intermediate.int_relations as relations using (relation_id)
    where relations.is_consistent
)

select copy, relation_id, null, variable, series_key is not null, coefficient, low, high
from terms
union all
select distinct copy, 'number:' || variable, null, variable, false, 1, value_low, value_high
from terms
union all
select
    split_part(system_id, '/', 1)::integer // {YEARS_APART}, system_id || ':' || constraint_id,
    assumption_id, variable_key, is_whole, coefficient, low, high
from intermediate.int_bound_terms
order by all
"""


def labels(copies: Copies, sheets: Mapping[int, Sheet]) -> dict[int, str]:
    """Say of altered sheets whether what is printed could find the error out: number -> label."""
    if not sheets:
        return {}
    with copies.loaded(sheets):
        # As before the solver runs: the constraints of every population.
        copies.connection.execute("insert into raw.bound_proposals (kind) values ('ask')")
        for step in makers(copies.steps, MODELS):
            for statement in step.statements:
                copies.connection.execute(statement)
        rows = copies.connection.execute(CONSTRAINTS).fetchall()
    terms: dict[tuple[int, str], dict[str, Fraction]] = defaultdict(dict)
    constraints: dict[int, dict[str, Constraint]] = defaultdict(dict)
    whole: set[str] = set()
    assumed: dict[str, str] = {}
    for copy, name, assumption, variable, is_whole, coefficient, *ends in rows:
        low, high = (None if end is None else Fraction(end) for end in ends)
        sums = terms[copy, name]
        sums[variable] = sums.get(variable, Fraction(0)) + Fraction(coefficient)
        constraints[copy][name] = Constraint(sums, low, high)
        whole |= {variable} if is_whole else set()
        assumed |= {name: assumption} if assumption else {}
    return {number: _label(constraints[number], whole, assumed) for number in sheets}


def _label(constraints: dict[str, Constraint], whole: set[str], assumed: dict[str, str]) -> str:
    if _is_satisfied(constraints, whole):
        return UNDETECTABLE
    for dropped in sorted({assumed[name] for name in constraints if name in assumed}):
        rest = {k: each for k, each in constraints.items() if assumed.get(k) != dropped}
        if _is_satisfied(rest, whole):
            return f"missing rule, that rests on {dropped}"
    return "missing rule"


def _is_satisfied(constraints: dict[str, Constraint], whole: set[str]) -> bool:
    """Whether the solver has whole numbers that satisfy all constraints, checked exactly."""
    names = {name for each in constraints.values() for name in each.terms}
    try:
        return bool(System(constraints, whole & names, {}).bound("nothing", None, 1).witness)
    except NotBoundedError:
        return False
