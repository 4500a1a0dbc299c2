"""The revisions of one journey, on both databases."""

from dataclasses import replace

from sqlalchemy import Engine

from care.domain.decisions import Left
from care.domain.journey import Plan
from care.domain.steps import Step
from care.store import enrolments, plans
from care.store.engine import reading, writing
from care.store.plans import Draft
from care.store.revisions import revisions, sources
from tests.builders import CATALOGUE, a_plan, send, wait
from tests.integration.store.telling import NOON, enrol


def _plan(version: str, *steps: Step, journey: str = "care") -> Plan:
    return replace(a_plan(*steps, journey=journey), hash=f"{journey}-{version}", revision=0)


SHORT, LONG = _plan("a", send("hello"), wait(2, "rest")), _plan("b", send("hello"), wait(3, "rest"), send("bye"))
OTHER = _plan("a", send("hello"), journey="other")


def _publish(store: Engine, note: str, *journeys: Plan, choice: str = "pin") -> None:
    choices = {plan.journey: choice for plan in journeys}
    draft = Draft(NOON, "Lan", note, CATALOGUE, (), journeys, {"journeys/care.yaml": note}, choices)
    with writing(store) as conn:
        plans.publish(conn, draft)


def test_each_publication_that_changed_the_journey_is_told_once_newest_first(store: Engine) -> None:
    _publish(store, "other only", OTHER)
    _publish(store, "first", SHORT, OTHER)
    _publish(store, "a comment", SHORT)
    _publish(store, "second", LONG, choice="migrate")
    _publish(store, "back", SHORT)
    _publish(store, "gone", OTHER)
    _publish(store, "still gone", OTHER)
    with reading(store) as conn:
        found = revisions(conn, "care")
        assert [(each.revision, each.first, each.last, each.note) for each in found] == [
            (0, 6, 7, "gone"),
            (1, 5, 5, "back"),
            (2, 4, 4, "second"),
            (1, 2, 3, "first"),
        ]
        assert [each.choice for each in found] == ["pin", "pin", "migrate", "pin"]
        assert sources(conn, found[-1].last) == {"journeys/care.yaml": "a comment"}
    assert [each.plan.revision if each.plan else None for each in found] == [None, 1, 2, 1]
    assert [change.step for change in found[2].changes] == ["rest", "send:bye"]
    assert [change.text for change in found[0].changes] == ["journey removed: nobody enters any more"]
    assert found[3].changes == ()


def test_a_journey_that_was_never_published_has_no_revisions(store: Engine) -> None:
    _publish(store, "first", OTHER)
    with reading(store) as conn:
        assert revisions(conn, "care") == []
        assert sources(conn, 7) == {}


def test_a_tally_counts_who_entered_who_is_inside_and_who_reached_the_goal(store: Engine) -> None:
    with writing(store) as conn:
        for number in range(4):
            enrol(conn, "c_1", f"e_{number}")
        enrol(conn, "c_1", "e_9", journey="other")
        enrolments.leave(conn, [Left("e_0", NOON, "goal", True), Left("e_1", NOON, "end", False)])
    with reading(store) as conn:
        assert enrolments.tally(conn, "care") == enrolments.Tally(entered=4, inside=2, converted=1)
        assert enrolments.tally(conn, "nothing") == enrolments.Tally(0, 0, 0)
