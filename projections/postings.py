"""Postings: what an entity counts for, line by line, so that figures are sums and a change is a difference.

A posting is never changed. What counts for something else from now on is posted as what has to be added to get there.
"""

from collections.abc import Sequence

Dims = tuple[str, str, str, str, str, int | None]  # campaign, product, kind, customer, currency, days of a duration
Line = tuple[str, str, int, int, int | None, Dims]  # metric, basis, rep, day, instant in microseconds, dims
Posting = tuple[str, Line, int]  # entity, line, signed amount
Lines = Sequence[Posting]  # what one entity counts for: no line twice, none of nothing
Cell = tuple[int, int, str, str, Dims]  # rep, day, metric, basis, dims


def add_lines(cells: dict[Cell, int], own: Lines) -> None:
    """Add lines to cells: the entity and the instant fall away, since a figure is by day."""
    for _, (metric, basis, rep, day, _, dims), amount in own:
        cell = (rep, day, metric, basis, dims)
        cells[cell] = cells.get(cell, 0) + amount


def differences(before: Lines, after: Lines) -> Lines:
    """What to add to get from what an entity counted for to what it counts for."""
    same = len(before)
    if after[:same] == before:  # what most events do: nothing, or one thing more
        return after[same:]
    changes = {(entity, line): -amount for entity, line, amount in before}
    for entity, line, amount in after:
        changes[entity, line] = changes.get((entity, line), 0) + amount
    return [(entity, line, amount) for (entity, line), amount in changes.items() if amount]
