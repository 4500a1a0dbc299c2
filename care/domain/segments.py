"""How many SMS segments a text needs: the unit an operator bills by (3GPP TS 23.038)."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, NamedTuple

Encoding = Literal["GSM-7", "UCS-2"]

# How many units one segment holds, alone and as part of a longer message.
_ROOM: Mapping[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


class Segments(NamedTuple):
    """How a text travels.

    Attributes:
        encoding: ``GSM-7`` when every letter is in the telephone alphabet, else ``UCS-2``.
        units: Septets or UTF-16 code units the text takes, without what the splitting adds.
        parts: Messages that are billed.
    """

    encoding: Encoding
    units: int
    parts: int


def segments(text: str) -> Segments:
    """Count the segments of a text; one unit that takes two places is never torn between two segments."""
    encoding, widths = _widths(text)
    alone, joined = _ROOM[encoding]
    units = sum(widths)
    parts = min(units, 1) if units <= alone else len(_cuts(widths, joined)) + 1
    return Segments(encoding, units, parts)


def pieces(text: str) -> tuple[str, ...]:
    """The text of each segment, in order."""
    encoding, widths = _widths(text)
    alone, joined = _ROOM[encoding]
    if not text or sum(widths) <= alone:
        return (text,) if text else ()
    cuts = [0, *_cuts(widths, joined), len(text)]
    return tuple(text[start:end] for start, end in pairwise(cuts))


def foreign_letters(text: str) -> tuple[str, ...]:
    """The letters that are not in the telephone alphabet, each once: for their sake the text takes UCS-2."""
    return tuple(dict.fromkeys(letter for letter in text if letter not in _BASIC and letter not in _EXTENDED))


def _widths(text: str) -> tuple[Encoding, list[int]]:
    """The alphabet a text needs, and the places each letter takes in it."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        return "GSM-7", [2 if letter in _EXTENDED else 1 for letter in text]
    return "UCS-2", [2 if ord(letter) > 0xFFFF else 1 for letter in text]


def _cuts(widths: list[int], room: int) -> list[int]:
    """Where each further segment begins."""
    cuts, used = [], 0
    for at, width in enumerate(widths):
        if used + width > room:
            cuts.append(at)
            used = 0
        used += width
    return cuts
