"""Pages of Markdown as tests read them."""

import re


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^(#+) {re.escape(heading)}$\n(.*?)(?=^#{{2,3}} |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[2]


def rows(text: str) -> list[list[str]]:
    """The rows of its tables that begin with a name."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
