"""A sales floor to look at in tests: a real server in a process of its own, on a made-up day, with made-up people.

`python -m tests.browser.floor HISTORY PORT` is that process. Its clock says that it is a Monday in November 2026, and
runs on from there, so that pages and pictures are the same whenever they are made.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from time import time_ns
from typing import Any

import httpx2 as httpx

from quotum.server.app import create_app
from quotum.server.serving import LOOPBACK, listen, serve
from schemas.moments import microseconds, parse_instant
from streams.books import Books

TODAY = "2026-11-23"
JOINED = "2026-01-01"
YESTERDAY = "2026-11-22"
SHIFT = "QUOTUM_TEST_CLOCK_SHIFT_US"
START_SECONDS = 30
NAMES = (
    "Anna de Vries",
    "Bas Jansen",
    "Chantal Visser",
    "Daan Bakker",
    "Esra Y\N{LATIN SMALL LETTER DOTLESS I}lmaz",
    "Femke Smit",
    "Gijs Mulder",
    "Hannah Bos",
    "Ivo Dekker",
    "Jasmijn van den Berg",
    "Koen Peters",
    "Lotte Hendriks",
)
AIMS = {"r0": "15000", "r1": "10000", "r2": "9000", "r3": "13000", "r4": "16000", "r5": "10000"}
Json = dict[str, Any]


class Floor:
    """A server with its history. `start` after `stop` opens the same history at the same address."""

    def __init__(self, folder: Path, day: str = TODAY) -> None:
        """`folder`: where the history lies; `day`: which day it is there, from ten o'clock in UTC on."""
        self.history = folder / "floor.quotum"
        self.port = 0
        self._live_on(day)
        self._process: subprocess.Popen[str] | None = None
        self._numbers = count(1)
        self._url = ""

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._url

    def start(self) -> "Floor":
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "tests.browser.floor", str(self.history), str(self.port)]
        environment = {**os.environ, SHIFT: str(self._shift)}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self._process.stdout is not None
        self._url = self._process.stdout.readline().strip()
        assert self._url, "the server did not start"
        self.port = int(self._url.rpartition(":")[2])
        return self

    def stop(self) -> None:
        """Stop it, as Ctrl-C would."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=START_SECONDS)
            self._process = None

    def go_on(self, day: str = TODAY) -> "Floor":
        """The same history on a later day."""
        self.stop()
        self._live_on(day)
        return self.start()

    def _live_on(self, day: str) -> None:
        self._day = day
        self._shift = microseconds(parse_instant(f"{day}T10:00:00Z")) - time_ns() // 1_000

    def post(self, *events: Json) -> None:
        """Send events; all must be taken."""
        answer = httpx.post(f"{self.url}/v1/events", json=list(events), timeout=START_SECONDS)
        assert answer.status_code == httpx.codes.OK, answer.text
        refused = [one for one in answer.json()["results"] if one["result"] != "taken"]
        assert not refused, refused

    def event(self, kind: str, data: Json) -> Json:
        """An event of a kind, such as `deal.won`."""
        number = next(self._numbers)
        shared = kind.startswith(("team.", "rep.", "target."))
        trail = "organisation" if shared else f"case-{data['id']}"
        told = {"id": f"e{number}", "source": "urn:floor", "type": f"quotum.{kind}.v1", "trail": trail, "data": data}
        clock = f"{8 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"
        return {"specversion": "1.0", "time": f"{self._day}T{clock}Z"} | told

    def people(self, names: Iterable[str], teams: int = 2) -> None:
        """Reps `r0`, `r1` ... with these names, in teams `t0` ..."""
        formed = [
            self.event("team.formed", {"team": f"t{team}", "name": name, "region": "NL"})
            for team, name in zip(range(teams), ("Noord", "Zuid", "Oost", "West"), strict=False)
        ]
        joined = [
            self.event(
                "rep.joined", {"rep": f"r{place}", "name": name, "team": f"t{place % teams}", "day": "2026-01-01"}
            )
            for place, name in enumerate(names)
        ]
        self.post(*formed, *joined)

    def win(self, deal: str, rep: str | None, euros: str, day: str = TODAY) -> None:
        """A deal is opened and won."""
        holder = {"rep": rep} if rep else {}
        amount = {"value": euros, "currency": "EUR"}
        self.post(
            self.event("deal.opened", {"id": deal, **holder, "day": day}),
            self.event("deal.won", {"id": deal, **holder, "day": day, "amount": amount}),
        )


def seeded(floor: Floor) -> Floor:
    """Twelve people with wins this month, two of them level; six have targets: ahead, on track, behind."""
    floor.people(NAMES)
    for place in range(len(NAMES)):
        level = 10 if place == 9 else place  # the tenth stands level with the eleventh
        floor.win(f"seed-{place}", f"r{place}", str(12_000 - level * 750), f"2026-11-{place + 2:02}")
    for rep, euros in AIMS.items():
        told: Json = {"id": f"aim-{rep}", "metric": "revenue", "period": "2026-11", "rep": rep, "author": "r9"}
        told |= {"amount": {"value": euros, "currency": "EUR"}, "reason": "agreed in October"}
        floor.post(floor.event("target.agreed", told))
    return floor


def main() -> None:
    """Serve."""
    path, port, shift = Path(sys.argv[1]), int(sys.argv[2]), int(os.environ[SHIFT])

    def clock() -> int:
        return time_ns() // 1_000 + shift

    if not path.exists():
        Books.create(path, zone="Europe/Amsterdam", currency="EUR", clock=clock).close()
    with Books.open(path, clock=clock) as books:
        serve(create_app(books), path, listen(LOOPBACK, port), _announce, _refuse)


def _announce(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("no command goes through this server")


if __name__ == "__main__":
    main()
