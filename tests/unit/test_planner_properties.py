"""Promises that hold for every journey and every life, not only the ones we thought of."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from care.domain.catalogue import Cap
from care.domain.journey import Plan
from care.domain.simulation import Played
from care.domain.steps import Step
from tests.builders import (
    CATALOGUE,
    COMPANY,
    HAPPY,
    MONDAY_10,
    UNHAPPY,
    Story,
    a_plan,
    branch,
    days,
    offer,
    send,
    survey,
    ticket,
    until_day,
    wait,
    wait_for,
)

ZONES = ["Asia/Ho_Chi_Minh", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]


def _named(steps: list[Step]) -> tuple[Step, ...]:
    return tuple(replace(step, id=f"{step.id} {number}") for number, step in enumerate(steps))


STEPS = st.one_of(
    st.sampled_from(["hello", "hint", "receipt", "bye"]).map(lambda name: send(name)),
    st.floats(0.01, 6).map(lambda count: wait(round(count, 2))),
    st.integers(0, 30).map(until_day),
    st.just(offer("gift", "email", "sms")),
    st.builds(survey, st.integers(1, 5).map(days), st.none() | st.integers(1, 3).map(days)),
    st.integers(1, 5).map(lambda count: ticket(up_to=days(count), sla=days(1), escalate_to="leads")),
    st.integers(1, 5).map(lambda count: wait_for("order.returned", days(count))),
)
HAPPENINGS = st.sampled_from(
    [
        ("csat.answered", {"score": 1}),
        ("csat.answered", {"score": 5}),
        ("ticket.closed", {}),
        ("consent.withdrawn", {"channel": "email", "purpose": "care"}),
        ("consent.withdrawn", {"channel": "sms", "purpose": "marketing"}),
        ("consent.given", {"channel": "email", "purpose": "marketing"}),
        ("order.returned", {}),
        ("order.delivered", {}),
        ("operator.paused", {"operator": "Mai"}),
        ("operator.resumed", {"operator": "Mai"}),
    ]
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    def a_journey(name: str) -> Plan:
        main = [*draw(st.lists(STEPS, min_size=1, max_size=6)), branch((UNHAPPY, "low"), (HAPPY, "high"))]
        low, high = draw(st.lists(STEPS, min_size=1, max_size=3)), draw(st.lists(STEPS, min_size=1, max_size=3))
        steps = _named([*main, *low, *high])
        cut = len(main)
        paths = {"low": steps[cut : cut + len(low)], "high": steps[cut + len(low) :]}
        return a_plan(*steps[:cut], journey=name, paths=paths)

    plans = [a_journey(name) for name in ("one", "two")[: draw(st.integers(1, 2))]]
    cap = Cap(draw(st.integers(1, 4)), draw(st.integers(1, 7)) * 86_400)
    catalogue = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=cap))
    starts = MONDAY_10 + timedelta(minutes=draw(st.integers(0, 60 * 24 * 300)))
    story = Story(*plans, starts=starts, catalogue=catalogue)
    story.who(
        zone=draw(st.sampled_from(ZONES)),
        reach=draw(st.sampled_from([("email", "sms"), ("email",), ("sms",), ()])),
        consents={("email", "marketing"): draw(st.booleans())},
    )
    for day, (event, data) in draw(st.lists(st.tuples(st.floats(0.01, 40), HAPPENINGS), max_size=8)):
        story.then(day, event, draw(st.sampled_from(["o1", "o2"])), **data)
    return story


def _quiet(story: Story, played: Played) -> list[str]:
    zone = ZoneInfo(story.person.zone)
    hours = [message.at.astimezone(zone).hour for message in played.messages]
    return [str(hour) for hour in hours if hour >= 21 or hour < 8]


@settings(max_examples=150, deadline=None)
@given(stories())
def test_whatever_happens_every_promise_of_the_planner_holds(story: Story) -> None:
    played = story.played()
    company = story.rulebook.catalogue.company
    assert company.frequency_cap is not None

    assert _quiet(story, played) == []

    counted = [message.at for message in played.messages if message.purpose != "transactional"]
    span = timedelta(seconds=company.frequency_cap.seconds)
    for at in counted:
        assert len([each for each in counted if at - span < each <= at]) <= company.frequency_cap.count

    assert len({message.step_key for message in played.messages}) == len(played.messages)
    assert all(message.channel in story.person.reach for message in played.messages)
    assert all(message.purpose != "marketing" or _consented(story, played, message.at) for message in played.messages)

    instants = [entry.at for entry in played.entries]
    assert instants == sorted(instants)

    entered = {entry.enrolment for entry in played.entries if entry.kind == "entered"}
    resumed = [e.event.type for e in sorted(story.script, key=lambda e: e.at) if e.event.type.startswith("operator")]
    assert {left.enrolment for left in played.left} == entered or resumed[-1:] == ["operator.paused"]
    assert len(played.left) == len({left.enrolment for left in played.left})


def _consented(story: Story, played: Played, at: object) -> bool:
    """Some consent was given before: at the start or by an event."""
    given = any(story.person.consents.values())
    return given or any(each.event.type == "consent.given" and each.at <= at for each in story.script)  # type: ignore[operator]


@settings(max_examples=60, deadline=None)
@given(stories())
def test_the_same_decisions_are_taken_with_and_without_explanations(story: Story) -> None:
    with_whys, without = story.played(), story.played(explain=False)
    assert with_whys.messages == without.messages
    assert [(e.kind, e.at, e.what) for e in with_whys.entries] == [(e.kind, e.at, e.what) for e in without.entries]
