"""Limits and pile-ups: found to the minute, and told how long the last message would wait."""

from collections import Counter

import pytest

from care.forecast.limits import Breach, LimitError, breaches, limit_of, pile_ups
from care.forecast.sends import Leaving, Sends


def sends(*counts: tuple[int, str, int], freed: tuple[tuple[int, str, int], ...] = ()) -> Sends:
    return Sends(
        sent=Counter({Leaving(minute, channel): count for minute, channel, count in counts}),
        freed=Counter({Leaving(minute, channel): count for minute, channel, count in freed}),
    )


@pytest.mark.parametrize(
    ("words", "channel", "count", "seconds", "shown"),
    [
        ("email=1000/hour", "email", 1_000, 3_600, "1,000 an hour"),
        ("sms=10/second", "sms", 10, 1, "10 a second"),
        ("Email = 1,000 per day", "email", 1_000, 86_400, "1,000 a day"),
    ],
)
def test_limits_are_read_from_words(words: str, channel: str, count: int, seconds: int, shown: str) -> None:
    limit = limit_of(words)
    assert (limit.channel, limit.count, limit.seconds, limit.words) == (channel, count, seconds, shown)


@pytest.mark.parametrize(
    "words", ["email", "email=many/hour", "email=0/hour", "email=10/week", "=10/hour", "1000/hour"]
)
def test_other_words_are_refused_with_an_example(words: str) -> None:
    with pytest.raises(LimitError, match=r"email=1000/hour"):
        limit_of(words)


def test_a_limit_an_hour_counts_in_any_sixty_minutes() -> None:
    limit = limit_of("email=100/hour")
    found = breaches(sends((50, "email", 60), (100, "email", 60), (300, "email", 100), (300, "sms", 500)), [limit], 600)
    # Both stand in one hour from minute 100 until the first has left it, in minute 110.
    assert found == [Breach(limit, 100, 109, 120, 10)]
    assert not breaches(sends((50, "email", 60), (110, "email", 60)), [limit], 600)


def test_a_limit_a_second_lets_so_many_leave_in_a_minute() -> None:
    limit = limit_of("sms=2/second")
    found = breaches(sends((10, "sms", 300), (11, "sms", 10), (20, "sms", 120)), [limit], 60)
    assert found == [Breach(limit, 10, 10, 300, 2)]


def test_a_stretch_that_lasts_to_the_end_is_told_too() -> None:
    limit = limit_of("sms=5/hour")
    assert breaches(sends((55, "sms", 20)), [limit], 60) == [Breach(limit, 55, 59, 20, 180)]


def test_a_pile_up_is_a_minute_with_more_than_an_ordinary_hour() -> None:
    ordinary = [(60 * hour + 7, "email", 30) for hour in range(10)]
    found = pile_ups(
        sends(*ordinary, (605, "email", 200), (605, "sms", 40), (609, "sms", 5), freed=((605, "email", 150),))
    )
    assert [(each.minute, each.messages, each.ten, each.freed, each.channels) for each in found[:1]] == [
        (605, 240, 245, 150, {"email": 200, "sms": 40})
    ]
    assert all(each.messages >= 30 for each in found)


def test_a_few_messages_are_no_pile_up() -> None:
    assert pile_ups(sends((5, "email", 19), (500, "email", 1))) == []
    assert pile_ups(Sends()) == []
