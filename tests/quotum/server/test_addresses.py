"""Ids come from sources, and sources write anything: an address takes it whole."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.quotum.server.serving import served


@pytest.mark.parametrize("odd", ["a/b", "a\nb", "a\n", "\n", "\x85", "a b?c#d"])
def test_an_id_with_slashes_and_line_ends_is_answered_and_not_taken_for_an_unknown_address(
    tmp_path: Path, odd: str
) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get(f"/v1/progress/2026/{quote(odd, safe='')}")
        assert (answer.status_code, answer.json()["detail"]) == (422, f"there is no person or team {odd!r}")
