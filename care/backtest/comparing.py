"""Comparing two lives of one customer: which messages, tickets and journeys came, went, or came at another time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from care.backtest.living import Lived

How = Literal["gets", "no longer gets", "gets at another time", "gets in another way"]
_EXAMPLES = 5


class Kind(NamedTuple):
    """One kind of difference; the same kind happens to many customers.

    Attributes:
        how: What becomes of it by the draft.
        what: ``message``, ``ticket``, ``journey`` or ``end``.
        name: Template or offer, queue, journey; for an end its reason.
        detail: What it was and what it is, where it is had in another way.
    """

    how: How
    what: str
    journey: str
    step: str
    name: str
    detail: str = ""


class Change(NamedTuple):
    """One difference in one customer's life; ``shift`` are seconds later (negative: earlier)."""

    kind: Kind
    at: datetime
    shift: float = 0.0


@dataclass(slots=True)
class Group:
    """Everybody a kind of difference happens to.

    Attributes:
        times: How often it happens.
        examples: A few of them, by the shop's id.
        low: The smallest shift in seconds, ``high`` the largest.
    """

    customers: int = 0
    times: int = 0
    examples: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0

    def add(self, other: "Group") -> None:
        """Add the customers of another part."""
        if other.times:
            low, high = min(self.low, other.low), max(self.high, other.high)
            self.low, self.high = (low, high) if self.times else (other.low, other.high)
        self.customers += other.customers
        self.times += other.times
        self.examples = tuple(sorted({*self.examples, *other.examples})[:_EXAMPLES])


class Touched(NamedTuple):
    """A customer who would be treated differently: how many differences, and the first of them."""

    customer: str
    name: str
    changes: int
    first: Kind
    at: datetime


@dataclass(slots=True)
class Differences:
    """The differences of many customers; they can be added up in any order."""

    groups: dict[Kind, Group] = field(default_factory=dict)
    people: list[Touched] = field(default_factory=list)

    def note(self, customer: str, name: str, changes: list[Change]) -> None:
        """Take in what is different for one customer."""
        if not changes:
            return
        own: dict[Kind, Group] = {}
        for change in changes:
            mine = Group(0, 1, (name,), change.shift, change.shift)
            own.setdefault(change.kind, Group(1)).add(mine)
        for kind, group in own.items():
            self.groups.setdefault(kind, Group()).add(group)
        first = min(changes, key=lambda change: (change.at, change.kind))
        self.people.append(Touched(customer, name, len(changes), first.kind, first.at))

    def add(self, other: "Differences") -> None:
        """Add the differences of other customers."""
        for kind, group in other.groups.items():
            self.groups.setdefault(kind, Group()).add(group)
        self.people.extend(other.people)


class _Had(NamedTuple):
    at: datetime
    what: str
    journey: str
    step: str
    name: str
    way: str


def changes_of(was: Lived, now: Lived) -> list[Change]:
    """What is different in a customer's life by the draft, oldest first."""
    if was is now:
        return []
    before, after = _had(was), _had(now)
    found = [change for key in before.keys() | after.keys() for change in _change(before.get(key), after.get(key))]
    return sorted(found, key=lambda change: (change.at, change.kind))


def _change(was: _Had | None, now: _Had | None) -> Iterator[Change]:
    had = was or now
    assert had is not None
    if was is None or now is None:
        how: How = "gets" if was is None else "no longer gets"
        yield Change(Kind(how, had.what, had.journey, had.step, had.name, had.way), had.at)
        return
    if (was.name, was.way) != (now.name, now.way):
        detail = f"{_words(was)} → {_words(now)}"
        yield Change(
            Kind("gets in another way", now.what, now.journey, now.step, now.name, detail), min(was.at, now.at)
        )
    if was.at != now.at:
        shift = (now.at - was.at).total_seconds()
        yield Change(
            Kind("gets at another time", now.what, now.journey, now.step, now.name), min(was.at, now.at), shift
        )


def _words(had: _Had) -> str:
    return f"{had.name} by {had.way}" if had.what == "message" else had.name


def _had(lived: Lived) -> Mapping[str, _Had]:
    """Everything a customer had, by a key that is the same in both lives."""
    found: dict[str, _Had] = {}
    for sent in lived.sent:
        order = sent.order
        name = order.offer or order.template
        found[order.step_key] = _Had(order.at, "message", order.journey, order.step, name, order.channel)
    for ticket in lived.tickets:
        found[ticket.key] = _Had(ticket.at, "ticket", ticket.journey, ticket.step, ticket.queue, "")
    for entered in lived.entered:
        found[entered.enrolment] = _Had(entered.at, "journey", entered.journey, "", entered.journey, "")
    for ended in lived.ended:
        found[f"{ended.enrolment} end"] = _Had(ended.at, "end", ended.journey, "", ended.reason, "")
    return found
