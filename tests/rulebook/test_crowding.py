"""How many messages can come together: the bound is exact where it can be told, and never too small."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.domain.catalogue import Cap, Catalogue, Window
from care.domain.happenings import Event
from care.domain.journey import Plan, Sending
from care.domain.moments import Duration, For, UntilBusiness, UntilDay, UntilMoment, UntilWeekday
from care.domain.orders import OpenTicket, Order, SendMessage
from care.domain.simulation import Scripted, simulate
from care.domain.stepping import ticket_id
from care.domain.steps import Repeat, Step, Survey, Ticket, Wait
from care.rulebook.checks.crowding import Crowd, Crowding, TooManyWaysError
from tests.builders import (
    CATALOGUE,
    COMPANY,
    DAY,
    HAPPY,
    HOUR,
    MONDAY_10,
    UNHAPPY,
    Story,
    a_plan,
    branch,
    days,
    field,
    hours,
    offer,
    send,
    survey,
    ticket,
    uncapped,
    until_day,
    wait,
    wait_for,
)

WEEK = 7 * DAY
NINE = 9 * 60


def messages_in(plan: Plan, catalogue: Catalogue, span: int) -> Crowd:
    return Crowding(plan, catalogue, span).all()


def most(*steps: Step, catalogue: Catalogue = CATALOGUE, span: int = WEEK, **paths: tuple[Step, ...]) -> int:
    return len(messages_in(a_plan(*_named(steps), paths=paths), catalogue, span).names)


def _named(steps: tuple[Step, ...], prefix: str = "") -> tuple[Step, ...]:
    return tuple(replace(step, id=f"{prefix}{step.id} {number}") for number, step in enumerate(steps))


def weekday(day: int, at: int = NINE) -> Wait:
    return Wait(f"wait:{day}", 1, UntilWeekday(day, at), "until some day")


def repeat(path: str, times: int, every: Duration | None = None, until: bool = False) -> Repeat:
    return Repeat(f"repeat:{path}", 1, path, times, every, UNHAPPY if until else None)


BY_DATE = Wait("wait:date", 1, UntilMoment("appointment.at", -DAY, NINE), "until the visit")
SOON = field("appointment.at", "in the next", 3 * DAY)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((send("hello"), send("hint")), 2),
        ((send("hello"), wait(7), send("hint")), 1),
        ((send("hello"), wait(6.99), send("hint")), 2),
        ((send("receipt"), send("hint")), 1),
        ((offer(), send("hint")), 2),
        ((survey(days(5)),), 1),
        ((survey(days(5), days(3)),), 2),
        ((survey(days(3), days(3)),), 1),
        ((survey(days(8), days(7)), send("bye")), 2),
        # Whoever enters late at night hears from us at 08:00 on day 1: a week before 08:00 on day 8.
        ((send("hello"), until_day(8, 8 * 60), send("bye")), 1),
        ((send("hello"), until_day(8, 8 * 60 - 1), send("bye")), 1),  # quiet hours hold it until 08:00
        ((send("hello"), until_day(7, 20 * 60), send("bye")), 2),
        ((send("hello"), until_day(7, None), send("bye")), 1),
        ((wait_for("order.paid", days(2)), send("hello"), until_day(9, NINE), send("bye")), 2),
        ((ticket(days(2)), send("hello"), until_day(9, NINE), send("bye")), 2),
        ((weekday(0), send("hello"), wait(1), weekday(0), send("bye")), 1),
        ((weekday(0), send("hello"), weekday(3), send("hint"), wait(1), weekday(0), send("bye")), 2),
        ((weekday(0), send("hello"), weekday(3), send("hint"), wait(1), weekday(6), send("bye")), 3),
        ((send("hello"), Wait("w", 1, UntilBusiness(), ""), send("bye")), 2),
        ((weekday(0), send("hello"), until_day(14, 8 * 60 + 59), send("bye")), 2),
        ((weekday(0), send("hello"), until_day(14, NINE), send("bye")), 1),
        # The answer comes at the very end: three messages within a week of day 6.
        ((survey(days(5)), send("hello"), until_day(12, 20 * 60), send("bye"), send("hint")), 3),
    ],
)
def test_the_bound_is_exact(steps: tuple[Step, ...], expected: int) -> None:
    assert most(*steps) == expected


@pytest.mark.parametrize(
    ("steps", "span", "expected"),
    [
        # Held up by quiet hours until 08:00 on day 1.
        ((send("hello"), until_day(1, 20 * 60 - 1), send("bye")), 12 * HOUR, 2),
        ((send("hello"), until_day(1, 20 * 60), send("bye")), 12 * HOUR, 1),
        ((send("hello"), wait(1.25), send("hint"), until_day(2, 21 * 60 - 1), send("bye")), 7 * HOUR, 2),
        ((send("hello"), wait(1.25), send("hint"), until_day(2, 21 * 60 - 1), send("bye")), 7 * HOUR - 60, 1),
        # Entered at 21:00, the first is held up for eleven hours and the second is not: it comes at 11:00.
        ((send("hello"), wait(14 / 24), send("bye")), 3 * HOUR, 1),
        ((send("hello"), Wait("w", 1, UntilDay(1), ""), send("bye")), DAY, 1),
    ],
)
def test_quiet_hours_bring_messages_closer_together(steps: tuple[Step, ...], span: int, expected: int) -> None:
    assert most(*steps, span=span) == expected


def test_an_event_may_come_at_the_last_moment() -> None:
    steps = (wait_for("order.paid", days(2), "exit"), send("hello"), until_day(9, NINE), send("bye"))
    assert most(*steps) == 2
    assert most(*steps[1:]) == 1


def test_a_way_that_is_late_is_not_hidden_by_one_that_is_short() -> None:
    short, late = (send("hello"), wait(1)), (wait(10), send("hello"), wait(2))
    assert most(branch((UNHAPPY, "short"), (None, "late")), until_day(14), send("bye"), short=short, late=late) == 2


def test_ways_exclude_one_another() -> None:
    low, high = (send("sorry"),), (send("bye"), send("hint"))
    assert most(send("hello"), branch((UNHAPPY, "low"), (HAPPY, "high")), low=low, high=high) == 3
    assert most(send("hello"), branch((UNHAPPY, "low"), (HAPPY, "exit")), send("deal"), low=low) == 3


def test_a_date_that_may_come_late_pushes_the_days_behind_it_together() -> None:
    days_behind = (until_day(7), send("ask"), until_day(14), send("bye"))
    assert most(BY_DATE, send("hello"), *days_behind) == 3
    assert most(BY_DATE, send("hello"), BY_DATE, weekday(3), send("hint"), *days_behind) == 4
    assert most(repeat("again", 9, days(8)), *days_behind, again=(BY_DATE, send("hello"))) == 4
    soon = (branch((SOON, "visit"), (None, "continue")), *days_behind)
    assert most(*soon, visit=(BY_DATE, send("hello"))) == 2


@pytest.mark.parametrize(
    ("times", "every", "expected"),
    [
        (10, None, 10),
        (10, days(1), 7),
        (3, days(1), 3),
        (100, days(1), 7),
        (10, days(7), 1),
        (10, days(3), 3),
        (100, hours(12), 14),
    ],
)
def test_every_pass_counts(times: int, every: Duration | None, expected: int) -> None:
    catalogue = replace(CATALOGUE, company=replace(COMPANY, quiet_hours=None))
    assert most(repeat("again", times, every), again=(send("hint"),), catalogue=catalogue) == expected
    assert most(repeat("again", times, every, until=True), again=(send("hint"),), catalogue=catalogue) == expected


def test_a_pass_that_takes_longer_than_every_begins_at_once() -> None:
    again = (send("hint"), wait(3))
    assert most(repeat("again", 20, days(1)), again=again) == 3
    assert most(repeat("again", 20, days(4)), again=again) == 2


def test_what_comes_before_and_behind_a_repeat_counts_with_it() -> None:
    assert most(send("hello"), repeat("again", 3, days(2)), send("bye"), again=(send("hint"),)) == 5
    assert most(send("hello"), repeat("again", 5, days(2)), send("bye"), again=(send("hint"),)) == 5


def test_the_last_pass_is_as_late_as_all_passes_take() -> None:
    again = (send("hint"),)
    assert most(repeat("again", 30, days(3)), until_day(90), send("bye"), send("hello"), again=again) == 4
    assert most(repeat("again", 30, days(3)), until_day(100), send("bye"), send("hello"), again=again) == 3


def test_repeats_in_one_another_are_walked_in_good_time() -> None:
    inner = (send("hint"), wait(0.5))
    assert most(repeat("outer", 100, days(30)), outer=(repeat("inner", 100),), inner=inner) == 14
    with pytest.raises(TooManyWaysError):
        most(repeat("outer", 100), outer=(repeat("inner", 100),), inner=(send("hint"), send("bye")))


def test_the_journeys_own_quiet_hours_hold_messages_up_as_well() -> None:
    steps = (send("hello"), until_day(8, 20 * 60), send("bye"))
    plan = a_plan(*_named(steps))
    assert len(messages_in(plan, CATALOGUE, WEEK).names) == 1
    for sending in (
        Sending(quiet_hours=Window(8 * 60, 20 * 60 + 30)),
        Sending(quiet_hours=Window(10 * 60, 20 * 60 + 30), timezone="Asia/Tokyo"),
    ):
        assert len(messages_in(replace(plan, sending=sending), CATALOGUE, WEEK).names) == 1
        late = replace(plan, paths={"steps": _named((send("hello"), until_day(8, 15 * 60), send("bye")))})
        assert len(messages_in(late, CATALOGUE, WEEK).names) == 1


def test_the_names_are_those_of_the_messages_in_order() -> None:
    crowd = messages_in(a_plan(send("hello"), survey(days(5), days(3)), send("bye")), CATALOGUE, WEEK)
    assert crowd.names == ("hello", "ask", "ask (reminder)", "bye")
    assert crowd.last is not None
    assert crowd.last.id == "send:bye"


CALM = st.one_of(
    st.sampled_from(["hello", "hint", "receipt", "bye"]).map(lambda name: send(name)),
    st.integers(1, 200).map(lambda count: wait(count / 24)),
    st.integers(1, 6).map(wait),
    st.builds(until_day, st.integers(0, 12), st.sampled_from([None, 7 * 60, NINE, 20 * 60, 22 * 60])),
    st.builds(weekday, st.integers(0, 6), st.sampled_from([NINE, 22 * 60])),
    st.just(Wait("business", 1, UntilBusiness(), "until business hours")),
    st.just(Wait("some business hours", 1, For(Duration(6 * HOUR, business=True)), "6 business hours")),
    st.builds(survey, st.integers(1, 5).map(days), st.none() | st.integers(1, 3).map(days)),
    st.integers(1, 5).map(lambda count: ticket(up_to=days(count))),
    st.integers(1, 5).map(lambda count: wait_for("order.paid", days(count))),
)
FEW = st.lists(CALM, min_size=1, max_size=3)


@st.composite
def journeys(draw: st.DrawFn) -> Plan:
    low, high, again = (tuple(draw(FEW)) for _ in range(3))
    every = draw(st.none() | st.integers(1, 80).map(lambda count: hours(3 * count)))
    round_and_round = repeat("again", draw(st.integers(2, 9)), every, until=draw(st.booleans()))
    main = [*draw(FEW), branch((UNHAPPY, "low"), (HAPPY, "high")), *draw(FEW), round_and_round, *draw(FEW)]
    paths = {name: _named(steps, name) for name, steps in (("low", low), ("high", high), ("again", again))}
    return a_plan(*_named(tuple(main), "main"), paths=paths)


def _narrowest(moments: list[datetime]) -> Iterator[tuple[int, int]]:
    """For each number of messages that follow each other, the fewest seconds they came in."""
    for count in range(2, len(moments) + 1):
        widths = [last - first for first, last in zip(moments, moments[count - 1 :], strict=False)]
        yield count, int(min(widths).total_seconds())


STARTS = [0, 7 * 60 + 59, 8 * 60, 9 * 60, 20 * 60 + 59, 21 * 60, 23 * 60 + 59]


def test_a_message_that_quiet_hours_held_is_nearer_to_what_follows_a_day_after_entry() -> None:
    """Who enters at midnight is written to at eight, and again at eight on the next day."""
    plan = a_plan(*_named((send("hello"), until_day(1, None), wait(3 / 24), send("hello"))))
    story = Story(plan, starts=MONDAY_10 - timedelta(hours=10), catalogue=uncapped())
    first, second = sorted(message.at for message in simulate(story.rulebook, story.person, story.script).messages)
    assert second - first == timedelta(days=1)
    assert len(messages_in(plan, uncapped(), DAY + 1).names) == 2


@settings(max_examples=300, deadline=None)
@given(journeys(), st.data())
def test_no_life_gets_more_messages_than_the_bound(plan: Plan, data: st.DataObject) -> None:
    steps = {step.id: step for each in plan.paths.values() for step in each}

    def reacts(order: Order, at: datetime) -> Iterator[Scripted]:
        """Answers come at once, at the very last moment, or never; which, is drawn."""
        step = steps[order.step] if isinstance(order, SendMessage | OpenTicket) else None
        if isinstance(step, Survey | Ticket):
            last = timedelta(seconds=step.up_to.seconds - 60)
            waits = data.draw(st.sampled_from([None, timedelta(0), timedelta(minutes=1), last / 2, last]))
            if waits is not None and isinstance(step, Survey):
                score = data.draw(st.sampled_from([1, 3, 5]))
                answer = Event(
                    f"answer {order.key}", "csat.answered", data={"score": score}, about=f"{order.enrolment}/"
                )
                yield Scripted(at + waits, answer)
            elif waits is not None:
                yield Scripted(at + waits, Event(f"closed {order.key}", "ticket.closed", about=ticket_id(order.key)))

    begins = data.draw(st.integers(0, 6)) * 24 * 60 + data.draw(st.sampled_from(STARTS))
    starts = MONDAY_10 - timedelta(hours=10) + timedelta(minutes=begins)
    story = Story(plan, starts=starts, catalogue=uncapped())
    for _ in range(data.draw(st.integers(0, 2))):
        story.then(data.draw(st.sampled_from([0.001, 0.999, 1.999, 2.999]) | st.floats(0.01, 20)), "order.paid", "o1")
    played = simulate(story.rulebook, story.person, story.script, reacts=reacts)
    counted = sorted(message.at for message in played.messages if message.purpose != "transactional")
    for count, width in _narrowest(counted):
        assert count <= len(messages_in(plan, uncapped(), width + 1).names), (count, width)


def test_a_cap_changes_nothing_about_the_bound() -> None:
    tight = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, DAY)))
    assert most(send("hello"), send("bye"), catalogue=tight) == 2
