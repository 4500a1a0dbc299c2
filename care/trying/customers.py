"""Made-up customers: facts around the values where rules change their mind, and lives full of events."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from care.domain.catalogue import Catalogue, Field
from care.domain.conditions import Condition, Fact, Test, Value
from care.domain.happenings import Event
from care.domain.journey import Plan
from care.domain.orders import OpenTicket, Order, SendMessage
from care.domain.rulebook import Rulebook
from care.domain.simulation import Person, Scripted
from care.domain.stepping import ticket_id
from care.domain.steps import Branch, Repeat, Step, WaitFor
from care.trying.chance import Chance
from care.trying.sides import fact_of, replies_of
from care.trying.suiting import tests_by_field

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
_SCORES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
_OWN = "DH-1"


class Crowd:
    """Draws customers for a rulebook; the same seed and number give the same one."""

    def __init__(self, rulebook: Rulebook, seed: int) -> None:
        self._rulebook = rulebook
        self._seed = seed

    @cached_property
    def _tests(self) -> Mapping[str, list[Test]]:
        conditions = [each for walked in self._rulebook.entering.values() for each in conditions_of(walked.plan)]
        return tests_by_field(self._rulebook, conditions)

    def life(self, plan: Plan, number: int) -> "Life":
        """One customer who buys what the journey is for, with all that happens afterwards."""
        return Life(self._rulebook, self._tests, plan, Chance(self._seed, plan.journey, number))


class Life:
    """One drawn customer: who they are, what happens to them, and how they react.

    Attributes:
        starts: When they buy (UTC).
    """

    def __init__(self, rulebook: Rulebook, tests: Mapping[str, list[Test]], plan: Plan, chance: Chance) -> None:
        self._catalogue = rulebook.catalogue
        self._tests = tests
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
            low, high = _SCORES[order.survey]
            score = int(chance.between(low, high + 1))
            yield self._answer(order, at + timedelta(hours=chance.between(0.1, 240)), score)
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

    def _answer(self, order: SendMessage, at: datetime, score: int) -> Scripted:
        step, _, visit = order.step_key.rpartition("/")
        about = f"{step.removesuffix('+remind')}/{visit}"
        return Scripted(at, self._event(f"{order.survey}.answered", {"score": score}, about=about))

    def _scripted(self, event: str, day: float) -> Scripted:
        own = day == 0.0 or self._chance.happens(0.5)
        order = self.order if own else self._fields("order")
        data = {name.removeprefix("event."): value for name, value in self._fields("event").items()}
        if event == "appointment.booked":
            data["at"] = self._at(day + self._chance.between(0, 20))
        elif event == "message.bounced":
            data["channel"] = self._chance.one_of(("email", "sms"))
        elif event.endswith(".answered"):
            low, high = _SCORES[event.partition(".")[0]]
            data["score"] = int(self._chance.between(low, high + 1))
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
        chance = self._chance
        match field.type:
            case "choice":
                return chance.one_of(field.choices)
            case "yes/no":
                return chance.happens(0.5)
            case "number" | "percent":
                return self._number(field)
            case "date":
                return self.starts + timedelta(seconds=int(chance.between(-200, 30) * 86_400))
            case "list":
                words = [str(arg) for test in self._tests.get(field.name, ()) for arg in test.args]
                return tuple(word for word in dict.fromkeys(words) if chance.happens(0.5))
            case _:
                return "…"

    def _number(self, field: Field) -> Value:
        """A bound of some test or a number beside it; sometimes any number of the field's range."""
        bounds = [arg for test in self._tests.get(field.name, ()) for arg in test.args if isinstance(arg, int | float)]
        low = field.low if field.low is not None else 0.0
        high = field.high if field.high is not None else max([*bounds, 100.0]) * 2
        drawn = float(self._chance.one_of(bounds)) if bounds and self._chance.happens(0.7) else None
        if drawn is None:
            drawn = self._chance.between(low, high)
        else:
            drawn += self._chance.one_of((-1, 0, 1)) * (0.01 if field.type == "percent" else 1)
        kept = min(max(drawn, low), high)
        return round(kept) if field.whole else kept


def conditions_of(plan: Plan) -> Iterator[Condition]:
    """Every condition of a plan, outside its tables."""
    ends = (*plan.exit_when, *((plan.goal,) if plan.goal is not None else ()))
    outer: Iterable[Condition | None] = (plan.trigger.when, plan.audience, *(end.when for end in ends))
    steps = [each for steps in plan.paths.values() for step in steps for each in _asked(step)]
    yield from (each for each in (*outer, *steps) if each is not None)


def _asked(step: Step) -> Iterator[Condition | None]:
    yield step.only_if
    match step:
        case Branch():
            yield from (rule.when for rule in step.rules)
        case WaitFor():
            yield step.when
        case Repeat():
            yield step.until


def spaces(catalogue: Catalogue) -> set[str]:
    """The first words of the catalogue's fields."""
    return {name.partition(".")[0] for name in catalogue.fields}
