"""A server takes its address before anything else, and says one that reaches it. (How it ends: test_serve.py.)"""

import socket

import pytest

from quotum.server.serving import address, listen

EVERYWHERE = "0.0.0.0"  # noqa: S104 (what is tested)


@pytest.mark.parametrize("host", ["127.0.0.1", EVERYWHERE])
def test_the_address_is_one_that_reaches_it_on_this_machine(host: str) -> None:
    with listen(host, 0) as listening:
        port = listening.getsockname()[1]
        assert address(listening) == f"http://127.0.0.1:{port}"
        socket.create_connection(("127.0.0.1", port)).close()


def test_an_address_of_six_groups_stands_in_brackets() -> None:
    try:
        listening = listen("::1", 0)
    except OSError as error:
        pytest.skip(f"needs a machine with IPv6: {error.strerror}")
    with listening:
        assert address(listening) == f"http://[::1]:{listening.getsockname()[1]}"


def test_an_address_that_is_taken_is_refused_at_once() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_small_answers_leave_at_once_since_a_socket_says_that_it_is_tcp() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP  # by which asyncio decides on TCP_NODELAY
