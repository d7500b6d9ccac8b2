"""The page is for everybody: in their language, on their screen, by keyboard, without script, with any name."""

import httpx2 as httpx
import pytest

from tests.browser.conftest import Open
from tests.browser.floor import Floor
from tests.browser.looking import WITHOUT_SCROLL, names

LARGEST_PAGE_BYTES = 100_000
HOSTILE = (
    "<script>document.title = 'taken'</script>",
    "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}\N{HEBREW LETTER GIMEL} רותי",
    "\N{PARTY POPPER} Party",
    "X" * 120,
    "{who} %(who)s {{ 7 * 7 }}",
    "'\"&amp;",
)


def test_the_browser_chooses_the_language_and_a_choice_is_kept(floor: Floor, visit: Open) -> None:
    page = visit(floor.url, locale="nl-NL")
    assert page.locator("html").get_attribute("lang") == "nl"
    assert "Omzet" in page.locator("h1").inner_text()
    page.get_by_role("link", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert "language=" not in page.url
    page.goto(f"{floor.url}/?period=this-year")
    assert page.locator("h1").inner_text().startswith("Revenue")


@pytest.mark.parametrize(
    ("width", "height"),
    [(320, 568), (360, 780), (390, 844), (640, 400), (768, 1024), (850, 600), (1000, 700), (1280, 800), (2560, 1200)],
)
def test_no_screen_needs_to_be_scrolled_sideways(floor: Floor, visit: Open, width: int, height: int) -> None:
    for locale in ("nl-NL", "en-GB"):
        page = visit(f"{floor.url}/?me=7", locale=locale, viewport={"width": width, "height": height})
        assert page.evaluate(WITHOUT_SCROLL)
        page.locator("summary").evaluate("e => { e.parentElement.open = true; }")
        assert page.evaluate(WITHOUT_SCROLL)


def test_a_phone_shows_ones_own_place_first_in_large_type_with_room_for_a_thumb(floor: Floor, visit: Open) -> None:
    page = visit(f"{floor.url}/?me=5", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    own = page.locator("#own-value")
    assert own.bounding_box()["y"] < page.locator("select").first.bounding_box()["y"]  # type: ignore[index]
    assert own.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 40
    small = page.evaluate(
        "[...document.querySelectorAll('main *, header *')].filter(e => e.checkVisibility() && e.innerText?.trim()"
        " && e.clientHeight > 1 && parseFloat(getComputedStyle(e).fontSize) < 16).map(e => e.outerHTML.slice(0, 80))"
    )
    assert small == []
    low = page.evaluate(
        "[...document.querySelectorAll('a:not(.skip), button, select, label.switch')].filter(e => e.checkVisibility())"
        ".filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"
    )
    assert low == []


def test_a_wall_shows_ten_rows_large_without_scroll_bars_or_cursor(floor: Floor, visit: Open) -> None:
    page = visit(f"{floor.url}/?wall", viewport={"width": 1920, "height": 1080})
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    assert page.locator("h1").evaluate(size) >= 72
    assert page.locator(".who bdi >> nth=0").evaluate(size) >= 40
    assert page.locator(".value a >> nth=0").evaluate(size) >= 56
    shown = page.locator("#board tbody tr:visible")
    assert shown.count() == 10
    bottom = shown.last.bounding_box()
    assert bottom
    assert bottom["y"] + bottom["height"] <= 1080
    assert page.evaluate("getComputedStyle(document.body).cursor") == "none"
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight && " + WITHOUT_SCROLL)


def test_a_million_is_short_on_a_wall_and_a_phone_and_exact_to_who_asks(own_floor: Floor, visit: Open) -> None:
    own_floor.people(["Anna", "Bas"])
    own_floor.win("one", "r0", "999000")
    page = visit(f"{own_floor.url}/?wall&me=3", locale="nl-NL", viewport={"width": 1920, "height": 1080})
    link = page.locator("#board .value a >> nth=0")
    shown = "e => getComputedStyle(e, '::after').content.split('/')[0].trim()"
    assert link.evaluate(shown) == "none"
    own_floor.win("two", "r0", "234567.50")
    page.wait_for_selector("#board .value a[data-short]")
    assert link.evaluate(shown) == '"1,2\N{NO-BREAK SPACE}mln"'
    assert link.get_attribute("title") == "€\N{NO-BREAK SPACE}1.233.567,50"
    page.get_by_role("link", name="1.233.567,50", exact=True).wait_for()
    for size, short in (({"width": 390, "height": 844}, True), ({"width": 1280, "height": 800}, False)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(f"{own_floor.url}/?me=3")
        for element in ("#own-value", "#total", "#board .value a >> nth=0"):
            assert (page.locator(element).evaluate(shown) != "none") is short


def test_who_has_no_target_is_told_so_where_others_have_one_and_how_to_set_one(floor: Floor, visit: Open) -> None:
    page = visit(floor.url, locale="nl-NL")
    row = page.locator("#board tbody tr", has_text="Koen Peters")
    assert row.locator(".status").inner_text() == "geen target"
    assert row.locator(".bar svg").is_hidden()
    assert page.get_by_role("columnheader", name="van target").is_visible()
    assert page.locator("#board tbody tr", has_text="Anna de Vries").locator(".bar svg").is_visible()
    assert "quotum target set revenue 2026-11 WAARDE --rep NAAM" in page.locator(".lacking").inner_text()
    team = visit(f"{floor.url}/?team=1")
    assert team.locator("#board tbody tr", has_text="Anna de Vries").locator(".done").inner_text().endswith("%")


def test_columns_are_chosen_without_script_and_stay_chosen(floor: Floor, visit: Open) -> None:
    page = visit(floor.url, live=False, java_script_enabled=False)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("Team", exact=True).last.check()
    page.get_by_label("Bar").uncheck()
    page.locator(".columns button").click()
    page.wait_for_url(lambda url: "column" not in url)
    assert page.locator("#board tbody tr", has_text="Bas Jansen").locator(".team").inner_text() == "Zuid"
    assert page.locator("#board .bar").count() == 0
    page.goto(f"{floor.url}/?period=this-week")
    assert page.locator("#board .bar").count() == 0


def test_a_wall_tells_what_happened_in_whole_lines_only(own_floor: Floor, visit: Open) -> None:
    own_floor.people([f"{'Maximiliaan-Alexander ' * 3}{number}" for number in range(6)])
    for number in range(6):
        own_floor.win(f"whole-{number}", f"r{number}", "1000")
    page = visit(f"{own_floor.url}/?wall", viewport={"width": 1920, "height": 1080})
    feed = page.locator("#feed").bounding_box()
    assert feed
    boxes = [line.bounding_box() for line in page.locator("#feed li").all()]
    seen = [box for box in boxes if box and box["x"] < feed["x"] + feed["width"]]
    assert 0 < len(seen) < len(boxes)
    assert max(box["y"] + box["height"] for box in seen) <= min(1080, feed["y"] + feed["height"] + 1)


def test_a_long_name_of_a_team_leaves_the_choices_in_a_row(own_floor: Floor, visit: Open) -> None:
    own_floor.post(
        own_floor.event("team.formed", {"team": "t", "name": "Noordwest en de eilanden " * 5, "region": "NL"})
    )
    own_floor.people(["Anna"], teams=1)
    page = visit(own_floor.url)
    assert page.locator("select[name=team]").bounding_box()["width"] <= 260  # type: ignore[index]


def test_a_name_that_runs_from_right_to_left_stands_where_the_others_do_on_a_wall(
    own_floor: Floor, visit: Open
) -> None:
    own_floor.people([HOSTILE[1], "Anna"])
    own_floor.win("one", "r0", "100")
    page = visit(f"{own_floor.url}/?wall", viewport={"width": 1920, "height": 1080})
    assert page.locator(".who bdi >> nth=0").evaluate("e => getComputedStyle(e).textAlign") == "left"


def test_a_long_title_of_the_figures_takes_two_lines_at_most(floor: Floor, visit: Open) -> None:
    page = visit(f"{floor.url}/?metric=cycle_days_median", locale="nl-NL")
    lines = page.locator("th.value").evaluate(
        "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length; }"
    )
    assert lines <= 2


def test_a_wall_turns_its_pages(floor: Floor, visit: Open) -> None:
    page = visit("about:blank", live=False, viewport={"width": 1920, "height": 1080})
    page.clock.install()
    page.goto(f"{floor.url}/?wall")
    page.wait_for_selector("html.turning")
    first = page.locator("#board tbody tr:visible").count()
    page.clock.fast_forward(12_500)
    page.wait_for_function("document.querySelector('#turn').innerText.startsWith('2')")
    assert (first, page.locator("#board tbody tr:visible").count()) == (10, len(names(page)) - 10)


def test_everything_can_be_done_by_keyboard(floor: Floor, visit: Open) -> None:
    page = visit(floor.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator("#board tbody .value a >> nth=1")
    assert second.evaluate("e => e === document.activeElement")
    page.get_by_text("Columns", exact=True).focus()
    page.keyboard.press("Enter")
    assert page.get_by_label("Bar").is_visible()
    page.keyboard.press("Escape")
    assert page.get_by_label("Bar").is_hidden()
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("visser")
    assert page.locator("#board tbody tr:visible").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#board tbody tr:visible").count() == len(names(page))


def test_without_script_everything_is_there_to_read(floor: Floor, visit: Open) -> None:
    page = visit(floor.url, live=False, java_script_enabled=False)
    assert "Revenue" in page.locator("h1").inner_text()
    assert page.locator("#board tbody tr").count() >= 12
    assert page.get_by_text("This page shows how things stood").is_visible()
    assert page.get_by_role("button", name="Show").is_visible()


def test_names_are_only_names(own_floor: Floor, visit: Open) -> None:
    own_floor.people(HOSTILE)
    own_floor.win("one", "r0", "100")
    page = visit(own_floor.url)
    own_floor.win("two", "r0", "50")
    own_floor.win("three", "r4", "500")
    page.locator("#celebration", has_text=HOSTILE[4]).wait_for()
    assert set(names(page)) == set(HOSTILE)
    assert page.title().startswith("Revenue")
    assert page.evaluate(WITHOUT_SCROLL)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate(WITHOUT_SCROLL)


def test_no_request_leaves_for_another_host_and_the_page_is_small(floor: Floor, visit: Open) -> None:
    page = visit("about:blank", live=False)
    asked: list[str] = []
    sizes: list[int] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: sizes.append(len(answer.body())) if "/stream" not in answer.url else None)
    page.goto(floor.url)
    page.wait_for_selector("#freshness[data-state=live]")
    assert all(url.startswith(floor.url) for url in asked)
    assert 0 < sum(sizes) < LARGEST_PAGE_BYTES


def test_an_unknown_figure_or_period_is_answered_with_a_page_that_helps(floor: Floor, visit: Open) -> None:
    for query in ("metric=nonsense", "period=2026-13", "team=x"):
        assert httpx.get(f"{floor.url}/?{query}").status_code == 422
    page = visit(f"{floor.url}/?metric=nonsense", live=False, locale="nl-NL")
    page.get_by_role("link", name="Naar de ranglijst").click()
    page.wait_for_selector("#board")
