"""What one further event costs on a long trail: 100,000 facts against 100. The ratio should stay below two.

The trail is one customer for ever: calls, offers, and deals that are opened, amended, reassigned and won.
"""

import random
import statistics
import time

from bench.report import report
from projections.trail import Trail
from schemas.facts import FEED, read_fact
from schemas.log_events import Fact
from schemas.moments import Calendar, from_day_number

SHORT, LONG, FURTHER = 100, 100_000, 2_000
KINDS = ("call.logged", "offer.sent", "deal.opened", "deal.won", "deal.amended", "deal.reassigned", "deal.reopened")


def main() -> None:
    """Measure and report."""
    facts = [_fact(number, random.Random(number)) for number in range(LONG + FURTHER)]
    short, long_ = Trail(Calendar("UTC")), Trail(Calendar("UTC"))
    for fact in facts[:SHORT]:
        short.post(fact)
    for fact in facts[:LONG]:
        long_.post(fact)
    pairs = []
    for index in range(LONG, LONG + FURTHER, 100):  # in turn, so that the machine's moods hit both
        batch = facts[index : index + 100]
        fresh = Trail(Calendar("UTC"))
        for fact in facts[:SHORT]:
            fresh.post(fact)
        pairs.append((_cost(long_, batch), _cost(fresh, batch)))
    on_long, on_short = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(cost / other for cost, other in pairs)
    report("trail", {"us_per_event_on_100_000": on_long, "us_per_event_on_100": on_short}, ratio)


def _cost(trail: Trail, facts: list[Fact]) -> float:
    start = time.process_time()
    for fact in facts:
        trail.post(fact)
    return 1e6 * (time.process_time() - start) / len(facts)


def _fact(number: int, choice: random.Random) -> Fact:
    kind = choice.choice(KINDS)
    day = str(from_day_number(15_000 + number // 100))
    deal = f"D{choice.randrange(max(0, number - 50), number + 1)}"
    amount = {"value": f"{choice.randrange(100, 9_000)}.00", "currency": "EUR"}
    told: dict[str, dict[str, object]] = {
        "call.logged": {"id": f"C{number}", "rep": choice.randrange(1, 9), "day": day},
        "offer.sent": {"id": f"O{number}", "rep": choice.randrange(1, 9), "day": day},
        "deal.opened": {"id": deal, "rep": choice.randrange(1, 9), "day": day, "amount": amount},
        "deal.won": {"id": deal, "rep": choice.randrange(1, 9), "day": day, "amount": amount},
        "deal.amended": {"id": deal, "amount": amount},
        "deal.reassigned": {"id": deal, "rep": choice.randrange(1, 9)},
        "deal.reopened": {"id": deal},
    }
    return read_fact(f"quotum.{kind}.v1", told[kind], "T", FEED, (number * 1_000_000, number, f"e{number}"))


if __name__ == "__main__":
    main()
