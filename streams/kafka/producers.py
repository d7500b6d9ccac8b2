"""Producers that write each record once, begun and ended in one place: what one has not sent must not come later.

The client's own `stop` waits for a broker that hangs, and leaves open what it was cut short at. So it is given a time,
and then the rest is ended here.
"""

import asyncio
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as ClientError

BATCH_BYTES = 900_000  # below the largest record batch that a broker takes by default
CUT_SECONDS = 0.1  # for what is ours alone to end, which takes none; but the client may wait there for what never comes


async def connected(broker: str, delivery_ms: int) -> AIOKafkaProducer:
    """One that is connected; nothing is left of one that cannot be. `delivery_ms`: for an answer to what it sends."""
    producer = AIOKafkaProducer(
        bootstrap_servers=broker,
        client_id="quotum-gateway",
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=delivery_ms,
    )
    try:
        await producer.start()
    except BaseException:
        await let_go(producer, asyncio.get_running_loop().time() + delivery_ms / 1000)
        raise
    return producer


async def let_go(producer: AIOKafkaProducer, until: float) -> None:
    """End a producer, whether or not it ends by itself.

    `until`, by the loop's clock: how long a broker that does not answer is waited for.
    """
    try:
        with suppress(ClientError, OSError):
            async with asyncio.timeout_at(until):
                await producer.stop()
    finally:
        await _cut_off(producer)


async def _cut_off(producer: AIOKafkaProducer) -> None:
    """End what is left open; a second `stop` does nothing, be it that the first was cut short.

    Connections come first: what sends waits for what is under way on them, each as long as a request may take.
    """
    for end in (producer.client.close, producer._sender.close):  # noqa: SLF001 (nothing public ends what sends)
        with suppress(ClientError, OSError):
            async with asyncio.timeout(CUT_SECONDS):
                await end()
