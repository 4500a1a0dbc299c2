"""Moments of a story, as people type them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from care.rulebook.findings import PhraseError
from care.trying.moments import later, local_moment

SUNDAY_9 = datetime.fromisoformat("2026-11-22T09:00")
TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri 22:40", "2026-11-27 22:40"),
        ("friday", "2026-11-27 10:00"),
        ("Fri at 22:40", "2026-11-27 22:40"),
        ("Fri, 22:40", "2026-11-27 22:40"),
        ("Sun 09:30", "2026-11-22 09:30"),
        ("Sun 08:00", "2026-11-29 08:00"),
        ("2026-11-27 22:40", "2026-11-27 22:40"),
        ("2026-11-27", "2026-11-27 10:00"),
        ("today 8:05", "2026-11-22 08:05"),
        ("tomorrow", "2026-11-23 10:00"),
        ("22:40", "2026-11-22 22:40"),
    ],
)
def test_a_moment_is_a_day_a_time_or_both(text: str, moment: str) -> None:
    assert f"{local_moment(text, SUNDAY_9):%Y-%m-%d %H:%M}" == moment


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "'' is not a moment", "Fri 22:40"),
        ("a b c", "'a b c' is not a moment", "Fri 22:40"),
        ("Fri 25:00", "'25:00' is not a time of day", "24-hour clock"),
        ("Fri 10pm", "'10pm' is not a time of day", "write 22:00"),
        ("Fridya 22:40", "'Fridya' is not a day of the week", "did you mean 'Friday'?"),
        ("27.11.2026 22:40", "'27.11.2026' is not a date", "write the year first: 2026-11-27"),
        ("2026-02-30", "there is no day '2026-02-30'", "the calendar has no such date"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_to_write(text: str, message: str, hint: str) -> None:
    with pytest.raises(PhraseError) as refused:
        local_moment(text, SUNDAY_9)
    assert message in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("3 hours", "2026-03-01 13:00"),
        ("next day 10:00", "2026-03-02 10:00"),
        ("next day", "2026-03-02 10:00"),
        ("same day at 20:00", "2026-03-01 20:00"),
        ("same day 08:00", "2026-03-01 10:00"),
    ],
)
def test_an_answer_comes_so_long_after_the_asking_or_at_a_local_time(text: str, answered: str) -> None:
    asked = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
    assert f"{later(text)(asked, TOKYO).astimezone(TOKYO):%Y-%m-%d %H:%M}" == answered


def test_the_next_day_keeps_its_local_time_when_the_clocks_change() -> None:
    asked = datetime(2026, 3, 7, 15, 0, tzinfo=UTC)
    assert later("next day 10:00")(asked, NEW_YORK) == datetime(2026, 3, 8, 14, 0, tzinfo=UTC)


def test_an_answer_without_a_fixed_length_is_refused() -> None:
    with pytest.raises(PhraseError) as refused:
        later("1 month")
    assert refused.value.hint == "write 30 days"
    with pytest.raises(PhraseError) as refused:
        later("soon")
    assert "3 hours" in refused.value.hint
