"""Writing rules as a marketer does: begin, check for a machine, lay out, help the editor."""

import json
import shutil
from pathlib import Path

import pytest

from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop


@pytest.fixture
def newcomer(tmp_path: Path) -> Shop:
    """A marketer with an empty rules folder, and nothing else."""
    (tmp_path / "rules").mkdir()
    shop = a_shop(tmp_path)
    shop.settings |= {"CARE_RULES_DIR": "rules", "CARE_TEMPLATES_DIR": "templates"}
    return shop


@pytest.fixture
def marketer(tmp_path: Path) -> Shop:
    """A marketer with the shipped rules."""
    shop = a_shop(tmp_path)
    shutil.copytree(REPOSITORY / "rules", tmp_path / "rules")
    shop.settings["CARE_RULES_DIR"] = "rules"
    return shop


def edit(shop: Shop, old: str, new: str, file: str = "journeys/first_purchase.yaml") -> Path:
    path = shop.folder / "rules" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_from_an_empty_folder_to_a_journey_that_passes_everything(newcomer: Shop) -> None:
    begun = newcomer.care("rules", "new", "thank_buyers", "--like", "survey")
    assert begun.status == 0, begun.err
    assert "written rules/journeys/thank_buyers.yaml" in begun.out
    commands = [line.split("  ")[1].split() for line in begun.out.splitlines() if line.startswith("  care rules ")]
    assert [words[2] for words in commands] == ["check", "test", "draw", "preview", "publish"]
    for words in commands[:2]:
        answer = newcomer.care(*words[1:])
        assert answer.status == 0, answer.out + answer.err
    assert newcomer.care("rules", "check").out.startswith("rules: 1 journey, no error")
    assert newcomer.care("rules", "test").out.endswith(" rule tests, none failed\n")
    assert newcomer.care("rules", "fmt", "--check").status == 0
    assert newcomer.care("rules", "schema", "--check").status == 0
    assert newcomer.care("rules", "publish", "--yes", "--note", "The beginning").status == 0


def test_a_second_journey_of_one_name_is_refused(newcomer: Shop) -> None:
    assert newcomer.care("rules", "new", "thank_buyers").status == 0
    again = newcomer.care("rules", "new", "thank_buyers")
    assert again.status == 1
    assert "rules/journeys/thank_buyers.yaml is there already; give the new journey another name" in again.err
    assert newcomer.care("rules", "new", "a", "--like", "poem").status == 2


def test_problems_are_written_for_github_and_for_code_scanning(marketer: Shop) -> None:
    file = edit(marketer, "- send: welcome", "- send: welcom")
    line = 1 + next(at for at, text in enumerate(file.read_text().splitlines()) if "- send: welcom" in text)
    github = marketer.care("rules", "check", "--format", "github")
    assert github.status == 1
    command = (
        f"::error file=rules/journeys/first_purchase.yaml,line={line},col=11,title=J010::unknown template 'welcom'"
    )
    assert command in github.out
    sarif = marketer.care("rules", "check", "--format", "sarif")
    assert sarif.status == 1
    (run,) = sarif.json["runs"]
    results = [each for each in run["results"] if each["level"] == "error"]
    assert [each["ruleId"] for each in results] == ["J010"]
    (place,) = results[0]["locations"]
    assert place["physicalLocation"]["region"]["snippet"]["text"] == "welcom"
    both = marketer.care("rules", "check", "--format", "sarif", "--json")
    assert (both.status, "contradict" in both.err) == (2, True)
    assert marketer.care("rules", "check", "--format", "json").json == marketer.care("rules", "check", "--json").json


def test_without_problems_machines_get_an_empty_answer(marketer: Shop) -> None:
    github = marketer.care("rules", "check", "rules/journeys/after_service_visit.yaml", "--format", "github")
    assert (github.status, github.out) == (0, "")
    sarif = marketer.care("rules", "check", "rules/journeys/after_service_visit.yaml", "--format", "sarif")
    assert (sarif.status, sarif.json["runs"][0]["results"]) == (0, [])


def test_files_are_laid_out_in_place_and_keep_their_mode(marketer: Shop) -> None:
    file = edit(marketer, "re_entry: never", "re_entry:   never # why")
    file.chmod(0o640)
    before = file.read_bytes()

    checked = marketer.care("rules", "fmt", "--check")
    assert (checked.status, "would lay out rules/journeys/first_purchase.yaml" in checked.out) == (1, True)
    shown = marketer.care("rules", "fmt", "--diff", str(file))
    assert shown.status == 1
    assert "-re_entry:   never # why\n+re_entry: never   # why\n" in shown.out
    assert file.read_bytes() == before

    written = marketer.care("rules", "fmt")
    assert (written.status, "laid out rules/journeys/first_purchase.yaml" in written.out) == (0, True)
    assert "\nre_entry: never   # why\n" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o640
    assert marketer.care("rules", "fmt", "--check").status == 0
    assert list((marketer.folder / "rules").rglob(".*")) == []


def test_nothing_is_written_when_one_file_cannot_be_read(marketer: Shop) -> None:
    odd = edit(marketer, "re_entry: never", "re_entry:   never")
    edit(marketer, "- wait: 2 hours", "- wait: [2 hours", "journeys/after_service_visit.yaml")
    before = odd.read_bytes()
    answer = marketer.care("rules", "fmt")
    assert answer.status == 1
    assert "journeys/after_service_visit.yaml:" in answer.err
    assert "1 file cannot be read; nothing was written" in answer.err
    assert odd.read_bytes() == before
    assert "there is no rule file 'elsewhere'" in marketer.care("rules", "fmt", "elsewhere").err


def test_the_schema_follows_the_catalogue_even_while_a_journey_is_broken(marketer: Shop) -> None:
    assert marketer.care("rules", "schema").status == 0
    assert marketer.care("rules", "schema", "--check").status == 0
    edit(marketer, "- send: welcome", "- send: spring_sale")
    edit(
        marketer, "  thank_you: ", "  spring_sale: {channels: [sms], purpose: marketing}\n  thank_you: ", "catalog.yaml"
    )
    old = marketer.care("rules", "schema", "--check")
    assert (old.status, "not current: rules/schema/workspace.json" in old.out) == (1, True)
    written = marketer.care("rules", "schema")
    assert (written.status, written.out) == (0, "written rules/schema/workspace.json\n")
    workspace = json.loads((marketer.folder / "rules" / "schema" / "workspace.json").read_text(encoding="utf-8"))
    assert "spring_sale" in workspace["definitions"]["template"]["enum"]
    elsewhere = marketer.care("rules", "schema", "--out", "editor")
    assert elsewhere.status == 0
    assert (marketer.folder / "editor" / "journey.json").is_file()


def test_the_schema_needs_a_sound_catalogue(marketer: Shop) -> None:
    edit(marketer, "type: choice", "type: choise", "catalog.yaml")
    broken = marketer.care("rules", "schema")
    assert (broken.status, "mend the catalogue first" in broken.err) == (1, True)
    missing = marketer.care("rules", "schema", CARE_RULES_DIR="nowhere")
    assert (missing.status, "nowhere/catalog.yaml cannot be read" in missing.err) == (1, True)
