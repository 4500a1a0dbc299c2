"""What a written HTML message holds: links, pictures, and every text with its colours, told without a browser."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from care.contrast import AA, AA_LARGE, contrast

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_UNSEEN = frozenset({"head", "style", "script", "title", "template"})
# Mail programs take these out, for whoever could write a script could read the reader's mail.
_DROPPED = frozenset({"script", "form", "iframe", "object", "embed", "video", "audio"})
_HEX = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*(?:[,/]\s*([\d.]+)(%?)\s*)?\)")
_NAMES = {"white": "#ffffff", "black": "#000000", "red": "#ff0000", "gray": "#808080", "grey": "#808080"}
_PIXELS = re.compile(r"([\d.]+)px")
_LARGE, _LARGE_BOLD, _BOLD = 24.0, 18.66, 700
_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{")


@dataclass(frozen=True)
class Link:
    """An address a reader can press, with its words."""

    href: str
    words: str


@dataclass(frozen=True)
class Picture:
    """A picture; ``alt`` is ``None`` where the attribute is not written."""

    source: str
    alt: str | None
    sized: bool


@dataclass(frozen=True)
class Faint:
    """A text that does not stand out enough from what lies behind it."""

    words: str
    ink: str
    ground: str
    ratio: float


@dataclass
class Page:
    """What a message holds; ``dropped`` are elements that mail programs take out."""

    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    faint: list[Faint] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    preheader: str = ""
    words: str = ""


@dataclass
class _Element:
    tag: str
    ink: str
    ground: str
    size: float
    bold: bool
    seen: bool


def read_html(html: str) -> Page:
    """Read an HTML message whose styles stand in its elements."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.words = " ".join("".join(reader.seen).split())
    reader.page.preheader = " ".join("".join(reader.hidden).split()).strip(" \u2007\u034f")
    return reader.page


def in_the_dark(html: str) -> str:
    """The message as it looks where the device is dark: the rules for that hold without a condition."""
    from css_inline import CSSInliner

    found = _DARK.search(html)
    if found is None:
        return html
    end = _closing(html, found.end())
    rules = html[found.end() : end]
    open_ended = html[: found.start()] + rules + html[end + 1 :]
    return str(CSSInliner(load_remote_stylesheets=False).inline(open_ended))


def _closing(text: str, start: int) -> int:
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
    return len(text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.seen: list[str] = []
        self.hidden: list[str] = []
        self._open = [_Element("", "#000000", "#ffffff", 16.0, False, True)]
        self._href = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            sized = bool(given.get("width") and given.get("height"))
            self.page.pictures.append(Picture(given.get("src", ""), given.get("alt"), sized))
            self._words.append(given.get("alt", ""))
        if tag in _DROPPED:
            self.page.dropped.append(tag)
        if tag in _VOID:
            return
        if tag == "a" and "href" in given:
            self._href, self._words = given["href"], []
        self._open.append(_inner(self._open[-1], tag, given))

    def handle_endtag(self, tag: str) -> None:
        """An element ends, and whatever was left open in it."""
        if tag == "a" and self._href:
            self.page.links.append(Link(self._href, " ".join("".join(self._words).split())))
            self._href = ""
        at = next((at for at in range(len(self._open) - 1, 0, -1) if self._open[at].tag == tag), None)
        if at is not None:
            del self._open[at:]

    def handle_data(self, data: str) -> None:
        """A text, in the colours of the element around it."""
        here = self._open[-1]
        words = " ".join(data.split())
        if not words or any(each.tag in _UNSEEN for each in self._open):
            return
        if not here.seen:
            self.hidden.append(data)
            return
        self.seen.append(data + " ")
        self._words.append(data)
        wanted = AA_LARGE if here.size >= _LARGE or (here.bold and here.size >= _LARGE_BOLD) else AA
        ratio = contrast(here.ink, here.ground)
        if ratio < wanted:
            self.page.faint.append(Faint(words[:40], here.ink, here.ground, ratio))


def _inner(outer: _Element, tag: str, given: Mapping[str, str]) -> _Element:
    style = _style(given.get("style", ""))
    size = _PIXELS.fullmatch(style.get("font-size", ""))
    ground = _colour(style.get("background-color", "")) or _colour(style.get("background", ""))
    weight = style.get("font-weight", "")
    bold = tag in ("b", "strong", "th") or weight == "bold" or (weight.isdigit() and int(weight) >= _BOLD)
    return _Element(
        tag,
        _colour(style.get("color", "")) or outer.ink,
        ground or _colour(given.get("bgcolor", "")) or outer.ground,
        float(size[1]) if size is not None else outer.size,
        bold or (outer.bold and not weight),
        outer.seen and style.get("display") != "none",
    )


def _style(text: str) -> dict[str, str]:
    """The declarations of an element; an important one wins over those that are not."""
    found: dict[str, str] = {}
    important: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition(":")
        value = value.strip()
        if value.endswith("!important"):
            important[name.strip().lower()] = value.removesuffix("!important").strip()
        else:
            found[name.strip().lower()] = value
    return {**found, **important}


def _colour(value: str) -> str:
    """A colour as ``#rrggbb``; empty where none can be told."""
    hexed = _HEX.search(value)
    if hexed is not None:
        digits = hexed[1] if len(hexed[1]) == 6 else "".join(digit * 2 for digit in hexed[1])
        return f"#{digits.lower()}"
    parts = _RGB.search(value)
    if parts is not None:
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in parts.groups()[:3])
    return _NAMES.get(value.strip().lower(), "")
