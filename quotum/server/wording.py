"""How the pages say things: messages from the catalogues, figures and dates as each language writes them.

The words in code and templates are English and are their own keys; `messages/nl.po` has the Dutch ones. Live updates
carry texts made here, so that a page says a thing the same way before and after it moved.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_symbol

from schemas.periods import Period

Language = Literal["en", "nl"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MESSAGES = Path(__file__).parent / "messages"
DAY = "EEE d MMM y"
SHORT_DAY = "d MMM"
FORMATTED = 20_000  # texts kept: a board says most of its figures again and again


@cache
def catalogue(language: Language) -> NullTranslations:
    """The messages of a language. English needs none: the keys are English."""
    path = MESSAGES / f"{language}.po"
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def language_of(accepted: str) -> Language:
    """The language of a browser, by its Accept-Language; English where it asks for neither."""
    wishes = []
    for place, wish in enumerate(accepted.split(",")):
        tag, _, weight = wish.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0
        wishes.append((-quality, place, tag.strip().lower().partition("-")[0]))
    known = [language for quality, _, wish in sorted(wishes) for language in LANGUAGES if wish == language and quality]
    return known[0] if known else "en"


def _unbroken(text: str) -> str:
    """A message in which no line ends after the e of an e-mail; names that come into it are left alone."""
    return text.replace("e-mail", "e\N{NON-BREAKING HYPHEN}mail")


class Words:
    """The words of a language."""

    def __init__(self, language: Language) -> None:
        """`language`: en or nl."""
        self.language: Language = language
        self.locale = Locale(language)
        self._messages = catalogue(language)

    def say(self, text: str, **values: object) -> str:
        """A message, with `{name}` replaced by a value."""
        return self.plain(text).format(**values)

    def plain(self, text: str) -> str:
        """A message whose `{name}` somebody else replaces."""
        return _unbroken(self._messages.gettext(text))

    def count(self, one: str, many: str, n: int, **values: object) -> str:
        """A message that depends on how many."""
        return _unbroken(self._messages.ngettext(one, many, n)).format(n=values.pop("shown", n), **values)

    def several(self, names: Sequence[str]) -> str:
        """Names in a row: Anna, Bas and Chantal."""
        return format_list(names, locale=self.locale)

    @lru_cache(maxsize=FORMATTED)  # noqa: B019 (there is one of us per language, for good)
    def figure(self, value: str, decimals: int | None = None) -> str:
        """A plain decimal as people write it; with so many digits after the point, or as many as it has."""
        if decimals is None:
            decimals = len(value.partition(".")[2])
        return format_decimal(Decimal(value), f"#,##0{'.' if decimals else ''}{'0' * decimals}", locale=self.locale)

    @lru_cache(maxsize=FORMATTED)  # noqa: B019 (there is one of us per language, for good)
    def money(self, value: str, currency: str) -> str:
        """An amount with its currency; whole amounts without cents."""
        amount = Decimal(value)
        if amount != amount.to_integral_value():
            return format_currency(amount, currency, locale=self.locale)
        return self.amount(f"{amount.to_integral_value():f}", currency)

    @lru_cache(maxsize=FORMATTED)  # noqa: B019 (there is one of us per language, for good)
    def amount(self, value: str, currency: str) -> str:
        """A plain decimal with a currency, with just the digits that it has."""
        places = len(value.partition(".")[2])
        digits = f".{'0' * places}" if places else ""
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", digits)
        return format_currency(Decimal(value), currency, pattern, locale=self.locale, currency_digits=False)

    def symbol(self, currency: str) -> str:
        """How a currency is written before an amount."""
        return get_currency_symbol(currency, locale=self.locale)

    def percentage(self, percent: str, decimals: int | None = None) -> str:
        """A plain decimal in percent; with so many digits after the point, or as many as it has."""
        return self.say("{number}%", number=self.figure(percent, decimals))

    def share(self, value: Decimal, decimals: int) -> str:
        """A part of 1 as a percentage with at most so many decimals."""
        return self.say("{number}%", number=format_decimal(value * 100, f"#,##0.{'#' * decimals}", locale=self.locale))

    def day(self, day: date) -> str:
        """Mon 23 Nov 2026."""
        return format_date(day, DAY, locale=self.locale)

    def short_day(self, day: date) -> str:
        """3 Nov."""
        return format_date(day, SHORT_DAY, locale=self.locale)

    def clock(self, moment: datetime) -> str:
        """14:05; the moment in the zone that it is to be shown in."""
        return format_time(moment, "HH:mm", locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """Mon 23 Nov 2026 14:05."""
        return f"{self.day(moment.date())} {self.clock(moment)}"

    def period(self, period: Period) -> str:
        """A period in words."""
        text, first = period.text, period.first
        if text.startswith("FY"):
            return self._fiscal(text)
        if ".." in text:
            return f"{self.day(period.first)} \N{EN DASH} {self.day(period.last)}"
        if "W" in text:
            year, _, week = text.partition("-W")
            return self.say("week {week}, {year}", week=int(week), year=year)
        if "Q" in text:
            return format_date(first, "QQQQ y", locale=self.locale)
        forms = {len("2017"): "y", len("2017-06"): "LLLL y"}
        return format_date(first, forms.get(len(text), DAY), locale=self.locale)

    def _fiscal(self, text: str) -> str:
        year, _, quarter = text.removeprefix("FY").partition("-Q")
        if quarter:
            return self.say("financial year {year}, quarter {quarter}", year=year, quarter=quarter)
        return self.say("financial year {year}", year=year)


@cache
def words_of(language: Language) -> Words:
    """The words of a language, read once."""
    return Words(language)
