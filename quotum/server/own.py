"""Who looks: a reader's own place. It is said once, in a link or by "This is me", and kept in a cookie.

The cookie holds number and name, and counts only where both still go together: another history at the same address
(a demo, say) gives that number to somebody else.
"""

from collections.abc import Sequence
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from quotum.people import Party, parties
from quotum.server.naming import message
from quotum.server.rendering import forgetting, remembering
from quotum.server.wording import Words
from streams.books import Books

SAID = COOKIE = "me"
BETWEEN = "."
SHOWN = 60  # characters of a name that nobody has
NOBODY = message("Nobody here is called {who}.")
SEVERAL = message("More than one person here is called {who}. Open your figure and choose “This is me”.")


def newly_said(request: Request, books: Books) -> Response | None:
    """Where the address says who looks: remember it, or forget it, and go to the same page without it."""
    said = request.query_params.get(SAID)
    if said is None:
        return None
    if not said.strip():
        return forgetting(request, COOKIE, (SAID,))
    found = _called(books, said)
    return remembering(request, COOKIE, _kept(found[0]), (SAID,)) if len(found) == 1 else None


def not_found(request: Request, books: Books, words: Words) -> str:
    """What to say where the address names somebody who is not one person here; empty where it does not."""
    said = request.query_params.get(SAID, "").strip()
    if not said:
        return ""
    return words.say(SEVERAL if _called(books, said) else NOBODY, who=said[:SHOWN])


def own_number(request: Request, books: Books) -> int | None:
    """The number of whoever looks; None where it was not said."""
    kept = request.cookies.get(COOKIE, "")
    number = kept.partition(BETWEEN)[0]
    label = books.vault.labels("person").get(int(number)) if number.isdecimal() and len(number) < 10 else None  # noqa: PLR2004 (a number of the vault)
    return int(number) if label is not None and kept == _kept(Party("person", int(number), label)) else None


def _called(books: Books, who: str) -> Sequence[Party]:
    """All who can be meant: by name, source id or number; a name in whatever case of letters."""
    found = parties(books, who, ["person"]) or parties(books, f"#{who}", ["person"])
    labels = books.vault.labels("person").items()
    folded = who.strip().casefold()
    return found or [Party("person", number, label) for number, label in labels if label.casefold() == folded]


def _kept(one: Party) -> str:
    return f"{one.number}{BETWEEN}{quote(one.label, safe='')}"
