"""Every message and every customer page as it looks: what `make screenshots` writes and the tests look over."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from care.domain.metrics import SCALES
from care.domain.rulebook import Rulebook
from care.rendering import Renderer, TemplateInventory
from care.rulebook.workspace import load
from care.templating.browsing import BROWSERS, FLAGS
from care.templating.samples import PLAIN, Made, Samples, no_links
from care.templating.uses import Use, uses_of

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
URL = "https://chamsoc.dienmay.example"
LOCALES = ("vi", "en")
WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")

OWN_FLAGS = ("--disable-quic", "--disable-component-update", "--disable-sync", "--hide-scrollbars")


class NoBrowser(Exception):
    """This needs Chromium and chromedriver on the PATH; install them (Debian: chromium, chromium-driver)."""


@dataclass(frozen=True)
class Looked:
    """One message or page in one language.

    Attributes:
        name: As its picture is called.
        kind: ``email`` or ``page``.
    """

    name: str
    kind: str
    locale: str
    html: str
    text: str = ""


def looks(templates: Path = ROOT / "templates") -> Iterator[Looked]:
    """Every e-mail at every step that sends it, every page in every state, in both languages."""
    rulebook = load(ROOT / "rules").rulebook
    assert rulebook is not None
    yield from emails(rulebook, templates)
    yield from pages(rulebook, templates)


def emails(rulebook: Rulebook, templates: Path) -> Iterator[Looked]:
    """Every e-mail as the step that sends it writes it; reminders too."""
    renderer = Renderer(templates, URL)
    samples = Samples(rulebook, renderer, no_links(URL), NOON)
    inventory = TemplateInventory(templates)
    seen = set()
    for use in sorted(uses_of(rulebook), key=lambda use: not use.step):
        if use.channel == "email" and (use.template, use.offer) not in seen:
            seen.add((use.template, use.offer))
            for locale in inventory.locales("email", use.template):
                yield _email(use, locale, samples, PLAIN)
                if use.reminds:
                    yield _email(use, locale, samples, Made(reminder=True))


def pages(rulebook: Rulebook, templates: Path) -> Iterator[Looked]:
    """Every page that stands in the pages' frame."""
    renderer = Renderer(templates)
    company = {
        name: getattr(rulebook.catalogue.company, name)
        for name in ("name", "address", "phone", "email", "website", "locale", "timezone")
    }
    for path in sorted((templates / "pages").glob("*.html")):
        if '{% extends "pages/layout.html" %}' in path.read_text(encoding="utf-8"):
            for locale in LOCALES:
                for state, words in STATES.get(path.stem, {"": {}}).items():
                    context = {"company": company, **_PAGE, "wording": _WORDING[locale], **words}
                    name = "-".join(part for part in (path.stem, state) if part)
                    yield Looked(name, "page", locale, renderer.page(path.stem, locale, context))


_PAGE: Mapping[str, Any] = {
    "action": "/x/token",
    "nonce": "once",
    "channel": "email",
    "purpose": "marketing",
    "received": "12:00, 02/03/2026",
    "preferences_url": f"{URL}/p/token",
    "again": "/s/token",
}
_WORDING = {
    "vi": "Tôi đồng ý để Điện máy An Nhà gửi tin ưu đãi và quảng cáo cho tôi qua thư điện tử.",
    "en": "I agree that Điện máy An Nhà sends me offers and advertising by e-mail.",
}
_CHANNELS = [
    {
        "name": channel,
        "marketing": {"name": f"{channel}.marketing", "on": channel == "email", "note": note},
        "care": {"name": f"{channel}.care", "on": True},
    }
    for channel, note in (("email", ""), ("sms", "unconfirmed"), ("zalo", "blocked"))
]
_TOPICS = [{"name": "topic.offers", "words": "Ưu đãi", "on": True}, {"name": "topic.tips", "words": "Mẹo", "on": False}]
# What a page shows besides its plain state, where there is more to see.
STATES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "survey": {
        **{kind: {"survey": {"kind": kind, "scores": list(scale)}} for kind, scale in SCALES.items()},
        "chosen": {
            "survey": {"kind": "csat", "scores": list(SCALES["csat"]), "chosen": 4},
            "message": "Xin chọn điểm.",
        },
    },
    "thanks": {mood: {"survey": {"kind": "csat", "mood": mood}} for mood in ("happy", "neutral", "unhappy")},
    "problem": {"": {}, "gone": {"gone": True}},
    "preferences": {
        "": {"channels": _CHANNELS, "topics": _TOPICS, "was": ""},
        "saved": {"channels": _CHANNELS[:1], "topics": [], "saved": "saved"},
        "nothing": {"channels": [], "topics": []},
    },
}


def _email(use: Use, locale: str, samples: Samples, made: Made) -> Looked:
    rendered = samples.written(use, locale, made)
    name = f"{use.template}-reminder" if made.reminder else use.template
    return Looked(name, "email", locale, rendered.html, f"{rendered.subject}\n\n{rendered.text}")


def browser(profile: Path) -> Chrome:
    """A fresh browser.

    Raises:
        NoBrowser: When there is none on this machine.
    """
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        raise NoBrowser(NoBrowser.__doc__)
    options = ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, *OWN_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    return Chrome(options=options, service=Service(driver))


def stand_at(chrome: Chrome, width: int, scheme: str = "light") -> None:
    """Let the browser be a phone or a desk, in the light or in the dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def show(chrome: Chrome, html: str) -> None:
    """Put a page into the browser as it is; nothing is fetched for it."""
    frame = chrome.execute_cdp_cmd("Page.getFrameTree", {})["frameTree"]["frame"]["id"]
    chrome.execute_cdp_cmd("Page.setDocumentContent", {"frameId": frame, "html": html})
