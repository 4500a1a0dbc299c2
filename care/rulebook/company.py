"""Reads the shop's own defaults from the catalogue."""

import re
from collections.abc import Callable
from typing import Literal, TypeVar, cast

from care.domain.catalogue import Company, Consenting
from care.domain.routes import NAMES
from care.rulebook.catalogue_words import COMPANY
from care.rulebook.clocktimes import cap, stretch, survey_cap, timezone, week
from care.rulebook.durations import Hours, fixed
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import Entries, fill
from care.rulebook.holidays import read_holidays
from care.rulebook.names import ADDRESS
from care.rulebook.reader import Node
from care.rulebook.spelling import meant
from care.rulebook.vocabulary import CHANNELS

_T = TypeVar("_T")

MARKS = ("strip", "keep")
CONSENTING = ("explicit", "as the law allows")
_LONGEST_SPREAD = 7_200
_ANSWER = re.compile(r"(\w{2,10}) to (\+?\d[\d ]{2,18})")


def read_company(node: Node, findings: Findings) -> Company | None:
    """The company's settings; defaults stand in for what could not be read."""
    entries = fill(node, COMPANY, findings)
    if entries is None:
        return None
    default = Company()
    return Company(
        name=entries.word("name", default.name),
        timezone=taken(entries, "timezone", timezone, findings) or default.timezone,
        locale=taken(entries, "locale", language, findings) or default.locale,
        quiet_hours=taken(entries, "quiet_hours", stretch, findings),
        business_hours=_business_hours(entries, findings) or default.business_hours,
        frequency_cap=taken(entries, "frequency_cap", cap, findings),
        survey_cap=taken(entries, "survey_cap", survey_cap, findings),
        address=entries.word("address"),
        phone=entries.word("phone"),
        website=entries.word("website"),
        email=taken(entries, "email", e_mail_address, findings) or "",
        holidays=read_holidays(entries, findings),
        sms_route=entries.choice("sms_route", NAMES, default.sms_route),
        sms_marks=cast(Literal["", "strip", "keep"], entries.choice("sms_marks", MARKS, default.sms_marks)),
        marketing_consent=cast(Consenting, entries.choice("marketing_consent", CONSENTING, default.marketing_consent)),
        spread=taken(entries, "spread", _spread, findings) or 0,
        sms_opt_out=taken(entries, "sms_opt_out", _sms_opt_out, findings) or "",
        double_opt_in=_channels(entries, findings),
    )


def taken(entries: Entries, name: str, parse: Callable[[str], _T], findings: Findings) -> _T | None:
    """A setting read by a parser; ``None`` when it is not written, or cannot be read and that is told."""
    text = entries.text(name)
    return None if text is None else findings.take(text, parse, text.value)


def e_mail_address(text: str) -> str:
    """An e-mail address, as far as its shape goes.

    Raises:
        PhraseError: J012 when it is none.
    """
    if not ADDRESS.fullmatch(text):
        raise PhraseError("J012", f"{quoted(text)} is not an e-mail address", "for example care@shop.example")
    return text


def _spread(text: str) -> int:
    """How many seconds held messages are spread over."""
    seconds = fixed(text).seconds
    if seconds > _LONGEST_SPREAD:
        raise PhraseError("J012", f"{quoted(text)} is too long to spread messages over", "write 2 hours at most")
    return seconds


def _sms_opt_out(text: str) -> str:
    """The answer that ends advertising, and the number it goes to."""
    if not _ANSWER.fullmatch(text):
        raise PhraseError("J012", f"{quoted(text)} is not a word and a number", "for example TC to 19001234")
    return text


def _business_hours(entries: Entries, findings: Findings) -> Hours | None:
    texts = entries.texts("business_hours")
    return findings.take(texts[0], week, ", ".join(text.value for text in texts)) if texts else None


def _channels(entries: Entries, findings: Findings) -> tuple[str, ...]:
    texts = entries.texts("double_opt_in")
    for text in texts:
        if text.value not in CHANNELS:
            message = f"{quoted(text.value)} is not one of the channels ({', '.join(CHANNELS)})"
            findings.add("J011", text, message, meant(text.value, CHANNELS))
    return tuple(dict.fromkeys(text.value for text in texts if text.value in CHANNELS))


def language(text: str) -> str:
    """A language tag.

    Raises:
        PhraseError: J012 when it is none.
    """
    if not all(part.isascii() and part.isalnum() and len(part) <= 8 for part in text.split("-")) or len(text) < 2:
        raise PhraseError("J012", f"{quoted(text)} is not a language", "write for example vi, en or en-GB")
    return text
