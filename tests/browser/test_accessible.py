"""axe finds nothing to complain about, on any page, in any of its forms."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types

from tests.browser.conftest import Open
from tests.browser.floor import Floor

SCREENS = {
    "phone": ("", {"width": 390, "height": 844}),
    "desk": ("", {"width": 1280, "height": 800}),
    "wall": ("&wall", {"width": 1920, "height": 1080}),
}
PAGES = {
    "board": "/?me=7",
    "nothing": "/?period=2020-01",
    "unknown": "/?metric=nonsense",
    "nowhere": "/nowhere?",
    "api": "/docs?",
    "why": "/why?metric=revenue&period=2026-11&by=rep&key=EUR/3",
    "behind": "/why?metric=revenue&period=2026-11&by=rep&key=EUR/7",
    "events": "/events/deal:seed-0?",
}


@pytest.mark.parametrize(("locale", "scheme"), list(product(["nl-NL", "en-GB"], ["light", "dark"])))
def test_no_page_has_a_fault_that_axe_finds(floor: Floor, visit: Open, locale: str, scheme: str) -> None:
    page = visit("about:blank", live=False, locale=locale, color_scheme=scheme, reduced_motion="reduce")
    for (name, path), (screen, (query, viewport)) in product(PAGES.items(), SCREENS.items()):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.goto(f"{floor.url}{path}{query}")
        if name in ("board", "nothing"):
            page.wait_for_selector("#freshness[data-state=live]")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} on a {screen}: {found.generate_report()}"


def test_an_empty_floor_has_no_fault_that_axe_finds(own_floor: Floor, visit: Open) -> None:
    page = visit(own_floor.url, locale="nl-NL")
    assert page.get_by_text("quotum demo").is_visible()
    assert Axe().run(page).violations_count == 0
