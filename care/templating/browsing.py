"""Contrast as a browser paints it: headless Chromium computes every style, where it is on this machine."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from html import escape, unescape
from importlib import resources
from pathlib import Path

from care.contrast import AA, AA_LARGE
from care.domain.errors import CareError
from care.templating.reading import Faint

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
# The number Chromium's own setting has for each.
_SCHEMES: Mapping[str, int] = {"dark": 0, "light": 1}
_ANSWER = re.compile(r'<pre id="answer">(.*?)</pre>', re.DOTALL)
_PATIENCE = 120
# Puts what every frame's page has into the document, which the browser then prints.
_TELL = """
addEventListener("load", () => {
  const answer = document.createElement("pre");
  answer.id = "answer";
  answer.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map((it) => faint(it.contentWindow)));
  document.body.append(answer);
});
"""


class BrowserError(CareError):
    """There is no browser, or it did not answer; the message says what to do."""


def faint_words(pages: Sequence[str], scheme: str) -> list[tuple[Faint, ...]]:
    """The words of each HTML page that do not stand out, in order of the pages.

    Args:
        scheme: ``light`` or ``dark``: what the reader's device prefers.

    Raises:
        BrowserError: When there is no browser, or it fails.
    """
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise BrowserError(f"there is no browser ({', '.join(BROWSERS)}) on the PATH; leave --browser out")
    with tempfile.TemporaryDirectory(prefix="care-browser-") as folder:
        page = Path(folder) / "pages.html"
        page.write_text(_page(pages), encoding="utf-8")
        done = _shown(program, page, scheme)
    answer = _ANSWER.search(done.stdout)
    if answer is None:
        raise BrowserError(f"the browser failed (status {done.returncode}); leave --browser out")
    return [tuple(_faint(each) for each in found) for found in json.loads(unescape(answer[1]))]


def contrast_script() -> str:
    """JavaScript that defines ``faint(view)``: the words of a window that do not stand out, with their colours."""
    script = resources.files("care.templating").joinpath("contrast.js").read_text(encoding="utf-8")
    return f"const AA = {AA}, LARGE = {AA_LARGE};\n{script}"


def _shown(program: str, page: Path, scheme: str) -> subprocess.CompletedProcess[str]:
    """What the browser made of a page; its profile is a folder beside it."""
    asked = (
        f"--user-data-dir={page.parent}/profile",
        f"--blink-settings=preferredColorScheme={_SCHEMES[scheme]}",
        "--virtual-time-budget=10000",
        "--dump-dom",
        page.as_uri(),
    )
    try:
        return subprocess.run([program, *FLAGS, *asked], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise BrowserError(f"the browser did not answer in {_PATIENCE} seconds; leave --browser out") from error


def _faint(found: Mapping[str, str | float]) -> Faint:
    return Faint(str(found["words"]), str(found["ink"]), str(found["ground"]), float(found["ratio"]))


def _page(pages: Sequence[str]) -> str:
    frames = "".join(
        f'<iframe sandbox="allow-same-origin" width="700" height="900" srcdoc="{escape(page)}"></iframe>'
        for page in pages
    )
    return f'<!DOCTYPE html><meta charset="utf-8">{frames}<script>{contrast_script()}{_TELL}</script>'
