"""Permission: whether advertising may reach a customer, by what they said and what the law makes of what they did."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from care.domain.catalogue import Consenting
from care.domain.consents import Statement
from care.domain.customers import Facts
from care.domain.law import Applied

NO_CONSENT, POLICY_CONSENT = "no_consent", "policy_consent"
_BOUGHT, _ASKED = "customer.last_order_at", "customer.last_inquiry_at"


class Permit(NamedTuple):
    """Whether it may be sent; ``code`` is a countable word when not, ``reason`` says why either way."""

    allowed: bool
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at.

    Attributes:
        said: What the customer said of the channel, as it stands.
        today: The day on the customer's calendar.
        zone: The customer's.
        consenting: What the company relies on.
    """

    said: Statement | None
    facts: Facts
    today: date
    zone: ZoneInfo
    consenting: Consenting


def permit(asked: Asked, applied: Sequence[Applied]) -> Permit:
    """Whether advertising may be sent: every law that holds must be content, and so must the company."""
    said = asked.said
    if said is not None and not said.given:
        return Permit(False, NO_CONSENT, "consent to marketing was withdrawn")
    if said is not None and said.kind == "unconfirmed":
        return Permit(False, NO_CONSENT, "consent to marketing was not confirmed yet")
    express = said is not None and said.express
    lands = [each for each in applied if not each.policy.everywhere]
    if not express and (asked.consenting == "explicit" or not lands):
        return Permit(False, NO_CONSENT, "no consent to marketing was given")
    reasons = []
    for each in lands:
        verdict = _by_law(asked, each)
        if not verdict.allowed:
            return verdict
        reasons.append(verdict.reason)
    return Permit(True, "", "; ".join(dict.fromkeys(reasons)) or "consent to marketing was given")


def _by_law(asked: Asked, of: Applied) -> Permit:
    said, place = asked.said, of.policy.title
    given = Permit(True, "", "consent to marketing was given")
    match of.rule.consent:
        case "not needed":
            return Permit(True, "", f"{place}: no consent is needed ({of.law})")
        case "opt out":
            return Permit(True, "", f"{place}: advertising is allowed until the customer objects ({of.law})")
        case "prior express written":
            return given if said is not None and _is_written(said) else _unwritten(said, of)
        case "express or implied":
            return given if said is not None and said.express else _implied(asked, of)
        case "opt in or similar products of one's own":
            return given if said is not None and said.express else _soft(asked, of)
        case "express prior":
            return given if said is not None and said.express else _unsaid(of)


def _is_written(said: Statement) -> bool:
    """Whether it was given in writing; what a rule test says has no history, and is taken for it."""
    return said.express and (said.kind == "written" or said.at is None)


def _unwritten(said: Statement | None, of: Applied) -> Permit:
    if said is None or not said.express:
        return _unsaid(of)
    reason = f"{of.policy.title}: consent must be in writing, and how this one was given was not ({of.law})"
    return Permit(False, POLICY_CONSENT, reason)


def _unsaid(of: Applied) -> Permit:
    return Permit(False, POLICY_CONSENT, f"{of.policy.title}: consent must be given first, and was not ({of.law})")


def _soft(asked: Asked, of: Applied) -> Permit:
    """An address that came from a sale, with a way out offered then, may hear of similar products of one's own."""
    if asked.said is not None and asked.said.kind == "soft":
        reason = f"{of.policy.title}: the address was given in a sale, and a way out was offered ({of.law})"
        return Permit(True, "", reason)
    reason = f"{of.policy.title}: neither consent nor a sale in which a way out was offered is recorded ({of.law})"
    return Permit(False, POLICY_CONSENT, reason)


def _implied(asked: Asked, of: Applied) -> Permit:
    """Consent follows from a purchase or an inquiry for some months before the day of the message."""
    months = (("purchase", _BOUGHT, of.rule.implied.purchase), ("inquiry", _ASKED, of.rule.implied.inquiry))
    known = [(name, _day(asked, field), count) for name, field, count in months if count]
    for name, day, count in known:
        if day is not None and months_before(asked.today, count) <= day <= asked.today:
            return Permit(True, "", f"{of.policy.title}: implied by the {name} of {day}, for {count} months ({of.law})")
    late = [f"the {name} of {day} is more than {count} months ago" for name, day, count in known if day is not None]
    why = " and ".join(late) or "no purchase or inquiry is known"
    return Permit(False, POLICY_CONSENT, f"{of.policy.title}: no consent was given, and {why} ({of.law})")


def _day(asked: Asked, field: str) -> date | None:
    """The day of something on the customer's calendar."""
    at = asked.facts.fields.get(field)
    return at.astimezone(asked.zone).date() if isinstance(at, datetime) else None


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or the last there is."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
