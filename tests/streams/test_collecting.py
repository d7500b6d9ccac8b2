"""The collector waits during a batch and never longer."""

import gc
import weakref
from threading import Event, Thread

import pytest

from streams.collecting import YOUNG_OBJECTS, LongPause, collection_paused, put_aside_what_stays


class Ring:
    """What refers to itself."""

    def __init__(self) -> None:
        self.own = self


def test_the_collector_waits_within_a_batch_and_works_again_after_it() -> None:
    assert gc.isenabled()
    with collection_paused():
        assert not gc.isenabled()
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_works_again_after_a_batch_that_fails() -> None:
    with pytest.raises(ZeroDivisionError), collection_paused():
        _ = 1 / 0
    assert gc.isenabled()


def test_the_collector_waits_until_no_thread_is_at_a_batch() -> None:
    begun, may_end = Event(), Event()

    def batch() -> None:
        with collection_paused():
            begun.set()
            may_end.wait(60)

    with collection_paused():
        other = Thread(target=batch)
        other.start()
        assert begun.wait(60)
    assert not gc.isenabled()
    may_end.set()
    other.join()
    assert gc.isenabled()


def test_where_the_collector_did_not_work_before_it_does_not_afterwards() -> None:
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_in_a_long_pause_the_collector_waits_until_its_end() -> None:
    pause = LongPause()
    for _ in range(2):
        pause.begin()
        pause.begin()
        with collection_paused():
            pass
        assert not gc.isenabled()
        pause.end()
        pause.end()
        assert gc.isenabled()


def test_in_a_long_pause_garbage_is_looked_for_after_so_many_records() -> None:
    pause = LongPause(looked_after_records=10)
    pause.worked(10)  # before it began, which counts for nothing
    pause.begin()
    ring = weakref.ref(Ring())
    pause.worked(9)
    assert ring()
    pause.worked(1)
    assert not ring()
    pause.end()


def test_what_stays_is_put_aside_and_what_comes_later_is_still_looked_through() -> None:
    rule = gc.get_threshold()
    stays = Ring()
    try:
        put_aside_what_stays()
        assert not any(one is stays for one in gc.get_objects())
        assert gc.get_threshold() == (YOUNG_OBJECTS, *rule[1:])
        later = weakref.ref(Ring())
        assert later()
        gc.collect()
        assert not later()
    finally:
        gc.unfreeze()
        gc.set_threshold(*rule)
