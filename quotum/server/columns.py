"""Which columns of a board a reader wants: all but the team at first, then what was chosen, kept in a cookie.

The choice comes in the address, so that it works without script; once remembered it leaves it again.
"""

from fastapi import Request
from fastapi.responses import Response

from quotum.server.naming import message
from quotum.server.rendering import remembering
from quotum.server.wording import Words

COLUMNS = {
    "team": message("Team"),
    "bar": message("Bar"),
    "change": message("Change"),
    "target": message("Target"),
    "done": message("Reached"),
    "standing": message("Pace"),
}
USUAL = frozenset(COLUMNS) - {"team"}
MADE, CHOSEN, COOKIE = "columns", "column", "columns"  # the address says that a choice was made, and which
BETWEEN = "."


def newly_chosen(request: Request) -> Response | None:
    """Where columns are chosen in the address: remember them, and go to the same page without them."""
    if MADE not in request.query_params:
        return None
    wanted = [name for name in COLUMNS if name in request.query_params.getlist(CHOSEN)]
    return remembering(request, COOKIE, BETWEEN.join(wanted), (MADE, CHOSEN))


def wanted(request: Request) -> frozenset[str]:
    """The columns to show, where there is something to show in them."""
    kept = request.cookies.get(COOKIE)
    return USUAL if kept is None else frozenset(COLUMNS) & set(kept.split(BETWEEN))


def offered(words: Words, wanted: frozenset[str]) -> list[tuple[str, str, bool]]:
    """(name, text, whether it is chosen) of all columns."""
    return [(name, words.plain(text), name in wanted) for name, text in COLUMNS.items()]
