-- The facts of the warehouse that grow with the observations, and their checks, as one script for
-- DuckDB, made from the raw and the reference tables alone: the yardstick of `make bench-scale`. It
-- shares no SQL with the models, and does less than they do: the topical facts, which are those of
-- two populations at every size, the checks of the reference tables, and the checks that take less than
-- a hundredth of its time are theirs alone.
--
-- Codes become whole numbers first; values are whole ten-thousandths, sums whole 10^-8. Statements
-- are separated by a semicolon at the end of a line; one that begins with `select` is a check, whose
-- rows are failures. What the first report never prints (shares of known cases only, several counts
-- missing, rounded bases) is not provided for: the facts of the models would differ, and be named.

-- Arithmetic on whole numbers, and numbers in words.
create temp macro floor_div(n, d) as n // d - cast(n % d < 0 as bigint);
create temp macro ceil_div(n, d) as -floor_div(-n, d);
create temp macro nearest_div(n, d) as floor_div(2 * n + d, 2 * d);
create temp macro as_number(units) as cast(units as decimal(18, 0)) * 0.0001::decimal(5, 4);
create temp macro number_of(printed) as
    case printed
        when 'life' then null when 'one' then 1 when 'two' then 2 when 'three' then 3 when 'four' then 4
        when 'five' then 5 when 'six' then 6 when 'seven' then 7 when 'eight' then 8 when 'nine' then 9
        when 'ten' then 10 else replace(printed, ',', '')::decimal(18, 4)
    end::decimal(18, 4);
create temp macro words(number) as rtrim(rtrim(cast(number::decimal(18, 4) as text), '0'), '.');
create temp macro between_words(low, high) as
    case when low = high then words(low) else words(low) || ' to ' || words(high) end;

-- Codes
create temp table category as
select
    row_number() over (order by classification_id, category_id) as category_no,
    dense_rank() over (order by classification_id) as classification_no,
    classification_id || '.' || category_id as category_key,
    *
from reference.categories;

create temp table classification as
select
    (select min(classification_no) from category where category.classification_id = c.classification_id)
        as classification_no,
    parent.category_no as parent_category_no,
    (select min(classification_no) from category where category.classification_id = c.counted_classification_id)
        as counted_classification_no,
    c.*
from reference.classifications as c
left join category as parent
    on c.parent_classification_id = parent.classification_id
    and c.parent_category_id = parent.category_id;

create temp table measure as
select row_number() over (order by measure_id) as measure_no, * from reference.measures;

create temp table population as
select
    row_number() over (order by population_id) as population_no,
    p.*,
    category.category_no as formed_by_no
from reference.populations as p
left join category
    on p.classification_id = category.classification_id
    and p.category_id = category.category_id;

create temp table population_link as
select
    child.population_no,
    child.population_id,
    case when child.formed_by_no is null then child.population_no else parent.population_no end as total_population_no,
    case when child.formed_by_no is null then child.population_id else parent.population_id end as total_population_id,
    coalesce(child.formed_by_no, (select category_no from category where category_key = 'population_total.total'))
        as total_category_no
from population as child
left join population as parent on child.parent_population_id = parent.population_id;

create temp table exhibit as
select
    e.*,
    row_number() over (
        order by r.publication_date desc,
        case e.exhibit_type when 'table' then 1 when 'figure' then 2 else 3 end,
        e.report_id, e.sort_order
    ) as exhibit_no
from reference.exhibits as e
left join reference.reports as r using (report_id);

-- Every printed number
create temp table printed as
with coded as (
    select
        e.exhibit_no * 1000000000 + c.row_number::int * 1000 + c.column_number::int as observation_key,
        c.exhibit_id || '.' || c.row_number || '.' || c.column_name as observation_id,
        c.report_id, c.exhibit_id, e.exhibit_no, c.row_number::int as row_number, c.row_label,
        c.column_number::int as column_number, c.column_name,
        coalesce(c.fiscal_year::int, e.fiscal_year) as fiscal_year,
        coalesce(c.population_id, e.population_id) as population_id,
        coalesce(c.category_key, 'population_total.total') as category_key,
        coalesce(c.measure_id, k.measure_id) as measure_id,
        c.reference_fiscal_year::int as reference_fiscal_year,
        c.reference_category_id,
        coalesce(c.percent_base, e.percent_base) as percent_base,
        c.printed_value, c.printed_unit,
        number_of(c.printed_value) as obs_value,
        case
            when c.printed_value = 'life' then null
            when contains(c.printed_value, '.') then length(c.printed_value) - position('.' in c.printed_value)
            else 0
        end::int as decimals,
        c.wording, coalesce(c.heading, e.heading) as heading, c.paragraph::int as paragraph, c.footnote
    from raw.cells as c
    left join exhibit as e on c.exhibit_id = e.exhibit_id
    left join reference.exhibit_columns as k
        on c.exhibit_id = k.exhibit_id and c.column_name = k.column_name
)
select
    coded.* replace (case when m.statistic = 'percent' then percent_base end as percent_base),
    category.classification_id, category.category_id, category.classification_no,
    m.measure_no, m.statistic,
    case when category_key = 'population_total.total' then l.total_population_no else l.population_no end
        as population_no,
    case when category_key = 'population_total.total' then l.total_population_id else l.population_id end
        as series_population_id,
    case when category_key = 'population_total.total' then l.total_category_no else category.category_no end
        as category_no,
    coalesce(reference_fiscal_year * 10000, 0) + coalesce(reference.category_no, 0) as reference_no,
    case when m.is_exact then 0 else case decimals when 0 then 5000 when 1 then 500 when 2 then 50 when 3 then 5 end end
        as half_unit
from coded
left join measure as m using (measure_id)
left join population_link as l using (population_id)
left join category using (category_key)
left join category as reference
    on reference_category_id = reference.category_id and category.classification_no = reference.classification_no;

create temp macro series_no(population_no, fiscal_year, category_no, measure_no) as
    population_no * 1000000000000 + fiscal_year::bigint * 100000000 + category_no * 10000 + measure_no * 10;

-- What each number is about; of the printings of one, the first is preferred.
create temp table observation as
select
    printed.*,
    cast(obs_value * 10000 as bigint) as value,
    cast(obs_value * 10000 as bigint) - half_unit as low,
    cast(obs_value * 10000 as bigint) + half_unit as high,
    series_no(population_no, printed.fiscal_year, printed.category_no, measure_no) as series_no,
    printed.fiscal_year || '/' || series_population_id || '/' || category.category_key || '/' || measure_id
    || coalesce('/since/' || reference_fiscal_year, '') || coalesce('/against/' || reference_category_id, '')
        as series_key
from printed
left join category on printed.category_no = category.category_no;

drop table printed;

create temp table first_printing as
select series_no, reference_no, min(observation_key) as first_key
from observation
group by all;

-- Quantities: series that are printed, counts behind percentages, numbers that are not printed
create temp table series as
select
    o.observation_key as quantity_key, o.observation_key, o.observation_id, o.report_id, o.exhibit_id,
    o.series_no, o.reference_no, o.series_key,
    o.fiscal_year, o.population_no, o.series_population_id, o.category_no, c.classification_no, c.category_role,
    m.measure_no, m.statistic, o.percent_base, o.printed_value, o.decimals, o.low, o.high,
    cast(m.value_from * 10000 as bigint) as least, cast(m.value_to * 10000 as bigint) as most,
    case
        when c.category_role = 'total' then null
        when m.statistic in ('count', 'mean') then coalesce(
            series_no(o.population_no, o.fiscal_year, k.parent_category_no, m.measure_no),
            series_no(l.total_population_no, o.fiscal_year, l.total_category_no, m.measure_no))
        when m.statistic = 'percent' then
            series_no(o.population_no, o.fiscal_year, k.parent_category_no, m.measure_no)
    end as whole_no,
    case when m.statistic in ('percent', 'mean') then
        series_no(o.population_no, o.fiscal_year, o.category_no, x.measure_no)
    end as count_no,
    case when m.statistic = 'percent' then
        series_no(l.total_population_no, o.fiscal_year, l.total_category_no, x.measure_no)
    end as base_series_no,
    case when m.statistic = 'percent' then coalesce(
        series_no(o.population_no, o.fiscal_year, k.parent_category_no, x.measure_no),
        series_no(l.total_population_no, o.fiscal_year, l.total_category_no, x.measure_no))
    end as whole_count_no,
    x.measure_no as of_measure_no, m.of_measure_id
from observation as o
inner join first_printing as f on o.observation_key = f.first_key
inner join category as c on o.category_no = c.category_no
inner join classification as k on c.classification_no = k.classification_no
inner join measure as m on o.measure_no = m.measure_no
left join measure as x on m.of_measure_id = x.measure_id
inner join population_link as l on o.population_no = l.population_no;

create temp table count_behind as
with counts as (select series_no, low, high from series where statistic = 'count')
select
    series.*, counts.low as base_low, counts.high as base_high,
    ceil_div(series.low * (counts.low // 10000), 1000000) as least_count,
    floor_div(series.high * (counts.high // 10000), 1000000) as greatest_count
from series
inner join counts on series.base_series_no = counts.series_no and counts.low > 0
anti join counts as printed on series.count_no = printed.series_no
where series.statistic = 'percent';

create temp table known as
select
    quantity_key, observation_key, observation_id, 'printed' as origin, series_no, reference_no, series_key,
    fiscal_year, population_no, series_population_id, category_no, measure_no, statistic, percent_base,
    printed_value, low, high, least, most, whole_no, count_no, base_series_no
from series
union all
select
    100000000000000000 + quantity_key, observation_key, observation_id, 'percentage', count_no, 0,
    fiscal_year || '/' || series_population_id || '/' || category_key || '/' || of_measure_id,
    fiscal_year, population_no, series_population_id, category_no, of_measure_no, 'count', null,
    printed_value, 10000 * least(least_count, greatest_count), 10000 * greatest(least_count, greatest_count),
    0, base_high, whole_count_no, null, null
from count_behind
inner join category using (category_no);

create temp table unprinted as
with divided as (
    select
        k.fiscal_year, k.population_no, k.series_population_id, c.classification_no, k.measure_no,
        k.percent_base, min(k.statistic) as statistic, min(least) as least, min(most) as most,
        min(whole_no) as whole_no
    from known as k
    inner join category as c on k.category_no = c.category_no
    where k.statistic in ('count', 'percent', 'mean') and c.category_role <> 'total'
    group by all
),
expected as (
    select
        divided.*, c.category_no, c.category_key,
        series_no(population_no, fiscal_year, c.category_no, measure_no) as series_no
    from divided
    inner join classification as k on divided.classification_no = k.classification_no and k.is_exhaustive
    inner join category as c
        on divided.classification_no = c.classification_no and c.category_role in ('part', 'residual', 'any')
)
select
    -series_no as quantity_key, series_no,
    fiscal_year || '/' || series_population_id || '/' || category_key || '/' || measure_id as series_key,
    fiscal_year, population_no, series_population_id, category_no, measure_no, expected.statistic, percent_base,
    least, most, whole_no
from expected
inner join measure using (measure_no)
anti join (select series_no from known where reference_no = 0) as known using (series_no);

create temp table quantity as
with keys as (select series_no, quantity_key from known where reference_no = 0),
listed as (
    select * exclude (whole_no, count_no, base_series_no), whole_no, count_no, base_series_no from known
    union all by name
    select *, 'unknown' as origin, 0 as reference_no, least as low, most as high from unprinted
)
select
    listed.* exclude (whole_no, count_no, base_series_no),
    c.classification_no, c.category_id, c.category_key, c.category_role, c.parent_category_id, c.sort_order,
    c.range_from, c.range_to, series_no(population_no, fiscal_year, c.classification_no, measure_no) as family,
    wholes.quantity_key as whole_key, counts.quantity_key as count_key, bases.quantity_key as base_key
from listed
left join category as c on listed.category_no = c.category_no
left join keys as wholes on listed.whole_no = wholes.series_no
left join keys as counts on listed.count_no = counts.series_no
left join keys as bases on listed.base_series_no = bases.series_no;

-- Every number that a relation can be about: a quantity, or a number as printed
create temp table number as
select
    quantity_key as number_key, observation_id, series_key, printed_value, low, high, least, most, sort_order,
    statistic, origin = 'unknown' as is_unknown, false as is_as_printed,
    case origin
        when 'percentage' then between_words(as_number(low), as_number(high))
        when 'unknown' then 'one that is not printed'
        else printed_value
    end || coalesce(' (' || observation_id || ')', '') as in_words
from quantity
union all
select
    200000000000000000 + observation_key, observation_id, series_key, printed_value, value, value,
    cast(value_from * 10000 as bigint), cast(value_to * 10000 as bigint), null, null, false, true,
    printed_value || ' (' || observation_id || ')'
from observation
inner join measure using (measure_no);

create temp table comparison as
with comparator as (select wording, min(comparator) as comparator from reference.wordings group by wording),
unit as (
    select printed_unit, max(base_unit_factor) as factor
    from reference.measure_units inner join reference.measures using (measure_id)
    where statistic = 'difference'
    group by printed_unit
)
select
    c.exhibit_id || '.' || c.row_number as comparison_id, c.exhibit_id, other.exhibit_no as compared_no,
    c.report_id || '.' || c.compared_exhibit as compared_exhibit_id,
    coalesce(c.fiscal_year::int, e.fiscal_year) as fiscal_year, c.compared_column, c.left_row, c.right_row,
    comparator.comparator, c.printed_value, c.printed_unit, c.wording, c.row_number::int as row_number, c.row_label,
    coalesce(unit.factor, 1) * 10000 as unit,
    coalesce(unit.factor, 1) * number_of(c.printed_value) * 10000 as difference,
    coalesce(c.heading, e.heading) as heading, c.paragraph::int as paragraph, c.footnote
from raw.comparisons as c
left join exhibit as e on c.exhibit_id = e.exhibit_id
left join exhibit as other on c.report_id || '.' || c.compared_exhibit = other.exhibit_id
left join comparator using (wording)
left join unit on c.printed_unit = unit.printed_unit;

create temp table compared as
with lefts as (
    select comparison.*, o.observation_key, o.observation_id, o.printed_value as left_printed, o.half_unit,
        o.population_no, o.measure_no, o.category_no, o.classification_no
    from comparison
    left join observation as o
        on comparison.compared_no = o.exhibit_no and comparison.compared_column = o.column_name
        and comparison.left_row = o.row_label and comparison.fiscal_year = o.fiscal_year
),
others as (
    select comparison_id, arg_max(series.observation_key, (series.low, -series.observation_key)) as right_key
    from lefts
    inner join series
        on lefts.population_no = series.population_no and lefts.fiscal_year = series.fiscal_year
        and lefts.measure_no = series.measure_no and lefts.classification_no = series.classification_no
    where comparator = 'greatest' and lefts.category_no <> series.category_no and series.category_role = 'part'
    group by comparison_id
),
named as (
    select comparison_id, o.observation_key as right_key
    from comparison
    inner join observation as o
        on comparison.compared_no = o.exhibit_no and comparison.compared_column = o.column_name
        and comparison.right_row = o.row_label and comparison.fiscal_year = o.fiscal_year
    where comparator <> 'greatest'
)
select
    lefts.*, rights.right_key, o.observation_id as right_id, o.printed_value as right_printed,
    o.half_unit as right_half_unit
from lefts
left join (from others union all from named) as rights using (comparison_id)
left join observation as o on rights.right_key = o.observation_key;

-- Relations. What identifies one within its rule is a whole number; the rule's place comes after it.
create temp table rule as
select row_number() over () as rule_no, rule_id from (values
    ('percentage_agrees_with_count'), ('exclusive_parts_sum'), ('subset_within_population'), ('overlap_bounds'),
    ('multiplicity_bounds'), ('weighted_mean'), ('overlap_mean_bounds'), ('cross_exhibit_agreement'),
    ('percent_change'), ('period_length'), ('ordering'), ('range_agrees_with_buckets'), ('wording_agrees'),
    ('stated_comparison')
) as rules (rule_id);

create temp table percentage_pair as
select
    p.quantity_key, p.observation_id, p.count_key, p.base_key, b.low as base
from quantity as p
inner join quantity as c on p.count_key = c.quantity_key and c.origin = 'printed'
inner join quantity as b on p.base_key = b.quantity_key
where p.statistic = 'percent';

create temp table sum_part as
select
    q.*, k.label, k.is_mutually_exclusive, k.classification_id,
    case when q.statistic = 'percent' and k.parent_category_id is null then 10000000000 when whole_key is not null then 0 end
        as remainder
from quantity as q
inner join classification as k using (classification_no)
where q.statistic in ('count', 'percent')
    and case when k.is_mutually_exclusive then q.category_role in ('part', 'residual') else q.category_role in ('any', 'none') end;

create temp table sum_whole as
select
    family, row_number() over () as relation_key,
    min(classification_id) || if(bool_and(is_mutually_exclusive), '.', '.use.') || min(statistic) || ':' || min(observation_id) as id,
    min(label) || if(bool_and(is_mutually_exclusive), ': sum of the parts, ', ': any and none, ') || min(statistic) as subject,
    min(whole_key) as whole_key, min(remainder) as remainder
from sum_part
where remainder is not null
group by family
having count(observation_id) > 0;

create temp table subset as
select row_number() over () as relation_key, * from (with inner_parts as (
    select * from quantity
    where origin <> 'unknown' and category_role <> 'total' and (statistic = 'count' or (statistic = 'percent' and count_key is null))
),
nones as (
    select family, quantity_key from inner_parts
    inner join classification as k using (classification_no)
    where category_role = 'none' and not k.is_mutually_exclusive
)
select p.quantity_key, p.observation_id as id, p.whole_key, n.quantity_key as none_key
from inner_parts as p
left join nones as n on p.family = n.family and p.category_role not in ('none', 'any')
where p.whole_key is not null
union all
select p.quantity_key, p.observation_id || '.' || g.category_id, g.quantity_key, null
from inner_parts as p
inner join inner_parts as g on p.family = g.family and p.parent_category_id = g.category_id);

create temp table overlap as
select row_number() over () as relation_key, * from (with q as (
    select q.*, k.label, k.classification_id from quantity as q
    inner join classification as k on q.classification_no = k.classification_no
    where q.statistic = 'count' and not k.is_mutually_exclusive and k.is_exhaustive
)
select distinct
    p.family, null as group_id, p.classification_id || '.all:' || w.observation_id as id,
    p.label || ': offenders in any' as subject, w.quantity_key as union_key, null::bigint as whole_key
from q as p
inner join quantity as w on p.whole_key = w.quantity_key
where p.category_role = 'part' and w.category_role <> 'total'
union all
select
    family, null, classification_id || '.all:' || observation_id, label || ': offenders in none', quantity_key, whole_key
from q
where category_role = 'none' and origin <> 'unknown' and whole_key is not null
union all
select
    q.family, q.category_id, q.category_key || ':' || q.observation_id, c.label || ': offenders in any', q.quantity_key, null
from q
inner join category as c on q.category_no = c.category_no
where q.category_role = 'group');

create temp table bucket as
select
    q.quantity_key, q.observation_id, q.whole_key, q.classification_no, k.counted_classification_no, k.classification_id,
    k.label, q.range_from, q.range_to
from quantity as q
inner join classification as k on q.classification_no = k.classification_no and k.counted_classification_no is not null
where q.statistic = 'count' and q.category_role = 'part';

create temp table use as
select q.quantity_key, q.whole_key, q.classification_no
from quantity as q
inner join (select distinct counted_classification_no as classification_no from classification) using (classification_no)
where q.statistic = 'count' and q.category_role = 'part';

create temp table counted as
select
    b.whole_key, b.classification_no, b.counted_classification_no, b.classification_id, b.label || ': uses that they imply' as subject,
    b.observation_id, u.uses, row_number() over () as relation_key
from (
    select whole_key, classification_no, counted_classification_no, classification_id, min(label) as label, min(observation_id) as observation_id
    from bucket group by all
) as b
inner join (select whole_key, classification_no, count(*) as uses from use group by all) as u
    on b.whole_key = u.whole_key and b.counted_classification_no = u.classification_no;

create temp table mean_part as
select
    q.quantity_key, q.whole_key, q.category_id, q.category_role, k.label, k.classification_id,
    w.observation_id as whole_id, wc.quantity_key as whole_count_key, wc.low as whole_count,
    c.quantity_key as exact_count_key, c.low as exact_count
from quantity as q
inner join classification as k on q.classification_no = k.classification_no and k.is_exhaustive
inner join quantity as w on q.whole_key = w.quantity_key
left join quantity as wc on w.count_key = wc.quantity_key
left join quantity as c on q.count_key = c.quantity_key and c.low = c.high
where q.statistic = 'mean';

create temp table weighted as
with parts as (select * from mean_part where category_role in ('any', 'none')),
sums as (
    select
        row_number() over () as relation_key, whole_key, min(classification_id) || '.use:' || min(whole_id) as id,
        min(label) || ': weighted mean of the parts' as subject,
        min(whole_count_key) as whole_count_key, min(whole_count) as whole_count, sum(exact_count)::bigint as exact_counts
    from parts
    group by whole_key
)
select
    parts.quantity_key, parts.exact_count_key, sums.*,
    coalesce(parts.exact_count, sums.whole_count - sums.exact_counts) as part_count
from parts
inner join sums using (whole_key);

create temp table mean_bound as
select row_number() over () as relation_key, * from (with parts as (
    select * from mean_part where category_role = 'part'
),
unions as (
    select distinct
        p.classification_id, p.whole_key, p.label || ': mean of those in any or none' as subject, p.whole_id,
        n.quantity_key as none_key, n.exact_count_key as none_count_key, n.exact_count as none_count,
        p.whole_count_key, p.whole_count
    from parts as p
    inner join mean_part as n on p.whole_key = n.whole_key and n.category_role = 'none'
)
select *, classification_id || ':' || whole_id as id, null::bigint as part_key, null::bigint as low, 0 as high
from unions
union all
select u.*, u.classification_id || '.' || p.category_id || ':' || u.whole_id, p.quantity_key, 0, null
from unions as u
inner join parts as p on u.whole_key = p.whole_key);

create temp table repeated as
select o.observation_key, o.observation_id, f.first_key
from observation as o
inner join first_printing as f on o.series_no = f.series_no and o.reference_no = f.reference_no and o.observation_key <> f.first_key;

create temp table change as
select
    s.observation_key, s.observation_id,
    l.quantity_key as later_key, e.quantity_key as earlier_key, e.low as earlier
from series as s
inner join observation as o using (observation_key)
inner join quantity as l
    on series_no(s.population_no, s.fiscal_year, s.category_no, s.of_measure_no) = l.series_no and l.reference_no = 0
inner join quantity as e
    on series_no(s.population_no, o.reference_fiscal_year, s.category_no, s.of_measure_no) = e.series_no and e.reference_no = 0
    and e.low > 0
where s.statistic = 'percent_change';

create temp table ordered as
with q as (
    select
        q.quantity_key, q.observation_id, q.fiscal_year, q.population_no, q.statistic, q.category_role, m.concept, m.base_unit,
        m.base_unit_factor * 10000 as factor
    from quantity as q inner join measure as m using (measure_no)
    where q.origin = 'printed' and q.statistic in ('minimum', 'mean', 'maximum') and q.low is not null
)
select
    q.observation_id || if(x.statistic = 'minimum', '', '.greatest') as id, q.quantity_key, q.factor, x.quantity_key as extreme_key,
    x.factor as extreme_factor, case x.statistic when 'minimum' then 0 end as low, case x.statistic when 'maximum' then 0 end as high,
    q.quantity_key * 10 + (x.statistic = 'minimum')::int as relation_key
from q
inner join q as x
    on q.population_no = x.population_no and q.fiscal_year = x.fiscal_year and q.concept = x.concept and q.base_unit = x.base_unit
where q.statistic <> x.statistic and x.category_role = 'total' and x.statistic in ('minimum', 'maximum');

create temp table extreme as
with filled as (
    select q.fiscal_year, q.population_no, k.bucketed_concept, min(range_from) as lowest, max(range_from) as highest
    from quantity as q
    inner join classification as k on q.classification_no = k.classification_no and k.bucketed_concept is not null
    where q.statistic = 'count' and q.low > 0
    group by all
)
select s.observation_id, s.quantity_key, c.range_from, c.range_to
from series as s
inner join measure as m using (measure_no)
inner join filled as f on s.fiscal_year = f.fiscal_year and s.population_no = f.population_no and m.concept = f.bucketed_concept
inner join classification as k on k.bucketed_concept = f.bucketed_concept
inner join category as c
    on k.classification_no = c.classification_no and c.range_from = if(s.statistic = 'minimum', f.lowest, f.highest)
where s.statistic in ('minimum', 'maximum') and s.category_role = 'total';

create temp table worded as
select
    o.observation_key, o.observation_id, cast(value_low * 100000000 as bigint) as low, cast(value_high * 100000000 as bigint) as high,
    if(includes_low, '[', '(') || if(includes_high, ']', ')') as bounds,
    o.row_label || ', "' || o.wording || '"' as subject, meaning as note
from observation as o
inner join reference.wordings as w on o.wording = w.wording and o.measure_id = w.measure_id
where value_low is not null or value_high is not null;

create temp table stated as
select
    comparison_id, observation_key, right_key, exhibit_id, row_label || ', "' || wording || '"' as subject,
    10000 * case comparator
        when 'greater_by' then difference::bigint - half_unit - right_half_unit
        when 'greater_by_more_than' then difference::bigint when 'less' then null else 0
    end as low,
    10000 * case comparator
        when 'greater_by' then difference::bigint + half_unit + right_half_unit
        when 'greater_by_more_than' then difference::bigint + unit when 'less' then 0
    end as high,
    case comparator when 'greater_by' then '[]' when 'greater_by_more_than' then '(]' else '()' end as bounds,
    row_number, exhibit_no
from compared inner join (select exhibit_id, exhibit_no from exhibit) as own using (exhibit_id);

-- One row per relation: limits in 10^-8.
create temp table relation as
with listed (rule_no, key, id, low, high, bounds, subject, note, exhibit_id) as (
    select 1, quantity_key, observation_id, 0, 0, '[]', null, null, null from percentage_pair
    union all select 2, relation_key, id, remainder, remainder, '[]', subject, null, null from sum_whole
    union all select 3, relation_key, id, null, 0, '[]', null, null, null from subset
    union all select 4, relation_key, id, 0, null, '[]', subject, null, null from overlap
    union all select 5, relation_key * 10, classification_id || '.least:' || observation_id, 0, null, '[]', subject, null, null from counted
    union all select 5, relation_key * 10 + 1, classification_id || '.most:' || observation_id, null, 0, '[]', subject, null, null from counted
    union all select distinct 6, relation_key, id, 0, 0, '[]', subject, null, null from weighted
    union all select 7, relation_key, id, low, high, '[]', subject, null, null from mean_bound
    union all select 8, observation_key, observation_id, 0, 0, '[]', null, null, null from repeated
    union all select 9, observation_key, observation_id, 0, 0, '[]', null, null, null from change
    union all
    select 10, observation_key, observation_id, 100000000::bigint * (fiscal_year - reference_fiscal_year + 1),
        100000000::bigint * (fiscal_year - reference_fiscal_year + 1), '[]', null, null, null
    from observation where statistic = 'period' and reference_fiscal_year is not null
    union all select 11, relation_key, id, low, high, '[]', null, null, null from ordered
    union all select 12, quantity_key, observation_id, 100000000::bigint * range_from, 100000000::bigint * range_to, '[]', null, null, null from extreme
    union all select 13, observation_key, observation_id, low, high, bounds, subject, note, null from worded
    union all select 14, exhibit_no * 1000000 + row_number, comparison_id, low, high, bounds, subject, null, exhibit_id from stated
)
select
    listed.* exclude (id), key * 20 + rule_no as relation_no, rule_id, rule_id || ':' || id as relation_id
from listed inner join rule using (rule_no);

-- One row per term; factors in ten-thousandths.
create temp table term as
with listed (rule_no, key, number_key, factor, factor_key, is_subject) as (
    select 1, quantity_key, quantity_key, -base, base_key, true from percentage_pair
    union all select 1, quantity_key, count_key, 1000000, null, false from percentage_pair
    union all
    select 2, relation_key, quantity_key, 10000, null, origin <> 'unknown'
    from sum_whole inner join sum_part using (family)
    union all select 2, relation_key, whole_key, -10000, null, false from sum_whole where whole_key is not null
    union all select 3, relation_key, quantity_key, 10000, null, true from subset
    union all select 3, relation_key, whole_key, -10000, null, false from subset
    union all select 3, relation_key, none_key, 10000, null, false from subset where none_key is not null
    union all
    select 4, relation_key, q.quantity_key, 10000, null, false
    from overlap inner join quantity as q
        on overlap.family = q.family and q.category_role = 'part' and q.statistic = 'count'
        and coalesce(overlap.group_id = q.parent_category_id, overlap.group_id is null)
    union all select 4, relation_key, union_key, if(whole_key is null, -10000, 10000), null, true from overlap
    union all select 4, relation_key, whole_key, -10000, null, false from overlap where whole_key is not null
    union all
    select 5, relation_key * 10 + variant, use.quantity_key, 10000, null, false
    from counted inner join use on counted.whole_key = use.whole_key and counted.counted_classification_no = use.classification_no, range(2) as v (variant)
    union all
    select 5, relation_key * 10 + variant, bucket.quantity_key, -10000 * if(variant = 0, range_from, coalesce(range_to, uses)), null, true
    from counted inner join bucket on counted.whole_key = bucket.whole_key and counted.classification_no = bucket.classification_no, range(2) as v (variant)
    union all select 6, relation_key, quantity_key, part_count, exact_count_key, false from weighted
    union all select distinct 6, relation_key, whole_key, -whole_count, whole_count_key, true from weighted
    union all select 7, relation_key, whole_key, whole_count, whole_count_key, true from mean_bound
    union all select 7, relation_key, none_key, -none_count, none_count_key, false from mean_bound
    union all
    select 7, relation_key, p.quantity_key, -p.exact_count, p.exact_count_key, false
    from mean_bound inner join mean_part as p
        on mean_bound.whole_key = p.whole_key and p.category_role = 'part'
        and (part_key is null or part_key = p.quantity_key)
    union all select 8, observation_key, 200000000000000000 + observation_key, 10000, null, true from repeated
    union all select 8, observation_key, 200000000000000000 + first_key, -10000, null, false from repeated
    union all select 9, observation_key, observation_key, earlier, earlier_key, true from change
    union all select 9, observation_key, later_key, -1000000, null, false from change
    union all select 9, observation_key, earlier_key, 1000000, null, false from change
    union all
    select 10, observation_key, 200000000000000000 + observation_key, 10000, null, true
    from observation where statistic = 'period' and reference_fiscal_year is not null
    union all select 11, relation_key, quantity_key, factor, null, true from ordered
    union all select 11, relation_key, extreme_key, -extreme_factor, null, false from ordered
    union all select 12, quantity_key, quantity_key, 10000, null, true from extreme
    union all select 13, observation_key, 200000000000000000 + observation_key, 10000, null, true from worded
    union all select 14, exhibit_no * 1000000 + row_number, 200000000000000000 + observation_key, 10000, null, true from stated
    union all select 14, exhibit_no * 1000000 + row_number, 200000000000000000 + right_key, -10000, null, false from stated
)
select key * 20 + rule_no as relation_no, number_key, factor::bigint as factor, factor_key, is_subject from listed;

-- Each relation with what its terms come to
create temp table evaluated as
with joined as (
    select
        t.relation_no, t.factor, t.is_subject, n.observation_id, n.printed_value, n.sort_order, n.statistic, n.is_as_printed,
        n.low, n.high, n.least, n.most, n.in_words,
        case when t.factor = 0 then 0 when t.factor > 0 then t.factor * n.low else t.factor * n.high end as product_low,
        case when t.factor = 0 then 0 when t.factor > 0 then t.factor * n.high else t.factor * n.low end as product_high
    from term as t
    inner join number as n using (number_key)
)
select
    relation_no,
    min(observation_id) filter (is_subject) as observation_id,
    count(*) filter (is_subject) as subject_terms,
    count(*) filter (not is_subject) as given_terms,
    min(printed_value) filter (is_subject) as printed_value,
    min(statistic) filter (is_subject) as statistic,
    min(factor) filter (is_subject) as least_factor,
    max(factor) filter (is_subject) as greatest_factor,
    case when count(product_low) filter (is_subject) = count(*) filter (is_subject)
        then sum(product_low) filter (is_subject) end::bigint as subject_low,
    case when count(product_high) filter (is_subject) = count(*) filter (is_subject)
        then sum(product_high) filter (is_subject) end::bigint as subject_high,
    case when count(product_low) filter (not is_subject) = count(*) filter (not is_subject)
        then coalesce(sum(product_low) filter (not is_subject), 0) end::bigint as given_low,
    case when count(product_high) filter (not is_subject) = count(*) filter (not is_subject)
        then coalesce(sum(product_high) filter (not is_subject), 0) end::bigint as given_high,
    (sum(abs(factor) * least) filter (is_subject))::bigint as domain_low,
    case when count(most) filter (is_subject) = count(*) filter (is_subject)
        then sum(abs(factor) * most) filter (is_subject) end::bigint as domain_high,
    coalesce(sum(abs(factor) * (high - low)) filter (is_subject and not is_as_printed), 0)::bigint as width,
    min(if(factor > 0, '|+', '|-') || if(abs(factor) = 10000, '', words(as_number(abs(factor))) || ' x ') || in_words)
        filter (not is_subject) as given
from joined
group by relation_no;

-- Few relations have several subjects or several other terms; only theirs are put in order.
create temp table listed_terms as
select
    t.relation_no,
    string_agg(n.printed_value, ' + ' order by n.sort_order, n.observation_id) filter (t.is_subject) as printed_value,
    string_agg(
        if(factor > 0, '|+', '|-') || if(abs(factor) = 10000, '', words(as_number(abs(factor))) || ' x ') || n.in_words, ''
        order by factor, n.sort_order, n.observation_id
    ) filter (not t.is_subject) as given
from term as t
semi join (select relation_no from evaluated where subject_terms > 1 or given_terms > 1) as several using (relation_no)
inner join number as n using (number_key)
group by t.relation_no;

create temp table judged as
with sums as (
    select
        r.relation_no, r.rule_id, r.relation_id, r.low, r.high, r.bounds, r.subject, r.note, r.exhibit_id, e.observation_id,
        coalesce(l.printed_value, e.printed_value) as printed_value, coalesce(l.given, e.given) as given, e.subject_terms, e.statistic,
        e.least_factor > 0 as is_added, e.subject_low, e.subject_high, e.given_low, e.given_high, e.domain_low, e.domain_high, e.width,
        if(e.least_factor = e.greatest_factor, abs(e.least_factor), 10000) as divisor,
        if(is_added, r.low - e.given_high, e.given_low - r.high) as left_from,
        if(is_added, r.high - e.given_low, e.given_high - r.low) as left_to
    from relation as r
    inner join evaluated as e using (relation_no)
    left join listed_terms as l using (relation_no)
)
select
    *,
    coalesce(if(bounds in ('(]', '()'), subject_high + given_high > low, subject_high + given_high >= low), true)
    and coalesce(if(bounds in ('[)', '()'), subject_low + given_low < high, subject_low + given_low <= high), true)
        as is_consistent,
    (left_from is null or coalesce(2 * left_from - width <= 2 * domain_low, false))
    and (left_to is null or coalesce(2 * left_to + width >= 2 * domain_high, false)) as is_vacuous,
    as_number(if(left_from = left_to, nearest_div(left_to, divisor), ceil_div(left_to, divisor))) as expected_high,
    as_number(if(left_from = left_to, nearest_div(left_from, divisor), floor_div(left_from, divisor))) as left_low,
    case when statistic = 'count' and subject_terms = 1 then greatest(coalesce(left_low, 0), 0) else left_low end as expected_low,
    as_number(floor_div(if(is_added, subject_low, -subject_high), divisor)) as stands_low,
    as_number(ceil_div(if(is_added, subject_high, -subject_low), divisor)) as stands_high
from sums;

drop table evaluated;

-- Numbers that follow
create temp table derived as
with with_unknown as (
    select relation_no from term inner join number using (number_key)
    where is_unknown
    group by relation_no having count(*) = 1
),
equation as (
    select relation_no
    from (from term semi join with_unknown using (relation_no))
    inner join number using (number_key)
    semi join (select relation_no from relation where low = high) as equal using (relation_no)
    group by relation_no having count(low) = count(*) and not bool_or(is_as_printed)
),
terms as (
    select
        t.relation_no, r.low, q.quantity_key, q.origin, q.statistic, q.category_role, q.sort_order, q.observation_id, q.printed_value,
        t.factor, if(t.factor > 0, t.factor * q.high, t.factor * q.low) as product_high,
        if(t.factor > 0, t.factor * q.low, t.factor * q.high) as product_low
    from (from term semi join equation using (relation_no)) as t
    inner join relation as r on t.relation_no = r.relation_no
    inner join quantity as q on t.number_key = q.quantity_key
),
solved as (
    select
        max(quantity_key) filter (origin = 'unknown') as quantity_key, max(statistic) filter (origin = 'unknown') as statistic,
        max(category_role) filter (origin = 'unknown') as category_role, max(factor) filter (origin = 'unknown') as divisor,
        min(observation_id) filter (category_role <> 'total') as derived_from,
        (min(low) - sum(product_high) filter (origin <> 'unknown'))::bigint as left_from,
        (min(low) - sum(product_low) filter (origin <> 'unknown'))::bigint as left_to,
        string_agg(
            if(factor > 0, ' - ', ' + ') || if(abs(factor) = 10000, '', words(as_number(abs(factor))) || ' x ') || printed_value, ''
            order by factor > 0, sort_order, observation_id
        ) filter (origin <> 'unknown') as difference
    from terms
    group by relation_no
),
found as (
    select
        quantity_key, derived_from,
        case when left_from = left_to or statistic = 'mean' then as_number(nearest_div(left_from + left_to, 2 * divisor)) end as obs_value,
        as_number(floor_div(left_from, divisor)) as value_low, as_number(ceil_div(left_to, divisor)) as value_high,
        case
            when statistic = 'mean' and category_role = 'any' then 'mean of all less those in none: '
            when category_role = 'any' then 'all less those in none: '
            when category_role = 'residual' then 'all less those in a stated category: '
            else 'the whole less its other parts: '
        end || if(divisor = 10000, difference[4:], '(' || difference[4:] || ') / ' || words(as_number(divisor))) as derivation
    from solved
    where statistic in ('count', 'mean') and divisor > 0
    union all
    select
        100000000000000000 + quantity_key, observation_id,
        case when least_count = greatest_count then least_count end::decimal(18, 4), least(least_count, greatest_count)::decimal(18, 4),
        greatest(least_count, greatest_count)::decimal(18, 4),
        'count behind a percentage: ' || printed_value || ' percent of ' || between_words(as_number(base_low), as_number(base_high))
    from count_behind
)
select
    o.report_id || '.derived.' || q.fiscal_year || '.' || q.series_population_id || '.' || q.category_key || '.' || m.measure_id as observation_id,
    o.report_id, o.exhibit_id, q.series_key, q.fiscal_year, q.series_population_id as population_id, q.category_key,
    k.classification_id, q.category_id, m.measure_id, f.obs_value, f.value_low, f.value_high, f.derivation
from found as f
inner join quantity as q using (quantity_key)
inner join classification as k using (classification_no)
inner join measure as m using (measure_no)
inner join series as o on f.derived_from = o.observation_id;

-- The facts
create schema by_hand;

create table by_hand.fct_observations as
select
    observation_id, report_id, exhibit_id, fiscal_year, population_id, category_key, classification_id, category_id, o.measure_id,
    reference_fiscal_year, reference_category_id, percent_base, series_key, printed_value, printed_unit, obs_value, decimals,
    as_number(low) as value_low, as_number(high) as value_high, 'published' as obs_status, null::text as derivation,
    f.first_key is not null as is_preferred, w.wording, w.wording_category, row_number, row_label, column_name, heading, paragraph,
    heading || coalesce(', paragraph ' || paragraph, ', row ' || row_number) as locator, footnote
from observation as o
left join first_printing as f on o.observation_key = f.first_key
left join reference.wordings as w on o.wording = w.wording and o.measure_id = w.measure_id
union all by name
select *, 'derived' as obs_status, true as is_preferred, 'derived from the numbers of the exhibit' as locator from derived;

create table by_hand.fct_relations as
select
    relation_id, rule_id, coalesce(j.exhibit_id, o.exhibit_id) as exhibit_id, o.fiscal_year, j.observation_id,
    (j.low * 0.00000001::decimal(9, 8))::decimal(28, 8) as low, (j.high * 0.00000001::decimal(9, 8))::decimal(28, 8) as high, bounds,
    case when is_consistent then 'consistent' when d.discrepancy_id is not null then 'documented_discrepancy' else 'inconsistent' end as verdict,
    is_vacuous, d.discrepancy_id
from judged as j
left join observation as o on j.observation_id = o.observation_id
left join reference.known_discrepancies as d
    on j.relation_id = d.check_id and coalesce(j.exhibit_id, o.exhibit_id) = d.exhibit_id and j.printed_value = d.printed_value;

create table by_hand.fct_relation_terms as
select
    r.relation_id, coalesce(n.observation_id, n.series_key) as number_id, n.series_key, n.observation_id, n.is_as_printed,
    as_number(t.factor) as coefficient, q.series_key as coefficient_series_key, t.is_subject
from term as t
inner join relation as r using (relation_no)
inner join number as n using (number_key)
left join quantity as q on t.factor_key = q.quantity_key;

create table by_hand.fct_consistency_checks as
with of_relations as (
    select
        r.relation_id as check_id, r.rule_id, r.exhibit_id, r.observation_id, j.subject, j.printed_value, j.expected_low, j.expected_high,
        r.verdict, r.is_vacuous, r.discrepancy_id,
        replace(replace(replace(replace(
            rules.sentence, '{note}', coalesce(j.note, '')), '{given}', coalesce(
                if(divisor = 10000, '', '(') || if(starts_with(signed, ' + '), signed[4:], signed[2:])
                || if(divisor = 10000, '', ') / ' || words(as_number(divisor))), '')),
            '{subject}', coalesce(between_words(stands_low, stands_high), j.printed_value)),
            '{expected}', case
                when expected_low is null and expected_high is null then 'any number'
                when expected_low is null then 'at most ' || words(expected_high)
                when expected_high is null then 'at least ' || words(expected_low)
                else between_words(expected_low, expected_high)
            end) as explained
    from (
        select *, if(is_added, replace(replace(given, '|+', ' - '), '|-', ' + '), replace(replace(given, '|+', ' + '), '|-', ' - ')) as signed
        from judged
    ) as j
    inner join by_hand.fct_relations as r using (relation_id)
    inner join reference.rules as rules on r.rule_id = rules.rule_id
),
percentages as (
    select
        s.observation_id, s.printed_value, s.decimals, b.low // 10000 as base_low, b.high // 10000 as base_high,
        ceil_div(s.low * (b.low // 10000), 1000000) as least_count, floor_div(s.high * (b.high // 10000), 1000000) as greatest_count
    from series as s
    inner join quantity as q using (quantity_key)
    inner join quantity as b on q.base_key = b.quantity_key and b.low > 0
    where s.statistic = 'percent'
),
attainable as (
    select
        *, least(least_count, greatest_count) as count_low, greatest(least_count, greatest_count) as count_high,
        as_number(nearest_div(1000000 * count_low, base_high)) as expected_low, as_number(nearest_div(1000000 * count_high, base_low)) as expected_high
    from percentages
),
checks as (
    select * exclude (explained), case when ends_with(explained, ': ') then explained[:-3] else explained end as explanation from of_relations
    union all by name
    select
        'attainable_percentage:' || observation_id as check_id, 'attainable_percentage' as rule_id, observation_id, a.printed_value,
        expected_low, expected_high,
        case
            when least_count <= greatest_count then 'consistent'
            when d.discrepancy_id is not null then 'documented_discrepancy' else 'inconsistent'
        end as verdict,
        coalesce(base_low >= case decimals when 0 then 100 when 1 then 1000 else 10000 end, false) as is_vacuous, d.discrepancy_id,
        case
            when least_count <= greatest_count
                then between_words(count_low, count_high) || ' of ' || between_words(base_low, base_high) || ' is ' || a.printed_value || ' percent'
            else 'no whole number of ' || between_words(base_low, base_high) || ' is ' || a.printed_value || ' percent: ' || count_low || ' is '
                || expected_low || ' and ' || count_high || ' is ' || expected_high
        end as explanation
    from attainable as a
    left join reference.known_discrepancies as d
        on d.check_id = 'attainable_percentage:' || a.observation_id and a.printed_value = d.printed_value
)
select
    check_id, rule_id, coalesce(c.exhibit_id, o.exhibit_id) as exhibit_id, o.fiscal_year, c.observation_id,
    coalesce(subject, row_label || ', ' || column_name) as subject, c.printed_value, expected_low, expected_high, verdict, is_vacuous,
    discrepancy_id, explanation
from checks as c
inner join observation as o on c.observation_id = o.observation_id;

create table by_hand.fct_stated_comparisons as
select
    comparison_id, exhibit_id, fiscal_year, row_number, row_label, observation_id as left_observation_id, left_printed as left_printed_value,
    comparator, right_id as right_observation_id, right_printed as right_printed_value, printed_value, printed_unit, wording,
    heading || coalesce(', paragraph ' || paragraph, ', row ' || row_number) as locator, footnote
from compared;

create table by_hand.dim_fiscal_years as
select fiscal_year, make_date(fiscal_year - 1, 10, 1) as starts_on, make_date(fiscal_year, 9, 30) as ends_on
from (select fiscal_year from observation union select reference_fiscal_year from observation)
where fiscal_year is not null;

create table by_hand.dim_exhibits as
with keyed as (
    select exhibit_id, row_number, fiscal_year, footnote, heading, paragraph, 1 as number from observation
    union all select exhibit_id, row_number, fiscal_year, footnote, heading, paragraph, 0 from comparison
),
counted as (
    select
        exhibit_id, count(distinct row_number)::int as printed_row_count, sum(number)::int as printed_number_count,
        count(distinct (heading, paragraph))::int as paragraph_count,
        array_to_string(list_sort(list(distinct fiscal_year::text)), '|') as fiscal_years,
        array_to_string(list_sort(list(distinct footnote) filter (footnote is not null)), '|') as footnotes
    from keyed group by exhibit_id
)
select
    exhibit_id, report_id, exhibit_type, exhibit_number, title, sort_order, population_id, fiscal_years, printed_row_count,
    printed_number_count, printed_wording_count, paragraph_count, footnotes, keyed_on, keyed_from
from reference.exhibits left join counted using (exhibit_id);

-- Checks of the cells
create temp table keyed_row as
select exhibit_id, row_number, row_label, heading, paragraph, wording from observation
union
select exhibit_id, row_number, row_label, heading, paragraph, wording from comparison;

select exhibit_id
from reference.exhibits
left join (
    select exhibit_id, count(wording) as wordings, md5(string_agg(row_label, '|' order by row_number))[:8] as labels
    from keyed_row group by exhibit_id
) as keyed using (exhibit_id)
where not coalesce(wordings = printed_wording_count and labels = label_checksum, false);

with number as (
    select exhibit_id, row_number, column_number, measure_id, fiscal_year, population_id, category_key,
        coalesce(reference_fiscal_year::text, reference_category_id) as reference, percent_base as base, printed_unit,
        paragraph, footnote
    from observation
    union all
    select c.exhibit_id, c.row_number, 0, l.measure_id, c.fiscal_year, l.population_id, l.category_key,
        case when c.right_row is not null then r.category_id end, null, c.printed_unit, c.paragraph, c.footnote
    from compared as c
    left join observation as l using (observation_key)
    left join observation as r on c.right_key = r.observation_key
),
keyed as (
    select exhibit_id, row_number::text as row_number, string_agg(measure_id, ' ' order by column_number) as measures,
        list(distinct (fiscal_year::text, population_id, category_key, reference, printed_unit, paragraph::text, footnote)) as codes,
        max(base) as base
    from number group by all
)
select coalesce(k.exhibit_id, a.exhibit_id)
from keyed as k full join raw.second_keying as a using (exhibit_id, row_number)
where k.exhibit_id is null or a.exhibit_id is null or (k.measures, k.base) is distinct from (a.measures, a.percent_base)
    or codes <> [(a.fiscal_year, a.population_id, a.category_key, a.reference, a.printed_unit, a.paragraph, a.footnote)];

select * from (
    select *, lag(heading) over above as heading_before, lag(paragraph) over above as paragraph_before, lag(row_number) over above as row_before
    from keyed_row
    window above as (partition by exhibit_id order by row_number)
)
where paragraph < 1 or row_number = row_before or (heading = heading_before and paragraph < paragraph_before)
    or (row_before is not null and (paragraph is null) <> (paragraph_before is null));

-- Checks of relations
select relation_no from relation group by relation_no having count(*) > 1
union all select min(relation_no) from by_hand.fct_relations inner join relation using (relation_id) group by relation_id having count(*) > 1;

select relation_no from term left join number using (number_key) group by relation_no
having count(factor) < count(*) or count(number.number_key) < count(*) or not bool_or(is_subject) or count(distinct term.number_key) < count(*);

select check_id from by_hand.fct_consistency_checks where verdict = 'inconsistent'
union all
select d.check_id from reference.known_discrepancies as d left join by_hand.fct_consistency_checks as c using (check_id)
where coalesce(c.verdict, '') <> 'documented_discrepancy' or not ends_with(d.check_id, '.' || d.row_number || coalesce('.' || d.column_name, ''));

select exhibit_id from reference.exhibits
left join (
    select exhibit_id, count(*) as made from by_hand.fct_consistency_checks where verdict <> 'not_checkable' group by exhibit_id
) using (exhibit_id)
where check_count <> coalesce(made, 0);

-- Checks of the facts: keys
select observation_id from by_hand.fct_observations group by all having count(*) > 1;

select relation_id, number_id from by_hand.fct_relation_terms group by all having count(*) > 1;

select check_id from by_hand.fct_consistency_checks group by all having count(*) > 1;

select 'relation' from by_hand.fct_relations anti join reference.rules using (rule_id)
union all select 'relation' from by_hand.fct_relations anti join by_hand.fct_observations using (observation_id)
union all select 'term' from by_hand.fct_relation_terms anti join by_hand.fct_relations using (relation_id)
union all select 'term' from (from by_hand.fct_relation_terms where observation_id is not null) anti join by_hand.fct_observations using (observation_id)
union all select 'check' from by_hand.fct_consistency_checks anti join reference.rules using (rule_id)
union all select 'check' from by_hand.fct_consistency_checks anti join reference.exhibits using (exhibit_id)
union all select 'check' from by_hand.fct_consistency_checks anti join by_hand.dim_fiscal_years using (fiscal_year)
union all select 'check' from by_hand.fct_consistency_checks anti join by_hand.fct_observations using (observation_id);

-- The published observations are, cell for cell, what was keyed.
with keyed as (select exhibit_id, row_number, row_label, column_name, printed_value, printed_unit, footnote from raw.cells),
published as (
    select exhibit_id, row_number::text, row_label, column_name, printed_value, printed_unit, footnote
    from by_hand.fct_observations where obs_status = 'published'
)
select * from (from keyed except all from published) union all select * from (from published except all from keyed);
