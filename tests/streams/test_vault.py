"""The vault gives lasting numbers, unique labels, and forgets to the last byte."""

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.vault import LONGEST_ID_CHARS, LONGEST_TEXT_CHARS, MIGRATIONS, Told, Vault, VaultError
from streams.vault import Kind as VaultKind

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb.vault"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    with Vault.open(path) as it:
        yield it


def _bytes_around(path: Path) -> bytes:
    """Every byte of the vault's file and of the journals beside it."""
    return b"\n".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))


# Numbers


def test_numbers_are_given_in_order_of_first_appearance(vault: Vault) -> None:
    assert vault.numbers("crm", ["zoe", "ann", "zoe", "bob"], "person") == {"zoe": 1, "ann": 2, "bob": 3}
    assert vault.numbers("crm", ["bob", "eva", "ann"], "person") == {"bob": 3, "eva": 4, "ann": 2}


def test_persons_and_teams_share_one_sequence_and_stay_apart(vault: Vault) -> None:
    assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}
    assert vault.numbers("crm", ["ann"], "team") == {"ann": 2}
    assert vault.numbers("phone", ["ann"], "person") == {"ann": 3}


def test_reopening_keeps_numbers(path: Path) -> None:
    with Vault.open(path) as vault:
        vault.numbers("crm", ["zoe", "ann"], "person")
    with Vault.open(path) as vault:
        assert vault.numbers("crm", ["new", "ann"], "person") == {"new": 3, "ann": 2}


def test_no_ids_give_no_numbers(vault: Vault) -> None:
    assert vault.numbers("crm", [], "person") == {}


@pytest.mark.parametrize("odd", ["a\x00b", "Ünïcøde", "\U0001f600", "'; DROP TABLE numbers; --", "A", "a", " a", "1"])
def test_odd_ids_are_kept_exactly(path: Path, odd: str) -> None:
    with Vault.open(path) as vault:
        vault.numbers("crm", ["a\x00", odd], "person")
    with Vault.open(path) as vault:
        assert vault.numbers("crm", [odd], "person") == {odd: 2}
        assert vault.find(odd) == [2]


@pytest.mark.parametrize(
    ("bad", "why"),
    [("", "is empty"), ("\ud800", "is not valid Unicode"), ("x" * (LONGEST_ID_CHARS + 1), "has 1001 characters")],
)
def test_an_id_that_cannot_be_kept_is_refused_and_nobody_gets_a_number(vault: Vault, bad: str, why: str) -> None:
    vault.numbers("crm", ["gone"], "person")
    vault.erase(1)
    with pytest.raises(ValueError, match=f"a source id {why}"):
        vault.numbers("crm", ["ann", bad], "person")
    assert vault.numbers("crm", ["bob"], "person") == {"bob": 2}


def test_a_batch_costs_two_statements_and_known_ids_none(path: Path) -> None:
    ran: list[str] = []
    with Vault.open(path, migrations=[*MIGRATIONS, lambda db: db.set_trace_callback(ran.append)]) as vault:
        del ran[:]
        vault.numbers("crm", [f"rep {n}" for n in range(100)], "person")
        assert len({statement.split("(")[0] for statement in ran if statement.startswith("INSERT")}) == 2
        assert not [statement for statement in ran if statement.startswith("SELECT")]
        del ran[:]
        vault.numbers("crm", [f"rep {n}" for n in range(100)], "person")
        assert ran == []


def test_threads_that_meet_new_people_together_agree_on_the_numbers(vault: Vault) -> None:
    batches = [[f"rep {n % 40}" for n in range(start, start + 20)] for start in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda ids: vault.numbers("crm", ids, "person"), batches))
    everyone: dict[str, int] = {}
    for answer in answers:
        assert all(everyone.setdefault(source_id, number) == number for source_id, number in answer.items())
    assert sorted(everyone.values()) == list(range(1, 41))


ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3) | st.sampled_from(["ann", "bob"])
steps = st.one_of(
    st.tuples(st.sampled_from(["crm", "phone"]), st.lists(ids, max_size=6), st.sampled_from(["person", "team"])),
    st.integers(1, 8),  # the number to erase
    st.just("reopen"),
)


@given(st.lists(steps, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_number_once_given_is_the_same_for_ever_through_erasing_and_reopening(
    history: list[tuple[str, list[str], VaultKind] | int | str],
) -> None:
    expected: dict[tuple[str, str, str], int] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h.vault"
        vault = Vault.open(path)
        for step in history:
            if isinstance(step, tuple):
                namespace, source_ids, kind = step
                for source_id in source_ids:
                    expected.setdefault((namespace, kind, source_id), len(expected) + 1)
                given_now = vault.numbers(namespace, source_ids, kind)
                assert given_now == {source_id: expected[namespace, kind, source_id] for source_id in source_ids}
            elif isinstance(step, int) and step <= len(expected):
                vault.erase(step)
            else:
                vault.close()
                vault = Vault.open(path)
        labels = vault.labels()
        vault.close()
        assert list(labels) == list(range(1, len(expected) + 1))
        assert len(set(labels.values())) == len(labels)


def test_killing_the_process_after_numbers_were_given_loses_none(path: Path) -> None:
    program = """
import os, signal, sys
from streams.vault import Vault
vault = Vault.open(sys.argv[1])
for batch in range(20):
    vault.numbers("crm", [f"rep {batch} {n}" for n in range(10)], "person")
vault.set_name(1, "Anna Bos")
print(vault.keep_text("hello"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    with Vault.open(path) as vault:
        for batch in range(20):
            expected = {f"rep {batch} {n}": batch * 10 + n + 1 for n in range(10)}
            assert vault.numbers("crm", list(expected), "person") == expected
        assert vault.labels()[1] == "Anna Bos"
        assert vault.text(ran.stdout.strip()) == "hello"


# Names and labels


def test_a_label_is_the_name_or_else_the_source_id(vault: Vault) -> None:
    vault.numbers("crm", ["u1", "u2"], "person")
    vault.set_name(1, "  Anna Bos ")
    assert vault.labels() == {1: "Anna Bos", 2: "u2"}
    vault.set_name(1, " ")
    assert vault.labels() == {1: "u1", 2: "u2"}


def test_equal_labels_get_a_suffix_in_order_of_number_past_names_that_are_real(vault: Vault) -> None:
    vault.numbers("crm", ["u1", "u2", "u3", "u4", "Anna Bos"], "person")
    vault.set_names({4: "Anna Bos", 2: "Anna Bos", 1: "Anna Bos (2)", 3: "Anna Bos"})
    assert vault.labels() == {
        1: "Anna Bos (2)",
        2: "Anna Bos",
        3: "Anna Bos (3)",
        4: "Anna Bos (4)",
        5: "Anna Bos (5)",
    }


@given(st.lists(st.sampled_from(["A", "A (2)", "A (3)", "A (2) (2)", "erased 1", "B"]), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_labels_are_unique_and_a_name_that_only_one_has_is_shown_as_it_is(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, Vault.open(Path(folder) / "h.vault") as vault:
        numbers = vault.numbers("crm", [f"u{n}" for n in range(len(names))], "person")
        vault.set_names(dict(zip(numbers.values(), names, strict=True)))
        labels = vault.labels()
    assert len(set(labels.values())) == len(names)
    assert all(labels[number] == name for number, name in enumerate(names, start=1) if name not in names[: number - 1])


def test_a_person_and_a_team_of_one_name_both_show_it_plain_on_their_own_board(vault: Vault) -> None:
    vault.numbers("crm", ["Melvin"], "team")
    vault.numbers("crm", ["Melvin"], "person")
    assert vault.labels("team") == {1: "Melvin"}
    assert vault.labels("person") == {2: "Melvin"}
    assert vault.labels() == {1: "Melvin", 2: "Melvin (2)"}


def test_find_gives_every_number_of_that_id_or_name(vault: Vault) -> None:
    vault.numbers("crm", ["ann", "u2"], "person")
    vault.numbers("phone", ["ann"], "person")
    vault.set_name(2, "ann")
    assert vault.find("ann") == [1, 2, 3]
    assert vault.find("nobody") == []


def test_a_contact_is_kept_and_taken_away(vault: Vault) -> None:
    vault.numbers("crm", ["ann"], "person")
    assert vault.contact(1) is None
    vault.set_contact(1, "ann@example.org")
    assert vault.contact(1) == "ann@example.org"
    vault.set_contact(1, "")
    assert vault.contact(1) is None


@pytest.mark.parametrize("number", [0, 2, -1, 2**70])
def test_nobody_can_be_named_or_erased_who_has_no_number(vault: Vault, number: int) -> None:
    vault.numbers("crm", ["ann"], "person")
    with pytest.raises(VaultError, match=f"knows nobody by number {number}"):
        vault.set_names({1: "Anna", number: "Nobody"})
    with pytest.raises(VaultError, match=f"knows nobody by number {number}"):
        vault.erase(number)
    assert vault.labels() == {1: "ann"}


# Texts


def test_a_text_is_found_by_its_reference_and_the_same_text_gets_another_one(path: Path) -> None:
    with Vault.open(path) as vault:
        one, other = vault.keep_text("héllo"), vault.keep_text("héllo")
    assert one != other
    assert len(one) == 64
    with Vault.open(path) as vault:
        assert vault.text(one) == vault.text(other) == "héllo"
        assert vault.text("0" * 64) is None


def test_a_text_that_is_too_long_is_refused(vault: Vault) -> None:
    with pytest.raises(ValueError, match="a text has 1000001 characters: shorten it to 1000000"):
        vault.keep_text("x" * (LONGEST_TEXT_CHARS + 1))


TOLD = Told("crm", "e1", "reason", "héllo")


def test_an_event_that_is_sent_again_finds_its_text_under_the_same_reference(path: Path) -> None:
    with Vault.open(path) as vault:
        one, again = vault.keep_told([TOLD, TOLD])
        assert one == again != vault.keep_text("héllo")
    with Vault.open(path) as vault:
        assert vault.keep_told([TOLD]) == [one]
        assert vault.text(one) == "héllo"


@pytest.mark.parametrize("other", [{"source": "erp"}, {"event_id": "e2"}, {"field": "note"}, {"text": "hello"}])
def test_what_another_event_or_field_tells_has_a_reference_of_its_own(vault: Vault, other: dict[str, str]) -> None:
    told = TOLD._replace(**other)
    one, another = vault.keep_told([TOLD, told])
    assert one != another
    assert (vault.text(one), vault.text(another)) == ("héllo", told.text)


def test_an_erased_text_is_not_stored_anew_when_its_event_is_sent_again(vault: Vault, path: Path) -> None:
    vault.numbers("crm", ["ann"], "person")
    secret = TOLD._replace(text="secret story")
    (ref,) = vault.keep_told([secret])
    vault.erase(1, texts=[ref])
    assert vault.keep_told([secret]) == [ref]
    assert vault.text(ref) is None
    assert b"secret story" not in _bytes_around(path)


def test_of_several_texts_none_is_kept_where_one_is_refused(vault: Vault, path: Path) -> None:
    with pytest.raises(ValueError, match="shorten it"):
        vault.keep_told([TOLD, TOLD._replace(text="x" * (LONGEST_TEXT_CHARS + 1))])
    assert "héllo".encode() not in _bytes_around(path)


def test_a_vault_of_the_first_version_learns_to_keep_what_events_tell(path: Path) -> None:
    with Vault.open(path, migrations=MIGRATIONS[:1]) as vault:
        ref = vault.keep_text("hello")
    with Vault.open(path) as vault:
        assert vault.text(ref) == "hello"
        assert vault.text(*vault.keep_told([TOLD])) == "héllo"


# Erasing


def test_the_erased_one_keeps_the_number_and_stores_nothing_anew(vault: Vault, path: Path) -> None:
    vault.numbers("crm", ["secret-source-id", "ann"], "person")
    vault.erase(1)
    assert vault.numbers("crm", ["ann", "secret-source-id", "bob"], "person") == {
        "ann": 2,
        "secret-source-id": 1,
        "bob": 3,
    }
    assert vault.labels() == {1: "erased 1", 2: "ann", 3: "bob"}
    assert vault.find("secret-source-id") == []
    assert vault.erased() == {1}
    assert b"secret-source-id" not in _bytes_around(path)


def test_the_suppression_list_outlives_the_process_and_knows_kind_and_namespace(path: Path) -> None:
    with Vault.open(path) as vault:
        vault.numbers("crm", ["ann"], "person")
        vault.erase(1)
    with Vault.open(path) as vault:
        assert vault.numbers("crm", ["ann"], "team") == {"ann": 2}
        assert vault.numbers("phone", ["ann"], "person") == {"ann": 3}
        assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


def test_an_erased_number_takes_no_name_or_contact_again(vault: Vault) -> None:
    vault.numbers("crm", ["ann", "bob"], "person")
    vault.erase(1)
    with pytest.raises(VaultError, match="number 1 was erased and takes no name or contact again"):
        vault.set_names({2: "Bob", 1: "Anna Bos"})
    with pytest.raises(VaultError, match="number 1 was erased") as refusal:
        vault.set_contact(1, "ann@example.org")
    assert "example" not in str(refusal.value)
    assert vault.labels() == {1: "erased 1", 2: "bob"}


def test_erasing_twice_is_harmless(vault: Vault) -> None:
    vault.numbers("crm", ["ann"], "person")
    vault.erase(1)
    vault.erase(1)
    assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


@pytest.mark.parametrize("is_named", [True, False])
def test_erasing_leaves_no_byte_of_the_person_in_any_file(path: Path, is_named: bool) -> None:
    # Many neighbours, changed names and long texts move rows between pages, which is where stale copies lie.
    with Vault.open(path) as vault:
        everyone = vault.numbers("crm", [f"source-id-{n:05}-{'x' * (n % 90)}." for n in range(3000)], "person")
        if is_named:
            for name in ("old-name", "new-name-that-is-longer"):
                vault.set_names({number: f"{name}-{number:05}." for number in everyone.values()})
            for number in range(1, 60):
                vault.set_contact(number, f"contact-{number:05}.")
        refs = [vault.keep_text(f"story-{n:05}. " * (n % 50)) for n in range(1, 60)]
        gone = range(3, 60, 7)
        secret = [
            text for n in gone for text in (f"-name-{n:05}.", f"longer-{n:05}.", f"contact-{n:05}.", f"story-{n:05}.")
        ]
        secret += [f"source-id-{n - 1:05}-" for n in gone]
        for number in gone:
            vault.erase(number, texts=[refs[number - 1]])
            assert vault.text(refs[number - 1]) is None
        found = _bytes_around(path)
        assert not [text for text in secret if text.encode() in found]
        assert b"source-id-00000-" in found  # the neighbours are all there
        assert (b"longer-00001." in found) == is_named
        assert vault.text(refs[0]) == "story-00001. "
    assert not [text for text in secret if text.encode() in _bytes_around(path)]


def test_erasing_reaches_copies_that_moving_rows_left_between_pages(path: Path) -> None:
    # With this seed SQLite leaves such copies even with secure_delete on: cleaning has to rewrite the file.
    dice = random.Random(2)
    with Vault.open(path) as vault:
        vault.numbers("crm", [f"u{number}" for number in range(1, 301)], "person")
        vault.set_names({number: f"<name-{number}>" for number in range(1, 301)})
        for _ in range(12):
            grown = dice.sample(range(1, 301), 60)
            vault.set_names({number: f"<name-{number}>" + "z" * dice.randrange(900) for number in grown})
        gone = range(5, 301, 3)
        for number in gone:
            vault.erase(number)
        found = _bytes_around(path)
    assert not [number for number in gone if f"<name-{number}>".encode() in found]


def test_a_crash_between_erasing_and_cleaning_is_made_good_at_the_next_opening(path: Path) -> None:
    program = """
import os, signal, sys
from streams.vault import Vault
vault = Vault.open(sys.argv[1])
vault.numbers("crm", ["secret-source-id", "ann"], "person")
vault.set_name(1, "Secret Name")
vault._clean = lambda: os.kill(os.getpid(), signal.SIGKILL)
vault.erase(1)
"""
    ran = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert b"Secret Name" in _bytes_around(path)
    with Vault.open(path) as vault:
        assert b"ecret" not in _bytes_around(path)
        assert vault.labels() == {1: "erased 1", 2: "ann"}
        assert vault.numbers("crm", ["secret-source-id"], "person") == {"secret-source-id": 1}


# The file


def test_a_vault_is_readable_by_its_owner_alone(vault: Vault, path: Path) -> None:
    vault.numbers("crm", ["ann"], "person")
    files = list(path.parent.glob(path.name + "*"))
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * len(files)


def test_a_foreign_file_is_refused_and_left_as_it_is(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (note TEXT)")
    other.close()
    for content in (path.read_bytes(), b"hello", b"id,name\n" * 500, os.urandom(5000)):
        path.write_bytes(content)
        with pytest.raises(VaultError, match=r"vault is not a vault, and was left as it is: move it away"):
            Vault.open(path)
        assert path.read_bytes() == content


def test_an_empty_file_that_a_crash_left_becomes_a_vault(path: Path) -> None:
    path.touch()
    with Vault.open(path) as vault:
        assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


def test_a_newer_vault_is_refused(path: Path) -> None:
    Vault.open(path, migrations=[*MIGRATIONS, lambda _: None]).close()
    newer = len(MIGRATIONS) + 1
    with pytest.raises(VaultError, match=f"is a vault of version {newer}, newer than this program's {newer - 1}"):
        Vault.open(path)


def test_an_older_vault_is_migrated_once_and_keeps_what_it_holds(path: Path) -> None:
    def add_languages(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE numbers ADD COLUMN language TEXT")

    with Vault.open(path) as vault:
        vault.numbers("crm", ["ann"], "person")
    for _ in range(2):
        with Vault.open(path, migrations=[*MIGRATIONS, add_languages]) as vault:
            assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    def fail(db: sqlite3.Connection) -> None:
        db.execute("DROP TABLE texts")
        db.execute("SELECT no_such_column FROM numbers")

    with Vault.open(path) as vault:
        ref = vault.keep_text("hello")
    with pytest.raises(VaultError, match="no such column"):
        Vault.open(path, migrations=[*MIGRATIONS, fail])
    with Vault.open(path) as vault:
        assert vault.text(ref) == "hello"


def test_a_second_process_is_told_at_once_who_owns_the_vault(path: Path) -> None:
    program = """
import sys
from streams.vault import Vault
with Vault.open(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        who = f"process {owner.pid}" if Path("/proc/locks").exists() else "another process"
        asked = time.monotonic()
        with pytest.raises(VaultError, match=rf"is owned by ({who}|another process): ask that one, or stop it"):
            Vault.open(path)
        assert time.monotonic() - asked < 2
        owner.communicate()
    Vault.open(path).close()


def test_opening_a_vault_twice_in_one_process_is_refused_too(vault: Vault, path: Path) -> None:
    with pytest.raises(VaultError, match=r"is owned by (this process already|another process)"):
        Vault.open(path)
    assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match=r"nowhere.*cannot be made .*: give a folder that exists and can be written"):
        Vault.open(tmp_path / "nowhere" / "h.vault")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="cannot be read or written"):
        Vault.open(tmp_path)


def test_a_closed_vault_says_so(vault: Vault, path: Path) -> None:
    vault.close()
    vault.close()
    with pytest.raises(VaultError, match="closed database"):
        vault.numbers("crm", ["ann"], "person")
    Vault.open(path).close()
