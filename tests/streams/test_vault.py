"""The vault gives lasting numbers, unique labels, and forgets to the last byte."""

import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.vault import LONGEST_ID_CHARS, Vault
from streams.vault import Kind as VaultKind
from streams.vault_file import VaultError
from streams.vault_tables import MIGRATIONS
from tests.streams.vaults import ROOT, bytes_around


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb.vault"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    with Vault.open(path) as it:
        yield it


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
    assert b"secret-source-id" not in bytes_around(path)


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
        found = bytes_around(path)
        assert not [text for text in secret if text.encode() in found]
        assert b"source-id-00000-" in found  # the neighbours are all there
        assert (b"longer-00001." in found) == is_named
        assert vault.text(refs[0]) == "story-00001. "
    assert not [text for text in secret if text.encode() in bytes_around(path)]


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
        found = bytes_around(path)
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
    assert b"Secret Name" in bytes_around(path)
    with Vault.open(path) as vault:
        assert b"ecret" not in bytes_around(path)
        assert vault.labels() == {1: "erased 1", 2: "ann"}
        assert vault.numbers("crm", ["secret-source-id"], "person") == {"secret-source-id": 1}
