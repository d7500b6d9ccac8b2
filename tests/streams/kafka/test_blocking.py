"""aiokafka asked from a thread without a loop: what may pass is told from what will not, and nothing is left behind."""

import asyncio

import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaTimeoutError,
    NotLeaderForPartitionError,
    TopicAuthorizationFailedError,
)

from streams.kafka import KafkaError, blocking
from streams.kafka.blocking import Blocking, let_go, started
from streams.kafka.recording import AwayError


class Client:
    """One that fails, or not, and says whether it was stopped."""

    def __init__(self, start: BaseException | None = None, stop: BaseException | None = None) -> None:
        self._start, self._stop = start, stop
        self.stopped = 0

    async def start(self) -> None:
        if self._start:
            raise self._start

    async def stop(self) -> None:
        self.stopped += 1
        if self._stop:
            raise self._stop


class Deaf(Client):
    """One that never comes to an end."""

    async def stop(self) -> None:
        self.stopped += 1
        await asyncio.Event().wait()


async def fail(error: BaseException) -> None:
    raise error


def of(client: Client) -> Blocking:
    """What runs it, with its client let go of by nobody else."""
    asked = Blocking("one:9092")
    asked.run(started(client))
    return asked


@pytest.mark.parametrize(
    "error",
    [KafkaConnectionError(), KafkaTimeoutError(), NotLeaderForPartitionError(), OSError("no way"), TimeoutError()],
)
def test_what_may_pass_is_waited_for_by_whoever_asks(error: Exception) -> None:
    asked = Blocking("one:9092")
    with pytest.raises(AwayError, match=r"^one:9092 "):
        asked.run(fail(error))
    asked.close(Client().stop)


@pytest.mark.parametrize("error", [TopicAuthorizationFailedError("t"), GroupAuthorizationFailedError("g")])
def test_what_will_not_pass_is_for_good(error: Exception) -> None:
    asked = Blocking("one:9092")
    with pytest.raises(KafkaError, match="the log on one:9092 cannot be read on"):
        asked.run(fail(error))
    asked.close(Client().stop)


def test_what_is_no_fault_of_the_broker_stays_what_it_is() -> None:
    asked = Blocking("one:9092")
    with pytest.raises(ZeroDivisionError):
        asked.run(fail(ZeroDivisionError()))
    asked.close(Client().stop)


def test_it_goes_on_after_an_error_and_ends_once() -> None:
    client = Client()
    asked = of(client)
    with pytest.raises(AwayError):
        asked.run(fail(TimeoutError()))
    assert asked.run(asyncio.sleep(0, "more")) == "more"
    asked.close(client.stop)
    asked.close(client.stop)
    assert client.stopped == 1


@pytest.mark.parametrize("error", [OSError("gone"), TopicAuthorizationFailedError("t")])
def test_a_broker_that_is_not_there_to_be_told_keeps_nobody_from_ending(error: Exception) -> None:
    client = Client(stop=error)
    of(client).close(client.stop)
    assert client.stopped == 1


@pytest.mark.parametrize("error", [KafkaConnectionError(), asyncio.CancelledError()])
def test_of_a_client_that_cannot_start_nothing_is_left(error: BaseException) -> None:
    client = Client(start=error)
    with pytest.raises(type(error)):
        asyncio.run(started(client))
    assert client.stopped == 1


def test_every_client_is_let_go_of_whatever_becomes_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "ANSWER_SECONDS", 0.01)
    clients = [Client(stop=KafkaConnectionError()), Deaf(), Client(stop=OSError("gone")), Client()]
    asyncio.run(let_go(clients[0], None, *clients[1:]))
    assert [client.stopped for client in clients] == [1, 1, 1, 1]
