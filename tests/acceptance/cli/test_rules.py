"""Checking, explaining and publishing the rule files."""

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop


@pytest.fixture
def marketer(tmp_path: Path) -> Shop:
    """A closed shop with a rules folder of its own."""
    shop = a_shop(tmp_path)
    shutil.copytree(REPOSITORY / "rules", tmp_path / "rules")
    shop.settings["CARE_RULES_DIR"] = "rules"
    return shop


def edit(shop: Shop, old: str, new: str, journey: str = "first_purchase") -> Path:
    file = shop.folder / "rules" / "journeys" / f"{journey}.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_the_shipped_rules_are_without_error(marketer: Shop) -> None:
    answer = marketer.care("rules", "check")
    assert (answer.status, answer.out) == (0, "rules: 4 journeys, no error\n")
    assert marketer.care("rules", "check", "--json").json == []


def test_an_error_is_told_with_its_place_a_caret_and_what_to_do(marketer: Shop) -> None:
    file = edit(marketer, "- send: welcome", "- send: welcom")
    line = 1 + next(at for at, text in enumerate(file.read_text().splitlines()) if "- send: welcom" in text)
    answer = marketer.care("rules", "check")
    assert answer.status == 1
    assert f"rules/journeys/first_purchase.yaml:{line}:" in answer.out
    assert "J010" in answer.out
    assert "^\n" in answer.out
    assert "did you mean 'welcome'?" in answer.out
    (problem,) = marketer.care("rules", "check", "--json").json
    assert (problem["file"], problem["line"], problem["severity"]) == ("journeys/first_purchase.yaml", line, "error")


def test_one_file_may_be_checked_alone(marketer: Shop) -> None:
    edit(marketer, "- send: welcome", "- send: welcom")
    broken = marketer.care("rules", "check", "rules/journeys/first_purchase.yaml")
    sound = marketer.care("rules", "check", "rules/journeys/after_service_visit.yaml")
    assert (broken.status, sound.status) == (1, 0)


def test_a_folder_that_is_not_there_is_named(marketer: Shop) -> None:
    answer = marketer.care("rules", "check", "elsewhere")
    assert answer.status == 1
    assert "there is no rules folder 'elsewhere'" in answer.err


@pytest.mark.parametrize("word", ["survey", "at most", "J010", "until"])
def test_a_word_is_explained_with_an_example(marketer: Shop, word: str) -> None:
    answer = marketer.care("rules", "explain", word)
    assert answer.status == 0, answer.err
    assert len(answer.out.splitlines()) > 1


def test_a_name_of_the_rules_is_explained_with_the_places_it_is_used_in(marketer: Shop) -> None:
    field = marketer.care("rules", "explain", "customer.type")
    assert "worked out in customer_types.yaml" in field.out
    assert "washing_machine_care.yaml:" in field.out
    assert "a care message" in marketer.care("rules", "explain", "thank_you").out
    unknown = marketer.care("rules", "explain", "cusomer.type")
    assert unknown.status == 1
    assert "did you mean 'customer.type'?" in unknown.err
    edit(marketer, "  - send: welcome ", "  - send: welcom ")
    assert "care rules check" in marketer.care("rules", "explain", "customer.type").err


def test_an_unknown_word_is_met_with_the_nearest(marketer: Shop) -> None:
    answer = marketer.care("rules", "explain", "survay")
    assert answer.status == 1
    assert "did you mean 'survey'?" in answer.err


def test_rules_are_published_once_and_changes_are_shown_before(marketer: Shop) -> None:
    first = marketer.care("rules", "publish", "--yes", "--note", "The beginning")
    assert first.status == 0, first.err
    assert "first_purchase: new" in first.out
    assert "Published as revision 1 by lan. New customers enter by it." in first.out

    again = marketer.care("rules", "publish", "--yes")
    assert (again.status, again.out) == (0, "Nothing changed: revision 1 holds these rules already.\n")

    edit(marketer, "wait: until day 2 at 18:30", "wait: until day 3 at 18:30")
    asked = marketer.care("rules", "publish")
    assert asked.status == 1
    assert "first_purchase: changed" in asked.out
    assert "washing_machine_care" not in asked.out
    assert "with --confirm " in asked.err

    second = marketer.care("rules", "publish", "--yes", "--by", "Hoa", "--note", "One day later")
    assert "Published as revision 2 by Hoa" in second.out
    newest, oldest = marketer.care("rules", "history", "--json").json
    assert (newest["revision"], newest["by"], newest["note"]) == (2, "Hoa", "One day later")
    assert (oldest["revision"], oldest["by"], oldest["note"]) == (1, "lan", "The beginning")
    assert (oldest["journeys"]["first_purchase"], newest["journeys"]["first_purchase"]) == (1, 2)
    assert newest["journeys"]["washing_machine_care"] == 1
    assert "One day later" in marketer.care("rules", "history").out


def test_broken_rules_are_not_published(marketer: Shop) -> None:
    edit(marketer, "- send: welcome", "- send: welcom")
    answer = marketer.care("rules", "publish", "--yes")
    assert answer.status == 1
    assert "first_purchase.yaml:" in answer.err
    assert "1 error in the rule files; mend them first" in answer.err
    assert not (marketer.folder / "data").exists()


def test_a_journey_that_is_taken_away_is_told(marketer: Shop) -> None:
    assert marketer.care("rules", "publish", "--yes").status == 0
    for ending in (".yaml", ".test.yaml"):
        (marketer.folder / "rules" / "journeys" / f"after_service_visit{ending}").unlink()
    answer = marketer.care("rules", "publish", "--yes")
    assert "after_service_visit: nobody enters it any more" in answer.out


def test_the_shipped_rule_tests_pass_and_one_journey_may_be_tested_alone(marketer: Shop) -> None:
    every = marketer.care("rules", "test")
    assert every.status == 0, every.out
    assert every.out.endswith(" rule tests, none failed\n")
    results = marketer.care("rules", "test", "rules/journeys/first_purchase.test.yaml", "--json").json["tests"]
    assert {result["journey"] for result in results} == {"first_purchase"}
    assert all(result["passed"] for result in results)


def test_a_failed_rule_test_shows_what_was_expected_and_the_nearest_step(marketer: Shop) -> None:
    edit(marketer, "wait: until day 2 at 18:30", "wait: until day 3 at 18:30")
    answer = marketer.care("rules", "test", "first_purchase")
    assert answer.status == 1
    assert "first_purchase.test.yaml:" in answer.out
    assert "expected send: first_days at day 2 18:30, but it happened at day 3 18:30" in answer.out


def test_coverage_and_made_up_customers_say_what_nothing_reached(marketer: Shop) -> None:
    answer = marketer.care("rules", "test", "--coverage", "--explore", "200", "--junit", "results.xml", "--json")
    assert answer.status == 0, answer.err
    covered = {each["journey"]: each for each in answer.json["coverage"]}
    assert covered["after_service_visit"]["share"] == 1
    row = {"kind": "row", "name": "accessory row 5", "file": "washing_machine_care.yaml", "line": 37}
    assert row in covered["washing_machine_care"]["unreached"]
    assert answer.json["exploration"]["customers"] == 800
    assert answer.json["exploration"]["breaches"] == []
    assert ElementTree.parse(marketer.folder / "results.xml").getroot().attrib["failures"] == "0"
    shown = marketer.care("rules", "test", "washing_machine_care", "--coverage").out
    assert "rules/journeys/washing_machine_care.yaml:37: no test reached accessory row 5" in shown


def test_a_journey_without_tests_is_named(marketer: Shop) -> None:
    answer = marketer.care("rules", "test", "winback")
    assert answer.status == 1
    assert "there is no test of 'winback'" in answer.err
