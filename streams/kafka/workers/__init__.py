"""Workers over a real broker: what `streams/live` owes to nobody in particular, owed to Kafka and driven by Faust.

Faust runs the app: the consumer group, the agent that takes record batches, the tables that it keeps. Its own way of
reading, of recovering tables and of committing is for single records and loses some when it is killed, so these are
ours, and all that knows Faust's inside lies in here: it may work with the exact versions it was tested with alone.

    driver.py      what Faust reads through: of each partition one batch at a time, from where its lane is
    lanes.py       a partition in the hands of this worker: its batches, one after the other, grouped as they wait
    owned.py       how that partition is taken over, and how a step is committed: `Ownership` on a broker
    changelogs.py  states and cells into their topics, and from there
    stores.py      the same on a worker's disk, or in its memory
    app.py         the Faust app: its agent, its tables
    running.py     a worker, from its start to its end
    watching.py    whether it gets on

Nothing has to be followed while it runs: zone and number of partitions are for good and are read to their end before it
begins; rules of credit, targets and the organisation are applied when cells are asked, as these hold every basis. What
one falls into between Faust and Kafka, and which test holds that this does not: tests/.../test_driver_pitfalls.py.
"""

from importlib.metadata import PackageNotFoundError, version

from streams.kafka import KafkaError

VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "rocksdict": "0.3.29"}


def expect_versions() -> None:
    """Asked before anything else in here is imported. KafkaError where another version lies here, or none."""
    found = {name: _installed(name) for name in VERSIONS}
    wrong = [f"{name} {found[name] or '(not there)'}" for name in VERSIONS if found[name] != VERSIONS[name]]
    if wrong:
        wanted = " ".join(f"{name}=={number}" for name, number in VERSIONS.items())
        raise KafkaError(
            f"a worker runs with the versions it was tested with and no other, and here is {', '.join(wrong)}: "
            f"pip install 'quotum[worker]', which takes {wanted}"
        )


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
