"""Somebody who keeps cells up on a real broker, as workers do: folds what the log holds, and commits whole batches."""

from collections.abc import Iterator, Mapping

from kafka import KafkaProducer, TopicPartition

from schemas.moments import Calendar
from streams.appending import Position
from streams.kafka import clients
from streams.kafka.reading import places, record_of
from streams.kafka.topics import Log
from streams.live.forms import Counted, counted_key, counted_value
from streams.live.stepping import Stepping, Stored, Writes
from streams.told import Record

POLL_MS = 100
Values = dict[bytes, bytes]


class CellWriter:
    """All workers of a log in one."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._stepping = Stepping(Calendar(log.workspace.zone), places(log))
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all: what comes next is folded from the first event on."""
        numbers = range(self._log.partitions)
        self._positions = {number: Position(number, 0, 0) for number in numbers}
        self._trails: dict[int, Values] = {number: {} for number in numbers}
        self._cells: dict[int, Values] = {number: {} for number in numbers}

    def catch_up(self, at_once: int = 10_000) -> dict[int, int]:
        """Write what the log holds now, batch by batch; up to where the cells of each partition count then."""
        for _ in self.steps(at_once):
            pass
        return {number: one.next_offset for number, one in self._positions.items()}

    def steps(self, at_once: int) -> Iterator[None]:
        """The same, with something else after each batch."""
        broker, names = self._log.broker, self._log.names
        places = {TopicPartition(names.events, number): number for number in self._positions}
        with (
            clients.transactional_producer(broker, f"{names.cells}-test") as producer,
            clients.consumer(broker, enable_auto_commit=False) as consumer,
        ):
            consumer.assign(list(places))
            for place, number in places.items():
                consumer.seek(place, self._positions[number].next_offset)
            ends = consumer.end_offsets(list(places))
            while any(self._positions[number].next_offset < ends[place] for place, number in places.items()):
                found = consumer.poll(timeout_ms=POLL_MS, max_records=at_once)
                for place, number in places.items():
                    records = [record_of(one, number) for one in found.get(place, ())]
                    self._take(producer, number, records, consumer.position(place))
                yield

    def _take(self, producer: KafkaProducer, number: int, records: list[Record], reached: int) -> None:
        trails, cells = self._trails[number], self._cells[number]
        stored = Stored(
            lambda keys: {key: trails[key] for key in keys if key in trails},
            lambda keys: {key: cells[key] for key in keys if key in cells},
        )
        writes = self._stepping.step(self._positions[number], records, stored, reached)
        if writes.position != self._positions[number]:
            self._write(producer, number, writes)
            trails |= writes.trails
            cells |= {key: value or b"" for key, value in writes.cells.items()}
            for key in [key for key, value in writes.cells.items() if value is None]:
                del cells[key]
            self._positions[number] = writes.position

    def _write(self, producer: KafkaProducer, number: int, writes: Writes) -> None:
        _, *counted = writes.position
        told = {**writes.cells, counted_key(number): counted_value(Counted(*counted))}
        self.write(producer, number, told)

    def write(self, producer: KafkaProducer, number: int, told: Mapping[bytes, bytes | None]) -> None:
        """A transaction of whatever is told."""
        producer.begin_transaction()
        for key, value in told.items():
            producer.send(self._log.names.cells, key=key, value=value, partition=number)
        producer.commit_transaction()


def tamper(log: Log, number: int, told: Mapping[bytes, bytes | None]) -> None:
    """Write into the cells of a partition what no worker would."""
    with clients.transactional_producer(log.broker, f"{log.names.cells}-tampering") as producer:
        CellWriter(log).write(producer, number, told)
