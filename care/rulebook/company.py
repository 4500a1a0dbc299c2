"""Reads the shop's own defaults from the catalogue."""

from collections.abc import Callable
from typing import TypeVar

from care.domain.catalogue import Company
from care.rulebook.catalogue_words import COMPANY
from care.rulebook.clocktimes import cap, stretch, timezone, week
from care.rulebook.durations import Hours
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import Entries, fill
from care.rulebook.holidays import read_holidays
from care.rulebook.names import ADDRESS
from care.rulebook.reader import Node

_T = TypeVar("_T")


def read_company(node: Node, findings: Findings) -> Company | None:
    """The company's settings; defaults stand in for what could not be read."""
    entries = fill(node, COMPANY, findings)
    if entries is None:
        return None
    default = Company()
    return Company(
        name=entries.word("name", default.name),
        timezone=taken(entries, "timezone", timezone, findings) or default.timezone,
        locale=taken(entries, "locale", _locale, findings) or default.locale,
        quiet_hours=taken(entries, "quiet_hours", stretch, findings),
        business_hours=_business_hours(entries, findings) or default.business_hours,
        frequency_cap=taken(entries, "frequency_cap", cap, findings),
        address=entries.word("address"),
        phone=entries.word("phone"),
        website=entries.word("website"),
        email=taken(entries, "email", e_mail_address, findings) or "",
        holidays=read_holidays(entries, findings),
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


def _business_hours(entries: Entries, findings: Findings) -> Hours | None:
    texts = entries.texts("business_hours")
    return findings.take(texts[0], week, ", ".join(text.value for text in texts)) if texts else None


def _locale(text: str) -> str:
    if not all(part.isascii() and part.isalnum() and len(part) <= 8 for part in text.split("-")) or len(text) < 2:
        raise PhraseError("J012", f"{quoted(text)} is not a language", "write for example vi, en or en-GB")
    return text
