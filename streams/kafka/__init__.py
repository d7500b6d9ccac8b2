"""The log on Kafka. Its client is an extra, and only modules in here import it: an embedded history needs no broker."""

from importlib.util import find_spec


class KafkaError(Exception):
    """A broker, its topics or this machine are not as they must be: what is wrong, and how to mend it."""


def expect_installed() -> None:
    """Asked before anything else in here is imported. KafkaError where the extra is missing."""
    if missing := [name for name in ("kafka", "crc32c", "aiokafka") if find_spec(name) is None]:
        raise KafkaError(
            f"the log on Kafka needs {' and '.join(missing)}, which is not installed here: pip install 'quotum[kafka]'"
        )
