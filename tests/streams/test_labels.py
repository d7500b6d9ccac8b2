"""No two labels are the same, and a name that only one has is shown as it is."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "quotum.duckdb.vault") as it:
        yield it


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
