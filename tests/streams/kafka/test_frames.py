"""Messages come out whole and in order, however they come in, and nobody waits for the rest of one."""

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.frames import LENGTH_BYTES, Frames


@pytest.fixture
def ends() -> Iterator[tuple[Frames, socket.socket]]:
    ours, theirs = socket.socketpair()
    frames = Frames(ours)
    with theirs:
        yield frames, theirs
    frames.close()


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(LENGTH_BYTES) + message


@given(st.lists(st.binary(max_size=300)), st.data())
def test_messages_come_out_whole_and_in_order_however_they_are_cut(messages: list[bytes], data: st.DataObject) -> None:
    ours, theirs = socket.socketpair()
    found, rest = [], b"".join(map(framed, messages))
    with theirs, closing(Frames(ours)) as frames:
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            theirs.sendall(rest[:size])
            rest = rest[size:]
            while (message := frames.hear(0)) is not None:
                found.append(message)
    assert found == messages


def test_one_that_is_stopped_within_a_message_holds_nobody_up(ends: tuple[Frames, socket.socket]) -> None:
    frames, other = ends
    whole = framed(b"a message")
    for part in (whole[:3], whole[3:12]):
        other.sendall(part)
        assert frames.hear(0) is None
        assert frames.hear(0.01) is None
    other.sendall(whole[12:])
    assert frames.hear(0) == b"a message"


def test_what_one_end_says_the_other_hears_however_large_it_is(ends: tuple[Frames, socket.socket]) -> None:
    frames, other = ends
    messages = [b"", b"x" * 5_000_000, b"y"]

    def say() -> None:
        for one in messages:
            Frames(other).say(one)

    saying = Thread(target=say)
    saying.start()
    assert [frames.hear(60) for _ in messages] == messages
    saying.join()


@pytest.mark.parametrize("said", [b"", framed(b"a message")[:10]])
def test_the_end_of_the_other_side_is_told(ends: tuple[Frames, socket.socket], said: bytes) -> None:
    frames, other = ends
    other.sendall(said)
    other.close()
    with pytest.raises(EOFError):
        frames.hear(None)
    with pytest.raises(BrokenPipeError):
        frames.say(b"anybody?")


def test_what_was_said_whole_before_the_end_is_heard(ends: tuple[Frames, socket.socket]) -> None:
    frames, other = ends
    other.sendall(framed(b"last words"))
    other.close()
    assert frames.hear(None) == b"last words"
    with pytest.raises(EOFError):
        frames.hear(None)
