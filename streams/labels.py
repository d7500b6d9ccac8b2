"""Labels that tell people apart: two of one name would be one row to whoever reads a board."""

from collections.abc import Mapping


def distinct(plain: Mapping[int, str]) -> dict[int, str]:
    """`plain` with suffixes where labels are equal, in the order given."""
    reserved = set(plain.values())
    seen: dict[str, int] = {}
    labels: dict[int, str] = {}
    for number, label in plain.items():
        count = seen.get(label, 0) + 1
        while count > 1 and f"{label} ({count})" in reserved:
            count += 1
        seen[label] = count
        labels[number] = label if count == 1 else f"{label} ({count})"
        reserved.add(labels[number])
    return labels
