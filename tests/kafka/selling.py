"""What tests over a broker sell, how books of theirs take it, and how they wait until figures count it."""

from collections.abc import Mapping, Sequence
from threading import Condition
from typing import Any

from schemas.envelope import Event
from schemas.events import adapter
from streams.appending import Entry
from streams.books import Books
from streams.kafka.live import LiveBooks
from tests.docs_runner import ROOT
from tests.quotum.server.serving import WON, opened

Json = dict[str, Any]
WORKSPACE: Json = {"zone": "Europe/Amsterdam", "currency": "EUR", "partitions": 3}
EXAMPLES = ROOT / "examples"
DEALS = ("import", str(EXAMPLES / "data" / "deals.csv"), "--mapping", str(EXAMPLES / "mappings" / "deals.toml"))
CALLS = (1, 17287, "calls", "owner", ("", "", "", "", "", None))
PATIENCE_SECONDS = 30


def event(number: int) -> dict[str, object]:
    data = {"id": f"c{number}", "rep": f"u-{number % 3}", "day": "2026-03-03"}
    plain = {"id": f"e{number}", "source": "crm", "trail": f"case-{number}", "time": "2026-03-03T10:00:00Z"}
    return {**plain, "specversion": "1.0", "type": "quotum.call.logged.v1", "data": data}


def won(number: int, rep: str = "anna", amount: str = "5.00", **envelope: object) -> list[Json]:
    """A deal of its own trail, opened and won."""
    id_ = f"D{number}"
    money = {"value": amount, "currency": "EUR"}
    return [
        opened(id=f"o{number}", trail=id_, data={"id": id_, "day": "2026-03-01", "rep": rep}, **envelope),
        {**WON, "id": f"w{number}", "trail": id_, "data": {"id": id_, "day": "2026-03-03", "rep": rep, "amount": money}}
        | envelope,
    ]


def read(sent: Sequence[Json]) -> list[Event]:
    return [adapter().validate_python(one) for one in sent]


def entries(books: Books, sent: Sequence[Json], layer: int = 0) -> list[Entry]:
    found = [one for one in books.admit(read(sent), layer) if isinstance(one, Entry)]
    assert len(found) == len(sent)
    return found


def sell(books: LiveBooks, *numbers: int) -> None:
    sent = [one for number in numbers for one in won(number, f"u-{number % 3}")]
    books.catch_up(books.record(entries(books, sent)))


def wait_until(books: LiveBooks, positions: Mapping[int, int]) -> None:
    """Until the boards count so far."""
    news = Condition()

    def told() -> None:
        with news:
            news.notify_all()

    books.on_recorded(told)
    with news:
        assert news.wait_for(lambda: positions.items() <= books.stands_for().positions.items(), PATIENCE_SECONDS)
