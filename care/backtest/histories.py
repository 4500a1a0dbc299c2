"""Histories: a customer's past as a script any rulebook can be played against.

What happened whatever we did stands in the script. What was an answer to something of ours (a score to a survey, the
closing of a ticket, a code that was used) is kept apart: it happens again only when its cause does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from care.backtest.past import Past, Told
from care.backtest.profile import Profile
from care.domain.conditions import Value
from care.domain.happenings import PAUSED, RESUMED, Event
from care.domain.places import NOWHERE, Phone
from care.domain.simulation import Scripted
from care.numbering import phone_of

ANSWERED = ".answered"
CLOSED = "ticket.closed"
REDEEMED = "offer.redeemed"
FACTS_ONLY = "facts.only"
_OURS = ("e_", "t_")


@dataclass(frozen=True, slots=True)
class Happened(Scripted):
    """An event of the past in the script.

    Attributes:
        known: Customer fields that are different from now on; ``None`` for one that is not known any more.
        zone: The customer's IANA time zone from now on, or empty.
        phone: What their phone number tells of where they live.
        reach: Channel to address from now on.
    """

    known: Mapping[str, Value | None] = field(default_factory=dict)
    zone: str = ""
    phone: Phone = NOWHERE
    reach: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the past to something of ours.

    Attributes:
        topic: ``csat``, ``nps`` or ``ces`` for a score, else ``ticket`` or ``offer``.
        about: Id of the survey or the ticket it answers, or empty.
        scripted: Whether the event stands in the script too: it may have come without being asked for.
    """

    topic: str
    event: Event
    at: datetime
    about: str
    scripted: bool

    @property
    def score(self) -> float | None:
        """The score that was given, if it is an answer to a survey."""
        given = self.event.data.get("score")
        return given if isinstance(given, int | float) and not isinstance(given, bool) else None


@dataclass(frozen=True, slots=True)
class History:
    """One customer's past, ready to be lived again.

    Attributes:
        bought: When each order was first heard of.
        done: See ``Past``.
    """

    customer: str
    name: str
    script: Sequence[Happened]
    replies: Sequence[Reply]
    bought: Sequence[datetime]
    done: frozenset[str] | None


def history_of(past: Past) -> History:
    """Lay out a past: every event with the facts as they were from then on."""
    profile, parked = Profile(), list[Told]()
    script: list[Happened] = []
    replies: list[Reply] = []
    bought: dict[str, datetime] = {}
    for told in past.told:
        if told.order_id is not None:
            bought.setdefault(told.order_id, told.at)
        if _is_left_out(told):
            continue
        if not profile.knows(told):
            parked.append(told)
            continue
        _take(told, told.at, profile, script, replies)
        freed = [each for each in parked if profile.knows(each)] if parked else []
        for each in freed:
            parked.remove(each)
            _take(each, told.at, profile, script, replies)
    return History(past.customer, past.name, script, replies, tuple(bought.values()), past.done)


def _is_left_out(told: Told) -> bool:
    """Commands to single enrolments belong to the plans they were given for; a pause of the customer stays."""
    return told.type.startswith("operator.") and told.type not in (PAUSED, RESUMED)


def _take(told: Told, at: datetime, profile: Profile, script: list[Happened], replies: list[Reply]) -> None:
    known = profile.learn(told)
    event = Event(told.id, told.type, told.order_id, told.data, told.about, told.operator)
    topic = _topic(told.type)
    ours = topic == "offer" or told.about.startswith(_OURS)
    if topic:
        replies.append(Reply(topic, event, at, told.about, scripted=not ours))
    if topic and ours:
        # What else it told stays true even where its cause does not come about.
        event = Event(told.id, FACTS_ONLY, told.order_id)
    order = profile.order_fields(told.order_id)
    phone = phone_of(profile.phone)
    zone = profile.zone or next(iter(phone.zones), "")
    script.append(Happened(at, event, order, known=known, zone=zone, phone=phone, reach=profile.reach))


def is_reply(kind: str) -> bool:
    """Whether events of this type may be answers to something of ours."""
    return bool(_topic(kind))


def _topic(kind: str) -> str:
    if kind.endswith(ANSWERED):
        return kind.removesuffix(ANSWERED)
    return {CLOSED: "ticket", REDEEMED: "offer"}.get(kind, "")
