"""Journeys to draw: one of every kind, and random ones of any shape a rule file can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from care.domain.catalogue import Cap, Window
from care.domain.conditions import Group, Named, Test
from care.domain.journey import MAIN, EndRule, Plan, Row, Sending, Table
from care.domain.moments import UntilDay
from care.domain.steps import (
    Assignment,
    Branch,
    Exit,
    OfferStep,
    Repeat,
    Rule,
    Send,
    SetStep,
    Share,
    Split,
    Step,
    Survey,
    Ticket,
    Wait,
    WaitFor,
    Webhook,
)
from tests.builders import DAY, HAPPY, UNHAPPY, a_plan, days, hours, offer, send, survey, ticket, wait
from tests.builders import field as asked

SORRY = Named("unhappy", UNHAPPY)
STILL_OPEN = asked("ticket.open", "is", "yes")
VISITS = Table(
    "visit_kind",
    ("customer.type", "order.total"),
    ("path",),
    (
        Row((Test("is", ("vip",), "vip"), None), ("vip_visit",), 1),
        Row((Test("is", ("new",), "new"), Test("at least", (100,), "at least 100")), ("vip_visit",), 2),
        Row((Test("is", ("at_risk",), "at_risk"), None), ("none",), 3),
        Row((None, None), ("plain_visit",), 4),
    ),
    1,
)


def everything() -> Plan:
    """A journey with every kind of step and of way out."""
    plan = a_plan(
        send("hello", expires=days(2)),
        SetStep(
            "set:mood", 2, (Assignment("journey.mood", "is", "sad", 2), Assignment("customer.tags", "add", "vip", 2))
        ),
        Webhook("webhook:crm", 3, "crm", hours(2), {"score": "{{ csat.score }}"}, {"journey.tier": "tier"}),
        Split("split:ask", 4, "ask", (Share("ask_now", 0.5, 4), Share("ask_later", 0.5, 4)), 0.1),
        Repeat("repeat:remind", 5, "remind", 4, days(90), HAPPY),
        Branch("branch", 6, (Rule(HAPPY, "visit_kind", 6), Rule(SORRY, "rescue", 7), Rule(None, "continue", 8))),
        WaitFor("wait_for:visit", 9, "appointment.booked", days(5), of="customer", otherwise="rescue"),
        Wait("wait:late", 10, UntilDay(30, 540), "until day 30 at 09:00", if_past="last_chance"),
        offer("gift"),
        journey="everything",
        paths={
            "ask_now": (survey(days(3), days(2)),),
            "ask_later": (wait(10), replace(send("hint"), id="send:later")),
            "remind": (replace(send("hint"), id="send:again"),),
            "vip_visit": (replace(ticket(), id="ticket:vip"),),
            "plain_visit": (replace(send("bye"), id="send:plain", only_if=Group("none", (HAPPY, UNHAPPY))),),
            "rescue": (ticket(sla=hours(24), escalate_to="leads"), Exit("exit:open", 20, "still open", STILL_OPEN)),
            "last_chance": (Exit("exit:gone", 21, "too late"),),
        },
    )
    return replace(
        plan,
        title="Chăm sóc khách mua máy giặt",
        tables={"visit_kind": VISITS},
        priority="high",
        sending=Sending(Window(1200, 540), Cap(2, 7 * DAY), "Asia/Tokyo"),
        audience=SORRY,
        goal=EndRule("order.placed", asked("event.category", "is", "accessory"), "customer", 60 * DAY),
        exit_when=(EndRule("order.returned"), EndRule("order.refunded")),
    )


WORDS = (
    "a",
    "hello",
    "csat_washing_machine",
    "Chăm sóc khách hàng mua máy giặt cửa trước trong chín mươi ngày đầu tiên",
    "không_có_khoảng_trắng_" * 6,
    "洗衣机保养提醒",
    "1. <b>&amp;</b> \"]]> '{{ x }}' %%{init}%%",
)
_words = st.sampled_from(WORDS)
_conditions = st.sampled_from((HAPPY, SORRY, STILL_OPEN, Group("any", (HAPPY, SORRY, Group("all", (HAPPY, SORRY))))))
_maybe = st.none() | _conditions


@dataclass
class _Growing:
    """A journey while it grows: paths are added as steps lead to them."""

    draw: Callable[..., object]
    paths: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    ids: int = 0

    def pick(self, strategy: st.SearchStrategy[object]) -> object:
        return self.draw(strategy)

    def id(self, verb: str) -> str:
        self.ids += 1
        return f"{verb}:{self.pick(_words)} {self.ids}"

    def steps(self, depth: int) -> tuple[Step, ...]:
        count = self.pick(st.integers(1, 5 if depth < 2 else 2))
        return tuple(self.step(depth) for _ in range(count))  # type: ignore[call-overload]

    def target(self, depth: int) -> str:
        """Straight on, out, a path that is there already, or a new one."""
        choice = self.pick(st.sampled_from(("continue", "exit", "known", "new", "new")))
        if choice == "known" and self.paths:
            return str(self.pick(st.sampled_from(sorted(self.paths))))
        if choice in ("continue", "exit") or depth > 4:
            return "exit" if choice == "exit" else "continue"
        name = f"path_{len(self.paths)}"
        self.paths[name] = ()
        self.paths[name] = self.steps(depth + 1)
        return name

    def step(self, depth: int) -> Step:
        word, only_if = str(self.pick(_words)), self.pick(_maybe)
        make = self.pick(st.sampled_from((*_PLAIN, *(_LEADING * 2 if depth < 5 else ()))))
        step = make(self, word, depth)  # type: ignore[operator]
        return replace(step, only_if=only_if)  # type: ignore[no-any-return]

    def branch(self, word: str, depth: int) -> Step:
        rules = [Rule(self.pick(_conditions), self.target(depth), 1) for _ in range(self.pick(st.integers(1, 4)))]  # type: ignore[arg-type, call-overload]
        last = [Rule(None, self.target(depth), 1)] if self.pick(st.booleans()) else []
        return Branch(self.id("branch"), 1, (*rules, *last))

    def split(self, word: str, depth: int) -> Step:
        shares = (Share(self.target(depth), 0.5, 1), Share(self.target(depth), 0.5, 1))
        return Split(self.id("split"), 1, word, shares, 0.1 if self.pick(st.booleans()) else 0.0)

    def repeat(self, word: str, depth: int) -> Step:
        target = self.target(depth)
        until = self.pick(_maybe)
        return Repeat(self.id("repeat"), 1, target, 3, days(9), until)  # type: ignore[arg-type]

    def wait_for(self, word: str, depth: int) -> Step:
        return WaitFor(self.id("wait_for"), 1, word, days(5), otherwise=self.target(depth))

    def wait(self, word: str, depth: int) -> Step:
        return Wait(self.id("wait"), 1, UntilDay(3), word, if_past=self.target(depth))


_Make = Callable[[_Growing, str, int], Step]
_PLAIN: tuple[_Make, ...] = (
    lambda to, word, _: Send(to.id("send"), 1, word, ("email", "sms")),
    lambda to, word, _: Survey(to.id("survey"), 1, "csat", word, ("email",), days(7)),
    lambda to, word, _: OfferStep(to.id("offer"), 1, word, ("email",)),
    lambda to, word, _: Ticket(to.id("ticket"), 1, "care_team", word, days(7)),
    lambda to, word, _: replace(wait(3), id=to.id("wait")),
    lambda to, word, _: SetStep(to.id("set"), 1, (Assignment("journey.mood", "is", word, 1),)),
    lambda to, word, _: Exit(to.id("exit"), 1, word),
)
_LEADING: tuple[_Make, ...] = (_Growing.branch, _Growing.split, _Growing.repeat, _Growing.wait_for, _Growing.wait)


@st.composite
def plans(draw: Callable[..., object]) -> Plan:
    """A journey of any shape: nested ways, loops, ends, long words, and paths that several steps lead to."""
    growing = _Growing(draw)
    steps = growing.steps(0)
    plan = a_plan(*steps, journey="random", paths=growing.paths)
    goal = EndRule("order.placed") if draw(st.booleans()) else None
    return replace(plan, title=str(draw(_words)), audience=draw(_maybe), goal=goal, paths={**plan.paths, MAIN: steps})  # type: ignore[arg-type]


def reached(plan: Plan) -> set[str]:
    """The ids of the steps that stand on a path some step leads to."""
    found: set[str] = set()
    ways, seen = [MAIN], {MAIN}
    while ways:
        for step in plan.paths[ways.pop()]:
            found.add(step.id)
            for target in _targets(step):
                targets = [row.values[0] for row in plan.tables[target].rows] if target in plan.tables else [target]
                new = [each for each in targets if each in plan.paths and each not in seen]
                seen.update(new)
                ways.extend(new)
    return found


def _targets(step: Step) -> list[str]:
    match step:
        case Branch():
            return [rule.then for rule in step.rules]
        case Split():
            return [share.then for share in step.shares]
        case Repeat():
            return [step.path]
        case WaitFor():
            return [step.otherwise]
        case Wait():
            return [step.if_past]
        case _:
            return []
