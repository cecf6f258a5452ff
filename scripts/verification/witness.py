"""Whether an error in a number could be found out from the print at all.

It could not where whole numbers satisfy everything at once: all relations, with each number within
its rounding, and all constraints that bounds rest on. They are the witness, and checked exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bounds.solver import NotBoundedError, System
from bounds.terms import system_of, without
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

select copy, relation_id, null, variable, series_key is not null, false, coefficient, low, high
from terms
union all
select distinct
    copy, 'number:' || variable, null, variable, false, false, 1, value_low, value_high
from terms
union all
select
    split_part(system_id, '/', 1)::integer // {YEARS_APART}, system_id || ':' || constraint_id,
    assumption_id, variable_key, is_whole, is_signed, coefficient, low, high
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
    terms: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for copy, *term in rows:
        terms[copy].append(term)
    return {number: _label(system_of(terms[number])) for number in sheets}


def _label(system: System) -> str:
    if _is_satisfied(system):
        return UNDETECTABLE
    for assumption in sorted({*system.assumed.values()}):
        if _is_satisfied(without(system, assumption)):
            return f"missing rule, that rests on {assumption}"
    return "missing rule"


def _is_satisfied(system: System) -> bool:
    """Whether the solver has numbers, whole where they must be, that satisfy all constraints."""
    try:
        return bool(system.bound("nothing", None, 1).witness)
    except NotBoundedError:
        return False
