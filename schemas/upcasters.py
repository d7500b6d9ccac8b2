"""How an event of an older version is read as one of today's: a map from version to version, applied in a chain.

The log is never rewritten. When `quotum.deal.won.v2` comes, `UPCASTERS` gets a line from v1 to v2 here and everything
above reads v2 only.
"""

from collections.abc import Callable, Mapping
from typing import Any

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Mapping[str, tuple[str, Upcaster]] = {}  # old type -> (next type, its data from the old data)


def upcast(
    kind: str, data: dict[str, Any], upcasters: Mapping[str, tuple[str, Upcaster]] = UPCASTERS
) -> tuple[str, dict[str, Any]]:
    """The present type and data of an event of any version; one that is already present comes back as it is."""
    while kind in upcasters:
        kind, change = upcasters[kind]
        data = change(data)
    return kind, data
