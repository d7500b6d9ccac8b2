"""Cells that are followed in a thread of their own: read to their end first, then kept up; a broker is waited for."""

import logging
import threading
from collections.abc import Callable, Mapping

from streams.figures import Scanning
from streams.kafka import KafkaError
from streams.kafka.cells import CellReading
from streams.kafka.recording import PAUSE_SECONDS, AwayError
from streams.kafka.topics import Log
from streams.keeping import Keeping
from streams.live.figures import CellTable
from streams.live.forms import Counted

GATHERING_SECONDS = 0.03  # after each step: what comes meanwhile, of other partitions above all, goes together
logger = logging.getLogger(__name__)


class CellFollowing:
    """The cells of a log as they are now. Everything but `close` may be called from any thread."""

    def __init__(self, log: Log, told: Callable[[], object]) -> None:
        """Reads all that there is before it returns; KafkaError where it cannot. `told` is called after each step."""
        self._told = told
        self._table = CellTable()
        self._reading = CellReading(log)
        self._stopped = threading.Event()
        self._failed: BaseException | None = None
        self._away = ""
        self.scan = Scanning(self._table)
        self.kept = Keeping(self._table)
        try:
            self._read_all()
        except BaseException:
            self._let_go()
            raise
        self._thread = threading.Thread(target=self._follow_on, name="cells")

    def start(self) -> None:
        """Go on with what comes."""
        self._thread.start()

    def close(self) -> None:
        """Stop following, and forget all."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._let_go()

    def counted(self) -> Mapping[int, Counted]:
        """Up to where each partition counts of which there are cells."""
        return self._table.counted()

    def trouble(self) -> str:
        """Why cells are not kept up, if they are not."""
        return f"reading cells has stopped: {self._failed}" if self._failed else self._away

    def _let_go(self) -> None:
        self._reading.close()
        self._table.close()

    def _read_all(self) -> None:
        try:
            self._reading.begin()
            while not self._reading.is_settled:
                self._take()
        except AwayError as error:
            raise KafkaError(f"the cells cannot be read: {error}. Try again once it answers.") from error

    def _take(self) -> bool:
        found = self._reading.fetch()
        self._table.take(found, self.kept.recorded)
        return bool(found)

    def _follow_on(self) -> None:
        try:
            self._follow()
        except BaseException as error:  # told by /ready
            logger.exception("reading cells has stopped")
            self._failed = error

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                if self._away:
                    self._reading.begin()
                has_moved = self._take()
                self._away = ""
                if has_moved:
                    self._told()
                    self._stopped.wait(GATHERING_SECONDS)
            except AwayError as error:
                self._away = str(error)
                self._stopped.wait(PAUSE_SECONDS)
