"""Forecasting from the live waits of a store."""

import csv
import json
from pathlib import Path

import pytest

from tests.acceptance.cli.shop import Shop, a_shop
from tests.bench.backtest import STARTS, shipped
from tests.waiting_store import write_waiting

NOW = ("--from", "2026-02-10 07:00")


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop with 120 customers on their way, on 10 February 2026."""
    shop = a_shop(tmp_path_factory.mktemp("waiting"))
    (shop.folder / "data").mkdir()
    write_waiting(f"sqlite:///{shop.folder / 'data' / 'care.sqlite'}", shipped(), 120, STARTS)
    return shop


def test_days_hours_and_what_it_rests_on_are_shown(waiting: Shop) -> None:
    answer = waiting.care("rules", "forecast", *NOW, "--answers", "30%")
    assert answer.status == 0, answer.err
    assert "Forecast from Tue 2026-02-10 07:00 to Tue 2026-02-24 07:00" in answer.out
    assert "120 customers are on their way" in answer.out
    assert "The store's last decision is of " in answer.out
    assert "Tue 10.02." in answer.out
    assert "█" in answer.out
    assert "Nobody buys anything new" in answer.out
    assert "assumed that 30% are answered, as asked for" in answer.out


def test_json_holds_every_hour_and_sums_up(waiting: Shop) -> None:
    told = waiting.care("rules", "forecast", *NOW, "--days", "3", "--json").json
    assert told["customers"] == 120
    assert len(told["hours"]) == 72
    assert sum(hour["all"] for hour in told["hours"]) == told["messages"] == sum(told["templates"].values())
    assert sum(day["all"] for day in told["days"]) == told["messages"]
    assert [sum(day["by_hour"]) for day in told["days"]] == [day["all"] for day in told["days"]]
    assert all(hour["all"] == 0 for hour in told["hours"] if int(hour["at"][11:13]) not in range(8, 21))
    two = waiting.care("rules", "forecast", *NOW, "--days", "3", "--json", "--jobs", "2").json
    assert two == told


def test_hours_are_those_of_the_clock_at_whatever_second_it_begins(waiting: Shop) -> None:
    whole, late = (
        waiting.care("rules", "forecast", "--from", f"2026-02-10 07:00{seconds}", "--days", "3", "--json").json["hours"]
        for seconds in ("", ":36")
    )
    assert late == [*whole, {**late[-1], "at": "2026-02-13T07:00+07:00"}]


def test_a_limit_that_would_be_passed_is_told(waiting: Shop) -> None:
    words = ("rules", "forecast", *NOW, "--limit", "email=2/hour", "--limit", "sms=1000/hour")
    told = waiting.care(*words, "--json").json
    assert told["limits"] == ["2 an hour by email", "1,000 an hour by sms"]
    assert {breach["channel"] for breach in told["breaches"]} == {"email"}
    assert all(breach["most"] > 2 and breach["minutes_late"] > 0 for breach in told["breaches"])
    shown = waiting.care(*words).out
    assert "Limits passed (2 an hour by email, 1,000 an hour by sms)" in shown


def test_lists_and_pictures_are_written(waiting: Shop) -> None:
    told = waiting.care("rules", "forecast", *NOW, "--out", "ahead", "--limit", "email=20/hour", "--json").json
    folder = waiting.folder / "ahead"
    assert [Path(file).name for file in told["files"]] == [
        "forecast.json",
        "hours.csv",
        "messages-per-hour.svg",
        "messages-per-hour.png",
    ]
    with (folder / "hours.csv").open(encoding="utf-8") as file:
        assert sum(int(row["all"]) for row in csv.DictReader(file)) == told["messages"]
    assert json.loads((folder / "forecast.json").read_text(encoding="utf-8"))["messages"] == told["messages"]
    assert (folder / "messages-per-hour.png").read_bytes().startswith(b"\x89PNG")


def test_from_now_on_overdue_messages_that_come_too_late_are_not_counted(waiting: Shop) -> None:
    told = waiting.care("rules", "forecast", "--json").json
    assert told["customers"] == 120
    assert told["seconds_since_then"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "soon"), "--from 'soon' is no moment; write it like '2026-03-01 10:00'"),
        (("--limit", "email=lots"), "'email=lots' is no limit; write a channel, a number and a time"),
        (("--answers", "2"), "--answers '2' is no share; write it like 30%"),
    ],
)
def test_what_cannot_be_read_is_told_with_an_example(waiting: Shop, words: tuple[str, ...], said: str) -> None:
    answer = waiting.care("rules", "forecast", *words)
    assert answer.status == 1
    assert said in answer.err


def test_without_a_store_there_is_nothing_to_forecast_from(closed_shop: Shop) -> None:
    answer = closed_shop.care("rules", "forecast")
    assert answer.status == 1
    assert "there is no store at" in answer.err
