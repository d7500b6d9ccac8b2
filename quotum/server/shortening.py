"""Large figures where space is short, on a wall and a phone: 1.2M for 1,234,567. The exact one stays beside it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from quotum.server.naming import message
from quotum.server.wording import Words

MILLION = Decimal(1_000_000)
THOUSAND = 1_000
MOST_DIGITS = 3
MILLIONS, BILLIONS = message("{number}M"), message("{number}B")


def shortened(words: Words, figures: Sequence[tuple[str, str]]) -> list[str]:
    """Plain decimals of a column, each with the currency to write or "", in short; all "" where none is large.

    With as few digits as keep different figures different: what is no tie does not look like one. Those that would look
    alike with all digits are "" too, and so shown in full.
    """
    if not any(abs(Decimal(value or 0)) >= MILLION for value, _ in figures):
        return ["" for _ in figures]
    different = len({figure for figure in figures if abs(Decimal(figure[0] or 0)) >= MILLION})
    texts: list[str] = []
    for digits in range(1, MOST_DIGITS + 1):
        texts = [_short(words, value, currency, digits) if value else "" for value, currency in figures]
        large = {text for text, (value, _) in zip(texts, figures, strict=True) if abs(Decimal(value or 0)) >= MILLION}
        if len(large) == different:
            break
    return _told_apart(texts, figures)


def _told_apart(texts: Sequence[str], figures: Sequence[tuple[str, str]]) -> list[str]:
    """The texts without those that stand for different figures."""
    said: dict[str, set[tuple[str, str]]] = {}
    for text, figure in zip(texts, figures, strict=True):
        if abs(Decimal(figure[0] or 0)) >= MILLION:
            said.setdefault(text, set()).add(figure)
    return ["" if len(said.get(text, ())) > 1 else text for text in texts]


def _short(words: Words, value: str, currency: str, digits: int) -> str:
    amount = Decimal(value)
    if abs(amount) < MILLION:
        return _written(words, amount.quantize(Decimal(1), ROUND_HALF_UP), currency)
    step = Decimal(1).scaleb(-digits)
    number, unit = (amount / MILLION).quantize(step, ROUND_HALF_UP), MILLIONS
    if abs(number) >= THOUSAND:
        number, unit = (amount / MILLION / THOUSAND).quantize(step, ROUND_HALF_UP), BILLIONS
    return words.say(unit, number=_written(words, number, currency))


def _written(words: Words, number: Decimal, currency: str) -> str:
    text = f"{number:f}"
    return words.amount(text, currency) if currency else words.figure(text)
