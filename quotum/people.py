"""Who is meant: a person or a team by name, by source id, or by number, as people write it at any door.

Two people can have one name, so the answer is one of them or a question back, never a guess.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from quotum.questions import QuestionError
from schemas.envelope import LABEL_LENGTH
from schemas.wire import Fault
from streams.books import Books
from streams.door import OWN_SOURCE
from streams.vault import Kind

SHOWN = 60  # characters of what was asked that the answer repeats
EVERYONE: Sequence[Kind] = ("person", "team")
NUMBERED: Mapping[str, Kind] = {"rep": "person", "team": "team"}  # entities that the log has by number


class Party(NamedTuple):
    """A person or a team, with the label that boards show."""

    kind: Kind
    number: int
    label: str


class Author(NamedTuple):
    """Who puts something right or decides: a person as others write it, else the key that was shown at the door."""

    who: str | None = None
    key: str | None = None


def of_key(name: str) -> str:
    """The source id under which the holder of a key stands in the vault: a key can have a person's name."""
    return f"key:{name}"[:LABEL_LENGTH]


def author_number(books: Books, author: Author) -> int | None:
    """The number of an author, a new one for a key that was never used so; None where nobody is known."""
    if author.who is not None:
        return party(books, author.who, ["person"], field="by").number
    return None if author.key is None else key_number(books, author.key)


def key_number(books: Books, name: str) -> int:
    """The number of the holder of a key; a new one for a key that was never used so."""
    own = of_key(name)
    return books.vault.numbers(OWN_SOURCE, [own], "person")[own]


def party(books: Books, who: str, kinds: Sequence[Kind] = EVERYONE, *, field: str = "who") -> Party:
    """The one that `who` is the name, source id, label or `#number` of; QuestionError for nobody and for several.

    `field`: where it was asked for.
    """
    return _one_of(books, who, parties(books, who, kinds), kinds, field)


def entity_meant(books: Books, entity: str) -> str:
    """`rep:Anna` and `team:North` as the log has them, by number, and anything else as it is; QuestionError as `party`.

    As the log has it an entity may be written, too: `rep:3` is number 3, unless a rep has 3 for a name or a source id.
    """
    kind, _, who = entity.partition(":")
    if kind not in NUMBERED or not who:
        return entity
    kinds = [NUMBERED[kind]]
    found = list(dict.fromkeys([*parties(books, who, kinds), *parties(books, f"#{who}", kinds)]))
    return f"{kind}:{_one_of(books, who, found, kinds, 'entity').number}"


def _one_of(books: Books, who: str, found: Sequence[Party], kinds: Sequence[Kind], field: str) -> Party:
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(f"{one.label} ({one.kind} #{one.number})" for one in found)
        raise QuestionError(
            f"{who[:SHOWN]!r} can be {several}: write the number, such as {f'#{found[0].number}'!r}", field=field
        )
    nobody, near = f"there is no {' or '.join(kinds)} {who[:SHOWN]!r}", _near(books, who, kinds)
    remedy = near or "write a name or a source id that a board shows, or #number"
    raise QuestionError(f"{nobody}; {near}" if near else nobody, [Fault(field, nobody, remedy)])


def parties(books: Books, who: str, kinds: Sequence[Kind] = EVERYONE) -> list[Party]:
    """All that it can be: those of this name or source id; else of this label; else of this `#number`."""
    everyone = [Party(kind, number, label) for kind in kinds for number, label in books.vault.labels(kind).items()]
    exactly = set(books.vault.find(who))
    return (
        [one for one in everyone if one.number in exactly]
        or [one for one in everyone if one.label == who]
        or [one for one in everyone if f"#{one.number}" == who]
    )


def _near(books: Books, who: str, kinds: Sequence[Kind]) -> str:
    """`did you mean Ann?`, whatever the case of letters; names that begin so come first."""
    labels = {label.casefold(): label for kind in kinds for label in books.vault.labels(kind).values()}
    asked = who.strip().casefold()[:SHOWN]
    begin = [label for label in labels if asked and label.startswith(asked)]
    near = dict.fromkeys([*begin, *get_close_matches(asked, labels, 3)])
    return f"did you mean {' or '.join(labels[one] for one in list(near)[:3])}?" if near else ""
