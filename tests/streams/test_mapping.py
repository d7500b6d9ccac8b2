"""A mapping is checked whole before the first row, and whoever wrote it is told line, fault and remedy."""

import re
from pathlib import Path

import pytest

from schemas.events import EVENTS
from streams.mapping import CSV_KEYS, ENVELOPE, EVENT_KEYS, TOP_KEYS, MappingError, check_columns, read_mapping
from tests.docs_runner import ROOT
from tests.files import LOG, LOG_HEADER, SNAPSHOT, SNAPSHOT_HEADER, mapping_of

PAGE = ROOT / "docs" / "mappings.md"
EXAMPLES = sorted((ROOT / "examples" / "mappings").glob("*.toml"))
WHEN = 'when = { what = "won" }'
WON = 'type = "deal.won"'


def fault(folder: Path, text: str) -> str:
    with pytest.raises(MappingError) as raised:
        mapping_of(folder, text)
    return str(raised.value)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        # keys
        ('source = "crm"', 'sorce = "crm"', "unknown key 'sorce'; did you mean 'source'?"),
        ('source = "crm"', 'source = "crm"\nzzz = "1"', "unknown key 'zzz'; known are source, form"),
        (WON, 'type = "deal.won"\nwhn = { a = "b" }', "unknown key 'whn'; did you mean 'when'?"),
        (WON, 'type = "deal.won"\nentity = "x"', "unknown key 'entity'"),
        ('form = "log"', 'form = "diary"', '(form = "log") or the present state (form = "snapshot")'),
        ('form = "log"', "form = 1", "`form` says whether"),
        ('source = "crm"', 'source = ""', "give one that stays the same"),
        ('source = "crm"', "source = 7", "`source` is a text in quotes"),
        ('source = "crm"', f'source = "{"x" * 201}"', "`source` has 201 characters"),
        ('form = "log"', 'form = "log"\nzone = "Amsterdam"', "'Amsterdam' is not a time zone: take an IANA name"),
        ('form = "log"', 'form = "log"\nzone = 1', "`zone` is a text in quotes"),
        # events
        (WON, 'type = "deal.wonn"', "there is no event 'deal.wonn'; did you mean deal.won"),
        (WON, 'type = "quotum.deal.won"', "there is no event 'quotum.deal.won'; did you mean deal.won"),
        (WON, 'type = "zebra"', "there is no event 'zebra'; docs/events.md lists them"),
        (WON, 'type = "workspace.opened"', "'workspace.opened' is not for a file to tell"),
        (WON, 'type = "correction.withdrawn"', "is not for a file to tell"),
        # data
        ('data.amount = "{amount}"', 'data.amont = "{amount}"', "no field 'amont'; did you mean 'amount'?"),
        ('data.amount = "{amount}"', 'data.zzz = "{amount}"', "no field 'zzz'; it has "),
        ('data.amount = "{amount}"', "data.amount = 12", 'data.amount is a text such as "{column}"'),
        ('data.amount = "{amount}"', 'data.amount = ""', 'data.amount is a text such as "{column}"'),
        ('data.amount = "{amount}"', 'data.amount = "{amount"', "a brace too many"),
        ('data.amount = "{amount}"', 'data.amount = "amount}"', "a brace too many"),
        ('data.amount = "{amount}"', 'data.amount = "{}"', "a brace too many"),
        ('data.amount = "{amount}"', 'data.amount = "{amount}"\ncurrency = "EURO"', "unknown currency 'EURO'"),
        # conditions
        (WHEN, 'when = "won"', "`when` is a table such as"),
        (WHEN, "when = { what = 1 }", "'what' must be a text, a list of texts, or { not ="),
        (WHEN, "when = { what = [] }", "'what' must be a text"),
        (WHEN, 'when = { what = ["won", 1] }', "'what' must be a text"),
        (WHEN, 'when = { what = { nott = "won" } }', "'what' must be a text"),
        (WHEN, 'when = { what = { not = "won", or = "lost" } }', "'what' must be a text"),
        # the envelope
        ('id = "{no}"', 'id = "no"', 'id = "no" is the same for every row'),
        ('trail = "{case}"', 'trail = "crm"', 'trail = "crm" is the same for every row'),
        ('time = "{said}"', "time = 2026-01-01", "`time` is a text in quotes"),
        # the file
        ('form = "log"', 'form = "log"\ncsv.delimter = ";"', "unknown key 'delimter'; did you mean 'delimiter'?"),
        ('form = "log"', 'form = "log"\ncsv.delimiter = ";;"', "not one character that can part columns"),
        ('form = "log"', 'form = "log"\ncsv.delimiter = ""', "not one character that can part columns"),
        ('form = "log"', 'form = "log"\ncsv.delimiter = \'"\'', "not one character that can part columns"),
        ('form = "log"', 'form = "log"\ncsv.delimiter = "\\n"', "not one character that can part columns"),
        ('form = "log"', 'form = "log"\ncsv.decimal = ";"', 'write "." or ","'),
        ('form = "log"', 'form = "log"\ncsv.encoding = "latin-99"', "write one such as utf-8, cp1252 or utf-16"),
        ('form = "log"', 'form = "log"\ncsv.encoding = "base64"', "is no encoding of text"),
        ('form = "log"', 'form = "log"\ncsv.dates = "dd-mm-yyyy"', 'write it as "%d-%m-%Y"'),
        ('form = "log"', 'form = "log"\ncsv.dates = "%d-%m"', 'write it as "%d-%m-%Y"'),
        ('form = "log"', 'form = "log"\ncsv.dates = "%Q"', 'write it as "%d-%m-%Y"'),
        ('form = "log"', 'form = "log"\ncsv.times = "%d-%m-%Y %I:%M"', "hour"),  # 3 in the morning or in the afternoon?
        ('form = "log"', 'form = "log"\ncsv.times = "%d-%m-%Y %H:%M %Z"', "hour"),  # Python would not heed the zone
        ('form = "log"', 'form = "log"\ncsv = ";"', "`csv` is a table: [csv]"),
        ('form = "log"', 'form = "log"\ncsv.decimal = 1', "`decimal` is a text in quotes"),
    ],
)
def test_every_fault_names_its_line_and_how_to_mend_it(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = LOG.replace(old, new, 1)
    assert text != LOG
    said = fault(tmp_path, text)
    faulty = new.rpartition("\n")[2]
    assert said.startswith(f"{tmp_path / 'mapping.toml'}, line {line_of(text, faulty)}: ")
    assert says in said


@pytest.mark.parametrize("key", ["id", "trail", "time"])
def test_a_log_whose_rows_lack_an_id_a_trail_or_a_time_is_refused_at_its_first_event(tmp_path: Path, key: str) -> None:
    text = "".join(line for line in LOG.splitlines(keepends=True) if not line.startswith(f"{key} ="))
    said = fault(tmp_path, text)
    assert f"line {line_of(text, '[[event]]')}: `{key}` is missing" in said
    assert f'such as {key} = "{{column}}"' in said


def test_a_key_of_an_event_goes_before_the_same_key_at_the_top(tmp_path: Path) -> None:
    text = LOG.replace(WON, WON + '\nid = "{no}:won"').replace('id = "{no}"\n', 'id = "{no}"\ncurrency = "USD"\n', 1)
    opened, won = mapping_of(tmp_path, text).rules
    assert (opened.envelope["id"].text, won.envelope["id"].text) == ("{no}", "{no}:won")
    assert {rule.envelope["currency"].text for rule in (opened, won)} == {"USD"}


@pytest.mark.parametrize("key", ["id", "time", "sequence"])
def test_a_snapshot_has_no_ids_and_times_of_its_own(tmp_path: Path, key: str) -> None:
    wrong = f'{key} = "{{stage}}"'
    everywhere = SNAPSHOT.replace('form = "snapshot"', f'form = "snapshot"\n{wrong}')
    assert f"line 3: `{key}` has no meaning in a snapshot" in fault(tmp_path, everywhere)
    of_one_event = SNAPSHOT.replace('type = "deal.won"', f'type = "deal.won"\n{wrong}')
    assert f"line {line_of(of_one_event, wrong)}: `{key}` has no meaning" in fault(tmp_path, of_one_event)


def test_a_snapshot_needs_a_trail_except_for_people_and_teams(tmp_path: Path) -> None:
    assert "`trail` is missing" in fault(tmp_path, SNAPSHOT.replace('trail = "{id}"\n', ""))
    teams = 'source = "hr"\nform = "snapshot"\n[[event]]\ntype = "team.formed"\ndata.team = "{team}"\n'
    assert mapping_of(tmp_path, teams).rules[0].envelope == {}


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ('type = "deal.won"', "`data` is missing: say which columns fill its fields"),
        ('type = "deal.won"\ndata = "id"', "`data` is missing"),
        ('type = "deal.won"\ndata.rep = "{rep}"', "the event needs id, day or at among its data"),
        ('type = "call.logged"\ndata.id = "{no}"', "the event needs day or at"),
        ('type = "deal.reassigned"\ndata.id = "{no}"', "the event needs rep among its data"),
        ('type = "deal.amended"\ndata.id = "{no}"', "the event needs a field that changed"),
        ('type = "rep.joined"\ndata.rep = "{rep}"', "the event needs day"),
        ('type = "deal.reassigned"\ndata.id = "{no}"\ndata.shares = "{rep}"', "no field 'shares'"),
        ('type = "deal.won"\ndata.id = "no"\ndata.day = "{day}"', 'data.id = "no" is the same for every row'),
        ('data.id = "{no}"', '`type` is missing: say which event the rows tell, such as type = "deal.won"'),
    ],
)
def test_an_event_that_could_never_be_read_is_refused_before_the_first_row(
    tmp_path: Path, event: str, says: str
) -> None:
    assert says in fault(tmp_path, LOG[: LOG.index("[[event]]")] + "[[event]]\n" + event + "\n")


@pytest.mark.parametrize(
    "events", ["", 'event = "deal.won"\n', "event = []\n", 'event = ["deal.won"]\n', '[event]\ntype = "deal.won"\n']
)
def test_a_mapping_without_events_is_told_how_they_are_written(tmp_path: Path, events: str) -> None:
    head = LOG[: LOG.index("[[event]]")]
    assert "say which events rows tell: one table [[event]] for each kind" in fault(tmp_path, head + events)


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ('[[event]]\ntype = "deal.won"\n[event.data]\nid = "{case}"\nday = "{day}"\nrepp = "{rep}"\n', 12),
        ('[[event]]\ntype = "deal.won"\ndata = { id = "{case}", day = "{day}", repp = "{rep}" }\n', 9),
        ('[[ event ]]\ntype = "deal.won"\ndata.id = "{case}"\ndata.day = "{day}"\ndata."repp" = "{rep}"\n', 11),
    ],
)
def test_a_fault_is_found_however_toml_is_written(tmp_path: Path, form: str, line: int) -> None:
    text = LOG[: LOG.index("[[event]]")] + form
    assert f"line {line}: the event has no field 'repp'; did you mean 'rep'?" in fault(tmp_path, text)


def test_the_fault_of_a_later_event_is_not_looked_for_in_an_earlier_one(tmp_path: Path) -> None:
    text = LOG.replace(WON, 'type = "deal.wonn"')
    assert f"line {line_of(text, 'deal.wonn')}:" in fault(tmp_path, text)


def test_events_as_an_array_are_read_too(tmp_path: Path) -> None:
    head = LOG[: LOG.index("[[event]]")]
    one = '{ type = "deal.won", data = { id = "{case}", day = "{day}" } }'
    assert len(mapping_of(tmp_path, f"{head}event = [{one}, {one}]\n").rules) == 2
    assert "there is no event 'deal.own'" in fault(tmp_path, f"{head}event = [{one}, {one.replace('won', 'own')}]\n")


def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert re.search(
        r"the mapping .*mapping\.toml is not TOML: .*line 2", fault(tmp_path, 'source = "crm"\nform = log\n')
    )


def test_a_mapping_that_is_not_there_or_not_text_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"none\.toml cannot be read: No such file or directory$"):
        read_mapping(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MappingError, match=r"binary\.toml is no text in UTF-8"):
        read_mapping(tmp_path / "binary.toml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{amount}", "{amuont}", "the file has no column 'amuont'; did you mean 'amount'?"),
        ("{amount}", "{xyz}", "the file has no column 'xyz'; it has no, case, said, what, rep, day, amount"),
        ('what = "won"', 'waht = "won"', "the file has no column 'waht'; did you mean 'what'?"),
        ('id = "{no}"', 'id = "{case} {nr}"', "the file has no column 'nr'"),
        ('"{amount}"', '"amount"', "'amount' is the same text for every row; for the column of that name write "),
    ],
)
def test_a_column_that_the_file_does_not_have_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = LOG.replace(old, new, 1)
    with pytest.raises(MappingError) as raised:
        check_columns(mapping_of(tmp_path, text), LOG_HEADER.split(","))
    assert f"line {line_of(text, new)}: {says}" in str(raised.value)


def test_a_wrong_delimiter_is_suspected_where_there_is_one_column_only(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"its only one is 'no;case': does csv\.delimiter say"):
        check_columns(mapping_of(tmp_path, LOG), ["no;case"])


def test_of_very_many_columns_only_some_are_listed(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="column19 and 480 more"):
        check_columns(mapping_of(tmp_path, LOG), [f"column{index}" for index in range(500)])


def test_a_text_that_is_a_column_too_may_stand_for_itself_where_texts_are_free(tmp_path: Path) -> None:
    text = SNAPSHOT.replace('"{product}"', '"product"', 1)
    check_columns(mapping_of(tmp_path, text), SNAPSHOT_HEADER.split(","))


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "utf-8-sig"])
def test_the_mark_at_the_start_of_a_file_is_dropped_whatever_utf_8_is_called(tmp_path: Path, name: str) -> None:
    assert mapping_of(tmp_path, f'{LOG}[csv]\nencoding = "{name}"\n').csv.encoding == "utf-8-sig"


@pytest.mark.parametrize("kind", [kind for kind in sorted(EVENTS) if "workspace" not in kind])
def test_every_other_event_can_be_named_short_or_whole(tmp_path: Path, kind: str) -> None:
    for name in (kind, kind.removeprefix("quotum.").removesuffix(".v1")):
        text = f'{LOG[: LOG.index("[[event]]")]}[[event]]\ntype = "{name}"\ndata = {{}}\n'
        try:
            mapping_of(tmp_path, text)
        except MappingError as error:
            assert "there is no event" not in str(error)  # noqa: PT017 (it may lack data, and then says so)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_a_mapping(path: Path) -> None:
    assert read_mapping(path).rules


def test_every_key_is_explained_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keys = {*TOP_KEYS, *EVENT_KEYS, *ENVELOPE, *(f"csv.{key}" for key in CSV_KEYS)} - {"csv"}
    explained = set(re.findall(r"^\| `([\w.]+)`", page, re.MULTILINE))
    assert keys - explained == set()


def test_the_page_explains_no_key_that_is_not_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keys = {*TOP_KEYS, *EVENT_KEYS, *(f"csv.{key}" for key in CSV_KEYS)}
    tables = re.findall(r"^\| key \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    explained = {key for rows in tables for key in re.findall(r"^\| `([\w.]+)`", rows, re.MULTILINE)}
    assert explained
    assert explained - keys == set()
