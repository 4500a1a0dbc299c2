"""Numbering: what a phone number tells of where its owner lives."""

from functools import lru_cache

from care.domain.places import NOWHERE, Phone

# A number that may ring in more zones than these, such as a free one of North America, tells nothing of the hour.
_MOST_ZONES = 8
_AREA = 3
_UNKNOWN = "Etc/Unknown"


def phone_of(number: str) -> Phone:
    """What a number in E.164 tells of its owner."""
    return _phone_of(number) if number else NOWHERE


def home_zone(told: str, number: str) -> str:
    """The IANA name of the zone somebody lives in: as told, else that of the phone number; empty when neither says."""
    return told or next(iter(phone_of(number).zones), "")


@lru_cache(maxsize=4096)
def _phone_of(number: str) -> Phone:
    # Loading what is known of the world's numbers takes a fifth of a second, and much is done without.
    from phonenumbers import NumberParseException, parse, region_code_for_number
    from phonenumbers.timezone import time_zones_for_number

    try:
        parsed = parse(number)
    except NumberParseException:
        return NOWHERE
    zones = tuple(zone for zone in time_zones_for_number(parsed) if zone != _UNKNOWN)
    area = str(parsed.national_number)[:_AREA] if parsed.country_code == 1 else ""
    return Phone(region_code_for_number(parsed) or "", area, zones if len(zones) <= _MOST_ZONES else ())
