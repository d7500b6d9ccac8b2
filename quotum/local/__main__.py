"""`make kafka`, `make live`: a broker, or a whole Quotum over one, until Ctrl-C; again goes on with what it holds."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from quotum.local.jars import LocalError
from quotum.local.kafka import Broker, start
from quotum.local.live import GATEWAY_PORT, SERVER_PORT, Live
from streams.kafka import KafkaError

PORT = 9092


def main() -> int:
    """Run what the options say; 0 when it was stopped, 1 when it cannot run or ended by itself."""
    options = _options()
    try:
        return _live(options) if options.what == "live" else _broker(options)
    except (LocalError, KafkaError) as error:
        sys.stderr.write(f"quotum.local: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _live(options: argparse.Namespace) -> NoReturn:
    port = SERVER_PORT if options.port is None else options.port
    Live(options.folder or Path("quotum-live"), port, options.gateway_port).run(_say)


def _broker(options: argparse.Namespace) -> int:
    folder = options.folder or Path("quotum-kafka")
    with start(folder, PORT if options.port is None else options.port) as broker:
        _say(f"Kafka answers at {broker.address}, data in {folder} (Ctrl-C ends it)")
        return _ended(broker)


def _say(message: str) -> None:
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


def _ended(broker: Broker) -> int:
    try:
        code = broker.wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nKafka is being stopped\n")
        return 0
    sys.stderr.write(f"quotum.local: the broker ended by itself ({code}); {broker.folder / 'broker.log'} says why\n")
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m quotum.local", description="Kafka, or all of Quotum over it, here."
    )
    parser.add_argument("what", nargs="?", choices=["kafka", "live"], default="kafka", help="a broker, or all of it")
    parser.add_argument(
        "--port",
        type=int,
        help=f"where it listens; 0 takes a free one (default {PORT}; live: {SERVER_PORT}, the board)",
    )
    parser.add_argument(
        "--gateway-port",
        type=int,
        default=GATEWAY_PORT,
        help=f"live: where the gateway listens (default {GATEWAY_PORT})",
    )
    parser.add_argument("--folder", type=Path, help="where its data lie (default quotum-kafka; live: quotum-live)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
