"""Finding a Chromium to test with, and starting it so that it talks to nobody but us."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REMEDY = (
    "no Chromium found: install one (apt-get install chromium, or python -m playwright install chromium), or say in "
    "QUOTUM_CHROMIUM where it is"
)


def chromium_path(playwright: Playwright) -> str | None:
    """Where a Chromium lies: what QUOTUM_CHROMIUM says, the system's, or playwright's own."""
    named = [os.environ.get("QUOTUM_CHROMIUM"), "/usr/bin/chromium"]
    named += [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    named.append(playwright.chromium.executable_path)
    return next((path for path in named if path and Path(path).exists()), None)


def launched(playwright: Playwright, path: str) -> Browser:
    """A browser without a window."""
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
