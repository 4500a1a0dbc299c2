"""Two versions of the rules beside each other."""

from care.rulebook.comparing import Side, difference, touched
from care.web.journey_changes import DiffLine, diff_lines
from tests.builders import a_plan, days, send, survey, wait

OLD = a_plan(send("hello"), wait(2), survey(days(7)), send("bye"))
NEW = a_plan(send("hello"), wait(3), survey(days(5)), send("thanks"))


def test_every_step_that_is_not_as_it_was_is_marked_in_the_plan_it_stands_in() -> None:
    was, now = touched(OLD, NEW)
    assert was == {"wait:2 days": "changed", "survey:csat": "changed", "send:bye": "removed"}
    assert now == {"wait:3 days": "changed", "survey:csat": "changed", "send:thanks": "added"}


def test_nothing_is_marked_where_nothing_changed() -> None:
    assert touched(OLD, OLD) == ({}, {})


def test_a_difference_names_the_files_that_are_not_the_same() -> None:
    old = Side("v1", {}, {"a.yaml": "one\ntwo\nthree\n", "b.yaml": "same", "c.yaml": "gone"})
    new = Side("v2", {}, {"a.yaml": "one\n2\nthree\n", "b.yaml": "same"})
    found = difference(old, new)
    assert found.files == ("a.yaml", "c.yaml")
    assert list(diff_lines(found.lines("a.yaml"))) == [
        DiffLine("same", 1, 1, "one"),
        DiffLine("removed", 2, 0, "two"),
        DiffLine("added", 0, 2, "2"),
        DiffLine("same", 3, 3, "three"),
    ]


def test_a_gap_stands_between_two_places_and_lines_like_headers_are_lines() -> None:
    old = Side("v1", {}, {"a.yaml": "-- a\n" + "x\n" * 20 + "++ z\n"})
    new = Side("v2", {}, {"a.yaml": "-- b\n" + "x\n" * 20 + "++ y\n"})
    lines = list(diff_lines(difference(old, new).lines("a.yaml")))
    assert [line.kind for line in lines].count("gap") == 1
    assert [line.text for line in lines if line.kind == "removed"] == ["-- a", "++ z"]
    assert [(line.new, line.text) for line in lines if line.kind == "added"] == [(1, "-- b"), (22, "++ y")]
