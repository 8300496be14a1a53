"""Find a Chrome or Chromium, get one where there is none, and drive it.

`python -m scripts.chromium` makes sure that there is one: first what is installed, then Playwright's
download, then, as root, the system's package manager. Exit status 1 when all of that failed.
"""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_FLAGS = (
    "--no-sandbox",  # containers and CI run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find():
    """The path of a browser on this machine, or None."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    installed = next(filter(None, map(shutil.which, _NAMES)), None)
    return installed or next((place for place in _PLACES if Path(place).is_file()), None) or _downloaded()


@contextmanager
def launched():
    """A headless browser, closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), headless=True, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _downloaded():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.is_file() else None


def _install():
    """Try every way to get a browser; True when one worked."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        attempts.append(["apt-get", "update", "-q"])
        attempts.append(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"])
    for attempt in attempts:
        print("No browser found. Trying:", " ".join(attempt), flush=True)
        try:
            subprocess.run(attempt, check=False, timeout=600, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            continue
        if find():
            return True
    return False


if __name__ == "__main__":
    if find() or _install():
        print("Browser tests will use", find())
    else:
        sys.exit("No Chrome or Chromium was found, and none could be installed.")
