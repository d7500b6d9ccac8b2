"""A win is celebrated once, and taken back quietly."""

import pytest

from tests.browser.conftest import Open
from tests.browser.floor import TODAY, Floor
from tests.browser.looking import hide


def test_a_win_is_celebrated_once_and_not_again_after_a_reload(floor: Floor, visit: Open) -> None:
    page = visit(floor.url)
    assert page.locator("#celebration").is_hidden()
    floor.win("party-1", "r0", "4500")
    page.locator("#celebration", has_text="Anna de Vries wins a deal: €4,500").wait_for()
    page.reload()
    page.wait_for_selector("#freshness[data-state=live]")
    page.locator("#feed", has_text="Anna de Vries wins a deal: €4,500").wait_for()
    assert page.locator("#celebration").is_hidden()
    floor.post(floor.event("deal.amended", {"id": "party-1", "product": "GTX"}))
    page.locator("#feed li >> nth=0").filter(has_text="corrected").wait_for()
    assert page.locator("#celebration").is_hidden()


@pytest.mark.parametrize(
    ("query", "width", "height"),
    [("", 1280, 800), ("", 390, 844), ("?wall", 1920, 1080)],
    ids=["desk", "phone", "wall"],
)
@pytest.mark.parametrize("who", ["Anna", "Maximiliaan-Alexander " * 5], ids=["short", "long"])
def test_a_celebration_covers_no_figure(
    own_floor: Floor, visit: Open, query: str, width: int, height: int, who: str
) -> None:
    own_floor.people([who, *(f"Rep {number}" for number in range(11))])
    page = visit(f"{own_floor.url}/{query}", viewport={"width": width, "height": height}, reduced_motion="reduce")
    own_floor.win("covers", "r0", "4500")
    party = page.locator("#celebration", has_text="€4,500")
    party.wait_for()
    box, heading = party.bounding_box(), page.locator("main h1").bounding_box()
    assert box
    assert heading
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= heading["y"] + 1


def test_a_win_that_is_undone_is_withdrawn_quietly(floor: Floor, visit: Open) -> None:
    page = visit(floor.url, locale="nl-NL")
    floor.win("party-2", "r1", "700")
    page.locator("#celebration", has_text="Bas Jansen wint een deal: € 700").wait_for()
    floor.post(floor.event("deal.reopened", {"id": "party-2"}))
    page.locator("#celebration", has_text="Bas Jansen wint een deal").wait_for(state="hidden")
    assert "gecorrigeerd: deal van 23 nov telt niet meer" in page.locator("#feed").inner_text()
    floor.post(floor.event("deal.won", {"id": "party-2", "rep": "r1", "day": TODAY}))
    page.locator("#feed li[data-kind=win] >> nth=0").wait_for()
    assert page.locator("#celebration").is_hidden()


def test_an_old_win_that_is_told_late_is_no_news_to_celebrate(floor: Floor, visit: Open) -> None:
    page = visit(floor.url)
    floor.win("party-3", "r2", "99", "2026-11-03")
    page.locator("#feed", has_text="€99").wait_for()
    assert page.locator("#celebration").is_hidden()


def test_a_win_that_came_while_nobody_looked_is_celebrated_once_the_page_is_shown_again(
    floor: Floor, visit: Open
) -> None:
    page = visit(floor.url)
    hide(page, hidden=True)
    floor.win("away-1", "r6", "4321")
    hide(page, hidden=False)
    page.locator("#celebration", has_text="Gijs Mulder wins a deal: €4,321").wait_for()
    hide(page, hidden=True)
    page.reload()
    page.wait_for_selector("#freshness[data-state=live]")
    hide(page, hidden=True)
    hide(page, hidden=False)
    floor.post(floor.event("deal.amended", {"id": "away-1", "product": "GTX"}))
    page.locator("#feed li >> nth=0").filter(has_text="corrected").wait_for()
    assert page.locator("#celebration").is_hidden()


def test_a_win_that_came_long_ago_while_nobody_looked_is_only_told(floor: Floor, visit: Open) -> None:
    other, page = visit(floor.url), visit("about:blank", live=False)
    page.clock.install()
    page.goto(floor.url)
    page.wait_for_selector("#freshness[data-state=live]")
    hide(page, hidden=True)
    floor.win("away-2", "r6", "8765")
    other.locator("#feed", has_text="€8,765").wait_for()  # the server tells it to all who come
    page.clock.fast_forward("00:11:00")
    hide(page, hidden=False)
    page.locator("#feed", has_text="€8,765").wait_for()
    assert page.locator("#celebration").is_hidden()
