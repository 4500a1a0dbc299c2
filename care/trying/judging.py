"""Judging: whether one life keeps a promise, and where it was broken."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from care.domain.audit import Entry
from care.domain.catalogue import Cap
from care.domain.conditions import Condition, verdict
from care.domain.customers import Facts
from care.domain.decisions import Decision
from care.domain.enrolment import Enrolment
from care.domain.guardrails import UNHAPPY_CSAT, UNHAPPY_NPS
from care.domain.orders import SendMessage
from care.domain.rulebook import Rulebook
from care.domain.sight import FactSight
from care.domain.timing import counts_within
from care.rulebook.clocktimes import cap_words
from care.rulebook.promises import Promise
from care.trying.lives import OneLife

_DID = frozenset({"sending", "asked", "reminded", "ticket", "calling"})


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a life broke a promise."""

    at: datetime
    message: str


class Judge:
    """Judges lives by promises; journeys and conditions are those of a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def broken(self, promise: Promise, life: OneLife) -> Broken | None:
        """The first place where a life breaks a promise, or ``None``."""
        match promise.kind:
            case "never":
                return self._never(promise, life)
            case "always":
                return self._always(promise, life)
            case "at_most":
                return self._at_most(promise, life)
            case "ends":
                return self._ends(promise, life)

    def _never(self, promise: Promise, life: OneLife) -> Broken | None:
        for decision, facts in life.steps:
            for entry in decision.entries:
                if _is(promise, entry) and self._holds(promise.when, entry.enrolment, decision, facts, life):
                    return Broken(entry.at, f"{entry.what} ({entry.journey})")
        return None

    def _always(self, promise: Promise, life: OneLife) -> Broken | None:
        for enrolment, (entered, left) in _stays(life, promise.journey).items():
            since = self._first(promise.when, enrolment, entered, life)
            if since is None:
                continue
            until = since + timedelta(seconds=promise.seconds) if promise.seconds else left
            did = any(
                _is(promise, entry) and entry.enrolment == enrolment and since <= entry.at <= until
                for decision, _ in life.steps
                for entry in decision.entries
            )
            if not did:
                wanted = f"{promise.verb} {promise.name}".strip()
                return Broken(until, f"{wanted} did not happen by then")
        return None

    def _first(self, when: Condition | None, enrolment: str, entered: datetime, life: OneLife) -> datetime | None:
        """When a promise's tests first hold of an enrolment."""
        if when is None:
            return entered
        for decision, facts in life.steps:
            told = any(entry.enrolment == enrolment for entry in decision.entries)
            inside = told or any(each.id == enrolment for each in decision.state.enrolments)
            if inside and self._holds(when, enrolment, decision, facts, life):
                return decision.at
        return None

    def _at_most(self, promise: Promise, life: OneLife) -> Broken | None:
        sent = [
            order.at
            for order in _messages(life)
            if order.purpose != "transactional" and promise.journey in ("", order.journey)
        ]
        for at, count in counts_within(sent, timedelta(seconds=promise.seconds)):
            if count > promise.count:
                return Broken(at, cap_words(Cap(count, promise.seconds)))
        return None

    def _ends(self, promise: Promise, life: OneLife) -> Broken | None:
        if life.endless:
            return Broken(life.starts, "the rules go round in a circle")
        for entered, left in _stays(life, promise.journey).values():
            if left - entered > timedelta(seconds=promise.seconds):
                return Broken(left, f"it took {(left - entered).days} days")
        return None

    def _holds(self, when: Condition | None, enrolment: str, decision: Decision, facts: Facts, life: OneLife) -> bool:
        if when is None:
            return True
        own = next((each for each in decision.state.enrolments if each.id == enrolment), None)
        own = own or _as_it_left(enrolment, decision, life)
        sight = FactSight(facts, self._rulebook, decision.at, life.zone, order=facts.frozen.get(enrolment, {}), own=own)
        return verdict(when, sight) is True


def _as_it_left(enrolment: str, decision: Decision, life: OneLife) -> Enrolment | None:
    """An enrolment that ended in this decision: as it stood before, with the answers it heard at last."""
    last: Enrolment | None = None
    for earlier, _ in life.steps:
        if earlier is decision:
            break
        last = next((each for each in earlier.state.enrolments if each.id == enrolment), last)
    if last is None:
        return None
    heard = {
        f"{entry.template}.score": entry.score
        for entry in decision.entries
        if entry.kind == "answered" and entry.enrolment == enrolment and entry.score is not None
    }
    return replace(last, answers={**last.answers, **heard})


def consent(life: OneLife) -> Broken | None:
    """No marketing without consent."""
    for order in _messages(life):
        if order.purpose == "marketing" and life.world.consents.get((order.channel, "marketing")) is not True:
            return Broken(order.at, f"{order.template} by {order.channel} without consent to marketing")
    return None


def welcome(life: OneLife) -> Broken | None:
    """No offer while a ticket is open, or after an unhappy answer."""
    for decision, _ in life.steps:
        for order in decision.orders:
            if not isinstance(order, SendMessage) or order.purpose != "marketing":
                continue
            trouble = _unwelcome(life, order.at)
            if trouble:
                return Broken(order.at, f"{order.template} {trouble}")
    return None


def _unwelcome(life: OneLife, at: datetime) -> str:
    """Why an offer is not welcome at an instant, told from the events alone."""
    open_tickets = 0
    unhappy = _unhappy_before(life)
    for decision, _ in life.steps:
        if decision.at > at:
            break
        for entry in decision.entries:
            open_tickets += (entry.kind == "ticket") - (
                entry.kind == "ticket_closed" and entry.code != "ticket_timeout"
            )
            if entry.kind == "answered" and entry.score is not None:
                low = {"csat": UNHAPPY_CSAT, "nps": UNHAPPY_NPS}.get(entry.template)
                if low is not None:
                    unhappy[entry.template] = entry.score <= low
    if open_tickets > 0:
        return "while a ticket is open"
    return "after an unhappy answer" if any(unhappy.values()) else ""


def _unhappy_before(life: OneLife) -> dict[str, bool]:
    given = life.given_at_start
    lows = {"csat": UNHAPPY_CSAT, "nps": UNHAPPY_NPS}
    return {
        survey: isinstance(score := given.get(f"{survey}.last"), int | float) and score <= low
        for survey, low in lows.items()
    }


def _messages(life: OneLife) -> Iterator[SendMessage]:
    for decision, _ in life.steps:
        yield from (order for order in decision.orders if isinstance(order, SendMessage))


def _is(promise: Promise, entry: Entry) -> bool:
    """Whether an entry is the step a promise speaks of, being done."""
    if entry.kind not in _DID or promise.journey not in ("", entry.journey):
        return False
    if promise.verb and entry.verb != promise.verb:
        return False
    names = (entry.template, entry.step, entry.step.partition(":")[2])
    return not promise.name or promise.name in names


def _stays(life: OneLife, journey: str) -> dict[str, tuple[datetime, datetime]]:
    """From when to when the customer was in a journey, by enrolment."""
    entered = {
        each.enrolment: each.at
        for decision, _ in life.steps
        for each in decision.entered
        if journey in ("", each.journey)
    }
    left = {each.enrolment: each.at for decision, _ in life.steps for each in decision.left}
    last = life.steps[-1][0].at if life.steps else life.starts
    return {name: (at, left.get(name, last)) for name, at in entered.items()}
