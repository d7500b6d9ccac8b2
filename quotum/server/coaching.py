"""What is asked first where somebody is behind: at which step it sticks, beside what they did the period before."""

from datetime import timedelta

from projections.metrics import METRICS
from projections.progress import working_days
from quotum import boards
from quotum.boards import Board, BoardRow
from quotum.server import naming
from quotum.server.pacing import paced
from quotum.server.showing import Question, asked
from quotum.server.wording import Words
from quotum.values import shown_text
from schemas.periods import Period, parse_period, periods_of
from streams import figures
from streams.books import Books

STEPS = ("calls", "emails", "appointments", "demos", "meetings", "offers", "deals_opened", "deals_won")
BEHIND = "behind"


def pace_of(books: Books, words: Words, question: Question, key: str) -> dict[str, object]:
    """How far the row of a board is with its target, ready to show; nothing without one."""
    board = asked(books, question)
    row = next((one for one in board.rows if f"{one.currency}/{one.key}" == key and one.target), None)
    if row is None:
        return {}
    told = paced(words, board.metric, board.period, row, books.today())
    target = shown_text(board.metric, row.target, row.currency)
    found: dict[str, object] = {**told, "target": naming.amount(words, board.metric.name, target, row.currency)}
    if question.by == "rep" and told["state"] == BEHIND:
        found |= _evidence(books, words, question, board, row)
    return found


def _evidence(books: Books, words: Words, question: Question, board: Board, row: BoardRow) -> dict[str, object]:
    fiscal_start = books.organisation().fiscal_start
    until = min(board.period.last, books.today())
    now = Period(board.period.first, max(until, board.period.first), "")
    earlier = before(board.period, fiscal_start)
    then = so_far(earlier, working_days(now.first, now.last))
    counts = [
        (name, _count(books, question, row, name, now), _count(books, question, row, name, then)) for name in STEPS
    ]
    lines = [
        {
            "name": naming.title(words, name),
            "now": words.figure(shown_text(METRICS[name], mine, "")),
            "before": words.figure(shown_text(METRICS[name], once, "")),
        }
        for name, mine, once in counts
        if mine or once
    ]
    return {
        "steps": lines,
        "until": words.day(now.last),
        "earlier": words.period(earlier),
        "then": words.day(then.last),
    }


def before(period: Period, fiscal_start: int) -> Period:
    """The period before one, of the same kind; before a span of its own as many days."""
    day_before = period.first - timedelta(days=1)
    for kind, text in periods_of(period.first, fiscal_start).items():
        if text == period.text:
            return parse_period(periods_of(day_before, fiscal_start)[kind], fiscal_start)
    first = period.first - timedelta(days=period.days)
    return Period(first, day_before, f"{first}..{day_before}")


def so_far(period: Period, gone: int) -> Period:
    """The part of a period in which so many working days have gone by."""
    last = period.first
    while last < period.last and working_days(period.first, last + timedelta(days=1)) <= gone:
        last += timedelta(days=1)
    return Period(period.first, last, "")


def _count(books: Books, question: Question, row: BoardRow, metric: str, span: Period) -> int:
    wanted = boards.asked_for(books, metric, f"{span.first}..{span.last}", "rep", question.credit)
    return figures.sums(books.history, *wanted.postings).get(("", int(row.key)), 0)
