"""Back-testing a draft: from a file and from the store, in numbers, in words and in pictures."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from care.store import inbox
from care.store.engine import open_store, writing
from care.store.incoming import IncomingEvent
from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop
from tests.bench.backtest import write_events

FROM = ("--from", "2026-01-01")


@pytest.fixture
def marketer(tmp_path: Path) -> Shop:
    """A shop with published rules and a draft that says hello a day later; `purchases.jsonl` holds its past."""
    shop = a_shop(tmp_path)
    shutil.copytree(REPOSITORY / "rules", tmp_path / "rules")
    shop.settings["CARE_RULES_DIR"] = "rules"
    assert shop.care("rules", "publish", "--yes").status == 0
    edit(shop, "until day 2 at 18:30", "until day 3 at 18:30")
    write_events(tmp_path / "purchases.jsonl", 60)
    return shop


def edit(shop: Shop, old: str, new: str) -> None:
    file = shop.folder / "rules" / "journeys" / "first_purchase.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def keep(shop: Shop, file: str) -> None:
    """Put the events of a file into the store, as if they had been sent."""
    engine = open_store(f"sqlite:///{shop.folder / 'data' / 'care.sqlite'}")
    with writing(engine) as conn:
        for line in (shop.folder / file).read_text(encoding="utf-8").splitlines():
            event = IncomingEvent.model_validate_json(line)
            inbox.accept(conn, event, event.time)
    engine.dispose()


def test_a_file_is_replayed_by_draft_and_published_rules(marketer: Shop) -> None:
    answer = marketer.care("rules", "backtest", *FROM, "--events", "purchases.jsonl", "--answers", "30%")
    assert answer.status == 0, answer.err
    assert "Back-test of the draft in rules against revision 1, on purchases.jsonl" in answer.out
    assert "60 purchases" in answer.out
    assert "gets first_days 1 day later (first_purchase)" in answer.out
    assert "assumed that 30% are answered, as asked for, drawn with seed 0" in answer.out
    assert "SMS segments: the mean of up to 20 messages of each template" in answer.out

    told = marketer.care("rules", "backtest", *FROM, "--events", "purchases.jsonl", "--answers", "30%", "--json").json
    assert (told["orders"], told["first_day"], told["against"]) == (60, "2026-01-01", "revision 1")
    totals = {row["what"]: (row["draft"], row["against"]) for row in told["totals"]}
    assert totals["messages"][0] > 100
    assert totals["cost of email in dong"][0] == 20 * totals["messages by email"][0]
    (moved,) = (kind for kind in told["differences"]["kinds"] if kind["how"] == "gets at another time")
    assert (moved["name"], moved["earliest_shift_seconds"], moved["latest_shift_seconds"]) == (
        "first_days",
        86400,
        86400,
    )
    assert moved["customers"] <= told["differences"]["customers"] <= told["customers"]
    assert sum(row["draft"] for row in told["messages"]["day"]) == totals["messages"][0]


def test_the_store_is_replayed_and_a_seed_gives_the_same_answers(marketer: Shop) -> None:
    keep(marketer, "purchases.jsonl")
    words = ("rules", "backtest", *FROM, "--answers", "40%", "--json")
    first, again = marketer.care(*words).json, marketer.care(*words).json
    other = marketer.care(*words, "--seed", "7").json
    assert first == again
    assert first["source"] == "the store"
    assert first["orders"] == 60
    assert first["answers"] != other["answers"]
    from_file = marketer.care(*words, "--events", "purchases.jsonl").json
    assert from_file["messages"]["purpose"] == first["messages"]["purpose"]


def test_the_draft_alone_needs_nothing_published(closed_shop: Shop) -> None:
    write_events(closed_shop.folder / "purchases.jsonl", 20)
    told = closed_shop.care(
        "rules", "backtest", *FROM, "--events", "purchases.jsonl", "--against", "none", "--json"
    ).json
    assert told["against"] is None
    assert told["differences"] is None
    assert told["totals"][0]["what"] == "messages"
    shown = closed_shop.care("rules", "backtest", *FROM, "--events", "purchases.jsonl", "--against", "none")
    assert "Back-test of the draft in" in shown.out
    assert "difference" not in shown.out


def test_one_customer_is_shown_twice_with_the_why(marketer: Shop) -> None:
    words = ("rules", "backtest", *FROM, "--events", "purchases.jsonl")
    somebody = marketer.care(*words, "--json").json["differences"]["people"][0]["customer"]
    answer = marketer.care(*words, "--why", somebody)
    assert answer.status == 0, answer.err
    assert "wait until day 2 at 18:30 (until" in answer.out
    assert "Where they part, and why" in answer.out
    assert "first_purchase.yaml:45 @ v1" in answer.out
    assert "first_purchase.yaml:45 @ draft" in answer.out
    told = marketer.care(*words, "--why", somebody, "--json").json
    assert told["was"][: told["same"]][-1]["what"] == told["draft"][: told["same"]][-1]["what"]
    assert told["was"][told["same"]]["what"] != told["draft"][told["same"]]["what"]
    assert told["draft"][0]["why"]

    keep(marketer, "purchases.jsonl")
    assert "Where they part" in marketer.care("rules", "backtest", *FROM, "--why", somebody).out
    nobody = marketer.care("rules", "backtest", *FROM, "--why", "KH-nobody")
    assert nobody.status == 1
    assert "no customer is called 'KH-nobody'" in nobody.err


def test_rules_that_are_published_as_they_are_differ_in_nothing(marketer: Shop) -> None:
    edit(marketer, "until day 3 at 18:30", "until day 2 at 18:30")
    answer = marketer.care("rules", "backtest", *FROM, "--events", "purchases.jsonl")
    assert "As many messages as before; 0 of" in answer.out
    same = marketer.care("rules", "backtest", *FROM, "--events", "purchases.jsonl", "--why", "KH-2-0")
    assert "The draft treats this customer as revision 1 does" in same.out


def test_lists_and_pictures_are_written(marketer: Shop) -> None:
    words = ("rules", "backtest", *FROM, "--events", "purchases.jsonl", "--out", "out/tested", "--json")
    told = marketer.care(*words).json
    folder = marketer.folder / "out" / "tested"
    assert [Path(file).name for file in told["files"]] == [
        "backtest.json",
        "customers.csv",
        "messages-per-day.svg",
        "messages-per-day.png",
    ]
    assert json.loads((folder / "backtest.json").read_text(encoding="utf-8"))["orders"] == 60
    with (folder / "customers.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == told["differences"]["customers"]
    assert (folder / "messages-per-day.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (folder / "messages-per-day.png").read_bytes().startswith(b"\x89PNG")


def test_one_journey_may_be_tried_alone(marketer: Shop) -> None:
    words = ("rules", "backtest", *FROM, "--events", "purchases.jsonl", "--json", "--journeys")
    told = marketer.care(*words, "washing_machine_care").json
    assert {row["journey"] for row in told["messages"]["journey"]} == {"washing_machine_care"}
    assert told["differences"]["customers"] == 0
    strange = marketer.care(*words, "first_purchase,winback")
    assert strange.status == 1
    assert "there is no journey 'winback'; there are after_service_visit, ask_consent, first_purchase" in strange.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "January"), "--from 'January' is no day; write it like 2026-03-01"),
        (("--from", "2026-05-01", "--to", "2026-04-01"), "the last day, 2026-04-01, lies before the first, 2026-05-01"),
        (("--from", "2027-01-01", "--to", "2027-02-01"), "no purchase is known from 2027-01-01 on"),
        ((*FROM, "--against", "7"), "there is no revision 7"),
        ((*FROM, "--against", "yesterday"), "--against 'yesterday' cannot be read; write published"),
        ((*FROM, "--answers", "often"), "--answers 'often' is no share; write it like 30%"),
        ((*FROM, "--answers", "130%"), "--answers '130%' is no share; write it like 30%"),
        ((*FROM, "--events", "nothing.jsonl"), "'nothing.jsonl' cannot be read"),
        ((*FROM, "--events", "purchases.txt"), "name it .jsonl or .csv"),
    ],
)
def test_what_cannot_be_replayed_is_told_with_what_to_do(marketer: Shop, words: tuple[str, ...], said: str) -> None:
    if "--events" not in words:
        words = (*words, "--events", "purchases.jsonl")
    answer = marketer.care("rules", "backtest", *words)
    assert answer.status == 1
    assert said in answer.err


def test_without_a_store_or_a_publication_it_says_what_is_missing(closed_shop: Shop) -> None:
    write_events(closed_shop.folder / "purchases.jsonl", 5)
    answer = closed_shop.care("rules", "backtest", *FROM, "--events", "purchases.jsonl")
    assert answer.status == 1
    assert "there is no store at" in answer.err


def test_lines_that_tell_no_event_are_named(marketer: Shop) -> None:
    with (marketer.folder / "purchases.jsonl").open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    answer = marketer.care("rules", "backtest", *FROM, "--events", "purchases.jsonl")
    assert answer.status == 0
    assert "1 lines of the file tell no event and were left out" in answer.out
    assert "this is not JSON" in answer.out
