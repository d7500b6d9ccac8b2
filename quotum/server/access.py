"""Who may do what. On loopback everybody on the machine may; beyond it a key says who one is and what one may."""

from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import Request

Scope = Literal["read", "write", "correct"]


def may(scope: Scope) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets a request by if it may do this."""

    async def check(request: Request) -> None:
        await request.app.state.access.check(request, scope)

    return check


class OpenAccess:
    """Everybody may do everything: for loopback alone."""

    async def check(self, request: Request, scope: Scope) -> None:
        """Let it by."""
