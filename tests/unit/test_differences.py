"""What changed between two plans, in words."""

from dataclasses import replace

from care.cli.differences import differences
from care.domain import conditions
from care.domain.journey import Branch, Duration, EndRule, For, Plan, Row, Rule, Send, Table, Trigger, Wait

UNHAPPY = conditions.FieldTest("csat.score", conditions.Test("at most", (2,), "at most 2"))
THANKS = Send("send:thank_you", 5, "thank_you", ("email", "sms"))
REST = Wait("wait:3 days", 7, For(Duration(259_200, text="3 days")), "3 days")
CHOICE = Branch("branch", 9, (Rule(UNHAPPY, "repair", 10), Rule(None, "continue", 11)))
SORRY = Send("send:sorry", 14, "sorry", ("email",))
TABLE = Table("which", ("customer.type",), ("offer",), (Row((None,), ("none",), 20),), 18)
PLAN = Plan(
    journey="care",
    title="Care",
    owner="care@shop.example",
    file="care.yaml",
    trigger=Trigger("order.delivered", line=3),
    paths={"steps": (THANKS, REST, CHOICE), "repair": (SORRY,)},
    tables={"which": TABLE},
    hash="a",
)


def test_a_plan_differs_in_nothing_from_itself_moved_down_a_line() -> None:
    lower = replace(THANKS, line=6), replace(REST, line=8), replace(CHOICE, line=10)
    moved = replace(PLAN, paths={"steps": lower, "repair": (SORRY,)}, hash="b", revision=2, file="elsewhere.yaml")
    assert differences(PLAN, moved) == []


def test_the_same_length_in_other_words_is_no_difference() -> None:
    reworded = replace(REST, until=For(Duration(259_200, text="72 hours")), text="72 hours")
    assert differences(PLAN, replace(PLAN, paths={"steps": (THANKS, reworded, CHOICE), "repair": (SORRY,)})) == []


def test_settings_at_the_top_are_named() -> None:
    changed = replace(PLAN, trigger=Trigger("order.paid"), exit_when=(EndRule("order.returned"),), audience=UNHAPPY)
    assert differences(PLAN, changed) == ["~ trigger", "~ audience", "~ exit_when"]


def test_steps_that_come_and_go_are_named() -> None:
    changed = replace(PLAN, paths={"steps": (THANKS, CHOICE), "repair": (SORRY, replace(THANKS, id="send:again"))})
    assert differences(PLAN, changed) == ["- step wait:3 days", "+ step send:again"]


def test_a_changed_step_says_what_changed_in_it() -> None:
    by_sms = replace(THANKS, by=("sms",), expires=Duration(86_400))
    stricter = replace(CHOICE, rules=(Rule(None, "repair", 10),))
    changed = replace(PLAN, paths={"steps": (by_sms, REST, stricter), "repair": (SORRY,)})
    assert differences(PLAN, changed) == ["~ step send:thank_you: by, expires", "~ step branch: rules"]


def test_a_step_that_moves_to_another_path_says_so() -> None:
    changed = replace(PLAN, paths={"steps": (THANKS, CHOICE), "repair": (SORRY, REST)})
    assert differences(PLAN, changed) == ["~ step wait:3 days: path"]


def test_steps_in_another_order_are_told() -> None:
    changed = replace(PLAN, paths={"steps": (REST, THANKS, CHOICE), "repair": (SORRY,)})
    assert differences(PLAN, changed) == ["~ order of the steps in steps"]


def test_tables_are_compared_by_their_rows() -> None:
    other = replace(TABLE, rows=(Row((None,), ("voucher",), 20),))
    assert differences(PLAN, replace(PLAN, tables={"which": other})) == ["~ table which: rows"]
    assert differences(PLAN, replace(PLAN, tables={})) == ["- table which"]
