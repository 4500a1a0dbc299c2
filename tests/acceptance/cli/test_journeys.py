"""Holding a whole journey, going back to an earlier revision, and drafts that go live while they are written."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop, eventually, purchase

JOURNEY = "washing_machine_care"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose drafts are watched, with one customer inside."""
    shop = a_shop(tmp_path_factory.mktemp("shop"))
    shutil.copytree(REPOSITORY / "rules", shop.folder / "rules")
    shop.settings["CARE_RULES_DIR"] = str(shop.folder / "rules")
    with shop.open("up", "--watch"):
        event = shop.folder / "event.json"
        event.write_text(json.dumps(purchase(1)))
        assert shop.care("events", "send", str(event)).status == 0
        eventually(lambda: inside(shop, JOURNEY) == 1)
        yield shop


def inside(shop: Shop, journey: str) -> int:
    return {each["journey"]: each["inside"] for each in shop.care("journeys", "list", "--json").json}[journey]


def state(shop: Shop) -> str:
    return str({each["journey"]: each["state"] for each in shop.care("journeys", "list", "--json").json}[JOURNEY])


def edit(shop: Shop, old: str, new: str) -> None:
    file = shop.folder / "rules" / "journeys" / f"{JOURNEY}.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_paused_journey_says_who_is_affected_and_goes_on(running: Shop) -> None:
    asked = running.care("journeys", "pause", JOURNEY, "--by", "Mai", "--note", "wrong price")
    assert (asked.status, "KH-1" in asked.out, "--yes" in asked.err) == (1, True, True)
    assert state(running) == "open"
    done = running.care("journeys", "pause", JOURNEY, "--by", "Mai", "--note", "wrong price", "--yes")
    assert done.status == 0, done.err
    assert state(running) == "paused by Mai, waits stand still: wrong price"
    again = running.care("journeys", "pause", JOURNEY, "--by", "Mai", "--yes")
    assert (again.status, "is paused already, by Mai" in again.err) == (1, True)
    resumed = running.care("journeys", "resume", JOURNEY)
    assert (resumed.status, "resumed by lan" in resumed.out) == (0, True)
    assert state(running) == "open"
    assert inside(running, JOURNEY) == 1


def test_entry_can_be_stopped_and_opened(running: Shop) -> None:
    assert running.care("journeys", "stop-entry", JOURNEY, "--by", "Mai", "--note", "sold out").status == 0
    event = running.folder / "event.json"
    event.write_text(json.dumps(purchase(2)))
    assert running.care("events", "send", str(event)).status == 0
    eventually(lambda: "entry was stopped by Mai: sold out" in running.care("audit", "KH-2").out)
    assert running.care("journeys", "open-entry", JOURNEY, "--by", "Mai").status == 0
    assert state(running) == "open"


def test_everybody_inside_is_listed_by_step(running: Shop) -> None:
    people = running.care("journeys", "who", JOURNEY, "--json").json
    assert [each["shop_id"] for each in people] == ["KH-1"]
    assert people[0]["step"] in running.care("journeys", "who", JOURNEY).out


def test_a_saved_draft_goes_live_and_a_broken_one_is_told(running: Shop) -> None:
    edit(running, "- wait: until day 90 at 09:00", "- wait: until day 80 at 09:00")
    eventually(lambda: running.care("rules", "history", "--json").json[0]["revision"] == 2)
    edit(running, "by: email", "by: emial")
    eventually(lambda: "not published" in (running.folder / "up.log").read_text())
    edit(running, "by: emial", "by: email")
    assert running.care("rules", "history", "--json").json[0]["revision"] == 2


def test_an_earlier_revision_is_compared_and_published_again(running: Shop) -> None:
    said = running.care("rules", "diff", "1", "2").out
    assert "wait:until day 90 at 09:00 became wait:until day 80 at 09:00" in said
    assert "+  - wait: until day 80 at 09:00" in running.care("rules", "diff", "1", "2", "--text").out
    assert running.care("rules", "diff", "1", "2", "--json").json["changes"][0]["journey"] == JOURNEY
    back = running.care("rules", "rollback", "1", "--by", "Hoa", "--yes")
    assert "Published as revision 3 by Hoa" in back.out, back.err
    newest = running.care("rules", "history", "--json").json[0]
    assert (newest["note"], newest["journeys"][JOURNEY]) == ("back to revision 1", 1)
    assert "there is no revision 9" in running.care("rules", "rollback", "9", "--yes").err


def test_a_journey_can_be_ended_for_everybody_inside(running: Shop) -> None:
    done = running.care("journeys", "exit-all", JOURNEY, "--by", "Mai", "--reason", "recalled", "--yes")
    assert done.status == 0, done.err
    eventually(lambda: inside(running, JOURNEY) == 0)
    assert "ended by Mai: recalled" in running.care("audit", "KH-1").out
    assert running.care("journeys", "batches", "--json").json[0]["kind"] == "exit"


def test_an_unknown_journey_is_met_with_those_there_are(running: Shop) -> None:
    for words in (("pause", "winback", "--by", "Mai", "--yes"), ("who", "winback")):
        answer = running.care("journeys", *words)
        assert answer.status == 1
        assert "there is no journey 'winback'; published are: after_service_visit" in answer.err


def test_drafts_do_not_go_live_by_themselves_where_real_mail_is_sent(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    answer = shop.care("up", "--watch", CARE_SMTP_HOST="mail.shop.example")
    assert answer.status == 1
    assert "the mail relay mail.shop.example is real" in " ".join(answer.err.split())
