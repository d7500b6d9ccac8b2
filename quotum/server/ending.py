"""What is still under way as a process ends is refused in words, so that whoever sent it sends it again.

After its grace the server cancels such requests, and left alone it answers each with a bare 500 and tells a traceback.
"""

import asyncio

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quotum.server.problems import unavailable
from streams.books import ENDING, UnavailableError


def install(app: FastAPI) -> None:
    """Have an application refuse whatever is cancelled before its answer has begun: 503, and when to send it again."""
    app.add_middleware(_Refusing)


class _Refusing:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:
            if has_begun:
                raise
            # Nothing waits for this task but the end of the process, which comes with its answer.
            await unavailable(UnavailableError(ENDING))(scope, receive, send)
