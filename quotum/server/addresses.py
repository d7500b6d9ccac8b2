"""What may stand in an address: ids as sources give them, with slashes and line ends in them.

Import it where an address is described as `{name:whole}`.
"""

from starlette.convertors import Convertor, register_url_convertor


class Whole(Convertor[str]):
    """The rest of an address, whatever it is. Starlette's own `path` ends at a line end, so its answer would be 404."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """As it came."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("whole", Whole())
