"""What docs/kafka.md shows over a broker does what the page says, on a real one."""

import re
from pathlib import Path

from tests.docs_runner import ROOT, blocks, run_page

OVER_A_BROKER = "<!-- not run: needs a broker; tests/kafka/test_page.py runs it on one -->\n"


def test_the_page_about_kafka_does_what_it_says_over_a_broker(broker: str, prefix: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "kafka.md").read_text(encoding="utf-8")
    assert OVER_A_BROKER in page
    page = page.replace(OVER_A_BROKER, "")
    page = page.replace("--broker 127.0.0.1:9092", f"--broker {broker} --prefix {prefix}").replace(
        "127.0.0.1:9092", broker
    )
    page = re.sub(r"\bquotum\.(?=events)", f"{prefix}.", page)
    assert len([block for block in blocks(page) if not block.not_run]) == 3
    assert run_page(page, tmp_path / "page", None) == []
