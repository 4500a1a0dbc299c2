"""Made-up customers: facts around the values where rules change their mind, and lives full of events."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from care.domain.catalogue import Field
from care.domain.conditions import Fact, Value
from care.domain.happenings import Event
from care.domain.journey import Plan
from care.domain.metrics import SCALES
from care.domain.orders import OpenTicket, Order, SendMessage
from care.domain.rulebook import Rulebook
from care.domain.simulation import Person, Scripted
from care.domain.stepping import ticket_id
from care.trying.chance import Chance
from care.trying.sides import fact_of, replies_of
from care.trying.values import Values

ZONES = (
    "Asia/Ho_Chi_Minh",
    "Asia/Tokyo",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Niue",
    "Asia/Kathmandu",
    "",
)
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR = 365 * 86_400
_OWN = "DH-1"


class Crowd:
    """Draws customers for a rulebook; the same seed and number give the same one."""

    def __init__(self, rulebook: Rulebook, seed: int) -> None:
        self._rulebook = rulebook
        self._seed = seed
        self._values = Values(rulebook, _EARLIEST, UTC)

    def life(self, plan: Plan, number: int) -> "Life":
        """One customer who buys what the journey is for, with all that happens afterwards."""
        return Life(self._rulebook, self._values, plan, Chance(self._seed, plan.journey, number))


class Life:
    """One drawn customer: who they are, what happens to them, and how they react.

    Attributes:
        starts: When they buy (UTC).
    """

    def __init__(self, rulebook: Rulebook, values: Values, plan: Plan, chance: Chance) -> None:
        self._catalogue = rulebook.catalogue
        self._values = values
        self._plan = plan
        self._worked_out = rulebook.worked_out
        self._saved = tuple(replies_of(rulebook))
        self._chance = chance
        self._count = 0
        self.starts = _EARLIEST + timedelta(seconds=int(chance.between(0, _YEAR)))
        self.order = self._fields("order")

    @cached_property
    def person(self) -> Person:
        """Who they are."""
        chance = self._chance
        fields = {**self._fields("customer"), **self._fields("appointment")}
        reach = chance.one_of((("email", "sms"), ("email", "sms"), ("email",), ("sms",)))
        consents = {(channel, "marketing"): chance.happens(0.7) for channel in reach if chance.happens(0.9)}
        zone, key = chance.one_of(ZONES), f"c_{int(chance.share() * 2**40):x}"
        return Person(fields, zone, reach, consents, key, self._replies())

    @cached_property
    def script(self) -> tuple[Scripted, ...]:
        """The purchase, and events that come by themselves within four months."""
        events = [self._scripted(self._plan.trigger.event, 0.0)]
        others = [name for name in self._catalogue.events if not name.startswith(("operator.", "consent."))]
        for _ in range(int(self._chance.between(0, 5))):
            events.append(self._scripted(self._chance.one_of(others), self._chance.between(0, 120)))
        if self._chance.happens(0.1):
            data: dict[str, Value] = {"channel": self._chance.one_of(("email", "sms")), "purpose": "marketing"}
            events.append(Scripted(self._at(self._chance.between(0, 60)), self._event("consent.withdrawn", data), {}))
        return tuple(events)

    def reacts(self, order: Order, at: datetime) -> Iterator[Scripted]:
        """Answers to surveys and closed tickets: often, late, or never."""
        chance = self._chance
        if isinstance(order, SendMessage) and order.survey and chance.happens(0.7):
            event = self._event(
                f"{order.survey}.answered", {"score": chance.one_of(SCALES[order.survey])}, about=order.survey_id
            )
            yield Scripted(at + timedelta(hours=chance.between(0.1, 240)), event)
        elif isinstance(order, OpenTicket) and chance.happens(0.7):
            event = self._event("ticket.closed", {}, about=ticket_id(order.key))
            yield Scripted(at + timedelta(hours=chance.between(0.5, 240)), event)

    def _replies(self) -> Mapping[str, Mapping[str, Fact]]:
        """What endpoints answer: often, for each value that a journey keeps of it."""
        found: dict[str, dict[str, Fact]] = {}
        for endpoint, place, name in self._saved:
            value = self._drawn(self._catalogue.fields[name]) if self._chance.happens(0.7) else None
            if value is not None:
                found.setdefault(endpoint, {})[place] = fact_of(value)
        return found

    def _scripted(self, event: str, day: float) -> Scripted:
        own = day == 0.0 or self._chance.happens(0.5)
        order = self.order if own else self._fields("order")
        data = {name.removeprefix("event."): value for name, value in self._fields("event").items()}
        if event == "appointment.booked":
            data["at"] = self._at(day + self._chance.between(0, 20))
        elif event == "message.bounced":
            data["channel"] = self._chance.one_of(("email", "sms"))
        elif event.endswith(".answered"):
            data["score"] = self._chance.one_of(SCALES[event.partition(".")[0]])
        happening = self._event(event, data, order_id=_OWN if own else f"DH-{self._count + 2}")
        return Scripted(self._at(day), happening, order)

    def _event(self, kind: str, data: Mapping[str, Value], *, order_id: str | None = None, about: str = "") -> Event:
        self._count += 1
        return Event(f"event {self._count}", kind, order_id, data, about)

    def _at(self, day: float) -> datetime:
        return self.starts + timedelta(seconds=int(day * 86_400))

    def _fields(self, space: str) -> dict[str, Value]:
        """A value for each field of a space that is not worked out; sometimes none is known."""
        found: dict[str, Value] = {}
        for name, field in self._catalogue.fields.items():
            if not name.startswith(f"{space}.") or field.set_by or field.same_as or name in self._worked_out:
                continue
            if field.always or self._chance.happens(0.7):
                value = self._drawn(field)
                if value is not None:
                    found[name] = value
        return found

    def _drawn(self, field: Field) -> Value | None:
        """One of the values that some rule tells apart; dates are counted from the purchase."""
        values = self._values.known(field)
        value = self._chance.one_of(values) if values else None
        return value + (self.starts - self._values.now) if isinstance(value, datetime) else value
