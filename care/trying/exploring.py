"""Exploring: thousands of made-up customers walk the journeys, and what must hold of each is looked at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from care.domain.audit import Entry
from care.domain.catalogue import Cap
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook
from care.domain.simulation import Played, SimulationError, simulate
from care.domain.timing import counts_within, quiet_until, zone_of
from care.trying.coverage import Coverage, Reached
from care.trying.customers import Crowd, Life


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that must not happen and did, for one made-up customer.

    Attributes:
        rule: What must hold: ``cap``, ``quiet hours``, ``end`` or ``consent``.
        number: Of the customer; the same seed and number play the same life again.
    """

    journey: str
    number: int
    rule: str
    message: str
    at: datetime
    timeline: tuple[Entry, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Exploration:
    """What came of the made-up customers.

    Attributes:
        entered: How many were let into the journey they bought for.
        most: The most messages anybody got within the cap's time.
    """

    customers: int
    entered: int
    messages: int
    most: int
    breaches: tuple[Breach, ...]
    coverage: tuple[Coverage, ...]


def explore(
    rulebook: Rulebook,
    journeys: Sequence[str] = (),
    *,
    customers: int = 1_000,
    seed: int = 1,
    told: Callable[[int], object] = lambda _: None,
) -> Exploration:
    """Let customers walk.

    Args:
        journeys: Whose triggers bring the customers; all, when none is named. Every journey runs beside them.
        customers: How many for each journey.
        told: Called after each with how many are done.
    """
    crowd, reached = Crowd(rulebook, seed), Reached()
    plans = [walked.plan for name, walked in rulebook.entering.items() if not journeys or name in journeys]
    breaches: list[Breach] = []
    entered = messages = most = done = 0
    for plan in plans:
        for number in range(customers):
            life = crowd.life(plan, number)
            played, found = _walk(rulebook, plan, number, life)
            breaches.extend(found)
            reached.add(played.entries)
            entered += any(entry.kind == "entered" and entry.journey == plan.journey for entry in played.entries)
            messages += len(played.messages)
            most = max(most, _densest(_counted(played), rulebook.catalogue.company.frequency_cap))
            done += 1
            told(done)
    return Exploration(done, entered, messages, most, tuple(breaches), tuple(reached.of(plan) for plan in plans))


def _walk(rulebook: Rulebook, plan: Plan, number: int, life: Life) -> tuple[Played, list[Breach]]:
    try:
        played = simulate(rulebook, life.person, life.script, reacts=life.reacts)
    except SimulationError as error:
        return Played(), [Breach(plan.journey, number, "end", str(error), life.starts)]
    timeline = tuple(played.entries)
    breaches = [
        Breach(plan.journey, number, rule, message, at, timeline)
        for rule, message, at in _broken(rulebook, life, played)
    ]
    return played, breaches


def _broken(rulebook: Rulebook, life: Life, played: Played) -> Iterator[tuple[str, str, datetime]]:
    company = rulebook.catalogue.company
    zone = zone_of(life.person.zone, company.timezone)
    for message in played.messages:
        if quiet_until(message.at, company.quiet_hours, zone) is not None:
            local = message.at.astimezone(zone)
            yield "quiet hours", f"{message.template} left at {local:%H:%M} in {zone.key}", message.at
    cap, counted = company.frequency_cap, _counted(played)
    if cap is not None and _densest(counted, cap) > cap.count:
        yield "cap", f"{_densest(counted, cap)} messages within {cap.seconds // 86_400} days", counted[0]
    entered = {entry.enrolment for entry in played.entries if entry.kind == "entered"}
    stuck = entered - {left.enrolment for left in played.left}
    if stuck:
        yield "end", f"{len(stuck)} of {len(entered)} enrolments never ended", life.starts


def _counted(played: Played) -> list[datetime]:
    """When messages left that count against the cap."""
    return [message.at for message in played.messages if message.purpose != "transactional"]


def _densest(sent: Sequence[datetime], cap: Cap | None) -> int:
    """The most messages within the cap's time (within seven days, where there is no cap)."""
    span = timedelta(seconds=cap.seconds) if cap is not None else timedelta(days=7)
    return max((count for _, count in counts_within(sent, span)), default=0)
