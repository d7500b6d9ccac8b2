"""The board moves when something happens, for everybody who looks, and says so when it cannot."""

import pytest

from quotum.server.wording import LANGUAGES, words_of
from tests.browser.conftest import Open
from tests.browser.floor import Floor
from tests.browser.looking import hide, names, value, wait_for_first, wait_for_value


def test_a_row_moves_to_its_new_place_when_a_deal_is_won(floor: Floor, visit: Open) -> None:
    page = visit(floor.url)
    assert names(page)[-1] == "Lotte Hendriks"
    floor.win("moving-1", "r11", "20000000")
    page.wait_for_selector("tr.changed")
    wait_for_first(page, "Lotte Hendriks")
    assert page.locator("tr.changed .who").all_inner_texts() == ["Lotte Hendriks"]
    page.wait_for_selector("tr.changed", state="detached")
    assert value(page, "Lotte Hendriks").startswith("20,003,750")


def test_the_change_since_yesterday_and_the_pace_move_with_the_figure(floor: Floor, visit: Open) -> None:
    page = visit(f"{floor.url}/?me=7")
    row = page.locator("#board tbody tr", has_text="Esra")
    assert (row.locator(".change").inner_text(), row.locator(".status").inner_text()) == ("", "behind")
    assert page.get_by_role("link", name="Where does it stick?").is_visible()
    floor.win("change-1", "r4", "6500")
    row.locator(".change", has_text="+6,500").wait_for()
    assert row.locator(".status").inner_text() == "ahead"
    assert "Since yesterday" in page.locator("#board thead").inner_text()
    assert page.locator("#own-change").inner_text() == "Since yesterday +6,500"
    assert "5 working days left" in page.locator("#own-pace").inner_text()
    assert page.locator("#own-ask").is_hidden()
    floor.post(floor.event("deal.reopened", {"id": "change-1"}))
    row.locator(".change", has_text="+6,500").wait_for(state="detached")
    assert row.get_attribute("data-state") == "behind"


@pytest.mark.parametrize(
    ("query", "width", "height"),
    [("", 1280, 800), ("", 390, 844), ("?wall", 1920, 1080)],
    ids=["desk", "phone", "wall"],
)
def test_what_moved_since_has_a_heading_only_while_something_did(
    own_floor: Floor, visit: Open, query: str, width: int, height: int
) -> None:
    own_floor.people(["Anna", "Bas"])
    own_floor.win("old", "r0", "123456.78")
    own_floor.go_on("2026-11-24")
    page = visit(f"{own_floor.url}/{query}", viewport={"width": width, "height": height})
    heading, change = page.locator("#since"), page.locator("#board tbody .change >> nth=0")
    assert not heading.is_visible()
    assert not change.is_visible()
    own_floor.win("new", "r0", "5", "2026-11-24")
    change.filter(has_text="+5").wait_for()
    over, figures = heading.bounding_box(), page.locator("#board tbody td.value >> nth=0").bounding_box()
    assert over
    assert figures
    if query or width > 640:  # on a phone the changes stand in a line of their own
        assert over["x"] >= figures["x"] + figures["width"] - 1
    own_floor.post(own_floor.event("deal.reopened", {"id": "new"}))
    heading.wait_for(state="hidden")


def test_the_page_is_loaded_anew_at_the_hour_where_its_moment_is_one(floor: Floor, visit: Open) -> None:
    floor.win("hour-1", "r0", "1")
    page = visit("about:blank", live=False)
    page.clock.install()
    page.goto(f"{floor.url}/?period=today")
    assert "Since 10:00" in page.locator("#board thead").inner_text()
    page.evaluate("window.old = true")
    with page.expect_navigation():
        page.clock.fast_forward("01:00:30")
    assert page.evaluate("window.old") is None


def test_two_viewers_see_the_same(floor: Floor, visit: Open) -> None:
    one, other = visit(floor.url), visit(floor.url, locale="nl-NL")
    before = value(one, "Daan Bakker")
    floor.win("two-1", "r3", "100000")
    after = f"1{before.zfill(len('09,750'))}"
    wait_for_value(one, "Daan Bakker", after)
    wait_for_value(other, "Daan Bakker", after.translate(str.maketrans(",.", ".,")))
    assert names(one) == names(other)


def test_figures_that_moved_are_written_as_the_page_writes_them_anew(floor: Floor, visit: Open) -> None:
    for locale in ("nl-NL", "en-GB"):
        page = visit(floor.url, locale=locale)
        floor.win(f"same-{locale}", "r5", "1234.50")
        page.wait_for_selector("tr.changed")
        page.wait_for_selector("tr.changed", state="detached")
        moved, total = page.locator("#board tbody").inner_text(), page.locator("#total").inner_text()
        page.reload()
        assert page.locator("#board tbody").inner_text() == moved
        assert page.locator("#total").inner_text() == total


def test_the_browser_counts_up_in_figures_as_the_server_writes_them(floor: Floor, visit: Open) -> None:
    for locale in LANGUAGES:
        page = visit(floor.url, locale=locale)
        words = words_of(locale)
        for number in ("0", "7", "1234", "-1234.50", "1234567.89", "12000.00"):
            digits = len(number.partition(".")[2])
            shown = page.evaluate(
                "([n, digits]) => new Intl.NumberFormat(document.documentElement.lang,"
                " {minimumFractionDigits: digits, maximumFractionDigits: digits}).format(n)",
                [float(number), digits],
            )
            assert shown == words.figure(number)


def test_a_lost_connection_is_told_and_comes_back_by_itself(own_floor: Floor, visit: Open) -> None:
    own_floor.people(["Anna", "Bas"])
    own_floor.win("before", "r0", "100")
    page = visit(own_floor.url)
    own_floor.stop()
    page.wait_for_selector("#freshness[data-state=lost]")
    assert "Connection lost" in page.locator("#freshness").inner_text()
    assert value(page, "Anna") == "100"
    own_floor.start()
    own_floor.win("meanwhile", "r1", "300")
    page.wait_for_selector("#freshness[data-state=live]")
    wait_for_first(page, "Bas")
    assert page.locator("#celebration").is_hidden()


def test_figures_that_grew_old_while_nobody_looked_say_how_old_they_are(own_floor: Floor, visit: Open) -> None:
    own_floor.people(["Anna"])
    page = visit("about:blank", live=False)
    page.clock.install()
    page.goto(own_floor.url)
    page.wait_for_selector("#freshness[data-state=live]")
    hide(page, hidden=True)
    own_floor.stop()
    page.clock.fast_forward("00:04:10")
    hide(page, hidden=False)
    page.locator("#freshness", has_text="These figures are 4 min old").wait_for()


def test_who_may_look_no_longer_is_told_so_by_the_page_itself(floor: Floor, visit: Open) -> None:
    page = visit(floor.url)
    page.route("**/v1/stream*", lambda route: route.fulfill(status=401))
    page.route(f"{floor.url}/", lambda route: route.fulfill(status=401, body="<h1>Ask for a link</h1>"))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.get_by_role("heading", name="Ask for a link").wait_for()


def test_nothing_moves_where_less_motion_is_wanted(floor: Floor, visit: Open) -> None:
    page = visit(floor.url, reduced_motion="reduce")
    page.evaluate("() => { Element.prototype.animate = () => { window.moved = true; }; }")
    floor.win("calm", "r8", "500000")
    page.wait_for_selector("tr.changed")
    assert value(page, "Ivo Dekker").startswith("506,000")
    assert page.evaluate("window.moved") is None


def test_the_page_is_loaded_anew_after_midnight(floor: Floor, visit: Open) -> None:
    page = visit("about:blank", live=False)
    page.clock.install()
    page.goto(floor.url)
    page.evaluate("window.old = true")
    with page.expect_navigation():
        page.clock.fast_forward("14:00:00")
    assert page.evaluate("window.old") is None
