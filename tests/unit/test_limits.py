"""A journey's own limits: they tighten the company's quiet hours and cap, never loosen them, and always end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.domain.catalogue import Cap, Company, Window
from care.domain.journey import Plan, Rank, Sending
from care.domain.limits import Delay, Limits, limits_of
from tests.builders import (
    CATALOGUE,
    COMPANY,
    DAY,
    MONDAY_10,
    Story,
    a_plan,
    hours,
    offer,
    send,
    survey,
    uncapped,
    until_day,
    wait,
)
from tests.unit.test_timing_properties import instants, is_quiet, minutes, zones

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
ALWAYS = datetime.max.replace(tzinfo=UTC)
EVENING = Window(20 * 60, 9 * 60)
QUIET = "quiet hours in the customer's time"
OWN_QUIET = "quiet hours of this journey in the customer's time"
CAPPED = "the frequency cap is reached"
OWN_CAPPED = "the frequency cap of this journey is reached"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def delay(
    at: str, sending: Sending | None, *sent: str, capped: bool = True, expires: datetime = ALWAYS
) -> Delay | None:
    """What delays a message of a customer in Hà Nội, whose company is quiet from 21:00 to 08:00."""
    limits = limits_of(COMPANY, sending, HANOI, capped=capped)
    return limits.delay(moment(at), expires, [moment(each) for each in sent])


@pytest.mark.parametrize(
    ("at", "sending", "until", "reason"),
    [
        ("2026-03-02T19:59+07:00", Sending(EVENING), "", ""),
        ("2026-03-02T20:30+07:00", Sending(EVENING), "2026-03-03T09:00+07:00", OWN_QUIET),
        ("2026-03-02T22:00+07:00", Sending(EVENING), "2026-03-03T09:00+07:00", OWN_QUIET),
        ("2026-03-03T08:30+07:00", Sending(EVENING), "2026-03-03T09:00+07:00", OWN_QUIET),
        ("2026-03-03T09:00+07:00", Sending(EVENING), "", ""),
        ("2026-03-02T20:30+07:00", None, "", ""),
        ("2026-03-02T22:00+07:00", None, "2026-03-03T08:00+07:00", QUIET),
        (
            "2026-03-02T22:00+07:00",
            Sending(Window(8 * 60, 12 * 60)),
            "2026-03-03T12:00+07:00",
            f"{QUIET}, then {OWN_QUIET}",
        ),
        (
            "2026-03-02T19:30+07:00",
            Sending(timezone="Asia/Tokyo"),
            "2026-03-03T08:00+07:00",
            f"quiet hours in the time of Asia/Tokyo, then {QUIET}",
        ),
        ("2026-03-03T18:30+07:00", Sending(timezone="Asia/Tokyo"), "", ""),
        (
            "2026-03-02T10:00+07:00",
            Sending(EVENING, timezone="Europe/Berlin"),
            "2026-03-02T15:00+07:00",
            "quiet hours of this journey in the time of Europe/Berlin",
        ),
    ],
)
def test_a_message_waits_for_the_quiet_hours_of_company_and_journey_on_every_clock_that_counts(
    at: str, sending: Sending | None, until: str, reason: str
) -> None:
    found = delay(at, sending)
    assert found == (Delay(moment(until), "quiet_hours", reason) if until else None)


NOON = "2026-03-02T12:00+07:00"
ONE_A_WEEK = Sending(frequency_cap=Cap(1, 7 * DAY))


@pytest.mark.parametrize(
    ("sending", "sent", "until", "reason"),
    [
        (None, ("2026-03-01T12:00+07:00",) * 2, "", ""),
        (None, ("2026-03-01T12:00+07:00",) * 3, "2026-03-08T12:00+07:00", CAPPED),
        (ONE_A_WEEK, ("2026-02-23T12:00+07:00",), "", ""),
        (ONE_A_WEEK, ("2026-02-24T12:00+07:00",), "2026-03-03T12:00+07:00", OWN_CAPPED),
        (ONE_A_WEEK, ("2026-03-01T12:00+07:00",) * 3, "2026-03-08T12:00+07:00", OWN_CAPPED),
        (Sending(frequency_cap=Cap(9, DAY)), ("2026-03-01T12:00+07:00",) * 3, "2026-03-08T12:00+07:00", CAPPED),
        (
            replace(ONE_A_WEEK, quiet_hours=EVENING),
            ("2026-02-24T20:30+07:00",),
            "2026-03-04T09:00+07:00",
            f"{OWN_CAPPED}, then {OWN_QUIET}",
        ),
    ],
)
def test_the_cap_of_company_and_journey_both_count_every_message(
    sending: Sending | None, sent: tuple[str, ...], until: str, reason: str
) -> None:
    found = delay(NOON, sending, *sent)
    assert found == (Delay(moment(until), "capped", reason) if until else None)


def test_what_no_cap_holds_for_still_waits_for_the_journeys_quiet_hours() -> None:
    sending = Sending(EVENING, Cap(1, DAY))
    assert delay(NOON, sending, NOON, capped=False) is None
    late = delay("2026-03-02T20:30+07:00", sending, NOON, capped=False)
    assert late == Delay(moment("2026-03-03T09:00+07:00"), "quiet_hours", OWN_QUIET)


@pytest.mark.parametrize(
    ("quiet", "zone"), [(Window(8 * 60, 21 * 60), ""), (Window(7 * 60, 21 * 60), ""), (EVENING, "America/New_York")]
)
def test_quiet_hours_that_cover_the_whole_day_are_told_at_once(quiet: Window, zone: str) -> None:
    found = delay(NOON, Sending(quiet, timezone=zone))
    assert found is not None
    assert (found.until, found.code) == (None, "no_window")
    assert found.reason.endswith(" leave no time of day to send it")


def test_a_journey_that_may_never_send_goes_on_without_the_message_and_says_why() -> None:
    night_only = replace(a_plan(send("hello"), wait(1)), sending=Sending(Window(8 * 60, 21 * 60)))
    played = Story(night_only).played()
    assert played.messages == []
    [skipped] = [entry for entry in played.entries if entry.kind == "skipped"]
    assert skipped.code == "no_window"
    assert skipped.reason == f"{OWN_QUIET} and {QUIET} leave no time of day to send it"
    assert [left.reason for left in played.left] == ["completed"]


def test_a_journeys_own_quiet_hours_hold_its_messages_and_no_others() -> None:
    late = replace(a_plan(until_day(0, 20 * 60 + 30), send("hello"), journey="late"), sending=Sending(EVENING))
    plain = a_plan(until_day(0, 20 * 60 + 30), send("hint"), journey="plain")
    story = Story(late, plain)
    assert story.sent() == ["day 0 20:30 hint email", "day 1 09:00 hello email"]
    [held] = [entry for entry in story.played().entries if entry.kind == "held"]
    assert (held.journey, held.reason) == ("late", OWN_QUIET)


def test_a_journeys_own_cap_counts_the_messages_of_all_journeys() -> None:
    shy = a_plan(wait(1), send("hello", expires=hours(90)), journey="shy")
    shy = replace(shy, sending=Sending(frequency_cap=Cap(1, 2 * DAY)))
    other = a_plan(send("hint"), send("receipt"), wait(1), send("bye"), journey="other")
    story = Story(shy, other, catalogue=uncapped())
    assert story.sent() == [
        "day 0 10:00 hint email",
        "day 0 10:00 receipt email",
        "day 1 10:00 bye email",
        "day 3 10:00 hello email",
    ]


@pytest.mark.parametrize(("ranks", "first"), [("high low", "a"), ("low high", "b"), ("low normal", "b")])
def test_of_messages_of_one_kind_those_of_the_higher_journey_leave_first(ranks: str, first: str) -> None:
    one_a_day = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, DAY)))
    of_a, of_b = ranks.split()
    plans = [ranked(a_plan(send("hello"), journey="a"), of_a), ranked(a_plan(send("hint"), journey="b"), of_b)]
    played = Story(*plans, catalogue=one_a_day).played()
    assert [message.journey for message in played.messages] == [first, "ab".replace(first, "")]


def test_care_goes_before_an_offer_whatever_the_journeys_priority() -> None:
    one_a_day = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, DAY)))
    plans = [ranked(a_plan(offer(), journey="a"), "high"), ranked(a_plan(send("hello"), journey="b"), "low")]
    plans.append(a_plan(survey(), journey="c"))
    story = Story(*plans, catalogue=one_a_day).who(consents={("email", "marketing"): True})
    assert [message.journey for message in story.played().messages[:2]] == ["b", "c"]


def test_among_equals_the_message_that_waited_longer_leaves_first() -> None:
    one_a_day = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, DAY)))
    late = a_plan(wait(0.1), send("hello", expires=hours(90)), journey="a")
    early = a_plan(wait(0.05), send("hint", expires=hours(90)), journey="b")
    played = Story(late, early, a_plan(send("bye"), journey="c"), catalogue=one_a_day).played()
    assert [message.journey for message in played.messages] == ["c", "b", "a"]


def ranked(plan: Plan, priority: str) -> Plan:
    rank: dict[str, Rank] = {"low": "low", "normal": "normal", "high": "high"}
    return replace(plan, priority=rank[priority])


windows = st.builds(Window, minutes, minutes)
caps = st.builds(Cap, st.integers(1, 4), st.integers(1, 10 * DAY))
sendings = st.builds(
    Sending, st.none() | windows, st.none() | caps, st.just("") | zones.map(str)
)  # fmt: skip


@st.composite
def wished(draw: st.DrawFn) -> tuple[Limits, Company, Sending, ZoneInfo, datetime, list[datetime]]:
    """A message that is wanted at some instant, with everything that may hold it."""
    company = Company(quiet_hours=draw(st.none() | windows), frequency_cap=draw(st.none() | caps))
    sending, zone, now = draw(sendings), draw(zones), draw(instants)
    sent = sorted(now - timedelta(seconds=ago) for ago in draw(st.lists(st.integers(0, 12 * DAY), max_size=9)))
    return limits_of(company, sending, zone, capped=True), company, sending, zone, now, sent


@settings(deadline=None, max_examples=400)
@given(wished())
def test_a_message_leaves_outside_the_union_of_quiet_hours_and_under_both_caps_or_is_told_that_it_never_will(
    wish: tuple[Limits, Company, Sending, ZoneInfo, datetime, list[datetime]],
) -> None:
    limits, company, sending, zone, now, sent = wish
    found = limits.delay(now, ALWAYS, sent)
    clocks = [zone, ZoneInfo(sending.timezone)] if sending.timezone else [zone]
    quiets = [window for window in (company.quiet_hours, sending.quiet_hours) if window is not None]
    if found is not None and found.until is None:
        assert quiets
        return
    leaves = found.until if found is not None and found.until is not None else now
    assert leaves >= now
    assert not any(is_quiet(leaves, window, clock) for window in quiets for clock in clocks)
    for cap in (company.frequency_cap, sending.frequency_cap):
        if cap is not None:
            assert len([at for at in sent if at > leaves - timedelta(seconds=cap.seconds)]) < cap.count
    assert limits.delay(leaves, ALWAYS, sent) is None


@settings(deadline=None, max_examples=100)
@given(wished())
def test_a_journeys_limits_never_let_a_message_leave_earlier(
    wish: tuple[Limits, Company, Sending, ZoneInfo, datetime, list[datetime]],
) -> None:
    limits, company, _, zone, now, sent = wish
    own, companys = (
        limits.delay(now, ALWAYS, sent),
        limits_of(company, None, zone, capped=True).delay(now, ALWAYS, sent),
    )
    if companys is None or companys.until is None:
        return
    assert own is not None
    assert own.until is None or own.until >= companys.until


@settings(deadline=None, max_examples=60)
@given(st.lists(sendings, min_size=2, max_size=2), st.sampled_from(["Asia/Ho_Chi_Minh", "Asia/Tokyo", "Pacific/Apia"]))
def test_in_every_life_each_journeys_messages_keep_its_limits(sendings: list[Sending], zone: str) -> None:
    steps = (send("hello"), wait(0.3), send("hint"), wait(0.7), send("bye"), wait(1.3), send("sorry"))
    plans = [replace(a_plan(*steps, journey=name), sending=own) for name, own in zip("ab", sendings, strict=True)]
    played = Story(*plans, starts=MONDAY_10 + timedelta(hours=5)).who(zone=zone).played()
    assert COMPANY.frequency_cap is not None
    for message in played.messages:
        own = sendings["ab".index(message.journey)]
        quiets = [window for window in (COMPANY.quiet_hours, own.quiet_hours) if window is not None]
        clocks = [ZoneInfo(name) for name in (zone, own.timezone) if name]
        assert not any(is_quiet(message.at, window, clock) for window in quiets for clock in clocks)
        for cap in filter(None, (COMPANY.frequency_cap, own.frequency_cap)):
            since = message.at - timedelta(seconds=cap.seconds)
            before = [each.at for each in played.messages[: played.messages.index(message) + 1] if each.at > since]
            assert len(before) <= cap.count
    assert len(played.left) == 2
