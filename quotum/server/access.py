"""Who may do what. On loopback everybody on this machine may; beyond it a key says what one may.

Loopback alone is not enough against a page in somebody's browser: it can be made to ask a server on the same machine.
So a request must name this server as its host, and one that changes something must not come from another site's page.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.routing import APIRoute

from quotum.server.limits import Limits
from quotum.server.problems import Fault, ProblemError
from schemas.wire import SHOWN, near
from streams.keys import Key, Keys, Scope

COOKIE = "quotum_key"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
BEARER = {"WWW-Authenticate": "Bearer"}


class Access(Protocol):
    """Decides whether a request is let by."""

    async def check(self, request: Request, scope: Scope) -> None:
        """ProblemError if it may not do this."""


def may(scope: Scope) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets a request by if it may do this."""

    async def check(request: Request) -> None:
        access: Access = request.app.state.access
        await access.check(request, scope)
        _refuse_unknown(request)

    return check


def _refuse_unknown(request: Request) -> None:
    """A parameter that an address of the API does not know is a slip: the answer would be to something else."""
    route = request.scope.get("route")
    if not request.url.query or not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    told = request.app.openapi()["paths"][route.path_format][request.method.lower()]
    known = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
    faults = [
        Fault(field=name[:SHOWN], fault="is no parameter here", remedy=_instead(name, known))
        for name in dict.fromkeys(request.query_params)
        if name not in known
    ]
    if faults:
        detail = "; ".join(f"{one.field}: {one.fault}: {one.remedy}" for one in faults)
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults)


def _instead(name: str, known: Sequence[str]) -> str:
    there = f" (there are {', '.join(known)})" if known else ""
    return (near(name, known, 1).removeprefix(": ") or "leave it out") + there


def key_of(request: Request) -> str | None:
    """The name of the key that a request was let by with; None where none is needed."""
    key: Key | None = getattr(request.state, "key", None)
    return key.name if key else None


class LoopbackAccess:
    """Everybody on this machine may do everything; pages of other sites may not."""

    def __init__(self, limits: Limits) -> None:
        """`limits`: how many requests a caller may make."""
        self._limits = limits

    async def check(self, request: Request, scope: Scope) -> None:
        """Let by who comes from this machine and for itself."""
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host not in LOOPBACK_NAMES:
            detail, remedy = "this server answers on this machine alone", "ask http://127.0.0.1, not another name"
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"{detail}: {remedy}",
                [Fault(field="Host", fault=detail, remedy=remedy)],
            )
        _refuse_other_sites(request, scope)
        self._limits.count("loopback")


class KeyAccess:
    """Who has a key may do what the key says; a page may read by a cookie that a link has set."""

    def __init__(self, keys: Keys, limits: Limits) -> None:
        """`limits`: how many requests a key may make."""
        self._keys = keys
        self._limits = limits

    async def check(self, request: Request, scope: Scope) -> None:
        """Let by who has a key for this."""
        self._limits.count(request.client.host if request.client else "unknown")
        key = self._key(request, scope)
        if key is None:
            detail, remedy = "a key is needed", "send `Authorization: Bearer ...` with one made by `quotum key new`"
            fault = Fault(field="Authorization", fault=detail, remedy=remedy)
            raise ProblemError(HTTPStatus.UNAUTHORIZED, f"{detail}: {remedy}", [fault], BEARER)
        if scope not in key.scopes:
            detail, remedy = f"the key {key.name!r} may not {scope}", f"make one with --scope {scope}"
            fault = Fault(field="Authorization", fault=detail, remedy=remedy)
            raise ProblemError(HTTPStatus.FORBIDDEN, f"{detail}: {remedy}", [fault])
        self._limits.count(f"key {key.name}")
        request.state.key = key

    def _key(self, request: Request, scope: Scope) -> Key | None:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._keys.find(secret.strip())
        _refuse_other_sites(request, scope)
        cookie = request.cookies.get(COOKIE, "")
        return self._keys.find(cookie) if cookie and scope == "read" else None


def _refuse_other_sites(request: Request, scope: Scope) -> None:
    """A browser says which site's page sends a request; other sites' pages change nothing here."""
    origin = request.headers.get("origin")
    if scope != "read" and origin and urlsplit(origin).netloc != request.headers.get("host"):
        detail, remedy = "a page of another site may not change anything here", "ask from this server's own address"
        raise ProblemError(HTTPStatus.FORBIDDEN, detail, [Fault(field="Origin", fault=detail, remedy=remedy)])
