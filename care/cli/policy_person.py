"""A person made up for `care policy explain`, and the moment that is asked about."""

from datetime import UTC, datetime, time

from care import clock
from care.domain.conditions import Value
from care.domain.consents import Kind, Statement
from care.domain.customers import Facts
from care.domain.errors import CareError
from care.domain.rulebook import Rulebook
from care.domain.timing import instant_of, zone_of
from care.numbering import phone_of
from care.rulebook.clocktimes import calendar_day, timezone
from care.rulebook.findings import PhraseError
from care.store.addresses import CHANNEL_KINDS

_NOON = time(12)
_KINDS: dict[str, Kind] = {"given": "express", "written": "written", "soft": "soft", "withdrawn": "express"}


class PersonError(CareError):
    """A made-up person or a moment cannot be read; the message says what to write."""


def made_up(*, phone: str, country: str, region: str, tz: str, locale: str, bought: str, consent: str) -> Facts:
    """The facts of a person of whom only this is known; they can be reached on every channel."""
    number = phone_of(phone)
    if phone and not number.country:
        raise PersonError(f"--phone {phone!r} is not a phone number with its country; write for example +84912345678")
    zone = _zone(tz) if tz else next(iter(number.zones), "")
    fields: dict[str, Value] = {"customer.country": country, "customer.region": region, "customer.timezone": tz}
    if bought:
        fields["customer.last_order_at"] = _noon(bought, zone)
    said = (
        {}
        if consent == "none"
        else dict.fromkeys(
            ((channel, "marketing") for channel in CHANNEL_KINDS),
            Statement(consent != "withdrawn", _KINDS[consent], datetime.min.replace(tzinfo=UTC)),
        )
    )
    return Facts(
        customer="c_made_up",
        fields={name: value for name, value in fields.items() if value},
        zone=zone,
        locale=locale,
        phone=number,
        addresses={channel: channel for channel in CHANNEL_KINDS},
        statements=said,
        consents={pair: each.given for pair, each in said.items() if each.express or not each.given},
    )


def moment(text: str, facts: Facts | None, rulebook: Rulebook) -> datetime:
    """The instant that is asked about (UTC): now, or a time on the customer's clock or with its own offset."""
    if not text:
        return clock.now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise PersonError(f"--at {text!r} is not a time; write for example '2026-11-22 21:30'") from error
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    return instant_of(at, zone_of(facts.zone if facts is not None else "", rulebook.catalogue.company.timezone))


def _zone(name: str) -> str:
    try:
        return timezone(name)
    except PhraseError as error:
        raise PersonError(f"--tz: {error.message}; {error.hint}") from error


def _noon(day: str, zone: str) -> datetime:
    try:
        return instant_of(datetime.combine(calendar_day(day), _NOON), zone_of(zone, "UTC"))
    except PhraseError as error:
        raise PersonError(f"--bought: {error.message}; {error.hint}") from error
