"""Problems for programs: GitHub's annotations and SARIF, the latter held against the standard's own schema."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from care.rulebook.codes import CODES
from care.rulebook.problems import Problem
from care.rulebook.writing.reports import as_github, as_sarif
from tests.editor.server import from_npm
from tests.rulebook.folders import loaded

FILE = "journeys/a.yaml"
TPYE = Problem(FILE, 2, 3, "J010", "unknown field 'customer.tpye'", "did you mean 'customer.type'?")
SOURCES = {FILE: "audience:\n  customer.tpye: vip\n"}


def result(problem: Problem, source: str = "", root: str = "rules") -> dict[str, Any]:
    (found,) = sarif([problem], {problem.file: source}, root)["runs"][0]["results"]
    return dict(found)


def sarif(problems: list[Problem], sources: dict[str, str], root: str = "rules") -> dict[str, Any]:
    log = json.loads(as_sarif(problems, sources, root))
    schema = json.loads(from_npm("@microsoft", "jest-sarif", "lib", "schemas", "sarif-2.1.0-rtm.5.json").read_text())
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    return dict(log)


def test_github_gets_one_command_for_each_problem() -> None:
    warning = Problem(FILE, 7, 1, "J031", "path 'orphan' is never used", severity="warning")
    note = Problem(FILE, 9, 1, "J052", "up to 5 messages in 7 days", severity="note")
    assert as_github([TPYE, warning, note], "rules").splitlines() == [
        "::error file=rules/journeys/a.yaml,line=2,col=3,title=J010::"
        "unknown field 'customer.tpye'%0Ahint: did you mean 'customer.type'?",
        "::warning file=rules/journeys/a.yaml,line=7,col=1,title=J031::path 'orphan' is never used",
        "::notice file=rules/journeys/a.yaml,line=9,col=1,title=J052::up to 5 messages in 7 days",
    ]
    assert as_github([]) == ""


def test_what_would_end_a_github_command_is_escaped() -> None:
    problem = Problem("journeys/a, b: 5%.yaml", 1, 1, "J041", "the shares add up to 90%,\nnot 100%: a::b")
    assert as_github([problem], "rules") == (
        "::error file=rules/journeys/a%2C b%3A 5%25.yaml,line=1,col=1,title=J041::"
        "the shares add up to 90%25,%0Anot 100%25: a::b"
    )


@pytest.mark.parametrize(
    ("root", "path"),
    [("rules", "rules/journeys/a.yaml"), ("./shop/../rules", "rules/journeys/a.yaml"), ("", "journeys/a.yaml")],
)
def test_files_are_named_from_the_working_directory(root: str, path: str) -> None:
    assert f" file={path}," in as_github([TPYE], root)
    assert f" file={path}," in as_github([TPYE], str(Path.cwd() / root))
    assert " file=/elsewhere/journeys/a.yaml," in as_github([TPYE], "/elsewhere")


def test_sarif_is_what_the_standard_says_and_names_every_code() -> None:
    log = sarif([TPYE], SOURCES)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in rules] == list(CODES)
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)
    (found,) = run["results"]
    assert rules[found["ruleIndex"]]["id"] == found["ruleId"] == "J010"
    assert found["message"]["text"] == "unknown field 'customer.tpye'; did you mean 'customer.type'?"


def test_places_are_files_of_the_repository_with_columns_in_code_points() -> None:
    place = result(TPYE, SOURCES[FILE])["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "rules/journeys/a.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {
        "startLine": 2,
        "startColumn": 3,
        "endColumn": 16,
        "snippet": {"text": "customer.tpye"},
    }
    assert sarif([TPYE], SOURCES)["runs"][0]["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize(
    ("line", "column", "snippet"),
    [
        ("  - send: welcom", 11, "welcom"),
        ("{chào_🎉: 1, welcom: x}", 13, "welcom"),
        ("about: 'Khách, giận'  # x", 8, "'Khách, giận'"),
        ("a: [b]]", 7, None),
        ("", 1, None),
    ],
)
def test_a_region_is_the_word_that_stands_at_the_place(line: str, column: int, snippet: str | None) -> None:
    region = result(Problem(FILE, 1, column, "J001", "here"), line)["locations"][0]["physicalLocation"]["region"]
    assert region["startColumn"] == column
    assert region.get("snippet", {}).get("text") == snippet
    if snippet is not None:
        assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == snippet


def test_a_file_with_odd_letters_becomes_a_uri_and_braces_are_no_arguments() -> None:
    found = result(Problem("journeys/chào 1.yaml", 1, 1, "J001", "'{{' begins something else"))
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "rules/journeys/ch%C3%A0o%201.yaml"
    assert found["message"]["text"] == "'{{{{' begins something else"


def test_levels_are_the_severities_and_an_unlisted_code_is_still_told() -> None:
    assert result(Problem(FILE, 1, 1, "J031", "x", severity="warning"))["level"] == "warning"
    assert result(Problem(FILE, 1, 1, "J031", "x", severity="note"))["level"] == "note"
    assert "ruleIndex" not in result(Problem(FILE, 1, 1, "X999", "x"))


def test_a_real_folder_with_problems_makes_a_valid_log(tmp_path: Path) -> None:
    broken = (Path(__file__).parent / "broken" / "unknown_names.yaml").read_bytes()
    workspace = loaded(tmp_path, unknown_names=broken, other=b"a: >= 3\n")
    log = sarif(list(workspace.problems), dict(workspace.sources), str(tmp_path / "rules"))
    assert len(log["runs"][0]["results"]) == len(workspace.problems) > 5
    assert all(each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in log["runs"][0]["results"])
