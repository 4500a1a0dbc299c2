"""Times of day, weekdays, dates, zones and limits."""

from collections.abc import Callable
from datetime import date

import pytest

from care.domain.catalogue import Cap, Window
from care.rulebook.clocktimes import calendar_day, cap, minute_of_day, stretch, survey_cap, timezone, week, weekday
from care.rulebook.findings import PhraseError


def test_times_and_days_read_as_people_write_them() -> None:
    assert (minute_of_day("09:00"), minute_of_day("9:05"), minute_of_day("23:59")) == (540, 545, 1_439)
    assert (weekday("Monday"), weekday("sun"), weekday("Thu")) == (0, 6, 3)
    assert calendar_day("2026-11-22") == date(2026, 11, 22)


def test_quiet_hours_may_run_over_midnight() -> None:
    assert stretch("21:00 to 08:00") == Window(1_260, 480)
    assert stretch("12:00-13:30") == Window(720, 810)


def test_business_hours_may_differ_by_day_and_wrap_over_the_weekend() -> None:
    weekdays, saturday = Window(480, 1_050), Window(480, 720)
    assert week("Mon to Fri 08:00 to 17:30, Sat 08:00 to 12:00") == (*(weekdays,) * 5, saturday, None)
    assert week("Sat to Mon 08:00 to 17:30") == (weekdays, None, None, None, None, weekdays, weekdays)


def test_a_frequency_cap_is_a_count_in_a_length_of_time() -> None:
    assert cap("3 messages in 7 days") == Cap(3, 604_800)
    assert cap("1 message in 24 hours") == Cap(1, 86_400)


def test_a_survey_cap_counts_surveys() -> None:
    assert survey_cap("1 survey in 30 days") == Cap(1, 2_592_000)
    with pytest.raises(PhraseError, match="not a limit on surveys"):
        survey_cap("3 messages in 7 days")


def test_a_time_zone_must_exist() -> None:
    assert timezone("Asia/Kathmandu") == "Asia/Kathmandu"


@pytest.mark.parametrize(
    ("parse", "text", "code", "hint"),
    [
        (minute_of_day, "9am", "J012", "write 09:00"),
        (minute_of_day, "12am", "J012", "write 00:00"),
        (minute_of_day, "9:30 pm", "J012", "write 21:30"),
        (minute_of_day, "9h30", "J012", "write 09:30"),
        (minute_of_day, "24:00", "J012", "write hours and minutes on the 24-hour clock, for example 09:00"),
        (weekday, "Tusday", "J012", "did you mean 'Tuesday'?"),
        (weekday, "holiday", "J012", "write Monday, Tuesday, … or Mon, Tue, …"),
        (stretch, "at night", "J012", "write for example 21:00 to 08:00"),
        (stretch, "08:00 to 08:00", "J012", "leave it out, or write two different times"),
        (week, "always", "J012", "write for example Mon to Sat 08:00 to 17:30"),
        (week, "Mon 08:00 to 12:00, Mon 13:00 to 17:00", "J012", "keep one"),
        (cap, "0 messages in 7 days", "J012", "write for example 3 messages in 7 days"),
        (cap, "3 messages in 1 month", "J013", "write 30 days"),
        (calendar_day, "22/11/2026", "J012", "write the year first: 2026-11-22"),
        (calendar_day, "tomorrow", "J012", "write the year first: 2026-11-22"),
        (calendar_day, "2026-02-30", "J012", "the calendar has no such date"),
        (timezone, "Mars/Crater", "J011", "write for example Asia/Ho_Chi_Minh"),
        (timezone, "Asia/Ho_Chi_Min", "J011", "did you mean 'Asia/Ho_Chi_Minh'?"),
        (timezone, "../etc/passwd", "J011", "write for example Asia/Ho_Chi_Minh"),
        (timezone, "Asia", "J011", "did you mean"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(
    parse: Callable[[str], object], text: str, code: str, hint: str
) -> None:
    with pytest.raises(PhraseError) as caught:
        parse(text)
    assert caught.value.code == code
    assert caught.value.hint.startswith(hint)
