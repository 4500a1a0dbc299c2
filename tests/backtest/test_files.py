"""Files of events: read once, kept by customer, and replayed the same by one process or several."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from care.backtest.backtesting import Setting, run, with_learnt
from care.backtest.habits import Habits
from care.backtest.living import Rules
from care.backtest.past import Period
from care.backtest.sources import Stretch
from care.cli.past_files import FilePast, NoEventsError, Sorted, sort_file
from care.domain.rulebook import Rulebook
from care.spreading import Job, spread
from tests.bench.backtest import DAYS, STARTS, edited, shipped, write_events

PURCHASES = 900


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    return Rules(edited(tmp_path_factory.mktemp("rules") / "rules"), shipped())


def sorted_file(tmp_path: Path, rulebook: Rulebook, *lines: str) -> tuple[FilePast, Sorted]:
    (tmp_path / "events.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    held = sort_file(tmp_path / "events.jsonl", tmp_path / "sorted.sqlite", rulebook)
    return FilePast(tmp_path / "sorted.sqlite", rulebook, frozenset(held.types)), held


def an_event(number: int, **changes: Any) -> str:
    event = {
        "id": f"ev-{number}",
        "source": "shop",
        "type": "order.delivered",
        "time": f"2026-03-{number + 1:02}T10:00:00+07:00",
        "customer": {"id": f"KH-{number % 2}"},
        "order": {"id": f"DH-{number}", "category": "tv", "total": 9_000_000},
    }
    return json.dumps(event | changes)


def test_several_processes_count_the_same_as_one(tmp_path: Path, rules: Rules) -> None:
    file = tmp_path / "purchases.jsonl"
    write_events(file, PURCHASES)
    held = sort_file(file, tmp_path / "sorted.sqlite", rules.draft)
    source = FilePast(tmp_path / "sorted.sqlite", rules.draft, frozenset(held.types))
    period = Period(STARTS, STARTS + timedelta(DAYS))
    setting = with_learnt(source, Setting(rules, period, Habits(seed=1, rate=0.3)), most=50)
    done: list[int] = []
    alone, spread_out = run(source, setting, 1, done.append), run(source, setting, 2)
    assert alone == spread_out
    assert alone.orders == PURCHASES
    assert len(source.stretches()) > 1
    assert sum(done) == alone.events == held.events
    assert alone.was is not None
    assert alone.was != alone.now


def test_lines_are_kept_by_customer_in_the_order_of_their_times(tmp_path: Path, rules: Rules) -> None:
    source, held = sorted_file(tmp_path, rules.draft, *(an_event(number) for number in (4, 1, 2, 3, 2)))
    assert (held.events, held.refused) == (5, 0)
    assert held.last is not None
    assert held.last.isoformat() == "2026-03-05T03:00:00+00:00"
    source.open()
    pasts = list(source.read(Stretch("KH-0", "KH-1", 2, 5)))
    source.close()
    # The event that was sent twice counts once.
    assert [[told.order_id for told in past.told] for past in pasts] == [["DH-2", "DH-4"], ["DH-1", "DH-3"]]


def test_lines_that_tell_no_event_are_left_out_and_named(tmp_path: Path, rules: Rules) -> None:
    lines = (an_event(1), "{broken", an_event(2, customer={}), an_event(3, type="order.lost"), an_event(4))
    source, held = sorted_file(tmp_path, rules.draft, *lines)
    assert (held.events, held.refused) == (3, 2)
    assert [line for line, _ in held.problems] == [2, 3]
    period = Period(STARTS, STARTS + timedelta(days=90))
    found = run(source, Setting(Rules(rules.draft), period, Habits()), 1)
    assert (found.orders, found.refused) == (2, 1)
    assert found.problems == [(4, "'order.lost' is not an event of the catalogue")]


def test_a_file_without_any_event_is_refused(tmp_path: Path, rules: Rules) -> None:
    with pytest.raises(NoEventsError, match=r"holds no event; line 1: this is not JSON"):
        sorted_file(tmp_path, rules.draft, "{broken")


def test_a_spreadsheet_is_replayed_like_lines_of_json(tmp_path: Path, rules: Rules) -> None:
    file = tmp_path / "events.csv"
    columns = "id,source,type,time,customer.id,customer.email,order.id,order.category,order.total"
    row = "ev-1,shop,order.delivered,2026-03-02T10:00:00+07:00,KH-1,lan@example.vn,DH-1,tv,9000000"
    file.write_text(f"{columns}\n{row}\n", encoding="utf-8")
    held = sort_file(file, tmp_path / "sorted.sqlite", rules.draft)
    source = FilePast(tmp_path / "sorted.sqlite", rules.draft, frozenset(held.types))
    found = run(source, Setting(Rules(rules.draft), Period(STARTS, STARTS + timedelta(90)), Habits()), 1)
    assert found.orders == 1
    assert found.now.entered["first_purchase"] == 1


class Doubling(Job[int, int]):
    """Doubles numbers; three is too hard."""

    def do(self, part: int) -> int:
        if part == 3:
            raise ValueError("three is too hard")
        return part * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_work_is_spread_and_its_results_come_back(jobs: int) -> None:
    assert sorted(spread(Doubling(), [1, 2, 4, 5, 6, 7, 8, 9], jobs)) == [2, 4, 8, 10, 12, 14, 16, 18]


@pytest.mark.parametrize("jobs", [1, 2])
def test_trouble_in_one_part_is_told(jobs: int) -> None:
    with pytest.raises(ValueError, match="three is too hard"):
        list(spread(Doubling(), [1, 2, 3, 4], jobs))


def test_whoever_stops_listening_stops_the_work() -> None:
    results = spread(Doubling(), list(range(10, 200)), 2)
    assert next(results) >= 20
    results.close()  # type: ignore[attr-defined]
