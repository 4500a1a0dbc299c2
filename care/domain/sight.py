"""What a rule sees: one look-up over facts, the frozen order, answers and worked-out types."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from care.domain.conditions import Fact, Value, verdict
from care.domain.customers import Facts
from care.domain.happenings import Event
from care.domain.rulebook import Rulebook

_NOTHING: Mapping[str, Value] = {}
_NO_SCORES: Mapping[str, float] = {}
_NO_VALUES: Mapping[str, Fact] = {}


class Own(Protocol):
    """What belongs to one enrolment alone."""

    @property
    def answers(self) -> Mapping[str, float]:
        """Scores by field."""

    @property
    def values(self) -> Mapping[str, Fact]:
        """Journey values by field."""


class FactSight:
    """The fields one enrolment (or a customer who might enter) can see at one instant.

    Args:
        order: ``order.*`` as frozen at entry, or as known now before entry.
        own: What the enrolment itself knows: the scores given in it and its ``journey.*`` values, dates as ISO 8601.
        event: The event at hand, for conditions of triggers, goals, exits and ``wait_for``.
    """

    __slots__ = ("_answers", "_event", "_facts", "_memo", "_order", "_rulebook", "_values", "now", "zone")
    now: datetime
    zone: ZoneInfo

    def __init__(
        self,
        facts: Facts,
        rulebook: Rulebook,
        now: datetime,
        zone: ZoneInfo,
        *,
        order: Mapping[str, Value] = _NOTHING,
        own: Own | None = None,
        event: Event | None = None,
    ) -> None:
        self._facts = facts
        self._rulebook = rulebook
        self._order = order
        self._answers = own.answers if own is not None else _NO_SCORES
        self._values = own.values if own is not None else _NO_VALUES
        self._event = event
        self._memo: dict[str, Value | None] = {}
        self.now = now
        self.zone = zone

    @property
    def seen(self) -> Mapping[str, Value | None]:
        """Every field that was looked at, with its value."""
        return self._memo

    def value(self, field: str) -> Value | None:
        """The field's value, or ``None`` when it is not known."""
        memo = self._memo
        if field in memo:
            return memo[field]
        found = memo[field] = self._look(field)
        return found

    def _look(self, field: str) -> Value | None:
        if field in self._answers:
            return self._answers[field]
        if field in self._values:
            return self._of_journey(field)
        if field in self._order:
            return self._order[field]
        known = self._facts.fields.get(field)
        if known is not None:
            return known
        if field in self._rulebook.worked_out:
            return self._work_out(field)
        space, _, name = field.partition(".")
        return self._of_event(field, name) if space == "event" else None

    def _of_journey(self, field: str) -> Value:
        value, known = self._values[field], self._rulebook.catalogue.fields.get(field)
        is_date = known is not None and known.type == "date" and isinstance(value, str)
        return datetime.fromisoformat(str(value)) if is_date else value

    def _of_event(self, field: str, name: str) -> Value | None:
        if self._event is None:
            return None
        if name in self._event.data:
            return self._event.data[name]
        known = self._rulebook.catalogue.fields.get(field)
        same_as = known.same_as if known is not None else ""
        return self._facts.order.get(same_as) if same_as else None

    def _work_out(self, field: str) -> str | None:
        for rule in self._rulebook.worked_out[field].rules:
            if rule.when is None or verdict(rule.when, self) is True:
                return rule.then
        return None
