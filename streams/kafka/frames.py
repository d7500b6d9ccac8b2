"""Messages between two processes, whole ones: who waits for one waits no longer than wanted, even halfway through it.

With a pipe of the standard library's, one that is stopped within a message would hold up whoever hears it for ever.
"""

import socket

LENGTH_BYTES = 8
PART_BYTES = 1 << 20


class Frames:
    """One end of a connection. One thread hears; close it in the end."""

    def __init__(self, connection: socket.socket) -> None:
        """`connection`: its own from now on."""
        self._socket = connection
        self._heard = bytearray()  # what has come so far of messages that were not given yet

    def say(self, message: bytes) -> None:
        """Pass a message on; waits while the other end does not listen. OSError where it is gone."""
        self._socket.settimeout(None)
        self._socket.sendall(len(message).to_bytes(LENGTH_BYTES))
        self._socket.sendall(message)

    def hear(self, wait_seconds: float | None) -> bytes | None:
        """The next message; None where it has not come whole and nothing comes for so long, however long it is.

        EOFError where the other end is gone, or OSError.
        """
        self._socket.settimeout(wait_seconds)
        while (message := self._whole()) is None:
            try:
                part = self._socket.recv(PART_BYTES)
            except (TimeoutError, BlockingIOError):
                return None
            if not part:
                raise EOFError("the other end is gone")
            self._heard += part
        return message

    def close(self) -> None:
        """The other end is told; again is harmless."""
        self._socket.close()

    def _whole(self) -> bytes | None:
        end = LENGTH_BYTES + int.from_bytes(self._heard[:LENGTH_BYTES])
        if len(self._heard) < max(LENGTH_BYTES, end):
            return None
        message = bytes(self._heard[LENGTH_BYTES:end])
        del self._heard[:end]
        return message
