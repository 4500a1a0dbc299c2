"""Numbers and shares as people write them: ``5,000,000``, ``5 million``, ``20%``."""

import re
from decimal import Decimal

from care.rulebook.findings import PhraseError, quoted

_SCALES = {"thousand": 3, "million": 6, "billion": 9}
_NUMBER = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?:\s+(thousand|million|billion))?", re.IGNORECASE)
_DOTTED = re.compile(r"-?\d{1,3}(?:\.\d{3})+")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_WITH_UNIT = re.compile(r"(-?[\d.,]+)\s*([^\d\s.,%].*)")
_ABBREVIATED = {
    **dict.fromkeys(("k", "nghìn", "ngàn", "ng", "thousands"), "thousand"),
    **dict.fromkeys(("m", "tr", "triệu", "mio", "millions"), "million"),
    **dict.fromkeys(("b", "bn", "tỷ", "tỉ", "ty", "billions"), "billion"),
}
_DIGITS = 25


def number(text: str) -> int | float:
    """A number; whole ones come back as ``int``.

    Raises:
        PhraseError: J012 when it is no number, or could be read in two ways.
    """
    match = _NUMBER.fullmatch(text)
    if _DOTTED.fullmatch(text):
        plain = text.replace(".", "")
        hint = f"write {plain}, or {text.replace('.', ',')}"
        raise PhraseError("J012", f"is {quoted(text)} {plain} or a decimal?", hint)
    if match is None or len(text) > _DIGITS:
        raise _not_a_number(text)
    sign, whole, fraction, scale = match.groups()
    value = Decimal(f"{sign}{whole.replace(',', '')}{fraction or ''}")
    if scale:
        value = value.scaleb(_SCALES[scale.lower()])
    return int(value) if value == value.to_integral_value() else float(value)


def share(text: str) -> float | int:
    """A percentage as a share: ``20%`` is 0.2.

    Raises:
        PhraseError: J012 when it is no percentage.
    """
    if not text.endswith("%"):
        bare = number(text)
        hint = f"write {bare}%" if bare >= 1 or bare <= 0 else f"write {bare * 100:g}%"
        raise PhraseError("J012", f"{quoted(text)} is not a percentage", hint)
    value = Decimal(str(number(text[:-1].rstrip()))) / 100
    return int(value) if value == value.to_integral_value() else float(value)


def number_words(value: float) -> str:
    """A number as explanations show it: ``10,000,000``."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def share_words(value: float) -> str:
    """A share as explanations show it: ``20%``."""
    return f"{Decimal(str(value)) * 100:f}".rstrip("0").rstrip(".") + "%" if value % 1 else f"{int(value * 100)}%"


def _not_a_number(text: str) -> PhraseError:
    if _DECIMAL_COMMA.fullmatch(text):
        return PhraseError("J012", f"is {quoted(text)} a decimal or a list?", f"write {text.replace(',', '.')}")
    if text.endswith("%"):
        return PhraseError("J012", f"{quoted(text)} is a share, not a number", "leave the % out")
    unit = _WITH_UNIT.fullmatch(text)
    if unit is not None:
        scale = _ABBREVIATED.get(unit[2].lower())
        hint = f"write {unit[1]} {scale}" if scale else "write the number without a unit or a currency"
        return PhraseError("J012", f"{quoted(text)} is not a number", hint)
    return PhraseError("J012", f"{quoted(text)} is not a number", "write for example 5000000, 5,000,000 or 5 million")
