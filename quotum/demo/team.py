"""Who sells in the demo, what, and out of which campaigns. Made up: any likeness is chance."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

MANAGER = "Sophie van Dijk"


class Team(NamedTuple):
    """A team and the region it sells in."""

    id: str
    name: str
    region: str


class Rep(NamedTuple):
    """Who sells: how much of the work comes to them, and how often a customer says yes to them (1: as to most)."""

    id: str
    name: str
    team: str
    drive: float
    luck: float


class Product(NamedTuple):
    """What is sold, for how many cents a piece, how often compared with others, and how many pieces at most."""

    name: str
    price_cents: int
    weight: float
    most: int


TEAMS = (
    Team("canals", "Canals", "Benelux"),
    Team("harbour", "Harbour", "Benelux"),
    Team("thames", "Thames", "United Kingdom"),
)
REPS = (
    Rep("r-01", "Anna de Vries", "canals", 1.3, 1.15),
    Rep("r-02", "Daan Bakker", "canals", 1.0, 1.0),
    Rep("r-03", "Lotte Jansen", "canals", 0.9, 1.25),
    Rep("r-04", "Sem Visser", "canals", 1.2, 0.8),
    Rep("r-05", "Fleur Mulder", "canals", 0.7, 0.9),
    Rep("r-06", "Youssef el Amrani", "harbour", 1.2, 1.2),
    Rep("r-07", "Eva Smit", "harbour", 1.0, 1.05),
    Rep("r-08", "Bram Hendriks", "harbour", 0.9, 0.85),
    Rep("r-09", "Noor Dekker", "harbour", 1.1, 0.95),
    Rep("r-10", "Tijn Kuipers", "harbour", 0.6, 1.0),
    Rep("r-11", "Grace Walker", "thames", 1.25, 1.1),
    Rep("r-12", "Oliver Hughes", "thames", 1.0, 0.9),
    Rep("r-13", "Priya Shah", "thames", 1.1, 1.2),
    Rep("r-14", "Jack Turner", "thames", 0.8, 0.8),
)
PRODUCTS = (
    Product("Starter", 49_000, 5, 3),
    Product("Team", 145_000, 4, 3),
    Product("Business", 390_000, 2.5, 2),
    Product("Enterprise", 1_180_000, 0.6, 1),
    Product("Training day", 95_000, 2, 4),
)
CAMPAIGNS = ("Autumn fair", "Webinar: from gut to figures", "Partner referral", "Website", "Customer day")


def organisation(day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """The team as events tell it: type and data. `day`: the first on which all of them belong."""
    for team in TEAMS:
        yield "quotum.team.formed.v1", {"team": team.id, "name": team.name, "region": team.region}
    for rep in REPS:
        yield "quotum.rep.joined.v1", {"rep": rep.id, "name": rep.name, "team": rep.team, "day": day}
