"""Promises from the command line: kept, broken with a story, and misspelt."""

import shutil
from pathlib import Path

import pytest

from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop

PROMISE = """promises:
  - promise: {text}
    {what}
"""


@pytest.fixture
def marketer(tmp_path: Path) -> Shop:
    """A folder with one small journey."""
    shop = a_shop(tmp_path)
    shutil.copytree(REPOSITORY / "rules", tmp_path / "rules")
    for file in (tmp_path / "rules" / "journeys").glob("*.yaml"):
        if not file.name.startswith("after_service_visit"):
            file.unlink()
    shop.settings["CARE_RULES_DIR"] = "rules"
    promise(shop, "Detractors are called back", "when: {nps.score: at most 6}\n    always: {ticket: service_leads}")
    return shop


def promise(shop: Shop, text: str, what: str) -> None:
    (shop.folder / "rules" / "promises.yaml").write_text(PROMISE.format(text=text, what=what))


def test_promises_that_hold_are_said_to_hold_and_how_that_was_found(marketer: Shop) -> None:
    answer = marketer.care("rules", "prove")
    assert "✓ No marketing without consent" in answer.out
    assert "✓ Detractors are called back   rules/promises.yaml:2" in answer.out
    assert "lives, each begun by one event: every value and answer that some rule tells apart" in answer.out


def test_a_broken_promise_is_told_as_a_story(marketer: Shop) -> None:
    promise(marketer, "Nobody is ever asked", "never: survey")
    answer = marketer.care("rules", "prove")
    assert answer.status == 1
    assert "✗ Nobody is ever asked" in answer.out
    assert "A customer who enters after_service_visit on Monday 10:00: address for sms" in answer.out
    assert "breaks it at 2026-03-02" in answer.out
    found = {each["promise"]: each for each in marketer.care("rules", "prove", "--json").json}
    broken = found["Nobody is ever asked"]
    assert (broken["verdict"], broken["line"], broken["story"]["journey"]) == ("broken", 2, "after_service_visit")
    assert broken["story"]["timeline"][0]["what"] == "after_service_visit → entered"


def test_what_could_not_be_looked_at_is_not_called_proven(marketer: Shop) -> None:
    answer = marketer.care("rules", "prove", "--limit", "3")
    assert answer.status == 1
    assert "? No marketing without consent" in answer.out


def test_a_misspelt_promise_is_met_like_any_rule(marketer: Shop) -> None:
    promise(marketer, "Nobody is sold to", "never: offers")
    answer = marketer.care("rules", "prove")
    assert answer.status == 1
    assert "promises.yaml:3:12: J010 unknown name 'offers'" in answer.err
    assert "did you mean 'offer'?" in answer.err
