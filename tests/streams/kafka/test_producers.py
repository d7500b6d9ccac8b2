"""Nothing is left of a producer that was let go of, whatever it hangs at; real ones are in tests/kafka."""

import asyncio
from typing import cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from streams.kafka.producers import connected, let_go
from tests.streams.kafka.cluster import Cluster, Producer
from tests.streams.kafka.workers.waiting import until

DELIVERY_MS = 50


async def made() -> Producer:
    """In place of the client's own."""
    return cast("Producer", await connected("nowhere:1", DELIVERY_MS))


async def ended(producer: Producer, seconds: float) -> None:
    await let_go(cast("AIOKafkaProducer", producer), asyncio.get_running_loop().time() + seconds)


def test_one_that_cannot_connect_is_ended(cluster: Cluster) -> None:
    cluster.is_away = True
    with pytest.raises(KafkaConnectionError):
        asyncio.run(made())
    (producer,) = cluster.producers
    assert (producer.stopped, producer.ended) == (True, 2)  # what sends, and what is connected


@pytest.mark.parametrize("hangs_at_close", [False, True])
def test_one_that_hangs_is_ended_once_its_time_is_over(cluster: Cluster, hangs_at_close: bool) -> None:
    async def story() -> None:
        producer = await made()
        cluster.hangs_at_stop, cluster.hangs_at_close = True, hangs_at_close
        await ended(producer, 0.01)
        assert producer.ended == 2

    asyncio.run(story())


def test_one_whose_end_is_cut_short_is_ended_all_the_same(cluster: Cluster) -> None:
    async def story() -> None:
        producer = await made()
        cluster.hangs_at_stop = True
        ending = asyncio.create_task(ended(producer, 3_600))
        await until(lambda: producer.stopped)
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
        assert producer.ended == 2

    asyncio.run(story())
