"""Reads a journey's own limits on its messages; they tighten the company's and never loosen them."""

from care.domain.catalogue import Cap, Company, Window
from care.domain.journey import Sending
from care.rulebook.clocktimes import cap, cap_words, stretch, stretch_words, timezone
from care.rulebook.company import taken
from care.rulebook.findings import Findings, Placed
from care.rulebook.forms import example_of, fill
from care.rulebook.names import Known
from care.rulebook.reader import Node
from care.rulebook.vocabulary import SENDING

_MINUTES = 1_440


def read_sending(node: Node, at: Placed, known: Known, findings: Findings) -> Sending | None:
    """The limits of a journey, or ``None`` when there are none."""
    entries = fill(node, SENDING, findings, at)
    if entries is None:
        return None
    company = known.catalogue.company if "company" not in known.unsure else Company()
    quiet = taken(entries, "quiet_hours", stretch, findings)
    limit = taken(entries, "frequency_cap", cap, findings)
    zone = taken(entries, "timezone", timezone, findings) or ""
    if not entries.pairs:
        findings.add("J012", at, "'sending' has no settings", example_of(SENDING))
    if quiet is not None and company.quiet_hours is not None and not _holds(quiet, company.quiet_hours):
        theirs = stretch_words(company.quiet_hours)
        message = f"{stretch_words(quiet)} is not quiet during all of the company's quiet hours ({theirs})"
        hint = "a journey makes its quiet hours longer, never shorter"
        findings.add("J012", entries.pairs["quiet_hours"].value, message, hint)
    if limit is not None and company.frequency_cap is not None and _most(company.frequency_cap, limit) <= limit.count:
        message = f"{cap_words(limit)} allows no less than the company's {cap_words(company.frequency_cap)}"
        findings.add("J012", entries.pairs["frequency_cap"].value, message, "a journey writes a smaller number")
    if zone and quiet is None and company.quiet_hours is None and "company" not in known.unsure:
        message = "'timezone' says where quiet hours must be over, and there are none"
        findings.add("J003", entries.key("timezone"), message, "add 'quiet_hours', here or in the catalogue")
    return Sending(quiet, limit, zone) if entries.pairs else None


def _holds(outer: Window, inner: Window) -> bool:
    """Whether every minute of one window is in another; both may run over midnight."""
    length = (inner.end - inner.start) % _MINUTES
    begins = (inner.start - outer.start) % _MINUTES
    return begins + length <= (outer.end - outer.start) % _MINUTES


def _most(cap: Cap, limit: Cap) -> int:
    """How many messages one cap lets through at most in the time another one speaks of."""
    return cap.count * -(-limit.seconds // cap.seconds)
