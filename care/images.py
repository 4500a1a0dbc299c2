"""The pictures of messages and pages: files of the folder ``images`` beside the templates, linked by an address."""

import hashlib
import re
import struct
from base64 import b64encode
from html import unescape
from pathlib import Path
from typing import NamedTuple

from jinja2 import TemplateRuntimeError
from markupsafe import Markup, escape

FOLDER = "images"
PATH = "/images/"
LARGEST_EMBEDDED = 50 * 1024
KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
STYLE = "max-width:100%;height:auto;border:0"
"""The one style attribute that pages may have."""

# In any script: a file system takes 255 bytes.
_LONGEST_NAME = 60
_NAME = re.compile(r"[\w-][\w .-]*(?:/[\w-][\w .-]*)*")
_LINKED = re.compile(rf"(?P<before>\b(?:src|background)=[\"']){FOLDER}/(?P<name>[^\"'?]+)(?=[\"'])")
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


class Images:
    """The folder of pictures.

    Args:
        templates_dir: The marketers' folder.
        public_url: Where customers reach this server; without it addresses hold on its own pages only.
    """

    def __init__(self, templates_dir: Path, public_url: str = "") -> None:
        self._dir = templates_dir / FOLDER
        self._base = public_url.rstrip("/") + PATH

    def file(self, name: str) -> Path | None:
        """The file of a picture; ``None`` when there is none, or it lies outside the folder."""
        path = self._dir / name
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name) or path.suffix.lower() not in KINDS:
            return None
        return path if path.is_file() and path.resolve().is_relative_to(self._dir.resolve()) else None

    def url(self, name: str) -> str:
        """The address of a picture; it changes with the file, so that browsers may keep it for ever.

        Raises:
            TemplateRuntimeError: When there is no such picture.
        """
        path = self._found(name)
        stat = path.stat()
        version = hashlib.sha256(f"{stat.st_mtime_ns} {stat.st_size}".encode()).hexdigest()[:8]
        return f"{self._base}{name}?v={version}"

    def picture(self, name: str, alt: str, width: int | None = None) -> Markup:
        """The element of a picture with its size, so that the text does not jump when it arrives.

        Args:
            alt: What is read where the picture is not shown; empty for mere decoration.
            width: In pixels; else its own.

        Raises:
            TemplateRuntimeError: When there is no such picture.
        """
        size = size_of(self._found(name))
        wide = width or (size.width if size is not None else 0)
        high = round(wide * size.height / size.width) if size is not None and size.width else 0
        sizes = "".join(f' {what}="{pixels}"' for what, pixels in (("width", wide), ("height", high)) if pixels)
        return Markup(f'<img src="{escape(self.url(name))}" alt="{escape(alt)}"{sizes} style="{STYLE}">')

    def linked(self, html: str) -> str:
        """HTML in which every ``src="images/…"`` is a whole address.

        Raises:
            TemplateRuntimeError: When there is no such picture.
        """
        if f"{FOLDER}/" not in html:
            return html
        return _LINKED.sub(lambda found: found["before"] + str(escape(self.url(found["name"]))), html)

    def embedded(self, html: str) -> str:
        """HTML that carries its small pictures itself; the larger ones, and those of other servers, stay linked."""
        return re.sub(
            rf"(?P<before>\bsrc=[\"']){re.escape(self._base)}(?P<name>[^\"'?]+)\?v=\w+(?=[\"'])", self._inside, html
        )

    def _inside(self, link: re.Match[str]) -> str:
        path = self.file(unescape(link["name"]))
        if path is None or path.stat().st_size > LARGEST_EMBEDDED:
            return link[0]
        data = b64encode(path.read_bytes()).decode()
        return f"{link['before']}data:{KINDS[path.suffix.lower()]};base64,{data}"

    def _found(self, name: str) -> Path:
        path = self.file(name)
        if path is None:
            raise TemplateRuntimeError(
                f"there is no picture {name!r} in templates/{FOLDER}; put it there ({', '.join(KINDS)})"
            )
        return path


def size_of(path: Path) -> Size | None:
    """The size of a PNG, GIF or JPEG file; ``None`` when its first bytes do not tell."""
    with path.open("rb") as file:
        data = file.read(256 * 1024)
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return Size(*struct.unpack(">II", data[16:24]))
    if data.startswith((b"GIF87a", b"GIF89a")) and len(data) >= 10:
        return Size(*struct.unpack("<HH", data[6:10]))
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes) -> Size | None:
    """The size in a JPEG's frame header, which stands after other segments (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return Size(width, height)
        at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None
