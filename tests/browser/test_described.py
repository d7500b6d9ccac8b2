"""The page of the API is all there without the internet."""

import pytest

from tests.browser.conftest import Open
from tests.browser.floor import Floor


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_the_api_asks_no_other_host_for_anything(floor: Floor, visit: Open, scheme: str) -> None:
    page = visit("about:blank", live=False, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{floor.url}/docs", wait_until="networkidle")
    assert page.locator("h3", has_text="GET /v1/boards/{metric}/{period}").is_visible()
    assert {url for url in asked if not url.startswith(floor.url)} == set()
    assert len(asked) > 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
