"""People's numbers from the server that owns their vault, for a gateway that does not.

A number is for good, so what was learned is kept, and most batches ask nobody.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from streams.books import UnavailableError
from streams.texts import Told
from streams.vault import Kind
from streams.vault_file import VaultError

LEARNED_MOST = 200_000
PARTIES_AT_ONCE, TEXTS_AT_ONCE = 1_000, 100  # as many as the owner answers for in one request
ANSWER_SECONDS = 10
SERVER_ERRORS, TOO_MANY = 500, 429
T = TypeVar("T")
Party = tuple[str, Kind, str]  # namespace, kind, id


class RemotePeople:
    """Asks the owner of the vault for what it does not know. Any thread may."""

    def __init__(self, owner: str, key: str = "") -> None:
        """`owner`: the server's address; `key`: one with the scope write, where it wants one."""
        self._owner = owner.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._learned: dict[Party, tuple[int, str | None]] = {}  # number, and the name that was told last

    def numbered(self, namespace: str, kind: Kind, parties: Mapping[str, str | None]) -> dict[str, int]:
        """The numbers of parties by their ids, and the names told put away; UnavailableError if nobody answers."""
        found: dict[str, int] = {}
        unknown: dict[str, str | None] = {}
        for id_, name in parties.items():
            number, told = self._learned.get((namespace, kind, id_), (None, None))
            if number is None or (name and name != told):
                unknown[id_] = name
            else:
                found[id_] = number
        for some in _at_once(list(unknown.items()), PARTIES_AT_ONCE):
            found |= self._learn(namespace, kind, dict(some))
        return found

    def kept(self, told: Sequence[Told]) -> list[str]:
        """Put free texts away; the references that stand for them. UnavailableError if nobody answers."""
        return [reference for some in _at_once(told, TEXTS_AT_ONCE) for reference in self._keep(some)]

    def _learn(self, namespace: str, kind: Kind, unknown: Mapping[str, str | None]) -> dict[str, int]:
        told = {"namespace": namespace, "kind": kind, "parties": unknown}
        numbers = _numbers(self._owner, self._ask("/v1/people", told), unknown)
        if len(self._learned) + len(numbers) > LEARNED_MOST:
            self._learned.clear()
        self._learned |= {(namespace, kind, id_): (number, unknown[id_]) for id_, number in numbers.items()}
        return numbers

    def _keep(self, told: Sequence[Told]) -> list[str]:
        answer = self._ask("/v1/texts", {"texts": [one._asdict() for one in told]})
        match answer:
            case {"references": [*references]} if len(references) == len(told):
                return references
        raise _odd(self._owner)

    def _ask(self, path: str, told: Mapping[str, Any]) -> object:
        request = Request(self._owner + path, json.dumps(told).encode(), self._headers)  # noqa: S310 (http or https)
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            if error.code >= SERVER_ERRORS or error.code == TOO_MANY:
                raise UnavailableError(f"the owner of the vault at {self._owner} answers {error.code}") from error
            raise VaultError(f"the owner of the vault at {self._owner} refuses: {_detail(error)}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise UnavailableError(f"the owner of the vault at {self._owner} does not answer") from error


def _at_once(these: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    for first in range(0, len(these), most):
        yield these[first : first + most]


def _numbers(owner: str, answer: object, asked: Collection[str]) -> dict[str, int]:
    match answer:
        case {"numbers": dict(numbers)} if numbers.keys() == set(asked):
            return numbers
    raise _odd(owner)


def _odd(owner: str) -> VaultError:
    return VaultError(f"who answers at {owner} does not own a vault: give the address of `quotum serve --broker`")


def _detail(error: HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, LookupError, TypeError):
        return f"{error.code} {error.reason}"
