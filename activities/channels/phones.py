"""Phone numbers in the form each gateway wants, and who of them a Vietnamese gateway serves."""

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_possible_number,
    number_type,
    parse,
)

from activities.channels.base import NOT_SERVED, Delivery

_VIETNAM = 84
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_BAD = Delivery("failed", "bad_address", "this is not a phone number")
_ABROAD = Delivery("failed", NOT_SERVED, "this gateway serves Vietnamese numbers only")
_FIXED = Delivery("failed", "bad_address", "this is not a Vietnamese mobile number")


def vietnamese(to: str) -> str | Delivery:
    """The nine digits of a Vietnamese mobile number behind ``84`` or ``0``, or why nothing can be sent to it."""
    parsed = _parsed(to)
    if parsed is None:
        return _BAD
    if parsed.country_code != _VIETNAM:
        return _ABROAD
    return str(parsed.national_number) if number_type(parsed) in _MOBILE else _FIXED


def international(to: str) -> str | Delivery:
    """The digits of a number with its country and without the plus, or why nothing can be sent to it."""
    parsed = _parsed(to)
    return _BAD if parsed is None else format_number(parsed, PhoneNumberFormat.E164).removeprefix("+")


def _parsed(to: str) -> PhoneNumber | None:
    try:
        parsed = parse(to, "VN")
    except NumberParseException:
        return None
    return parsed if is_possible_number(parsed) else None
