"""Trail states and cells on a worker's disk, or in its memory: each table of each partition lies by itself.

A store knows up to where of its changelog it is the same. On disk it also knows which changelog that is, which form
its values have, and when it was last written; where one of these does not fit it begins anew, from the changelog's
beginning: a cell that became nothing long ago is told of no more, and would stay for ever.
"""

import fcntl
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec
from rocksdict import Options, Rdict, WriteBatch

from streams.kafka import KafkaError
from streams.live.forms import FORM
from streams.live.owning import STALE_SECONDS

ABOUT = b"\xff"  # the key of what a store knows of itself; no trail is text and begins so, and no cell's key does
WRITE_BUFFER_BYTES = 16_000_000
Changes = Mapping[bytes, bytes | None]
TRAILS, CELLS = TABLES = ("trails", "cells")


class Store(Protocol):
    """What is known of one table of one partition."""

    position: int  # of its changelog, to read on from

    def refresh(self) -> None:
        """Begin anew where it was not written for too long to be read on."""

    def get_many(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Those of the keys that there are."""

    def has_more_than(self, key: bytes) -> bool:
        """Whether there is a value of another key."""

    def write(self, changes: Changes, position: int) -> None:
        """Values, None for those that are no more, and up to where of the changelog this is all: all or nothing."""

    def close(self) -> None:
        """Use it no more."""


class MemoryStore:
    """A store that ends with its process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Nothing is known."""
        self.position = 0
        self._clock = clock
        self._written_at = clock()
        self._values: dict[bytes, bytes] = {}

    def refresh(self) -> None:
        """Begin anew where it was not written for too long."""
        if self.position and not _is_fresh(self._written_at, self._clock()):
            self.position, self._values = 0, {}

    def get_many(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Those of the keys that there are."""
        values = self._values
        return {key: values[key] for key in keys if key in values}

    def has_more_than(self, key: bytes) -> bool:
        """Whether there is a value of another key."""
        return len(self._values) > (key in self._values)

    def write(self, changes: Changes, position: int) -> None:
        """Values and position."""
        for key, value in changes.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value
        self.position, self._written_at = position, self._clock()

    def close(self) -> None:
        """Forget it."""
        self._values = {}


class _About(msgspec.Struct, array_like=True):
    form: int
    changelog: str
    position: int
    written_at: float


_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(_About).decode


class DiskStore:
    """A store in a folder of its own."""

    def __init__(self, folder: Path, changelog: str, clock: Callable[[], float] = time.time) -> None:
        """Open what lies there, if it is of that changelog, in this form and not stale; else begin anew."""
        self._folder = folder
        self._changelog = changelog
        self._clock = clock
        self._database = _opened(folder)
        self.position = 0
        self.refresh()

    def refresh(self) -> None:
        """Begin anew where it is of something else, or was not written for too long."""
        about = self._about()
        if about and about.position and not self._fits(about):
            self._database.close()
            shutil.rmtree(self._folder)
            self._database = _opened(self._folder)
            self.position = 0
        elif about:
            self.position = about.position

    def get_many(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Those of the keys that there are."""
        asked: list[Any] = list(keys)
        found: list[bytes | None] = self._database.get(asked) or []
        return {key: value for key, value in zip(asked, found, strict=True) if value is not None}

    def has_more_than(self, key: bytes) -> bool:
        """Whether there is a value of another key."""
        return any(found not in {key, ABOUT} for found in self._database.keys())  # noqa: SIM118 (it is no dictionary)

    def write(self, changes: Changes, position: int) -> None:
        """Values and position, in one write."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(ABOUT, _encode(_About(FORM, self._changelog, position, self._clock())))
        self._database.write(batch)
        self.position = position

    def close(self) -> None:
        """Let others open it."""
        self._database.close()

    def _about(self) -> _About | None:
        found = self._database.get(ABOUT)
        try:
            return None if found is None else _decode(found)
        except msgspec.MsgspecError:  # of another version: as good as another form
            return _About(0, "", 1, 0)

    def _fits(self, about: _About) -> bool:
        is_own = (about.form, about.changelog) == (FORM, self._changelog)
        return is_own and _is_fresh(about.written_at, self._clock())


class Stores:
    """All stores of a worker, below a folder that is its own, or in memory."""

    def __init__(
        self, folder: Path | None, changelogs: Mapping[str, str], clock: Callable[[], float] = time.time
    ) -> None:
        """`changelogs`: which one each table has, as an id that no other has. KafkaError where the folder is in use."""
        self._folder = folder
        self._changelogs = changelogs
        self._clock = clock
        self._open: dict[tuple[str, int], Store] = {}
        self._claim = _claimed(folder) if folder else None

    def open(self, table: str, partition: int) -> Store:
        """The store, as it was left; for an ownership that begins.

        One that is open already may be of a worker that was frozen or cut off for days, and is looked at as any other.
        """
        found = self._open.get((table, partition))
        if found is None:
            found = self._open[table, partition] = self._opened(table, partition)
        else:
            found.refresh()
        return found

    def keep_only(self, partitions: Collection[int]) -> None:
        """Close those of all other partitions."""
        for table, partition in [one for one in self._open if one[1] not in partitions]:
            self._open.pop((table, partition)).close()

    def close(self) -> None:
        """Close all of them, and let others have the folder."""
        self.keep_only(())
        if self._claim:
            self._claim.close()

    def _opened(self, table: str, partition: int) -> Store:
        if self._folder is None:
            return MemoryStore(self._clock)
        return DiskStore(self._folder / f"{table}-{partition}", self._changelogs[table], self._clock)


def _is_fresh(written_at: float, now: float) -> bool:
    return 0 <= now - written_at < STALE_SECONDS


def _opened(folder: Path) -> Rdict:
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 (the library's own way)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    return Rdict(str(folder), options=options)


def _claimed(folder: Path) -> IO[bytes]:
    """The folder for one worker alone."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "claimed").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise KafkaError(f"another worker keeps its data in {folder}: give each a --data of its own") from None
    return file
