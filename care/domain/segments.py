"""How many SMS segments a text needs: the unit an operator bills by (3GPP TS 23.038)."""

from typing import Literal, NamedTuple

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

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def segments(text: str) -> Segments:
    """Count the segments of a text; one unit that takes two places is never torn between two segments."""
    plain = all(letter in _BASIC or letter in _EXTENDED for letter in text)
    widths = [2 if letter in _EXTENDED else 1 for letter in text] if plain else [_utf16(letter) for letter in text]
    alone, joined = (160, 153) if plain else (70, 67)
    units = sum(widths)
    parts = min(units, 1) if units <= alone else _filled(widths, joined)
    return Segments("GSM-7" if plain else "UCS-2", units, parts)


def _utf16(letter: str) -> int:
    return 2 if ord(letter) > 0xFFFF else 1


def _filled(widths: list[int], room: int) -> int:
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count
