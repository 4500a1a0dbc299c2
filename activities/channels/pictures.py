"""Pictures that travel inside an e-mail: a picture written into the HTML as a data address becomes a part of its own.

Mail programs show ``cid:`` pictures and drop data addresses (RFC 2387 multipart/related, RFC 2392 cid).
"""

import re
from typing import NamedTuple

_INSIDE = re.compile(
    r"(?P<before>\bsrc=[\"'])data:(?P<kind>image/(?:png|jpeg|gif));base64,(?P<data>[A-Za-z0-9+/=]+)(?=[\"'])"
)
_LINE = 76


class Picture(NamedTuple):
    """A picture by the name the HTML calls it; ``data`` is base64."""

    name: str
    kind: str
    data: str


def separated(html: str, reference: str) -> tuple[str, tuple[Picture, ...]]:
    """HTML that calls its pictures by name, and the pictures; one that stands there twice travels once.

    Args:
        reference: What the message is called; the names are its own.
    """
    if "data:image/" not in html:
        return html, ()
    found: dict[str, Picture] = {}

    def call(match: re.Match[str]) -> str:
        picture = found.setdefault(
            match["data"], Picture(f"{len(found) + 1}.{reference}@pictures", match["kind"], match["data"])
        )
        return f"{match['before']}cid:{picture.name}"

    return _INSIDE.sub(call, html), tuple(found.values())


def related(html: bytes, pictures: tuple[Picture, ...], reference: str) -> bytes:
    """One MIME part of an HTML part and its pictures; the HTML part alone where there are none.

    Args:
        html: With its headers.
    """
    if not pictures:
        return html
    boundary = f"=_r{reference}".encode()
    parts = [html, *(_part(picture) for picture in pictures)]
    return b"".join(
        (
            b'Content-Type: multipart/related; type="text/html";\r\n boundary="%s"\r\n\r\n' % boundary,
            *(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts),
            b"--%s--\r\n" % boundary,
        )
    )


def _part(picture: Picture) -> bytes:
    lines = (picture.data[at : at + _LINE] for at in range(0, len(picture.data), _LINE))
    head = (
        f"Content-Type: {picture.kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{picture.name}>\r\nContent-Disposition: inline\r\n\r\n"
    )
    return (head + "\r\n".join(lines) + "\r\n").encode()
