"""A figure opens into what it is made of, and each part into all that was said about it."""

import httpx2 as httpx

from tests.browser.conftest import Open
from tests.browser.floor import Floor


def test_a_figure_opens_by_keyboard_into_parts_that_add_up_to_it(own_floor: Floor, visit: Open) -> None:
    own_floor.people(["Anna", "Bas"])
    for number, euros in enumerate(("1000", "250.50", "3000")):
        own_floor.win(f"deal-{number}", "r0", euros)
    own_floor.post(own_floor.event("deal.reopened", {"id": "deal-2"}))
    page = visit(own_floor.url)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#why")
    assert page.locator(".answer").inner_text() == "€1,250.50"
    moved = [float(text.replace(",", "")) for text in page.locator(".moved").all_inner_texts()]
    assert moved == [-3000, 3000, 250.5, 1000]
    assert page.locator("#why tbody tr >> nth=0").locator("td >> nth=1").inner_text() == "1,250.50"
    assert "corrected: the deal of 23 Nov no longer counts" in page.locator("#why tbody tr >> nth=0").inner_text()
    page.get_by_role("link", name="Anna wins a deal: €3,000").click()
    page.wait_for_selector("#events")
    assert page.locator("#events tbody tr").count() == 3
    page.get_by_role("link", name="Back to the figure").click()
    page.wait_for_selector("#why")
    assert page.locator(".answer").inner_text() == "€1,250.50"
    page.go_back()
    board = page.get_by_role("link", name="Back to the board").get_attribute("href")
    assert board == "/?metric=revenue&period=2026-11"
    assert "urn:floor" in page.locator("#events").inner_text()


def test_who_is_behind_reads_the_question_before_the_figure(floor: Floor, visit: Open) -> None:
    page = visit(f"{floor.url}/why?metric=revenue&period=2026-11&by=rep&key=EUR/7", live=False, locale="nl-NL")
    asked, share = page.get_by_role("heading", name="Waar loopt het vast?"), page.locator(".pace")
    assert asked.bounding_box()["y"] < share.bounding_box()["y"]  # type: ignore[index]
    card = visit(f"{floor.url}/?me=7")
    assert card.locator("#own-ask").bounding_box()["y"] < card.locator("#own-pace").bounding_box()["y"]  # type: ignore[index]


def test_many_parts_are_shown_page_by_page(own_floor: Floor, visit: Open) -> None:
    own_floor.people(["Anna"])
    calls = [own_floor.event("call.logged", {"id": f"c{n}", "rep": "r0", "day": "2026-11-02"}) for n in range(60)]
    own_floor.post(*calls)
    page = visit(own_floor.url)
    page.locator("#board .value a").click()
    page.wait_for_selector("#why")
    assert (page.locator(".answer").inner_text(), page.locator("#why tbody tr").count()) == ("60 calls", 50)
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**page=2")
    assert page.locator("#why tbody tr").count() == 10
    assert page.locator("#why tbody tr >> nth=-1").locator("td >> nth=1").inner_text() == "1"


def test_what_is_not_there_is_answered_with_a_page(floor: Floor, visit: Open) -> None:
    for path, status in (("/why?metric=revenue&period=2026-11&key=EUR/999", 404), ("/why?metric=x&period=y", 422)):
        assert httpx.get(floor.url + path).status_code == status
    assert httpx.get(f"{floor.url}/events/deal:nothing").status_code == 404
    page = visit(f"{floor.url}/events/deal:nothing", live=False)
    assert page.get_by_role("link", name="To the board").is_visible()
