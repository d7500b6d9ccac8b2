"""`make kafka`: a broker in the foreground, until Ctrl-C; again goes on with what it holds."""

import argparse
import sys
from pathlib import Path

from quotum.local.jars import LocalError
from quotum.local.kafka import Broker, start

PORT = 9092


def main() -> int:
    """Run a broker as the options say; 0 when it was stopped, 1 when it cannot run or ended by itself."""
    options = _options()
    try:
        with start(options.folder, options.port) as broker:
            sys.stdout.write(f"Kafka answers at {broker.address}, data in {options.folder} (Ctrl-C ends it)\n")
            sys.stdout.flush()
            return _ended(broker)
    except LocalError as error:
        sys.stderr.write(f"quotum.local: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _ended(broker: Broker) -> int:
    try:
        code = broker.wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nKafka is being stopped\n")
        return 0
    sys.stderr.write(f"quotum.local: the broker ended by itself ({code}); {broker.folder / 'broker.log'} says why\n")
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m quotum.local", description="A Kafka broker on this machine.")
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"where it listens; 0 takes a free port (default {PORT})"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("quotum-kafka"), help="where its data lie (default quotum-kafka)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
