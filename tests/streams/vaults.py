"""Vaults in tests: where their programs run, and every byte that one has left."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def bytes_around(path: Path) -> bytes:
    """Every byte of the vault's file and of the journals beside it."""
    return b"\n".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))
