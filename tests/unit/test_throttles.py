"""Token buckets: what may come at once, how long the rest waits, and whom it does not concern."""

import pytest
from starlette.requests import Request

from care.web.problems import RefusalError
from care.web.throttles import MOST_NAMES, Throttle, address_of, refuse_after


class Hand:
    """A clock that is moved by hand, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_pass_at_once_and_then_one_whenever_its_time_has_come() -> None:
    clock = Hand()
    throttle = Throttle(2, 4, clock)
    assert [throttle.take("a") for _ in range(4)] == [0, 0, 0, 0]
    assert throttle.take("a") == throttle.wait("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert throttle.wait("a") == 0
    assert throttle.take("a") == 0
    assert throttle.take("a") == pytest.approx(0.5)


def test_over_a_long_time_no_more_pass_than_the_rate_allows() -> None:
    clock = Hand()
    throttle = Throttle(5, 10, clock)
    passed = 0
    for _ in range(10_000):
        clock.now += 0.01
        passed += throttle.take("a") == 0
    assert 500 <= passed <= 511


def test_who_was_quiet_has_a_full_bucket_and_no_more() -> None:
    clock = Hand()
    throttle = Throttle(1, 3, clock)
    for _ in range(5):
        throttle.take("a")
    clock.now += 1_000
    assert [throttle.take("a") == 0 for _ in range(5)] == [True, True, True, False, False]


def test_one_name_does_not_take_from_another() -> None:
    throttle = Throttle(1, 1, Hand())
    assert throttle.take("a") == 0
    assert throttle.take("a") > 0
    assert throttle.take("b") == 0


def test_without_a_rate_everybody_passes() -> None:
    throttle = Throttle(0, 0, Hand())
    assert [throttle.take("a") for _ in range(100)] == [0] * 100


def test_below_one_a_second_the_first_still_passes() -> None:
    throttle = Throttle(0.01, 0.02, Hand())
    assert throttle.take("a") == 0
    assert throttle.take("a") == pytest.approx(100)


def test_many_names_take_no_more_memory_than_is_allowed_and_push_out_the_oldest() -> None:
    throttle = Throttle(1, 1, Hand())
    throttle.take("first")
    for number in range(MOST_NAMES):
        throttle.take(str(number))
    assert len(throttle._full_at) == MOST_NAMES
    assert throttle.take("first") == 0
    assert throttle.take(str(MOST_NAMES - 1)) > 0


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
    ],
)
def test_a_household_counts_as_one_address(host: str, name: str) -> None:
    assert address_of(Request({"type": "http", "client": (host, 1), "headers": []})) == name


def test_the_refusal_says_how_long_to_wait_in_whole_seconds() -> None:
    refuse_after(0, "never")
    with pytest.raises(RefusalError, match="too many; ask again in 2 seconds") as refusal:
        refuse_after(1.2, "too many")
    assert refusal.value.headers == {"Retry-After": "2"}
