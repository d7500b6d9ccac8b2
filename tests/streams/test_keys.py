"""Keys are shown once, kept as digests, and useless once revoked."""

from pathlib import Path

import pytest

from streams.keys import PREFIX, BadKeyError, Keys, keys_path


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(keys_path(tmp_path / "h.duckdb"), lambda: 7)


def test_a_key_says_whose_it_is_and_what_it_may_do(keys: Keys) -> None:
    secret = keys.make("feed", ["write", "read"])
    found = keys.find(secret)
    assert found == ("feed", frozenset({"read", "write"}), 7)
    assert secret.startswith(PREFIX)


def test_the_file_never_holds_the_key_itself(keys: Keys, tmp_path: Path) -> None:
    secret = keys.make("feed", ["write"])
    keys.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"feed" in content
    assert secret.removeprefix(PREFIX).encode() not in content


def test_the_file_is_readable_by_its_owner_alone(keys: Keys, tmp_path: Path) -> None:
    keys.make("feed", ["write"])
    assert keys_path(tmp_path / "h.duckdb").stat().st_mode & 0o077 == 0


def test_a_revoked_key_opens_nothing_and_its_name_is_free_again(keys: Keys) -> None:
    secret = keys.make("wall", ["read"])
    keys.revoke("wall")
    assert keys.find(secret) is None
    assert keys.find(keys.make("wall", ["read"])) is not None


def test_another_process_sees_at_once_that_a_key_was_revoked(keys: Keys, tmp_path: Path) -> None:
    secret = keys.make("wall", ["read"])
    with Keys(keys_path(tmp_path / "h.duckdb"), lambda: 8) as others:
        others.revoke("wall")
    assert keys.find(secret) is None


@pytest.mark.parametrize("secret", ["", PREFIX, "quotum_nobody", "'; DROP TABLE keys; --"])
def test_an_unknown_key_is_nobodys(keys: Keys, secret: str) -> None:
    keys.make("feed", ["write"])
    assert keys.find(secret) is None


def test_a_name_is_given_once_and_a_key_must_allow_something(keys: Keys) -> None:
    keys.make("feed", ["write"])
    with pytest.raises(BadKeyError, match="revoke it first"):
        keys.make("feed", ["read"])
    with pytest.raises(BadKeyError, match="at least one of read, write, correct"):
        keys.make("other", [])
    with pytest.raises(BadKeyError, match="needs a name"):
        keys.make("  ", ["read"])
    with pytest.raises(BadKeyError, match="quotum key list"):
        keys.revoke("nobody")
    assert [key.name for key in keys.all()] == ["feed"]
