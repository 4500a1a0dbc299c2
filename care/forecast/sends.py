"""What a forecast counts: messages by the minute they leave, in counts that can be added up in any order."""

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import NamedTuple

from care.domain.decisions import Decision
from care.domain.limits import WINDOWS
from care.domain.orders import SendMessage

MINUTE = timedelta(minutes=1)


class Leaving(NamedTuple):
    """When a message leaves: so many minutes after the beginning, over which channel."""

    minute: int
    channel: str


@dataclass(slots=True)
class Sends:
    """Counts over customers.

    Attributes:
        customers: Customers on their way at the beginning; ``enrolments`` are theirs by journey.
        sent: Messages by minute and channel.
        freed: Those of them that had waited for quiet hours to end.
        templates: Messages by template or offer.
        asked: Surveys whose answer is assumed, by kind.
        done: Enrolments that end within the forecast.
    """

    customers: int = 0
    done: int = 0
    enrolments: Counter[str] = field(default_factory=Counter)
    sent: Counter[Leaving] = field(default_factory=Counter)
    freed: Counter[Leaving] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def count(self, decision: Decision, began: datetime, waiting: set[tuple[str, str]]) -> None:
        """Count one decision.

        Args:
            decision: The next of a customer.
            began: The minute of the clock that the forecast begins in (UTC).
            waiting: The customer's steps that wait for quiet hours to end; kept up to date.
        """
        self.done += len(decision.left)
        for entry in decision.entries:
            if entry.kind == "held" and entry.code in WINDOWS:
                waiting.add((entry.enrolment, entry.step))
        for order in decision.orders:
            if not isinstance(order, SendMessage):
                continue
            leaving = Leaving(max((order.at - began) // MINUTE, 0), order.channel)
            self.sent[leaving] += 1
            self.templates[order.offer or order.template] += 1
            if order.survey and not order.part:
                self.asked[order.survey] += 1
            if (order.enrolment, order.step) in waiting:
                waiting.discard((order.enrolment, order.step))
                self.freed[leaving] += 1

    def add(self, other: "Sends") -> None:
        """Add the counts of other customers."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)
