"""Problems as a compiler shows them."""

import json

from care.rulebook.problems import Problem, as_json, in_order, lines_of, render
from care.rulebook.spelling import did_you_mean, meant, nearest

TPYE = Problem("journeys/a.yaml", 2, 3, "J010", "unknown field 'customer.tpye'", "did you mean 'customer.type'?")
SOURCES = {"journeys/a.yaml": "audience:\n  customer.tpye: vip\n"}


def test_a_problem_shows_its_place_its_line_a_caret_and_a_hint() -> None:
    assert render([TPYE], SOURCES).splitlines() == [
        "journeys/a.yaml:2:3: J010 unknown field 'customer.tpye'",
        "      customer.tpye: vip",
        "      ^",
        "  hint: did you mean 'customer.type'?",
    ]


def test_the_folder_can_stand_before_the_file_so_that_editors_find_it() -> None:
    assert render([TPYE], SOURCES, "shop/rules").startswith("shop/rules/journeys/a.yaml:2:3: J010")


def test_a_warning_says_so() -> None:
    warning = Problem("a.yaml", 1, 1, "J024", "it cannot happen", severity="warning")
    assert render([warning], {}) == "a.yaml:1:1: J024 warning: it cannot happen"


def test_the_caret_stands_below_the_letter_in_vietnamese_and_after_tabs_and_wide_letters() -> None:
    for before in ("Chăm sóc: ", "\tx: ", "日本: "):
        problem = Problem("a.yaml", 1, len(before) + 1, "J012", "here")
        shown = render([problem], {"a.yaml": f"{before}bad"}).splitlines()
        width = len(before) + (2 if before.startswith("日") else 0)
        assert shown[2] == "    " + " " * width + "^"


def test_a_long_line_is_cut_around_its_column() -> None:
    shown = render([Problem("a.yaml", 1, 501, "J012", "here")], {"a.yaml": "x" * 500 + "!" + "y" * 500}).splitlines()
    assert len(shown[1]) < 160
    assert shown[1][shown[2].index("^")] == "!"


def test_a_place_beyond_the_file_is_shown_without_its_line() -> None:
    assert render([Problem("a.yaml", 9, 1, "J001", "gone")], {"a.yaml": "x"}) == "a.yaml:9:1: J001 gone"


def test_problems_come_in_order_of_place_and_each_once() -> None:
    later, other = Problem("a.yaml", 10, 1, "J002", "x"), Problem("b.yaml", 1, 1, "J001", "x")
    sooner = Problem("a.yaml", 2, 9, "J030", "x")
    assert in_order([other, later, sooner, later]) == (sooner, later, other)


def test_the_json_form_has_every_part() -> None:
    assert json.loads(as_json([TPYE])) == [
        {
            "file": "journeys/a.yaml",
            "line": 2,
            "column": 3,
            "code": "J010",
            "message": "unknown field 'customer.tpye'",
            "hint": "did you mean 'customer.type'?",
            "severity": "error",
        }
    ]


def test_lines_are_counted_as_the_yaml_parser_counts_them() -> None:
    assert lines_of("a\r\nb\rc\nd\x85e\u2028f") == ["a", "b", "c", "d", "e", "f"]


def test_the_nearest_name_ignores_case_marks_and_the_space_before_the_dot() -> None:
    assert nearest("tempalte", ["template", "channel"]) == "template"
    assert nearest("Gọi-Lại", ["goi_lai", "gui"]) == "goi_lai"
    assert nearest("total", ["order.total", "order.category"]) == "order.total"
    assert nearest("customer.kind", ["customer.spent", "customer.type"]) == ""


def test_without_a_near_name_a_few_choices_are_listed_and_many_are_not() -> None:
    assert did_you_mean("xyz", ["a", "b"]) == "there are: a, b"
    assert did_you_mean("xyz", [f"name_{number}" for number in range(20)]) == ""
    assert did_you_mean("xyz", []) == ""
    assert meant("xyz", ["a", "b"]) == ""
