"""Takes the pictures of pages in docs/pictures: `python -m tests.browser.screenshots [FOLDER]`, or `make pictures`.

With a folder, it also takes those that nobody needs to see but who works on the pages: 3 and 1,000 people, long names,
negative figures, nothing, a lost connection.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import REMEDY, chromium_path, launched
from tests.browser.floor import TODAY, YESTERDAY, Floor, seeded

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
DESK, PHONE, WALL = (1280, 800), (390, 844), (1920, 1080)
LIVE = "#freshness[data-state=live]"


def busy(floor: Floor) -> Floor:
    """A floor on a good Monday, begun on the Sunday before: figures, targets, activity, a win taken back."""
    seeded(floor)
    floor.win("picture-0", "r7", "2750", "2026-11-03")
    floor.go_on()
    for number, (rep, euros) in enumerate([("r2", "3200"), ("r5", "1850"), ("r1", "4500")]):
        floor.post(floor.event("call.logged", {"id": f"picture-{number}", "rep": rep, "day": TODAY}))
        floor.post(floor.event("offer.sent", {"id": f"picture-{number}", "rep": rep, "day": TODAY}))
        floor.win(f"picture-{number + 1}", rep, euros)
    floor.post(floor.event("deal.reopened", {"id": "picture-0"}))
    return floor


class Camera:
    """Takes pictures of pages into a folder."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        """`folder`: made if it is not there."""
        self._browser = browser
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(  # noqa: PLR0913 (each is something that a picture shows)
        self,
        name: str,
        url: str,
        size: tuple[int, int] = DESK,
        *,
        dutch: bool = False,
        dark: bool = False,
        ready: str = LIVE,
        before: Callable[[Page], Any] | None = None,
    ) -> None:
        """A picture of an address, once it is ready."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="nl-NL" if dutch else "en-GB",
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            device_scale_factor=0.5 if size == WALL else 1,
        )
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector(ready)
        if before:
            before(page)
        page.screenshot(path=self._folder / f"{name}.png")
        context.close()


def documented(camera: Camera, floor: Floor) -> None:
    """The pictures in docs/pictures."""
    camera.take("board-desk-en", floor.url)
    camera.take("board-desk-nl", floor.url, dutch=True)
    camera.take("board-desk-dark", floor.url, dark=True)
    camera.take("board-phone", f"{floor.url}/?me=5", PHONE, dutch=True)
    camera.take("board-wall", f"{floor.url}/?wall", WALL, dark=True)
    why = f"{floor.url}/why?metric=revenue&period=2026-11&by=rep&key=EUR/4"
    camera.take("why", why, ready="#why")


def odd(camera: Camera, floor: Floor, empty: Floor) -> None:
    """The pictures that only show whether pages hold in odd cases."""
    camera.take("nothing", f"{floor.url}/?metric=demos&period=last-year", dutch=True)
    camera.take("unknown", f"{floor.url}/?metric=x", dutch=True, ready="h1")
    camera.take("teams", f"{floor.url}/?team=compared")
    camera.take("win", f"{floor.url}/?wall", WALL, dutch=True, before=lambda page: _won(page, floor))
    camera.take("win-desk", floor.url, before=lambda page: _won(page, floor))
    camera.take("why-phone", f"{floor.url}/why?metric=revenue&period=2026-11&by=rep&key=EUR/4", PHONE, ready="#why")
    camera.take("events", f"{floor.url}/events/deal:picture-0", dutch=True, ready="#events")
    behind = f"{floor.url}/why?metric=revenue&period=2026-11&by=rep&key=EUR/7"
    camera.take("behind", behind, dutch=True, ready="#steps")
    camera.take("behind-phone", behind, PHONE, dark=True, ready="#steps")
    camera.take("phone-behind", f"{floor.url}/?me=7", PHONE, dutch=True)
    camera.take("phone-dark", f"{floor.url}/?me=5", PHONE, dark=True)
    camera.take("columns", floor.url, dark=True, before=lambda page: page.locator("summary").click())
    camera.take("day", f"{floor.url}/?period=today", dutch=True)
    camera.take("wall-light", f"{floor.url}/?wall", WALL, dutch=True)
    camera.take("nowhere", f"{floor.url}/nowhere", dutch=True, ready="h1")
    camera.take("empty", empty.url, dutch=True)
    empty.people([f"Somebody with the number {number}" for number in range(3)])
    empty.win("odd-0", "r0", "100")
    empty.win("odd-1", "r1", "-250.50")
    camera.take("three", empty.url)
    camera.take("three-wall", f"{empty.url}/?wall", WALL)
    for number, euros in enumerate(("1234567.89", "1240000", "750000.50")):
        empty.win(f"rich-{number}", f"r{number}", euros)
    camera.take("rich-wall", f"{empty.url}/?wall", WALL, dutch=True)
    camera.take("rich-phone", f"{empty.url}/?me=3", PHONE)
    camera.take("rich-desk", empty.url, dutch=True)
    empty.people([f"{'Maximiliaan-Alexander ' * 5}{number}" for number in range(3)])
    camera.take("long", empty.url)
    camera.take("long-phone", f"{empty.url}/?me=3", PHONE, dutch=True)
    camera.take("long-wall", f"{empty.url}/?wall", WALL, dark=True)
    empty.people([f"Rep {number}" for number in range(997)])
    camera.take("thousand", empty.url)
    camera.take("lost", empty.url, dutch=True, before=lambda page: _lost(page, empty))


def _won(page: Page, floor: Floor) -> None:
    floor.win(f"picture-{page.viewport_size}", "r3", "4500")
    page.locator("#celebration").wait_for()


def _lost(page: Page, floor: Floor) -> None:
    floor.stop()
    page.wait_for_selector("#freshness[data-state=lost]")


def main() -> None:
    """Take them."""
    with TemporaryDirectory() as one, TemporaryDirectory() as other, sync_playwright() as playwright:
        path = chromium_path(playwright)
        if path is None:
            sys.exit(REMEDY)
        floor, empty = Floor(Path(one), YESTERDAY).start(), Floor(Path(other)).start()
        try:
            browser = launched(playwright, path)
            if len(sys.argv) > 1:
                odd(Camera(browser, Path(sys.argv[1])), busy(floor), empty)
            else:
                documented(Camera(browser, PICTURES), busy(floor))
            browser.close()
        finally:
            floor.stop()
            empty.stop()


if __name__ == "__main__":
    main()
