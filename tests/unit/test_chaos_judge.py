"""The judge of `make chaos` is worth something: it says so when all is well, and when anything is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.channels.mime import message_id
from care.domain.audit import Entry
from care.domain.orders import reference
from care.store.claims import Claim
from tests.chaos.book import Answered, Book, Left, Posted
from tests.chaos.evidence import SENDER_DOMAIN, Enrolled, Evidence, Received, Told, Word
from tests.chaos.faults import Fault
from tests.chaos.installation import Installation, Zones
from tests.chaos.judging import judge
from tests.chaos.lives import Life, Purchase
from tests.chaos.replay import Replayed
from tests.chaos.run import Plan, Ran
from tests.chaos.sightings import Sighting

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
KEY = "e_1/send:arrived/1:email"
NAME = (message_id(KEY, SENDER_DOMAIN),)
WORD = Word("DH-1-1", "arrived", "email")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def an_entry(kind: str, second: int, **more: Any) -> Told:
    entry = Entry(cast(Any, kind), at(second), kind, journey="on_arrival", enrolment="e_1", **more)
    return Told(second, "run:0", "c_1", entry)


def a_claim() -> Claim:
    empty = dict.fromkeys(Claim.__dataclass_fields__, "")
    told = {
        "key": KEY, "step_key": KEY.rpartition(":")[0], "customer": "c_1", "enrolment": "e_1", "order_id": "DH-1-1",
        "step": "send:arrived", "template": "arrived", "channel": "email", "purpose": "transactional", "at": at(1),
        "phase": "sent", "attempts": 1, "transmitting_at": at(1), "settled_at": at(2), "reference": reference(KEY),
        "delivered_at": None,
    }  # fmt: skip
    return Claim(**cast(Any, {**empty, **told}))


def all_well() -> Ran:
    """KH-1 bought nothing but was brought a parcel: one event, one journey, one mail."""
    event = {"id": "d-1", "type": "order.delivered", "customer": {"id": "KH-1"}, "order": {"id": "DH-1-1"}}
    book = Book(events={"d-1": Posted(event, at(0), at(0), 1)})
    evidence = Evidence(
        received=[Received(WORD, at(1.5), NAME)],
        people={"c_1": "KH-1"},
        inbox={
            "d-1": cast(
                Any, SimpleNamespace(status="decided", decision="run:0", type="order.delivered", customer="c_1")
            )
        },
        enrolled=[Enrolled("e_1", "c_1", "on_arrival", "DH-1-1", "i_1", at(3), "completed")],
        told=[
            an_entry("entered", 0),
            an_entry("sending", 1, step="send:arrived", message=KEY),
            an_entry("sent", 2, step="send:arrived", message=KEY),
            an_entry("exited", 3),
        ],
        claims=[a_claim()],
        decisions=["run:0"],
        wakes={"c_1": None},
        in_flight={"c_1": 0},
        sighted={NAME: [Sighting(NAME, at(1), at(1), 250, at(2))]},
    )
    life = Life(1, "day", "", True, 0, False, False, "", "email", 0, (Purchase("DH-1-1", 0, "kettle", 0, None),))
    zones = Zones("Etc/GMT", "Etc/GMT-1", "Etc/GMT-2", "", at(100))
    links = {name: SimpleNamespace(dropped=[]) for name in ("relay", "gateway")}
    installed = cast(Installation, SimpleNamespace(zones=zones, links=links))
    plan = Plan(1, "x", "sqlite", 0, 60, 60)
    replayed = Replayed(statuses={"d-1": "decided"})
    return Ran(plan, Path(), NOON, at(200), installed, [life], book, [], evidence, replayed, {}, (), 1.0)


def broken(ran: Ran) -> set[str]:
    return {what for what, count in judge(ran).zeros.items() if count}


def test_where_all_is_well_nothing_is_wrong() -> None:
    assert broken(all_well()) == set()


def _claim(ran: Ran, **changed: Any) -> None:
    ran.evidence.claims = [replace(ran.evidence.claims[0], **changed)]


def _is_unknown_though_it_was_answered(ran: Ran) -> None:
    _claim(ran, phase="unknown")


def _left_after_the_no(ran: Ran) -> None:
    ran.book.left.append(Left("KH-1", "email", "one-click", at(0), at(0.5)))
    _claim(ran, purpose="care")


def _went_on_at_night(ran: Ran) -> None:
    ran.lives[0] = replace(ran.lives[0], where="night")


def _is_open_with_nothing_due(ran: Ran) -> None:
    ran.evidence.enrolled[0] = replace(ran.evidence.enrolled[0], ended_at=None, reason="")
    ran.evidence.told.pop()
    ran.live["KH-1"] = True


def _was_answered_and_nobody_knows(ran: Ran) -> None:
    ran.book.answers.append(Answered("KH-1", "DH-1-1", 5, "page", at(0), at(1)))


def _swapped(ran: Ran) -> None:
    first, second = ran.evidence.told[1:3]
    ran.evidence.told[2] = replace(second, entry=replace(second.entry, at=first.entry.at - timedelta(minutes=1)))


BREAKS: list[tuple[str, Callable[[Ran], object]]] = [
    ("purchases lost", lambda ran: ran.replayed.lost.append("d-1")),
    ("purchases lost", lambda ran: ran.replayed.statuses.update({"d-1": "pending"})),
    ("messages lost", lambda ran: ran.evidence.received.clear()),
    ("messages doubled", lambda ran: ran.evidence.received.append(ran.evidence.received[0])),
    (
        "messages nobody ordered",
        lambda ran: ran.evidence.received.append(Received(WORD._replace(word="kit"), at(1), ("?",))),
    ),
    ("messages nobody ordered", lambda ran: _claim(ran, phase="failed")),
    ("unknown without need", _is_unknown_though_it_was_answered),
    ("customers stuck", _is_open_with_nothing_due),
    ("customers stuck", lambda ran: _claim(ran, phase="transmitting")),
    ("timelines with gaps", lambda ran: ran.evidence.told.pop(2)),
    ("timelines with gaps", lambda ran: ran.evidence.decisions.append("run:2")),
    ("timelines with gaps", lambda ran: ran.evidence.enrolled.append(ran.evidence.enrolled[0])),
    ("timelines out of order", _swapped),
    ("messages against consent", _left_after_the_no),
    ("messages outside the window", _went_on_at_night),
    ("answers lost", _was_answered_and_nobody_knows),
    ("wrong answers of the API", lambda ran: ran.book.oddities.append("d-1 was answered 418")),
]


@pytest.mark.parametrize(("what", "breaking"), BREAKS)
def test_whatever_goes_wrong_is_said(what: str, breaking: Callable[[Ran], object]) -> None:
    ran = all_well()
    breaking(ran)
    assert what in broken(ran)


def test_unknown_is_right_where_no_answer_came_back() -> None:
    ran = all_well()
    _claim(ran, phase="unknown")
    ran.evidence.sighted = {NAME: [Sighting(NAME, at(1), at(1))]}
    assert broken(ran) == set()


def test_unknown_is_right_where_whoever_held_the_answer_was_killed() -> None:
    ran = all_well()
    _claim(ran, phase="unknown", settled_at=at(30))
    ran.faults.append(Fault("kill", "worker 1", 2, 1, began=at(2), ended=at(3)))
    assert broken(ran) == set()


def test_a_message_that_was_on_its_way_when_the_no_came_is_no_fault() -> None:
    ran = all_well()
    _claim(ran, purpose="care")
    ran.book.left.append(Left("KH-1", "email", "stop", at(0), at(1.2)))
    assert broken(ran) == set()
    assert judge(ran).counts["messages on their way when a no was acknowledged"] == 1
