"""What a picture says: every step, every way between them and its words."""

from dataclasses import replace

import pytest

from care.domain.journey import Plan
from care.domain.moments import UntilMoment
from care.domain.steps import Branch, Exit, Repeat, Rule, Share, Split, Wait, WaitFor
from care.drawing.picture import chart
from care.drawing.shapes import Box, Chart, boxes
from care.drawing.ways import arrows, as_plain
from tests.builders import CATALOGUE, HAPPY, UNHAPPY, a_plan, branch, days, field, offer, send, survey, ticket, wait
from tests.drawn import SORRY, VISITS, everything, reached


def drawn(*steps: object, **paths: tuple[object, ...]) -> Chart:
    return chart(a_plan(*steps, paths=paths), CATALOGUE)  # type: ignore[arg-type]


def box(shown: Chart, step: str) -> Box:
    (found,) = [box for box in boxes(shown) if box.step == step]
    return found


def ways(shown: Chart) -> list[tuple[str, str, str]]:
    """Every arrow as titles: from, label, to."""
    titles = {box.anchor: box.title for box in boxes(shown)}
    return [(titles[arrow.source], arrow.label, titles[arrow.target]) for arrow in arrows(shown)]


def test_every_step_and_every_words_of_a_way_stand_in_the_picture() -> None:
    plan = everything()
    shown = chart(plan, CATALOGUE)
    assert {box.step for box in boxes(shown)} - {""} == reached(plan)
    assert {arrow.label for arrow in arrows(shown)} - {""} == {
        "50% of the others",
        "held out 10%",
        "up to 4 times, every 90 days",
        "then",
        "csat.score is at least 4",
        "unhappy",
        "otherwise",
        "customer.type is vip; or customer.type is new and order.total is at least 100",
        "customer.type is at_risk",
        "yes",
        "did not come in 5 days",
        "it came",
        "already past",
    }


def test_every_box_has_an_anchor_of_its_own_and_all_but_the_notes_are_reached() -> None:
    shown = chart(everything())
    anchors = [box.anchor for box in boxes(shown)]
    assert len(set(anchors)) == len(anchors)
    assert all(anchor.replace("-", "").isalnum() for anchor in anchors)
    alone = {box.anchor for box in boxes(shown)} - {arrow.target for arrow in arrows(shown)}
    assert {box.kind for box in boxes(shown) if box.anchor in alone} == {"entry", "goal", "leave", "words"}


def test_the_same_journey_gives_the_same_chart() -> None:
    assert chart(everything()) == chart(everything())


def test_the_entry_says_who_comes_in_and_what_the_journey_keeps_to() -> None:
    entry = chart(everything()).entry
    assert entry.title == "Enters on order.delivered"
    assert entry.details == (
        "only if unhappy",
        "once per order",
        "high priority",
        "sends nothing from 20:00 to 09:00",
        "at most 2 messages in 7 days",
        "keeps the quiet hours of Asia/Tokyo too",
    )


def test_what_ends_a_journey_early_stands_beside_it() -> None:
    goal, leave = chart(everything()).early
    assert goal.details == ("order.placed, of any order, when event.category is accessory, within 60 days",)
    assert leave.details == ("order.returned", "order.refunded")


def test_what_names_of_conditions_mean_is_told_below() -> None:
    words = chart(everything()).words
    assert words is not None
    assert words.details == ("unhappy: csat.score is at most 2",)
    assert drawn(send("hello")).words is None


@pytest.mark.parametrize(
    ("step", "title", "details"),
    [
        (send("hello", expires=days(2)), "Send hello", ("by email, else sms · care", "given up after 2 days")),
        (
            survey(remind=days(3)),
            "Ask CSAT: ask",
            ("by email, else sms · care", "waits for the answer, at most 7 days", "asks again after 3 days"),
        ),
        (offer("gift"), "Offer gift", ("by email · valid for 14 days",)),
        (
            ticket(sla=days(1), escalate_to="leads"),
            "Ticket for care_team",
            ("“help”", "due in 1 days, then leads takes over", "quiet until it is closed, at most 7 days"),
        ),
        (replace(wait(2), only_if=SORRY), "wait 2 days", ("only if unhappy",)),
    ],
)
def test_a_step_says_what_it_does(step: object, title: str, details: tuple[str, ...]) -> None:
    shown = drawn(step)
    found = next(box for box in boxes(shown) if box.step)
    assert (found.title, found.details) == (title, details)


def test_values_posts_and_loops_are_said_in_words() -> None:
    shown = chart(everything())
    assert box(shown, "set:mood").details == ("set journey.mood to sad", "add vip to customer.tags")
    assert box(shown, "webhook:crm").details == (
        "sends score",
        "keeps the answer as journey.tier",
        "tries for at most 2 hours, then goes on",
    )
    assert box(shown, "repeat:remind").details == ("up to 4 times, every 90 days", "until csat.score is at least 4")


def test_a_branch_leads_to_its_paths_and_comes_back_behind_it() -> None:
    shown = drawn(branch((UNHAPPY, "sorry"), (None, "continue")), send("bye"), sorry=(send("sorry"),))
    assert ways(shown) == [
        ("Enters on order.delivered", "", "Which way?"),
        ("Which way?", "csat.score is at most 2", "Send sorry"),
        ("Send sorry", "", "Send bye"),
        ("Which way?", "otherwise", "Send bye"),
        ("Send bye", "", "End of the journey"),
    ]


def test_a_branch_without_otherwise_shows_that_one_may_match_nothing() -> None:
    shown = drawn(branch((UNHAPPY, "sorry"), (HAPPY, "continue")), sorry=(send("sorry"),))
    assert ("Which way?", "csat.score is at least 4; or none of these", "End of the journey") in ways(shown)


def test_a_path_that_two_steps_lead_to_is_drawn_once() -> None:
    shown = drawn(branch((UNHAPPY, "sorry"), (HAPPY, "sorry"), (None, "exit")), sorry=(send("sorry"),))
    assert [way for way in ways(shown) if way[0] == "Which way?"] == [
        ("Which way?", "csat.score is at most 2", "Send sorry"),
        ("Which way?", "csat.score is at least 4", "Path sorry"),
        ("Which way?", "otherwise", "Leaves the journey"),
    ]


def test_nobody_walks_on_behind_an_exit() -> None:
    shown = drawn(Exit("exit:done", 1, "enough"))
    assert ways(shown) == [("Enters on order.delivered", "", "Leaves the journey")]
    assert box(shown, "exit:done").details == ("enough",)


def test_an_exit_under_a_condition_is_a_fork() -> None:
    shown = drawn(Exit("exit:open", 1, "still open", field("ticket.open", "is", "yes")), send("bye"))
    assert ways(shown)[:3] == [
        ("Enters on order.delivered", "", "ticket.open is yes?"),
        ("ticket.open is yes?", "yes", "Leaves the journey"),
        ("ticket.open is yes?", "otherwise", "Send bye"),
    ]


def test_a_table_that_chooses_the_path_shows_which_rows_lead_where() -> None:
    plan = a_plan(branch((None, "visit_kind")), paths={"vip_visit": (send("hello"),), "plain_visit": (send("bye"),)})
    shown = chart(replace(plan, tables={"visit_kind": VISITS}))
    table = "Table visit_kind chooses"
    assert [way for way in ways(shown) if table in (way[0], way[2])] == [
        ("Which way?", "otherwise", table),
        (table, "customer.type is vip; or customer.type is new and order.total is at least 100", "Send hello"),
        (table, "otherwise", "Send bye"),
        (table, "customer.type is at_risk", "End of the journey"),
    ]


def test_a_table_that_chooses_a_name_says_what_it_may_choose() -> None:
    table = replace(VISITS, name="gifts", choose=("offer",))
    shown = chart(replace(a_plan(offer("gifts")), tables={"gifts": table}))
    found = next(box for box in boxes(shown) if box.step)
    assert found.title == "Offer what table gifts chooses"
    assert found.details[0] == "one of: vip_visit, none or plain_visit"


def test_a_split_shows_its_shares_and_who_is_held_out() -> None:
    shares = (Share("now", 0.5, 1), Share("continue", 0.5, 1))
    held_out = drawn(Split("split:ask", 1, "ask", shares, 0.1), now=(survey(),))
    assert [label for source, label, _ in ways(held_out) if source == "Split ask"] == [
        "50% of the others",
        "50% of the others; or held out 10%",
    ]
    everybody = drawn(Split("split:ask", 1, "ask", shares), now=(survey(),))
    assert [label for source, label, _ in ways(everybody) if source == "Split ask"] == ["50%", "50%"]


def test_a_repeat_leads_back_and_on() -> None:
    shown = drawn(Repeat("repeat:hint", 1, "hints", 4, days(9), HAPPY), send("bye"), hints=(send("hint"),))
    back = [arrow for arrow in arrows(shown) if arrow.back]
    assert [(arrow.label, arrow.target) for arrow in back] == [
        ("up to 4 times, every 9 days", box(shown, "repeat:hint").anchor)
    ]
    assert ("Send hint", "then", "Send bye") in ways(shown)
    assert ("Repeat hints", "csat.score is at least 4", "Send bye") in ways(shown)


def test_a_repeat_that_always_leaves_is_no_loop() -> None:
    shown = drawn(Repeat("repeat:out", 1, "out", 4), out=(Exit("exit:x", 1, "enough"),))
    assert not [arrow for arrow in arrows(shown) if arrow.back]


def test_waits_that_may_fail_show_both_ways() -> None:
    moment = UntilMoment("appointment.at", -86_400, 540)
    late = Wait("wait:visit", 1, moment, "until 1 day before appointment.at at 09:00", "exit")
    heard = WaitFor("wait_for:booked", 1, "appointment.booked", days(5), otherwise="call")
    shown = drawn(late, heard, call=(ticket(),))
    labels = {(source, label) for source, label, _ in ways(shown) if label}
    assert labels == {
        ("until 1 day before appointment.at at 09:00", "then"),
        ("until 1 day before appointment.at at 09:00", "already past or not known"),
        ("Wait for appointment.booked", "it came"),
        ("Wait for appointment.booked", "did not come in 5 days"),
    }


def test_a_fork_that_may_be_skipped_has_a_way_past_it() -> None:
    step = Branch("branch", 1, (Rule(None, "exit", 1),), only_if=SORRY)
    assert ("Which way?", "skipped", "Send bye") in ways(drawn(step, send("bye")))


def test_a_path_that_leads_to_itself_is_drawn_once_and_named_the_second_time() -> None:
    plan: Plan = a_plan(
        branch((None, "round")), paths={"round": (send("hello"), replace(branch((None, "round")), id="b2"))}
    )
    assert [box.title for box in boxes(chart(plan))].count("Path round") == 1


def test_a_chart_is_plain_data_for_programs() -> None:
    plain = as_plain(chart(everything(), CATALOGUE))
    assert (plain["journey"], plain["title"]) == ("everything", "Chăm sóc khách mua máy giặt")
    assert plain["boxes"][0]["kind"] == "entry"
    known = {box["anchor"] for box in plain["boxes"]}
    assert {arrow["source"] for arrow in plain["arrows"]} | {arrow["target"] for arrow in plain["arrows"]} <= known
