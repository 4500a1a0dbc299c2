"""The brand: how messages and pages look, from ``templates/brand.yaml``; templates know it as ``brand.*``."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

from markupsafe import Markup

from care.contrast import AA, contrast
from care.images import FOLDER, Images, size_of
from care.rulebook.findings import Findings, Placed, TooManyProblems, quoted
from care.rulebook.forms import Entries, fill
from care.rulebook.problems import Problem
from care.rulebook.reader import Section, decode, read
from care.rulebook.words import Setting, form

FILE = "brand.yaml"
Pictures = Literal["linked", "embedded"]

_FONT = re.compile(r"[\w \"',.-]{1,300}")
_COLOUR = re.compile(r"#?(?P<digits>[0-9a-fA-F]{6})")
_ROUNDEST = 40
# What stands on what, in every layout that is shipped.
_READ_ON = (
    *(("on_brand", "brand"), ("ink", "card"), ("heading", "card"), ("brand", "card"), ("soft", "card")),
    *(("ink", "ground"), ("brand", "ground"), ("soft", "ground"), ("ink", "note"), ("brand", "note")),
    *(("ink", "gift"), ("gift_ink", "gift"), ("alarm", "note")),
)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one mode, light or dark.

    Example:
        colours: {brand: 0b5d52, on_brand: ffffff}
    """

    brand: str = "#0b5d52"
    on_brand: str = "#ffffff"
    heading: str = "#0b4d44"
    accent: str = "#e2733b"
    ground: str = "#f3efe8"
    card: str = "#ffffff"
    ink: str = "#22302d"
    soft: str = "#55625f"
    line: str = "#dcd4c7"
    note: str = "#eef5f1"
    gift: str = "#fff6ec"
    gift_ink: str = "#7a3a10"
    alarm: str = "#8c2f1b"


_DARK = Palette(
    brand="#7fd0bf",
    on_brand="#0a211d",
    heading="#a9e0d3",
    accent="#f09a68",
    ground="#121716",
    card="#1c2321",
    ink="#e6ebe8",
    soft="#a9b5b1",
    line="#35413d",
    note="#20302b",
    gift="#2b2219",
    gift_ink="#f3c396",
    alarm="#ffb4a1",
)


@dataclass(frozen=True, slots=True)
class Brand:
    """How messages and pages look.

    Example:
        logo: logo.png
        corners: 16
        colours: {brand: 0b5d52, on_brand: ffffff}

    Attributes:
        name: As customers read it; empty for the company's.
        logo: A file of ``templates/images``, or empty.
        logo_width: In pixels.
        font: A CSS list of fonts that are on every device; none is fetched.
        corners: How round corners are, in pixels.
        pictures: Whether e-mails carry their small pictures themselves or link to them; linked ones are lighter, and
            some mail programs show them only when asked to.
    """

    name: str = ""
    logo: str = ""
    logo_width: int = 140
    font: str = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
    corners: int = 16
    pictures: Pictures = "linked"
    light: Palette = field(default_factory=Palette)
    dark: Palette = _DARK

    def values(self, company: Mapping[str, object]) -> dict[str, object]:
        """For templates: ``brand.name``, ``brand.light.ink`` and so on; every text is safe inside a style sheet."""
        return {
            "name": self.name or company.get("name", ""),
            "logo": self.logo,
            "logo_width": self.logo_width,
            "font": Markup(self.font),
            "corners": self.corners,
            "light": _colours(self.light),
            "dark": _colours(self.dark),
        }


_AS_SHIPPED = Brand()
_MODES = ("light", "dark")
NAMES = frozenset(
    (
        *(f"brand.{name}" for name in ("name", "logo", "logo_width", "font", "corners", *_MODES)),
        *(f"brand.{mode}.{name}" for mode in _MODES for name in Palette.__dataclass_fields__),
    )
)

_BRAND = form(
    "the brand",
    Brand,
    (
        Setting("name", "as customers read it; else the company's"),
        Setting("logo", f"a picture of templates/{FOLDER}"),
        Setting("logo_width", "how wide the logo is shown, in pixels"),
        Setting("font", "fonts in order of preference; only those that are on every device"),
        Setting("corners", "how round corners are, in pixels: 0 to 40"),
        Setting("pictures", "linked (the default), or embedded: e-mails carry their small pictures"),
        Setting("colours", "the colours, six digits each: 0b5d52"),
        Setting("dark", "the colours where the reader's device is dark"),
    ),
)
_MEANINGS = {
    "brand": "buttons, links and the line above a message",
    "on_brand": "the words on a button",
    "heading": "headings",
    "accent": "the mark before the name, and the edge of a gift",
    "ground": "what lies behind everything",
    "card": "what a message is written on",
    "ink": "the words",
    "soft": "words that matter less, such as the foot",
    "line": "thin lines",
    "note": "what lies behind a note",
    "gift": "what lies behind a gift's code",
    "gift_ink": "the words of a gift",
    "alarm": "the words of a warning",
}
_PALETTE = form("the colours", Palette, tuple(Setting(name, meaning) for name, meaning in _MEANINGS.items()))


def brand_of(templates_dir: Path) -> Brand:
    """The brand of a templates folder; what is not written, or cannot be read, is as shipped."""
    # Asked for every message, so as little as possible is done twice.
    try:
        stat = os.stat(f"{templates_dir}/{FILE}")
    except OSError:
        return _AS_SHIPPED
    return _kept(templates_dir, stat.st_mtime_ns, stat.st_size)


@lru_cache(8)
def _kept(templates_dir: Path, changed: int, size: int) -> Brand:
    return read_brand(templates_dir)[0]


def read_brand(templates_dir: Path) -> tuple[Brand, tuple[Problem, ...]]:
    """The brand, and everything that is wrong in its file."""
    findings, brand = Findings(FILE), Brand()
    path = templates_dir / FILE
    if not path.is_file():
        return brand, ()
    text = decode(path.read_bytes(), findings)
    root = read(text, findings) if text is not None else None
    with suppress(TooManyProblems):
        entries = fill(root, _BRAND, findings) if root is not None else None
        brand = _brand(entries, templates_dir, findings) if entries is not None else brand
    return brand, tuple(findings.problems)


def _brand(entries: Entries, templates_dir: Path, findings: Findings) -> Brand:
    default = Brand()
    logo = entries.text("logo")
    file = Images(templates_dir).file(logo.value) if logo is not None else None
    if logo is not None and (file is None or size_of(file) is None):
        what = "there is no picture" if file is None else "what stands in the file is no picture:"
        message = f"{what} {quoted(logo.value)} in templates/{FOLDER}"
        findings.add("J010", logo, message, "put it there as PNG, JPEG or GIF; mail programs show no SVG")
        logo = None
    font = entries.text("font")
    if font is not None and not _FONT.fullmatch(font.value):
        hint = "write names with commas between: Georgia, 'Times New Roman', serif"
        findings.add("J012", font, f"{quoted(font.value)} is not a list of fonts", hint)
        font = None
    return Brand(
        name=entries.word("name"),
        logo=logo.value if logo is not None else "",
        logo_width=_pixels(entries, "logo_width", 16, 600, default.logo_width, findings),
        font=font.value.replace('"', "'") if font is not None else default.font,
        corners=_pixels(entries, "corners", 0, _ROUNDEST, default.corners, findings),
        pictures=cast(Pictures, entries.choice("pictures", get_args(Pictures), default.pictures)),
        light=_palette(entries, "colours", default.light, findings),
        dark=_palette(entries, "dark", default.dark, findings),
    )


def _pixels(entries: Entries, name: str, low: int, high: int, default: int, findings: Findings) -> int:
    text = entries.text(name)
    if text is None:
        return default
    if not text.value.isdecimal() or not low <= int(text.value) <= high:
        findings.add("J012", text, f"{quoted(text.value)} is not a number of pixels from {low} to {high}", "")
        return default
    return int(text.value)


def _palette(entries: Entries, name: str, default: Palette, findings: Findings) -> Palette:
    node = entries.node(name)
    if node is None:
        return default
    written = fill(node, _PALETTE, findings) if isinstance(node, Section) else None
    if written is None:
        findings.add("J012", node, f"'{name}' holds 'name: colour' lines", "for example:  brand: 0b5d52")
        return default
    colours = {each: _colour(written, each, getattr(default, each), findings) for each in _MEANINGS}
    palette = Palette(**colours)
    _check_contrast(palette, name, written, findings)
    return palette


def _colour(entries: Entries, name: str, default: str, findings: Findings) -> str:
    text = entries.text(name)
    if text is None:
        return default
    found = _COLOUR.fullmatch(text.value)
    if found is None:
        findings.add("J012", text, f"{quoted(text.value)} is not a colour", "write six digits from 0 to f: 0b5d52")
        return default
    return f"#{found['digits'].lower()}"


def _check_contrast(palette: Palette, name: str, entries: Entries, findings: Findings) -> None:
    """Words must stand out from what lies behind them (WCAG 2.2 AA)."""
    for words, behind in _READ_ON:
        ratio = contrast(getattr(palette, words), getattr(palette, behind))
        if ratio < AA:
            at: Placed = (
                entries.key(words if words in entries else behind) if _names(entries, words, behind) else (entries.at)
            )
            message = f"'{words}' on '{behind}' ({name}) has a contrast of {ratio:.1f}; people need at least {AA}"
            findings.add("T06", at, message, "make one of the two darker or lighter")


def _names(entries: Entries, *names: str) -> bool:
    return any(name in entries for name in names)


@lru_cache(8)
def _colours(palette: Palette) -> dict[str, object]:
    return {name: Markup(getattr(palette, name)) for name in Palette.__dataclass_fields__}
