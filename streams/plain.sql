-- What a history of events means, a second time: formulated anew, over the events alone, in the order in which one would
-- explain it. It shares no code with projections/, so that the two can be held against each other.
--
--     registers   what every event writes, and which statement about it is the greatest
--     moments     on which day of the workspace each thing happened
--     holders     who held what on that day, and whose offer led to a deal
--     lines       what each entity counts for, cut among its holders, added up
--
-- $events: the name of the table of events. $zone: the workspace's IANA zone. Only built-in functions (json, icu); nothing
-- here depends on the session's own time zone. Duplicate rows and their order change nothing.
WITH
-- What is counted, as data: the entity, its moment, whose it is, how much, from when a duration runs, the three bases.
metrics (metric, of, moment, outcome, holder, amount, since, credited) AS (VALUES
    ('calls',             'call',        'when',      NULL,   'shares',       NULL,     NULL,     false),
    ('emails',            'email',       'when',      NULL,   'shares',       NULL,     NULL,     false),
    ('offers',            'offer',       'when',      NULL,   'shares',       NULL,     NULL,     false),
    ('appointments',      'appointment', 'when',      NULL,   'shares',       NULL,     NULL,     false),
    ('demos',             'demo',        'when',      NULL,   'shares',       NULL,     NULL,     false),
    ('meetings',          'meeting',     'when',      NULL,   'shares',       NULL,     NULL,     false),
    ('leads_created',     'lead',        'created',   NULL,   'shares',       NULL,     NULL,     false),
    ('leads_handled',     'lead',        'handled',   NULL,   'handled_by',   NULL,     NULL,     false),
    ('leads_qualified',   'lead',        'qualified', NULL,   'qualified_by', NULL,     NULL,     false),
    ('deals_opened',      'deal',        'opened',    NULL,   'shares',       NULL,     NULL,     false),
    ('deals_won',         'deal',        'closed',    'won',  'shares',       NULL,     NULL,     true),
    ('deals_lost',        'deal',        'closed',    'lost', 'shares',       NULL,     NULL,     true),
    ('revenue',           'deal',        'closed',    'won',  'shares',       'amount', NULL,     true),
    ('units',             'deal',        'closed',    'won',  'shares',       'units',  NULL,     true),
    ('cycle_days_median', 'deal',        'closed',    'won',  'shares',       NULL,     'opened', true)
),

-- What the last word of a type says: where its rep and its moment are written, and what it tells by itself.
verbs (verb, rep_register, moment_register, constant_register, constant) AS (VALUES
    ('logged',    'shares',       'when',      NULL,      NULL),
    ('sent',      'shares',       'when',      NULL,      NULL),
    ('held',      'shares',       'when',      NULL,      NULL),
    ('given',     'shares',       'when',      NULL,      NULL),
    ('created',   'shares',       'created',   NULL,      NULL),
    ('handled',   'handled_by',   'handled',   NULL,      NULL),
    ('qualified', 'qualified_by', 'qualified', NULL,      NULL),
    ('opened',    'shares',       'opened',    NULL,      NULL),
    ('won',       'closed_by',    'closed',    'outcome', 'won'),
    ('lost',      'closed_by',    'closed',    'outcome', 'lost'),
    ('reopened',  NULL,           NULL,        'outcome', 'open'),
    ('amended',   NULL,           'when',      NULL,      NULL),
    ('voided',    NULL,           NULL,        'alive',   'no'),
    ('deleted',   NULL,           NULL,        'alive',   'no')
),

-- The events about things that can count for something, with their statement's place in time as one value.
told AS (
    SELECT
        trail, entity, layer, data,
        {'asserted_at': asserted_at, 'sequence': sequence, 'id': id} AS stamp,
        split_part(type, '.', 3) AS verb,
        type = 'quotum.correction.withdrawn.v1' AS withdraws
    FROM query_table($events)
    WHERE split_part(entity, ':', 1) IN (SELECT of FROM metrics)
),

-- Each field writes a register, as text; null takes back in an amendment and says "nobody" elsewhere.
written_by_fields AS (
    SELECT
        trail, entity, layer, stamp,
        CASE
            WHEN key = 'rep' THEN rep_register
            WHEN key IN ('day', 'at') THEN moment_register
            WHEN key IN ('opened_day', 'opened_at') THEN 'opened'
            WHEN key IN ('closed_day', 'closed_at') THEN 'closed'
            WHEN key IN ('amount', 'campaign', 'customer', 'kind', 'product', 'units') THEN key
        END AS register,
        CASE
            WHEN field.type = 'NULL' AND verb = 'amended' THEN ''
            WHEN field.type = 'NULL' THEN '-'
            WHEN key = 'rep' THEN (value ->> '$') || ':1000000'
            WHEN key = 'amount' THEN (value ->> 'value') || ' ' || (value ->> 'currency')
            ELSE value ->> '$'
        END AS text
    FROM told JOIN verbs USING (verb), json_each(told.data) AS field
),

-- A reassignment writes a register of its own, because later ones lean on which were known; it names the day from which.
written_by_handovers AS (
    SELECT
        trail, entity, layer, stamp,
        concat_ws('@', 'shares', coalesce(data ->> 'day', ''), stamp.asserted_at, stamp.sequence, stamp.id) AS register,
        CASE json_type(data, '$.rep')
            WHEN 'NULL' THEN '-'
            ELSE coalesce(
                (data ->> 'rep') || ':1000000',
                from_json(data -> 'shares', '[{"rep": "INTEGER", "share": "DECIMAL(18,6)"}]')
                .list_sort()
                .list_transform(lambda part: part.rep || ':' || (part.share * 1000000)::BIGINT)
                .array_to_string(',')
            )
        END AS text
    FROM told
    WHERE verb = 'reassigned' AND (json_exists(data, '$.rep') OR json_exists(data, '$.shares'))
),

-- A withdrawal by a person empties the registers it names, all where it names none; what is no register it cannot empty.
withdrawn AS (
    SELECT
        trail, entity, layer, stamp,
        list_intersect(coalesce(from_json(data -> 'fields', '["VARCHAR"]'), known), known) AS registers
    FROM told, (
        SELECT [
            'alive', 'amount', 'campaign', 'closed', 'closed_by', 'created', 'customer', 'handled', 'handled_by',
            'kind', 'opened', 'outcome', 'product', 'qualified', 'qualified_by', 'shares', 'units', 'when'
        ] AS known
    )
    WHERE withdraws AND layer = 1
),

written AS (
    SELECT * FROM written_by_fields WHERE register IS NOT NULL
    UNION ALL
    SELECT * FROM written_by_handovers
    UNION ALL
    SELECT trail, entity, layer, stamp, constant_register, constant
    FROM told JOIN verbs USING (verb) WHERE constant_register IS NOT NULL
    UNION ALL
    SELECT trail, entity, layer, stamp, unnest(registers), '' FROM withdrawn
    UNION ALL
    -- Handovers have registers of their own; this one says up to when they are withdrawn.
    SELECT trail, entity, layer, stamp, 'shares-', 'yes' FROM withdrawn WHERE list_contains(registers, 'shares')
),

-- Of two statements about one register the later counts; the text decides between equal ones, so chance never does.
registers AS (
    SELECT trail, entity, layer, register, max({'stamp': stamp, 'text': text}) AS said
    FROM written GROUP BY ALL
),

-- What a person corrected speaks before what a feed says; what was taken back says nothing.
spoken AS (
    SELECT trail, entity, register, arg_max(said, layer) AS said
    FROM registers WHERE said.text <> '' AND NOT starts_with(register, 'shares@') GROUP BY ALL
),

-- One row an entity that still counts, with its texts by register.
entities AS (
    SELECT trail, entity, split_part(entity, ':', 1) AS of, map_from_entries(list((register, said.text))) AS texts
    FROM spoken GROUP BY trail, entity
    HAVING texts['alive'] IS DISTINCT FROM 'no'
),

-- When things happened; a date has ten characters and no instant.
happened AS (
    SELECT
        trail, entity, register, said.text AS text, said.stamp.sequence AS sequence,
        CASE WHEN length(said.text) > 10 THEN epoch_us(rtrim(said.text, 'Z')::TIMESTAMP) END AS instant
    FROM spoken WHERE register IN (SELECT moment FROM metrics)
),

-- Who an entity was said to be held by, in the order in which that was said, but for what a person withdrew since.
statements AS (
    SELECT
        trail, entity, layer, register, said.text AS text,
        split_part(register, '@', 2) AS day_text, register = 'shares' OR day_text <> '' AS is_step,
        CASE WHEN NOT is_step THEN said.stamp.asserted_at END AS instant,
        rank() OVER (PARTITION BY trail, entity ORDER BY said.stamp, day_text, said.text) AS said_as
    FROM registers
    LEFT JOIN (SELECT trail, entity, said.stamp AS until FROM registers WHERE layer = 1 AND register = 'shares-')
        USING (trail, entity)
    WHERE (register = 'shares' OR starts_with(register, 'shares@')) AND said.text <> ''
        AND (layer = 0 OR until IS NULL OR said.stamp >= until)
),

-- The workspace's day of every instant; the first and last hours of the calendar stay inside it.
days AS (
    SELECT
        instant, timezone($zone, timezone('UTC', make_timestamp(instant)))::DATE AS local,
        least(greatest(local, DATE '0001-01-01'), DATE '9999-12-31') AS day
    FROM (
        SELECT instant FROM happened WHERE instant IS NOT NULL
        UNION
        SELECT instant FROM statements WHERE instant IS NOT NULL
    )
),

moments AS (
    SELECT trail, entity, register, instant, sequence, CASE WHEN instant IS NULL THEN text::DATE ELSE days.day END AS day
    FROM happened LEFT JOIN days USING (instant)
),

-- Where each statement sets in: the opening at the beginning, a step on its day, any other on the day it was said.
anchored AS (
    SELECT
        trail, entity, layer, text, is_step, said_as,
        CASE
            WHEN register = 'shares' THEN DATE '-infinity'
            WHEN is_step THEN day_text::DATE
            ELSE days.day
        END AS anchor
    FROM statements LEFT JOIN days USING (instant)
),

-- From there it holds to the nearest steps that were known when it was said, of no higher layer; a step only forward.
spans AS (
    SELECT
        one.trail, one.entity, one.layer, one.said_as, one.text,
        CASE
            WHEN one.is_step THEN one.anchor
            ELSE coalesce(max(known.anchor) FILTER (known.anchor <= one.anchor), DATE '-infinity')
        END AS first_day,
        coalesce(min(known.anchor) FILTER (known.anchor > one.anchor), DATE 'infinity') AS end_day
    FROM anchored AS one
    LEFT JOIN anchored AS known
        ON known.trail = one.trail AND known.entity = one.entity
        AND known.is_step AND known.layer <= one.layer AND known.said_as < one.said_as
    GROUP BY one.trail, one.entity, one.layer, one.said_as, one.text, one.is_step, one.anchor
),

-- Who held what on the days that matter: where several statements hold, the higher layer, then the later one.
held AS (
    SELECT asked.trail, asked.entity, asked.day, arg_max(spans.text, {'layer': layer, 'said_as': said_as}) AS holder
    FROM (SELECT DISTINCT trail, entity, day FROM moments) AS asked
    JOIN spans
        ON spans.trail = asked.trail AND spans.entity = asked.entity
        AND spans.first_day <= asked.day AND asked.day < spans.end_day
    GROUP BY ALL
),

-- Offers and closings of a trail, each kind of offer in a line of its own, so that both lines have a plain order: offers
-- with an instant by it, and a closing that is only a date after all of its day; offers that are only a date by their
-- sequence, and a closing with an instant after all of its day.
lined_up AS (
    SELECT
        trail, entity, day, instant IS NOT NULL AS by_instant, false AS closes,
        coalesce(instant, sequence) AS first_by,
        CASE WHEN by_instant THEN sequence ELSE 0 END AS then_by
    FROM moments JOIN entities USING (trail, entity) WHERE of = 'offer' AND register = 'when'
    UNION ALL
    SELECT
        trail, entity, day, line.by_instant, true,
        CASE WHEN (instant IS NOT NULL) = line.by_instant THEN coalesce(instant, sequence) ELSE 9223372036854775807 END,
        CASE WHEN instant IS NOT NULL AND line.by_instant THEN sequence ELSE 9223372036854775807 END
    FROM moments JOIN entities USING (trail, entity), (VALUES (true), (false)) AS line (by_instant)
    WHERE of = 'deal' AND register = 'closed' AND texts['outcome'] IN ('won', 'lost')
),

-- The latest offer before each place in its line.
led_by AS (
    SELECT
        trail, entity, closes,
        last_value(
            CASE WHEN NOT closes THEN
                {'day': day, 'by_instant': by_instant, 'first_by': first_by, 'then_by': then_by, 'entity': entity}
            END IGNORE NULLS
        ) OVER (
            PARTITION BY trail, by_instant ORDER BY day, first_by, then_by, closes, entity
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS offer
    FROM lined_up
),

-- The seller of a deal: who held the later of the two on the offer's own day; within a day a mere date comes first.
sold AS (
    SELECT led.trail, led.entity, held.holder
    FROM (SELECT trail, entity, max(offer) AS offer FROM led_by WHERE closes AND offer IS NOT NULL GROUP BY ALL) AS led
    JOIN held ON held.trail = led.trail AND held.entity = led.offer.entity AND held.day = led.offer.day
),

-- What each entity counts for, before it is cut: amounts are millionths, money is in minor units as it is written.
counted AS (
    SELECT
        trail, entity, metric, moments.day, credited,
        CASE WHEN metrics.holder <> 'shares' THEN coalesce(texts[metrics.holder], '-') END AS named,
        coalesce(texts['closed_by'], '-') AS closer,
        coalesce(texts['campaign'], '') AS campaign,
        coalesce(texts['product'], '') AS product,
        coalesce(texts['kind'], '') AS kind,
        coalesce(texts['customer'], '') AS customer,
        CASE metrics.amount
            WHEN 'amount' THEN replace(split_part(texts['amount'], ' ', 1), '.', '')::HUGEINT
            WHEN 'units' THEN (texts['units']::DECIMAL(20, 6) * 1000000)::HUGEINT
            ELSE 1000000
        END AS amount,
        CASE WHEN metrics.amount = 'amount' THEN split_part(texts['amount'], ' ', 2) ELSE '' END AS currency,
        (moments.day - since.day)::INTEGER AS days
    FROM entities
    JOIN metrics USING (of)
    JOIN moments USING (trail, entity)
    LEFT JOIN moments AS since
        ON since.trail = entities.trail AND since.entity = entities.entity AND since.register = metrics.since
    WHERE moments.register = metrics.moment
        AND (metrics.outcome IS NULL OR metrics.outcome = texts['outcome'])
        AND (metrics.amount IS NULL OR texts[metrics.amount] IS NOT NULL)
        AND (metrics.since IS NULL OR since.day IS NOT NULL)
),

-- For whom, by each basis: a deal for its owner, for whom its closing names, and for its seller; anything else for its
-- owner or for whom its own step names.
credited AS (
    SELECT counted.*, 'owner' AS basis, coalesce(named, held.holder, '-') AS holders
    FROM counted LEFT JOIN held USING (trail, entity, day)
    UNION ALL
    SELECT *, 'closer', closer FROM counted WHERE credited
    UNION ALL
    SELECT counted.*, 'seller', coalesce(sold.holder, '-')
    FROM counted LEFT JOIN sold USING (trail, entity) WHERE credited
),

-- Who has no other beside them has the whole; nobody is rep 0, unassigned.
wholes AS (
    SELECT *, CASE holders WHEN '-' THEN 0 ELSE split_part(holders, ':', 1)::INTEGER END AS rep, amount AS part
    FROM credited WHERE NOT contains(holders, ',')
),

-- Of several, each has an exact part rounded down to whole units, below zero too, and leaves the remainder over.
rounded_down AS (
    SELECT
        *,
        split_part(share, ':', 1)::INTEGER AS rep,
        split_part(share, ':', 2)::HUGEINT AS weight,
        sum(weight) OVER (PARTITION BY trail, entity, metric, basis) AS weights,
        ((amount * weight) % weights + weights) % weights AS remainder,
        (amount * weight - remainder) // weights AS rounded
    FROM (SELECT *, unnest(string_split(holders, ',')) AS share FROM credited WHERE contains(holders, ','))
),

-- What is left over goes to the largest remainders, ties by rep, so that the parts are the whole.
parts AS (
    SELECT
        *,
        row_number() OVER (whole ORDER BY remainder DESC, rep) AS place,
        rounded + (place <= amount - sum(rounded) OVER whole)::INTEGER AS part
    FROM rounded_down
    WINDOW whole AS (PARTITION BY trail, entity, metric, basis)
),

lines AS (
    SELECT * FROM wholes UNION ALL BY NAME SELECT * FROM parts
)

-- A figure is by day: the trail, the entity and the instant fall away.
SELECT rep, day, metric, basis, campaign, product, kind, customer, currency, days, sum(part)::BIGINT AS amount
FROM lines
GROUP BY ALL
HAVING sum(part) <> 0
ORDER BY ALL
