"""Tallies: what happened to many customers, in counts that can be added up in any order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, tzinfo
from typing import NamedTuple

from care.backtest.living import Lived


class Message(NamedTuple):
    """What a message is counted by; ``day`` is the company's local date."""

    template: str
    channel: str
    purpose: str
    journey: str
    type: str
    language: str
    day: date


@dataclass(slots=True)
class Tally:
    """Counts over customers.

    Attributes:
        reached: Customers who got a message.
        sent: Messages.
        held: Messages that had to wait at first, by ``(template, code)``.
        skipped: Messages that were not sent, by ``(template or step, code)``.
        tickets: By queue.
        entered: Enrolments by journey; ``going`` are those still on their way at the end.
        not_entered: By ``(journey, code)``.
        ended: By ``(journey, reason)``; ``goals`` are those that reached their goal, by journey.
        asked: Surveys, by kind; ``answered`` of them, by ``(kind, score)``.
        assumed: Questions whose outcome was drawn, by kind; ``ticket`` for tickets.
        known: Questions whose outcome the past tells, likewise.
    """

    customers: int = 0
    reached: int = 0
    sent: Counter[Message] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    tickets: Counter[str] = field(default_factory=Counter)
    entered: Counter[str] = field(default_factory=Counter)
    going: Counter[str] = field(default_factory=Counter)
    not_entered: Counter[tuple[str, str]] = field(default_factory=Counter)
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    goals: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[tuple[str, float]] = field(default_factory=Counter)
    assumed: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)

    def count(self, lived: Lived, zone: tzinfo, language: str) -> None:
        """Count one customer.

        Args:
            lived: What happened to them.
            zone: The company's, for the day of a message.
            language: The company's, where the customer's is not known.
        """
        self.customers += 1
        self.reached += bool(lived.sent)
        for sent in lived.sent:
            order = sent.order
            spoken = (sent.locale or language).partition("-")[0]
            day = order.at.astimezone(zone).date()
            name = order.offer or order.template
            self.sent[Message(name, order.channel, order.purpose, order.journey, sent.type, spoken, day)] += 1
        self.tickets.update(order.queue for order in lived.tickets)
        self.entered.update(entered.journey for entered in lived.entered)
        self.going.update(enrolment.journey for enrolment in lived.going)
        self.ended.update((ended.journey, ended.reason) for ended in lived.ended)
        self.goals.update(ended.journey for ended in lived.ended if ended.converted)
        self._count_notes(lived)
        self._count_questions(lived)

    def _count_notes(self, lived: Lived) -> None:
        waiting: set[tuple[str, str, str]] = set()
        for entry in lived.noted:
            name = entry.template or entry.step
            if entry.kind == "not_entered":
                self.not_entered[entry.journey, entry.code] += 1
            elif entry.kind == "skipped":
                self.skipped[name, entry.code] += 1
            elif (entry.enrolment, entry.step, entry.code) not in waiting:
                waiting.add((entry.enrolment, entry.step, entry.code))
                self.held[name, entry.code] += 1

    def _count_questions(self, lived: Lived) -> None:
        for question in lived.questions:
            outcome = question.outcome
            (self.assumed if outcome.assumed else self.known)[question.habit] += 1
            if question.habit == question.topic:
                self.asked[question.habit] += 1
            if outcome.score is not None:
                self.answered[question.habit, outcome.score] += 1

    def add(self, other: "Tally") -> None:
        """Add the counts of other customers."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)


def by(sent: Mapping[Message, int], *names: str) -> Counter[tuple[str, ...]]:
    """Messages summed up by some of what they are counted by."""
    places = [Message._fields.index(name) for name in names]
    sums: Counter[tuple[str, ...]] = Counter()
    for message, count in sent.items():
        sums[tuple([str(message[place]) for place in places])] += count
    return sums


def codes(counts: Mapping[tuple[str, str], int]) -> Counter[str]:
    """Counts by ``(name, code)`` summed up by code."""
    sums: Counter[str] = Counter()
    for (_, code), count in counts.items():
        sums[code] += count
    return sums
