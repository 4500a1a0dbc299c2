"""`make screenshots`: pictures of every message and customer page into build/screenshots, and a page with them all."""

import tempfile
from base64 import b64decode
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

from selenium.webdriver import Chrome

from care.cli.progress import progress
from tests.looks import ROOT, SCHEMES, WIDTHS, Looked, browser, looks, show, stand_at

FOLDER = ROOT / "build" / "screenshots"
_STYLE = """
body { margin: 2rem; font: 16px/1.5 system-ui, sans-serif; background: #eceae6; color: #222; }
section { margin: 0 0 3rem; } h2 { margin: 0 0 .5rem; font-size: 1.1rem; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; } figcaption { font-size: .85rem; color: #555; }
img { border: 1px solid #bbb; } .w390 { width: 260px; } .w1440 { width: 640px; }
pre { max-width: 40rem; white-space: pre-wrap; background: #fff; padding: 1rem; font-size: .85rem; }
"""


class Shot(NamedTuple):
    """A picture to take."""

    look: Looked
    width: int
    scheme: str

    @property
    def file(self) -> str:
        """Its file in the folder."""
        return f"{self.look.kind}/{self.look.name}.{self.look.locale}.{self.width}.{self.scheme}.png"


def main() -> None:
    """Take every picture, and write the page."""
    seen = list(looks())
    shots = list(_shots(seen))
    with tempfile.TemporaryDirectory(prefix="care-screenshots-") as profile:
        chrome = browser(Path(profile))
        try:
            with progress("Taking pictures", len(shots)) as beat:
                for shot in sorted(shots, key=lambda shot: (shot.width, shot.scheme)):
                    _take(chrome, shot)
                    beat(1)
        finally:
            chrome.quit()
    (FOLDER / "index.html").write_text(_page(seen, shots), encoding="utf-8")
    print(f"{len(shots)} pictures: {FOLDER / 'index.html'}")


def _shots(seen: list[Looked]) -> Iterator[Shot]:
    """Pages follow the same colours as e-mails, so one width of them is enough in the dark."""
    for look in seen:
        for width in WIDTHS:
            for scheme in SCHEMES:
                if look.kind == "email" or scheme == "light" or width == WIDTHS[0]:
                    yield Shot(look, width, scheme)


def _take(chrome: Chrome, shot: Shot) -> None:
    stand_at(chrome, shot.width, shot.scheme)
    show(chrome, shot.look.html)
    picture = chrome.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"})
    path = FOLDER / shot.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b64decode(picture["data"]))


def _page(seen: list[Looked], shots: list[Shot]) -> str:
    parts = [f"<!DOCTYPE html><meta charset='utf-8'><title>Screenshots</title><style>{_STYLE}</style>"]
    for look in sorted(seen, key=lambda look: (look.kind, look.name, look.locale)):
        figures = "".join(
            f"<figure><a href='{shot.file}'><img class='w{shot.width}' loading='lazy' src='{shot.file}' alt=''></a>"
            f"<figcaption>{shot.width} px, {shot.scheme}</figcaption></figure>"
            for shot in shots
            if shot.look is look
        )
        text = f"<details><summary>as plain text</summary><pre>{escape(look.text)}</pre></details>" if look.text else ""
        parts.append(f"<section><h2>{look.name} ({look.locale})</h2><div class='row'>{figures}</div>{text}</section>")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
