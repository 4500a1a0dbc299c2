"""Builders for tests: journeys, customers and scripts in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from care.domain.catalogue import Cap, Catalogue, Company, Offer, Queue, Template, Window
from care.domain.conditions import Condition, FieldTest, Test, Value
from care.domain.happenings import Event
from care.domain.journey import MAIN, Plan, ReEntry, Trigger
from care.domain.moments import Duration, For, UntilDay
from care.domain.rulebook import Rulebook, WalkedPlan
from care.domain.simulation import Person, Played, Scripted, simulate
from care.domain.steps import Branch, OfferStep, Rule, Send, Step, Survey, Ticket, Wait, WaitFor

DAY = 86_400
HOUR = 3_600
# Monday 2 March 2026, 10:00 in Hồ Chí Minh City.
MONDAY_10 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)

COMPANY = Company(
    timezone="Asia/Ho_Chi_Minh",
    quiet_hours=Window(21 * 60, 8 * 60),
    business_hours=(*(Window(8 * 60, 17 * 60 + 30),) * 6, None),
    frequency_cap=Cap(3, 7 * DAY),
    address="12 phố Mẫu, Hà Nội",
    phone="1900 0000",
    website="https://shop.example",
    email="cskh@shop.example",
)
_CARE = ("hello", "hint", "ask", "sorry", "bye")
TEMPLATES = {name: Template(name, ("email", "sms"), "care") for name in _CARE} | {
    "deal": Template("deal", ("email", "sms"), "marketing"),
    "receipt": Template("receipt", ("email", "sms"), "transactional"),
}
CATALOGUE = Catalogue(
    company=COMPANY,
    fields={},
    events=("order.placed", "order.delivered", "order.returned", "csat.answered", "ticket.closed"),
    templates=TEMPLATES,
    queues={"care_team": Queue("care_team", "care@shop.example"), "leads": Queue("leads")},
    offers={"gift": Offer("gift", "deal", "GIFT-{unique}", "offer.redeemed", "customer")},
)


def days(count: float) -> Duration:
    return Duration(int(count * DAY), text=f"{count:g} days")


def hours(count: float) -> Duration:
    return Duration(int(count * HOUR), text=f"{count:g} hours")


def send(template: str, *by: str, only_if: Condition | None = None, expires: Duration | None = None) -> Send:
    return Send(f"send:{template}", 1, template, by or ("email", "sms"), only_if=only_if, expires=expires)


def offer(name: str = "gift", *by: str, only_if: Condition | None = None) -> OfferStep:
    return OfferStep(f"offer:{name}", 1, name, by or ("email",), valid_for=days(14), only_if=only_if)


def survey(up_to: Duration | None = None, remind: Duration | None = None) -> Survey:
    return Survey("survey:csat", 1, "csat", "ask", ("email", "sms"), up_to or days(7), remind)


def ticket(up_to: Duration | None = None, sla: Duration | None = None, escalate_to: str = "") -> Ticket:
    return Ticket("ticket:care_team", 1, "care_team", "help", up_to or days(7), sla=sla, escalate_to=escalate_to)


def wait(count: float, name: str = "") -> Wait:
    return Wait(name or f"wait:{count:g} days", 1, For(days(count)), f"{count:g} days")


def until_day(day: int, at: int | None = 9 * 60) -> Wait:
    return Wait(f"wait:day {day}", 1, UntilDay(day, at), f"until day {day}")


def wait_for(event: str, up_to: Duration, otherwise: str = "continue") -> WaitFor:
    return WaitFor(f"wait_for:{event}", 1, event, up_to, otherwise=otherwise)


def branch(*rules: tuple[Condition | None, str]) -> Branch:
    return Branch("branch", 1, tuple(Rule(when, then, number) for number, (when, then) in enumerate(rules, 1)))


def field(name: str, op: str, *args: Value, negated: bool = False) -> FieldTest:
    words = " and ".join(str(arg) for arg in args)
    text = words if op == "is" else f"{op} {words}".strip()
    return FieldTest(name, Test(op, args, f"not {text}" if negated else text, negated))  # type: ignore[arg-type]


UNHAPPY = field("csat.score", "at most", 2)
HAPPY = field("csat.score", "at least", 4)


def a_plan(*steps: Step, journey: str = "journey", paths: Mapping[str, tuple[Step, ...]] | None = None) -> Plan:
    return Plan(
        journey=journey,
        title=journey,
        owner="owner@shop.example",
        file=f"{journey}.yaml",
        trigger=Trigger("order.delivered"),
        paths={MAIN: steps, **(paths or {})},
        re_entry=ReEntry("once per order"),
        hash=f"hash of {journey}",
        revision=1,
    )


def a_rulebook(*plans: Plan, catalogue: Catalogue = CATALOGUE) -> Rulebook:
    walked = {plan.journey: WalkedPlan(plan) for plan in plans}
    return Rulebook(catalogue, (), walked, {each.plan.hash: each for each in walked.values()}, 1)


def uncapped() -> Catalogue:
    return replace(CATALOGUE, company=replace(COMPANY, frequency_cap=None))


class Story:
    """A customer's life, told in days after the purchase."""

    def __init__(self, *plans: Plan, starts: datetime = MONDAY_10, catalogue: Catalogue = CATALOGUE) -> None:
        self.rulebook = a_rulebook(*plans, catalogue=catalogue)
        self.starts = starts
        self.person = Person(zone="Asia/Ho_Chi_Minh")
        self.script = [Scripted(starts, Event("ev0", "order.delivered", "o1"), {"order.total": 5_000_000})]

    def who(self, **changes: object) -> Story:
        self.person = replace(self.person, **changes)  # type: ignore[arg-type]
        return self

    def then(self, day: float, type: str, order_id: str | None = None, **data: Value) -> Story:
        at = self.starts + timedelta(days=day)
        event = Event(f"ev{len(self.script)}", type, order_id, data, operator=str(data.pop("operator", "")))
        self.script.append(Scripted(at, event))
        return self

    def played(self, *, explain: bool = True) -> Played:
        return simulate(self.rulebook, self.person, self.script, explain=explain)

    def local(self, at: datetime) -> str:
        """Day after the purchase and local time, for example ``day 3 09:00``."""
        zone = timedelta(hours=7)
        there, start = (at + zone).replace(tzinfo=None), (self.starts + zone).replace(tzinfo=None)
        return f"day {(there.date() - start.date()).days} {there:%H:%M}"

    def sent(self) -> list[str]:
        return [f"{self.local(m.at)} {m.template} {m.channel}" for m in self.played().messages]

    def codes(self) -> list[str]:
        return [f"{entry.kind} {entry.code}" for entry in self.played().entries if entry.code]
