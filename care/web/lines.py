"""A timeline entry as the console shows it: a mark, a word, a sentence, and the reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

from care.domain.audit import MESSAGE_VERBS, Entry, EntryKind, place, why_lines

if TYPE_CHECKING:
    from care.store.audit import TimelineEntry

Show = Literal["all", "messages", "not_sent"]


class Look(NamedTuple):
    """How one kind of entry looks; the word stands beside the mark, so that nothing rests on colour or shape."""

    mark: str
    word: str
    tone: str
    sentence: str
    minor: bool = False


LOOKS: Mapping[EntryKind, Look] = {
    "entered": Look("→", "entered", "solid accent", "Entered {journey}"),
    "not_entered": Look("–", "not entered", "", "Did not enter {journey}", minor=True),
    "waiting": Look("…", "waiting", "", "", minor=True),
    "branched": Look("◇", "decided", "", "", minor=True),
    "sending": Look("·", "sending", "", "Sending {template} by {channel}", minor=True),
    "sent": Look("✓", "sent", "solid good", "Sent {template} by {channel}"),
    "skipped": Look("–", "not sent", "warn", "Did not send {template}"),
    "held": Look("‖", "held back", "warn", "Held back {template}"),
    "deferred": Look("‖", "put off", "warn", "Put off {template}"),
    "retrying": Look("»", "trying again", "warn", "Will try {template} again by {channel}"),
    "failed": Look("!", "failed", "solid bad", "Could not send {template} by {channel}"),
    "unknown": Look("?", "unknown", "solid bad", "May have sent {template} by {channel}: nobody knows"),
    "settled": Look("=", "now known", "", ""),
    "asked": Look("·", "asking", "", "Asking with {template} by {channel}", minor=True),
    "reminded": Look("·", "reminding", "", "Reminding with {template} by {channel}", minor=True),
    "answered": Look("★", "answered", "solid accent", "Answered {score}"),
    "unanswered": Look("–", "no answer", "", "Did not answer"),
    "heard": Look("·", "heard", "", "", minor=True),
    "ticket": Look("!", "ticket", "solid accent", "Handed over to {template}"),
    "ticket_closed": Look("✓", "ticket closed", "good", "The ticket was closed"),
    "escalated": Look("!", "escalated", "bad", "Escalated to {template}"),
    "redeemed": Look("★", "redeemed", "solid good", "Used the offer {template}"),
    "set": Look("·", "noted", "", "", minor=True),
    "repeated": Look("↻", "again", "", "", minor=True),
    "calling": Look("·", "calling", "", "Calling {template}", minor=True),
    "called": Look("✓", "called", "good", "{template} answered"),
    "not_called": Look("!", "not called", "warn", "Could not call {template}"),
    "moved": Look("→", "moved", "", ""),
    "not_moved": Look("–", "not moved", "warn", ""),
    "exited": Look("→", "left", "", "Left {journey}: {reason}"),
    "paused": Look("‖", "paused", "warn", "Paused"),
    "resumed": Look("→", "resumed", "", "Resumed"),
    "alert": Look("!", "alert", "solid bad", ""),
    "data_quality": Look("!", "data", "warn", ""),
}
SKIPPED_STEP = Look("–", "skipped", "", "Skipped {step}", minor=True)
STILL_OPEN = Look("!", "still open", "warn", "The ticket was still open; the journey went on")
_LEAVING: frozenset[EntryKind] = frozenset(("sending", "asked", "reminded"))
_SETTLED: frozenset[EntryKind] = frozenset(("sent", "failed", "unknown"))
_MESSAGES: frozenset[EntryKind] = frozenset(
    (
        "sent",
        "failed",
        "unknown",
        "settled",
        "answered",
        "unanswered",
        "ticket",
        "ticket_closed",
        "escalated",
        "redeemed",
    )
)
_NOT_SENT: frozenset[EntryKind] = frozenset(
    ("skipped", "held", "deferred", "retrying", "failed", "unknown", "not_entered", "alert", "data_quality")
)


class Told(NamedTuple):
    """An entry with a number that is its own in the timeline, and whether its message can be looked at."""

    id: int
    entry: Entry
    readable: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline; ``readable`` when ``message`` is the key of a message that can be looked at."""

    id: int
    at: datetime
    kind: EntryKind
    what: str
    sentence: str
    reason: str
    code: str
    journey: str
    step: str
    until: datetime | None
    message: str
    readable: bool
    why: tuple[str, ...]
    place: str
    look: Look


@dataclass(frozen=True, slots=True)
class Day:
    """A customer's local day."""

    date: date
    lines: tuple[Line, ...]


def look_of(entry: Entry) -> Look:
    """How an entry looks; a ticket whose time ran out was closed by nobody, and a skipped wait is no message."""
    if entry.kind == "ticket_closed" and entry.code == "ticket_timeout":
        return STILL_OPEN
    return SKIPPED_STEP if entry.kind == "skipped" and entry.verb not in MESSAGE_VERBS else LOOKS[entry.kind]


def lines_of(entries: "Iterable[TimelineEntry]", show: Show = "all") -> list[Line]:
    """The lines of a stored timeline (see ``told_lines``)."""
    return told_lines((Told(found.id, found.entry, _is_readable(found)) for found in entries), show)


def told_lines(entries: Iterable[Told], show: Show = "all") -> list[Line]:
    """The lines of a timeline, oldest first, of which only some kinds may be wanted.

    A message's leaving and its arrival are one line: it says what became of it, and why it was allowed to leave.
    """
    wanted = {"all": frozenset(LOOKS), "messages": _MESSAGES, "not_sent": _NOT_SENT}[show]
    lines: dict[int, Line] = {}
    leaving: dict[str, Line] = {}
    for line in map(_line, entries):
        if line.kind in _LEAVING:
            leaving[line.message] = line
        elif line.kind in _SETTLED and line.message in leaving:
            left = lines.pop(leaving.pop(line.message).id)
            line = replace(line, why=line.why or left.why)
        lines[line.id] = line
    return [line for line in lines.values() if line.kind in wanted]


def by_day(lines: Iterable[Line], zone: ZoneInfo, *, newest_first: bool) -> list[Day]:
    """Lines under the customer's local days."""
    days: dict[date, list[Line]] = {}
    for line in lines:
        days.setdefault(line.at.astimezone(zone).date(), []).append(line)
    ordered = sorted(days, reverse=newest_first)
    return [Day(day, tuple(reversed(days[day]) if newest_first else days[day])) for day in ordered]


def _is_readable(found: "TimelineEntry") -> bool:
    return found.outcome is not None and found.outcome.phase not in ("claimed", "released")


def _line(found: Told) -> Line:
    entry = found.entry
    sentence = _sentence(entry)
    return Line(
        id=found.id,
        at=entry.at,
        kind=entry.kind,
        what=entry.what,
        sentence=sentence,
        reason="" if entry.reason and entry.reason in sentence else entry.reason,
        code=entry.code,
        journey=entry.journey,
        step=entry.step,
        until=entry.until,
        message=entry.message,
        readable=found.readable,
        why=tuple(why_lines(entry.why)),
        place=place(entry),
        look=look_of(entry),
    )


def _sentence(entry: Entry) -> str:
    if look_of(entry) is STILL_OPEN:
        return STILL_OPEN.sentence
    if entry.kind == "skipped" and not entry.template:
        return f"Skipped {entry.step}" if entry.step else entry.what
    if entry.kind == "exited" and entry.what.startswith("goal"):
        return f"Reached the goal of {entry.journey}: {entry.reason}"
    score = "" if entry.score is None else f"{entry.score:g}"
    words = {
        "journey": entry.journey,
        "template": entry.template,
        "channel": entry.channel,
        "reason": entry.reason,
        "score": f"{score} to {entry.template.upper()}" if score and entry.template else score,
    }
    pattern = LOOKS[entry.kind].sentence
    if not pattern or any(f"{{{name}}}" in pattern and not word for name, word in words.items()):
        verb, colon, name = entry.step.partition(":")
        what = entry.what.replace(entry.step, f"{verb.replace('_', ' ')} {name}", 1) if colon else entry.what
        return what[:1].upper() + what[1:]
    return pattern.format(**words)
