"""Phone numbers, e-mail addresses, time zones and languages in the one form that is stored."""

import re
import unicodedata
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

import phonenumbers

from care.domain.values import MisfitError

HOME_REGION = "VN"
_LOCALE = re.compile(r"^([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?$")
_LOCAL_PART = re.compile(r"^[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}$")
_LABEL = re.compile(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})


def phone_number(text: str) -> str:
    """A phone number in E.164, for example ``+84912345678``; numbers without a country code are Vietnamese.

    Raises:
        MisfitError: When no telephone can have this number.
    """
    hint = "write it like 0912 345 678 or +84 912 345 678"
    try:
        number = phonenumbers.parse(text[:64], HOME_REGION)
    except phonenumbers.NumberParseException:
        raise MisfitError("this is not a phone number", hint) from None
    if number.extension:
        raise MisfitError("a number with an extension cannot get messages", hint)
    if not phonenumbers.is_valid_number(number):
        raise MisfitError("no telephone has this number", hint)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email_address(text: str) -> str:
    """An e-mail address with its domain in lower-case ASCII, as mail servers write it.

    Raises:
        MisfitError: When it cannot be an address.
    """
    local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    if not at:
        raise MisfitError("an e-mail address has one @", "write it like lan@example.vn")
    if not _LOCAL_PART.match(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise MisfitError(
            "the part before the @ is not a mailbox name", "write one bare address, without name or quotes"
        )
    return f"{local}@{_domain(domain)}"


def _domain(domain: str) -> str:
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    if len(labels) < 2 or len(ascii_domain) > 253 or not all(_LABEL.match(label) for label in labels):
        raise MisfitError("the part after the @ is not a domain", "write it like example.vn")
    if labels[-1].isdigit():
        raise MisfitError("a domain does not end in a number", "write the name of the mail domain")
    return ascii_domain


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def time_zone(text: str) -> str:
    """An IANA time zone name.

    Raises:
        MisfitError: When there is no such zone.
    """
    if text in _zones():
        return text
    near = get_close_matches(text, _zones(), n=1)
    raise MisfitError(f"{text[:60]!r} is not an IANA time zone", f"did you mean {(near or ['Asia/Ho_Chi_Minh'])[0]!r}?")


def language_tag(text: str) -> str:
    """A language tag such as ``vi`` or ``en-US``.

    Raises:
        MisfitError: When it is not a language with, at most, a script and a region.
    """
    found = _LOCALE.match(text)
    if found is None:
        raise MisfitError(f"{text[:60]!r} is not a language tag", "write it like 'vi' or 'en-US'")
    language, script, region = found.groups()
    return "-".join(part for part in (language.lower(), (script or "").title(), (region or "").upper()) if part)


def person_name(text: str) -> str:
    """A name on one line.

    Raises:
        MisfitError: When nothing is left of it.
    """
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not name:
        raise MisfitError("this name is empty", "leave it out when it is not known")
    return name
