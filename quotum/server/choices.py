"""What can be chosen on a board: periods by words that move with the calendar, teams; and what it opens with."""

from datetime import date, timedelta

from projections.metrics import METRICS
from quotum.server.naming import message
from quotum.server.wording import Words
from schemas.periods import Period, parse_period, periods_of
from streams.books import Books

THIS_MONTH = "this-month"
NOW = {
    "today": message("Today"),
    "this-week": message("This week"),
    THIS_MONTH: message("This month"),
    "this-quarter": message("This quarter"),
    "this-year": message("This year"),
}
BEFORE = {
    "yesterday": message("Yesterday"),
    "last-week": message("Last week"),
    "last-month": message("Last month"),
    "last-quarter": message("Last quarter"),
    "last-year": message("Last year"),
}
KINDS = {"today": "day", "yesterday": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"}
MOST_POSTED = """
SELECT metric, count(*) AS found FROM postings WHERE day BETWEEN $first AND $last AND basis = 'owner'
GROUP BY metric ORDER BY metric = 'revenue' DESC, found DESC, metric LIMIT 1
"""
LAST_DAY = "SELECT max(day) FROM postings WHERE metric = $metric AND day <= $today"


def dated(period: str, today: date, fiscal_start: int) -> str:
    """A period as the books know it: `this-month` is 2026-11 today. What is no such word is left as it is."""
    if period not in NOW and period not in BEFORE:
        return period
    kind = KINDS[period.rpartition("-")[2]]
    fiscal = f"fiscal_{kind}" if fiscal_start != 1 and kind in ("quarter", "year") else kind
    present = periods_of(today, fiscal_start)[fiscal]
    if period in NOW:
        return present
    before = parse_period(present, fiscal_start).first - timedelta(days=1)
    return periods_of(before, fiscal_start)[fiscal]


def main_metric(books: Books, today: date) -> str:
    """Revenue if there is any this year, else what most is known of; revenue where nothing is."""
    year = parse_period(periods_of(today)["year"])
    found = books.history.rows(MOST_POSTED, {"first": year.first, "last": year.last})
    return found[0][0] if found and found[0][0] in METRICS else "revenue"


def last_month_with(books: Books, metric: str, today: date) -> str | None:
    """The latest month that has a figure of a metric."""
    day = books.history.rows(LAST_DAY, {"metric": metric, "today": today})[0][0]
    return f"{day:%Y-%m}" if day else None


def word_for(period: Period, today: date, fiscal_start: int) -> str:
    """The word for a period, such as `this-month`; the period itself where there is none."""
    words = (word for word in (*NOW, *BEFORE) if dated(word, today, fiscal_start) == period.text)
    return next(words, period.text)


def period_choices(words: Words, chosen: str, period: Period) -> list[tuple[str, str]]:
    """(value, text) of the periods to choose from; one that was asked for in another way comes first."""
    own = [] if chosen in NOW or chosen in BEFORE else [(chosen, words.period(period))]
    return own + [(value, words.plain(text)) for value, text in (NOW | BEFORE).items()]


def teams_of(books: Books) -> dict[int, str]:
    """The teams, by name."""
    there = books.organisation().regions.keys()
    names = {number: name for number, name in books.vault.labels("team").items() if number in there}
    return dict(sorted(names.items(), key=lambda team: team[1].casefold()))


def until_midnight(books: Books, now_us: int) -> int:
    """Seconds until the workspace's next day begins."""
    today = books.calendar.day(now_us)
    low, high = 0, 2 * 86_400  # a day has at most 25 hours, or is left out altogether
    while low < high:
        middle = (low + high) // 2
        if books.calendar.day(now_us + middle * 1_000_000) > today:
            high = middle
        else:
            low = middle + 1
    return low
