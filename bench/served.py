"""A served history of a measurement's own: `quotum serve` as a process, events by HTTP, ended at the end."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx2 as httpx

from streams.books import Books

REPS = 35
TEAMS = 5
END_SECONDS = 30
COMMAND = str(Path(sys.executable).with_name("quotum"))
numbers = count(1)


@contextmanager
def served(folder: Path, *following: str) -> Iterator[str]:
    """The address of a server with a new history in a folder, with a sales floor of 35 in five teams.

    `following`: the options by which it follows a log in Kafka; without them the history is its own log.
    """
    path = folder / "bench.quotum"
    if not following:
        Books.create(path, zone="Europe/Amsterdam", currency="EUR").close()
    with running("serve", "--history", str(path), *following) as url:
        post(url, [event("team.formed", team=f"team {n}", name=f"Team {n}") for n in range(TEAMS)])
        joined = [event("rep.joined", rep=rep(n), team=f"team {n % TEAMS}", day="2020-01-01") for n in range(REPS)]
        post(url, joined)
        yield url


def started(*words: str) -> tuple["subprocess.Popen[str]", str]:
    """A command of ours on a free port, and the address at which it answers by now."""
    command = [COMMAND, *words, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own command)
    assert process.stdout
    return process, next(word for line in process.stdout for word in line.split() if word.startswith("http://"))


@contextmanager
def running(*words: str) -> Iterator[str]:
    """The address at which a command of ours answers; it is ended at the end."""
    process, url = started(*words)
    try:
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(END_SECONDS)


def rep(number: int) -> str:
    """The source id of a rep."""
    return f"rep {number % REPS}"


def call(number: int) -> dict[str, Any]:
    """A call, by one rep after the other, on a trail of its own."""
    return event("call.logged", id=f"{next(numbers)}", rep=rep(number), at=now(), kind="call.offer")


def event(what: str, **data: str) -> dict[str, Any]:
    """A CloudEvent that was never sent before."""
    number = next(numbers)
    told = {"specversion": "1.0", "id": f"{number}", "source": "bench", "type": f"quotum.{what}.v1", "time": now()}
    return {**told, "trail": data.get("id", "organisation"), "sequence": number, "data": data}


def now() -> str:
    """The instant it is."""
    return datetime.now(UTC).isoformat()


def post(url: str, events: list[dict[str, Any]], client: httpx.Client | None = None) -> None:
    """Have events taken, all of them."""
    sent = json.dumps(events)
    answer = (client or httpx).post(f"{url}/v1/events", content=sent, headers={"content-type": "application/json"})
    answer.raise_for_status()
    fates = {one["result"] for one in answer.json()["results"]}
    assert fates == {"taken"}, answer.text
