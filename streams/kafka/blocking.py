"""aiokafka's clients for a thread that runs no event loop: a loop of its own runs while something is asked, not longer.

What the client raises becomes what may pass (`AwayError`) or what will not (`KafkaError`), whoever asks.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError as ClientError
from aiokafka.errors import KafkaTimeoutError

from streams.kafka import KafkaError
from streams.kafka.recording import AwayError

ANSWER_SECONDS = 2.0  # for what a broker answers at once while it is there
WAIT_MS = 20  # of the broker for more: as long a partition that is busy waits for one that is not
PARTITION_BYTES = 2_000_000  # of a partition at once: some 5,000 events
T = TypeVar("T")


class Client(Protocol):
    """One of aiokafka's."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Let go of the broker."""


Some = TypeVar("Some", bound=Client)


class Blocking:
    """Runs work on a loop of its own. One thread uses it; close it in the end."""

    def __init__(self, broker: str) -> None:
        """Nothing is connected yet."""
        self._broker = broker
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of some work. AwayError where the broker does not answer, KafkaError for what is for good."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        with _answered(self._broker):
            return self._loop.run_until_complete(work)

    def close(self, let_go: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let go of clients, whether or not the broker is there to be told; again is harmless."""
        if self._loop is None:
            return
        with suppress(AwayError, KafkaError):
            self.run(let_go())
        self._loop.close()
        self._loop = None


def reader(broker: str, *, wait_ms: int = WAIT_MS, partition_bytes: int = PARTITION_BYTES) -> AIOKafkaConsumer:
    """What reads partitions that it is told, from offsets that it is told, only what is committed."""
    return AIOKafkaConsumer(
        bootstrap_servers=broker,
        client_id="quotum",
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=wait_ms,
        max_partition_fetch_bytes=partition_bytes,
    )


async def started(client: Some) -> Some:
    """The client once it is connected; nothing of it is left where it is not."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await client.start()
    except BaseException:
        await client.stop()
        raise
    return client


async def let_go(*clients: Client | None) -> None:
    """Stop clients that may be broken already, and wait for none of them longer than for an answer."""
    for client in clients:
        if client:
            with suppress(ClientError, OSError, TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await client.stop()


@contextmanager
def _answered(broker: str) -> Iterator[None]:
    """Tell what may pass from what will not."""
    try:
        yield
    except ClientError as error:
        if error.retriable or isinstance(error, KafkaTimeoutError):
            raise AwayError(f"{broker} does not answer as it should ({error!r})") from error
        raise KafkaError(f"the log on {broker} cannot be read on: {error!r}") from error
    except (OSError, TimeoutError) as error:
        raise AwayError(f"{broker} cannot be reached ({error!r})") from error
