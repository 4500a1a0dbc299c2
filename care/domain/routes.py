"""How SMS are written for the way they take: which letters pass, and how a gateway bills them.

Vietnamese tables: https://intercom.com.vn/quy-dinh-gui-tin.html (a vendor's page, read 2026). Customer care 160, 306
and 459 letters, advertising 122, 268 and 421 because the carrier adds its label and the way out; no marks, and none of
the letters ``_BANNED``. Other carriers differ by a letter or two.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from care.domain.catalogue import Company
from care.domain.segments import Segments, foreign_letters, segments

Marks = Literal["strip", "keep"]

INTERNATIONAL = "international"
VIETNAM = "vietnam"
VIETNAM_CARE = "vietnam_care"
NAMES = (INTERNATIONAL, VIETNAM, VIETNAM_CARE)

_MARKED = re.compile("([A-Za-z])[\u0300-\u036f]+")
# What no decomposition knows: the Vietnamese crossed d, and letters that word processors put in by themselves.
_PLAIN = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "₫": "d",
        **dict.fromkeys("“”„«»″", '"'),
        **dict.fromkeys("‘’‚′`´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("•·▪", "-"),
        "…": "...",
        "×": "x",
        **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    }
)


@dataclass(frozen=True, slots=True)
class Route:
    """What one way of sending SMS takes, and how it bills.

    Attributes:
        takes_marks: Whether letters outside the telephone alphabet arrive as they are written.
        advertises: Whether one customer at a time can be sent advertising.
        banned: Letters its gateways refuse.
        table: How many letters of the telephone alphabet fit into one, two, three segments; empty is the standard's.
        longest: Letters it takes at most; 0 is no limit of its own.
    """

    name: str
    takes_marks: bool = True
    advertises: bool = True
    banned: frozenset[str] = frozenset()
    table: tuple[int, ...] = ()
    longest: int = 0

    def count(self, text: str) -> Segments:
        """How many segments it bills for a text."""
        found = segments(text)
        if not self.table or found.encoding == "UCS-2" or not found.units:
            return found
        parts = next((number for number, room in enumerate(self.table, 1) if found.units <= room), 0)
        if not parts:
            step = self.table[-1] - self.table[-2]
            parts = len(self.table) - (self.table[-1] - found.units) // step
        return Segments(found.encoding, found.units, parts)

    def refused(self, text: str) -> tuple[str, ...]:
        """The letters of a text that its gateways refuse, each once."""
        return tuple(dict.fromkeys(letter for letter in text if letter in self.banned))

    def is_too_long(self, text: str) -> bool:
        """Whether it takes no text of this length."""
        return bool(self.longest) and segments(text).units > self.longest


_BANNED = frozenset("#&%[]{}\\<@")
_OPEN = Route(INTERNATIONAL)
_CARE = Route(VIETNAM, False, True, _BANNED, (160, 306, 459), 459)
_CARE_ONLY = Route(VIETNAM_CARE, False, False, _BANNED, (160, 306, 459), 459)
_ADVERTISING = Route(VIETNAM, False, True, _BANNED, (122, 268, 421), 421)


@dataclass(frozen=True, slots=True)
class Writing:
    """How the shop writes SMS of one purpose."""

    route: Route = _OPEN
    marks: Marks = "keep"

    def text(self, text: str) -> str:
        """A text as it is sent: marks composed, so that none counts twice, and stripped where they are."""
        return strip_marks(text) if self.marks == "strip" else unicodedata.normalize("NFC", text)

    def count(self, text: str) -> Segments:
        """How many segments a text takes that is written already."""
        return self.route.count(text)

    def saved(self, text: str) -> int:
        """How many segments fewer a text would take without its marks."""
        return self.count(text).parts - self.count(strip_marks(text)).parts

    def warnings(self, text: str) -> tuple[str, ...]:
        """What is wrong with a written text on this route, in words."""
        refused, odd = self.route.refused(text), foreign_letters(text)
        words = []
        if refused:
            words.append(f"many Vietnamese gateways refuse {' '.join(refused)}")
        if odd and self.marks == "strip":
            words.append(f"no plain letter stands for {' '.join(odd)}")
        if self.route.is_too_long(text):
            words.append(f"longer than the {self.route.longest} letters this route takes")
        return tuple(words)


def writing_of(company: Company, purpose: str) -> Writing:
    """How a company writes SMS of a purpose: without marks where its route rejects them, unless it says otherwise."""
    route = route_of(company.sms_route, purpose)
    return Writing(route, company.sms_marks or ("keep" if route.takes_marks else "strip"))


def route_of(name: str, purpose: str) -> Route:
    """The route of a name in the catalogue, for messages of a purpose."""
    if name == VIETNAM:
        return _ADVERTISING if purpose == "marketing" else _CARE
    return _CARE_ONLY if name == VIETNAM_CARE else _OPEN


def strip_marks(text: str) -> str:
    """A text in plain Latin letters as far as it has any: ``Cảm ơn – “Điện máy”…`` becomes ``Cam on - "Dien may"...``.

    Letters of other scripts and emoji stay: nothing stands for them.
    """
    bare = _MARKED.sub(r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN)
